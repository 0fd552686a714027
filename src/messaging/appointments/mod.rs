//! Texts about appointments: the confirmation and the reminders that `scheduling` orders, and the confirmation that staff
//! asks for. What is told is what stands in the table when it is told.
mod words;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{
    model::{NewText, Purpose, TextStatus},
    queue::queue,
    staff::QueuedText,
};
use crate::{
    app::{App, AppState},
    billing::{self, Totals, rules},
    events::{self, ContactFacts, Event},
    jobs::{JobError, Run},
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, InteractionId, OutgoingId},
        phone::E164,
    },
    people::{self, TextState},
    providers::twilio::segments,
    scheduling::{
        self, Appointment, AppointmentStatus, Asked, SendNotice, When,
        calcom::{self, OfferOtherTimes},
        links,
        model::{Notice, NoticeKind},
        offer,
        store::{
            appointments::{find_appointment, lock_appointment},
            reminders,
        },
    },
    tenancy::{self, Channel, Line, model::zone, store::booking},
    traffic::{
        self, Role, Source,
        store::staff::{self, Addressee},
    },
};

/// Why somebody is not told of an appointment. The names are what stands in `reminders.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untold {
    /// It has begun, was moved or was cancelled.
    Outdated,
    NoPhone,
    /// The business wants no texts about appointments.
    TextsOff,
    /// It has no number for texts, or they are off as a channel.
    NoNumber,
    OptedOut,
    Unreachable,
}

impl Untold {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outdated => "OUTDATED",
            Self::NoPhone => "NO_PHONE",
            Self::TextsOff => "TEXTS_OFF",
            Self::NoNumber => "NO_NUMBER",
            Self::OptedOut => "OPTED_OUT",
            Self::Unreachable => "UNREACHABLE_NUMBER",
        }
    }
}

/// What a text needs to be written.
struct Way {
    line: Line,
    from: E164,
    to: E164,
    person: people::Caller,
}

/// What a text tells.
#[derive(Clone, Copy)]
enum Content<'a> {
    Notice(NoticeKind),
    /// The time is in doubt; these are free.
    OtherTimes(&'a [DateTime<Utc>]),
}

/// How many other times are told, and how far around the one that is in doubt they are looked for.
const OTHERS: usize = 3;
const OTHERS_AROUND: TimeDelta = TimeDelta::days(7);

/// A text about an appointment that was queued.
#[derive(Clone, Debug)]
pub struct Told {
    pub outgoing: OutgoingId,
    pub interaction: InteractionId,
    pub segments: u32,
}

impl Told {
    pub fn view(&self) -> QueuedText {
        QueuedText {
            id: self.outgoing.0,
            interaction_id: self.interaction.0,
            status: TextStatus::Queued,
            segments: i64::from(self.segments),
            price: None,
        }
    }
}

/// Tells one thing that was ordered, if it still is to be told.
pub async fn send_notice(app: AppState, run: Run, job: SendNotice) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let Some(notice) = reminders::find_reminder(&mut tx, job.reminder).await? else {
        return Ok(());
    };
    let told = match find_appointment(&mut tx, notice.appointment).await? {
        Some(appointment) => match find_way(&mut tx, &appointment, now).await? {
            Ok(way) => Some(way),
            Err(why) => {
                reminders::set_dropped(&mut tx, notice.id, why.as_str()).await?;
                None
            }
        },
        None => None,
    };
    if let Some(way) = told {
        // Its person is locked by now, then the appointment, then what is told of it: as whoever books does.
        let appointment = lock_appointment(&mut tx, notice.appointment).await?;
        let appointment = appointment.context("an appointment is gone")?;
        if let Some(notice) = reminders::lock_waiting(&mut tx, notice.id).await? {
            let is_current = appointment.status.is_open()
                && appointment.starts_at == notice.starts_at
                && appointment.starts_at > now;
            let is_wanted = !way.person.is_opted_out;
            if is_current && is_wanted {
                let told = write(
                    &mut tx,
                    &app,
                    &way,
                    &appointment,
                    Content::Notice(notice.kind),
                    now,
                )
                .await?;
                reminders::set_queued(&mut tx, &notice, told.outgoing).await?;
            } else {
                let why = if is_current {
                    Untold::OptedOut
                } else {
                    Untold::Outdated
                };
                reminders::set_dropped(&mut tx, notice.id, why.as_str()).await?;
            }
        }
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Why staff's order to confirm cannot be carried out.
#[derive(Debug)]
pub enum Refused {
    NotFound,
    Untold(Untold),
    Traffic(traffic::Error),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Traffic(traffic::Error::Database(error))
    }
}

impl From<traffic::Error> for Refused {
    fn from(error: traffic::Error) -> Self {
        Self::Traffic(error)
    }
}

/// Confirms an appointment again, because somebody of the business says so. Whether the text goes out is decided when it
/// is its turn.
pub async fn confirm(
    tx: &mut TenantTx,
    app: &App,
    id: AppointmentId,
    now: DateTime<Utc>,
) -> Result<Told, Refused> {
    let found = find_appointment(tx, id).await?.ok_or(Refused::NotFound)?;
    let way = find_way(tx, &found, now).await?.map_err(Refused::Untold)?;
    let appointment = lock_appointment(tx, id).await?.ok_or(Refused::NotFound)?;
    if !appointment.status.is_open() || appointment.starts_at <= now {
        return Err(Refused::Untold(Untold::Outdated));
    }
    let (kind, starts_at) = (NoticeKind::Confirmation, appointment.starts_at);
    let ordered = reminders::insert_reminder(tx, id, kind, starts_at, now, now).await?;
    let told = write(tx, app, &way, &appointment, Content::Notice(kind), now).await?;
    if let Some(reminder) = ordered {
        let notice = Notice {
            id: reminder,
            appointment: id,
            kind,
            starts_at,
        };
        reminders::set_queued(tx, &notice, told.outgoing).await?;
    }
    Ok(told)
}

/// Tells a person that the time of an appointment is in doubt, and what else is free.
pub async fn offer_other_times(
    app: AppState,
    run: Run,
    job: OfferOtherTimes,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let found = find_appointment(&mut tx, job.appointment).await?;
    tx.end_reading();
    let in_doubt = found.filter(|found| {
        found.status == AppointmentStatus::Pending && found.starts_at == job.starts_at
    });
    let Some(found) = in_doubt else {
        return Ok(());
    };
    let minutes = i32::try_from(found.duration_minutes()).ok();
    let wish = calcom::Wish {
        minutes,
        ..calcom::Wish::of_service(found.service)
    };
    let when = When::Start(found.starts_at);
    calcom::freshen_for(&app, job.subscriber, &wish, &when).await;
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    if let Ok(way) = find_way(&mut tx, &found, now).await?
        && !way.person.is_opted_out
    {
        let asked = Asked {
            from: found.starts_at - OTHERS_AROUND,
            until: found.starts_at + OTHERS_AROUND,
            service: found.service,
            resource: None,
            duration_minutes: minutes,
            limit: usize::MAX,
        };
        // Whatever hinders an offer, the person hears that the time is in doubt.
        let mut free: Vec<DateTime<Utc>> = match offer(&mut tx, &app.keyring, &asked, now).await {
            Ok(offer) => offer.slots.iter().map(|slot| slot.starts_at).collect(),
            Err(scheduling::Error::Database(error)) => return Err(error.into()),
            Err(_) => Vec::new(),
        };
        // With another resource the time may be free here; it is the calendar that has it no more.
        free.retain(|start| *start != found.starts_at);
        free.sort_by_key(|start| (*start - found.starts_at).abs());
        free.truncate(OTHERS);
        free.sort_unstable();
        let content = Content::OtherTimes(&free);
        let told = write(&mut tx, &app, &way, &found, content, now).await?;
        let start = found.starts_at;
        reminders::insert_doubt(&mut tx, found.id, start, told.outgoing, now).await?;
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// By which number the person is texted; the person stays locked until the transaction ends.
async fn find_way(
    tx: &mut TenantTx,
    appointment: &Appointment,
    now: DateTime<Utc>,
) -> sqlx::Result<Result<Way, Untold>> {
    let Some(to) = appointment.customer_phone.clone() else {
        return Ok(Err(Untold::NoPhone));
    };
    let rules = booking::find_booking_rules(tx).await?;
    if !rules.is_some_and(|rules| rules.is_sms_enabled) {
        return Ok(Err(Untold::TextsOff));
    }
    let line = tenancy::find_line(tx, Channel::Sms).await?;
    let number = tenancy::find_text_number(tx).await?;
    let (Some(line), Some(from)) = (line.filter(|line| line.is_enabled), number) else {
        return Ok(Err(Untold::NoNumber));
    };
    if from == to {
        return Ok(Err(Untold::NoNumber));
    }
    let person = people::touch_contact(tx, &to, "MANUAL", now).await?;
    if person.is_new {
        let facts = ContactFacts {
            contact_id: Some(person.contact.0),
            phone: Some(to.clone()),
            source: "MANUAL".to_owned(),
        };
        events::emit(tx, &Event::ContactCreated(facts), now);
    }
    if person.text_state != TextState::Reachable {
        return Ok(Err(Untold::Unreachable));
    }
    Ok(Ok(Way {
        line,
        from,
        to,
        person,
    }))
}

/// Writes the text into the open conversation with the person, or into a new one, and orders its sending.
async fn write(
    tx: &mut TenantTx,
    app: &App,
    way: &Way,
    appointment: &Appointment,
    content: Content<'_>,
    now: DateTime<Utc>,
) -> Result<Told, traffic::Error> {
    let addressee = Addressee {
        line: &way.line,
        from: &way.from,
        to: &way.to,
        contact: way.person.contact,
        day: rules::local_day(now, way.line.zone),
    };
    let held = staff::hold_text(tx, &addressee, now).await?;
    let conversation = traffic::find_conversation(tx, held.interaction).await?;
    let conversation = conversation.ok_or(traffic::Error::Raced)?;
    let language = appointment
        .language
        .or(way.person.language)
        .unwrap_or(way.line.language);
    let body = match content {
        Content::Notice(kind) => {
            let public_url = &app.settings.public_url;
            let link = links::link_of(tx, &app.keyring, public_url, appointment.id).await?;
            let facts = words::Facts {
                business_name: &way.line.business_name,
                starts_at: appointment
                    .starts_at
                    .with_timezone(&zone(&appointment.timezone)),
                service: appointment.service_name.as_deref(),
                code: &appointment.confirmation_code,
                link: &link,
                was_moved: reminders::was_moved(tx, appointment.id).await?,
            };
            words::text(kind, language, &facts)
        }
        Content::OtherTimes(free) => {
            let zone = zone(&appointment.timezone);
            let local = |at: &DateTime<Utc>| at.with_timezone(&zone);
            let free: Vec<_> = free.iter().map(local).collect();
            let name = &way.line.business_name;
            words::other_times(language, name, local(&appointment.starts_at), &free)
        }
    };
    let (message, change) =
        traffic::insert_turn(tx, &conversation, Role::System, &body, language, now).await?;
    let totals = Totals {
        day: conversation.day,
        channel: Channel::Sms,
        change: held.change.and(change),
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, None, &totals, now).await?;
    let segments = segments::count(&body).segments;
    let text = NewText {
        interaction: held.interaction,
        message: Some(message),
        contact: Some(way.person.contact),
        purpose: match content {
            Content::Notice(NoticeKind::Confirmation) => Purpose::Confirmation,
            Content::Notice(_) => Purpose::Reminder,
            Content::OtherTimes(_) => Purpose::Notice,
        },
        // A conversation goes on from the number on which it began.
        from: conversation
            .our_number
            .clone()
            .unwrap_or_else(|| way.from.clone()),
        to: way.to.clone(),
        body,
        retry_of: None,
    };
    let outgoing = queue(tx, &text, now).await?;
    let detail = json!({
        "appointment_id": appointment.id,
        "kind": match content {
            Content::Notice(kind) => kind.as_str(),
            Content::OtherTimes(_) => "OTHER_TIMES",
        },
        "outgoing_id": outgoing,
    });
    let kind = "appointment.told";
    traffic::trace(tx, held.interaction, Source::Job, kind, detail, now);
    Ok(Told {
        outgoing,
        interaction: held.interaction,
        segments,
    })
}
