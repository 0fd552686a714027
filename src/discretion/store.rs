//! The statements that empty what is kept of words, a batch at a time. Each tells how many rows it found.
use uuid::Uuid;

use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::SubscriberId,
    },
    tenancy::privacy::NOT_KEPT,
};

/// How many rows one statement takes.
pub const BATCH: usize = 200;

/// A text that a provider still has.
pub struct TextAtProvider {
    pub message_sid: Option<String>,
    pub account_id: Option<String>,
    pub has_media: bool,
}

/// A conversation that Retell still has.
pub struct ConversationAtRetell {
    pub id: Uuid,
    pub external_id: Option<String>,
    pub is_call: bool,
    pub agent: Option<String>,
    /// The subscriber's own secret told us of it.
    pub is_own: bool,
}

/// Turns that wait for no answer.
pub async fn empty_turns(tx: &mut TenantTx) -> sqlx::Result<Vec<TextAtProvider>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        TextAtProvider,
        r#"with found as (
               select m.id, m.media is not null as has_media
                 from interaction_messages m
                where m.subscriber_id = $1 and not m.needs_answer and (m.text <> '' or m.media is not null)
                limit $2 for update)
           update interaction_messages m set text = '', media = null
             from found, interactions i
            where m.subscriber_id = $1 and m.id = found.id and i.subscriber_id = $1 and i.id = m.interaction_id
           returning case when i.provider = 'TWILIO' then m.provider_message_id end as message_sid,
                     m.account_id, found.has_media as "has_media!""#,
        subscriber as _,
        BATCH as i64,
    )
    .fetch_all(tx.conn())
    .await
}

/// Texts of ours that are not on their way.
pub async fn empty_outgoing(tx: &mut TenantTx) -> sqlx::Result<Vec<TextAtProvider>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        TextAtProvider,
        r#"update outgoing_messages set body = '', updated_at = now()
            where subscriber_id = $1 and id in (
                  select id from outgoing_messages
                   where subscriber_id = $1 and body <> '' and status not in ('QUEUED', 'SENDING')
                     and (status in ('SUPPRESSED', 'FAILED') or sent_at is not null)
                   limit $2 for update)
           returning case when not is_sandbox then provider_message_id end as message_sid, account_id,
                     false as "has_media!""#,
        subscriber as _,
        BATCH as i64,
    )
    .fetch_all(tx.conn())
    .await
}

/// Summaries and analyses.
pub async fn empty_interactions(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "update interactions set summary = null, sentiment = null, analysis = null, updated_at = now()
          where subscriber_id = $1 and id in (
                select id from interactions
                 where subscriber_id = $1 and num_nonnulls(summary, sentiment, analysis) > 0
                 limit $2 for no key update)",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// The links to recordings; the sound goes with its call at the provider.
pub async fn delete_recordings(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from recordings where subscriber_id = $1 and id in (
                select id from recordings where subscriber_id = $1 limit $2 for update)",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}

/// What tools were asked, and what they answered in conversations that are over.
pub async fn empty_tool_calls(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "with found as (
             select t.id, i.status <> 'OPEN' as is_over
               from tool_calls t
               join interactions i on i.subscriber_id = t.subscriber_id and i.id = t.interaction_id
              where t.subscriber_id = $1
                and (t.arguments <> '{}' or (t.answer is not null and i.status <> 'OPEN'))
              limit $2 for update of t)
         update tool_calls t set arguments = '{}', answer = case when found.is_over then null else t.answer end
           from found where t.subscriber_id = $1 and t.id = found.id",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// Where dialogues stood that are over.
pub async fn empty_dialogues(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "update dialogue_states set state = '{}'
          where subscriber_id = $1 and id in (
                select d.id from dialogue_states d
                  join interactions i on i.subscriber_id = d.subscriber_id and i.id = d.interaction_id
                 where d.subscriber_id = $1 and d.state <> '{}' and i.status <> 'OPEN'
                 limit $2 for update of d)",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// What was last said in calls that are over.
pub async fn empty_plans(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "update twilio_calls set plan = null
          where subscriber_id = $1 and id in (
                select c.id from twilio_calls c
                  join interactions i on i.subscriber_id = c.subscriber_id and i.id = c.interaction_id
                 where c.subscriber_id = $1 and c.plan is not null and i.status <> 'OPEN'
                 limit $2 for update of c)",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// What leads say was asked for.
pub async fn empty_leads(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "update leads set summary = $2
          where subscriber_id = $1 and id in (
                select id from leads where subscriber_id = $1 and summary <> $2 limit $3 for update)",
        subscriber as _,
        NOT_KEPT,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// What somebody asked and nobody could answer.
pub async fn delete_gaps(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from knowledge_gaps
          where subscriber_id = $1 and id in (
                select id from knowledge_gaps where subscriber_id = $1 limit $2 for update)",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}

/// What appointments say of a visit; who comes and when is needed for it.
pub async fn empty_appointments(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "update appointments set purpose = null, notes = null
          where subscriber_id = $1 and id in (
                select id from appointments
                 where subscriber_id = $1 and num_nonnulls(purpose, notes) > 0
                 limit $2 for no key update)",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// The members of events that hold words; the facts stay.
pub async fn empty_events(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        r#"with found as (
               select id, data
                      || case when data ? 'transcript'
                              then '{"transcript": null, "summary": null, "sentiment": null}' else '{}' end::jsonb
                      || case when data ? 'text' then '{"text": ""}' else '{}' end::jsonb
                      || case when type = 'handoff.requested' then '{"reason": null}' else '{}' end::jsonb
                      || case when type = 'lead.created' then jsonb_build_object('summary', $2::text)
                              else '{}' end::jsonb as wordless
                 from events
                where subscriber_id = $1
                  and (num_nonnulls(data ->> 'transcript', data ->> 'sentiment') > 0
                       or coalesce(data ->> 'text', '') <> ''
                       or (type like 'call.%' and data ->> 'summary' is not null)
                       or (type = 'lead.created' and data ->> 'summary' <> $2)
                       or (type = 'handoff.requested' and data ->> 'reason' is not null))
                limit $3 for update)
           update events e set data = found.wordless from found where e.subscriber_id = $1 and e.id = found.id"#,
        subscriber as _,
        NOT_KEPT,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// What providers posted and has taken effect.
pub async fn empty_inbound(tx: &mut TenantTx) -> sqlx::Result<u64> {
    let subscriber = tx.subscriber();
    let emptied = sqlx::query!(
        "update inbound_events set raw_body = ''
          where (provider, external_id) in (
                select provider, external_id from inbound_events
                 where subscriber_id = $1 and state = 'DONE' and raw_body <> '' limit $2 for update)
            and subscriber_id = $1",
        subscriber as _,
        BATCH as i64,
    )
    .execute(tx.conn())
    .await?;
    Ok(emptied.rows_affected())
}

/// The conversations that Retell held, in the order of their ids.
pub async fn list_at_retell(
    tx: &mut TenantTx,
    after: Uuid,
) -> sqlx::Result<Vec<ConversationAtRetell>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        ConversationAtRetell,
        r#"select id, external_id, channel = 'VOICE' as "is_call!", provider_agent_id as agent,
                  exists (select from inbound_events e, unnest(array['call_started', 'call_ended', 'call_analyzed',
                                                                     'chat_started', 'chat_ended', 'chat_analyzed'])
                            as news (name)
                           where e.provider = 'RETELL' and e.proved_by = $1
                             and e.external_id = 'own:' || $1 || ':' || news.name || ':' || interactions.external_id)
                      as "is_own!"
             from interactions
            where subscriber_id = $1 and provider = 'RETELL' and status <> 'OPEN' and id > $2
            order by id limit $3"#,
        subscriber as _,
        after,
        BATCH as i64,
    )
    .fetch_all(tx.conn())
    .await
}

/// The subscribers that handle health data.
pub async fn list_discreet(
    tx: &mut SystemTx,
    after: SubscriberId,
) -> sqlx::Result<Vec<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select id as "id: SubscriberId" from subscribers
            where handles_health_data and id > $1 order by id limit $2"#,
        after as _,
        BATCH as i64,
    )
    .fetch_all(tx.conn())
    .await
}
