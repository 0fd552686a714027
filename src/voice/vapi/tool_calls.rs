//! Vapi's assistant calls tools of ours, while a caller waits: always 200, an answer for each, inside the deadline.
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    normalise::{self, Parties},
    webhooks::owner_of,
};
use crate::{
    app::AppState,
    inbound::VapiBody,
    providers::vapi::{
        ServerMessage,
        answer::{ToolOutcome, tool_answers},
    },
    tenancy::Line,
    voice::desk::{self, Desk, Named},
};

/// Of each tool, and of all together: Vapi waits for twenty seconds.
const DEADLINE: Duration = Duration::from_secs(8);
const ALL: Duration = Duration::from_secs(16);

/// Runs the tools for the call that Vapi names, one after the other as the assistant wanted them.
pub async fn call_tools(app: &AppState, message: &ServerMessage, body: &VapiBody) -> Value {
    let begun = Instant::now();
    let opening = open(app, message, body);
    let desk = match tokio::time::timeout(DEADLINE, opening).await {
        Ok(Ok(desk)) => desk,
        Ok(Err(error)) => {
            tracing::error!(provider = "vapi", "tools cannot be run: {error:#}");
            None
        }
        Err(_) => {
            tracing::error!(provider = "vapi", "tools cannot be run: too slow");
            None
        }
    };
    let mut outcomes = Vec::with_capacity(message.tools.len());
    for tool in &message.tools {
        let left = ALL.saturating_sub(begun.elapsed());
        let answer = match &desk {
            Some(desk) => {
                let asked = desk.run(app, tool.id.clone(), &tool.name, tool.arguments.clone());
                desk::in_time("vapi", DEADLINE.min(left), &tool.name, asked).await
            }
            None => desk::sorry(),
        };
        outcomes.push(ToolOutcome {
            tool_call_id: tool.id.clone().unwrap_or_default(),
            name: tool.name.clone(),
            result: answer.to_line(),
        });
    }
    tool_answers(&outcomes)
}

async fn open(
    app: &AppState,
    message: &ServerMessage,
    body: &VapiBody,
) -> anyhow::Result<Option<Desk>> {
    let Some(subscriber) = owner_of(app, message, body.connected, body.proof).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    let named = Named {
        provider: "VAPI",
        proof: body.proof,
        id: message.call_id(),
        interaction: None,
        caller: Parties::of(message).counterpart().cloned(),
    };
    let begin = |line: &Line| normalise::beginning(message, line, now);
    Desk::open(app, subscriber, named, Some(&begin)).await
}
