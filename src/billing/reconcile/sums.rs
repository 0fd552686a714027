//! The sums of each day: recomputed from conversations, texts and usage records.
use super::{
    model::Difference,
    store::{self, SumDrift},
};
use crate::{
    billing::store::{SumChange, add_to_sums},
    kernel::db::TenantTx,
};

pub(super) async fn correct(tx: &mut TenantTx) -> sqlx::Result<Vec<Difference>> {
    let subscriber = tx.subscriber();
    let drifts = store::list_sum_drifts(tx).await?;
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
    add_to_sums(tx, &changes).await?;
    Ok(drifts.into_iter().map(Difference::from).collect())
}

impl From<SumDrift> for Difference {
    fn from(drift: SumDrift) -> Self {
        let SumDrift {
            day, channel, name, ..
        } = drift;
        let subject = format!("rollup {day} {}: {name}", channel.as_str());
        Self::corrected(subject, drift.expected, drift.found)
    }
}
