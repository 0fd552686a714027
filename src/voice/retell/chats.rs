//! News of a chat at Retell: of one that we hold ourselves (texts, the widget) only what Retell found out about it;
//! any other becomes an interaction of its own.
use serde_json::{Map, Value, json};

use crate::{
    billing::{self, Totals, rules},
    inbound::{self, Claim, EventKey, Received},
    kernel::{
        db::{Db, TenantTx},
        ids::{InteractionId, SubscriberId},
    },
    providers::retell::{Chat, ChatEvent, ChatEventKind},
    tenancy::{self, AiProvider, Channel, Line, Transport},
    traffic::{self, ConversationUpdate, Direction, HandledBy, NewTurn, Outcome, Source, Status},
};

use super::{
    forget,
    normalise::{role_of, text_of},
};

pub async fn receive(
    db: &Db,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
    event: &ChatEvent,
) -> Result<Received, traffic::Error> {
    let mut tx = TenantTx::begin(db, subscriber).await?;
    let Some(line) = tenancy::find_line(&mut tx, channel_of(&event.chat)).await? else {
        // The directory still names a subscriber that is gone.
        drop(tx);
        inbound::keep_unrouted(db, key).await?;
        return Ok(Received::Unrouted);
    };
    let kept = key.as_kept_for(line.keeps_words);
    if inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    if let Some(interaction) = interaction_named(&event.chat.metadata)
        && traffic::is_cleared(&mut tx, interaction).await?
    {
        return Err(traffic::Error::Cleared);
    }
    let mut event = event.clone();
    if !line.keeps_words {
        event.chat.chat_analysis = None;
        forget::after_chat(&mut tx, key.proof, &event);
    }
    let event = &event;
    if let Some(ours) = told_of_ours(&mut tx, &event.chat).await? {
        let detail = json!({"external_id": event.chat.chat_id});
        let kind = format!("retell.{}", key.kind);
        traffic::trace(
            &mut tx,
            ours,
            Source::Provider,
            kind,
            detail,
            key.received_at,
        );
    } else {
        save(&mut tx, key, event, &line).await?;
    }
    tx.commit().await?;
    Ok(Received::Done)
}

/// The conversation of ours of which the chat is only the thinking.
async fn told_of_ours(tx: &mut TenantTx, chat: &Chat) -> sqlx::Result<Option<InteractionId>> {
    let Some(interaction) = interaction_named(&chat.metadata) else {
        return Ok(None);
    };
    let analysis = chat.chat_analysis.as_ref();
    let is_told = traffic::tell_analysis(
        tx,
        interaction,
        analysis.and_then(|analysis| analysis.chat_summary.as_deref()),
        analysis.and_then(|analysis| analysis.user_sentiment.as_deref()),
        chat.chat_cost.as_ref().and_then(|cost| cost.combined_cents),
    )
    .await?;
    Ok(is_told.then_some(interaction))
}

/// The conversation of ours for which the chat was opened.
pub fn interaction_named(metadata: &Map<String, Value>) -> Option<InteractionId> {
    metadata.get("interaction_id")?.as_str()?.parse().ok()
}

fn channel_of(chat: &Chat) -> Channel {
    match chat.chat_type.as_deref() {
        Some("sms_chat") => Channel::Sms,
        _ => Channel::Chat,
    }
}

async fn save(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    event: &ChatEvent,
    line: &Line,
) -> Result<(), traffic::Error> {
    let mut update = update_of(event, line, key);
    if !line.keeps_words {
        update.forget_words();
    }
    let saved = traffic::save_conversation(tx, &update).await?;
    traffic::trace_update(tx, key.kind, &update, &saved, key.received_at);
    let totals = Totals {
        day: saved.day,
        channel: update.channel,
        change: saved.change,
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, None, &totals, key.received_at).await?;
    Ok(())
}

fn update_of(event: &ChatEvent, line: &Line, key: &EventKey<'_>) -> ConversationUpdate {
    let chat = &event.chat;
    let started_at = chat.start_timestamp.unwrap_or(key.received_at);
    let is_over = event.kind != ChatEventKind::Started;
    let analysis = chat.chat_analysis.as_ref();
    let channel = channel_of(chat);
    ConversationUpdate {
        channel,
        provider: "RETELL",
        external_id: chat.chat_id.clone(),
        provider_agent_id: chat.agent_id.clone(),
        direction: Direction::Inbound,
        transport: if channel == Channel::Sms {
            Transport::Retell
        } else {
            Transport::Web
        },
        ai_provider: AiProvider::Retell,
        mode: line.mode,
        from: None,
        to: None,
        counterpart: None,
        contact: None,
        status: if is_over {
            Status::Completed
        } else {
            Status::Open
        },
        outcome: is_over.then_some(Outcome::Answered),
        handled_by: Some(HandledBy::Ai),
        day: rules::local_day(started_at, line.zone),
        started_at,
        ended_at: chat.end_timestamp.filter(|_| is_over),
        duration_s: None,
        cost_cents: chat.chat_cost.as_ref().and_then(|cost| cost.combined_cents),
        summary: analysis.and_then(|analysis| analysis.chat_summary.clone()),
        sentiment: analysis.and_then(|analysis| analysis.user_sentiment.clone()),
        disconnection_reason: None,
        transfer_destination: None,
        analysis: analysis
            .filter(|analysis| !analysis.custom_analysis_data.is_empty())
            .map(|analysis| analysis.custom_analysis_data.clone().into()),
        turns: chat
            .turns()
            .iter()
            .map(|turn| NewTurn {
                role: role_of(turn.role),
                text: text_of(turn),
                at: started_at,
            })
            .collect(),
        recordings: Vec::new(),
    }
}
