//! The statements on `calendar_connections` and `calendar_event_types`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::SubscriberId,
    },
    scheduling::calcom::model::{Connection, EventTypeChoice},
};

pub async fn find(tx: &mut TenantTx) -> sqlx::Result<Option<Connection>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Connection,
        r#"select id, state as "state: _", calcom_user_id, username, email, access_token_sealed, refresh_token_sealed,
                  expires_at, webhook_id, webhook_secret_sealed, event_type_id, event_type_title, event_type_minutes,
                  polled_until, connected_at
             from calendar_connections where subscriber_id = $1 and provider = 'CALCOM'"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Whether a calendar is connected.
pub async fn is_active(tx: &mut TenantTx) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from calendar_connections
                           where subscriber_id = $1 and provider = 'CALCOM' and state = 'ACTIVE') as "is!""#,
        subscriber as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// The connection, kept from others until the transaction ends: news of one calendar are followed one after the other.
pub async fn lock(tx: &mut TenantTx) -> sqlx::Result<Option<Connection>> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from calendar_connections where subscriber_id = $1 and provider = 'CALCOM' for no key update",
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    find(tx).await
}

/// A pair of tokens, sealed.
#[derive(Clone, Debug)]
pub struct SealedTokens {
    pub access: String,
    pub refresh: String,
    pub expires_at: DateTime<Utc>,
}

/// Whose calendar it is.
#[derive(Clone, Debug)]
pub struct Person {
    pub user_id: i64,
    pub username: Option<String>,
    pub email: Option<String>,
}

/// Connects, or connects again. Another person's calendar starts anew: no event types, no webhook, no poll.
pub async fn connect(
    tx: &mut TenantTx,
    id: Uuid,
    person: &Person,
    tokens: &SealedTokens,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into calendar_connections as c
             (subscriber_id, id, provider, state, calcom_user_id, username, email, access_token_sealed,
              refresh_token_sealed, expires_at, refreshed_at, connected_at, updated_at)
         values ($1, $2, 'CALCOM', 'ACTIVE', $3, $4, $5, $6, $7, $8, $9, $9, $9)
         on conflict (subscriber_id, provider) do update
            set state = 'ACTIVE', calcom_user_id = $3, username = $4, email = $5, access_token_sealed = $6,
                refresh_token_sealed = $7, expires_at = $8, refreshed_at = $9, connected_at = $9, updated_at = $9,
                webhook_id = case when c.calcom_user_id = $3 then c.webhook_id end,
                event_type_id = case when c.calcom_user_id = $3 then c.event_type_id end,
                event_type_title = case when c.calcom_user_id = $3 then c.event_type_title end,
                event_type_minutes = case when c.calcom_user_id = $3 then c.event_type_minutes end,
                event_type_lengths = case when c.calcom_user_id = $3 then c.event_type_lengths else '{}' end,
                polled_until = case when c.calcom_user_id = $3 then c.polled_until end",
        subscriber as _,
        id,
        person.user_id,
        person.username,
        person.email,
        tokens.access,
        tokens.refresh,
        tokens.expires_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes the next pair in the place of the one that was given for it. False: the row has another by now.
pub async fn set_tokens(
    tx: &mut TenantTx,
    spent_refresh: &str,
    tokens: &SealedTokens,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let written = sqlx::query!(
        "update calendar_connections
            set access_token_sealed = $3, refresh_token_sealed = $4, expires_at = $5, refreshed_at = $6, updated_at = $6
          where subscriber_id = $1 and provider = 'CALCOM' and refresh_token_sealed = $2",
        subscriber as _,
        spent_refresh,
        tokens.access,
        tokens.refresh,
        tokens.expires_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// The access token is refused before its time: whoever comes next takes another.
pub async fn expire_token(
    tx: &mut TenantTx,
    refused_access: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections set expires_at = $3
          where subscriber_id = $1 and provider = 'CALCOM' and access_token_sealed = $2",
        subscriber as _,
        refused_access,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The permission is gone, unless there is a newer one. Says whether it was news.
pub async fn set_reconnect(
    tx: &mut TenantTx,
    dead_refresh: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let set = sqlx::query!(
        "update calendar_connections set state = 'RECONNECT', updated_at = $3
          where subscriber_id = $1 and provider = 'CALCOM' and state = 'ACTIVE' and refresh_token_sealed = $2",
        subscriber as _,
        dead_refresh,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Nothing is asked of it any more. The tokens stay until what we made there is taken away.
pub async fn set_disconnected(tx: &mut TenantTx, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections set state = 'DISCONNECTED', updated_at = $2
          where subscriber_id = $1 and provider = 'CALCOM'",
        subscriber as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "delete from calendar_slots where subscriber_id = $1",
        subscriber as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets the tokens and the webhook of a connection that is not connected again.
pub async fn forget_secrets(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections
            set access_token_sealed = null, refresh_token_sealed = null, expires_at = null, webhook_id = null,
                webhook_secret_sealed = null
          where subscriber_id = $1 and provider = 'CALCOM' and state = 'DISCONNECTED'",
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The secret, before the webhook is made: what comes with it is believed from then on.
pub async fn set_webhook_secret(tx: &mut TenantTx, sealed: &str) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections set webhook_secret_sealed = $2
          where subscriber_id = $1 and provider = 'CALCOM'",
        subscriber as _,
        sealed,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn set_webhook_id(tx: &mut TenantTx, id: &str) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections set webhook_id = $2
          where subscriber_id = $1 and provider = 'CALCOM' and state = 'ACTIVE'",
        subscriber as _,
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How far the bookings are known.
pub async fn set_polled(tx: &mut TenantTx, until: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections set polled_until = greatest(polled_until, $2)
          where subscriber_id = $1 and provider = 'CALCOM'",
        subscriber as _,
        until,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is booked where a service names nothing else; None: nothing.
pub async fn set_default_event_type(
    tx: &mut TenantTx,
    choice: Option<&EventTypeChoice>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update calendar_connections
            set event_type_id = $2, event_type_title = $3, event_type_minutes = $4, event_type_lengths = $5,
                updated_at = $6
          where subscriber_id = $1 and provider = 'CALCOM'",
        subscriber as _,
        choice.map(|choice| choice.id),
        choice.and_then(|choice| choice.title.as_deref()),
        choice.and_then(|choice| choice.minutes),
        choice.map_or(&[][..], |choice| &choice.lengths),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is booked for a service.
pub async fn set_event_type_of(
    tx: &mut TenantTx,
    service: Uuid,
    choice: &EventTypeChoice,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into calendar_event_types
             (subscriber_id, id, service_id, event_type_id, event_type_title, event_type_minutes, event_type_lengths,
              updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (subscriber_id, service_id) do update
            set event_type_id = $4, event_type_title = $5, event_type_minutes = $6, event_type_lengths = $7,
                updated_at = $8",
        subscriber as _,
        Uuid::now_v7(),
        service,
        choice.id,
        choice.title,
        choice.minutes,
        &choice.lengths,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The service is booked as what names nothing else.
pub async fn clear_event_type_of(tx: &mut TenantTx, service: Uuid) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "delete from calendar_event_types where subscriber_id = $1 and service_id = $2",
        subscriber as _,
        service,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Nothing that was chosen in another person's calendar means anything.
pub async fn clear_event_types(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "delete from calendar_event_types where subscriber_id = $1",
        subscriber as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which services are booked as which event type.
pub async fn list_event_types(tx: &mut TenantTx) -> sqlx::Result<Vec<(Uuid, i64)>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        "select service_id, event_type_id from calendar_event_types where subscriber_id = $1
          order by service_id limit 500",
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.service_id, row.event_type_id))
        .collect())
}

/// The event type of a service, or the one where none is named, of a calendar that is connected.
pub async fn find_event_type(
    tx: &mut TenantTx,
    service: Option<Uuid>,
) -> sqlx::Result<Option<EventTypeChoice>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        EventTypeChoice,
        r#"select e.id as "id!", e.title, e.minutes, e.lengths as "lengths!"
             from calendar_connections c
             left join calendar_event_types t on t.subscriber_id = c.subscriber_id and t.service_id = $2
             cross join lateral (
                  select t.event_type_id, t.event_type_title, t.event_type_minutes, t.event_type_lengths
                   where t.id is not null
                  union all
                  select c.event_type_id, c.event_type_title, c.event_type_minutes, c.event_type_lengths
                   where t.id is null and c.event_type_id is not null
             ) as e (id, title, minutes, lengths)
            where c.subscriber_id = $1 and c.provider = 'CALCOM' and c.state = 'ACTIVE'"#,
        subscriber as _,
        service,
    )
    .fetch_optional(tx.conn())
    .await
}

/// What was chosen is by now called so and so long: wherever it was chosen.
pub async fn renew_event_type(
    tx: &mut TenantTx,
    choice: &EventTypeChoice,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "with services as (
             update calendar_event_types
                set event_type_title = $3, event_type_minutes = $4, event_type_lengths = $5, updated_at = $6
              where subscriber_id = $1 and event_type_id = $2
         )
         update calendar_connections
            set event_type_title = $3, event_type_minutes = $4, event_type_lengths = $5, updated_at = $6
          where subscriber_id = $1 and provider = 'CALCOM' and event_type_id = $2",
        subscriber as _,
        choice.id,
        choice.title,
        choice.minutes,
        &choice.lengths,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A connection of somebody's.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    pub subscriber: SubscriberId,
    pub id: Uuid,
}

/// Whose calendar it is, by what Cal.com says of the host. An id decides; else a name or an address that is one
/// connection's alone.
pub async fn find_host(
    tx: &mut SystemTx,
    user_id: Option<i64>,
    username: Option<&str>,
    email: Option<&str>,
) -> sqlx::Result<Option<Named>> {
    let mut found = sqlx::query_as!(
        Named,
        r#"select subscriber_id as "subscriber: _", id from calendar_connections
            where state <> 'DISCONNECTED' and
                  case when $1::bigint is not null then calcom_user_id = $1
                       else username = $2 or lower(email) = lower($3) end
            limit 2"#,
        user_id,
        username,
        email,
    )
    .fetch_all(tx.conn())
    .await?;
    let only = found.pop();
    Ok(only.filter(|_| found.is_empty()))
}

/// Whether this business has a calendar that is not given up.
pub async fn is_connected(tx: &mut SystemTx, subscriber: SubscriberId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from calendar_connections
                           where subscriber_id = $1 and state <> 'DISCONNECTED') as "is!""#,
        subscriber as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// Every calendar that is connected.
pub async fn list_active(tx: &mut SystemTx) -> sqlx::Result<Vec<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select subscriber_id as "subscriber: SubscriberId" from calendar_connections
            where state = 'ACTIVE' order by subscriber_id"#,
    )
    .fetch_all(tx.conn())
    .await
}

/// Those whose tokens nobody has used for a while.
pub async fn list_idle(
    tx: &mut SystemTx,
    refreshed_before: DateTime<Utc>,
) -> sqlx::Result<Vec<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select subscriber_id as "subscriber: SubscriberId" from calendar_connections
            where state = 'ACTIVE' and refreshed_at < $1 order by subscriber_id"#,
        refreshed_before,
    )
    .fetch_all(tx.conn())
    .await
}
