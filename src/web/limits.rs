//! Limits across replicas: a token bucket per key, one statement per request.
//!
//! A limit may forget (its table is emptied by a crash); lockouts, quotas and credit may not, and are not limits.
use std::time::Duration;

use crate::kernel::db::Tx;

use super::{ApiError, store};

/// A full bucket means as much as none, so a row that nobody has touched for longer than any bucket takes to fill
/// may go.
pub(super) const LONGEST_FILL_S: f64 = 24.0 * 60.0 * 60.0;

/// How many tokens a bucket holds, and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    pub(super) capacity: f64,
    pub(super) per_second: f64,
}

impl Bucket {
    /// This many in this time, all at once if need be.
    ///
    /// # Panics
    /// The time is between a moment and a day.
    pub fn new(capacity: u32, fills_in: Duration) -> Self {
        let fill_s = fills_in.as_secs_f64();
        assert!(
            fill_s > 0.0 && fill_s <= LONGEST_FILL_S,
            "a bucket fills within a day"
        );
        let capacity = f64::from(capacity);
        Self {
            capacity,
            per_second: capacity / fill_s,
        }
    }
}

/// Whether there was enough in the bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Taken {
    Allowed {
        /// What is left, for the `RateLimit` header.
        left: f64,
    },
    Limited {
        /// When there will be enough, for `Retry-After`.
        retry_after: Duration,
    },
}

/// Takes tokens out of the bucket with this key, if there are enough; else takes nothing.
pub async fn take(tx: &mut impl Tx, key: &str, bucket: Bucket, cost: u32) -> sqlx::Result<Taken> {
    let cost = f64::from(cost);
    if let Some(left) = store::take_tokens(tx, key, bucket, cost).await? {
        return Ok(Taken::Allowed { left });
    }
    let left = store::find_tokens(tx, key, bucket).await?.unwrap_or(0.0);
    let wait_s = ((cost - left) / bucket.per_second).clamp(0.0, LONGEST_FILL_S);
    Ok(Taken::Limited {
        retry_after: Duration::from_secs_f64(wait_s),
    })
}

/// Takes one token, or answers that the limit is reached.
pub async fn take_or_refuse(tx: &mut impl Tx, key: &str, bucket: Bucket) -> Result<(), ApiError> {
    match take(tx, key, bucket, 1).await? {
        Taken::Allowed { .. } => Ok(()),
        Taken::Limited { retry_after } => Err(ApiError::rate_limited(retry_after)),
    }
}

/// Deletes the rows of buckets that have long been full again.
pub async fn clear(tx: &mut impl Tx, limit: i64) -> sqlx::Result<u64> {
    store::clear_buckets(tx, limit).await
}
