//! What the classes of retention clear, and what was chosen and counted. Batches, with rows that somebody holds left
//! for the next one.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::db::{SystemTx, TenantTx, Tx};

/// What the business chose, by class.
pub async fn list_settings(tx: &mut TenantTx) -> sqlx::Result<BTreeMap<String, i32>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        "select data_class, days from retention_settings where subscriber_id = $1",
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.data_class, row.days))
        .collect())
}

pub async fn replace_settings(
    tx: &mut TenantTx,
    chosen: &BTreeMap<String, i32>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let classes: Vec<String> = chosen.keys().cloned().collect();
    let days: Vec<i32> = chosen.values().copied().collect();
    sqlx::query!(
        "delete from retention_settings where subscriber_id = $1 and data_class <> all ($2::text[])",
        subscriber as _,
        &classes,
    )
    .execute(tx.conn())
    .await?;
    let ids: Vec<Uuid> = chosen.keys().map(|_| Uuid::now_v7()).collect();
    sqlx::query!(
        "insert into retention_settings (subscriber_id, id, data_class, days, updated_at)
         select $1, id, class, days, $5 from unnest($2::uuid[], $3::text[], $4::int[]) as chosen (id, class, days)
         on conflict (subscriber_id, data_class) do update set days = excluded.days, updated_at = excluded.updated_at",
        subscriber as _,
        &ids,
        &classes,
        &days,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn add_count(
    tx: &mut SystemTx,
    due_at: DateTime<Utc>,
    class: &str,
    cleared: u64,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into retention_runs as r (due_at, data_class, cleared, updated_at) values ($1, $2, $3, $4)
         on conflict (due_at, data_class) do update
            set cleared = r.cleared + excluded.cleared, updated_at = excluded.updated_at",
        due_at,
        class,
        cleared.cast_signed(),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn list_counts(
    tx: &mut SystemTx,
    due_at: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        "select data_class, cleared from retention_runs where due_at = $1 order by data_class",
        due_at,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.data_class, row.cleared))
        .collect())
}

pub async fn delete_raw_webhooks(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from inbound_events
          where subscriber_id = $1 and (provider, external_id) in
                (select provider, external_id from inbound_events
                  where subscriber_id = $1 and received_at < $2
                  order by received_at limit $3 for update skip locked)",
        subscriber as _,
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}

/// Those that belong to nobody here.
pub async fn delete_unrouted_webhooks(
    tx: &mut SystemTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "delete from inbound_events
          where subscriber_id is null and (provider, external_id) in
                (select provider, external_id from inbound_events
                  where subscriber_id is null and received_at < $1
                  order by received_at limit $2 for update skip locked)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}

/// The rows go, and the sound is ordered to be deleted where it is.
pub async fn delete_recordings(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query_scalar!(
        r#"with gone as (
               delete from recordings
                where subscriber_id = $1 and id in
                      (select id from recordings where subscriber_id = $1 and created_at < $2
                        order by created_at limit $3 for update skip locked)
               returning interaction_id, provider, provider_url
           ), ordered as (
               insert into provider_deletions (subscriber_id, id, provider, kind, external_id, due_at, created_at)
               select distinct on (provider, kind, external_id) $1, gen_random_uuid(), provider, kind, external_id,
                      coalesce($4, now()), coalesce($4, now())
                 from (select gone.provider,
                              case gone.provider when 'TWILIO' then 'RECORDING' else 'CALL' end as kind,
                              case gone.provider when 'TWILIO' then substring(gone.provider_url from 'RE[0-9a-f]{32}')
                                   else i.external_id end as external_id
                         from gone
                         join interactions i on i.subscriber_id = $1 and i.id = gone.interaction_id) as things
                where provider in ('RETELL', 'TWILIO', 'VAPI') and external_id is not null
               on conflict (subscriber_id, provider, kind, external_id) do nothing
           )
           select count(*) as "count!" from gone"#,
        subscriber as _,
        before,
        limit,
        tx.now(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(deleted.unsigned_abs())
}

/// Conversations stay, with when, how long and how they ended; what was said and what was made of it goes.
pub async fn clear_transcripts(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let cleared: Vec<Uuid> = sqlx::query_scalar!(
        "update interactions set words_cleared_at = coalesce($4, now()), summary = null, sentiment = null, analysis = null
          where subscriber_id = $1 and id in
                (select id from interactions
                  where subscriber_id = $1 and words_cleared_at is null and started_at < $2 and status <> 'OPEN'
                  order by started_at limit $3 for update skip locked)
         returning id",
        subscriber as _,
        before,
        limit,
        tx.now(),
    )
    .fetch_all(tx.conn())
    .await?;
    if cleared.is_empty() {
        return Ok(0);
    }
    sqlx::query!(
        "with turns as (
             update interaction_messages set text = '', media = null, needs_answer = false
              where subscriber_id = $1 and interaction_id = any ($2)
         ), texts as (
             update outgoing_messages set body = '' where subscriber_id = $1 and interaction_id = any ($2)
         ), tools as (
             delete from tool_calls where subscriber_id = $1 and interaction_id = any ($2)
         ), plans as (
             update twilio_calls set plan = null where subscriber_id = $1 and interaction_id = any ($2)
         )
         delete from dialogue_states where subscriber_id = $1 and interaction_id = any ($2)",
        subscriber as _,
        &cleared,
    )
    .execute(tx.conn())
    .await?;
    Ok(cleared.len() as u64)
}

/// Visits of long ago stay, with when and what was booked; who came and what was said of it goes.
pub async fn blank_appointments(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let blanked = sqlx::query!(
        "update appointments
            set customer_name = null, customer_phone = null, customer_email = null, purpose = null, notes = null
          where subscriber_id = $1 and id in
                (select id from appointments
                  where subscriber_id = $1 and starts_at < $2
                    and num_nonnulls(customer_name, customer_phone, customer_email, purpose, notes) > 0
                  order by starts_at limit $3 for no key update skip locked)",
        subscriber as _,
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(blanked.rows_affected())
}

pub async fn delete_events(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    // Ids are in the order of time, and the key is by id: the oldest are found at once.
    let deleted = sqlx::query!(
        "delete from events
          where subscriber_id = $1 and id in
                (select id from (select id, occurred_at from events where subscriber_id = $1 order by id limit 10 * $3::bigint) oldest
                  where occurred_at < $2 limit $3)",
        subscriber as _,
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}

/// The content goes; that there was an export stays.
pub async fn expire_exports(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let expired: Vec<Uuid> = sqlx::query_scalar!(
        "update exports set state = 'EXPIRED'
          where subscriber_id = $1 and id in
                (select id from exports where subscriber_id = $1 and state <> 'EXPIRED' and requested_at < $2
                  limit $3 for update skip locked)
         returning id",
        subscriber as _,
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    sqlx::query!(
        "delete from export_parts where subscriber_id = $1 and export_id = any ($2)",
        subscriber as _,
        &expired,
    )
    .execute(tx.conn())
    .await?;
    Ok(expired.len() as u64)
}

pub async fn delete_error_logs(
    tx: &mut SystemTx,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "delete from error_logs
          where id in (select id from error_logs where last_seen_at < $1
                        order by last_seen_at limit $2 for update skip locked)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}
