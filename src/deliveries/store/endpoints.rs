//! Endpoints and their secrets.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::EndpointId,
};

use super::super::model::{DisabledBecause, Endpoint, Format, Schedule, SealedSecret};

/// The endpoints, the oldest first. There are few.
pub async fn list_endpoints(tx: &mut TenantTx) -> sqlx::Result<Vec<Endpoint>> {
    sqlx::query_as!(
        Endpoint,
        r#"
        select id as "id: EndpointId", url, credentials_sealed as credentials, headers_sealed as headers, events, description, format as "format: Format",
               schedule as "schedule: Schedule", timeout_s, per_second, is_from_settings, is_enabled, disabled_at,
               disabled_because as "disabled_because: DisabledBecause", created_at
          from webhook_endpoints where subscriber_id = $1 order by id
        "#,
        tx.subscriber() as _,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn find_endpoint(tx: &mut TenantTx, id: EndpointId) -> sqlx::Result<Option<Endpoint>> {
    sqlx::query_as!(
        Endpoint,
        r#"
        select id as "id: EndpointId", url, credentials_sealed as credentials, headers_sealed as headers, events, description, format as "format: Format",
               schedule as "schedule: Schedule", timeout_s, per_second, is_from_settings, is_enabled, disabled_at,
               disabled_because as "disabled_because: DisabledBecause", created_at
          from webhook_endpoints where subscriber_id = $1 and id = $2
        "#,
        tx.subscriber() as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Writes the endpoint with the state that every endpoint has.
pub async fn insert_endpoint(tx: &mut TenantTx, endpoint: &Endpoint) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with endpoint as (
            insert into webhook_endpoints
                   (subscriber_id, id, url, credentials_sealed, headers_sealed, events, description, format, schedule, timeout_s,
                    per_second, is_from_settings, is_enabled, disabled_at, disabled_because, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
        )
        insert into webhook_endpoint_states (subscriber_id, id) values ($1, $2)
        "#,
        tx.subscriber() as _,
        endpoint.id as _,
        endpoint.url,
        endpoint.credentials,
        endpoint.headers,
        &endpoint.events,
        endpoint.description,
        endpoint.format as _,
        endpoint.schedule as _,
        endpoint.timeout_s,
        endpoint.per_second,
        endpoint.is_from_settings,
        endpoint.is_enabled,
        endpoint.disabled_at,
        endpoint.disabled_because as _,
        endpoint.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes everything that an owner may change. One that was disabled and is enabled again begins with a clean slate.
pub async fn update_endpoint(
    tx: &mut TenantTx,
    endpoint: &Endpoint,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let result = sqlx::query!(
        r#"
        with state as (
            update webhook_endpoint_states as s
               set failures_in_row = 0, failing_since = null, failing_attempts = 0, open_until = null,
                   owner_warned_at = null
              from webhook_endpoints as before
             where s.subscriber_id = $1 and s.id = $2 and before.subscriber_id = $1 and before.id = $2
               and $12 and not before.is_enabled
        )
        update webhook_endpoints
           set url = $3, credentials_sealed = $4, headers_sealed = $5, events = $6, description = $7, format = $8, schedule = $9,
               timeout_s = $10, per_second = $11, is_enabled = $12, disabled_at = $13, disabled_because = $14,
               updated_at = $15
         where subscriber_id = $1 and id = $2
        "#,
        tx.subscriber() as _,
        endpoint.id as _,
        endpoint.url,
        endpoint.credentials,
        endpoint.headers,
        &endpoint.events,
        endpoint.description,
        endpoint.format as _,
        endpoint.schedule as _,
        endpoint.timeout_s,
        endpoint.per_second,
        endpoint.is_enabled,
        endpoint.disabled_at,
        endpoint.disabled_because as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Deletes the endpoint with everything that was sent there. Jobs that still wait find nothing to do.
pub async fn delete_endpoint(tx: &mut TenantTx, id: EndpointId) -> sqlx::Result<bool> {
    let result = sqlx::query!(
        r#"
        with deliveries as (
            delete from webhook_deliveries where subscriber_id = $1 and endpoint_id = $2
        )
        delete from webhook_endpoints where subscriber_id = $1 and id = $2
        "#,
        tx.subscriber() as _,
        id as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The secrets that still sign, the newest first.
pub async fn list_secrets(
    tx: &mut TenantTx,
    endpoint: EndpointId,
) -> sqlx::Result<Vec<SealedSecret>> {
    let now = tx.now();
    sqlx::query_as!(
        SealedSecret,
        r#"
        select id, secret_sealed as sealed from webhook_secrets
         where subscriber_id = $1 and endpoint_id = $2 and (expires_at is null or expires_at > coalesce($3, now()))
         order by expires_at desc nulls first, id desc
        "#,
        tx.subscriber() as _,
        endpoint as _,
        now,
    )
    .fetch_all(tx.conn())
    .await
}

/// Adds the newest secret. Those before it sign until `expires_at` at most; those of them that are more than `most`
/// with the new one, or over already, go.
pub async fn insert_secret(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    secret: &SealedSecret,
    expires_at: DateTime<Utc>,
    most: i32,
) -> sqlx::Result<()> {
    let now = tx.now();
    let subscriber = tx.subscriber();
    // Two rotations at once: one after the other, so that there is one newest.
    sqlx::query!(
        "select id from webhook_endpoints where subscriber_id = $1 and id = $2 for update",
        subscriber as _,
        endpoint as _,
    )
    .fetch_one(tx.conn())
    .await?;
    sqlx::query!(
        r#"
        with kept as (
            select id from webhook_secrets
             where subscriber_id = $1 and endpoint_id = $2
               and (expires_at is null or expires_at > coalesce($4, now()))
             order by expires_at desc nulls first, id desc
             limit $5::int - 1
        ), gone as (
            delete from webhook_secrets
             where subscriber_id = $1 and endpoint_id = $2
               and (id not in (select id from kept) or $3 <= coalesce($4, now()))
        )
        update webhook_secrets set expires_at = least(expires_at, $3)
         where subscriber_id = $1 and endpoint_id = $2 and id in (select id from kept) and $3 > coalesce($4, now())
        "#,
        subscriber as _,
        endpoint as _,
        expires_at,
        now,
        most,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        r#"
        insert into webhook_secrets (subscriber_id, id, endpoint_id, secret_sealed, created_at)
        values ($1, $2, $3, $4, coalesce($5, now()))
        "#,
        subscriber as _,
        secret.id as Uuid,
        endpoint as _,
        secret.sealed,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
