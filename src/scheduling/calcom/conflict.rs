//! What is booked here and cannot be booked there.
//!
//! A time that the owner's calendar does not have is no promise: the appointment waits (PENDING) for the owner, who is
//! told, and the person is offered other times by text. Its time stays theirs with us until somebody decides. Moved to a
//! time that is free there, by anybody, it is booked there like any other. What Cal.com refuses for another reason (a
//! required answer that nobody asks callers for) stays CONFIRMED: the time is not in doubt, only the calendar's entry is
//! missing, and the owner is told. So does what was booked before the calendar was connected: most likely it stands in
//! the calendar under another name, and the owner knows.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    model::{Link, NO_ANSWER, SyncState},
    store::{bookings, connections, slots},
    sync::SyncAppointment,
};
use crate::{
    alerts::{self, Alert, Severity},
    app::AppState,
    jobs::{self, Job, Lane},
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, SubscriberId},
    },
    mail::{Notice, TellOwner},
    scheduling::{
        model::{Appointment, AppointmentStatus},
        store::{appointments, reminders},
    },
    traffic::{self, Source},
};

/// Texts the person that the time is in doubt, with others that are free. Carried out by `messaging`, which stands below.
#[derive(Debug, Serialize, Deserialize)]
pub struct OfferOtherTimes {
    pub subscriber: SubscriberId,
    pub appointment: AppointmentId,
    /// Of the start that is in doubt.
    pub starts_at: DateTime<Utc>,
}

impl Job for OfferOtherTimes {
    const KIND: &'static str = "scheduling.offer_other_times";
    const LANE: Lane = Lane::Interactive;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        let start = self.starts_at.timestamp();
        Some(format!("{}:{}:{start}", Self::KIND, self.appointment))
    }
}

/// The time is not free there.
pub async fn taken(app: &AppState, job: &SyncAppointment) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let connection = connections::lock(&mut tx).await?;
    let Some(mut link) = bookings::find_of(&mut tx, job.appointment).await? else {
        return Ok(());
    };
    let appointment = appointments::lock_appointment(&mut tx, job.appointment).await?;
    link.attempted_at = None;
    note(&mut link, SyncState::Conflict, "TIME_TAKEN");
    bookings::save(&mut tx, &link, now).await?;
    // What we thought to be free there is not.
    slots::forget(&mut tx).await?;
    let in_doubt = appointment.filter(|appointment| {
        appointment.status.is_open() && link.wanted_start == Some(appointment.starts_at)
    });
    let was_connected = |appointment: &Appointment| {
        connection
            .as_ref()
            .is_none_or(|connection| connection.connected_at <= appointment.updated_at)
    };
    if let Some(appointment) = &in_doubt
        && !was_connected(appointment)
    {
        let detail = "an appointment from before cal.com was connected is not free there";
        tell(&mut tx, job, Notice::CalendarConflict, detail, now).await?;
    } else if let Some(appointment) = in_doubt {
        if appointment.status == AppointmentStatus::Confirmed {
            let pending = AppointmentStatus::Pending;
            appointments::set_status(&mut tx, &appointment, pending, now).await?;
        }
        reminders::drop_reminders(&mut tx, appointment.id, "CALENDAR_CONFLICT").await?;
        let order = OfferOtherTimes {
            subscriber: job.subscriber,
            appointment: appointment.id,
            starts_at: appointment.starts_at,
        };
        jobs::enqueue(&mut tx, &order);
        if let Some(interaction) = appointment.interaction {
            let detail =
                serde_json::json!({ "appointment_id": appointment.id, "provider": "CALCOM" });
            let kind = "appointment.calendar_conflict";
            traffic::trace(&mut tx, interaction, Source::Job, kind, detail, now);
        }
        let detail = "an appointment stands at a time that is not free at cal.com";
        tell(&mut tx, job, Notice::CalendarConflict, detail, now).await?;
    }
    tx.commit().await
}

/// Cal.com does not take it, and not for its time.
pub async fn refused(app: &AppState, job: &SyncAppointment, problem: &str) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    connections::lock(&mut tx).await?;
    let Some(mut link) = bookings::find_of(&mut tx, job.appointment).await? else {
        return Ok(());
    };
    // Polls try again what got no answer, and what came of it is looked for first; the owner is told once.
    let is_news = problem != NO_ANSWER || link.problem.as_deref() != Some(problem);
    if problem != NO_ANSWER {
        link.attempted_at = None;
    }
    note(&mut link, SyncState::Failed, problem);
    bookings::save(&mut tx, &link, now).await?;
    if is_news {
        let detail = "an appointment is not at cal.com, which does not take it";
        tell(&mut tx, job, Notice::CalendarRefused, detail, now).await?;
    }
    tx.commit().await
}

fn note(link: &mut Link, state: SyncState, problem: &str) {
    link.sync_state = state;
    link.problem = Some(problem.to_owned());
}

async fn tell(
    tx: &mut TenantTx,
    job: &SyncAppointment,
    notice: Notice,
    detail: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    TellOwner::order(tx, job.subscriber, notice);
    let alert = Alert {
        subscriber: Some(job.subscriber),
        kind: "calcom.conflict",
        severity: Severity::Warning,
        detail: detail.to_owned(),
        cause: format!("calcom.conflict:{}:{}", job.subscriber, job.appointment),
    };
    alerts::raise(tx, &alert, now).await
}
