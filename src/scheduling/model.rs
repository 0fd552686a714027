//! The words of booking.
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::{
    kernel::{
        ids::{AppointmentId, ContactId, InteractionId, ReminderId, ResourceId},
        language::Language,
        phone::E164,
        text::text_enum,
    },
    traffic::Source,
};

text_enum! {
    /// How an appointment stands. Those that are cancelled, or to which nobody came, leave their time to others.
    AppointmentStatus { Pending, Confirmed, Cancelled, Completed, NoShow }
}

text_enum! {
    /// By which way an appointment came.
    BookingSource { VoiceBooking, Sms, Chat, Web, Manual, Calcom }
}

/// What a person is told of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text")]
pub enum NoticeKind {
    #[sqlx(rename = "CONFIRMATION")]
    Confirmation,
    #[sqlx(rename = "REMINDER_24H")]
    DayBefore,
    #[sqlx(rename = "REMINDER_2H")]
    HoursBefore,
}

impl AppointmentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Completed => "COMPLETED",
            Self::NoShow => "NO_SHOW",
        }
    }

    /// It is still to come.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed)
    }
}

impl NoticeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "CONFIRMATION",
            Self::DayBefore => "REMINDER_24H",
            Self::HoursBefore => "REMINDER_2H",
        }
    }
}

/// What can be booked once at a time: a technician, a chair.
#[derive(Clone, Debug)]
pub struct Resource {
    pub id: ResourceId,
    pub name: String,
    pub is_active: bool,
}

/// A booked time.
#[derive(Clone, Debug)]
pub struct Appointment {
    pub id: AppointmentId,
    pub resource: ResourceId,
    pub service: Option<Uuid>,
    pub service_name: Option<String>,
    pub contact: Option<ContactId>,
    pub interaction: Option<InteractionId>,
    pub call_sid: Option<String>,
    pub source: BookingSource,
    pub status: AppointmentStatus,
    pub confirmation_code: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub buffer_minutes: i32,
    /// The business's zone when it was booked.
    pub timezone: String,
    pub language: Option<Language>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<E164>,
    pub customer_email: Option<String>,
    pub purpose: Option<String>,
    pub notes: Option<String>,
    /// How often it was changed.
    pub sequence: i32,
    pub confirmation_sent: bool,
    pub reminder_sent: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Appointment {
    pub fn duration_minutes(&self) -> i64 {
        (self.ends_at - self.starts_at).num_minutes()
    }
}

/// A row of `appointments` that is to be written, already decided.
#[derive(Clone, Debug)]
pub struct NewAppointment {
    pub resource: ResourceId,
    pub service: Option<Uuid>,
    pub contact: Option<ContactId>,
    pub interaction: Option<InteractionId>,
    pub call_sid: Option<String>,
    pub source: BookingSource,
    pub status: AppointmentStatus,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub buffer_minutes: i32,
    pub timezone: String,
    pub language: Option<Language>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<E164>,
    pub customer_email: Option<String>,
    /// Not kept of a subscriber that handles health data, like the notes.
    pub purpose: Option<String>,
    pub notes: Option<String>,
}

/// Where an appointment stands on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub resource: ResourceId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub buffer_minutes: i32,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub from: DateTime<Utc>,
    /// Not in it.
    pub until: DateTime<Utc>,
    pub service: Option<Uuid>,
    /// Only of this one; else of whichever is free.
    pub resource: Option<ResourceId>,
    /// Instead of the service's, or the business's own.
    pub duration_minutes: Option<i32>,
    /// No more than so many, the first ones.
    pub limit: usize,
}

/// What is free.
#[derive(Clone, Debug)]
pub struct Offer {
    pub zone: Tz,
    pub slots: Vec<OfferedSlot>,
}

/// One free start, with the token by which it can be booked for a quarter of an hour.
#[derive(Clone, Debug)]
pub struct OfferedSlot {
    pub token: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub resource: ResourceId,
}

/// When somebody wants to come.
#[derive(Clone, Debug)]
pub enum When {
    /// The token of an [`OfferedSlot`].
    Slot(String),
    Start(DateTime<Utc>),
    /// On the business's clocks.
    Local(NaiveDateTime),
}

/// What somebody wants to book.
#[derive(Clone, Debug)]
pub struct NewBooking {
    pub when: When,
    pub service: Option<Uuid>,
    pub resource: Option<ResourceId>,
    pub duration_minutes: Option<i32>,
    pub customer_name: String,
    pub customer_phone: Option<E164>,
    pub customer_email: Option<String>,
    pub purpose: Option<String>,
    pub notes: Option<String>,
    pub language: Option<Language>,
    pub source: BookingSource,
    pub call_sid: Option<String>,
    /// The conversation in which it is booked.
    pub interaction: Option<InteractionId>,
}

/// Who does something with an appointment, and in which conversation.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub source: Source,
    pub interaction: Option<InteractionId>,
}

impl Act {
    /// A brain's tool, in this conversation.
    pub fn of_tool(interaction: InteractionId) -> Self {
        Self {
            source: Source::ToolCall,
            interaction: Some(interaction),
        }
    }

    /// Somebody of the business.
    pub const STAFF: Self = Self {
        source: Source::Staff,
        interaction: None,
    };
}

/// What somebody has who speaks of an appointment.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// The number from which the person calls or writes, as the carrier says, and not as the person does.
    pub caller: Option<E164>,
    /// As it was said or typed.
    pub code: Option<String>,
}

/// Something that is to be told of an appointment.
#[derive(Clone, Debug)]
pub struct Notice {
    pub id: ReminderId,
    pub appointment: AppointmentId,
    pub kind: NoticeKind,
    /// The start that it is about.
    pub starts_at: DateTime<Utc>,
}

/// Why something cannot be booked, moved or found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else has it; here is what is free instead.
    #[error("this time is taken")]
    SlotTaken {
        zone: Tz,
        alternatives: Vec<OfferedSlot>,
    },
    #[error("{0}")]
    OutsideHours(&'static str),
    #[error("this time has passed")]
    InThePast,
    /// A token that is not ours, or not any more; or a start that is none of those offered.
    #[error("{0}")]
    SlotInvalid(&'static str),
    #[error("there is no such service")]
    UnknownService,
    #[error("there is no such resource")]
    UnknownResource,
    #[error("the duration is 5 minutes to 24 hours")]
    BadDuration,
    #[error("this business takes no bookings at the moment")]
    BookingOff,
    #[error("there is no such appointment")]
    NotFound,
    /// Neither the number that booked nor the code.
    #[error("this needs the number that booked, or the confirmation code")]
    NeedsProof,
    /// What is over cannot be moved, what is cancelled cannot come back.
    #[error("{0}")]
    NotNow(&'static str),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
