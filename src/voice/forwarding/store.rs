//! The statements on forwarding_tests, and on what they prove.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        phone::E164,
        text::text_enum,
    },
    tenancy::ForwardingStatus,
};

text_enum! {
    /// What became of a test call.
    TestState { Calling, Ringing, Forwarded, PickedUp, NoForwarding, Busy, Failed }
}

/// A test call.
#[derive(Clone, Debug)]
pub struct TestCall {
    pub id: Uuid,
    pub owner_phone: E164,
    pub number: E164,
    pub state: TestState,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// Begins a test, unless one goes on since `since`. False: it does.
pub async fn begin(tx: &mut TenantTx, test: &TestCall, since: DateTime<Utc>) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    // The profile is the lock: of two who begin at once the second one sees the first one's.
    let begun = sqlx::query!(
        "with locked as materialized (
             select subscriber_id from subscriber_profiles where subscriber_id = $1 for no key update
         )
         insert into forwarding_tests (subscriber_id, id, owner_phone, number, started_at)
         select $1, $2, $3, $4, $5 from locked
          where not exists (select from forwarding_tests t
                             where t.subscriber_id = $1 and t.ended_at is null and t.started_at > $6)",
        subscriber as _,
        test.id,
        test.owner_phone as _,
        test.number as _,
        test.started_at,
        since,
    )
    .execute(tx.conn())
    .await?;
    Ok(begun.rows_affected() == 1)
}

pub async fn find(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<TestCall>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        TestCall,
        r#"select id, owner_phone as "owner_phone: _", number as "number: _", state as "state: _", started_at, ended_at
             from forwarding_tests where subscriber_id = $1 and id = $2"#,
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn find_last(tx: &mut TenantTx) -> sqlx::Result<Option<TestCall>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        TestCall,
        r#"select id, owner_phone as "owner_phone: _", number as "number: _", state as "state: _", started_at, ended_at
             from forwarding_tests where subscriber_id = $1 order by started_at desc, id desc limit 1"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The test takes another state, unless it has come to its end.
pub async fn set_state(
    tx: &mut TenantTx,
    id: Uuid,
    state: TestState,
    call_sid: Option<&str>,
    ended_at: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let set = sqlx::query!(
        "update forwarding_tests
            set state = $3, call_sid = coalesce($4, call_sid), ended_at = $5
          where subscriber_id = $1 and id = $2 and ended_at is null",
        subscriber as _,
        id,
        state as _,
        call_sid,
        ended_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(set.rows_affected() == 1)
}

/// The test call from our number came back to it: the line forwards.
pub async fn came_back(
    tx: &mut TenantTx,
    number: &E164,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let passed = sqlx::query!(
        "update forwarding_tests set state = 'FORWARDED', ended_at = $4
          where subscriber_id = $1 and number = $2 and ended_at is null and started_at > $3",
        subscriber as _,
        number as _,
        since,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(passed.rows_affected() > 0)
}

/// Whether this number is the owner's line, which customers call.
pub async fn is_owners_line(tx: &mut TenantTx, number: &E164) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let is_owners = sqlx::query_scalar!(
        r#"select exists (select from subscriber_profiles
                           where subscriber_id = $1 and $2 in (owner_phone, business_phone, transfer_number)) as "is!""#,
        subscriber as _,
        number as _,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(is_owners)
}

/// Says whether the owner's line forwards to us. Nothing is written when it is known.
pub async fn set_status(
    tx: &mut TenantTx,
    status: ForwardingStatus,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update subscriber_profiles set forwarding_status = $2, updated_at = $3
          where subscriber_id = $1 and forwarding_status <> $2",
        subscriber as _,
        status as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
