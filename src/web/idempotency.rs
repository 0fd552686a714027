//! `Idempotency-Key`: a request that was sent twice has one effect and one answer.
//!
//! The row is written in the transaction of the effect. That makes it a lock as well: a second request waits for
//! the first one to commit or roll back, and then replays its answer or takes its place.
use serde_json::Value;

use crate::kernel::db::{TenantTx, Tx};

use super::store;

/// PostgreSQL's `lock_not_available`: the first request took longer than our `lock_timeout`.
const WAITED_TOO_LONG: &str = "55P03";

/// What to do with a request that carries a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Begin {
    /// Do it, and call [`finish`] before the commit.
    New,
    /// It was done: give this answer again.
    Replay { status: u16, answer: Value },
    /// The key was used for another request: 422.
    Mismatch,
    /// The first one is still at it: 409. The transaction is of no further use.
    InProgress,
}

/// Claims the key for this request. `request_hash` covers method, path and body.
pub async fn begin(tx: &mut TenantTx, key: &str, request_hash: &[u8]) -> sqlx::Result<Begin> {
    match store::insert_key(tx, key, request_hash).await {
        Ok(true) => return Ok(Begin::New),
        Ok(false) => {}
        Err(error) if waited_too_long(&error) => return Ok(Begin::InProgress),
        Err(error) => return Err(error),
    }
    let Some(first) = store::find_key(tx, key).await? else {
        // Cleared between the two statements: whoever asks again finds a new key.
        return Ok(Begin::InProgress);
    };
    if first.request_hash != request_hash {
        return Ok(Begin::Mismatch);
    }
    Ok(
        match first.status.and_then(|status| u16::try_from(status).ok()) {
            Some(status) => Begin::Replay {
                status,
                answer: first.answer.unwrap_or(Value::Null),
            },
            // Committed without an answer, which only a handler that forgot `finish` does: it must not run twice.
            None => Begin::InProgress,
        },
    )
}

/// Keeps the answer, for 24 hours.
pub async fn finish(tx: &mut TenantTx, key: &str, status: u16, answer: &Value) -> sqlx::Result<()> {
    store::update_answer(tx, key, status, answer).await
}

/// Deletes keys that are older than 24 hours.
pub async fn clear(tx: &mut impl Tx, limit: i64) -> sqlx::Result<u64> {
    store::clear_keys(tx, limit).await
}

fn waited_too_long(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code == WAITED_TOO_LONG)
}
