//! The statements on `login_attempts`.
use chrono::{DateTime, Utc};

use crate::{
    identity::lockout::{LONGEST, WINDOW},
    kernel::{
        db::{IdentityTx, Tx},
        text::text_enum,
    },
};

text_enum! {
    /// By what failures are counted.
    Kind { Email, Address }
}

/// Until when this key is locked.
pub async fn find_lock(
    tx: &mut IdentityTx,
    kind: Kind,
    key: &[u8],
    limit: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select until from login_attempts where kind = $1 and key_hash = $2 and failures >= $3 and until > $4",
        kind as _,
        key,
        limit,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// How often it has failed by now, this time included, and until when that counts.
pub struct Counted {
    pub failures: i32,
    pub until: DateTime<Utc>,
}

/// Counts a failure. A window that is over begins anew; after a lock of the last day it is twice as long as that one.
pub async fn count_failure(
    tx: &mut IdentityTx,
    kind: Kind,
    key: &[u8],
    limit: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<Counted> {
    sqlx::query_as!(
        Counted,
        r#"
        insert into login_attempts as a (kind, key_hash, failures, since, until, locks)
        values ($1, $2, 1, $4, $4::timestamptz + make_interval(secs => $5), 0)
        on conflict (kind, key_hash) do update
           set failures = case when a.until > $4 then a.failures + 1 else 1 end,
               since = case when a.until > $4 then a.since else $4 end,
               locks = case when a.until > $4 then a.locks
                            when a.failures >= $3 and a.until > $4::timestamptz - interval '1 day' then a.locks + 1
                            else 0 end,
               until = case when a.until > $4 then a.until
                            when a.failures >= $3 and a.until > $4::timestamptz - interval '1 day'
                            then $4::timestamptz + make_interval(secs => least($6, $5 * 2 ^ least(a.locks + 1, 10)))
                            else $4::timestamptz + make_interval(secs => $5) end
        returning failures, until
        "#,
        kind as _,
        key,
        limit,
        now,
        WINDOW.as_seconds_f64(),
        LONGEST.as_seconds_f64(),
    )
    .fetch_one(tx.conn())
    .await
}

/// Forgets the failures of a key.
pub async fn clear(tx: &mut IdentityTx, kind: Kind, key: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from login_attempts where kind = $1 and key_hash = $2",
        kind as _,
        key,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
