//! The words of tenancy.
use chrono_tz::Tz;

use crate::kernel::{language::Language, phone::E164, text::text_enum};

text_enum! {
    /// By what a conversation is carried on.
    Channel { Voice, Sms, Chat, Email }
}

text_enum! {
    /// Who carries a channel.
    Transport { Twilio, Retell, Vapi, Web, Other }
}

text_enum! {
    /// Who thinks on a channel. `Builtin` is the receptionist of our own.
    AiProvider { Retell, Vapi, Builtin, Llm, Other }
}

text_enum! {
    /// How far the receptionist may go on a channel.
    ChannelMode { Off, AfterHours, StaffFirst, Shadow, ApproveFirstReply, Full }
}

text_enum! {
    /// How a subscriber stands with us.
    SubscriberStatus { Trial, Active, PastDue, Suspended, Closed }
}

text_enum! {
    /// Whether calls are recorded, and how the caller learns it.
    RecordingMode { Off, Announced, Consent }
}

text_enum! {
    /// What a caller gets while the business is closed: the receptionist, one that takes a message and nothing else, a
    /// tone to speak after, a person.
    ClosedAnswer { Answer, MessageOnly, Voicemail, Forward }
}

text_enum! {
    /// Whether the owner's own line forwards to us.
    ForwardingStatus { Pending, Active, Inactive }
}

text_enum! {
    /// Whether a question that had no answer still waits for one.
    GapStatus { Open, Closed }
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "VOICE",
            Self::Sms => "SMS",
            Self::Chat => "CHAT",
            Self::Email => "EMAIL",
        }
    }
}

/// One channel of a subscriber, with what a conversation on it needs to know from the start.
#[derive(Clone, Debug)]
pub struct Line {
    pub business_name: String,
    pub status: SubscriberStatus,
    pub zone: Tz,
    pub language: Language,
    pub is_enabled: bool,
    pub mode: ChannelMode,
    pub transport: Transport,
    pub ai_provider: AiProvider,
    pub provider_agent_id: Option<String>,
    pub provider_agent_version: Option<String>,
    /// Not so of a subscriber that handles health data: nothing that people say is kept.
    pub keeps_words: bool,
}

/// What a call that is about to ring is answered with.
#[derive(Clone, Debug)]
pub struct VoiceLine {
    pub line: Line,
    pub is_caller_blocked: bool,
    pub caller_name: Option<String>,
    pub greeting: Option<String>,
    pub agent_tone: String,
    pub transfer_number: Option<E164>,
    pub schedule_summary: Option<String>,
    pub standard_fee: Option<String>,
    pub emergency_fee: Option<String>,
    pub cal_com_url: Option<String>,
    pub is_booking_enabled: bool,
    pub settings: CallSettings,
}

/// What a business chose for its calls.
#[derive(Clone, Debug)]
pub struct CallSettings {
    pub after_hours: ClosedAnswer,
    pub on_holidays: ClosedAnswer,
    /// How long a person is rung.
    pub staff_ring_s: i32,
    pub owner_phone: Option<E164>,
    pub recording_mode: RecordingMode,
    pub recording_consent_text: Option<String>,
    pub is_sms_enabled: bool,
    /// The id at the voice's provider.
    pub voice_id: Option<String>,
}

/// The zone that the text names; a text that names none is UTC rather than an error in the middle of a call.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}
