//! An assistant wants to put its caller through, and asks to whom.
use std::time::Duration;

use serde_json::{Value, json};

use super::{
    normalise::{self, Parties},
    webhooks::owner_of,
    words,
};
use crate::{
    app::AppState,
    inbound::VapiBody,
    kernel::{db::TenantTx, language::Language, text::sha256_hex},
    providers::vapi::{ServerMessage, answer::TransferAnswer},
    receptionist::{
        say::{Phrase, say},
        tools::{ToolName, ToolResult},
    },
    tenancy,
    voice::{
        desk::{Desk, Named},
        through::{Ends, transfer_number},
    },
};

const DEADLINE: Duration = Duration::from_secs(5);

/// To whom. Whatever is broken here, the assistant is told words.
pub async fn transfer_destination(
    app: &AppState,
    message: &ServerMessage,
    body: &VapiBody,
) -> (Value, &'static str) {
    let answered = tokio::time::timeout(DEADLINE, answer(app, message, body)).await;
    let trouble = || TransferAnswer::Error(words::trouble(Language::default()).to_owned());
    let (answer, outcome) = match answered {
        Ok(Ok(answer)) => (answer, "done"),
        Ok(Err(error)) => {
            tracing::error!(
                provider = "vapi",
                "a caller cannot be put through: {error:#}"
            );
            (trouble(), "fallback")
        }
        Err(_) => {
            tracing::error!(
                provider = "vapi",
                "a caller cannot be put through: too slow"
            );
            (trouble(), "fallback")
        }
    };
    (answer.to_json(), outcome)
}

async fn answer(
    app: &AppState,
    message: &ServerMessage,
    body: &VapiBody,
) -> anyhow::Result<TransferAnswer> {
    let nobody = |language| TransferAnswer::Error(say(language, Phrase::NoOneToTransferTo));
    let owner = owner_of(app, message, body.connected, body.proof).await?;
    let Some(subscriber) = owner else {
        return Ok(nobody(Language::default()));
    };
    let parties = Parties::of(message);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let voice = tenancy::find_voice_line(&mut tx, parties.counterpart()).await?;
    tx.end_reading();
    let Some(voice) = voice else {
        return Ok(nobody(Language::default()));
    };
    let language = voice.line.language;
    let ends = Ends {
        caller: parties.counterpart(),
        ours: parties.ours(),
        through: None,
    };
    let to = transfer_number(&voice, &ends);
    let Some(to) = to.cloned() else {
        return Ok(nobody(language));
    };
    // The tool is the one place that knows what else a hand-over means.
    let now = app.clock.now();
    let named = Named {
        provider: "VAPI",
        proof: body.proof,
        id: message.call_id(),
        interaction: None,
        caller: parties.counterpart().cloned(),
    };
    let begin = |line: &tenancy::Line| normalise::beginning(message, line, now);
    let desk = Desk::open(app, subscriber, named, Some(&begin)).await?;
    let Some(desk) = desk else {
        return Ok(nobody(language));
    };
    let id = sha256_hex(&body.body);
    let name = ToolName::TransferCall.as_str();
    let told = desk.run(app, Some(id), name, json!({})).await?;
    Ok(match told.result {
        ToolResult::Transferring | ToolResult::Ok => TransferAnswer::To {
            number: to.to_string(),
            message: told.message,
        },
        _ => TransferAnswer::Error(told.message),
    })
}
