//! From what Retell tells of a call to what we keep of it.
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    billing::rules,
    kernel::phone::E164,
    providers::retell::{
        Call, CallEvent, CallEventKind, Disconnection, Turn, TurnRole, disconnection,
    },
    tenancy::{Channel, ChannelMode, Line},
    traffic::{
        ConversationUpdate, Direction, HandledBy, NewRecording, NewTurn, Outcome, Role, Status,
    },
    voice::outcome::outcome_named,
};

/// Who called whom, as far as the call says.
pub struct Parties {
    pub direction: Direction,
    pub from: Option<E164>,
    pub to: Option<E164>,
}

impl Parties {
    pub fn of(call: &Call) -> Self {
        let is_outbound = call.direction.as_deref() == Some("outbound");
        Self {
            direction: if is_outbound {
                Direction::Outbound
            } else {
                Direction::Inbound
            },
            from: call.from_number.as_deref().and_then(E164::of_caller),
            to: call.to_number.as_deref().and_then(E164::of_caller),
        }
    }

    /// The person at the other end.
    pub fn counterpart(&self) -> Option<&E164> {
        match self.direction {
            Direction::Inbound => self.from.as_ref(),
            Direction::Outbound => self.to.as_ref(),
        }
    }

    /// The number on our side.
    pub fn ours(&self) -> Option<&E164> {
        match self.direction {
            Direction::Inbound => self.to.as_ref(),
            Direction::Outbound => self.from.as_ref(),
        }
    }
}

/// Whether the event is one after which nothing but analysis comes.
pub fn is_final(kind: CallEventKind) -> bool {
    matches!(
        kind,
        CallEventKind::Ended | CallEventKind::Analyzed | CallEventKind::TransferEnded
    )
}

/// Whether the caller was handed over to somebody else, by an event that is final.
pub fn was_put_through(event: &CallEvent) -> bool {
    let reason = event.call.disconnection_reason.as_deref();
    match reason.map(disconnection) {
        Some(reason) => reason == Disconnection::Transferred,
        None => event.kind == CallEventKind::TransferEnded,
    }
}

/// What the event tells of the call.
pub fn update_of(
    event: &CallEvent,
    parties: &Parties,
    line: &Line,
    now: DateTime<Utc>,
) -> ConversationUpdate {
    let call = &event.call;
    let started_at = call
        .start_timestamp
        .or(event.event_timestamp)
        .unwrap_or(now);
    let analysis = call.call_analysis.as_ref();
    let (status, outcome) = ending(event, parties.direction);
    ConversationUpdate {
        channel: Channel::Voice,
        provider: "RETELL",
        external_id: call.call_id.clone(),
        provider_agent_id: call.agent_id.clone(),
        direction: parties.direction,
        transport: line.transport,
        ai_provider: line.ai_provider,
        mode: match line.is_enabled {
            true => line.mode,
            false => ChannelMode::Off,
        },
        from: parties.from.clone(),
        to: parties.to.clone(),
        counterpart: parties.counterpart().cloned(),
        contact: None,
        status,
        outcome,
        handled_by: is_connected(call).then_some(HandledBy::Ai),
        day: rules::local_day(started_at, line.zone),
        started_at,
        ended_at: if is_final(event.kind) {
            call.end_timestamp
        } else {
            None
        },
        duration_s: is_final(event.kind).then(|| duration_s(call)).flatten(),
        cost_cents: call.call_cost.as_ref().and_then(|cost| cost.combined_cents),
        summary: analysis.and_then(|analysis| analysis.call_summary.clone()),
        sentiment: analysis.and_then(|analysis| analysis.user_sentiment.clone()),
        disconnection_reason: call.disconnection_reason.clone(),
        transfer_destination: event
            .transfer_destination
            .as_ref()
            .filter(|_| has_gone_through(event))
            .map(|destination| destination.number.clone()),
        analysis: analysis
            .filter(|analysis| !analysis.custom_analysis_data.is_empty())
            .map(|analysis| analysis.custom_analysis_data.clone().into()),
        turns: turns(&call.turns(), started_at),
        recordings: recordings(call),
    }
}

/// Whether a transfer that the event names led anywhere, as far as it says. One that only begins may be given up.
fn has_gone_through(event: &CallEvent) -> bool {
    let reason = event.call.disconnection_reason.as_deref();
    let is_given_up = reason.map(disconnection) == Some(Disconnection::TransferFailed);
    let is_open = matches!(
        event.kind,
        CallEventKind::TransferStarted | CallEventKind::TransferCancelled
    );
    !is_given_up && !is_open
}

/// How long the call was, in whole seconds.
pub fn duration_s(call: &Call) -> Option<i32> {
    let by_clock = || Some((call.end_timestamp? - call.start_timestamp?).num_milliseconds());
    let milliseconds = call.duration_ms.or_else(by_clock)?;
    i32::try_from(milliseconds.max(0).saturating_add(500) / 1000).ok()
}

fn is_connected(call: &Call) -> bool {
    let reason = call.disconnection_reason.as_deref().map(disconnection);
    !matches!(
        reason,
        Some(
            Disconnection::NotConnected
                | Disconnection::AtCapacity
                | Disconnection::ProviderOutOfMoney
        )
    )
}

/// Whether the call is over, and what came of it. `event` and the reason are trusted, never `call_status` alone.
fn ending(event: &CallEvent, direction: Direction) -> (Status, Option<Outcome>) {
    if event.kind == CallEventKind::TransferBridged {
        return (Status::Open, Some(Outcome::Transferred));
    }
    if !is_final(event.kind) {
        return (Status::Open, None);
    }
    let call = &event.call;
    let reason = call.disconnection_reason.as_deref().map(disconnection);
    let unreached = || match direction {
        Direction::Inbound => (Status::Failed, Outcome::Missed),
        // Nobody missed us: whoever we called was not there.
        Direction::Outbound => (Status::Failed, Outcome::Other),
    };
    let (status, outcome) = match reason {
        Some(Disconnection::Transferred) => (Status::Completed, Outcome::Transferred),
        Some(Disconnection::Voicemail) => (Status::Completed, Outcome::Voicemail),
        Some(Disconnection::Spam) => (Status::Completed, Outcome::Blocked),
        Some(
            Disconnection::NotConnected
            | Disconnection::AtCapacity
            | Disconnection::ProviderOutOfMoney,
        ) => unreached(),
        Some(Disconnection::Error) => (Status::Failed, Outcome::Failed),
        Some(Disconnection::CallerHungUp) if !has_spoken(call) && is_short(call) => {
            (Status::Completed, Outcome::Abandoned)
        }
        _ => (Status::Completed, Outcome::Answered),
    };
    (
        status,
        Some(
            analysed(call)
                .filter(|_| status == Status::Completed)
                .unwrap_or(outcome),
        ),
    )
}

/// What the analysis found out, where it is more than the reason tells.
fn analysed(call: &Call) -> Option<Outcome> {
    let analysis = call.call_analysis.as_ref()?;
    let named = analysis
        .custom_analysis_data
        .get("outcome")
        .and_then(|value| value.as_str());
    let named = named.and_then(outcome_named);
    let voicemail = analysis
        .in_voicemail
        .filter(|is| *is)
        .map(|_| Outcome::Voicemail);
    named.or(voicemail)
}

fn has_spoken(call: &Call) -> bool {
    call.turns().iter().any(|turn| turn.role == TurnRole::User)
}

fn is_short(call: &Call) -> bool {
    duration_s(call).is_none_or(|duration| duration < rules::FREE_CALL_S)
}

/// The turns with their times; each keeps its place, so that a longer transcript of the same call extends it.
fn turns(turns: &[Turn], started_at: DateTime<Utc>) -> Vec<NewTurn> {
    let mut at = started_at;
    turns
        .iter()
        .map(|turn| {
            if let Some(offset) = turn.offset_s {
                let milliseconds = (offset * 1000.0).clamp(0.0, 1e9) as i64;
                at = at.max(started_at + TimeDelta::milliseconds(milliseconds));
            }
            NewTurn {
                role: role_of(turn.role),
                text: text_of(turn),
                at,
            }
        })
        .collect()
}

pub fn role_of(role: TurnRole) -> Role {
    match role {
        TurnRole::Agent => Role::Ai,
        TurnRole::User | TurnRole::Keypad => Role::Caller,
        TurnRole::TransferTarget => Role::Staff,
        TurnRole::ToolCall | TurnRole::ToolResult => Role::Tool,
        TurnRole::Other => Role::System,
    }
}

/// What was said; of a tool, its name with what went in or came out.
pub fn text_of(turn: &Turn) -> String {
    let Some(tool) = &turn.tool else {
        return turn.text.clone();
    };
    let name = tool.name.as_deref().unwrap_or("tool");
    let content = tool
        .result
        .as_deref()
        .or(tool.arguments.as_deref())
        .unwrap_or(&turn.text);
    format!("{name}: {content}")
}

fn recordings(call: &Call) -> Vec<NewRecording> {
    let scrubbed_or_full = call
        .scrubbed_recording_url
        .as_ref()
        .or(call.recording_url.as_ref());
    [
        ("MIXED", scrubbed_or_full),
        ("MULTI_CHANNEL", call.recording_multi_channel_url.as_ref()),
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
