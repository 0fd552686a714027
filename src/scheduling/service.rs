//! The verbs of booking. Each works in the caller's transaction, which goes on whatever comes of it: where somebody else
//! was quicker, nothing was written, and the caller can say so and go on talking.
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use serde_json::json;

use super::{
    calcom, code,
    jobs::SendNotice,
    model::{
        Act, Appointment, AppointmentStatus, BookingSource, Error, NewAppointment, NewBooking,
        NoticeKind, Place, Proof, When,
    },
    notices,
    offers::{self, Book, Moving, Wanted},
    slots::{self, NotOffered},
    store::{appointments as store, reminders},
    token,
};
use crate::{
    billing::{self, Totals},
    events::{self, AppointmentFacts, ContactFacts, Event},
    jobs,
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, ResourceId},
        secrets::Keyring,
    },
    people,
    tenancy::{model::zone, store::booking},
    traffic::{self, Outcome, Source},
};

/// A code is another appointment's once in a hundred thousand times.
const CODES: usize = 8;

/// Further ahead than any horizon.
const FURTHEST: TimeDelta = TimeDelta::days(400);

/// When and where, as far as the request says.
struct Target {
    /// Of a time that comes twice, both.
    starts: Vec<DateTime<Utc>>,
    preferred: Option<ResourceId>,
    /// It was offered a moment ago: that it is soon, or far, is no objection any more.
    was_offered: bool,
}

/// Books a time that is offered.
///
/// # Errors
/// [`Error::SlotTaken`] with other times when somebody has it or was quicker; the transaction can still be used.
pub async fn book(
    tx: &mut TenantTx,
    keyring: &Keyring,
    new: &NewBooking,
    now: DateTime<Utc>,
) -> Result<Appointment, Error> {
    let mut wanted = Wanted {
        service: new.service,
        resource: new.resource,
        duration_minutes: new.duration_minutes,
        moving: None,
    };
    let target = match &new.when {
        When::Slot(text) => {
            let claim = read_token(tx, keyring, text, now)?;
            if claim.service.is_some() && new.service.is_some_and(|id| Some(id) != claim.service) {
                return Err(Error::SlotInvalid("this slot is of another service"));
            }
            let is_longer = claim.service.is_none() && new.service.is_some();
            wanted = Wanted {
                service: claim.service.or(new.service),
                resource: new.resource.or(claim.is_named.then_some(claim.resource)),
                duration_minutes: if is_longer {
                    new.duration_minutes
                } else {
                    Some(claim.duration_minutes)
                },
                moving: None,
            };
            Target::offered(&claim)
        }
        When::Start(at) => Target::at(vec![*at]),
        When::Local(local) => Target::at(local_starts(tx, *local).await?),
    };
    let mut book = offers::open(tx, &wanted, now).await?;
    let is_staff = matches!(new.source, BookingSource::Manual | BookingSource::Calcom);
    if !book.rules.is_booking_enabled && !is_staff {
        return Err(Error::BookingOff);
    }
    let (starts_at, free) = find_place(tx, keyring, &mut book, &target, now).await?;
    for resource in free {
        let row = NewAppointment {
            resource,
            service: book.wanted.service,
            contact: None,
            interaction: new.interaction,
            call_sid: new.call_sid.clone(),
            source: new.source,
            status: AppointmentStatus::Confirmed,
            starts_at,
            ends_at: starts_at + book.plan.duration,
            buffer_minutes: book.buffer_minutes,
            timezone: book.rules.zone.name().to_owned(),
            language: new.language,
            customer_name: Some(new.customer_name.clone()),
            customer_phone: new.customer_phone.clone(),
            customer_email: new.customer_email.clone(),
            purpose: new.purpose.clone(),
            notes: new.notes.clone(),
        };
        let act = act_of(new);
        if let Some(booked) = enter(tx, &row, act, now).await? {
            return Ok(booked);
        }
    }
    Err(taken(tx, keyring, &book, starts_at, now).await?)
}

/// Writes an appointment without asking what is offered: one that was decided elsewhere. None: the time is taken.
pub async fn enter(
    tx: &mut TenantTx,
    new: &NewAppointment,
    act: Act,
    now: DateTime<Utc>,
) -> Result<Option<Appointment>, Error> {
    let mut row = new.clone();
    // The person before the time, like everybody who speaks with the person.
    if let (None, Some(phone)) = (&row.contact, &row.customer_phone) {
        let source = contact_source(row.source);
        let person = people::touch_contact(tx, phone, source, now).await?;
        if person.is_new {
            let facts = ContactFacts {
                contact_id: Some(person.contact.0),
                phone: Some(phone.clone()),
                source: source.to_owned(),
            };
            events::emit(tx, &Event::ContactCreated(facts), now);
        }
        row.contact = Some(person.contact);
    }
    let Some(id) = insert(tx, &row, now).await? else {
        return Ok(None);
    };
    if let (Some(contact), Some(name)) = (row.contact, &row.customer_name) {
        people::name_contact(tx, contact, name, now).await?;
    }
    let booked = find(tx, id).await?;
    events::emit(tx, &Event::AppointmentBooked(facts(&booked)), now);
    calcom::follow(tx, &booked, act).await?;
    order_notices(tx, &booked, now).await?;
    record(
        tx,
        &booked,
        act,
        "appointment.booked",
        Some(Outcome::Booked),
        now,
    )
    .await?;
    Ok(Some(booked))
}

/// Writes the row under a code that nobody has. None: the time is taken.
async fn insert(
    tx: &mut TenantTx,
    row: &NewAppointment,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<AppointmentId>> {
    for _ in 0..CODES {
        let code = code::new();
        let written = store::insert_appointment(tx, row, &code, now).await?;
        if written.is_some() || !store::code_exists(tx, &code).await? {
            return Ok(written);
        }
    }
    Ok(None)
}

/// Moves an appointment that is still to come to another time that is offered. It keeps its length, and its resource if
/// that one is free.
pub async fn reschedule(
    tx: &mut TenantTx,
    keyring: &Keyring,
    id: AppointmentId,
    when: &When,
    act: Act,
    now: DateTime<Utc>,
) -> Result<Appointment, Error> {
    let before = lock(tx, id).await?;
    if !before.status.is_open() {
        return Err(Error::NotNow(
            "only an appointment that is still to come can be moved",
        ));
    }
    let mut named = None;
    let mut target = match when {
        When::Slot(text) => {
            let claim = read_token(tx, keyring, text, now)?;
            named = claim.is_named.then_some(claim.resource);
            Target::offered(&claim)
        }
        When::Start(at) => Target::at(vec![*at]),
        When::Local(local) => Target::at(local_starts(tx, *local).await?),
    };
    target.preferred = target.preferred.or(Some(before.resource));
    if target.starts.contains(&before.starts_at) && named.is_none_or(|id| id == before.resource) {
        return Ok(before);
    }
    let wanted = Wanted {
        service: before.service,
        resource: named,
        duration_minutes: i32::try_from(before.duration_minutes()).ok(),
        moving: Some(Moving::of(&before)),
    };
    let mut book = offers::open(tx, &wanted, now).await?;
    let (starts_at, free) = find_place(tx, keyring, &mut book, &target, now).await?;
    for resource in free {
        let place = Place {
            resource,
            starts_at,
            ends_at: starts_at + book.plan.duration,
            buffer_minutes: before.buffer_minutes,
        };
        if let Some(moved) = move_to(tx, &before, &place, act, now).await? {
            return Ok(moved);
        }
    }
    Err(taken(tx, keyring, &book, starts_at, now).await?)
}

/// Moves an appointment without asking what is offered. None: the time is taken, and nothing changed.
pub async fn move_to(
    tx: &mut TenantTx,
    before: &Appointment,
    place: &Place,
    act: Act,
    now: DateTime<Utc>,
) -> Result<Option<Appointment>, Error> {
    if !store::move_appointment(tx, before.id, place, now).await? {
        return Ok(None);
    }
    reminders::drop_reminders(tx, before.id, "MOVED").await?;
    let moved = find(tx, before.id).await?;
    events::emit(tx, &Event::AppointmentRescheduled(facts(&moved)), now);
    calcom::follow(tx, &moved, act).await?;
    order_notices(tx, &moved, now).await?;
    let outcome = Some(Outcome::Rescheduled);
    record(tx, &moved, act, "appointment.rescheduled", outcome, now).await?;
    Ok(Some(moved))
}

/// Cancels an appointment; one that is cancelled already stays so. The time is free at once.
pub async fn cancel(
    tx: &mut TenantTx,
    id: AppointmentId,
    act: Act,
    now: DateTime<Utc>,
) -> Result<Appointment, Error> {
    let before = lock(tx, id).await?;
    match before.status {
        AppointmentStatus::Cancelled => return Ok(before),
        AppointmentStatus::Completed | AppointmentStatus::NoShow => {
            return Err(Error::NotNow(
                "an appointment that is over cannot be cancelled",
            ));
        }
        AppointmentStatus::Pending | AppointmentStatus::Confirmed => {}
    }
    store::set_status(tx, &before, AppointmentStatus::Cancelled, now).await?;
    reminders::drop_reminders(tx, id, "CANCELLED").await?;
    let cancelled = find(tx, id).await?;
    events::emit(tx, &Event::AppointmentCancelled(facts(&cancelled)), now);
    calcom::follow(tx, &cancelled, act).await?;
    let outcome = Some(Outcome::Cancelled);
    record(tx, &cancelled, act, "appointment.cancelled", outcome, now).await?;
    Ok(cancelled)
}

/// Says what became of an appointment: confirmed, completed, nobody came.
pub async fn mark(
    tx: &mut TenantTx,
    id: AppointmentId,
    status: AppointmentStatus,
    act: Act,
    now: DateTime<Utc>,
) -> Result<Appointment, Error> {
    let before = lock(tx, id).await?;
    if before.status == status {
        return Ok(before);
    }
    if before.status == AppointmentStatus::Cancelled {
        return Err(Error::NotNow(
            "a cancelled appointment does not come back: book it anew",
        ));
    }
    let is_over = matches!(
        status,
        AppointmentStatus::Completed | AppointmentStatus::NoShow
    );
    match status {
        AppointmentStatus::Cancelled => return cancel(tx, id, act, now).await,
        AppointmentStatus::Pending => {
            return Err(Error::NotNow(
                "an appointment does not become pending again",
            ));
        }
        _ if is_over && before.starts_at > now => {
            return Err(Error::NotNow("this appointment has not begun"));
        }
        _ => {}
    }
    if !store::set_status(tx, &before, status, now).await? {
        return Err(Error::SlotTaken {
            zone: zone(&before.timezone),
            alternatives: Vec::new(),
        });
    }
    if is_over {
        reminders::drop_reminders(tx, id, "OVER").await?;
    }
    let marked = find(tx, id).await?;
    if before.status == AppointmentStatus::Pending {
        order_notices(tx, &marked, now).await?;
    }
    let kind = format!("appointment.{}", status.as_str().to_ascii_lowercase());
    record(tx, &marked, act, &kind, None, now).await?;
    Ok(marked)
}

/// The appointments still to come of which somebody may speak: those that the code names, else those that the caller's
/// number booked. The next one first, and at least one.
///
/// # Errors
/// [`Error::NeedsProof`] when there was no code and the number booked nothing; [`Error::NotFound`] when the code names
/// none.
pub async fn find_for(
    tx: &mut TenantTx,
    proof: &Proof,
    now: DateTime<Utc>,
) -> Result<Vec<Appointment>, Error> {
    let code = proof.code.as_deref().and_then(code::read);
    let mut ids = Vec::new();
    if let Some(code) = &code {
        ids = store::list_of_person(tx, Some(code), None, now).await?;
    }
    if ids.is_empty()
        && let Some(caller) = &proof.caller
    {
        ids = store::list_of_person(tx, None, Some(caller), now).await?;
    }
    let mut found = Vec::new();
    for id in ids {
        found.push(find(tx, id).await?);
    }
    match (found.is_empty(), &proof.code) {
        (false, _) => Ok(found),
        (true, Some(_)) => Err(Error::NotFound),
        (true, None) => Err(Error::NeedsProof),
    }
}

/// The appointment, kept from others until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: AppointmentId) -> Result<Appointment, Error> {
    let found = store::lock_appointment(tx, id).await?;
    found.ok_or(Error::NotFound)
}

async fn find(tx: &mut TenantTx, id: AppointmentId) -> Result<Appointment, Error> {
    let found = store::find_appointment(tx, id).await?;
    found.ok_or(Error::NotFound)
}

impl Target {
    fn at(starts: Vec<DateTime<Utc>>) -> Self {
        Self {
            starts,
            preferred: None,
            was_offered: false,
        }
    }

    fn offered(claim: &token::Claim) -> Self {
        Self {
            starts: vec![claim.starts_at],
            preferred: Some(claim.resource),
            was_offered: true,
        }
    }
}

fn read_token(
    tx: &TenantTx,
    keyring: &Keyring,
    text: &str,
    now: DateTime<Utc>,
) -> Result<token::Claim, Error> {
    token::read(keyring, tx.subscriber(), text, now)
        .map_err(|token::BadToken| Error::SlotInvalid("this slot is none of ours, or has expired"))
}

/// The moments at which the business's clocks show a time: none where they are put forward, two where they are put back.
async fn local_starts(
    tx: &mut TenantTx,
    local: chrono::NaiveDateTime,
) -> Result<Vec<DateTime<Utc>>, Error> {
    let rules = booking::find_booking_rules(tx).await?;
    let rules = rules.ok_or(Error::BookingOff)?;
    let found = rules.zone.from_local_datetime(&local);
    let mut starts: Vec<DateTime<Utc>> = [found.earliest(), found.latest()]
        .into_iter()
        .flatten()
        .map(|start| start.to_utc())
        .collect();
    starts.dedup();
    if starts.is_empty() {
        return Err(Error::OutsideHours(
            "there is no such time on that day: the clocks are put forward",
        ));
    }
    Ok(starts)
}

/// The start, and where it can be had, the preferred resource first.
async fn find_place(
    tx: &mut TenantTx,
    keyring: &Keyring,
    book: &mut Book,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, Vec<ResourceId>), Error> {
    let alternatives_plan = book.plan.clone();
    if target.was_offered {
        book.plan.lead = TimeDelta::zero();
        book.plan.horizon_days += 1;
    }
    let mut refusal = None;
    for &start in &target.starts {
        // Before anything is counted with it: a request may say any year.
        if start <= now {
            refusal = Some((start, NotOffered::Past));
            continue;
        }
        if start - now > FURTHEST {
            refusal = Some((start, NotOffered::TooFar));
            continue;
        }
        let mut lanes = book.lanes(tx, start, start).await?;
        lanes.sort_by_key(|lane| Some(lane.resource) != target.preferred);
        match slots::judge(&book.plan, &lanes, start, now) {
            Ok(_) => {
                let free = lanes
                    .iter()
                    .filter(|lane| {
                        slots::judge(&book.plan, std::slice::from_ref(lane), start, now).is_ok()
                    })
                    .map(|lane| lane.resource)
                    .collect();
                book.plan = alternatives_plan;
                return Ok((start, free));
            }
            Err(why) => refusal = Some((start, why)),
        }
    }
    book.plan = alternatives_plan;
    let (start, why) = refusal.ok_or(Error::InThePast)?;
    Err(match why {
        NotOffered::Past => Error::InThePast,
        NotOffered::TooSoon => Error::OutsideHours("the business wants to know earlier than that"),
        NotOffered::TooFar => Error::OutsideHours("this is further ahead than can be booked"),
        NotOffered::Closed => {
            Error::OutsideHours("the business is not open then, or not long enough")
        }
        NotOffered::OffStep => Error::SlotInvalid("this is none of the times that are offered"),
        NotOffered::Taken => taken(tx, keyring, book, start, now).await?,
    })
}

async fn taken(
    tx: &mut TenantTx,
    keyring: &Keyring,
    book: &Book,
    start: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Error, Error> {
    Ok(Error::SlotTaken {
        zone: book.rules.zone,
        alternatives: book.alternatives(tx, keyring, start, now).await?,
    })
}

/// What the person is to be told: the confirmation at once, the reminders in time.
async fn order_notices(
    tx: &mut TenantTx,
    appointment: &Appointment,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    // One that is not confirmed yet may still be refused.
    let is_told = appointment.customer_phone.is_some()
        && appointment.status == AppointmentStatus::Confirmed
        && appointment.starts_at > now;
    if !is_told {
        return Ok(());
    }
    let (id, starts_at) = (appointment.id, appointment.starts_at);
    let confirmation = NoticeKind::Confirmation;
    let ordered = reminders::insert_reminder(tx, id, confirmation, starts_at, now, now).await?;
    if let Some(reminder) = ordered {
        let subscriber = tx.subscriber();
        jobs::enqueue(
            tx,
            &SendNotice {
                subscriber,
                reminder,
            },
        );
    }
    let person = reminders::find_person(tx, id).await?;
    let zone = zone(person.timezone.as_deref().unwrap_or(&appointment.timezone));
    for (kind, due_at) in notices::reminders(starts_at, now, zone) {
        reminders::insert_reminder(tx, id, kind, starts_at, due_at, now).await?;
    }
    Ok(())
}

/// The line of the black box and the outcome, where it happened in a conversation.
async fn record(
    tx: &mut TenantTx,
    appointment: &Appointment,
    act: Act,
    kind: &str,
    outcome: Option<Outcome>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let Some(interaction) = act.interaction else {
        return Ok(());
    };
    let detail = json!({
        "appointment_id": appointment.id,
        "resource_id": appointment.resource,
        "starts_at": appointment.starts_at,
        "status": appointment.status,
    });
    traffic::trace(tx, interaction, act.source, kind, detail, now);
    let Some(outcome) = outcome else {
        return Ok(());
    };
    if let Some(raised) = traffic::raise_outcome(tx, interaction, outcome).await? {
        let totals = Totals {
            day: raised.day,
            channel: raised.channel,
            change: raised.change,
            messages_in: 0,
            messages_out: 0,
        };
        billing::record(tx, None, &totals, now).await?;
    }
    Ok(())
}

fn act_of(new: &NewBooking) -> Act {
    let source = match new.source {
        BookingSource::Manual => Source::Staff,
        BookingSource::Calcom => Source::Provider,
        _ => Source::ToolCall,
    };
    Act {
        source,
        interaction: new.interaction,
    }
}

/// As the contacts say by which way somebody became known.
fn contact_source(source: BookingSource) -> &'static str {
    match source {
        BookingSource::VoiceBooking => "CALL",
        BookingSource::Sms => "SMS",
        BookingSource::Chat => "CHAT",
        BookingSource::Web => "WEB",
        BookingSource::Manual => "MANUAL",
        BookingSource::Calcom => "CALCOM",
    }
}

/// What is told to the business's own tools.
pub fn facts(appointment: &Appointment) -> AppointmentFacts {
    AppointmentFacts {
        appointment_id: appointment.id.0,
        interaction_id: appointment.interaction.map(|id| id.0),
        contact_id: appointment.contact.map(|id| id.0),
        status: appointment.status.as_str().to_owned(),
        starts_at: appointment.starts_at,
        ends_at: appointment.ends_at,
        timezone: appointment.timezone.clone(),
        service: appointment.service_name.clone(),
    }
}
