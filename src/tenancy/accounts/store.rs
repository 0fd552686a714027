//! The statements on provider_accounts.
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::model::Provider;
use crate::kernel::{
    db::{SystemTx, TenantTx, Tx},
    ids::SubscriberId,
};

/// A row; its secrets are sealed.
pub(super) struct Row {
    pub id: Uuid,
    pub subscriber_id: SubscriberId,
    pub account_id: String,
    pub is_enabled: bool,
    pub api_key: Option<SealedSecret>,
    pub webhook_secret: Option<SealedSecret>,
    pub webhook_scheme: Option<Value>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

pub(super) struct SealedSecret {
    pub sealed: String,
    pub last_four: Option<String>,
    pub set_at: DateTime<Utc>,
}

impl Row {
    /// One that is not there yet.
    pub(super) fn new(id: Uuid, subscriber_id: SubscriberId, now: DateTime<Utc>) -> Self {
        Self {
            id,
            subscriber_id,
            account_id: String::new(),
            is_enabled: true,
            api_key: None,
            webhook_secret: None,
            webhook_scheme: None,
            created_at: now,
            updated_at: now,
        }
    }
}

struct Columns {
    id: Uuid,
    subscriber_id: SubscriberId,
    account_id: String,
    is_enabled: bool,
    api_key_sealed: Option<String>,
    api_key_last_four: Option<String>,
    api_key_set_at: Option<DateTime<Utc>>,
    webhook_secret_sealed: Option<String>,
    webhook_secret_last_four: Option<String>,
    webhook_secret_set_at: Option<DateTime<Utc>>,
    webhook_scheme: Option<Value>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Columns> for Row {
    fn from(row: Columns) -> Self {
        let secret = |sealed: Option<String>, last_four, set_at: Option<DateTime<Utc>>| {
            Some(SealedSecret {
                sealed: sealed?,
                last_four,
                set_at: set_at.unwrap_or(row.updated_at),
            })
        };
        Self {
            id: row.id,
            subscriber_id: row.subscriber_id,
            account_id: row.account_id,
            is_enabled: row.is_enabled,
            api_key: secret(
                row.api_key_sealed,
                row.api_key_last_four,
                row.api_key_set_at,
            ),
            webhook_secret: secret(
                row.webhook_secret_sealed,
                row.webhook_secret_last_four,
                row.webhook_secret_set_at,
            ),
            webhook_scheme: row.webhook_scheme,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(super) async fn find(tx: &mut TenantTx, provider: Provider) -> sqlx::Result<Option<Row>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query_as!(
        Columns,
        r#"select id, subscriber_id as "subscriber_id: _", account_id, is_enabled, api_key_sealed, api_key_last_four,
                  api_key_set_at, webhook_secret_sealed, webhook_secret_last_four, webhook_secret_set_at,
                  webhook_scheme, created_at, updated_at
             from provider_accounts where subscriber_id = $1 and provider = $2"#,
        subscriber as _,
        provider as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::from))
}

pub(super) async fn lock(tx: &mut TenantTx, provider: Provider) -> sqlx::Result<Option<Row>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query_as!(
        Columns,
        r#"select id, subscriber_id as "subscriber_id: _", account_id, is_enabled, api_key_sealed, api_key_last_four,
                  api_key_set_at, webhook_secret_sealed, webhook_secret_last_four, webhook_secret_set_at,
                  webhook_scheme, created_at, updated_at
             from provider_accounts where subscriber_id = $1 and provider = $2 for update"#,
        subscriber as _,
        provider as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::from))
}

/// The enabled account, if the directory says that the thing is the subscriber's own.
pub(super) async fn find_for(
    tx: &mut TenantTx,
    provider: Provider,
    kind: &str,
    key: &str,
) -> sqlx::Result<Option<Row>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query_as!(
        Columns,
        r#"select id, a.subscriber_id as "subscriber_id: _", account_id, is_enabled, api_key_sealed,
                  api_key_last_four, api_key_set_at, webhook_secret_sealed, webhook_secret_last_four,
                  webhook_secret_set_at, webhook_scheme,
                  created_at, updated_at
             from provider_accounts a
             join directory d on d.kind = $3 and d.key = $4 and d.subscriber_id = a.subscriber_id
            where a.subscriber_id = $1 and provider = $2 and is_enabled"#,
        subscriber as _,
        provider as _,
        kind,
        key,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::from))
}

/// The enabled account, unless the directory says that the thing is the platform's.
pub(super) async fn find_unless_platforms(
    tx: &mut TenantTx,
    provider: Provider,
    kind: &str,
    key: &str,
) -> sqlx::Result<Option<Row>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query_as!(
        Columns,
        r#"select id, subscriber_id as "subscriber_id: _", account_id, is_enabled, api_key_sealed, api_key_last_four,
                  api_key_set_at, webhook_secret_sealed, webhook_secret_last_four, webhook_secret_set_at,
                  webhook_scheme, created_at, updated_at
             from provider_accounts
            where subscriber_id = $1 and provider = $2 and is_enabled
              and not exists (select from directory d
                               where d.kind = $3 and d.key = $4 and d.subscriber_id is null)"#,
        subscriber as _,
        provider as _,
        kind,
        key,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::from))
}

pub(super) async fn list_enabled(
    tx: &mut SystemTx,
    provider: Provider,
    subscribers: &[SubscriberId],
) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Columns,
        r#"select id, subscriber_id as "subscriber_id: _", account_id, is_enabled, api_key_sealed, api_key_last_four,
                  api_key_set_at, webhook_secret_sealed, webhook_secret_last_four, webhook_secret_set_at,
                  webhook_scheme, created_at, updated_at
             from provider_accounts
            where subscriber_id = any($1) and provider = $2 and is_enabled"#,
        subscribers as _,
        provider as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Who has an account of its own at this provider.
pub(super) async fn list_holders(
    tx: &mut SystemTx,
    provider: Provider,
) -> sqlx::Result<Vec<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select subscriber_id as "subscriber: _" from provider_accounts where provider = $1 and is_enabled
            order by subscriber_id"#,
        provider as _,
    )
    .fetch_all(tx.conn())
    .await
}

pub(super) async fn upsert(tx: &mut TenantTx, provider: Provider, row: &Row) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let (key, secret) = (row.api_key.as_ref(), row.webhook_secret.as_ref());
    sqlx::query!(
        "insert into provider_accounts as a
             (subscriber_id, id, provider, account_id, is_enabled, api_key_sealed, api_key_last_four, api_key_set_at,
              webhook_secret_sealed, webhook_secret_last_four, webhook_secret_set_at, webhook_scheme, created_at,
              updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (subscriber_id, id) do update set
             account_id = excluded.account_id, is_enabled = excluded.is_enabled,
             api_key_sealed = excluded.api_key_sealed, api_key_last_four = excluded.api_key_last_four,
             api_key_set_at = excluded.api_key_set_at, webhook_secret_sealed = excluded.webhook_secret_sealed,
             webhook_secret_last_four = excluded.webhook_secret_last_four,
             webhook_secret_set_at = excluded.webhook_secret_set_at, webhook_scheme = excluded.webhook_scheme,
             updated_at = excluded.updated_at",
        subscriber as _,
        row.id,
        provider as _,
        row.account_id,
        row.is_enabled,
        key.map(|secret| &secret.sealed),
        key.and_then(|secret| secret.last_four.as_ref()),
        key.map(|secret| secret.set_at),
        secret.map(|secret| &secret.sealed),
        secret.and_then(|secret| secret.last_four.as_ref()),
        secret.map(|secret| secret.set_at),
        row.webhook_scheme,
        row.created_at,
        row.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut TenantTx, provider: Provider) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "delete from provider_accounts where subscriber_id = $1 and provider = $2",
        subscriber as _,
        provider as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
