//! What Cal.com tells of a booking becomes an appointment, moves it, ends it; told by a webhook or found by a poll, once,
//! twice, and in any order.
//!
//! What is older than what is known changes nothing. Webhooks count the changes of a booking and all that it was moved
//! to (`iCalSequence`); the API does not, but says when a booking was changed. Of two with the same count the one that is
//! further on stands. A booking that was moved is another booking there and the same appointment here.
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    model::{CalcomStatus, ConnectionState, Link, Origin, SyncState},
    store::{
        bookings::{self, Signs},
        connections,
    },
    sync::SyncAppointment,
};
use crate::{
    alerts::{self, Alert, Severity},
    jobs,
    kernel::{db::TenantTx, ids::ResourceId, language::Language, phone::E164},
    mail::{Notice, TellOwner},
    providers::calcom::Booking,
    scheduling::{
        model::{Act, Appointment, AppointmentStatus, BookingSource, Error, NewAppointment, Place},
        service,
        store::{reminders, resources},
    },
    tenancy::store::booking as rules,
    traffic::Source,
};

/// More than a business has.
const MOST_RESOURCES: i64 = 200;

/// The longest that an appointment may be.
const LONGEST: TimeDelta = TimeDelta::hours(24);

const ACT: Act = Act {
    source: Source::Provider,
    interaction: None,
};

/// What happened.
#[derive(Clone, Debug)]
pub enum News {
    Booking(Box<Booking>, Told),
    NoShow { uid: String, is_absent: bool },
}

/// What is said of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// How it stands.
    Standing,
    /// Its time is over.
    Ended,
}

impl News {
    pub fn uid(&self) -> &str {
        match self {
            Self::Booking(booking, _) => &booking.uid,
            Self::NoShow { uid, .. } => uid,
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Done,
    /// Something later is known.
    Stale,
    /// There is no such booking here, and too little is said to make one.
    Unknown,
    /// The calendar is not connected any more.
    NotConnected,
}

/// Follows what was told, in the transaction that claimed it.
pub async fn apply(tx: &mut TenantTx, news: &News, now: DateTime<Utc>) -> Result<Applied, Error> {
    // News of one calendar come one after the other.
    let connection = connections::lock(tx).await?;
    if connection.is_none_or(|one| one.state == ConnectionState::Disconnected) {
        return Ok(Applied::NotConnected);
    }
    match news {
        News::NoShow { uid, is_absent } => apply_absence(tx, uid, *is_absent, now).await,
        News::Booking(booking, told) => apply_booking(tx, booking, *told, now).await,
    }
}

async fn apply_absence(
    tx: &mut TenantTx,
    uid: &str,
    is_absent: bool,
    now: DateTime<Utc>,
) -> Result<Applied, Error> {
    let signs = Signs {
        uid,
        moved_from: None,
        ical_uid: None,
        ours: None,
    };
    let link = bookings::find(tx, &signs).await?;
    let Some(appointment) = link.and_then(|link| link.appointment) else {
        return Ok(Applied::Unknown);
    };
    let appointment = service::lock(tx, appointment).await?;
    let is_no_show = appointment.status == AppointmentStatus::NoShow;
    match (is_absent, is_no_show) {
        (true, false) => mark(tx, &appointment, AppointmentStatus::NoShow, now).await?,
        (false, true) => mark(tx, &appointment, AppointmentStatus::Completed, now).await?,
        _ => {}
    }
    Ok(Applied::Done)
}

async fn apply_booking(
    tx: &mut TenantTx,
    booking: &Booking,
    told: Told,
    now: DateTime<Utc>,
) -> Result<Applied, Error> {
    // Its successor tells the rest.
    if booking.moved_to.is_some() {
        return Ok(Applied::Stale);
    }
    let ours = booking.metadata.get(super::ATTEMPT_KEY);
    let signs = Signs {
        uid: &booking.uid,
        moved_from: booking.moved_from.as_deref(),
        ical_uid: booking.ical_uid.as_deref(),
        ours: ours.and_then(|key| key.parse().ok()),
    };
    match bookings::find(tx, &signs).await? {
        Some(link) if is_stale(&link, booking) => Ok(Applied::Stale),
        Some(link) => follow(tx, link, booking, told, now).await,
        None => {
            let link = Link::new(Origin::Calcom, None);
            follow(tx, link, booking, told, now).await
        }
    }
}

/// Whether what is known is later than what is told.
fn is_stale(link: &Link, booking: &Booking) -> bool {
    let is_same = link.uid.as_ref().is_none_or(|uid| *uid == booking.uid);
    let is_successor = booking.moved_from.is_some() && booking.moved_from == link.uid;
    match booking.sequence {
        Some(sequence) => {
            sequence < link.sequence
                || (sequence == link.sequence && !is_same && !is_successor)
                || (sequence == link.sequence && rank(booking_status(booking)) < rank(link.status))
        }
        // A poll: another booking of the series that did not come of this one is an older one.
        None if !is_same && !is_successor => true,
        // It is looked at again on purpose: there may be room by now.
        None if link.sync_state == SyncState::Unplaced => false,
        None => match (booking.updated_at, link.news_at) {
            (Some(updated), Some(known)) => updated <= known,
            _ => false,
        },
    }
}

fn booking_status(booking: &Booking) -> Option<CalcomStatus> {
    booking.status.map(CalcomStatus::from)
}

/// How far on a booking is.
fn rank(status: Option<CalcomStatus>) -> u8 {
    match status {
        None | Some(CalcomStatus::Pending) => 0,
        Some(CalcomStatus::Accepted) => 1,
        Some(CalcomStatus::Cancelled | CalcomStatus::Rejected) => 2,
    }
}

async fn follow(
    tx: &mut TenantTx,
    mut link: Link,
    booking: &Booking,
    told: Told,
    now: DateTime<Utc>,
) -> Result<Applied, Error> {
    let status = booking_status(booking).or(link.status);
    // Where nothing was said of the time before, the appointment's own is what counts.
    let has_moved = booking.start.is_some() && booking.start != link.starts_at;
    let is_awaited = link.sync_state == SyncState::Wanted && link.origin == Origin::Ours;
    link.uid = Some(booking.uid.clone());
    link.ical_uid = booking.ical_uid.clone().or(link.ical_uid);
    link.sequence = link.sequence.max(booking.sequence.unwrap_or_default());
    link.event_type_id = booking.event_type_id.or(link.event_type_id);
    link.status = status;
    link.starts_at = booking.start.or(link.starts_at);
    link.ends_at = booking.end.or(link.ends_at);
    link.news_at = booking.updated_at.max(link.news_at);
    let is_over = status.is_some_and(CalcomStatus::is_over);
    match link.appointment {
        None if is_over => link.sync_state = SyncState::Done,
        None => enter(tx, &mut link, booking, now).await?,
        Some(id) => {
            let appointment = service::lock(tx, id).await?;
            if is_over {
                cancel(tx, &appointment, now).await?;
                link.settle();
            } else if is_awaited {
                // We have something to do there, and what we want stands with us.
                bookings::save(tx, &link, now).await?;
                order(tx, &appointment);
                return Ok(Applied::Done);
            } else {
                keep_up(tx, &mut link, &appointment, has_moved, now).await?;
            }
        }
    }
    if let Some(id) = link.appointment {
        let appointment = service::lock(tx, id).await?;
        let absent = booking.attendee.as_ref().and_then(|who| who.is_absent);
        if told == Told::Ended && appointment.status.is_open() {
            mark(tx, &appointment, AppointmentStatus::Completed, now).await?;
        } else if absent == Some(true) && appointment.status != AppointmentStatus::NoShow {
            mark(tx, &appointment, AppointmentStatus::NoShow, now).await?;
        }
    }
    bookings::save(tx, &link, now).await?;
    Ok(Applied::Done)
}

/// A booking that is not among the appointments: entered where there is room.
async fn enter(
    tx: &mut TenantTx,
    link: &mut Link,
    booking: &Booking,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (Some(starts_at), Some(ends_at)) = (booking.start, booking.end) else {
        return unplaced(tx, link, "NO_TIME", now).await;
    };
    if starts_at >= ends_at || ends_at - starts_at > LONGEST {
        return unplaced(tx, link, "NO_TIME", now).await;
    }
    let rules = rules::find_booking_rules(tx).await?;
    let rules = rules.ok_or(Error::NotFound)?;
    let attendee = booking.attendee.clone().unwrap_or_default();
    let phone = attendee.phone.as_deref().and_then(E164::of_caller);
    let status = match link.status {
        Some(CalcomStatus::Pending) => AppointmentStatus::Pending,
        _ => AppointmentStatus::Confirmed,
    };
    let mut new = NewAppointment {
        resource: ResourceId::new(),
        service: None,
        contact: None,
        interaction: None,
        call_sid: None,
        source: BookingSource::Calcom,
        status,
        starts_at,
        ends_at,
        buffer_minutes: 0,
        timezone: rules.zone.name().to_owned(),
        language: attendee.language.as_deref().and_then(language),
        customer_name: attendee.name,
        customer_phone: phone,
        customer_email: attendee.email,
        purpose: booking.title.clone(),
        notes: None,
    };
    for resource in rooms(tx, None, now).await? {
        new.resource = resource;
        if let Some(entered) = service::enter(tx, &new, ACT, now).await? {
            link.appointment = Some(entered.id);
            link.settle();
            // Cal.com has told the person; we remind.
            reminders::drop_confirmation(tx, entered.id, "CALCOM").await?;
            return Ok(());
        }
    }
    unplaced(tx, link, "TAKEN", now).await
}

/// Brings an appointment to where its booking is.
async fn keep_up(
    tx: &mut TenantTx,
    link: &mut Link,
    appointment: &Appointment,
    has_moved: bool,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if !appointment.status.is_open() {
        return Ok(());
    }
    let is_elsewhere = link
        .starts_at
        .is_some_and(|start| start != appointment.starts_at);
    let wants_room = has_moved || link.sync_state == SyncState::Unplaced;
    let mut agrees = !is_elsewhere;
    if wants_room && is_elsewhere {
        let start = link.starts_at.unwrap_or(appointment.starts_at);
        let length = appointment.ends_at - appointment.starts_at;
        // Without an end of its own it keeps its length; so does one of ours, which may be longer than the event type.
        let is_theirs = link.origin == Origin::Calcom;
        let end = link
            .ends_at
            .filter(|end| is_theirs && *end > start && *end - start <= LONGEST);
        let mut place = Place {
            resource: appointment.resource,
            starts_at: start,
            ends_at: end.unwrap_or(start + length),
            buffer_minutes: appointment.buffer_minutes,
        };
        let mut is_placed = false;
        for resource in rooms(tx, Some(appointment.resource), now).await? {
            place.resource = resource;
            if service::move_to(tx, appointment, &place, ACT, now)
                .await?
                .is_some()
            {
                is_placed = true;
                break;
            }
        }
        if !is_placed {
            return unplaced(tx, link, "TAKEN", now).await;
        }
        reminders::drop_confirmation(tx, appointment.id, "CALCOM").await?;
        agrees = true;
    }
    if link.status == Some(CalcomStatus::Accepted)
        && appointment.status == AppointmentStatus::Pending
    {
        mark(tx, appointment, AppointmentStatus::Confirmed, now).await?;
    }
    // What Cal.com did not take stays so until one of the two is moved.
    if agrees {
        link.settle();
    }
    Ok(())
}

/// Where an appointment may be, the preferred one first.
async fn rooms(
    tx: &mut TenantTx,
    preferred: Option<ResourceId>,
    now: DateTime<Utc>,
) -> Result<Vec<ResourceId>, Error> {
    resources::ensure_resource(tx, now).await?;
    let active = resources::list_resources(tx, None, Some(true), MOST_RESOURCES).await?;
    let others = active.into_iter().map(|resource| resource.id);
    let others = others.filter(|id| Some(*id) != preferred);
    Ok(preferred.into_iter().chain(others).collect())
}

/// The person comes at a time that is taken with us: kept, said to the owner and the operator, tried again by the next
/// polls.
async fn unplaced(
    tx: &mut TenantTx,
    link: &mut Link,
    problem: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let is_news = link.sync_state != SyncState::Unplaced;
    link.sync_state = SyncState::Unplaced;
    link.problem = Some(problem.to_owned());
    if is_news {
        let subscriber = tx.subscriber();
        TellOwner::order(tx, subscriber, Notice::CalendarUnplaced);
        let alert = Alert {
            subscriber: Some(subscriber),
            kind: "calcom.unplaced",
            severity: Severity::Warning,
            detail: "a booking at Cal.com is not among the appointments: its time is taken"
                .to_owned(),
            cause: format!("calcom.unplaced:{subscriber}:{}", link.id),
        };
        alerts::raise(tx, &alert, now).await?;
    }
    Ok(())
}

async fn cancel(
    tx: &mut TenantTx,
    appointment: &Appointment,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if appointment.status.is_open() {
        service::cancel(tx, appointment.id, ACT, now).await?;
    }
    Ok(())
}

/// What cannot be (nobody stays away from what has not begun) is left as it is.
pub(super) async fn mark(
    tx: &mut TenantTx,
    appointment: &Appointment,
    status: AppointmentStatus,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    match service::mark(tx, appointment.id, status, ACT, now).await {
        Ok(_) | Err(Error::NotNow(_) | Error::SlotTaken { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn order(tx: &mut TenantTx, appointment: &Appointment) {
    let job = SyncAppointment {
        subscriber: tx.subscriber(),
        appointment: appointment.id,
        sequence: appointment.sequence,
    };
    jobs::enqueue(tx, &job);
}

fn language(locale: &str) -> Option<Language> {
    locale.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::providers::calcom::{BookingStatus, Host};

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    fn known(uid: &str, sequence: i32, status: CalcomStatus) -> Link {
        Link {
            uid: Some(uid.to_owned()),
            sequence,
            status: Some(status),
            news_at: at("2026-11-21T09:00:00Z"),
            ..Link::new(Origin::Calcom, None)
        }
    }

    fn told(uid: &str, sequence: Option<i32>, status: BookingStatus) -> Booking {
        Booking {
            uid: uid.to_owned(),
            status: Some(status),
            start: None,
            end: None,
            event_type_id: None,
            title: None,
            host: Host::default(),
            attendee: None,
            metadata: BTreeMap::new(),
            sequence,
            ical_uid: None,
            moved_from: None,
            moved_to: None,
            reason: None,
            created_at: None,
            updated_at: at("2026-11-21T09:00:01Z"),
        }
    }

    #[test]
    fn an_older_count_and_an_earlier_state_are_stale() {
        let moved = known("b", 1, CalcomStatus::Accepted);
        assert!(is_stale(
            &moved,
            &told("a", Some(0), BookingStatus::Accepted)
        ));
        assert!(is_stale(
            &moved,
            &told("b", Some(1), BookingStatus::Pending)
        ));
        assert!(!is_stale(
            &moved,
            &told("b", Some(1), BookingStatus::Accepted)
        ));
        assert!(!is_stale(
            &moved,
            &told("b", Some(2), BookingStatus::Cancelled)
        ));
        let cancelled = known("b", 2, CalcomStatus::Cancelled);
        assert!(is_stale(
            &cancelled,
            &told("b", Some(1), BookingStatus::Accepted)
        ));
    }

    #[test]
    fn a_poll_is_stale_by_its_time_and_by_another_booking() {
        let moved = known("b", 1, CalcomStatus::Accepted);
        assert!(!is_stale(
            &moved,
            &told("b", None, BookingStatus::Cancelled)
        ));
        assert!(is_stale(&moved, &told("a", None, BookingStatus::Cancelled)));
        let mut next = told("c", None, BookingStatus::Accepted);
        next.moved_from = Some("b".to_owned());
        assert!(!is_stale(&moved, &next));
        let mut old = told("b", None, BookingStatus::Accepted);
        old.updated_at = at("2026-11-21T09:00:00Z");
        assert!(is_stale(&moved, &old));
    }

    #[test]
    fn languages_are_read_from_locales() {
        assert_eq!(language("fr-CA"), Some(Language::Fr));
        assert_eq!(language("es"), Some(Language::Es));
        assert_eq!(language("de"), None);
    }
}
