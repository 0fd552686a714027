//! A booking at Cal.com, from both of its spellings.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::loose;

/// How a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingStatus {
    Accepted,
    /// The host must confirm it; until then it holds no time.
    Pending,
    Cancelled,
    Rejected,
}

impl BookingStatus {
    /// In capitals in webhooks, in small letters in the API.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "accepted" => Some(Self::Accepted),
            "pending" | "awaiting_host" => Some(Self::Pending),
            "cancelled" => Some(Self::Cancelled),
            "rejected" => Some(Self::Rejected),
            _ => None,
        }
    }
}

/// Whose calendar it stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Host {
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub id: Option<i64>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub username: Option<String>,
}

/// Who comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attendee {
    pub name: Option<String>,
    /// None where Cal.com made one up for somebody who gave only a phone: nobody reads it.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub is_absent: Option<bool>,
}

/// What we know of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub uid: String,
    pub status: Option<BookingStatus>,
    pub start: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
    pub event_type_id: Option<i64>,
    pub title: Option<String>,
    pub host: Host,
    /// The one who booked.
    pub attendee: Option<Attendee>,
    /// What we wrote into it ourselves; gone in news of cancellations.
    pub metadata: BTreeMap<String, String>,
    /// One higher with every change of the same series. Only webhooks say it.
    pub sequence: Option<i32>,
    /// The same for a booking and all that it was moved to.
    pub ical_uid: Option<String>,
    /// The booking that was moved to become this one.
    pub moved_from: Option<String>,
    /// The booking that this one became.
    pub moved_to: Option<String>,
    pub reason: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct WirePerson {
    #[serde(default, deserialize_with = "loose::or_absent")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    email: Option<String>,
    #[serde(default, rename = "phoneNumber", deserialize_with = "loose::or_absent")]
    phone: Option<String>,
    #[serde(default, rename = "timeZone", deserialize_with = "loose::or_absent")]
    time_zone: Option<String>,
    /// `{"locale": "fr"}` in webhooks, `"fr"` in the API.
    #[serde(default)]
    language: serde_json::Value,
    /// So in the flat news of meetings.
    #[serde(default, deserialize_with = "loose::or_absent")]
    locale: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    absent: Option<bool>,
    #[serde(default, rename = "noShow", deserialize_with = "loose::or_absent")]
    no_show: Option<bool>,
}

impl WirePerson {
    pub(super) fn is_absent(&self) -> Option<bool> {
        self.no_show.or(self.absent)
    }

    pub(super) fn into_attendee(self) -> Attendee {
        let language = self.language.as_str().map(str::to_owned);
        let nested = self.language["locale"].as_str().map(str::to_owned);
        let is_absent = self.is_absent();
        Attendee {
            name: filled(self.name),
            email: filled(self.email).filter(|email| !is_made_up(email)),
            phone: filled(self.phone),
            language: language.or(nested).or(self.locale),
            time_zone: filled(self.time_zone),
            is_absent,
        }
    }
}

/// An address that Cal.com made of a phone number.
fn is_made_up(email: &str) -> bool {
    email.to_ascii_lowercase().ends_with("@sms.cal.com")
}

pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// As the API writes it.
#[derive(Deserialize)]
pub(super) struct ApiBooking {
    uid: String,
    #[serde(default, deserialize_with = "loose::or_absent")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose::moment")]
    start: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::moment")]
    end: Option<DateTime<Utc>>,
    #[serde(default, rename = "eventTypeId", deserialize_with = "loose::or_absent")]
    event_type_id: Option<i64>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    title: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    hosts: Vec<Host>,
    #[serde(default, deserialize_with = "loose::list")]
    attendees: Vec<WirePerson>,
    #[serde(default, deserialize_with = "loose::texts")]
    metadata: BTreeMap<String, String>,
    #[serde(default, rename = "icsUid", deserialize_with = "loose::or_absent")]
    ics_uid: Option<String>,
    #[serde(
        default,
        rename = "rescheduledFromUid",
        deserialize_with = "loose::or_absent"
    )]
    moved_from: Option<String>,
    #[serde(
        default,
        rename = "rescheduledToUid",
        deserialize_with = "loose::or_absent"
    )]
    moved_to: Option<String>,
    #[serde(
        default,
        rename = "cancellationReason",
        deserialize_with = "loose::or_absent"
    )]
    reason: Option<String>,
    #[serde(default, rename = "createdAt", deserialize_with = "loose::moment")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, rename = "updatedAt", deserialize_with = "loose::moment")]
    updated_at: Option<DateTime<Utc>>,
}

impl From<ApiBooking> for Booking {
    fn from(wire: ApiBooking) -> Self {
        let mut attendees = wire.attendees.into_iter();
        Self {
            uid: wire.uid,
            status: wire.status.as_deref().and_then(BookingStatus::parse),
            start: wire.start,
            end: wire.end,
            event_type_id: wire.event_type_id,
            title: filled(wire.title),
            host: wire.hosts.into_iter().next().unwrap_or_default(),
            attendee: attendees.next().map(WirePerson::into_attendee),
            metadata: wire.metadata,
            sequence: None,
            ical_uid: filled(wire.ics_uid),
            moved_from: filled(wire.moved_from),
            moved_to: filled(wire.moved_to),
            reason: filled(wire.reason),
            created_at: wire.created_at,
            updated_at: wire.updated_at,
        }
    }
}
