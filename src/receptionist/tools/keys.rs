//! By which key a use of a tool is known in its conversation: the same use again gets the same answer and has no second
//! effect.
use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{ToolCall, ToolName, ToolResult};
use crate::{
    kernel::{db::TenantTx, ids::InteractionId, text::hex},
    traffic,
};

/// The key of a use that came without one: what is asked. It is the same use while nothing else was done since. What
/// only looks up is looked up anew.
pub async fn without_id(
    tx: &mut TenantTx,
    interaction: InteractionId,
    tool: ToolName,
    args: &Value,
) -> sqlx::Result<String> {
    let question = of_question(tool, args);
    if !tool.has_effect() {
        return Ok(format!("{question}{}", Uuid::now_v7()));
    }
    let effects = ToolResult::EFFECTS.map(name_of);
    let changes = traffic::count_changes_beside(tx, interaction, &question, &effects).await?;
    Ok(format!("{question}{changes}"))
}

/// Claims the call: its key, and the answer that it got before. An id that was another question's is not the key of this
/// one; some models count their calls anew in each answer.
pub(super) async fn claim(
    tx: &mut TenantTx,
    interaction: InteractionId,
    call: &ToolCall,
    now: DateTime<Utc>,
) -> sqlx::Result<(String, Option<Value>)> {
    let mut key = call.id.clone();
    let mut earlier = record(tx, interaction, &key, call, now).await?;
    if earlier.as_ref().is_some_and(|earlier| !earlier.is_same) {
        key = format!("{key}:{}", of_question(call.name, &call.args));
        earlier = record(tx, interaction, &key, call, now).await?;
    }
    Ok((key, earlier.map(|earlier| earlier.answer)))
}

async fn record(
    tx: &mut TenantTx,
    interaction: InteractionId,
    key: &str,
    call: &ToolCall,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<traffic::EarlierToolCall>> {
    let name = call.name.as_str();
    traffic::record_tool_call(tx, interaction, key, name, &call.args, now).await
}

fn of_question(tool: ToolName, args: &Value) -> String {
    let asked = Sha256::digest(args.to_string().as_bytes());
    format!("{}:{}:", tool.as_str(), hex(&asked[..16]))
}

/// As the answers that are kept write it.
fn name_of(result: ToolResult) -> String {
    let name = serde_json::to_value(result).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}
