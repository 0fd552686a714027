//! The statements on `calendar_slots`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::db::{TenantTx, Tx};

/// What was free.
#[derive(Clone, Debug)]
pub struct Known {
    pub covers_from: DateTime<Utc>,
    pub covers_until: DateTime<Utc>,
    pub starts: Vec<DateTime<Utc>>,
    pub fetched_at: DateTime<Utc>,
}

/// What was free for an event type, unless that is too long ago.
pub async fn find(
    tx: &mut TenantTx,
    event_type_id: i64,
    fetched_since: DateTime<Utc>,
) -> sqlx::Result<Option<Known>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Known,
        "select covers_from, covers_until, starts, fetched_at from calendar_slots
          where subscriber_id = $1 and event_type_id = $2 and fetched_at >= $3",
        subscriber as _,
        event_type_id,
        fetched_since,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Keeps what was found. What somebody else found later stays.
pub async fn put(tx: &mut TenantTx, event_type_id: i64, known: &Known) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into calendar_slots as s
             (subscriber_id, id, event_type_id, covers_from, covers_until, starts, fetched_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (subscriber_id, event_type_id) do update
            set covers_from = $4, covers_until = $5, starts = $6, fetched_at = $7
          where s.fetched_at <= $7",
        subscriber as _,
        Uuid::now_v7(),
        event_type_id,
        known.covers_from,
        known.covers_until,
        &known.starts,
        known.fetched_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was known is wrong: it is asked for anew.
pub async fn forget(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "delete from calendar_slots where subscriber_id = $1",
        subscriber as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
