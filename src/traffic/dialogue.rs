//! Where a conversation stands, kept for the brain that holds it; and the tools that it called.
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::model::Role;
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::InteractionId,
};

/// The state of a dialogue, opaque to us, and the provider's id of the conversation where it keeps one.
#[derive(Clone, Debug, Default)]
pub struct SavedDialogue {
    pub state: Value,
    pub provider_chat_id: Option<String>,
}

pub async fn find_dialogue(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<SavedDialogue> {
    let subscriber = tx.subscriber();
    let found = sqlx::query_as!(
        SavedDialogue,
        "select state, provider_chat_id from dialogue_states where subscriber_id = $1 and interaction_id = $2",
        subscriber as _,
        interaction as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.unwrap_or_default())
}

pub async fn save_dialogue(
    tx: &mut TenantTx,
    interaction: InteractionId,
    dialogue: &SavedDialogue,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into dialogue_states as d
             (subscriber_id, id, interaction_id, state, provider_chat_id, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         -- a brain that stands in for another does not know the other's chat, and must not end it
         on conflict (subscriber_id, interaction_id) do update
            set state = excluded.state, updated_at = excluded.updated_at,
                provider_chat_id = coalesce(excluded.provider_chat_id, d.provider_chat_id)",
        subscriber as _,
        Uuid::now_v7(),
        interaction as _,
        dialogue.state,
        dialogue.provider_chat_id,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives up the provider's chat: the next turn opens another one.
pub async fn drop_chat(tx: &mut TenantTx, interaction: InteractionId) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update dialogue_states set provider_chat_id = null where subscriber_id = $1 and interaction_id = $2",
        subscriber as _,
        interaction as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The last turns of a conversation, in their order.
pub async fn list_last_turns(
    tx: &mut TenantTx,
    interaction: InteractionId,
    most: i64,
) -> sqlx::Result<Vec<(Role, String)>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        r#"select role as "role: Role", text from interaction_messages
            where subscriber_id = $1 and interaction_id = $2
            order by created_at desc, position desc, id desc
            limit $3"#,
        subscriber as _,
        interaction as _,
        most,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .rev()
        .map(|row| (row.role, row.text))
        .collect())
}

/// How often a tool ended with this result in a conversation.
pub async fn count_tool_results(
    tx: &mut TenantTx,
    interaction: InteractionId,
    name: &str,
    result: &str,
) -> sqlx::Result<i64> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from tool_calls
            where subscriber_id = $1 and interaction_id = $2 and name = $3 and answer ->> 'result' = $4"#,
        subscriber as _,
        interaction as _,
        name,
        result,
    )
    .fetch_one(tx.conn())
    .await
}

/// How far a conversation is from where this question had its effect: what else took effect in it, and how often the
/// question came to nothing.
pub async fn count_changes_beside(
    tx: &mut TenantTx,
    interaction: InteractionId,
    question: &str,
    effects: &[String],
) -> sqlx::Result<i64> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from tool_calls
            where subscriber_id = $1 and interaction_id = $2
              and coalesce(answer ->> 'result' = any($4), false) <> starts_with(tool_call_id, $3)"#,
        subscriber as _,
        interaction as _,
        question,
        effects,
    )
    .fetch_one(tx.conn())
    .await
}

/// A tool call whose key was taken before.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierToolCall {
    /// Whether the same was asked: of the same tool, with the same arguments.
    pub is_same: bool,
    /// Null while it still runs.
    pub answer: Value,
}

/// Claims a tool call by its key. None: it is ours to run.
pub async fn record_tool_call(
    tx: &mut TenantTx,
    interaction: InteractionId,
    tool_call_id: &str,
    name: &str,
    arguments: &Value,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<EarlierToolCall>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"insert into tool_calls as t
               (subscriber_id, id, interaction_id, tool_call_id, name, arguments, created_at)
           values ($1, $2, $3, $4, $5, case when keeps_words($1) then $6::jsonb else '{}' end, $7)
           on conflict (subscriber_id, interaction_id, tool_call_id) do update set name = t.name
           returning (xmax = 0) as "is_new!", answer,
                     (t.name = $5 and t.arguments = case when keeps_words($1) then $6 else '{}' end) as "is_same!""#,
        subscriber as _,
        Uuid::now_v7(),
        interaction as _,
        tool_call_id,
        name,
        arguments,
        at,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((!row.is_new).then(|| EarlierToolCall {
        is_same: row.is_same,
        answer: row.answer.unwrap_or(Value::Null),
    }))
}

/// Keeps the answer, so that the same call gets it again.
pub async fn answer_tool_call(
    tx: &mut TenantTx,
    interaction: InteractionId,
    tool_call_id: &str,
    answer: &Value,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update tool_calls set answer = $4
          where subscriber_id = $1 and interaction_id = $2 and tool_call_id = $3",
        subscriber as _,
        interaction as _,
        tool_call_id,
        answer,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
