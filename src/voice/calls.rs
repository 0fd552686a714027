//! News of a call: any order, any number of times, one interaction.
use chrono::{DateTime, Utc};

use super::{
    forget,
    normalise::{self, Parties},
};
use crate::{
    alerts::{self, Alert, Severity},
    billing::{self, Charge, EndedCall, Totals},
    events::{self, CallFacts, ContactFacts, Event},
    inbound::{self, Claim, EventKey, Proof, Received},
    kernel::{
        db::{Db, TenantTx},
        ids::{ContactId, SubscriberId},
    },
    people,
    providers::retell::{CallEvent, CallEventKind, Disconnection, disconnection},
    tenancy::{self, Channel, Line},
    traffic::{self, ConversationUpdate, HandledBy, Outcome, Role, SavedConversation, Status},
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
    let contact = match parties.counterpart() {
        Some(phone) => Some(people::touch_contact(&mut tx, phone, "VOICE", now).await?),
        None => None,
    };
    let contact_id = contact.as_ref().map(|contact| contact.contact);
    let mut update = normalise::update_of(event, &parties, &line, contact_id, now);
    if !line.keeps_words {
        update.forget_words();
        forget::after_call(&mut tx, key.proof, event);
    }
    let saved = traffic::save_conversation(&mut tx, &update).await?;
    count(&mut tx, key, &line, &update, &saved, now).await?;
    if let (Some(contact), Some(phone)) = (&contact, parties.counterpart())
        && contact.is_new
    {
        let facts = ContactFacts {
            contact_id: Some(contact.contact.0),
            phone: Some(phone.clone()),
            source: "VOICE".to_owned(),
        };
        events::emit(&mut tx, &Event::ContactCreated(facts), now);
    }
    announce(&mut tx, event, &update, &saved);
    heed_reason(&mut tx, key.proof, event, &parties, contact_id, now).await?;
    tx.commit().await?;
    Ok(Received::Done)
}

/// Charges a call that is over, and moves its day's sums.
async fn count(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    line: &Line,
    update: &ConversationUpdate,
    saved: &SavedConversation,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let duration_s = saved.duration_s.filter(|_| saved.status != Status::Open);
    let charge = duration_s.map(|duration_s| {
        Charge::of_call(EndedCall {
            source: format!("RETELL:{}", update.external_id),
            interaction: saved.id,
            started_at: saved.started_at,
            duration_s,
            outcome: saved.outcome,
            cost_cents: saved.cost_cents,
            zone: line.zone,
            source_event: key.kind.to_owned(),
        })
    });
    let totals = Totals {
        day: saved.day,
        channel: Channel::Voice,
        change: saved.change,
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, charge.as_ref(), &totals, now).await?;
    Ok(())
}

/// What others may want to know.
fn announce(
    tx: &mut TenantTx,
    event: &CallEvent,
    update: &ConversationUpdate,
    saved: &SavedConversation,
) {
    let at = event.event_timestamp.unwrap_or(saved.started_at);
    let facts = || facts(update, saved);
    if event.kind == CallEventKind::Started {
        events::emit(tx, &Event::CallStarted(facts()), at);
    }
    if saved.was_open && saved.status != Status::Open {
        events::emit(tx, &Event::CallEnded(facts()), at);
        if saved.outcome == Some(Outcome::Missed) {
            events::emit(tx, &Event::CallMissed(facts()), at);
        }
    }
    if event.kind == CallEventKind::Analyzed {
        events::emit(tx, &Event::CallAnalyzed(facts()), at);
    }
}

fn facts(update: &ConversationUpdate, saved: &SavedConversation) -> CallFacts {
    CallFacts {
        interaction_id: saved.id.0,
        external_call_id: Some(update.external_id.clone()),
        direction: update.direction.as_str().to_owned(),
        from: update.from.clone(),
        to: update.to.clone(),
        status: saved.status.as_str().to_owned(),
        outcome_type: saved.outcome.map(|outcome| outcome.as_str().to_owned()),
        started_at: Some(saved.started_at),
        ended_at: update.ended_at,
        duration_seconds: saved.duration_s,
        ai_handled: saved.handled_by == Some(HandledBy::Ai),
        transcript: transcript(update),
        summary: update.summary.clone(),
        sentiment: update.sentiment.clone(),
    }
}

fn transcript(update: &ConversationUpdate) -> Option<String> {
    let lines: Vec<String> = update
        .turns
        .iter()
        .filter_map(|turn| {
            let speaker = match turn.role {
                Role::Ai => "Agent",
                Role::Caller => "User",
                Role::Staff => "Staff",
                Role::System | Role::Tool => return None,
            };
            Some(format!("{speaker}: {}", turn.text))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
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
