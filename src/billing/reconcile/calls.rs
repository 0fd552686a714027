//! Calls and their usage: every call that is over has its record, every record its conversation.
use chrono::{DateTime, Utc};

use super::{
    model::Difference,
    store::{self, UnchargedCall},
};
use crate::{
    billing::{
        model::{Charge, Totals},
        rules::EndedCall,
        store::record,
    },
    kernel::db::TenantTx,
    tenancy::{Channel, model::zone},
    traffic::Contribution,
};

/// Charges the call. None: it was charged meanwhile.
pub(super) async fn charge(
    tx: &mut TenantTx,
    call: &UnchargedCall,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Difference>> {
    store::lock_call(tx, call.id).await?;
    let charge = Charge::of_call(EndedCall {
        source: call.source.clone(),
        interaction: call.id,
        started_at: call.started_at,
        duration_s: call.duration_s,
        outcome: call.outcome,
        not_billed: call.not_billed,
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
    let receipt = record(tx, Some(&charge), &totals, now).await?;
    Ok(receipt.map(|_| Difference {
        subject: format!("usage of {}", call.source),
        expected: format!("{} minutes", charge.minutes),
        found: "none".to_owned(),
        is_corrected: true,
    }))
}

/// Usage that names no conversation, or one that is gone. What it was for only a person can find out.
pub(super) async fn find_uncaused(tx: &mut TenantTx) -> sqlx::Result<Vec<Difference>> {
    let sources = store::list_uncaused(tx).await?;
    Ok(sources
        .into_iter()
        .map(|source| Difference::open(format!("conversation of {source}"), "one", "none"))
        .collect())
}
