//! The one statement that charges.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{Charge, Leg, Receipt, Totals, UsageType};
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::UsageId,
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
    )
    .fetch_optional(tx.conn())
    .await
}
