//! Retell's agent calls a tool of ours, while a caller waits: always an answer, inside the deadline.
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{chats::interaction_named, normalise::Parties};
use crate::{
    app::AppState,
    inbound::Proof,
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164, text::hex},
    providers::retell::{Conversation, FunctionCall},
    receptionist::{
        Business, Medium,
        tools::{ToolAnswer, ToolCall, ToolName, ToolResult, answers, run},
    },
    tenancy::{self, Channel, business},
    traffic,
    voice::resolve::{Owner, Signs, find_owner},
};

const DEADLINE: Duration = Duration::from_secs(8);

/// Runs the tool for the conversation that Retell names.
pub async fn call_tool(app: &AppState, call: &FunctionCall, proof: Proof) -> ToolAnswer {
    match tokio::time::timeout(DEADLINE, try_call(app, call, proof)).await {
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

/// The answer to a call that cannot be read.
pub fn not_understood() -> ToolAnswer {
    ToolAnswer::new(
        ToolResult::Invalid,
        "I could not look that up. I can take a message instead.",
    )
}

fn sorry(message: &str) -> ToolAnswer {
    ToolAnswer::new(ToolResult::Unavailable, message)
}

async fn try_call(app: &AppState, call: &FunctionCall, proof: Proof) -> anyhow::Result<ToolAnswer> {
    let now = app.clock.now();
    let Some(subscriber) = owner_of(app, call, proof).await? else {
        return Ok(sorry("I cannot look that up right now."));
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let Some(profile) = business::find_business(&mut tx, now).await? else {
        return Ok(sorry("I cannot look that up right now."));
    };
    let held = match call.conversation_id() {
        Some(id) => {
            let named = call.metadata().and_then(interaction_named);
            traffic::find_held(&mut tx, named, "RETELL", id).await?
        }
        None => None,
    };
    let channel = held.as_ref().map_or(Channel::Voice, |held| held.channel);
    let line = tenancy::find_line(&mut tx, channel).await?;
    tx.commit().await?;
    let spoken = held.as_ref().and_then(|held| held.language);
    let language = spoken
        .or(line.map(|line| line.language))
        .unwrap_or_default();
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
    // A call whose start has not reached us yet, or a chat in whose stead the built-in brain has answered: facts can
    // be told, effects need their conversation.
    let Some(held) = held.filter(|held| held.is_current) else {
        return Ok(match name {
            ToolName::GetBusinessInfo | ToolName::ListServices => {
                run::facts(&business, language, &tool_call, now)
            }
            _ => answers::unavailable(&business, language),
        });
    };
    let errand = run::Errand {
        subscriber,
        interaction: held.id,
        contact: held.contact,
        caller: held.counterpart.or_else(|| caller_of(call)),
        channel: held.channel,
        medium: match held.channel {
            Channel::Voice => Medium::Voice,
            _ => Medium::Text,
        },
    };
    Ok(run::run(app, &errand, &business, language, &tool_call).await)
}

async fn owner_of(
    app: &AppState,
    call: &FunctionCall,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    let parties = parties_of(call);
    let signs = Signs {
        proof,
        hint: call.subscriber_hint(),
        number: parties.as_ref().and_then(Parties::ours),
        agent: call.agent_id(),
    };
    Ok(match find_owner(app, &signs).await? {
        Owner::Subscriber(subscriber) => Some(subscriber),
        Owner::SharedDefault(default) => default,
        Owner::Nobody => None,
    })
}

fn parties_of(call: &FunctionCall) -> Option<Parties> {
    match &call.conversation {
        Conversation::Call(call) => Some(Parties::of(call)),
        Conversation::Chat(_) | Conversation::Unnamed => None,
    }
}

fn caller_of(call: &FunctionCall) -> Option<E164> {
    parties_of(call)?.counterpart().cloned()
}

/// The same call again must get the same answer: Retell's id of it, else what is asked.
fn key_of(call: &FunctionCall) -> String {
    match call.tool_call_id() {
        Some(id) => id.to_owned(),
        None => {
            let asked = Sha256::digest(call.args.to_string().as_bytes());
            format!("{}:{}", call.name, hex(&asked[..16]))
        }
    }
}
