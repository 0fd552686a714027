//! What one conversation holds.
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::InteractionId,
    },
    traffic::model::Role,
};

/// The longest conversation that is shown whole; of a longer one the newest turns.
const MOST_TURNS: i64 = 1000;

/// A turn.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TurnView {
    pub id: Uuid,
    pub role: Role,
    pub text: String,
    /// How a text of ours fares; `RECEIVED` for one that came in; null where nothing is carried.
    pub status: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A tool that the receptionist used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ToolCallView {
    pub id: Uuid,
    pub tool_call_id: String,
    pub name: String,
    pub arguments: Value,
    /// Null while it runs.
    pub answer: Option<Value>,
    pub created_at: DateTime<Utc>,
}

/// What staff wrote for each other.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoteView {
    pub id: Uuid,
    /// Null when a tool of the business wrote it.
    pub user_id: Option<Uuid>,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

/// The turns in their order.
pub async fn list_turns(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Vec<TurnView>> {
    let subscriber = tx.subscriber();
    let mut turns = sqlx::query_as!(
        TurnView,
        r#"select m.id, m.role as "role: _", m.text,
                  coalesce((select o.status from outgoing_messages o
                             where o.subscriber_id = $1 and o.message_id = m.id
                             order by o.created_at desc, o.id desc limit 1),
                           case when m.provider_message_id is not null then 'RECEIVED' end) as status, m.created_at
             from interaction_messages m
            where m.subscriber_id = $1 and m.interaction_id = $2
            order by m.created_at desc, m.position desc, m.id desc
            limit $3"#,
        subscriber as _,
        interaction as _,
        MOST_TURNS,
    )
    .fetch_all(tx.conn())
    .await?;
    turns.reverse();
    Ok(turns)
}

pub async fn list_tool_calls(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Vec<ToolCallView>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        ToolCallView,
        "select id, tool_call_id, name, arguments, answer, created_at
           from tool_calls
          where subscriber_id = $1 and interaction_id = $2
          order by created_at, id
          limit 200",
        subscriber as _,
        interaction as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// The notes stand in the black box, which nobody changes.
pub async fn list_notes(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Vec<NoteView>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        NoteView,
        r#"select id, (detail->>'user_id')::uuid as user_id, coalesce(detail->>'text', '') as "text!",
                  at as created_at
             from black_box_events
            where subscriber_id = $1 and interaction_id = $2 and source = 'STAFF' and kind = 'note'
            order by at, id
            limit 200"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_all(tx.conn())
    .await
}
