//! From what Vapi tells of a call to what we keep of it.
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::Value;

use crate::{
    billing::rules,
    kernel::phone::E164,
    providers::vapi::{
        Analysis, Artifact, CallStatus, Ended, MessageKind, ServerMessage, Turn, TurnRole, ended,
    },
    tenancy::{Channel, Line},
    traffic::{
        ConversationUpdate, Direction, HandledBy, NewRecording, NewTurn, Outcome, Role, Status,
    },
    voice::{
        news::{News, Stage},
        outcome::outcome_named,
    },
};

/// Who called whom, as far as the message says.
pub struct Parties {
    pub direction: Direction,
    ours: Option<E164>,
    theirs: Option<E164>,
}

impl Parties {
    pub fn of(message: &ServerMessage) -> Self {
        let direction = match message.call.is_outbound() {
            true => Direction::Outbound,
            false => Direction::Inbound,
        };
        Self {
            direction,
            ours: message.our_number().and_then(E164::of_caller),
            theirs: message.their_number().and_then(E164::of_caller),
        }
    }

    /// The person at the other end.
    pub fn counterpart(&self) -> Option<&E164> {
        self.theirs.as_ref()
    }

    /// The number on our side.
    pub fn ours(&self) -> Option<&E164> {
        self.ours.as_ref()
    }

    fn ends(&self) -> (Option<E164>, Option<E164>) {
        let (ours, theirs) = (self.ours.clone(), self.theirs.clone());
        match self.direction {
            Direction::Inbound => (theirs, ours),
            Direction::Outbound => (ours, theirs),
        }
    }
}

/// Whether nothing but analysis can come after the message.
pub fn is_final(message: &ServerMessage) -> bool {
    match message.kind {
        MessageKind::EndOfCallReport => true,
        MessageKind::StatusUpdate => message.call_status() == Some(CallStatus::Ended),
        _ => false,
    }
}

/// How far the call is by this message.
pub fn stage_of(message: &ServerMessage) -> Stage {
    match message.kind {
        MessageKind::EndOfCallReport if has_analysis(message) => Stage::Analyzed,
        MessageKind::EndOfCallReport => Stage::Over,
        MessageKind::StatusUpdate => match message.call_status() {
            Some(CallStatus::InProgress) => Stage::Started,
            Some(CallStatus::Ended) => Stage::Over,
            _ => Stage::UnderWay,
        },
        _ => Stage::UnderWay,
    }
}

/// The beginning of a call of which the first that we hear is that its assistant wants something.
pub fn beginning(message: &ServerMessage, line: &Line, now: DateTime<Utc>) -> News {
    let mut update = update_of(message, line, now);
    update.status = Status::Open;
    update.outcome = None;
    update.ended_at = None;
    update.duration_s = None;
    update.turns.clear();
    update.recordings.clear();
    News {
        at: message.timestamp.unwrap_or(now),
        stage: Stage::UnderWay,
        update,
        not_billed: None,
    }
}

/// What the message tells of the call.
pub fn update_of(message: &ServerMessage, line: &Line, now: DateTime<Utc>) -> ConversationUpdate {
    let parties = Parties::of(message);
    let (from, to) = parties.ends();
    let started_at = started_at(message, &parties, now);
    let is_report = message.kind == MessageKind::EndOfCallReport;
    let (artifact, analysis) = match is_report {
        true => (message.artifact(), message.analysis()),
        false => Default::default(),
    };
    let turns = artifact.turns();
    let (status, outcome) = ending(message, &parties, &turns, &analysis, &artifact);
    ConversationUpdate {
        channel: Channel::Voice,
        provider: "VAPI",
        external_id: message.call_id().unwrap_or_default().to_owned(),
        provider_agent_id: message.assistant_id().map(str::to_owned),
        direction: parties.direction,
        transport: line.transport,
        ai_provider: line.ai_provider,
        mode: line.mode,
        from,
        to,
        counterpart: parties.counterpart().cloned(),
        contact: None,
        status,
        outcome,
        handled_by: is_connected(message).then_some(HandledBy::Ai),
        day: rules::local_day(started_at, line.zone),
        started_at,
        ended_at: message.ended_at().filter(|_| is_final(message)),
        duration_s: message
            .duration_s()
            .filter(|_| is_final(message))
            .and_then(|length| length.round().max(Decimal::ZERO).to_i32()),
        cost_cents: message
            .cost()
            .filter(|_| is_report)
            .and_then(|dollars| dollars.checked_mul(Decimal::ONE_HUNDRED)),
        summary: analysis.summary.clone(),
        sentiment: None,
        disconnection_reason: message.ended_reason().map(str::to_owned),
        transfer_destination: message
            .destination
            .as_ref()
            .map(|destination| destination.number.clone()),
        analysis: found_out(&analysis, &artifact),
        turns: spoken(turns, started_at),
        recordings: recordings(&artifact),
    }
}

/// When it began to ring: the one moment that every message of a call has, so that its order changes nothing. A call
/// that we place may have waited for days.
fn started_at(message: &ServerMessage, parties: &Parties, now: DateTime<Utc>) -> DateTime<Utc> {
    let call = &message.call;
    let begun = match parties.direction {
        Direction::Inbound => call.created_at.or(message.connected_at()),
        Direction::Outbound => message.connected_at(),
    };
    begun.or(message.timestamp).unwrap_or(now)
}

/// Whether an assistant has spoken with somebody.
fn is_connected(message: &ServerMessage) -> bool {
    let is_on = matches!(
        message.call_status(),
        Some(CallStatus::InProgress | CallStatus::Forwarding)
    );
    let never = message.ended_reason().map(ended).is_some_and(|reason| {
        matches!(
            reason,
            Ended::NotConnected | Ended::OurFault | Ended::AtCapacity | Ended::ProviderOutOfMoney
        )
    });
    !never && (is_on || message.connected_at().is_some())
}

/// Whether the call is over, and what came of it. The kind of the message is trusted, never the status inside the call.
fn ending(
    message: &ServerMessage,
    parties: &Parties,
    turns: &[Turn],
    analysis: &Analysis,
    artifact: &Artifact,
) -> (Status, Option<Outcome>) {
    if !is_final(message) {
        return (Status::Open, None);
    }
    let unreached = match parties.direction {
        Direction::Inbound => Outcome::Missed,
        // Nobody missed us: whoever we called was not there.
        Direction::Outbound => Outcome::Other,
    };
    let reason = message.ended_reason().map(ended);
    let (status, outcome) = match reason {
        Some(Ended::Transferred) => (Status::Completed, Some(Outcome::Transferred)),
        Some(Ended::Voicemail) => (Status::Completed, Some(Outcome::Voicemail)),
        Some(
            Ended::NotConnected | Ended::OurFault | Ended::AtCapacity | Ended::ProviderOutOfMoney,
        ) => (Status::Failed, Some(unreached)),
        Some(Ended::Error) if message.connected_at().is_none() => (Status::Failed, Some(unreached)),
        Some(Ended::Error) => (Status::Failed, Some(Outcome::Failed)),
        Some(Ended::CallerHungUp) if is_short(message) => {
            (Status::Completed, short(message, turns))
        }
        _ => (Status::Completed, Some(Outcome::Answered)),
    };
    let told = analysed(analysis, artifact).filter(|_| status == Status::Completed);
    (status, told.or(outcome))
}

fn is_short(message: &ServerMessage) -> bool {
    let shortest = Decimal::from(rules::FREE_CALL_S);
    message.duration_s().is_none_or(|length| length < shortest)
}

/// Only the report knows whether somebody spoke in a short call; before it nothing is said of it.
fn short(message: &ServerMessage, turns: &[Turn]) -> Option<Outcome> {
    let has_spoken = turns.iter().any(|turn| turn.role == TurnRole::Caller);
    match (message.kind, has_spoken) {
        (MessageKind::EndOfCallReport, true) => Some(Outcome::Answered),
        (MessageKind::EndOfCallReport, false) => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn analysed(analysis: &Analysis, artifact: &Artifact) -> Option<Outcome> {
    let named = |value: &Value| outcome_named(value.as_str()?);
    let of_analysis = analysis.structured_data.get("outcome").and_then(named);
    of_analysis.or_else(|| artifact.outputs().get("outcome").and_then(named))
}

fn has_analysis(message: &ServerMessage) -> bool {
    let analysis = message.analysis();
    analysis.summary.is_some() || found_out(&analysis, &message.artifact()).is_some()
}

/// The free-form findings, with the verdict beside them.
fn found_out(analysis: &Analysis, artifact: &Artifact) -> Option<Value> {
    let mut found = artifact.outputs();
    found.extend(analysis.structured_data.clone());
    if let Some(verdict) = &analysis.success_evaluation {
        found.insert("success_evaluation".to_owned(), verdict.as_str().into());
    }
    (!found.is_empty()).then(|| found.into())
}

/// The turns with their times, which only go forward.
fn spoken(turns: Vec<Turn>, started_at: DateTime<Utc>) -> Vec<NewTurn> {
    let mut at = started_at;
    turns
        .into_iter()
        .map(|turn| {
            at = turn.at.map_or(at, |said_at| said_at.max(at));
            NewTurn {
                role: match turn.role {
                    TurnRole::Assistant => Role::Ai,
                    TurnRole::Caller => Role::Caller,
                    TurnRole::Tool => Role::Tool,
                },
                text: turn.text,
                at,
            }
        })
        .collect()
}

fn recordings(artifact: &Artifact) -> Vec<NewRecording> {
    [
        ("MIXED", artifact.mixed_recording()),
        ("MULTI_CHANNEL", artifact.stereo_recording()),
    ]
    .into_iter()
    .filter_map(|(kind, url)| {
        Some(NewRecording {
            kind,
            url: url?.clone(),
        })
    })
    .collect()
}
