//! The sums of each day beside what happened.
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::db::{TenantTx, Tx},
    tenancy::Channel,
    traffic::{Outcome, rules::SHORT_CALL_S},
};

/// A sum that is not what happened.
pub struct SumDrift {
    pub day: NaiveDate,
    pub channel: Channel,
    pub name: String,
    pub expected: Decimal,
    pub found: Decimal,
}

pub async fn list_sum_drifts(tx: &mut TenantTx) -> sqlx::Result<Vec<SumDrift>> {
    let subscriber = tx.subscriber();
    sqlx::query_file_as!(
        SumDrift,
        "src/billing/reconcile/store/sums.sql",
        subscriber as _,
        &Outcome::UNANSWERED as _,
        SHORT_CALL_S,
    )
    .fetch_all(tx.conn())
    .await
}
