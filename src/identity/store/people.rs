//! The statements on `users`, `credentials`, `reset_tokens` and `memberships`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    identity::model::Role,
    kernel::{
        db::{IdentityTx, Tx},
        email::Email,
        ids::{SubscriberId, UserId},
        language::Language,
    },
};

/// A person with an account.
#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub is_operator: bool,
}

/// The business that somebody belongs to.
#[derive(Clone, Debug)]
pub struct Business {
    pub id: SubscriberId,
    pub slug: String,
    pub business_name: String,
}

/// What somebody is to a business.
#[derive(Clone, Debug)]
pub struct Membership {
    pub subscriber: Business,
    pub role: Role,
}

pub async fn find_user(tx: &mut IdentityTx, user: UserId) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        User,
        r#"select id as "id: UserId", email, first_name, last_name, is_operator from users where id = $1"#,
        user as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The oldest first: the one that somebody who does not choose gets.
pub async fn list_memberships(tx: &mut IdentityTx, user: UserId) -> sqlx::Result<Vec<Membership>> {
    let rows = sqlx::query!(
        r#"select s.id as "id: SubscriberId", s.slug, s.business_name, m.role as "role: Role"
             from memberships m join subscribers s on s.id = m.subscriber_id
            where m.user_id = $1 and s.status <> 'CLOSED'
            order by m.created_at, m.id limit 200"#,
        user as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Membership {
        subscriber: Business {
            id: row.id,
            slug: row.slug,
            business_name: row.business_name,
        },
        role: row.role,
    });
    Ok(rows.collect())
}

/// Somebody new.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    pub email: &'a Email,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub password_hash: &'a str,
    pub is_operator: bool,
}

/// None: somebody has this address already.
pub async fn insert_user(
    tx: &mut IdentityTx,
    new: &NewUser<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<UserId>> {
    let id = UserId::new();
    let inserted = sqlx::query!(
        "insert into users (id, email, first_name, last_name, is_operator, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6) on conflict (email) do nothing",
        id as _,
        new.email as _,
        new.first_name,
        new.last_name,
        new.is_operator,
        now,
    )
    .execute(&mut *tx.conn())
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    set_password(tx, id, new.password_hash, now).await?;
    Ok(Some(id))
}

/// What a sign-in is checked against.
#[derive(Clone, Debug)]
pub struct Credential {
    pub user: UserId,
    pub password_hash: String,
}

/// Of somebody who may sign in.
pub async fn find_credential(tx: &mut IdentityTx, email: &str) -> sqlx::Result<Option<Credential>> {
    sqlx::query_as!(
        Credential,
        r#"select u.id as "user: UserId", c.password_hash
             from users u join credentials c on c.user_id = u.id
            where u.email = $1 and u.disabled_at is null"#,
        email,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn find_user_by_email(tx: &mut IdentityTx, email: &str) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"select id as "id: UserId" from users where email = $1 and disabled_at is null"#,
        email,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn set_password(
    tx: &mut IdentityTx,
    user: UserId,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into credentials (user_id, password_hash, changed_at) values ($1, $2, $3)
         on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = excluded.changed_at",
        user as _,
        hash,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says whether the person is an operator from now on who was none before.
pub async fn make_operator(
    tx: &mut IdentityTx,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let made = sqlx::query!(
        "update users set is_operator = true, updated_at = $2 where id = $1 and not is_operator",
        user as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Makes the person a member, or gives them another role. Says whether that changed anything.
pub async fn put_membership(
    tx: &mut IdentityTx,
    subscriber: SubscriberId,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let put = sqlx::query!(
        "insert into memberships as m (id, subscriber_id, user_id, role, created_at) values ($1, $2, $3, $4, $5)
         on conflict (subscriber_id, user_id) do update set role = excluded.role where m.role <> excluded.role",
        Uuid::now_v7(),
        subscriber as _,
        user as _,
        role as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(put.rows_affected() == 1)
}

/// Keeps the hash of a link that was mailed; earlier ones of the person end with it.
pub async fn insert_reset_token(
    tx: &mut IdentityTx,
    user: UserId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with earlier as (update reset_tokens set used_at = $5 where user_id = $2 and used_at is null)
         insert into reset_tokens (id, user_id, token_hash, created_at, expires_at) values ($1, $2, $3, $5, $4)",
        Uuid::now_v7(),
        user as _,
        hash,
        expires_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose link it is, while it is good.
pub async fn find_reset_token(
    tx: &mut IdentityTx,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"select t.user_id as "user: UserId"
             from reset_tokens t join users u on u.id = t.user_id and u.disabled_at is null
            where t.token_hash = $1 and t.used_at is null and t.expires_at > $2"#,
        hash,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Uses the link up. None: it was used, or is too old.
pub async fn use_reset_token(
    tx: &mut IdentityTx,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"update reset_tokens set used_at = $2
            where token_hash = $1 and used_at is null and expires_at > $2
           returning user_id as "user: UserId""#,
        hash,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// What a registration told that only later steps use.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    pub user: UserId,
    pub phone_number: Option<&'a str>,
    pub business_hours: Option<&'a serde_json::Value>,
    pub services: Option<&'a serde_json::Value>,
    pub referral_code: Option<&'a str>,
    pub consent_version: &'a str,
    pub ip_prefix: Option<&'a str>,
}

/// Keeps it, with the consent to the terms.
pub async fn insert_registration(
    tx: &mut IdentityTx,
    subscriber: SubscriberId,
    new: &Registration<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with consent as (
             insert into consent_logs
                 (subscriber_id, id, subject_kind, subject_id, purpose, text_version, is_granted, channel, proof,
                  ip_prefix, created_at)
             values ($1, $2, 'USER', $3, 'TERMS', $4, true, 'WEB', 'registration', $5, $6)
         )
         insert into registrations
             (subscriber_id, id, user_id, phone_number, business_hours, services, referral_code, created_at)
         values ($1, $7, $3, $8, $9, $10, $11, $6)",
        subscriber as _,
        Uuid::now_v7(),
        new.user as _,
        new.consent_version,
        new.ip_prefix,
        now,
        Uuid::now_v7(),
        new.phone_number,
        new.business_hours,
        new.services,
        new.referral_code,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The language to write in: that of the first business.
pub async fn find_language(tx: &mut IdentityTx, user: UserId) -> sqlx::Result<Option<Language>> {
    sqlx::query_scalar!(
        r#"select p.language as "language: Language"
             from memberships m join subscriber_profiles p on p.subscriber_id = m.subscriber_id
            where m.user_id = $1 order by m.created_at, m.id limit 1"#,
        user as _,
    )
    .fetch_optional(tx.conn())
    .await
}
