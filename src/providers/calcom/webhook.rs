//! What Cal.com posts to us.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{
    booking::{Booking, BookingStatus, Host, WirePerson, filled},
    loose,
};

/// What we ask to be told.
pub const TRIGGERS: [&str; 7] = [
    "BOOKING_CREATED",
    "BOOKING_RESCHEDULED",
    "BOOKING_REQUESTED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_NO_SHOW_UPDATED",
    "MEETING_ENDED",
];

/// News of a booking. The list of triggers grows without notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookEvent {
    Created(Booking),
    /// The host must confirm it first.
    Requested(Booking),
    Rescheduled(Booking),
    Cancelled(Booking),
    Rejected(Booking),
    MeetingEnded(Booking),
    NoShow(NoShow),
    /// `PING`, and whatever else we have no use for.
    Other {
        trigger: String,
    },
}

/// Who came and who did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoShow {
    pub uid: String,
    /// Whether somebody did not come; false takes it back.
    pub is_absent: bool,
}

/// A body that is no news of Cal.com's. Says what is wrong and quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("the body is not a JSON object")]
    NotJson,
    #[error("triggerEvent is missing")]
    NoTrigger,
    #[error("the booking has no uid")]
    NoUid,
}

/// A booking as webhooks write it, under `payload` or, for meetings, beside `triggerEvent`.
#[derive(Deserialize)]
struct WireBooking {
    #[serde(default, deserialize_with = "loose::id")]
    uid: Option<String>,
    #[serde(default, rename = "bookingUid", deserialize_with = "loose::id")]
    booking_uid: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    status: Option<String>,
    #[serde(default, rename = "startTime", deserialize_with = "loose::moment")]
    start: Option<DateTime<Utc>>,
    #[serde(default, rename = "endTime", deserialize_with = "loose::moment")]
    end: Option<DateTime<Utc>>,
    #[serde(default, rename = "eventTypeId", deserialize_with = "loose::or_absent")]
    event_type_id: Option<i64>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    title: Option<String>,
    #[serde(default, rename = "eventTitle", deserialize_with = "loose::or_absent")]
    event_title: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    organizer: Option<Host>,
    /// The host in the flat news, with his id beside it.
    #[serde(default, deserialize_with = "loose::or_absent")]
    user: Option<Host>,
    #[serde(default, rename = "userId", deserialize_with = "loose::or_absent")]
    user_id: Option<i64>,
    #[serde(default, deserialize_with = "loose::list")]
    attendees: Vec<WirePerson>,
    #[serde(default)]
    responses: Value,
    #[serde(default, deserialize_with = "loose::texts")]
    metadata: BTreeMap<String, String>,
    #[serde(
        default,
        rename = "iCalSequence",
        deserialize_with = "loose::or_absent"
    )]
    sequence: Option<i32>,
    #[serde(default, rename = "iCalUID", deserialize_with = "loose::or_absent")]
    ical_uid: Option<String>,
    #[serde(default, rename = "rescheduleUid", deserialize_with = "loose::id")]
    moved_from: Option<String>,
    #[serde(default, rename = "fromReschedule", deserialize_with = "loose::id")]
    from_reschedule: Option<String>,
    #[serde(
        default,
        rename = "cancellationReason",
        deserialize_with = "loose::or_absent"
    )]
    cancellation_reason: Option<String>,
    #[serde(
        default,
        rename = "rejectionReason",
        deserialize_with = "loose::or_absent"
    )]
    rejection_reason: Option<String>,
}

impl WebhookEvent {
    pub fn parse(body: &[u8]) -> Result<Self, ParseError> {
        let Ok(Value::Object(mut whole)) = serde_json::from_slice(body) else {
            return Err(ParseError::NotJson);
        };
        let Some(trigger) = whole.get("triggerEvent").and_then(Value::as_str) else {
            return Err(ParseError::NoTrigger);
        };
        let trigger = trigger.to_owned();
        let said_at = whole.get("createdAt").and_then(Value::as_str);
        let said_at = said_at.and_then(loose::parse_moment);
        let is_flat = !whole.get("payload").is_some_and(Value::is_object);
        let payload = if is_flat {
            Value::Object(whole)
        } else {
            whole.remove("payload").unwrap_or_default()
        };
        Self::of(trigger, payload, said_at, is_flat)
    }

    fn of(
        trigger: String,
        payload: Value,
        said_at: Option<DateTime<Utc>>,
        is_flat: bool,
    ) -> Result<Self, ParseError> {
        let news = match trigger.as_str() {
            "BOOKING_CREATED" => Self::Created,
            "BOOKING_REQUESTED" => Self::Requested,
            "BOOKING_RESCHEDULED" => Self::Rescheduled,
            "BOOKING_CANCELLED" => Self::Cancelled,
            "BOOKING_REJECTED" => Self::Rejected,
            "MEETING_ENDED" => Self::MeetingEnded,
            "BOOKING_NO_SHOW_UPDATED" => {
                let wire = read(payload)?;
                let is_absent = wire
                    .attendees
                    .iter()
                    .any(|who| who.is_absent() == Some(true));
                let uid = wire.booking_uid.or(wire.uid).ok_or(ParseError::NoUid)?;
                return Ok(Self::NoShow(NoShow { uid, is_absent }));
            }
            _ => return Ok(Self::Other { trigger }),
        };
        let wire = read(payload)?;
        // The flat form says when the booking was made, not when this happened.
        let said_at = said_at.filter(|_| !is_flat);
        let mut booking = wire.into_booking()?;
        booking.updated_at = said_at;
        booking.status = match trigger.as_str() {
            "BOOKING_CREATED" => booking.status.or(Some(BookingStatus::Accepted)),
            "BOOKING_REQUESTED" => Some(BookingStatus::Pending),
            "BOOKING_CANCELLED" => Some(BookingStatus::Cancelled),
            "BOOKING_REJECTED" => Some(BookingStatus::Rejected),
            _ => booking.status,
        };
        Ok(news(booking))
    }

    /// What happened, as Cal.com names it.
    pub fn trigger(&self) -> &str {
        match self {
            Self::Created(_) => "BOOKING_CREATED",
            Self::Requested(_) => "BOOKING_REQUESTED",
            Self::Rescheduled(_) => "BOOKING_RESCHEDULED",
            Self::Cancelled(_) => "BOOKING_CANCELLED",
            Self::Rejected(_) => "BOOKING_REJECTED",
            Self::MeetingEnded(_) => "MEETING_ENDED",
            Self::NoShow(_) => "BOOKING_NO_SHOW_UPDATED",
            Self::Other { trigger } => trigger,
        }
    }

    /// The booking of which it tells, but for who came.
    pub fn booking(&self) -> Option<&Booking> {
        match self {
            Self::Created(booking)
            | Self::Requested(booking)
            | Self::Rescheduled(booking)
            | Self::Cancelled(booking)
            | Self::Rejected(booking)
            | Self::MeetingEnded(booking) => Some(booking),
            Self::NoShow(_) | Self::Other { .. } => None,
        }
    }

    /// The id of the booking.
    pub fn uid(&self) -> Option<&str> {
        match self {
            Self::NoShow(news) => Some(&news.uid),
            _ => self.booking().map(|booking| booking.uid.as_str()),
        }
    }
}

fn read(payload: Value) -> Result<WireBooking, ParseError> {
    serde_json::from_value(payload).map_err(|_| ParseError::NotJson)
}

impl WireBooking {
    fn into_booking(self) -> Result<Booking, ParseError> {
        let answered = |field: &str| {
            let value = self.responses[field]["value"].as_str();
            filled(value.map(str::to_owned))
        };
        let (name, phone) = (answered("name"), answered("attendeePhoneNumber"));
        let mut host = self.organizer.or(self.user).unwrap_or_default();
        host.id = host.id.or(self.user_id);
        let attendee = self.attendees.into_iter().next();
        let attendee = attendee.map(|person| {
            let mut attendee = person.into_attendee();
            attendee.name = attendee.name.or(name);
            attendee.phone = attendee.phone.or(phone);
            attendee
        });
        Ok(Booking {
            uid: self.uid.or(self.booking_uid).ok_or(ParseError::NoUid)?,
            status: self.status.as_deref().and_then(BookingStatus::parse),
            start: self.start,
            end: self.end,
            event_type_id: self.event_type_id,
            title: filled(self.event_title).or(filled(self.title)),
            host,
            attendee,
            metadata: self.metadata,
            sequence: self.sequence,
            ical_uid: filled(self.ical_uid),
            moved_from: self.moved_from.or(self.from_reschedule),
            moved_to: None,
            reason: filled(self.cancellation_reason).or(filled(self.rejection_reason)),
            created_at: None,
            updated_at: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../../../tests/data/calcom/", $name, ".json"))
        };
    }

    fn parse(body: &[u8]) -> WebhookEvent {
        WebhookEvent::parse(body).unwrap()
    }

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_created_booking_says_who_comes_when_and_to_whom() {
        let WebhookEvent::Created(booking) = parse(fixture!("BOOKING_CREATED")) else {
            panic!("not created");
        };
        assert_eq!(booking.uid, "bk_RR7fQmZ2Yc1");
        assert_eq!(booking.status, Some(BookingStatus::Accepted));
        assert_eq!(booking.start, at("2026-11-24T14:00:00Z"));
        assert_eq!(booking.end, at("2026-11-24T14:30:00Z"));
        assert_eq!(booking.event_type_id, Some(555));
        assert_eq!(booking.title.as_deref(), Some("Estimation plomberie"));
        assert_eq!(booking.host.id, Some(1001));
        assert_eq!(booking.sequence, Some(0));
        assert_eq!(booking.updated_at, at("2026-11-20T12:00:00Z"));
        assert_eq!(booking.metadata["call_id"], "call_0001");
        let attendee = booking.attendee.unwrap();
        assert_eq!(attendee.name.as_deref(), Some("Jean Dupont"));
        assert_eq!(attendee.email.as_deref(), Some("jean@example.com"));
        assert_eq!(attendee.phone.as_deref(), Some("+15145551234"));
        assert_eq!(attendee.language.as_deref(), Some("fr"));
    }

    #[test]
    fn an_address_that_cal_com_made_up_is_none() {
        let event = parse(fixture!("BOOKING_CREATED.phone_only_attendee"));
        let attendee = event.booking().unwrap().attendee.clone().unwrap();
        assert_eq!(attendee.email, None);
        assert_eq!(attendee.phone.as_deref(), Some("+15145551234"));
    }

    #[test]
    fn a_move_names_the_booking_before_and_a_request_waits() {
        let WebhookEvent::Rescheduled(moved) = parse(fixture!("BOOKING_RESCHEDULED")) else {
            panic!("not moved");
        };
        assert_eq!(moved.moved_from.as_deref(), Some("bk_RR7fQmZ2Yc1"));
        assert_eq!(
            (moved.uid.as_str(), moved.sequence),
            ("bk_RRnew8hT5", Some(1))
        );
        let WebhookEvent::Requested(asked) = parse(fixture!("BOOKING_REQUESTED")) else {
            panic!("not requested");
        };
        assert_eq!(asked.status, Some(BookingStatus::Pending));
    }

    #[test]
    fn endings_have_their_reason_and_no_metadata() {
        let WebhookEvent::Cancelled(cancelled) = parse(fixture!("BOOKING_CANCELLED")) else {
            panic!("not cancelled");
        };
        assert_eq!(cancelled.reason.as_deref(), Some("Client a annulé"));
        assert_eq!(cancelled.start, at("2026-11-25T15:00:00Z"));
        assert!(cancelled.metadata.is_empty());
        let WebhookEvent::Rejected(rejected) = parse(fixture!("BOOKING_REJECTED")) else {
            panic!("not rejected");
        };
        assert_eq!(rejected.status, Some(BookingStatus::Rejected));
        assert_eq!(rejected.reason.as_deref(), Some("Indisponible"));
    }

    #[test]
    fn a_meeting_is_flat() {
        let WebhookEvent::MeetingEnded(booking) = parse(fixture!("MEETING_ENDED")) else {
            panic!("not ended");
        };
        assert_eq!(booking.uid, "bk_RRnew8hT5");
        assert_eq!(booking.host.id, Some(1001));
        assert_eq!(booking.moved_from.as_deref(), Some("bk_RR7fQmZ2Yc1"));
        assert_eq!(booking.updated_at, None);
        let attendee = booking.attendee.unwrap();
        assert_eq!(attendee.language.as_deref(), Some("fr"));
        assert_eq!(attendee.is_absent, Some(false));
    }

    #[test]
    fn who_did_not_come_is_told_by_the_id_of_the_booking() {
        let WebhookEvent::NoShow(news) = parse(fixture!("BOOKING_NO_SHOW_UPDATED")) else {
            panic!("not about who came");
        };
        let uid = "bk_RRnew8hT5".to_owned();
        assert_eq!(
            news,
            NoShow {
                uid,
                is_absent: true
            }
        );
    }

    #[test]
    fn a_ping_and_what_we_do_not_know_are_nothing_to_do() {
        for (body, name) in [
            (&fixture!("PING")[..], "PING"),
            (&fixture!("UNKNOWN_TRIGGER")[..], "SOME_FUTURE_TRIGGER"),
        ] {
            let event = parse(body);
            assert_eq!((event.trigger(), event.uid()), (name, None));
        }
    }

    #[test]
    fn odd_bodies_are_refused_and_odd_members_are_absent() {
        for (body, error) in [
            (&b"status=accepted"[..], ParseError::NotJson),
            (b"[]", ParseError::NotJson),
            (b"{}", ParseError::NoTrigger),
            (br#"{"triggerEvent":7}"#, ParseError::NoTrigger),
            (
                br#"{"triggerEvent":"BOOKING_CREATED","payload":{}}"#,
                ParseError::NoUid,
            ),
        ] {
            assert_eq!(WebhookEvent::parse(body), Err(error));
        }
        let odd = br#"{"triggerEvent":"BOOKING_CREATED","createdAt":5,"payload":{"uid":"a","startTime":"soon",
            "endTime":{},"organizer":[],"attendees":[7,{"name":3,"email":"a@b.example"}],"metadata":"x",
            "iCalSequence":"none","responses":7,"eventTypeId":"five"}}"#;
        let WebhookEvent::Created(booking) = parse(odd) else {
            panic!("not created");
        };
        assert_eq!((booking.start, booking.sequence), (None, None));
        let attendee = booking.attendee.unwrap();
        assert_eq!(attendee.email.as_deref(), Some("a@b.example"));
    }
}
