//! `Idempotency-Key`: a request that was sent twice has one effect and one answer.
//!
//! The row is written in the transaction of the effect. That makes it a lock as well: a second request waits for
//! the first one to commit or roll back, and then replays its answer or takes its place.
use axum::{
    Json,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    app::AppState,
    kernel::db::{TenantTx, Tx},
};

use super::{ApiError, extract, store};

/// The longest key that is taken.
const LONGEST_KEY: usize = 255;

/// A JSON body that may carry an `Idempotency-Key`: for every POST that sends, books or spends.
///
/// ```text
/// let mut tx = caller.begin(&app).await?;
/// if let Some(replay) = request.begin(&mut tx).await? { return Ok(replay); }
/// let done = service::send(&mut tx, …).await?;
/// let answer = request.finish(&mut tx, StatusCode::ACCEPTED, &done).await?;
/// tx.commit().await?;
/// Ok(answer)
/// ```
#[derive(Clone, Debug)]
pub struct Once<T> {
    pub body: T,
    key: Option<String>,
    hash: Vec<u8>,
}

impl<T: DeserializeOwned> FromRequest<AppState> for Once<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _app: &AppState) -> Result<Self, ApiError> {
        let key = key_of(request.headers())?;
        let route = format!("{} {}\n", request.method(), request.uri().path());
        let bytes = extract::read_json(request).await?;
        let hash = Sha256::new().chain_update(route).chain_update(&bytes);
        Ok(Self {
            body: extract::parse(&bytes)?,
            key,
            hash: hash.finalize().to_vec(),
        })
    }
}

impl<T> Once<T> {
    /// Claims the key, if there is one. An answer means that the request was done before.
    pub async fn begin(&self, tx: &mut TenantTx) -> Result<Option<Response>, ApiError> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        match begin(tx, key, &self.hash).await? {
            Begin::New => Ok(None),
            Begin::Replay { status, answer } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
                Ok(Some((status, Json(answer)).into_response()))
            }
            Begin::Mismatch => Err(ApiError::client(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "this Idempotency-Key was used for another request",
            )),
            Begin::InProgress => Err(ApiError::client(
                StatusCode::CONFLICT,
                "idempotency_in_progress",
                "the first request with this Idempotency-Key is still at work",
            )),
        }
    }

    /// Keeps the answer with the effect, and gives it.
    pub async fn finish(
        &self,
        tx: &mut TenantTx,
        status: StatusCode,
        answer: &impl Serialize,
    ) -> Result<Response, ApiError> {
        let answer =
            serde_json::to_value(answer).map_err(|error| ApiError::Internal(error.into()))?;
        if let Some(key) = &self.key {
            finish(tx, key, status.as_u16(), &answer).await?;
        }
        Ok((status, Json(answer)).into_response())
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(ApiError::malformed(
            "Idempotency-Key must be 1 to 255 visible characters",
        ));
    }
    Ok(Some(key.to_owned()))
}

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
