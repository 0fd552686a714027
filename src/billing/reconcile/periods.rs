//! Months: what was used in each is the sum of its usage records, the latest revision of each.
use super::{
    model::Difference,
    store::{self, PeriodDrift},
};
use crate::kernel::db::TenantTx;

impl PeriodDrift {
    fn differences(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (unit, expected, found) in [
            ("minutes", self.minutes_expected, self.minutes_found),
            ("texts", self.texts_expected, self.texts_found),
        ] {
            if expected != found {
                let subject = format!("period {}: {unit}", self.starts_on);
                differences.push(Difference::corrected(subject, expected, found));
            }
        }
        differences
    }
}

pub(super) async fn correct(tx: &mut TenantTx) -> sqlx::Result<Vec<Difference>> {
    let drifts = store::list_period_drifts(tx).await?;
    if !drifts.is_empty() {
        store::add_to_periods(tx, &drifts).await?;
    }
    Ok(drifts.iter().flat_map(PeriodDrift::differences).collect())
}
