//! The statements on `erasures` and `provider_deletions`, and those that gather what is a person's.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::personal::Person;
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{ContactId, UserId},
    page::Cursor,
    text::text_enum,
};

text_enum! {
    /// How far an erasure has come: it waits, it is done here and not yet at the providers, it is done.
    ErasureState { Wanted, AtProviders, Done }
}

text_enum! {
    Provider { Retell, Twilio, Vapi }
}

text_enum! {
    /// What a provider is to delete. Retell's call takes its recordings and transcript along; of a chat it forgets what
    /// was said.
    Thing { Call, Chat, Message, Recording }
}

/// The receipt.
#[derive(Clone, Debug)]
pub struct Erasure {
    pub id: Uuid,
    pub contact_id: Option<Uuid>,
    pub state: ErasureState,
    pub counts: Value,
    pub requested_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub pending: i64,
    pub done: i64,
    pub given_up: i64,
}

/// Wants a contact erased, or the whole business. None: there is no such contact.
pub async fn insert(
    tx: &mut TenantTx,
    contact: Option<ContactId>,
    by: Option<UserId>,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "insert into erasures (subscriber_id, id, contact_id, requested_by, state, requested_at)
         select $1, $2, (select coalesce(merged_into, id) from contacts where subscriber_id = $1 and id = $3), $4,
                'WANTED', $5
          where $3::uuid is null or exists (select from contacts where subscriber_id = $1 and id = $3)
         returning id",
        subscriber as _,
        Uuid::now_v7(),
        contact as _,
        by as _,
        at,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The newest first; with `only`, that one.
pub async fn list(
    tx: &mut TenantTx,
    only: Option<Uuid>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Erasure>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Erasure,
        r#"select e.id, e.contact_id, e.state as "state: ErasureState", e.counts, e.requested_at, e.completed_at,
                  count(*) filter (where d.state = 'PENDING') as "pending!",
                  count(*) filter (where d.state = 'DONE') as "done!",
                  count(*) filter (where d.state = 'GIVEN_UP') as "given_up!"
             from erasures e
             left join provider_deletions d on d.subscriber_id = e.subscriber_id and d.erasure_id = e.id
            where e.subscriber_id = $1 and ($2::uuid is null or e.id = $2)
              and ($3::uuid is null or e.id < $3)
            group by e.subscriber_id, e.id
            order by e.id desc limit $4"#,
        subscriber as _,
        only,
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Holds an erasure that is still to be done; none when it is done already.
pub async fn lock_wanted(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<Option<ContactId>>> {
    let subscriber = tx.subscriber();
    let found = sqlx::query!(
        // Merged meanwhile: then it is the other row that is the person.
        r#"select coalesce((select c.merged_into from contacts c
                             where c.subscriber_id = $1 and c.id = e.contact_id), e.contact_id) as "contact: ContactId"
             from erasures e
            where e.subscriber_id = $1 and e.id = $2 and e.state = 'WANTED' for update"#,
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|row| row.contact))
}

/// Whether somebody speaks with the person right now, or a text is on its way: the end of it would come back.
pub async fn is_busy(
    tx: &mut TenantTx,
    contact: ContactId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from interactions
                           where subscriber_id = $1 and contact_id = $2 and channel = 'VOICE' and status = 'OPEN'
                             and started_at > $3::timestamptz - interval '4 hours')
               or exists (select from outgoing_messages
                           where subscriber_id = $1 and contact_id = $2 and status = 'SENDING'
                             and sending_at > $3::timestamptz - interval '1 hour') as "is_so!""#,
        subscriber as _,
        contact as _,
        now,
    )
    .fetch_one(tx.conn())
    .await
}

/// The person, with the row locked: what is said to or by them waits until the transaction ends.
pub async fn find_person(tx: &mut TenantTx, contact: ContactId) -> sqlx::Result<Option<Person>> {
    let subscriber = tx.subscriber();
    // The numbers that were merged into it first, as everybody locks them.
    let merged = sqlx::query!(
        "select id, phone, email from contacts where subscriber_id = $1 and merged_into = $2 order by id for update",
        subscriber as _,
        contact as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let Some(own) = sqlx::query!(
        "select phone, email from contacts where subscriber_id = $1 and id = $2 for update",
        subscriber as _,
        contact as _,
    )
    .fetch_optional(tx.conn())
    .await?
    else {
        return Ok(None);
    };
    let mut phones: Vec<String> = own.phone.into_iter().collect();
    phones.extend(merged.iter().filter_map(|row| row.phone.clone()));
    let mut contacts = vec![contact.0];
    contacts.extend(merged.iter().map(|row| row.id));
    let interactions = sqlx::query!(
        "select id, external_id from interactions
          where subscriber_id = $1 and (contact_id = any ($2) or (contact_id is null and counterpart = any ($3)))",
        subscriber as _,
        &contacts,
        &phones,
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = interactions.iter().map(|row| row.id).collect();
    let messages: Vec<String> = sqlx::query_scalar!(
        r#"select provider_message_id as "id!" from interaction_messages
            where subscriber_id = $1 and interaction_id = any ($2) and provider_message_id is not null
           union
           select provider_message_id from outgoing_messages
            where subscriber_id = $1 and interaction_id = any ($2) and provider_message_id is not null"#,
        subscriber as _,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut traces: Vec<String> = contacts.iter().map(Uuid::to_string).collect();
    traces.extend(phones.iter().cloned());
    traces.extend(own.email);
    traces.extend(merged.into_iter().filter_map(|row| row.email));
    traces.extend(ids.iter().map(Uuid::to_string));
    traces.extend(interactions.into_iter().filter_map(|row| row.external_id));
    traces.extend(messages);
    Ok(Some(Person {
        contact,
        interactions: ids,
        phones,
        traces,
    }))
}

/// Where a walk through the webhooks of a business stands.
#[derive(Clone, Debug)]
pub struct Place {
    pub received_at: DateTime<Utc>,
    pub external_id: String,
}

/// Empties the bodies of the next webhooks in which one of the traces stands; says how many, and where it stopped.
pub async fn blank_bodies(
    tx: &mut TenantTx,
    traces: &[Vec<u8>],
    after: Option<&Place>,
    limit: i64,
) -> sqlx::Result<(u64, Option<Place>)> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"with page as (
               select provider, external_id, received_at from inbound_events
                where subscriber_id = $1
                  and ($2::timestamptz is null or (received_at, external_id) > ($2, $3))
                order by received_at, external_id limit $4
           ), blanked as (
               update inbound_events e set raw_body = ''
                 from page
                where e.subscriber_id = $1 and e.provider = page.provider and e.external_id = page.external_id
                  and e.raw_body <> ''
                  and exists (select from unnest($5::bytea[]) as trace where position(trace in e.raw_body) > 0)
               returning 1
           ), last as (
               select received_at, external_id from page order by received_at desc, external_id desc limit 1
           )
           select (select count(*) from blanked) as "count!", (select received_at from last) as received_at,
                  (select external_id from last) as external_id"#,
        subscriber as _,
        after.map(|place| place.received_at),
        after.map(|place| place.external_id.as_str()),
        limit,
        traces,
    )
    .fetch_one(tx.conn())
    .await?;
    let place = match (row.received_at, row.external_id) {
        (Some(received_at), Some(external_id)) => Some(Place {
            received_at,
            external_id,
        }),
        _ => None,
    };
    Ok((row.count.unsigned_abs(), place))
}

/// What the registry cannot say: nothing more is sent or answered, nothing is written to these conversations again.
pub async fn close_conversations(
    tx: &mut TenantTx,
    contact: Option<ContactId>,
    interactions: Option<&[Uuid]>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "with conversations as (
             update interactions set words_cleared_at = $4
              where subscriber_id = $1 and ($3::uuid[] is null or id = any ($3))
         ), turns as (
             update interaction_messages set needs_answer = false
              where subscriber_id = $1 and needs_answer and ($3::uuid[] is null or interaction_id = any ($3))
         ), contacts as (
             update contacts set status = 'ARCHIVED', updated_at = $4
              where subscriber_id = $1 and ($2::uuid is null or id = $2)
         )
         update outgoing_messages set status = 'SUPPRESSED', reason = 'ERASED', updated_at = $4
          where subscriber_id = $1 and status = 'QUEUED' and ($3::uuid[] is null or interaction_id = any ($3))",
        subscriber as _,
        contact as _,
        interactions,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Exports that may hold the person are of no more use.
pub async fn expire_exports(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update exports set state = 'EXPIRED' where subscriber_id = $1 and state in ('WANTED', 'READY')",
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Orders of the providers what they hold of these conversations, or of all of the business. What was ordered before is
/// taken along.
pub async fn insert_deletions(
    tx: &mut TenantTx,
    erasure: Uuid,
    interactions: Option<&[Uuid]>,
    at: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let ordered = sqlx::query!(
        "insert into provider_deletions as d
             (subscriber_id, id, erasure_id, provider, kind, external_id, due_at, created_at)
         select distinct on (provider, kind, external_id) $1, gen_random_uuid(), $2, provider, kind, external_id, $4, $4
           from (select provider, case channel when 'VOICE' then 'CALL' else 'CHAT' end as kind, external_id
                   from interactions
                  where subscriber_id = $1 and ($3::uuid[] is null or id = any ($3))
                    and (channel = 'VOICE' or provider = 'RETELL')
                 union all
                 select 'RETELL', 'CHAT', provider_chat_id from dialogue_states
                  where subscriber_id = $1 and ($3::uuid[] is null or interaction_id = any ($3))
                 union all
                 select 'TWILIO', 'MESSAGE', provider_message_id from interaction_messages
                  where subscriber_id = $1 and ($3::uuid[] is null or interaction_id = any ($3))
                    and provider_message_id ~ '^(SM|MM)'
                 union all
                 select 'TWILIO', 'MESSAGE', provider_message_id from outgoing_messages
                  where subscriber_id = $1 and ($3::uuid[] is null or interaction_id = any ($3))
                    and not is_sandbox and provider_message_id ~ '^(SM|MM)'
                 union all
                 select 'TWILIO', 'RECORDING', substring(provider_url from 'RE[0-9a-f]{32}') from recordings
                  where subscriber_id = $1 and ($3::uuid[] is null or interaction_id = any ($3))
                    and provider = 'TWILIO') as things
          where provider in ('RETELL', 'TWILIO', 'VAPI') and external_id is not null
         on conflict (subscriber_id, provider, kind, external_id) do update set erasure_id = excluded.erasure_id
          where d.erasure_id is null",
        subscriber as _,
        erasure,
        interactions,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(ordered.rows_affected())
}

/// The erasure is done here; where no provider holds anything, it is done.
pub async fn finish_here(
    tx: &mut TenantTx,
    id: Uuid,
    counts: &BTreeMap<String, u64>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let counts = serde_json::to_value(counts).unwrap_or_default();
    sqlx::query!(
        "update erasures set state = 'AT_PROVIDERS', counts = $3 where subscriber_id = $1 and id = $2",
        subscriber as _,
        id,
        counts,
    )
    .execute(tx.conn())
    .await?;
    finish_at_providers(tx, at).await
}

/// Erasures of which no provider holds anything any more, or of which we gave up the rest, are done.
pub async fn finish_at_providers(tx: &mut TenantTx, at: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update erasures e set state = 'DONE', completed_at = $2
          where subscriber_id = $1 and state = 'AT_PROVIDERS'
            and not exists (select from provider_deletions d
                             where d.subscriber_id = $1 and d.erasure_id = e.id and d.state = 'PENDING')",
        subscriber as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Something that a provider is to delete.
#[derive(Clone, Debug)]
pub struct Deletion {
    pub id: Uuid,
    pub kind: Thing,
    pub external_id: String,
    pub attempts: i32,
}

/// What is due at a provider.
pub async fn list_due(
    tx: &mut TenantTx,
    provider: Provider,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Deletion>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Deletion,
        r#"select id, kind as "kind: Thing", external_id, attempts from provider_deletions
            where subscriber_id = $1 and provider = $2 and state = 'PENDING' and due_at <= $3
            order by due_at, id limit $4"#,
        subscriber as _,
        provider as _,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The providers of which something is still wanted, and when next.
pub async fn list_waiting(tx: &mut TenantTx) -> sqlx::Result<Vec<(Provider, DateTime<Utc>)>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        r#"select provider as "provider: Provider", min(due_at) as "due_at!" from provider_deletions
            where subscriber_id = $1 and state = 'PENDING' group by provider"#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.provider, row.due_at))
        .collect())
}

/// What became of an attempt: the next one is due then, or there is none. What is gone is not named any more.
pub async fn tell_attempt(
    tx: &mut TenantTx,
    id: Uuid,
    state: &str,
    due_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update provider_deletions
            set attempts = attempts + 1, state = $3, due_at = $4,
                external_id = case when $3 = 'DONE' then id::text else external_id end, ended_at = case when $3 <> 'PENDING' then $5::timestamptz end
          where subscriber_id = $1 and id = $2 and state = 'PENDING'",
        subscriber as _,
        id,
        state,
        due_at,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The business is closed, and can be found by nothing from outside any more. Its numbers are nobody's.
pub async fn close_business(tx: &mut TenantTx, at: DateTime<Utc>) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let released = sqlx::query!(
        "with business as (update subscribers set status = 'CLOSED', updated_at = $2 where id = $1),
              names as (delete from directory where subscriber_id = $1),
              channels as (update subscriber_channels set is_enabled = false, updated_at = $2 where subscriber_id = $1)
         update phone_numbers set state = 'RELEASED', updated_at = $2 where subscriber_id = $1 and state = 'ACTIVE'",
        subscriber as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(released.rows_affected())
}

/// The slug of the business.
pub async fn find_slug(tx: &mut TenantTx) -> sqlx::Result<Option<String>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "select slug from subscribers where id = $1",
        subscriber as _
    )
    .fetch_optional(tx.conn())
    .await
}
