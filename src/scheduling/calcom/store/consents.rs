//! The statements on `calendar_consents`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{SessionId, UserId},
};

/// Somebody who is away at Cal.com to say yes or no.
#[derive(Clone, Debug)]
pub struct Consent {
    pub user: UserId,
    pub session: SessionId,
    pub wants_webhooks: bool,
    pub expires_at: DateTime<Utc>,
}

/// Writes it, and takes away those of this business that ran out; gives back the hashes of those.
pub async fn insert(
    tx: &mut TenantTx,
    id: Uuid,
    state_hash: &str,
    consent: &Consent,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<String>> {
    let subscriber = tx.subscriber();
    let gone = sqlx::query_scalar!(
        "delete from calendar_consents where subscriber_id = $1 and expires_at <= $2 returning state_hash",
        subscriber as _,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    sqlx::query!(
        "insert into calendar_consents
             (subscriber_id, id, state_hash, user_id, session_id, wants_webhooks, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        subscriber as _,
        id,
        state_hash,
        consent.user as _,
        consent.session as _,
        consent.wants_webhooks,
        consent.expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(gone)
}

/// Takes it: whoever comes second finds nothing.
pub async fn take(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<Consent>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Consent,
        r#"delete from calendar_consents where subscriber_id = $1 and id = $2
           returning user_id as "user: _", session_id as "session: _", wants_webhooks, expires_at"#,
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}
