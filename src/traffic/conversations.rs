//! A call or a chat that a provider holds, its turns and its recordings: everything that one event tells, in one
//! statement.
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::{
    model::{Direction, Error, HandledBy, Outcome, Role, Status},
    rules::{Contribution, Facts},
};
use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{ContactId, InteractionId, MessageId},
        language::Language,
        phone::E164,
    },
    tenancy::{AiProvider, Channel, ChannelMode, Transport},
};

/// Why a call ended of which nobody told us the end.
pub const CLOSED_WITHOUT_END: &str = "closed_without_end";

/// A call that costs more than this, or less than nothing, is a mistake of its provider's.
const MOST_CENTS: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// What one event of a provider tells of a conversation. What it does not tell is null and changes nothing.
#[derive(Clone, Debug)]
pub struct ConversationUpdate {
    pub channel: Channel,
    pub provider: &'static str,
    pub external_id: String,
    pub provider_agent_id: Option<String>,
    pub direction: Direction,
    pub transport: Transport,
    pub ai_provider: AiProvider,
    pub mode: ChannelMode,
    pub from: Option<E164>,
    pub to: Option<E164>,
    pub counterpart: Option<E164>,
    pub contact: Option<ContactId>,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub handled_by: Option<HandledBy>,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub duration_s: Option<i32>,
    pub cost_cents: Option<Decimal>,
    pub summary: Option<String>,
    pub sentiment: Option<String>,
    pub disconnection_reason: Option<String>,
    pub transfer_destination: Option<String>,
    pub analysis: Option<Value>,
    pub turns: Vec<NewTurn>,
    pub recordings: Vec<NewRecording>,
}

impl ConversationUpdate {
    /// Only what happened, and nothing of what was said: of a subscriber that handles health data.
    pub fn forget_words(&mut self) {
        self.turns.clear();
        self.recordings.clear();
        self.summary = None;
        self.sentiment = None;
        self.analysis = None;
    }
}

/// A turn, at its place in the provider's transcript.
#[derive(Clone, Debug)]
pub struct NewTurn {
    pub role: Role,
    pub text: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct NewRecording {
    pub kind: &'static str,
    pub url: String,
}

/// The conversation as it stands now, and how its day's sums change.
#[derive(Clone, Debug)]
pub struct SavedConversation {
    pub id: InteractionId,
    pub is_new: bool,
    pub day: NaiveDate,
    pub status: Status,
    pub was_open: bool,
    /// Whether something had been found out about it before.
    pub was_analyzed: bool,
    pub outcome: Option<Outcome>,
    pub outcome_before: Option<Outcome>,
    pub handled_by: Option<HandledBy>,
    pub started_at: DateTime<Utc>,
    pub duration_s: Option<i32>,
    pub cost_cents: Option<Decimal>,
    pub change: Contribution,
}

/// Merges the event into the conversation: forward only, field by field.
///
/// # Errors
/// [`Error::Raced`] when another event of the same new conversation was written between this statement's look and its
/// write; the change of the sums would be wrong, so the transaction begins again. [`Error::Cleared`] when its words were
/// taken away: the transaction must not be committed, or they would be back.
pub async fn save_conversation(
    tx: &mut TenantTx,
    update: &ConversationUpdate,
) -> Result<SavedConversation, Error> {
    let subscriber = tx.subscriber();
    let turn_ids: Vec<Uuid> = update.turns.iter().map(|_| MessageId::new().0).collect();
    let roles: Vec<Role> = update.turns.iter().map(|turn| turn.role).collect();
    let texts: Vec<String> = update.turns.iter().map(|turn| turn.text.clone()).collect();
    let times: Vec<DateTime<Utc>> = update.turns.iter().map(|turn| turn.at).collect();
    let recording_ids: Vec<Uuid> = update.recordings.iter().map(|_| Uuid::now_v7()).collect();
    let recording_kinds: Vec<String> = update
        .recordings
        .iter()
        .map(|recording| recording.kind.to_owned())
        .collect();
    let recording_urls: Vec<String> = update
        .recordings
        .iter()
        .map(|recording| recording.url.clone())
        .collect();
    let row = sqlx::query_file!(
        "src/traffic/save_conversation.sql",
        subscriber as _,
        InteractionId::new() as _,
        update.provider,
        update.external_id,
        update.provider_agent_id,
        update.direction as _,
        update.transport as _,
        update.ai_provider as _,
        update.mode as _,
        update.from as _,
        update.to as _,
        update.counterpart as _,
        update.contact as _,
        update.status as _,
        update.outcome as _,
        update.handled_by as _,
        update.day,
        update.started_at,
        update.ended_at,
        update.duration_s,
        update.cost_cents.filter(is_plausible),
        update.summary,
        update.sentiment,
        update.disconnection_reason,
        update.transfer_destination,
        update.analysis,
        &Outcome::BY_RANK as _,
        &turn_ids,
        &roles as _,
        &texts,
        &times,
        &recording_ids,
        &recording_kinds,
        &recording_urls,
        update.channel as _,
        CLOSED_WITHOUT_END,
    )
    .fetch_one(tx.conn())
    .await?;
    if !row.is_new && row.before_status.is_none() {
        return Err(Error::Raced);
    }
    if row.is_cleared {
        return Err(Error::Cleared);
    }
    let is_voice = update.channel == Channel::Voice;
    let after = Facts {
        is_voice,
        status: row.status,
        outcome: row.outcome,
        handled_by: row.handled_by,
        duration_s: row.duration_s,
    };
    let before = row.before_status.map(|status| {
        Contribution::of(&Facts {
            is_voice,
            status,
            outcome: row.before_outcome,
            handled_by: row.before_handled_by,
            duration_s: row.before_duration_s,
        })
    });
    Ok(SavedConversation {
        id: row.id,
        is_new: row.is_new,
        day: row.day,
        status: row.status,
        was_open: row
            .before_status
            .is_none_or(|status| status == Status::Open),
        was_analyzed: row.was_analyzed,
        outcome: row.outcome,
        outcome_before: row.before_outcome,
        handled_by: row.handled_by,
        started_at: row.started_at,
        duration_s: row.duration_s,
        cost_cents: row.cost_cents,
        change: Contribution::of(&after).since(before),
    })
}

fn is_plausible(cents: &Decimal) -> bool {
    (Decimal::ZERO..=MOST_CENTS).contains(cents)
}

/// The mode in which a conversation began.
pub async fn find_mode(
    tx: &mut TenantTx,
    provider: &str,
    external_id: &str,
) -> sqlx::Result<Option<ChannelMode>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select mode as "mode: ChannelMode" from interactions
            where subscriber_id = $1 and provider = $2 and external_id = $3"#,
        subscriber as _,
        provider,
        external_id,
    )
    .fetch_optional(tx.conn())
    .await
}

/// A conversation in which a provider's agent speaks, and with whom.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: InteractionId,
    pub channel: Channel,
    pub contact: Option<ContactId>,
    pub counterpart: Option<E164>,
    pub language: Option<Language>,
    /// Not so of a chat that we gave up for another one: its agent may still be at it.
    pub is_current: bool,
}

/// The conversation that the provider was told to name, else the one that the provider holds itself.
pub async fn find_held(
    tx: &mut TenantTx,
    named: Option<InteractionId>,
    provider: &str,
    external_id: &str,
) -> sqlx::Result<Option<Held>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Held,
        r#"select i.id as "id: _", i.channel as "channel: _", i.contact_id as "contact: _",
                  i.counterpart as "counterpart: _", i.language as "language: _",
                  coalesce(i.external_id = $4 or d.provider_chat_id = $4, false) as "is_current!"
             from interactions i
             left join dialogue_states d on d.subscriber_id = i.subscriber_id and d.interaction_id = i.id
            where i.subscriber_id = $1 and (i.id = $2 or (i.provider = $3 and i.external_id = $4))
            order by i.id is not distinct from $2 desc
            limit 1"#,
        subscriber as _,
        named as _,
        provider,
        external_id,
    )
    .fetch_optional(tx.conn())
    .await
}

/// What a provider found out about a conversation that we hold ourselves and for which it only thought.
pub async fn tell_analysis(
    tx: &mut TenantTx,
    interaction: InteractionId,
    summary: Option<&str>,
    sentiment: Option<&str>,
    cost_cents: Option<Decimal>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let told = sqlx::query!(
        "update interactions
            set summary = coalesce($3, summary), sentiment = coalesce($4, sentiment),
                provider_cost_cents = greatest(provider_cost_cents, $5), updated_at = now(),
                provider_cost_currency = case when $5::numeric is null then provider_cost_currency else 'USD' end
          where subscriber_id = $1 and id = $2 and words_cleared_at is null",
        subscriber as _,
        interaction as _,
        summary,
        sentiment,
        cost_cents.filter(is_plausible),
    )
    .execute(tx.conn())
    .await?;
    Ok(told.rows_affected() == 1)
}

/// Whether the words of the conversation were taken away.
pub async fn is_cleared(tx: &mut TenantTx, interaction: InteractionId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from interactions where subscriber_id = $1 and id = $2
                             and words_cleared_at is not null) as "is_so!""#,
        subscriber as _,
        interaction as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// What a provider keeps of a conversation. At some the sound goes with the call, at others it is a thing of its own.
#[derive(Clone, Copy, Debug)]
pub enum AtProvider<'a> {
    Call(&'a str),
    Recording(&'a str),
}

/// Orders that the provider deletes it at this time: `safety` has it done.
pub async fn order_deletion(
    tx: &mut TenantTx,
    provider: &str,
    thing: AtProvider<'_>,
    due_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (kind, external_id) = match thing {
        AtProvider::Call(id) => ("CALL", id),
        AtProvider::Recording(id) => ("RECORDING", id),
    };
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into provider_deletions (subscriber_id, id, provider, kind, external_id, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (subscriber_id, provider, kind, external_id) do nothing",
        subscriber as _,
        Uuid::now_v7(),
        provider,
        kind,
        external_id,
        due_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
