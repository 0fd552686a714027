//! Every statement on `rate_buckets` and `idempotency_keys`.
use serde_json::Value;
use uuid::Uuid;

use crate::kernel::db::{TenantTx, Tx};

use super::limits::{Bucket, LONGEST_FILL_S};

/// Takes tokens and says what is left; none, and nothing taken, if there were not enough.
///
/// The clock is read anew by every statement (`clock_timestamp()`): the transaction around it may be older.
pub(super) async fn take_tokens(
    tx: &mut impl Tx,
    key: &str,
    bucket: Bucket,
    cost: f64,
) -> sqlx::Result<Option<f64>> {
    let now = tx.now();
    sqlx::query_scalar!(
        r#"
        insert into rate_buckets as b (key, tokens, at)
        select $1, $2::float8 - $4::float8, coalesce($5, clock_timestamp()) where $2 >= $4
        on conflict (key) do update
           set tokens = least($2, b.tokens + greatest(0, extract(epoch from excluded.at - b.at)) * $3::float8) - $4,
               at = greatest(b.at, excluded.at)
         where least($2, b.tokens + greatest(0, extract(epoch from excluded.at - b.at)) * $3) >= $4
        returning tokens
        "#,
        key,
        bucket.capacity,
        bucket.per_second,
        cost,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// What is in the bucket now.
pub(super) async fn find_tokens(
    tx: &mut impl Tx,
    key: &str,
    bucket: Bucket,
) -> sqlx::Result<Option<f64>> {
    let now = tx.now();
    sqlx::query_scalar!(
        r#"
        select least($2, tokens + greatest(0, extract(epoch from coalesce($4, clock_timestamp()) - at)) * $3::float8)
               as "tokens!"
          from rate_buckets where key = $1
        "#,
        key,
        bucket.capacity,
        bucket.per_second,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

pub(super) async fn clear_buckets(tx: &mut impl Tx, limit: i64) -> sqlx::Result<u64> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        delete from rate_buckets
         where key = any (array(select key from rate_buckets
                                 where at < coalesce($1, now()) - make_interval(secs => $2)
                                 limit $3 for update skip locked))
        "#,
        now,
        LONGEST_FILL_S,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}

/// Writes the key. False: it is there already; a row of more than 24 hours ago counts as none.
pub(super) async fn insert_key(
    tx: &mut TenantTx,
    key: &str,
    request_hash: &[u8],
) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        insert into idempotency_keys as first (subscriber_id, id, key, request_hash, created_at)
        values ($1, $2, $3, $4, coalesce($5, now()))
        on conflict (subscriber_id, key) do update
           set request_hash = excluded.request_hash, status = null, answer = null, created_at = excluded.created_at
         where first.created_at <= excluded.created_at - interval '24 hours'
        "#,
        tx.subscriber() as _,
        Uuid::now_v7(),
        key,
        request_hash,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// What the first request with a key was, and what it got.
pub(super) struct First {
    pub(super) request_hash: Vec<u8>,
    pub(super) status: Option<i32>,
    pub(super) answer: Option<Value>,
}

pub(super) async fn find_key(tx: &mut TenantTx, key: &str) -> sqlx::Result<Option<First>> {
    sqlx::query_as!(
        First,
        "select request_hash, status, answer from idempotency_keys where subscriber_id = $1 and key = $2",
        tx.subscriber() as _,
        key,
    )
    .fetch_optional(tx.conn())
    .await
}

pub(super) async fn update_answer(
    tx: &mut TenantTx,
    key: &str,
    status: u16,
    answer: &Value,
) -> sqlx::Result<()> {
    let result = sqlx::query!(
        "update idempotency_keys set status = $3, answer = $4 where subscriber_id = $1 and key = $2",
        tx.subscriber() as _,
        key,
        i32::from(status),
        answer,
    )
    .execute(tx.conn())
    .await?;
    match result.rows_affected() {
        1 => Ok(()),
        _ => Err(sqlx::Error::RowNotFound),
    }
}

pub(super) async fn clear_keys(tx: &mut impl Tx, limit: i64) -> sqlx::Result<u64> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        delete from idempotency_keys
         where (subscriber_id, id) in (select subscriber_id, id from idempotency_keys
                                        where created_at <= coalesce($1, now()) - interval '24 hours'
                                        limit $2 for update skip locked)
        "#,
        now,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
