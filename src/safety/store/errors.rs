//! The statements on `error_logs`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{OperatorTx, SystemTx, Tx},
        faults::Source,
        ids::SubscriberId,
        page::Cursor,
    },
    safety::error_log::ErrorView,
};

/// Failures that are alike.
pub struct Group {
    pub fingerprint: String,
    pub subscriber: Option<SubscriberId>,
    pub source: Source,
    pub place: String,
    pub what: String,
    pub count: i64,
    pub request_id: Option<String>,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

pub async fn add(tx: &mut SystemTx, group: &Group) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into error_logs as e (id, subscriber_id, source, place, what, fingerprint, occurrences, last_request_id,
                                      first_seen_at, last_seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (fingerprint) do update set
             occurrences = e.occurrences + excluded.occurrences,
             last_request_id = coalesce(excluded.last_request_id, e.last_request_id),
             first_seen_at = least(e.first_seen_at, excluded.first_seen_at),
             last_seen_at = greatest(e.last_seen_at, excluded.last_seen_at)",
        Uuid::now_v7(),
        group.subscriber as _,
        group.source.as_str(),
        group.place,
        group.what,
        group.fingerprint,
        group.count,
        group.request_id,
        group.first,
        group.last,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The latest first.
pub async fn list(
    tx: &mut OperatorTx,
    source: Option<&str>,
    subscriber: Option<Uuid>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<ErrorView>> {
    sqlx::query_as!(
        ErrorView,
        "select id, subscriber_id, source, place, what, occurrences, last_request_id, first_seen_at, last_seen_at
           from error_logs
          where ($1::text is null or source = $1) and ($2::uuid is null or subscriber_id = $2)
            and ($3::timestamptz is null or (last_seen_at, id) < ($3, $4))
          order by last_seen_at desc, id desc limit $5",
        source,
        subscriber,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}
