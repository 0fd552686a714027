//! What an operator should look at: rows of `ops_alerts`, one open row per cause.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{db::Tx, ids::SubscriberId, text::text_enum};

text_enum! {
    Severity { Info, Warning, Critical }
}

/// Something to look at. `cause` keeps it to one open row however often it happens.
#[derive(Clone, Debug)]
pub struct Alert {
    pub subscriber: Option<SubscriberId>,
    pub kind: &'static str,
    pub severity: Severity,
    /// For people, without anybody's words, numbers or secrets.
    pub detail: String,
    pub cause: String,
}

/// Raises the alert with the transaction; does nothing while one of the same cause is open.
///
/// Within a subscriber's transaction the row is that subscriber's, even when all are hit: a row of the platform's
/// cannot be written there, and whoever meets the trouble first has the one row of its cause.
pub async fn raise(tx: &mut impl Tx, alert: &Alert, at: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.tenant().or(alert.subscriber);
    sqlx::query!(
        "insert into ops_alerts (id, subscriber_id, kind, severity, detail, dedupe_key, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (dedupe_key) where resolved_at is null do nothing",
        Uuid::now_v7(),
        subscriber as _,
        alert.kind,
        alert.severity as _,
        alert.detail,
        alert.cause,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Closes the alert of this cause, if there is one: what it told of is over.
pub async fn resolve(tx: &mut impl Tx, cause: &str, at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update ops_alerts set resolved_at = $2 where dedupe_key = $1 and resolved_at is null",
        cause,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
