//! The statements on `refresh_sessions` and `spent_refresh_tokens`.
use chrono::{DateTime, Utc};

use crate::{
    identity::{model::Role, tokens::Claims},
    kernel::{
        db::{IdentityTx, SystemTx, Tx},
        ids::{SessionId, SubscriberId, UserId},
    },
};

/// A session that is still good, with what its person is at this moment.
#[derive(Clone, Debug)]
pub struct Live {
    pub impersonator: Option<UserId>,
    pub can_write: bool,
    pub is_operator: bool,
    pub signed_in_at: DateTime<Utc>,
    /// To the subscriber of the token.
    pub role: Option<Role>,
}

/// The session that a token claims, unless it has ended, its person is disabled, or the operator behind it is one no
/// more. Asked with every request; of people it sees ids and times alone.
pub async fn find_live(
    tx: &mut SystemTx,
    claims: &Claims,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Live>> {
    sqlx::query_as!(
        Live,
        r#"select s.impersonator_id as "impersonator: UserId", s.can_write, u.is_operator, s.signed_in_at,
                  m.role as "role: Role"
             from refresh_sessions s
             join users u on u.id = s.user_id and u.disabled_at is null
             left join users o on o.id = s.impersonator_id
             left join memberships m on m.subscriber_id = $3 and m.user_id = s.user_id
            where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > $4
              and (s.impersonator_id is null or (o.is_operator and o.disabled_at is null))"#,
        claims.sid as _,
        claims.sub as _,
        claims.subscriber as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// What the person of a session is to a business, as long as both are good. For what comes back without a token, from
/// another site, long after it began.
pub async fn find_role(
    tx: &mut SystemTx,
    session: SessionId,
    user: UserId,
    subscriber: SubscriberId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Role>> {
    sqlx::query_scalar!(
        r#"select m.role as "role: Role"
             from refresh_sessions s
             join users u on u.id = s.user_id and u.disabled_at is null
             join memberships m on m.subscriber_id = $3 and m.user_id = s.user_id
            where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > $4
              and s.impersonator_id is null"#,
        session as _,
        user as _,
        subscriber as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub subscriber: Option<SubscriberId>,
    /// None: there is no refresh token.
    pub token_hash: Option<&'a [u8]>,
    pub impersonation: Option<Impersonation<'a>>,
    pub device: Option<&'a str>,
    pub ip_prefix: Option<&'a str>,
    pub idle_until: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// An operator acts as the session's person.
#[derive(Clone, Copy, Debug)]
pub struct Impersonation<'a> {
    pub operator: UserId,
    pub reason: &'a str,
    pub can_write: bool,
}

pub async fn insert(
    tx: &mut IdentityTx,
    new: &NewSession<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into refresh_sessions
             (id, user_id, subscriber_id, token_hash, impersonator_id, reason, can_write, device, ip_prefix,
              signed_in_at, created_at, last_seen_at, idle_until, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10, $11, $12)",
        new.id as _,
        new.user as _,
        new.subscriber as _,
        new.token_hash,
        new.impersonation.map(|act| act.operator) as _,
        new.impersonation.map(|act| act.reason),
        new.impersonation.is_none_or(|act| act.can_write),
        new.device,
        new.ip_prefix,
        now,
        new.idle_until,
        new.expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose session a refresh token belongs to.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub id: SessionId,
    pub user: UserId,
    pub subscriber: Option<SubscriberId>,
}

/// Uses up a refresh token: the next one takes its place. None when it is no session's present token.
pub async fn rotate(
    tx: &mut IdentityTx,
    old: &[u8],
    new: &[u8],
    idle_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Refreshed>> {
    sqlx::query_as!(
        Refreshed,
        r#"with session as (
               update refresh_sessions s
                  set token_hash = $2, generation = generation + 1, last_seen_at = $4, idle_until = $3
                 from users u
                where s.token_hash = $1 and s.ended_at is null and s.idle_until > $4 and s.expires_at > $4
                  and u.id = s.user_id and u.disabled_at is null
               returning s.id, s.user_id, s.subscriber_id
           ), spent as (
               insert into spent_refresh_tokens (token_hash, session_id, spent_at)
               select $1, id, $4 from session
           )
           select id as "id!: SessionId", user_id as "user!: UserId", subscriber_id as "subscriber: SubscriberId"
             from session"#,
        old,
        new,
        idle_until,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// A token that was used before.
#[derive(Clone, Debug)]
pub struct Spent {
    pub id: SessionId,
    pub user: UserId,
    pub subscriber: Option<SubscriberId>,
    pub spent_at: DateTime<Utc>,
    /// No later one of its session has been used since.
    pub is_latest: bool,
    pub is_live: bool,
}

pub async fn find_spent(
    tx: &mut IdentityTx,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Spent>> {
    sqlx::query_as!(
        Spent,
        r#"select s.id as "id: SessionId", s.user_id as "user: UserId", s.subscriber_id as "subscriber: SubscriberId",
                  t.spent_at,
                  not exists (select from spent_refresh_tokens later
                               where later.session_id = s.id and later.spent_at > t.spent_at) as "is_latest!",
                  (s.ended_at is null and s.expires_at > $2 and u.disabled_at is null) as "is_live!"
             from spent_refresh_tokens t
             join refresh_sessions s on s.id = t.session_id
             join users u on u.id = s.user_id
            where t.token_hash = $1"#,
        hash,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Why a session ended.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Logout,
    Revoked,
    Reused,
    Password,
}

impl End {
    fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::Revoked => "REVOKED",
            Self::Reused => "REUSED",
            Self::Password => "PASSWORD",
        }
    }
}

/// Ends one session of this person. False: there is no such one, or it has ended.
pub async fn end(
    tx: &mut IdentityTx,
    user: UserId,
    session: SessionId,
    why: End,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "update refresh_sessions set ended_at = $4, end_reason = $3
          where id = $1 and user_id = $2 and ended_at is null",
        session as _,
        user as _,
        why.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends all sessions of this person but one.
pub async fn end_others(
    tx: &mut IdentityTx,
    user: UserId,
    but: Option<SessionId>,
    why: End,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let ended = sqlx::query!(
        "update refresh_sessions set ended_at = $4, end_reason = $3
          where user_id = $1 and id is distinct from $2 and ended_at is null",
        user as _,
        but as _,
        why.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected())
}

/// Ends all sessions in which this operator acts as somebody.
pub async fn end_impersonations(
    tx: &mut IdentityTx,
    operator: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let ended = sqlx::query!(
        "update refresh_sessions set ended_at = $2, end_reason = 'REVOKED'
          where impersonator_id = $1 and ended_at is null",
        operator as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected())
}

/// The session is at another business from now on.
pub async fn choose(
    tx: &mut IdentityTx,
    session: SessionId,
    subscriber: SubscriberId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update refresh_sessions set subscriber_id = $2 where id = $1",
        session as _,
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A session, as its person sees it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: SessionId,
    pub device: Option<String>,
    pub ip_prefix: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// Those that are good, the newest first; those in which an operator acts are not the person's.
pub async fn list(
    tx: &mut IdentityTx,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select id as "id: SessionId", device, ip_prefix, created_at, last_seen_at
             from refresh_sessions
            where user_id = $1 and ended_at is null and expires_at > $2 and idle_until > $2
              and impersonator_id is null
            order by id desc limit 200"#,
        user as _,
        now,
    )
    .fetch_all(tx.conn())
    .await
}
