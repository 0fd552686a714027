//! What an agent is told when a call comes in: the variables of its prompt, and how far it may go.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    kernel::phone::E164,
    receptionist::Business,
    tenancy::{ChannelMode, SubscriberStatus, VoiceLine, business::BusinessProfile},
};

/// How far the receptionist may go in this call; the agent's prompt reads it as `service_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    Active,
    MessageOnly,
    TransferOnly,
}

impl ServiceState {
    /// A caller is never turned away for what the subscriber owes or has switched off.
    pub fn of(voice: &VoiceLine, may_start: bool) -> Self {
        let is_off = !voice.line.is_enabled || voice.line.mode == ChannelMode::Off;
        let is_suspended = matches!(
            voice.line.status,
            SubscriberStatus::Suspended | SubscriberStatus::Closed
        );
        match (is_off, is_suspended || !may_start) {
            (true, _) if voice.transfer_number.is_some() => Self::TransferOnly,
            (true, _) | (_, true) => Self::MessageOnly,
            (false, false) => Self::Active,
        }
    }

    /// The same, where people of the business come first: an agent of a provider's puts the caller through at once.
    pub fn for_people(self, voice: &VoiceLine, are_people_first: bool) -> Self {
        if self == Self::Active && are_people_first && voice.transfer_number.is_some() {
            Self::TransferOnly
        } else {
            self
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::MessageOnly => "MESSAGE_ONLY",
            Self::TransferOnly => "TRANSFER_ONLY",
        }
    }
}

/// Whether the mode of the line wants a person rung before the receptionist speaks: always in the shadow and with staff
/// first, while the business is open with AFTER_HOURS.
pub fn are_people_first(
    mode: ChannelMode,
    business: Option<&BusinessProfile>,
    now: DateTime<Utc>,
) -> bool {
    match mode {
        ChannelMode::Shadow | ChannelMode::StaffFirst => true,
        ChannelMode::AfterHours => {
            let business = business.map(|profile| Business::from_profile(profile, ""));
            business.is_some_and(|business| business.is_open(now))
        }
        ChannelMode::Off | ChannelMode::ApproveFirstReply | ChannelMode::Full => false,
    }
}

/// The variables of the agent's prompt. All are texts, and all are always there: a prompt reads `{{name}}` aloud when
/// its variable is missing.
pub fn variables(
    voice: &VoiceLine,
    caller: Option<&E164>,
    state: ServiceState,
    now: DateTime<Utc>,
) -> BTreeMap<String, String> {
    let line = &voice.line;
    let local = now.with_timezone(&line.zone);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let number = |value: Option<&E164>| value.map(ToString::to_string).unwrap_or_default();
    [
        ("business_name", line.business_name.clone()),
        ("cal_com_link", text(&voice.cal_com_url)),
        ("calendar_enabled", voice.is_booking_enabled.to_string()),
        ("transfer_number", number(voice.transfer_number.as_ref())),
        ("agent_tone", voice.agent_tone.clone()),
        ("schedule_summary", text(&voice.schedule_summary)),
        ("standard_fee", text(&voice.standard_fee)),
        ("emergency_fee", text(&voice.emergency_fee)),
        ("greeting", text(&voice.greeting)),
        ("language", line.language.code().to_owned()),
        ("timezone", line.zone.name().to_owned()),
        (
            "current_time",
            local.format("%A %Y-%m-%d %H:%M").to_string(),
        ),
        ("caller_number", number(caller)),
        ("caller_name", text(&voice.caller_name)),
        ("service_state", state.as_str().to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenancy::{AiProvider, CallSettings, ClosedAnswer, Line, RecordingMode, Transport};

    fn voice() -> VoiceLine {
        VoiceLine {
            line: Line {
                business_name: "Demo HVAC".into(),
                status: SubscriberStatus::Active,
                zone: chrono_tz::America::Winnipeg,
                language: Default::default(),
                is_enabled: true,
                mode: ChannelMode::Full,
                transport: Transport::Twilio,
                ai_provider: AiProvider::Retell,
                provider_agent_id: None,
                provider_agent_version: None,
                keeps_words: true,
            },
            is_caller_blocked: false,
            caller_name: None,
            greeting: None,
            agent_tone: "friendly".into(),
            transfer_number: Some("+14315550199".parse().unwrap()),
            schedule_summary: None,
            standard_fee: Some("$129".into()),
            emergency_fee: None,
            cal_com_url: None,
            is_booking_enabled: true,
            settings: CallSettings {
                after_hours: ClosedAnswer::Answer,
                on_holidays: ClosedAnswer::Answer,
                staff_ring_s: 12,
                owner_phone: None,
                recording_mode: RecordingMode::Off,
                recording_consent_text: None,
                is_sms_enabled: true,
                voice_id: None,
            },
        }
    }

    #[test]
    fn nobody_is_turned_away_for_what_the_subscriber_owes_or_switched_off() {
        assert_eq!(ServiceState::of(&voice(), true), ServiceState::Active);
        assert_eq!(ServiceState::of(&voice(), false), ServiceState::MessageOnly);
        let mut suspended = voice();
        suspended.line.status = SubscriberStatus::Suspended;
        assert_eq!(
            ServiceState::of(&suspended, true),
            ServiceState::MessageOnly
        );
        let mut off = voice();
        off.line.mode = ChannelMode::Off;
        assert_eq!(ServiceState::of(&off, true), ServiceState::TransferOnly);
        off.transfer_number = None;
        assert_eq!(ServiceState::of(&off, true), ServiceState::MessageOnly);
    }

    #[test]
    fn every_variable_is_there_even_when_there_is_nothing_to_say() {
        let now = "2026-11-21T18:00:00Z".parse().unwrap();
        let variables = variables(&voice(), None, ServiceState::Active, now);
        assert_eq!(variables["standard_fee"], "$129");
        assert_eq!(variables["emergency_fee"], "");
        assert_eq!(variables["caller_number"], "");
        assert_eq!(variables["calendar_enabled"], "true");
        assert_eq!(variables["current_time"], "Saturday 2026-11-21 12:00");
    }
}
