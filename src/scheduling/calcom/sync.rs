//! An appointment of ours is booked, moved and cancelled at Cal.com, after it stands here.
//!
//! What is to be done is not carried in the job: it is what appointment and booking differ in when the job runs, so a job
//! that comes late, twice or after another does what is right then. There is no idempotency key: a request is written
//! down before it goes out, and one whose outcome is not known is looked for before anything is asked again. One booking
//! at a time for each event type of a calendar, because Cal.com lets two who race both in.
use std::{collections::BTreeMap, time::Duration};

use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ATTEMPT_KEY, conflict,
    model::{CalcomStatus, ConnectionState, Link, NO_ANSWER, Origin, SyncState},
    news,
    store::{bookings, connections, slots},
    tokens::{self, Access},
};
use crate::{
    app::AppState,
    jobs::{Job, JobError, Lane, Run, with_lease},
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, SubscriberId},
    },
    providers::calcom::{self, Booking, NewBooking, Since},
    scheduling::{
        model::{Appointment, AppointmentStatus},
        service,
        store::appointments,
    },
    tenancy::store::booking as rules,
};

/// Longer than a request and a look may take.
const LEASE: Duration = Duration::from_secs(60);

/// Cal.com may list a booking only after a while: a second look comes so long after the request.
const SECOND_LOOK: TimeDelta = TimeDelta::seconds(60);

/// How far our clock and Cal.com's may be apart.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(2);

/// How many pages are looked through for a booking: far more than a calendar gets in a few minutes.
const MOST_PAGES: usize = 5;

/// Whoever has no name is called this there: it asks for one.
const NAMELESS: &str = "Caller";

/// Brings the booking of an appointment in line with it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SyncAppointment {
    pub subscriber: SubscriberId,
    pub appointment: AppointmentId,
    /// Which change ordered it: a change during a run causes another run.
    pub sequence: i32,
}

impl Job for SyncAppointment {
    const KIND: &'static str = "scheduling.sync_calcom";
    const LANE: Lane = Lane::Provider;
    const DEADLINE: Duration = Duration::from_secs(90);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!(
            "{}:{}:{}",
            Self::KIND,
            self.appointment,
            self.sequence
        ))
    }
}

/// What is to be done at Cal.com.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Create,
    Move,
    Cancel,
    /// Nothing there: it came back to the time that is booked.
    Agree,
}

/// What appointment and booking differ in. What is over or has begun is left as it is.
pub(super) fn step(appointment: &Appointment, link: Option<&Link>, now: DateTime<Utc>) -> Step {
    let is_booked = link.is_some_and(Link::is_booked);
    let may_be_booked = link.is_some_and(|link| link.attempted_at.is_some());
    match appointment.status {
        AppointmentStatus::Pending | AppointmentStatus::Confirmed => {
            let start = Some(appointment.starts_at);
            let is_refused =
                link.is_some_and(|link| link.is_refused() && link.wanted_start == start);
            // One that somebody made there is brought in line only by a change of ours.
            let is_unplaced = link.is_some_and(|link| link.sync_state == SyncState::Unplaced);
            if appointment.starts_at <= now || is_refused || is_unplaced {
                Step::Nothing
            } else if !is_booked {
                match link {
                    // It was cancelled there: that is told, and cancels the appointment.
                    Some(link) if link.uid.is_some() => Step::Nothing,
                    _ => Step::Create,
                }
            } else if link.is_some_and(|link| link.starts_at == start) {
                match link {
                    Some(link) if link.is_refused() => Step::Agree,
                    _ => Step::Nothing,
                }
            } else {
                Step::Move
            }
        }
        AppointmentStatus::Cancelled if is_booked || may_be_booked => Step::Cancel,
        _ => Step::Nothing,
    }
}

/// All that a run has read.
struct Work {
    access: Access,
    appointment: Appointment,
    link: Option<Link>,
    event_type: i64,
    /// Where the event type has several lengths.
    length_minutes: Option<i32>,
    language: &'static str,
}

pub async fn sync_appointment(
    app: AppState,
    run: Run,
    job: SyncAppointment,
) -> Result<(), JobError> {
    let access = match tokens::access(&app, job.subscriber).await {
        Ok(access) => access,
        Err(error) => return error.into_job_error().map_or(Ok(()), Err),
    };
    let Some(work) = read(&app, &job, access).await? else {
        return Ok(());
    };
    let key = format!(
        "calcom:book:{}:{}",
        work.access.connection.id, work.event_type
    );
    let is_last = run.attempt() >= SyncAppointment::MAX_ATTEMPTS;
    with_lease(&app, key, LEASE, async {
        // What was read before the lease may be what somebody has just done.
        let Some(work) = read(&app, &job, work.access).await? else {
            return Ok(());
        };
        match carry_out(&app, &job, work).await {
            Err(JobError::Retry(error) | JobError::RetryAfter(error, _)) if is_last => {
                tracing::error!(subscriber.id = %job.subscriber, "an appointment is not at cal.com: {error:#}");
                conflict::refused(&app, &job, NO_ANSWER).await?;
                Ok(())
            }
            done => done,
        }
    })
    .await
}

async fn read(
    app: &AppState,
    job: &SyncAppointment,
    access: Access,
) -> Result<Option<Work>, JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let appointment = appointments::find_appointment(&mut tx, job.appointment).await?;
    let link = bookings::find_of(&mut tx, job.appointment).await?;
    let rules = rules::find_booking_rules(&mut tx).await?;
    let choice = match &appointment {
        Some(appointment) => connections::find_event_type(&mut tx, appointment.service).await?,
        None => None,
    };
    tx.end_reading();
    let booked_as = link.as_ref().and_then(|link| link.event_type_id);
    let event_type = booked_as.or(choice.as_ref().map(|choice| choice.id));
    let (Some(appointment), Some(event_type), Some(rules)) = (appointment, event_type, rules)
    else {
        return Ok(None);
    };
    let choice = choice.filter(|choice| choice.id == event_type);
    if access.connection.state != ConnectionState::Active {
        return Ok(None);
    }
    let language = appointment.language.unwrap_or(rules.language).code();
    Ok(Some(Work {
        access,
        length_minutes: choice.and_then(|choice| choice.length_of(appointment.duration_minutes())),
        appointment,
        link,
        event_type,
        language,
    }))
}

async fn carry_out(app: &AppState, job: &SyncAppointment, work: Work) -> Result<(), JobError> {
    let now = app.clock.now();
    let step = step(&work.appointment, work.link.as_ref(), now);
    if step == Step::Nothing {
        return Ok(());
    }
    let mut link = match &work.link {
        Some(link) => link.clone(),
        None => Link::new(Origin::Ours, Some(work.appointment.id)),
    };
    if step == Step::Agree {
        return agree(app, job, link, &work.appointment).await;
    }
    if let Some(attempted_at) = link.attempted_at {
        match look(&work.access, &link, attempted_at).await {
            Ok(Some(booking)) => {
                // What it is now decides what is left to do.
                write(app, job, link, &booking).await?;
                return Err(JobError::Snooze(Duration::from_millis(250)));
            }
            Ok(None) if now < attempted_at + SECOND_LOOK => {
                let wait = (attempted_at + SECOND_LOOK - now).to_std();
                return Err(JobError::Snooze(wait.unwrap_or(Duration::from_secs(60))));
            }
            Ok(None) => {}
            Err(error) => return Err(failed(app, job, &work.access, error).await?),
        }
        if step == Step::Cancel && link.uid.is_none() {
            // It was never booked: nothing is left to take back.
            link.settle();
            return save(app, job, &link).await;
        }
    }
    link.sync_state = SyncState::Wanted;
    link.event_type_id = Some(work.event_type);
    link.wanted_start = Some(work.appointment.starts_at);
    link.attempted_at = Some(now);
    save(app, job, &link).await?;
    match ask(job, &work, &link, step).await {
        Ok(booking) => {
            write(app, job, link, &booking).await?;
            tracing::info!(
                subscriber.id = %job.subscriber, provider = "calcom",
                "appointment {} is brought in line at cal.com: {step:?}", job.appointment
            );
            Ok(())
        }
        Err(calcom::Error::NotFound) if step == Step::Cancel => gone(app, job, link).await,
        Err(calcom::Error::Refused { .. }) if step == Step::Cancel => {
            // Most likely it is cancelled already: what stands there counts.
            let uid = link.uid.clone().unwrap_or_default();
            match work
                .access
                .client
                .find_booking(&work.access.token, &uid)
                .await
            {
                Ok(booking)
                    if booking
                        .status
                        .is_some_and(|status| CalcomStatus::from(status).is_over()) =>
                {
                    write(app, job, link, &booking).await
                }
                Ok(_) => Ok(conflict::refused(app, job, "REFUSED").await?),
                Err(error) => Err(failed(app, job, &work.access, error).await?),
            }
        }
        Err(calcom::Error::SlotTaken) => Ok(conflict::taken(app, job).await?),
        Err(calcom::Error::Refused { .. } | calcom::Error::NotFound) => {
            Ok(conflict::refused(app, job, "REFUSED").await?)
        }
        Err(error) => {
            if !error.may_have_happened() {
                link.attempted_at = work.link.as_ref().and_then(|link| link.attempted_at);
                save(app, job, &link).await?;
            }
            Err(failed(app, job, &work.access, error).await?)
        }
    }
}

async fn ask(
    job: &SyncAppointment,
    work: &Work,
    link: &Link,
    step: Step,
) -> Result<Booking, calcom::Error> {
    let Access { client, token, .. } = &work.access;
    let appointment = &work.appointment;
    let uid = link.uid.as_deref().unwrap_or_default();
    match step {
        Step::Move => {
            let reason = "Moved by the business's receptionist";
            client
                .reschedule(token, uid, appointment.starts_at, reason)
                .await
        }
        Step::Cancel => {
            client
                .cancel(token, uid, "Cancelled by the business's receptionist")
                .await
        }
        Step::Create | Step::Agree | Step::Nothing => {
            let mut metadata = BTreeMap::from([
                ("subscriber_id", job.subscriber.to_string()),
                (ATTEMPT_KEY, link.id.to_string()),
            ]);
            let call = appointment.interaction.map(|call| call.to_string());
            metadata.extend(call.map(|call| ("call_id", call)));
            let name = appointment.customer_name.as_deref();
            let new = NewBooking {
                event_type_id: work.event_type,
                start: appointment.starts_at,
                length_minutes: work.length_minutes,
                name: name
                    .filter(|name| !name.trim().is_empty())
                    .unwrap_or(NAMELESS),
                email: appointment.customer_email.as_deref(),
                phone: appointment
                    .customer_phone
                    .as_ref()
                    .map(|phone| phone.as_str()),
                time_zone: &appointment.timezone,
                language: work.language,
                metadata,
            };
            client.create_booking(token, &new).await
        }
    }
}

/// What became of a request whose answer we did not get.
async fn look(
    access: &Access,
    link: &Link,
    attempted_at: DateTime<Utc>,
) -> Result<Option<Booking>, calcom::Error> {
    let Access { client, token, .. } = access;
    if let Some(uid) = &link.uid {
        let booking = client.find_booking(token, uid).await?;
        if let Some(next) = &booking.moved_to {
            return client.find_booking(token, next).await.map(Some);
        }
        let is_over = booking
            .status
            .is_some_and(|status| CalcomStatus::from(status).is_over());
        return Ok(is_over.then_some(booking));
    }
    let key = link.id.to_string();
    let since = Since::Created(attempted_at - CLOCK_SKEW);
    let mut skip = 0;
    for _ in 0..MOST_PAGES {
        let page = client.bookings(token, since, skip).await?;
        let is_ours = |booking: &Booking| booking.metadata.get(ATTEMPT_KEY) == Some(&key);
        if let Some(found) = page.bookings.into_iter().find(is_ours) {
            return Ok(Some(found));
        }
        let Some(next) = page.next else { break };
        skip = next;
    }
    Ok(None)
}

/// Writes what stands at Cal.com. A webhook may have said so already, or something later.
async fn write(
    app: &AppState,
    job: &SyncAppointment,
    mut link: Link,
    booking: &Booking,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    connections::lock(&mut tx).await?;
    if let Some(known) = bookings::find_of(&mut tx, job.appointment).await? {
        link.sequence = known.sequence;
        link.ical_uid = known.ical_uid;
        link.news_at = known.news_at;
    }
    link.uid = Some(booking.uid.clone());
    link.ical_uid = booking.ical_uid.clone().or(link.ical_uid);
    link.status = booking.status.map(CalcomStatus::from).or(link.status);
    link.starts_at = booking.start.or(link.wanted_start);
    link.ends_at = booking.end.or(link.ends_at);
    link.news_at = booking.updated_at.max(link.news_at);
    link.settle();
    bookings::save(&mut tx, &link, now).await?;
    slots::forget(&mut tx).await?;
    settle_doubt(&mut tx, &link, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A time that was in doubt, and stands there by now, is told like any other.
async fn settle_doubt(tx: &mut TenantTx, link: &Link, now: DateTime<Utc>) -> Result<(), JobError> {
    let (Some(id), Some(CalcomStatus::Accepted)) = (link.appointment, link.status) else {
        return Ok(());
    };
    let appointment = service::lock(tx, id).await?;
    let is_in_doubt = appointment.status == AppointmentStatus::Pending;
    if is_in_doubt && link.starts_at == Some(appointment.starts_at) {
        news::mark(tx, &appointment, AppointmentStatus::Confirmed, now).await?;
    }
    Ok(())
}

/// What was refused is not wanted any more: the appointment is where its booking is.
async fn agree(
    app: &AppState,
    job: &SyncAppointment,
    mut link: Link,
    appointment: &Appointment,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    connections::lock(&mut tx).await?;
    link.wanted_start = Some(appointment.starts_at);
    link.settle();
    bookings::save(&mut tx, &link, now).await?;
    settle_doubt(&mut tx, &link, now).await?;
    tx.commit().await?;
    Ok(())
}

/// There is no such booking there: nothing is left to cancel.
async fn gone(app: &AppState, job: &SyncAppointment, mut link: Link) -> Result<(), JobError> {
    link.status = Some(CalcomStatus::Cancelled);
    link.settle();
    save(app, job, &link).await
}

async fn save(app: &AppState, job: &SyncAppointment, link: &Link) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    connections::lock(&mut tx).await?;
    bookings::save(&mut tx, link, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// What a failed request means for the job.
async fn failed(
    app: &AppState,
    job: &SyncAppointment,
    access: &Access,
    error: calcom::Error,
) -> sqlx::Result<JobError> {
    if let calcom::Error::TokenRefused = error {
        tokens::refuse(app, job.subscriber, access).await?;
    }
    Ok(match error {
        calcom::Error::RateLimited {
            retry_after: Some(wait),
        } => JobError::RetryAfter(anyhow!("cal.com is rate limiting us"), wait),
        error => JobError::Retry(error.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kernel::ids::ResourceId, scheduling::model::BookingSource};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn appointment(status: AppointmentStatus) -> Appointment {
        let now = at("2026-11-21T16:00:00Z");
        Appointment {
            id: AppointmentId::new(),
            resource: ResourceId::new(),
            service: None,
            service_name: None,
            contact: None,
            interaction: None,
            call_sid: None,
            source: BookingSource::VoiceBooking,
            status,
            confirmation_code: "AAAAAA".to_owned(),
            starts_at: at("2026-11-24T14:00:00Z"),
            ends_at: at("2026-11-24T14:30:00Z"),
            buffer_minutes: 0,
            timezone: "America/Toronto".to_owned(),
            language: None,
            customer_name: None,
            customer_phone: None,
            customer_email: None,
            purpose: None,
            notes: None,
            sequence: 0,
            confirmation_sent: false,
            reminder_sent: false,
            created_at: now,
            updated_at: now,
        }
    }

    fn booked(start: &str, status: CalcomStatus) -> Link {
        Link {
            uid: Some("bk_1".to_owned()),
            status: Some(status),
            starts_at: Some(at(start)),
            sync_state: SyncState::Done,
            ..Link::new(Origin::Ours, None)
        }
    }

    #[test]
    fn what_differs_is_what_is_done() {
        use AppointmentStatus::{Cancelled, Completed, Confirmed, NoShow, Pending};
        let now = at("2026-11-21T16:00:00Z");
        let (here, there) = ("2026-11-24T14:00:00Z", "2026-11-25T14:00:00Z");
        let asked = Link {
            attempted_at: Some(now),
            ..Link::new(Origin::Ours, None)
        };
        let refused = Link {
            sync_state: SyncState::Conflict,
            wanted_start: Some(at(here)),
            ..Link::new(Origin::Ours, None)
        };
        let moved_since = Link {
            wanted_start: Some(at(there)),
            ..refused.clone()
        };
        let unanswered = Link {
            sync_state: SyncState::Failed,
            problem: Some(NO_ANSWER.to_owned()),
            ..refused.clone()
        };
        let moved_back = Link {
            uid: Some("bk_1".to_owned()),
            status: Some(CalcomStatus::Accepted),
            starts_at: Some(at(here)),
            ..moved_since.clone()
        };
        for (status, link, expected) in [
            (Confirmed, None, Step::Create),
            (Pending, None, Step::Create),
            (Confirmed, Some(asked.clone()), Step::Create),
            (
                Confirmed,
                Some(booked(here, CalcomStatus::Accepted)),
                Step::Nothing,
            ),
            (
                Confirmed,
                Some(booked(there, CalcomStatus::Accepted)),
                Step::Move,
            ),
            (
                Confirmed,
                Some(booked(here, CalcomStatus::Cancelled)),
                Step::Nothing,
            ),
            (Confirmed, Some(refused), Step::Nothing),
            (Confirmed, Some(unanswered), Step::Create),
            (Pending, Some(moved_back), Step::Agree),
            (Confirmed, Some(moved_since), Step::Create),
            (Cancelled, None, Step::Nothing),
            (Cancelled, Some(asked), Step::Cancel),
            (
                Cancelled,
                Some(booked(here, CalcomStatus::Accepted)),
                Step::Cancel,
            ),
            (
                Cancelled,
                Some(booked(here, CalcomStatus::Cancelled)),
                Step::Nothing,
            ),
            (
                Completed,
                Some(booked(there, CalcomStatus::Accepted)),
                Step::Nothing,
            ),
            (NoShow, None, Step::Nothing),
        ] {
            let found = step(&appointment(status), link.as_ref(), now);
            assert_eq!(found, expected, "{status:?} {link:?}");
        }
        let begun = at("2026-11-24T14:00:00Z");
        assert_eq!(step(&appointment(Confirmed), None, begun), Step::Nothing);
    }
}
