//! The statements on `calendar_slots`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::db::{TenantTx, Tx};

/// What was free.
#[derive(Clone, Debug)]
pub struct Known {
    /// For which booking; empty: for a new one.
    pub moving_uid: String,
    pub covers_from: DateTime<Utc>,
    pub covers_until: DateTime<Utc>,
    pub starts: Vec<DateTime<Utc>>,
    pub fetched_at: DateTime<Utc>,
}

/// For what it was free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub event_type: i64,
    /// None: the event type's own length.
    pub minutes: Option<i32>,
    /// The booking that is moved: its own time is free for it.
    pub moving: Option<String>,
}

/// What was free, unless that is too long ago. Of a booking that is moved what is free for a new one says most, where
/// nobody asked for it.
pub async fn find(
    tx: &mut TenantTx,
    key: &Key,
    fetched_since: DateTime<Utc>,
) -> sqlx::Result<Option<Known>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Known,
        "select moving_uid, covers_from, covers_until, starts, fetched_at from calendar_slots
          where subscriber_id = $1 and event_type_id = $2 and minutes = $3 and moving_uid in ($4, '')
            and fetched_at >= $5
          order by moving_uid desc limit 1",
        subscriber as _,
        key.event_type,
        key.minutes.unwrap_or_default(),
        key.moving.as_deref().unwrap_or_default(),
        fetched_since,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Keeps what was found. What somebody else found later stays.
pub async fn put(tx: &mut TenantTx, key: &Key, known: &Known) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "with gone as (
             delete from calendar_slots
              where subscriber_id = $1 and moving_uid <> '' and moving_uid <> $5
                and fetched_at < $9::timestamptz - interval '1 day'
         )
         insert into calendar_slots as s
             (subscriber_id, id, event_type_id, minutes, moving_uid, covers_from, covers_until, starts, fetched_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (subscriber_id, event_type_id, minutes, moving_uid) do update
            set covers_from = $6, covers_until = $7, starts = $8, fetched_at = $9
          where s.fetched_at <= $9",
        subscriber as _,
        Uuid::now_v7(),
        key.event_type,
        key.minutes.unwrap_or_default(),
        known.moving_uid,
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
