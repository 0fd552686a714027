//! The sums of each day: recomputed from conversations, texts and usage records.
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::model::Difference;
use crate::{
    billing::store::{self, SumChange},
    kernel::db::{TenantTx, Tx},
    tenancy::Channel,
    traffic::{Outcome, rules::SHORT_CALL_S},
};

struct Drift {
    day: NaiveDate,
    channel: Channel,
    name: String,
    expected: Decimal,
    found: Decimal,
}

pub(super) async fn correct(tx: &mut TenantTx) -> sqlx::Result<Vec<Difference>> {
    let subscriber = tx.subscriber();
    let drifts = list_drifts(tx).await?;
    let changes: Vec<SumChange<'_>> = drifts
        .iter()
        .map(|drift| SumChange {
            subscriber,
            day: drift.day,
            channel: drift.channel,
            name: &drift.name,
            value: drift.expected - drift.found,
        })
        .collect();
    store::add_to_sums(tx, &changes).await?;
    Ok(drifts.into_iter().map(Difference::from).collect())
}

impl From<Drift> for Difference {
    fn from(drift: Drift) -> Self {
        let Drift {
            day, channel, name, ..
        } = drift;
        let subject = format!("rollup {day} {}: {name}", channel.as_str());
        Self::corrected(subject, drift.expected, drift.found)
    }
}

async fn list_drifts(tx: &mut TenantTx) -> sqlx::Result<Vec<Drift>> {
    let subscriber = tx.subscriber();
    sqlx::query_file_as!(
        Drift,
        "src/billing/reconcile/sums.sql",
        subscriber as _,
        &Outcome::UNANSWERED as _,
        SHORT_CALL_S,
    )
    .fetch_all(tx.conn())
    .await
}
