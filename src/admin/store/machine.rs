//! The statements on kept webhooks, reconciliation runs and alerts.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::model::{AlertRow, KeptRow, RunRow};
use crate::kernel::{
    db::{OperatorTx, Tx},
    page::Cursor,
};

pub async fn list_kept(
    tx: &mut OperatorTx,
    state: Option<&str>,
    subscriber: Option<Uuid>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<KeptRow>> {
    sqlx::query_as!(
        KeptRow,
        r#"
        select id, provider, external_id, subscriber_id, kind, state, error, received_at
          from inbound_events
         where state <> 'DONE'
           and ($1::text is null or state = upper($1))
           and ($2::uuid is null or subscriber_id = $2)
           and ($3::timestamptz is null or (received_at, id) < ($3, $4::uuid))
         order by received_at desc, id desc
         limit $5::bigint + 1
        "#,
        state,
        subscriber,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list_runs(
    tx: &mut OperatorTx,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<RunRow>> {
    sqlx::query_as!(
        RunRow,
        r#"
        select id, cause, state, checked, differences, corrected, started_at, finished_at
          from reconciliation_runs
         where $1::timestamptz is null or (started_at, id) < ($1, $2::uuid)
         order by started_at desc, id desc
         limit $3::bigint + 1
        "#,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list_alerts(
    tx: &mut OperatorTx,
    is_open: Option<bool>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<AlertRow>> {
    sqlx::query_as!(
        AlertRow,
        r#"
        select id, subscriber_id, kind, severity, detail, created_at, resolved_at
          from ops_alerts
         where ($1::bool is null or (resolved_at is null) = $1)
           and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
         order by created_at desc, id desc
         limit $4::bigint + 1
        "#,
        is_open,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// False: there is no such alert. One that is resolved keeps its time.
pub async fn resolve_alert(
    tx: &mut OperatorTx,
    id: Uuid,
    subscriber: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let resolved = sqlx::query!(
        "update ops_alerts set resolved_at = coalesce(resolved_at, $3)
          where id = $1 and ($2::uuid is null or subscriber_id = $2)",
        id,
        subscriber,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(resolved.rows_affected() == 1)
}
