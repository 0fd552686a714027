//! Retell's agent calls a tool of ours, while a caller waits: always an answer, inside the deadline.
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::normalise::Parties;
use crate::{
    app::AppState,
    kernel::{db::TenantTx, ids::SubscriberId, language::Language},
    providers::retell::{Conversation, FunctionCall},
    receptionist::{
        Business, Medium,
        tools::{ToolAnswer, ToolCall, ToolName, ToolResult, answers, run},
    },
    tenancy::{self, Channel, business},
    traffic,
};

const DEADLINE: Duration = Duration::from_secs(8);

/// Runs the tool for the conversation that Retell names.
pub async fn call_tool(
    app: &AppState,
    subscriber: Option<SubscriberId>,
    call: &FunctionCall,
) -> ToolAnswer {
    let Some(subscriber) = subscriber else {
        return sorry("I cannot look that up right now.");
    };
    match tokio::time::timeout(DEADLINE, try_call(app, subscriber, call)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(provider = "retell", "tool {} failed: {error:#}", call.name);
            sorry("I cannot do that right now. I can take a message instead.")
        }
        Err(_) => {
            tracing::error!(provider = "retell", "tool {} was too slow", call.name);
            sorry("I cannot do that right now. I can take a message instead.")
        }
    }
}

fn sorry(message: &str) -> ToolAnswer {
    ToolAnswer::new(ToolResult::Unavailable, message)
}

async fn try_call(
    app: &AppState,
    subscriber: SubscriberId,
    call: &FunctionCall,
) -> anyhow::Result<ToolAnswer> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let Some(profile) = business::find_business(&mut tx, now).await? else {
        return Ok(sorry("I cannot look that up right now."));
    };
    let held = match call.conversation_id() {
        Some(id) => traffic::find_held(&mut tx, "RETELL", id).await?,
        None => None,
    };
    let line = tenancy::find_line(&mut tx, Channel::Voice).await?;
    tx.commit().await?;
    let language = line.map_or(Language::default(), |line| line.language);
    let business = Business::from_profile(&profile, &app.settings.billing_currency);
    let Ok(name) = call.name.parse() else {
        return Ok(ToolAnswer::new(
            ToolResult::Invalid,
            "There is no such tool.",
        ));
    };
    let tool_call = ToolCall {
        id: key_of(call),
        name,
        args: call.args.clone(),
    };
    let Some((interaction, contact, counterpart)) = held else {
        // A call whose start has not reached us yet: facts can be told, effects need their conversation.
        return Ok(match name {
            ToolName::GetBusinessInfo | ToolName::ListServices => {
                run::facts(&business, language, &tool_call, now)
            }
            _ => answers::unavailable(&business, language),
        });
    };
    let (channel, medium) = match &call.conversation {
        Conversation::Chat(_) => (Channel::Chat, Medium::Text),
        Conversation::Call(_) | Conversation::Unnamed => (Channel::Voice, Medium::Voice),
    };
    let caller = counterpart.or_else(|| match &call.conversation {
        Conversation::Call(call) => Parties::of(call).counterpart().cloned(),
        Conversation::Chat(_) | Conversation::Unnamed => None,
    });
    let errand = run::Errand {
        subscriber,
        interaction,
        contact,
        caller,
        channel,
        medium,
    };
    Ok(run::run(app, &errand, &business, language, &tool_call).await)
}

/// The same call again must get the same answer: Retell's id of it, else what is asked.
fn key_of(call: &FunctionCall) -> String {
    match call.tool_call_id() {
        Some(id) => id.to_owned(),
        None => {
            let asked = Sha256::digest(call.args.to_string().as_bytes());
            let asked: String = asked
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("{}:{asked}", call.name)
        }
    }
}
