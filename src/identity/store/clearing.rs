//! What of sign-in is over and goes; the people of a business, and its end.
use chrono::{DateTime, Utc};

use crate::{
    identity::model::Role,
    kernel::{
        db::{IdentityTx, Tx},
        ids::{SubscriberId, UserId},
    },
};

/// Deletes sessions that ended before this; the tokens that they spent go with them.
pub async fn clear_sessions(
    tx: &mut IdentityTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "delete from refresh_sessions
          where id in (select id from refresh_sessions
                        where coalesce(ended_at, least(idle_until, expires_at)) < $1
                        limit $2 for update skip locked)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes what can be of no use any more: links that expired, failures that are forgotten, tokens of sessions that
/// ended. Those that a living session spent stay: one of them again tells of a theft.
pub async fn clear_tokens(
    tx: &mut IdentityTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let cleared = sqlx::query_scalar!(
        r#"with links as (
               delete from reset_tokens
                where id in (select id from reset_tokens where expires_at < $1 limit $2 for update skip locked)
               returning 1
           ), failures as (
               delete from login_attempts
                where (kind, key_hash) in (select kind, key_hash from login_attempts where until < $1
                                            limit $2 for update skip locked)
               returning 1
           ), spent as (
               delete from spent_refresh_tokens
                where token_hash in (select t.token_hash from spent_refresh_tokens t
                                       join refresh_sessions s on s.id = t.session_id
                                      where coalesce(s.ended_at, least(s.idle_until, s.expires_at)) < $1
                                      limit $2 for update of t skip locked)
               returning 1
           )
           select greatest((select count(*) from links), (select count(*) from failures),
                           (select count(*) from spent)) as "cleared!""#,
        before,
        limit,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(cleared.unsigned_abs())
}

/// A business leaves: nobody is anything to it any more, its keys open nothing, its sessions end. The accounts of its
/// people stay theirs.
pub async fn end_business(
    tx: &mut IdentityTx,
    subscriber: SubscriberId,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with members as (delete from memberships where subscriber_id = $1),
              keys as (delete from api_keys where subscriber_id = $1)
         update refresh_sessions set ended_at = $2, end_reason = 'REVOKED'
          where subscriber_id = $1 and ended_at is null",
        subscriber as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What an export tells of somebody who belongs to a business.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MemberFacts {
    pub id: UserId,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: Role,
    pub created_at: DateTime<Utc>,
}

/// The people of a business.
pub async fn list_members(
    tx: &mut IdentityTx,
    subscriber: SubscriberId,
) -> sqlx::Result<Vec<MemberFacts>> {
    sqlx::query_as!(
        MemberFacts,
        r#"select u.id as "id: UserId", u.email, u.first_name, u.last_name, m.role as "role: Role", m.created_at
             from memberships m join users u on u.id = m.user_id
            where m.subscriber_id = $1 order by m.created_at, m.id"#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await
}
