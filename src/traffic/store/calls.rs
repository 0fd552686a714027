//! Turns of a call that we hold ourselves, as they are spoken.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{InteractionId, MessageId},
        language::Language,
    },
    traffic::{Role, SavedDialogue},
};

/// What was said in one turn, and where the dialogue stands after it.
#[derive(Clone, Debug)]
pub struct Spoken<'a> {
    pub interaction: InteractionId,
    /// The place of the first of them in the conversation.
    pub position: i32,
    pub turns: &'a [(Role, &'a str)],
    pub language: Language,
    pub dialogue: Option<&'a SavedDialogue>,
    pub at: DateTime<Utc>,
}

/// Writes the turn, in one statement. Of a subscriber that handles health data no words are kept.
pub async fn save_spoken(tx: &mut TenantTx, spoken: &Spoken<'_>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let ids: Vec<Uuid> = spoken.turns.iter().map(|_| MessageId::new().0).collect();
    let roles: Vec<Role> = spoken.turns.iter().map(|(role, _)| *role).collect();
    let texts: Vec<String> = spoken
        .turns
        .iter()
        .map(|(_, text)| (*text).to_owned())
        .collect();
    sqlx::query!(
        "with held as (
             update interactions
                set last_message_at = greatest(last_message_at, $7), language = $6, updated_at = now()
              where subscriber_id = $1 and id = $2 and words_cleared_at is null
             returning id
         ),
         turns as (
             insert into interaction_messages (subscriber_id, id, interaction_id, role, text, position, created_at)
             select $1, turn.id, held.id, turn.role, turn.text, $8 + turn.place, $7
               from held, unnest($3::uuid[], $4::text[], $5::text[]) with ordinality as turn (id, role, text, place)
              where keeps_words($1)
             on conflict (subscriber_id, interaction_id, position) do nothing
         )
         insert into dialogue_states as d (subscriber_id, id, interaction_id, state, provider_chat_id, updated_at)
         select $1, $9, held.id, $10::jsonb, $11, $7 from held where $10::jsonb is not null
         on conflict (subscriber_id, interaction_id) do update
            set state = excluded.state, updated_at = excluded.updated_at,
                provider_chat_id = coalesce(excluded.provider_chat_id, d.provider_chat_id)",
        subscriber as _,
        spoken.interaction as _,
        &ids,
        &roles as _,
        &texts,
        spoken.language as _,
        spoken.at,
        i64::from(spoken.position) - 1,
        Uuid::now_v7(),
        spoken.dialogue.map(|dialogue| &dialogue.state),
        spoken.dialogue.and_then(|dialogue| dialogue.provider_chat_id.as_deref()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the tools of a conversation came to: the names of their results.
pub async fn list_results(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Vec<String>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select distinct answer->>'result' as "result!" from tool_calls
            where subscriber_id = $1 and interaction_id = $2 and answer->>'result' is not null limit 50"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_all(tx.conn())
    .await
}
