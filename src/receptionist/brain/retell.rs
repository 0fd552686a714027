//! Retell's chat agent. It keeps the history; we keep the id of the chat.
use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Map, Value, json};
use tokio::time::error::Elapsed;

use super::{Answer, Question};
use crate::{
    app::AppState,
    kernel::db::TenantTx,
    providers::retell::{AgentVersion, Client, Error},
    receptionist::{Heard, Reply},
    traffic::{self, SavedDialogue},
};

pub(super) async fn answer(
    app: &AppState,
    client: &Client,
    agent: &str,
    question: &Question<'_>,
) -> anyhow::Result<Answer> {
    let words = words(question);
    let kept = question.dialogue.provider_chat_id.clone();
    let mut chat = match kept {
        Some(chat) => chat,
        None => open_chat(app, client, agent, question).await?,
    };
    let completion = match client.create_chat_completion(&chat, &words).await {
        // Chats close after an hour of silence: open another one and say it once more, once.
        Err(Error::ChatClosed) => {
            chat = open_chat(app, client, agent, question).await?;
            client.create_chat_completion(&chat, &words).await
        }
        other => other,
    }
    .context("ask retell's chat agent")?;
    Ok(Answer {
        reply: Reply {
            text: completion
                .reply
                .context("retell's chat agent says nothing")?,
            language: question.turn.language,
            tool_calls: Vec::new(),
            hands_over: false,
            ends: false,
            gives_up: false,
        },
        dialogue: SavedDialogue {
            state: question.dialogue.state.clone(),
            provider_chat_id: Some(chat),
        },
    })
}

/// Opens a chat and keeps its id at once: a crash must not leave the person in a chat that nobody knows.
async fn open_chat(
    app: &AppState,
    client: &Client,
    agent: &str,
    question: &Question<'_>,
) -> anyhow::Result<String> {
    let errand = question.errand;
    let version = question
        .line
        .provider_agent_version
        .as_deref()
        .map(agent_version);
    let chat = client
        .create_chat(
            agent,
            version.as_ref(),
            &metadata(question),
            &variables(question),
        )
        .await
        .context("open a chat at retell")?;
    if !question.line.keeps_words {
        // Before the first word: an agent that would keep it gets none, and the built-in brain answers.
        let told = client.forget_chat(&chat).await;
        told.context("have retell keep nothing of the chat")?;
    }
    let dialogue = SavedDialogue {
        state: question.dialogue.state.clone(),
        provider_chat_id: Some(chat.clone()),
    };
    let mut tx = TenantTx::begin(&app.db, errand.subscriber).await?;
    traffic::save_dialogue(&mut tx, errand.interaction, &dialogue, app.clock.now()).await?;
    tx.commit().await?;
    Ok(chat)
}

/// Whether the agent may still be at the turn that we gave up: nobody said that it is over.
pub(super) fn may_go_on(error: &anyhow::Error) -> bool {
    error.is::<Elapsed>() || matches!(error.downcast_ref(), Some(Error::NoAnswer(_)))
}

/// Two brains must not act for one person: the tools of a chat that was given up are refused, and the next turn opens
/// another one.
pub(super) async fn give_up_chat(
    app: &AppState,
    question: &mut Question<'_>,
) -> anyhow::Result<()> {
    let errand = question.errand;
    let mut tx = TenantTx::begin(&app.db, errand.subscriber).await?;
    traffic::drop_chat(&mut tx, errand.interaction).await?;
    tx.commit().await?;
    question.dialogue.provider_chat_id = None;
    Ok(())
}

/// A pinned version is a number; anything else is a name such as `latest_published`.
pub fn agent_version(text: &str) -> AgentVersion {
    text.parse().map_or_else(
        |_| AgentVersion::Name(text.to_owned()),
        AgentVersion::Number,
    )
}

fn words(question: &Question<'_>) -> String {
    match &question.turn.heard {
        Heard::Text(text) if text.trim().is_empty() && question.turn.has_media => {
            "(the person sent a picture without words)".to_owned()
        }
        Heard::Text(text) | Heard::Digits(text) => text.clone(),
        Heard::Silence => String::new(),
    }
}

/// The only reliable key by which later events of a shared agent find their subscriber.
fn metadata(question: &Question<'_>) -> Map<String, Value> {
    let errand = question.errand;
    let pairs = [
        ("subscriber_id", errand.subscriber.to_string()),
        ("interaction_id", errand.interaction.to_string()),
        ("channel", "SMS".to_owned()),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

fn variables(question: &Question<'_>) -> BTreeMap<String, String> {
    let business = question.business;
    let local = question.turn.now.with_timezone(&business.zone);
    let texts = [
        ("business_name", Some(business.name.clone())),
        ("agent_tone", business.tone.clone()),
        ("schedule_summary", business.schedule_summary.clone()),
        ("transfer_number", business.transfer_number.clone()),
        ("language", Some(question.turn.language.code().to_owned())),
        (
            "current_time",
            Some(local.format("%A %Y-%m-%d %H:%M").to_string()),
        ),
        ("timezone", Some(business.zone.name().to_owned())),
        (
            "is_open",
            Some(business.is_open(question.turn.now).to_string()),
        ),
        (
            "intent",
            question
                .turn
                .intent
                .map(|intent| format!("{intent:?}").to_lowercase()),
        ),
    ];
    texts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.unwrap_or_default()))
        .collect()
}
