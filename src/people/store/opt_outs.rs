//! Opt-outs as the dashboard shows them, and the proof that somebody wants texts again.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ContactId,
    page::Cursor,
    phone::E164,
};

/// Somebody who is not texted.
#[derive(Clone, Debug)]
pub struct OptOut {
    pub id: Uuid,
    pub phone: E164,
    pub source: String,
    pub started_at: DateTime<Utc>,
}

/// Opt-outs that hold, the newest first.
pub async fn list_opt_outs(
    tx: &mut TenantTx,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<OptOut>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        OptOut,
        r#"select id, phone as "phone: _", source, started_at from opt_outs
            where subscriber_id = $1 and ended_at is null
              and ($2::timestamptz is null or (started_at, id) < ($2, $3::uuid))
            order by started_at desc, id desc limit $4"#,
        subscriber as _,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The opt-out of this number, if it holds.
pub async fn find_opt_out(tx: &mut TenantTx, phone: &E164) -> sqlx::Result<Option<OptOut>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        OptOut,
        r#"select id, phone as "phone: _", source, started_at from opt_outs
            where subscriber_id = $1 and phone = $2 and ended_at is null"#,
        subscriber as _,
        phone as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The number of an opt-out that holds.
pub async fn find_opted_out_phone(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<E164>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select phone as "phone: E164" from opt_outs where subscriber_id = $1 and id = $2 and ended_at is null"#,
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Whose number it is, without having been in contact with them now.
pub async fn find_whose(tx: &mut TenantTx, phone: &E164) -> sqlx::Result<Option<ContactId>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select coalesce(merged_into, id) as "id!: ContactId" from contacts where subscriber_id = $1 and phone = $2"#,
        subscriber as _,
        phone as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The contact of the number, made if there is none; its row stays locked until the transaction ends.
pub async fn lock_or_make_contact(
    tx: &mut TenantTx,
    phone: &E164,
    source: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<ContactId> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"insert into contacts as c (subscriber_id, id, phone, source, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $5)
           on conflict (subscriber_id, phone) do update set updated_at = c.updated_at
           returning coalesce(c.merged_into, c.id) as "id!: ContactId""#,
        subscriber as _,
        ContactId::new() as _,
        phone as _,
        source,
        now,
    )
    .fetch_one(tx.conn())
    .await
}

/// Keeps how we know that the person wants texts again.
pub async fn insert_text_consent(
    tx: &mut TenantTx,
    contact: ContactId,
    channel: &str,
    proof: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into consent_logs
             (subscriber_id, id, subject_kind, subject_id, purpose, text_version, is_granted, channel, proof, created_at)
         values ($1, $2, 'CONTACT', $3, 'MARKETING_TEXTS', 'STAFF', true, $4, $5, $6)",
        subscriber as _,
        Uuid::now_v7(),
        contact as _,
        channel,
        proof,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
