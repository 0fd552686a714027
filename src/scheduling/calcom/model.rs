//! The words of a calendar that is kept at Cal.com.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{ids::AppointmentId, text::text_enum},
    providers::calcom::BookingStatus,
};

text_enum! {
    /// Whether we may use a calendar. RECONNECT: the permission is gone, and somebody must say yes again.
    ConnectionState { Active, Reconnect, Disconnected }
}

text_enum! {
    /// How Cal.com's booking and our appointment stand to each other. WANTED: we have something to do there. CONFLICT:
    /// it is booked with us, and the time is not free there. UNPLACED: it is booked there, and not free with us.
    SyncState { Wanted, Done, Conflict, Failed, Unplaced }
}

text_enum! {
    /// Who made a booking.
    Origin { Ours, Calcom }
}

text_enum! {
    /// How a booking stands there.
    CalcomStatus { Accepted, Pending, Cancelled, Rejected }
}

/// The problem of what Cal.com did not answer, however often it was asked.
pub const NO_ANSWER: &str = "NO_ANSWER";

impl CalcomStatus {
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Rejected)
    }
}

impl From<BookingStatus> for CalcomStatus {
    fn from(status: BookingStatus) -> Self {
        match status {
            BookingStatus::Accepted => Self::Accepted,
            BookingStatus::Pending => Self::Pending,
            BookingStatus::Cancelled => Self::Cancelled,
            BookingStatus::Rejected => Self::Rejected,
        }
    }
}

/// A subscriber's calendar there; its tokens stay sealed.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: Uuid,
    pub state: ConnectionState,
    pub calcom_user_id: i64,
    pub username: Option<String>,
    pub email: Option<String>,
    pub access_token_sealed: Option<String>,
    pub refresh_token_sealed: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub webhook_id: Option<String>,
    pub webhook_secret_sealed: Option<String>,
    pub event_type_id: Option<i64>,
    pub event_type_title: Option<String>,
    pub event_type_minutes: Option<i32>,
    pub polled_until: Option<DateTime<Utc>>,
    pub connected_at: DateTime<Utc>,
}

/// A row of `calendar_bookings`.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: Uuid,
    pub appointment: Option<AppointmentId>,
    pub origin: Origin,
    pub sync_state: SyncState,
    pub uid: Option<String>,
    pub ical_uid: Option<String>,
    pub sequence: i32,
    pub event_type_id: Option<i64>,
    pub status: Option<CalcomStatus>,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub news_at: Option<DateTime<Utc>>,
    pub wanted_start: Option<DateTime<Utc>>,
    pub attempted_at: Option<DateTime<Utc>>,
    pub problem: Option<String>,
}

impl Link {
    /// Whether Cal.com said no to what we asked for. Who only got no answer may ask again.
    pub fn is_refused(&self) -> bool {
        match self.sync_state {
            SyncState::Conflict => true,
            SyncState::Failed => self.problem.as_deref() != Some(NO_ANSWER),
            SyncState::Wanted | SyncState::Done | SyncState::Unplaced => false,
        }
    }

    /// Booking and appointment agree.
    pub fn settle(&mut self) {
        self.sync_state = SyncState::Done;
        self.attempted_at = None;
        self.problem = None;
    }

    /// Whether there is a booking that stands.
    pub fn is_booked(&self) -> bool {
        self.uid.is_some() && !self.status.is_some_and(CalcomStatus::is_over)
    }

    /// One that is not written yet.
    pub fn new(origin: Origin, appointment: Option<AppointmentId>) -> Self {
        Self {
            id: Uuid::now_v7(),
            appointment,
            origin,
            sync_state: SyncState::Wanted,
            uid: None,
            ical_uid: None,
            sequence: 0,
            event_type_id: None,
            status: None,
            starts_at: None,
            ends_at: None,
            news_at: None,
            wanted_start: None,
            attempted_at: None,
            problem: None,
        }
    }
}

/// What is booked at Cal.com.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypeChoice {
    pub id: i64,
    pub title: Option<String>,
    pub minutes: Option<i32>,
    /// What a booking may say; empty where there is only the one length.
    pub lengths: Vec<i32>,
}

impl EventTypeChoice {
    /// The length that a booking says. None: it may say none, and is as long as the event type.
    pub fn length_of(&self, minutes: i64) -> Option<i32> {
        let lengths = self.lengths.iter().copied();
        lengths
            .into_iter()
            .find(|length| i64::from(*length) == minutes)
    }

    /// Whether a booking may take less time there than the appointment does here.
    pub fn is_too_short_for(&self, minutes: i32) -> bool {
        let is_said = self.lengths.contains(&minutes);
        !is_said && self.minutes.is_some_and(|own| own < minutes)
    }
}
