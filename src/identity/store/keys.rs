//! The statements on `api_keys`.
use chrono::{DateTime, Utc};
use ipnet::IpNet;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{ApiKeyId, UserId},
};

/// A key that may be used.
#[derive(Clone, Debug)]
pub struct Usable {
    pub id: ApiKeyId,
    pub scopes: Vec<String>,
    pub networks: Vec<IpNet>,
}

/// The key with this hash, unless it was revoked or has expired. Its last use is noted once a minute.
pub async fn find_usable(
    tx: &mut TenantTx,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Usable>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"with used as (
               update api_keys set last_used_at = $3
                where subscriber_id = $1 and key_hash = $2 and revoked_at is null
                  and coalesce(last_used_at < $3::timestamptz - interval '1 minute', true)
           )
           select id as "id: ApiKeyId", scopes, cidrs from api_keys
            where subscriber_id = $1 and key_hash = $2 and revoked_at is null
              and (expires_at is null or expires_at > $3)"#,
        subscriber as _,
        hash,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Usable {
        id: row.id,
        scopes: row.scopes,
        // They were checked when the key was made.
        networks: row
            .cidrs
            .iter()
            .filter_map(|cidr| cidr.parse().ok())
            .collect(),
    }))
}

/// A key to be.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    pub id: ApiKeyId,
    pub name: &'a str,
    pub prefix: &'a str,
    pub last_four: &'a str,
    pub hash: &'a [u8],
    pub scopes: &'a [String],
    pub networks: &'a [String],
    pub created_by: Option<UserId>,
    pub expires_at: Option<DateTime<Utc>>,
}

pub async fn insert(tx: &mut TenantTx, new: &NewKey<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into api_keys
             (id, subscriber_id, name, prefix, last_four, key_hash, scopes, cidrs, created_by, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id as _,
        subscriber as _,
        new.name,
        new.prefix,
        new.last_four,
        new.hash,
        new.scopes,
        new.networks,
        new.created_by as _,
        new.expires_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A key, without what it takes to use it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: ApiKeyId,
    pub name: String,
    pub prefix: String,
    pub last_four: String,
    pub scopes: Vec<String>,
    pub cidrs: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Those that were not revoked, the newest first.
pub async fn list(
    tx: &mut TenantTx,
    after: Option<ApiKeyId>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Listed,
        r#"select id as "id: ApiKeyId", name, prefix, last_four, scopes, cidrs, created_at, expires_at, last_used_at
             from api_keys
            where subscriber_id = $1 and revoked_at is null and ($2::uuid is null or id < $2)
            order by id desc limit $3"#,
        subscriber as _,
        after as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The hash of the key that was revoked, by which the directory knows it.
pub async fn revoke(
    tx: &mut TenantTx,
    key: ApiKeyId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Vec<u8>>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "update api_keys set revoked_at = $3 where subscriber_id = $1 and id = $2 and revoked_at is null
         returning key_hash",
        subscriber as _,
        key as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}
