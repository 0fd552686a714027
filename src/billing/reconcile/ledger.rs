//! Ledger and account: every usage record has its entry, and the balance is the sum of all entries.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{
    model::Difference,
    store::{self, Posting, Unposted},
};
use crate::{
    billing::model::{Leg, UsageType},
    kernel::db::TenantTx,
};

impl Unposted {
    fn amount(&self) -> Decimal {
        self.expected - self.found.unwrap_or_default()
    }

    /// The leg that such usage is charged to, for an entry of which nothing is left.
    fn leg(&self) -> Leg {
        match self.usage_type {
            UsageType::VoiceCall => Leg::Ai,
            UsageType::Sms => Leg::Segments,
        }
    }

    fn posting(&self) -> Posting {
        Posting {
            usage: self.usage,
            leg: self.leg(),
            revision: self.revision,
            amount: self.amount(),
            currency: self.currency.clone(),
        }
    }

    fn difference(&self) -> Difference {
        let found = self.found.map(|found| found.normalize().to_string());
        Difference {
            subject: format!("ledger of usage {} ({})", self.usage, self.source),
            expected: self.expected.normalize().to_string(),
            found: found.unwrap_or_else(|| "none".to_owned()),
            is_corrected: true,
        }
    }
}

/// Posts what is missing and sets the balance to the sum, in one statement.
pub(super) async fn correct(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Difference>> {
    let unposted = store::list_unposted(tx).await?;
    let balance = store::find_balance(tx).await?;
    let expected = balance.entries + unposted.iter().map(Unposted::amount).sum::<Decimal>();
    let mut differences: Vec<Difference> = unposted.iter().map(Unposted::difference).collect();
    if expected != balance.kept {
        let subject = "balance".to_owned();
        differences.push(Difference::corrected(subject, expected, balance.kept));
    }
    if differences.is_empty() {
        return Ok(differences);
    }
    let currency = balance
        .currency
        .or_else(|| Some(unposted.first()?.currency.clone()));
    store::lock_account(tx, &currency.unwrap_or_default()).await?;
    let postings: Vec<Posting> = unposted.iter().map(Unposted::posting).collect();
    store::post(tx, &postings, now).await?;
    Ok(differences)
}
