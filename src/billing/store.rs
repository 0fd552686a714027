//! The one statement that charges, and the one that changes the sums of many days.
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{Charge, Leg, Receipt, Totals, UsageType};
use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{SubscriberId, UsageId},
    },
    tenancy::Channel,
};

/// Charges what was used (if anything was) and counts the event in its day's sums.
///
/// The same source again corrects the earlier record when more minutes, segments or cost are known, and changes
/// nothing otherwise; then there is no receipt.
pub async fn record(
    tx: &mut TenantTx,
    charge: Option<&Charge>,
    totals: &Totals,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Receipt>> {
    let subscriber = tx.subscriber();
    let change = totals.change;
    sqlx::query_file_as!(
        Receipt,
        "src/billing/record.sql",
        subscriber as _,
        UsageId::new() as _,
        charge.map_or(UsageType::Sms, |charge| charge.usage_type) as _,
        charge.map(|charge| charge.source.as_str()),
        charge.map(|charge| charge.interaction) as _,
        charge.map(|charge| charge.occurred_at),
        charge.map(|charge| charge.minutes),
        charge.map(|charge| charge.segments),
        charge.and_then(|charge| charge.duration_s),
        charge.and_then(|charge| charge.not_billed) as _,
        charge
            .and_then(|charge| charge.cost.as_ref())
            .map(|cost| cost.amount),
        charge
            .and_then(|charge| charge.cost.as_ref())
            .map(|cost| cost.currency),
        Uuid::now_v7(),
        charge.map(|charge| charge.period),
        Uuid::now_v7(),
        Uuid::now_v7(),
        now,
        charge.map_or(Leg::Segments, |charge| charge.leg) as _,
        charge.map(|charge| charge.source_event.as_str()),
        Uuid::now_v7(),
        totals.day,
        charge.is_some(),
        totals.channel as _,
        change.interactions,
        change.answered,
        change.missed,
        change.transferred,
        change.booked,
        change.ai_handled,
        change.under_15_s,
        change.duration_s,
        totals.messages_in,
        totals.messages_out,
        &change.outcomes as &[i32],
    )
    .fetch_optional(tx.conn())
    .await
}

/// Counts what happened to many conversations at once in the sums of their days.
pub async fn add_totals(
    tx: &mut impl Tx,
    totals: impl IntoIterator<Item = (SubscriberId, Totals)>,
) -> sqlx::Result<()> {
    let changes: Vec<SumChange<'static>> = totals
        .into_iter()
        .flat_map(|(subscriber, totals)| {
            totals
                .by_name()
                .into_iter()
                .map(move |(name, value)| SumChange {
                    subscriber,
                    day: totals.day,
                    channel: totals.channel,
                    name,
                    value: value.into(),
                })
        })
        .filter(|change| !change.value.is_zero())
        .collect();
    add_to_sums(tx, &changes).await
}

/// A change of one column of `usage_rollups`.
pub(super) struct SumChange<'a> {
    pub(super) subscriber: SubscriberId,
    pub(super) day: NaiveDate,
    pub(super) channel: Channel,
    pub(super) name: &'a str,
    pub(super) value: Decimal,
}

/// Adds the changes, to one row after the other in one order, so that two of these never wait for each other.
pub(super) async fn add_to_sums(tx: &mut impl Tx, changes: &[SumChange<'_>]) -> sqlx::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = changes.iter().map(|_| Uuid::now_v7()).collect();
    let subscribers: Vec<Uuid> = changes.iter().map(|change| change.subscriber.0).collect();
    let days: Vec<NaiveDate> = changes.iter().map(|change| change.day).collect();
    let channels: Vec<Channel> = changes.iter().map(|change| change.channel).collect();
    let names: Vec<String> = changes
        .iter()
        .map(|change| change.name.to_owned())
        .collect();
    let values: Vec<Decimal> = changes.iter().map(|change| change.value).collect();
    sqlx::query_file!(
        "src/billing/add_to_sums.sql",
        &ids,
        &subscribers,
        &days,
        &channels as _,
        &names,
        &values,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A currency in which a plan is priced, other than the given one. Plans are the platform's and have no policy.
pub async fn find_other_currency(pool: &PgPool, currency: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select currency from plans where currency <> $1 limit 1",
        currency
    )
    .fetch_optional(pool)
    .await
}

/// Whether the receptionist may take another call: while minutes of the month are left, there is a prepaid balance, or
/// the plan bills what goes beyond. What is under way when the last of it is gone goes on.
pub async fn may_take_call(tx: &mut TenantTx, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let may = sqlx::query_scalar!(
        r#"select coalesce(u.used_minutes < u.included_minutes, true) or coalesce(a.balance > 0, false)
               or coalesce(s.plan <> 'FREE' and s.is_overage_enabled and s.status <> 'CANCELLED', false) as "may!"
             from subscriber_profiles p
             left join subscriptions s on s.subscriber_id = $1
             left join credit_accounts a on a.subscriber_id = $1
             left join usage_periods u
               on u.subscriber_id = $1 and u.starts_on = date_trunc('month', $2 at time zone p.timezone)::date
            where p.subscriber_id = $1"#,
        subscriber as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(may.unwrap_or(true))
}
