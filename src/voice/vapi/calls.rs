//! News of a call at Vapi.
use super::{
    forget,
    normalise::{Parties, is_final, stage_of, update_of},
};
use crate::{
    alerts::{self, Alert, Severity},
    billing::NotBilled,
    inbound::{self, Claim, EventKey, Proof, Received},
    kernel::{
        db::{Db, TenantTx},
        ids::SubscriberId,
    },
    providers::vapi::{Ended, MessageKind, ServerMessage, ended},
    tenancy::{self, Channel},
    traffic::{self, ConversationUpdate, HandledBy, Outcome, Status},
    voice::news::{self, News, Stage},
};

/// How Vapi names the ends of calls for which we answered with a number, or with a sentence.
const FORWARDED: &str = "assistant-request-returned-forwarding-phone-number";
const REFUSED: &str = "assistant-request-returned-error";

/// Does everything that one message tells, once.
pub async fn receive(
    db: &Db,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
    message: &ServerMessage,
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
    let mut update = update_of(message, &line, now);
    let answered = heed_our_answer(&mut tx, message, &mut update).await?;
    if !line.keeps_words && is_final(message) {
        forget::after_call(&mut tx, key.proof, &update);
    }
    let stage = stage_of(message);
    let news = News {
        at: message.timestamp.unwrap_or(update.started_at),
        // Nothing of what was found out is told of a subscriber whose callers' words are not kept.
        stage: match stage {
            Stage::Analyzed if !line.keeps_words => Stage::Over,
            stage => stage,
        },
        update,
        not_billed: answered.not_billed,
    };
    news::tell(&mut tx, &kept, &line, news).await?;
    let alert = alert_of(subscriber, key.proof, message).filter(|_| !answered.is_meant);
    if let Some(alert) = alert {
        alerts::raise(&mut tx, &alert, now).await?;
    }
    tx.commit().await?;
    Ok(Received::Done)
}

/// What we ourselves answered when the call came in, as far as it decides how the call is counted.
#[derive(Default)]
struct Answered {
    not_billed: Option<NotBilled>,
    /// We meant it so: nobody has to look at it.
    is_meant: bool,
}

/// A caller who is blocked heard a sentence, and one whose receptionist is off a person: neither is a call that failed.
async fn heed_our_answer(
    tx: &mut TenantTx,
    message: &ServerMessage,
    update: &mut ConversationUpdate,
) -> sqlx::Result<Answered> {
    match message.ended_reason().filter(|_| is_final(message)) {
        Some(FORWARDED) => {
            update.handled_by = Some(HandledBy::Human);
            Ok(Answered {
                not_billed: Some(NotBilled::Forwarded),
                is_meant: true,
            })
        }
        Some(REFUSED) if is_from_ourselves(message) => {
            update.status = Status::Completed;
            update.outcome = Some(Outcome::Other);
            update.handled_by = None;
            Ok(Answered {
                not_billed: Some(NotBilled::Test),
                is_meant: true,
            })
        }
        Some(REFUSED) => {
            let caller = update.counterpart.as_ref();
            let voice = tenancy::find_voice_line(tx, caller).await?;
            if !voice.is_some_and(|voice| voice.is_caller_blocked) {
                return Ok(Answered::default());
            }
            update.status = Status::Completed;
            update.outcome = Some(Outcome::Blocked);
            update.handled_by = None;
            Ok(Answered {
                not_billed: Some(NotBilled::Spam),
                is_meant: true,
            })
        }
        _ => Ok(Answered::default()),
    }
}

/// A test of the owner's line that came back to us.
fn is_from_ourselves(message: &ServerMessage) -> bool {
    let parties = Parties::of(message);
    parties.ours().is_some() && parties.ours() == parties.counterpart()
}

/// What somebody should look at.
fn alert_of(subscriber: SubscriberId, proof: Proof, message: &ServerMessage) -> Option<Alert> {
    if message.kind == MessageKind::Hang {
        return Some(Alert {
            subscriber: Some(subscriber),
            kind: "vapi.hang",
            severity: Severity::Warning,
            detail: "an assistant was stuck while a caller waited".to_owned(),
            cause: format!("vapi.hang:{subscriber}"),
        });
    }
    let reason = message.ended_reason().filter(|_| is_final(message))?;
    match ended(reason) {
        Ended::ProviderOutOfMoney => Some(refused(
            subscriber,
            proof,
            "vapi.out_of_money",
            "cannot pay, or is frozen",
        )),
        Ended::AtCapacity => Some(refused(
            subscriber,
            proof,
            "vapi.at_capacity",
            "has more calls at once than it may",
        )),
        Ended::OurFault => Some(Alert {
            subscriber: Some(subscriber),
            kind: "vapi.unanswered",
            severity: Severity::Warning,
            detail: format!(
                "vapi ended a call for want of an assistant: {}",
                shown(reason)
            ),
            cause: format!("vapi.unanswered:{subscriber}"),
        }),
        _ => None,
    }
}

/// Reasons are names of Vapi's; one that is not is not shown.
fn shown(reason: &str) -> &str {
    let is_name = reason.len() <= 100
        && reason
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    match is_name {
        true => reason,
        false => "unknown",
    }
}

/// In the platform's organisation every subscriber is down; in one of their own, that one alone.
fn refused(subscriber: SubscriberId, proof: Proof, kind: &'static str, why: &str) -> Alert {
    match proof.own() {
        None => Alert {
            subscriber: None,
            kind,
            severity: Severity::Critical,
            detail: format!("vapi takes no calls: the organisation {why}"),
            cause: kind.to_owned(),
        },
        Some(_) => Alert {
            subscriber: Some(subscriber),
            kind,
            severity: Severity::Warning,
            detail: format!("vapi takes no calls of this subscriber: its own organisation {why}"),
            cause: format!("{kind}:{subscriber}"),
        },
    }
}
