//! Text conversations: one open one with a person, its turns, what still waits for an answer.
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::{
    model::{Direction, Error, HandledBy, Outcome, Role, Status},
    rules::{Contribution, Facts},
};
use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::{ContactId, InteractionId, MessageId, SubscriberId, UserId},
        language::Language,
        phone::E164,
    },
    tenancy::{AiProvider, ChannelMode, Transport},
};

/// A text as it came in.
#[derive(Clone, Debug)]
pub struct IncomingText<'a> {
    pub provider: &'static str,
    pub provider_message_id: &'a str,
    pub transport: Transport,
    pub ai_provider: AiProvider,
    pub mode: ChannelMode,
    /// What stands in `From`: a number, a short code, `anonymous`.
    pub from: &'a str,
    /// Whose conversation it belongs to; none when withheld, and then it is one of its own.
    pub counterpart: Option<&'a str>,
    pub to: &'a E164,
    pub contact: Option<ContactId>,
    pub body: &'a str,
    pub media: Option<Value>,
    /// Whether somebody should answer it.
    pub needs_answer: bool,
    pub day: NaiveDate,
    pub at: DateTime<Utc>,
    /// The subscriber's own account at the provider by which it came; None: the platform's.
    pub account_id: Option<&'a str>,
}

/// Where the text was put.
#[derive(Clone, Debug)]
pub struct ReceivedText {
    pub interaction: InteractionId,
    pub message: MessageId,
    /// The day whose sums it belongs to: that of the conversation's start.
    pub day: NaiveDate,
    pub change: Contribution,
}

/// Finds or makes the open conversation with this person and adds the text, in one statement.
///
/// # Errors
/// [`Error::Raced`] when the conversation was made by another text at this very moment: begin again.
pub async fn receive_text(
    tx: &mut TenantTx,
    text: &IncomingText<'_>,
) -> Result<ReceivedText, Error> {
    let (subscriber, message) = (tx.subscriber(), MessageId::new());
    let row = sqlx::query!(
        r#"
        with held as materialized (
            select id, day from interactions
             where subscriber_id = $1 and channel = 'SMS' and status = 'OPEN' and counterpart = $17
               for no key update
        ),
        touched as (
            update interactions i
               set last_message_at = greatest(i.last_message_at, $14), is_unread = true, updated_at = now()
              from held where i.subscriber_id = $1 and i.id = held.id
        ),
        made as (
            insert into interactions
                (subscriber_id, id, channel, direction, provider, external_id, transport_provider, ai_provider, mode,
                 from_number, to_number, counterpart, contact_id, day, started_at, last_message_at)
            select $1, $2, 'SMS', 'INBOUND', $3, $4, $5, $6, $15, $7, $8, $17, $9, $13, $14, $14
             where not exists (select from held)
            on conflict do nothing
            returning id, day
        ),
        one as (
            select id, day, false as is_new from held union all select id, day, true from made
        ),
        written as (
            insert into interaction_messages
                (subscriber_id, id, interaction_id, role, text, provider_message_id, media, needs_answer, created_at,
                 account_id)
            -- whose words are not kept are read only until they are answered
            select $1, $10, one.id, 'CALLER', case when $16 or keeps_words($1) then $11 else '' end, $4,
                   case when $16 or keeps_words($1) then $12::jsonb end, $16, $14, $18 from one
        )
        select id as "id!: InteractionId", day as "day!", is_new as "is_new!" from one
        "#,
        subscriber as _,
        InteractionId::new() as _,
        text.provider,
        text.provider_message_id,
        text.transport as _,
        text.ai_provider as _,
        text.from,
        text.to as _,
        text.contact as _,
        message as _,
        text.body,
        text.media,
        text.day,
        text.at,
        text.mode as _,
        text.needs_answer,
        text.counterpart,
        text.account_id,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(Error::Raced)?;
    let open = Contribution::of(&open_text(None));
    Ok(ReceivedText {
        interaction: row.id,
        message,
        day: row.day,
        change: if row.is_new {
            open
        } else {
            Contribution::default()
        },
    })
}

fn open_text(handled_by: Option<HandledBy>) -> Facts {
    Facts {
        is_voice: false,
        status: Status::Open,
        outcome: None,
        handled_by,
        duration_s: None,
    }
}

/// A conversation, as the one who answers sees it.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: InteractionId,
    pub direction: Direction,
    pub day: NaiveDate,
    pub counterpart: Option<E164>,
    pub our_number: Option<E164>,
    pub contact: Option<ContactId>,
    pub language: Option<Language>,
    pub contact_language: Option<Language>,
    pub contact_name: Option<String>,
    pub mode: ChannelMode,
    pub is_ai_paused: bool,
    pub assigned_user: Option<UserId>,
}

pub async fn find_conversation(
    tx: &mut TenantTx,
    id: InteractionId,
) -> sqlx::Result<Option<Conversation>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Conversation,
        r#"select i.id as "id: _", i.direction as "direction: _", i.day, i.counterpart as "counterpart: _",
                  case i.direction when 'INBOUND' then i.to_number else i.from_number end as "our_number: _",
                  i.contact_id as "contact: _", i.language as "language: _", c.language as "contact_language?: _",
                  nullif(concat_ws(' ', c.first_name, c.last_name), '') as contact_name,
                  i.mode as "mode: _", i.is_ai_paused, i.assigned_user_id as "assigned_user: _"
             from interactions i
             left join contacts c on c.subscriber_id = i.subscriber_id and c.id = i.contact_id
            where i.subscriber_id = $1 and i.id = $2"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// A turn that nobody has answered yet.
#[derive(Clone, Debug)]
pub struct WaitingText {
    pub id: MessageId,
    pub text: String,
    pub has_media: bool,
}

/// What waits for an answer, oldest first: texts that came while a reply was being written are answered together.
pub async fn list_waiting(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Vec<WaitingText>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        WaitingText,
        r#"select id as "id: _", text, media is not null as "has_media!"
             from interaction_messages
            where subscriber_id = $1 and interaction_id = $2 and needs_answer
            order by created_at, id
            limit 50"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// Says that these turns wait no longer: they are answered, or left to staff, to whom the conversation stays unread.
/// Words that are not kept end here.
/// False when somebody else answered one of them first.
pub async fn mark_answered(tx: &mut TenantTx, waiting: &[WaitingText]) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let ids: Vec<MessageId> = waiting.iter().map(|text| text.id).collect();
    let marked = sqlx::query!(
        "update interaction_messages
            set needs_answer = false, text = case when keeps_words($1) then text else '' end,
                media = case when keeps_words($1) then media end
          where subscriber_id = $1 and id = any($2) and needs_answer",
        subscriber as _,
        &ids as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(marked.rows_affected() == waiting.len() as u64)
}

/// Adds a turn of ours and says who handles the conversation, unless that was said before.
/// The change is what this adds to the day's sums.
pub async fn insert_turn(
    tx: &mut TenantTx,
    conversation: &Conversation,
    role: Role,
    text: &str,
    language: Language,
    at: DateTime<Utc>,
) -> sqlx::Result<(MessageId, Contribution)> {
    let (subscriber, id) = (tx.subscriber(), MessageId::new());
    let handled_by = match role {
        Role::Ai => Some(HandledBy::Ai),
        Role::Staff => Some(HandledBy::Human),
        Role::Caller | Role::System | Role::Tool => None,
    };
    let row = sqlx::query!(
        r#"
        with before as materialized (
            select id, handled_by from interactions where subscriber_id = $1 and id = $2
               for no key update
        ),
        touched as (
            update interactions i
               set handled_by = coalesce(i.handled_by, $6), language = $7, updated_at = now(),
                   last_message_at = greatest(i.last_message_at, $8)
              from before where i.subscriber_id = $1 and i.id = before.id
        ),
        written as (
            insert into interaction_messages (subscriber_id, id, interaction_id, role, text, created_at)
            select $1, $3, before.id, $4, case when keeps_words($1) then $5 else '' end, $8 from before
        )
        select handled_by as "handled_by: HandledBy" from before
        "#,
        subscriber as _,
        conversation.id as _,
        id as _,
        role as _,
        text,
        handled_by as _,
        language as _,
        at,
    )
    .fetch_one(tx.conn())
    .await?;
    let before = Contribution::of(&open_text(row.handled_by));
    let after = Contribution::of(&open_text(row.handled_by.or(handled_by)));
    Ok((id, after.since(Some(before))))
}

/// A subscriber with whom a person has written.
#[derive(Clone, Debug)]
pub struct Conversed {
    pub subscriber: SubscriberId,
    pub last_at: DateTime<Utc>,
    /// The person told this one to stop.
    pub is_opted_out: bool,
}

/// With whom the person has written on a number that several share, the latest first.
pub async fn list_conversed(
    tx: &mut SystemTx,
    number: &E164,
    person: &E164,
) -> sqlx::Result<Vec<Conversed>> {
    sqlx::query_as!(
        Conversed,
        r#"select subscriber_id as "subscriber: _", max(last_message_at) as "last_at!",
                  exists (select from opt_outs o where o.subscriber_id = i.subscriber_id and o.phone = $1
                             and o.ended_at is null) as "is_opted_out!"
             from interactions i
            where channel = 'SMS' and counterpart = $1 and (to_number = $2 or from_number = $2)
              and last_message_at is not null
            group by subscriber_id order by 2 desc limit 1000"#,
        person as _,
        number as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// What ending a silent conversation adds to its day's sums.
#[derive(Clone, Debug)]
pub struct ClosedText {
    pub subscriber: SubscriberId,
    pub day: NaiveDate,
    pub change: Contribution,
}

/// Ends the conversations in which nobody wrote for a while: the next text begins another one.
/// A conversation that waits for an answer stays open. The changes belong into the same transaction.
pub async fn close_idle_texts(
    tx: &mut impl Tx,
    idle_since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<ClosedText>> {
    let closed = sqlx::query!(
        r#"
        update interactions i
           set status = 'COMPLETED', ended_at = last_message_at, updated_at = now(),
               outcome_type = coalesce(i.outcome_type, case when handled_by is null then 'OTHER' else 'ANSWERED' end)
          from (select subscriber_id, id, outcome_type from interactions o
                 where channel = 'SMS' and status = 'OPEN' and last_message_at < $1
                   and not exists (select from interaction_messages m
                                    where m.subscriber_id = o.subscriber_id and m.interaction_id = o.id
                                      and m.needs_answer)
                 order by last_message_at limit $2 for no key update skip locked) as idle
         where i.subscriber_id = idle.subscriber_id and i.id = idle.id
        returning i.subscriber_id as "subscriber: SubscriberId", i.day, i.outcome_type as "outcome: Outcome",
                  idle.outcome_type as "before_outcome?: Outcome", i.handled_by as "handled_by: HandledBy"
        "#,
        idle_since,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(closed
        .into_iter()
        .map(|row| {
            let before = Facts {
                outcome: row.before_outcome,
                ..open_text(row.handled_by)
            };
            let after = Facts {
                status: Status::Completed,
                outcome: row.outcome,
                ..before
            };
            ClosedText {
                subscriber: row.subscriber,
                day: row.day,
                change: Contribution::of(&after).since(Some(Contribution::of(&before))),
            }
        })
        .collect())
}
