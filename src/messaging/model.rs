//! The words of messaging.
use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    kernel::{
        ids::{ContactId, InteractionId, MessageId, OutgoingId},
        phone::E164,
        text::text_enum,
    },
    people::TextState,
    tenancy::{ChannelMode, SubscriberStatus},
};

text_enum! {
    /// Why a text is sent: decides which checks it passes.
    /// `OptConfirmation` confirms an opt-out, `KeywordAnswer` is what HELP and START get, `Staff` is what a person of
    /// the business wrote.
    Purpose { Reply, OptConfirmation, KeywordAnswer, Confirmation, Reminder, Notice, Staff }
}

text_enum! {
    /// How far a text has come. It moves forward only.
    TextStatus { Queued, Sending, Sent, Delivered, Undelivered, Failed, Suppressed }
}

text_enum! {
    /// How a text of a list stands: one of ours, or one that came in.
    ListedStatus { Received, Queued, Sending, Sent, Delivered, Undelivered, Failed, Suppressed }
}

impl ListedStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Queued => "QUEUED",
            Self::Sending => "SENDING",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Undelivered => "UNDELIVERED",
            Self::Failed => "FAILED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "REPLY",
            Self::OptConfirmation => "OPT_CONFIRMATION",
            Self::KeywordAnswer => "KEYWORD_ANSWER",
            Self::Confirmation => "CONFIRMATION",
            Self::Reminder => "REMINDER",
            Self::Notice => "NOTICE",
            Self::Staff => "STAFF",
        }
    }
}

impl TextStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sending => "SENDING",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Undelivered => "UNDELIVERED",
            Self::Failed => "FAILED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}

/// A text to be sent.
#[derive(Clone, Debug)]
pub struct NewText {
    pub interaction: InteractionId,
    pub message: Option<MessageId>,
    pub contact: Option<ContactId>,
    pub purpose: Purpose,
    pub from: E164,
    pub to: E164,
    pub body: String,
    /// The text that this one tries again.
    pub retry_of: Option<OutgoingId>,
}

/// A text and everything that decides about it, read with its contact locked.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub interaction: InteractionId,
    pub message: Option<MessageId>,
    pub purpose: Purpose,
    pub status: TextStatus,
    pub from: E164,
    pub to: E164,
    pub body: String,
    pub day: NaiveDate,
    pub created_at: DateTime<Utc>,
    pub sending_at: Option<DateTime<Utc>>,
    /// How often the provider was called without a clear no.
    pub tries: i32,
    /// Set with its charge; a callback may know of the text before.
    pub sent_at: Option<DateTime<Utc>>,
    pub provider_message_id: Option<String>,
    /// The subscriber's own account that it was handed to; None: the platform's.
    pub account_id: Option<String>,
    pub is_retry: bool,
    /// Not so of a subscriber that handles health data.
    pub keeps_words: bool,
    /// We began the conversation, and the person has said nothing in it.
    pub is_unanswered: bool,
    pub is_opted_out: bool,
    /// It tells of an appointment that has begun, was moved or was cancelled meanwhile.
    pub is_outdated: bool,
    pub text_state: Option<TextState>,
    pub mode: ChannelMode,
    pub is_channel_enabled: bool,
    pub is_ai_paused: bool,
    pub is_assigned: bool,
    /// A person let this reply pass, or an earlier one of the conversation.
    pub is_approved: bool,
    pub subscriber_status: SubscriberStatus,
    /// The person's zone, as far as we know it, and the subscriber's.
    pub timezone: String,
    pub business_timezone: String,
    /// Texts to this person in the last ten minutes and the last hour, and of the subscriber in the last day.
    pub sent_10_min: i64,
    pub sent_1_h: i64,
    pub sent_1_d: i64,
}

impl Candidate {
    /// When the provider was last called, at the earliest.
    pub fn last_try_at(&self) -> DateTime<Utc> {
        self.sending_at.unwrap_or(self.created_at)
    }
}

/// Why a text is not sent. The names are what a person sees in `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    OptedOut,
    TooLate,
    Outdated,
    Unreachable,
    ChannelOff,
    Shadow,
    NeedsApproval,
    TakenOver,
    TooMany,
    NoService,
}

impl Refusal {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptedOut => "OPTED_OUT",
            Self::TooLate => "TOO_LATE",
            Self::Outdated => "OUTDATED",
            Self::Unreachable => "UNREACHABLE_NUMBER",
            Self::ChannelOff => "CHANNEL_OFF",
            Self::Shadow => "SHADOW_MODE",
            Self::NeedsApproval => "NEEDS_APPROVAL",
            Self::TakenOver => "TAKEN_OVER",
            Self::TooMany => "TOO_MANY",
            Self::NoService => "NO_SERVICE",
        }
    }
}
