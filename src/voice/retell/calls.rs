//! News of a call at Retell.
use chrono::{DateTime, Utc};

use super::{
    forget,
    normalise::{self, Parties},
};
use crate::{
    alerts::{self, Alert, Severity},
    billing::NotBilled,
    events::{self, ContactFacts, Event},
    inbound::{self, Claim, EventKey, Proof, Received},
    kernel::{
        db::{Db, TenantTx},
        ids::{ContactId, SubscriberId},
    },
    people,
    providers::retell::{CallEvent, CallEventKind, Disconnection, disconnection},
    tenancy::{self, Channel, ChannelMode},
    traffic::{self, ConversationUpdate, HandledBy},
    voice::news::{self, News, Stage},
};

/// Does everything that one event tells, once.
pub async fn receive(
    db: &Db,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
    event: &CallEvent,
) -> Result<Received, traffic::Error> {
    let now = key.received_at;
    let mut tx = TenantTx::begin(db, subscriber).await?;
    let Some(line) = tenancy::find_line(&mut tx, Channel::Voice).await? else {
        // The directory still names a subscriber that is gone.
        drop(tx);
        inbound::keep_unrouted(db, key).await?;
        return Ok(Received::Unrouted);
    };
    let kept = key.as_kept_for(line.keeps_words);
    if inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    let parties = Parties::of(&event.call);
    let mut update = normalise::update_of(event, &parties, &line, now);
    let not_billed = heed_mode(&mut tx, event, &mut update).await?;
    if !line.keeps_words {
        forget::after_call(&mut tx, key.proof, event);
    }
    let news = News {
        at: event.event_timestamp.unwrap_or(update.started_at),
        stage: stage_of(event.kind),
        update,
        not_billed,
    };
    let told = news::tell(&mut tx, &kept, &line, news).await?;
    heed_reason(&mut tx, key.proof, event, &parties, told.contact, now).await?;
    tx.commit().await?;
    Ok(Received::Done)
}

/// An agent whose receptionist is off only puts its callers through: then it is a person who takes the call, and it costs
/// nothing. Which of the two it was the end tells.
async fn heed_mode(
    tx: &mut TenantTx,
    event: &CallEvent,
    update: &mut ConversationUpdate,
) -> sqlx::Result<Option<NotBilled>> {
    let began_in = traffic::find_mode(tx, update.provider, &update.external_id).await?;
    if began_in.unwrap_or(update.mode) != ChannelMode::Off {
        return Ok(None);
    }
    if !normalise::is_final(event.kind) {
        update.handled_by = None;
        return Ok(None);
    }
    if !normalise::was_put_through(event) {
        return Ok(None);
    }
    update.handled_by = Some(HandledBy::Human);
    Ok(Some(NotBilled::Forwarded))
}

fn stage_of(kind: CallEventKind) -> Stage {
    match kind {
        CallEventKind::Started => Stage::Started,
        CallEventKind::Analyzed => Stage::Analyzed,
        CallEventKind::Ended | CallEventKind::TransferEnded => Stage::Over,
        CallEventKind::TranscriptUpdated
        | CallEventKind::TransferStarted
        | CallEventKind::TransferBridged
        | CallEventKind::TransferCancelled => Stage::UnderWay,
    }
}

/// Reasons that ask for more than being kept.
async fn heed_reason(
    tx: &mut TenantTx,
    proof: Proof,
    event: &CallEvent,
    parties: &Parties,
    contact: Option<ContactId>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    match event
        .call
        .disconnection_reason
        .as_deref()
        .map(disconnection)
    {
        Some(Disconnection::ProviderOutOfMoney) => {
            let alert = out_of_money(proof);
            alerts::raise(tx, &alert, now).await
        }
        Some(Disconnection::OptOutRequested) => {
            if let Some(phone) = parties.counterpart()
                && people::start_opt_out(tx, phone, "TOOL", now).await?
            {
                let facts = ContactFacts {
                    contact_id: contact.map(|contact| contact.0),
                    phone: Some(phone.clone()),
                    source: "TOOL".to_owned(),
                };
                events::emit(tx, &Event::ContactOptedOut(facts), now);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// In the platform's workspace every subscriber is down; in one of their own, that one alone.
fn out_of_money(proof: Proof) -> Alert {
    match proof.own() {
        None => Alert {
            subscriber: None,
            kind: "retell.out_of_money",
            severity: Severity::Critical,
            detail: "retell takes no calls: the workspace cannot pay".to_owned(),
            cause: "retell.out_of_money".to_owned(),
        },
        Some(subscriber) => Alert {
            subscriber: Some(subscriber),
            kind: "retell.out_of_money",
            severity: Severity::Warning,
            detail: "retell takes no calls of this subscriber: its own workspace cannot pay"
                .to_owned(),
            cause: format!("retell.out_of_money:{subscriber}"),
        },
    }
}
