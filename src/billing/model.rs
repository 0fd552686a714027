//! The words of billing.
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::{
    kernel::{
        ids::{InteractionId, UsageId},
        text::text_enum,
    },
    tenancy::Channel,
    traffic::{Contribution, Outcome},
};

text_enum! {
    UsageType { VoiceCall, Sms }
}

text_enum! {
    /// What an entry of the ledger is for.
    Leg { Carrier, Ai, Segments, NumberRent, PlatformFee }
}

text_enum! {
    /// Why something that was used costs nothing.
    NotBilled { Short, Test, Fallback, Spam, Forwarded }
}

text_enum! {
    /// What paid.
    ChargedFrom { Included, Balance, Mixed }
}

impl UsageType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VoiceCall => "VOICE_CALL",
            Self::Sms => "SMS",
        }
    }
}

impl ChargedFrom {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Included => "INCLUDED",
            Self::Balance => "BALANCE",
            Self::Mixed => "MIXED",
        }
    }
}

/// What a provider charges us, in its own currency.
#[derive(Clone, Debug)]
pub struct Cost {
    pub amount: Decimal,
    pub currency: &'static str,
}

/// Something used, to be charged once. The same source again is a correction, or nothing when nothing changed.
#[derive(Clone, Debug)]
pub struct Charge {
    pub usage_type: UsageType,
    /// What caused it, such as `RETELL:call_…` or `TWILIO:SM…`.
    pub source: String,
    pub interaction: InteractionId,
    pub occurred_at: DateTime<Utc>,
    pub duration_s: Option<i32>,
    /// To be billed; zero when there is a reason not to.
    pub minutes: i32,
    pub segments: i32,
    pub not_billed: Option<NotBilled>,
    pub cost: Option<Cost>,
    pub leg: Leg,
    /// The event that told us.
    pub source_event: String,
    /// The month whose included minutes and texts it draws on: its first day, in the subscriber's zone. A correction
    /// stays in the month of what it corrects.
    pub period: NaiveDate,
}

/// What one event adds to the sums of a day.
#[derive(Clone, Debug)]
pub struct Totals {
    pub day: NaiveDate,
    pub channel: Channel,
    pub change: Contribution,
    pub messages_in: i32,
    pub messages_out: i32,
}

impl Totals {
    /// The sums by the names of their columns.
    pub(super) fn by_name(&self) -> Vec<(&'static str, i64)> {
        let change = self.change;
        let outcomes = Outcome::COUNTED_APART.into_iter().zip(change.outcomes);
        let mut sums = vec![
            ("interactions", change.interactions.into()),
            ("answered", change.answered.into()),
            ("missed", change.missed.into()),
            ("transferred", change.transferred.into()),
            ("booked", change.booked.into()),
            ("ai_handled", change.ai_handled.into()),
            ("under_15_s", change.under_15_s.into()),
            ("duration_s", change.duration_s),
            ("messages_in", self.messages_in.into()),
            ("messages_out", self.messages_out.into()),
        ];
        sums.extend(outcomes.map(|(outcome, value)| (sum_of(outcome), value.into())));
        sums
    }
}

/// The column of `usage_rollups` in which conversations that ended so are counted.
pub fn sum_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Booked => "booked",
        Outcome::Missed => "missed",
        Outcome::Transferred => "transferred",
        Outcome::Rescheduled => "outcome_rescheduled",
        Outcome::Cancelled => "outcome_cancelled",
        Outcome::MessageTaken => "outcome_message_taken",
        Outcome::Answered => "outcome_answered",
        Outcome::Voicemail => "outcome_voicemail",
        Outcome::Abandoned => "outcome_abandoned",
        Outcome::Blocked => "outcome_blocked",
        Outcome::Failed => "outcome_failed",
        Outcome::Other => "outcome_other",
    }
}

/// What a charge came to.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub id: UsageId,
    pub price: Decimal,
    pub currency: String,
}
