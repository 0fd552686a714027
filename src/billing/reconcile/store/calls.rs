//! Calls without usage, and usage without its conversation.
//!
//! `except` and not `not exists`: it is linear in every plan, also in one that was made for a subscriber with little
//! usage and runs for one with a hundred thousand calls; an anti join then reads all of one side for each of the other.
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::{
    billing::model::NotBilled,
    kernel::{
        db::{TenantTx, Tx},
        ids::InteractionId,
    },
    traffic::Outcome,
};

/// A call that is over, has a duration, and is not in the usage records.
pub struct UnchargedCall {
    pub id: InteractionId,
    pub source: String,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub duration_s: i32,
    pub outcome: Option<Outcome>,
    pub not_billed: Option<NotBilled>,
    pub cost_cents: Option<Decimal>,
    pub timezone: String,
}

/// More than this in one night is not drift but a fault in the flow that should have charged them: the rest is found
/// the night after.
const MOST: i64 = 500;

pub async fn list_uncharged(tx: &mut TenantTx) -> sqlx::Result<Vec<UnchargedCall>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        UnchargedCall,
        r#"
        with uncharged as materialized (
            select id
              from interactions
             where subscriber_id = $1 and channel = 'VOICE' and status <> 'OPEN' and duration_seconds is not null
            except
            select interaction_id from usage_records where subscriber_id = $1 and usage_type = 'VOICE_CALL'
             limit $2
        )
        select i.id as "id: _", i.provider || ':' || coalesce(i.external_id, i.id::text) as "source!", i.day,
               i.started_at, i.duration_seconds as "duration_s!", i.outcome_type as "outcome: _",
               case when i.is_test then 'TEST' when i.mode = 'OFF' and i.handled_by = 'HUMAN' then 'FORWARDED' end
                   as "not_billed: _",
               i.provider_cost_cents as cost_cents, p.timezone
          from uncharged
          join interactions i on i.subscriber_id = $1 and i.id = uncharged.id
          join subscriber_profiles p on p.subscriber_id = $1
         order by i.started_at, i.id
        "#,
        subscriber as _,
        MOST,
    )
    .fetch_all(tx.conn())
    .await
}

/// What tells us of a call holds its row until it is charged.
pub async fn lock_call(tx: &mut TenantTx, id: InteractionId) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from interactions where subscriber_id = $1 and id = $2 for no key update",
        subscriber as _,
        id as _,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The sources of usage that names no conversation, or one that is gone.
pub async fn list_uncaused(tx: &mut TenantTx) -> sqlx::Result<Vec<String>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"
        with gone as (
            select interaction_id as id from usage_records where subscriber_id = $1 and interaction_id is not null
            except
            select id from interactions where subscriber_id = $1
        )
        select source
          from usage_records
         where subscriber_id = $1 and (interaction_id is null or interaction_id in (select id from gone))
         order by source, revision
         limit $2
        "#,
        subscriber as _,
        MOST,
    )
    .fetch_all(tx.conn())
    .await
}
