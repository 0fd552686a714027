//! Calls and their usage: every call that is over has its record, every record its conversation.
//!
//! `except` and not `not exists`: it is linear in every plan, also in one that was made for a subscriber with little
//! usage and runs for one with a hundred thousand calls; an anti join then reads all of one side for each of the other.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::model::Difference;
use crate::{
    billing::{model::Charge, model::Totals, rules, store},
    kernel::{
        db::{Db, TenantTx, Tx},
        ids::{InteractionId, SubscriberId},
    },
    tenancy::{Channel, model::zone},
    traffic::{Contribution, Outcome},
};

/// A call that is over, has a duration, and is not in the usage records.
pub(super) struct UnchargedCall {
    id: InteractionId,
    source: String,
    day: chrono::NaiveDate,
    started_at: DateTime<Utc>,
    duration_s: i32,
    outcome: Option<Outcome>,
    cost_cents: Option<Decimal>,
    timezone: String,
}

/// More than this in one night is not drift but a fault in the flow that should have charged them: the rest is found
/// the night after.
const MOST: i64 = 500;

pub(super) async fn list_uncharged(
    db: &Db,
    subscriber: SubscriberId,
) -> sqlx::Result<Vec<UnchargedCall>> {
    let mut tx = TenantTx::begin(db, subscriber).await?;
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

/// Charges the call. None: it was charged meanwhile.
pub(super) async fn charge(
    tx: &mut TenantTx,
    call: &UnchargedCall,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Difference>> {
    lock_call(tx, call.id).await?;
    let charge = Charge::of_call(rules::EndedCall {
        source: call.source.clone(),
        interaction: call.id,
        started_at: call.started_at,
        duration_s: call.duration_s,
        outcome: call.outcome,
        cost_cents: call.cost_cents,
        zone: zone(&call.timezone),
        source_event: "reconciliation".to_owned(),
    });
    let totals = Totals {
        day: call.day,
        channel: Channel::Voice,
        change: Contribution::default(),
        messages_in: 0,
        messages_out: 0,
    };
    let receipt = store::record(tx, Some(&charge), &totals, now).await?;
    Ok(receipt.map(|_| Difference {
        subject: format!("usage of {}", call.source),
        expected: format!("{} minutes", charge.minutes),
        found: "none".to_owned(),
        is_corrected: true,
    }))
}

/// What tells us of a call holds its row until it is charged.
async fn lock_call(tx: &mut TenantTx, id: InteractionId) -> sqlx::Result<()> {
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

/// Usage that names no conversation, or one that is gone. What it was for only a person can find out.
pub(super) async fn list_uncaused(tx: &mut TenantTx) -> sqlx::Result<Vec<Difference>> {
    let subscriber = tx.subscriber();
    let sources = sqlx::query_scalar!(
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
    .await?;
    Ok(sources
        .into_iter()
        .map(|source| Difference::open(format!("conversation of {source}"), "one", "none"))
        .collect())
}
