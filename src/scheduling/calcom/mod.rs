//! A calendar at Cal.com, both ways.
//!
//! Words: a *connection* is a business's calendar there; a *booking* is what Cal.com has, an *appointment* what we have,
//! and a row of `calendar_bookings` says which is which; an *event type* is what Cal.com books. Tables:
//! `calendar_connections`, `calendar_event_types`, `calendar_consents`, `calendar_bookings`, `calendar_slots`.
//!
//! Promises: an appointment is booked there at most once, after it stands here; what happens there happens here once,
//! however often and in whatever order it is told; a booking that has no place with us is kept and shown; a calendar is
//! one business's, and its tokens are taken by one at a time; nobody is asked anything inside a transaction.
mod conflict;
mod consent;
mod free;
mod jobs;
mod model;
mod news;
mod routes;
pub mod store;
mod sync;
mod tokens;
mod webhooks;

use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::AppState,
    jobs::{Every, Registry, Schedule, enqueue, new_job},
    kernel::db::TenantTx,
    scheduling::model::{Act, Appointment},
    traffic::Source,
};

pub use conflict::OfferOtherTimes;
pub use free::{Free, Wish, freshen, freshen_for, freshen_to_move, known};
pub use model::{
    CalcomStatus, Connection, ConnectionState, EventTypeChoice, Link, Origin, SyncState,
};
pub use sync::SyncAppointment;
pub use webhooks::receive_raw;

/// The member of a booking's metadata by which we know one of ours.
const ATTEMPT_KEY: &str = "attempt_key";

pub fn router() -> OpenApiRouter<AppState> {
    routes::router().merge(webhooks::router())
}

/// The kinds of jobs of this folder.
pub fn register(registry: &mut Registry) {
    registry.register(sync::sync_appointment);
    registry.register(jobs::set_up);
    registry.register(jobs::tear_down);
    registry.register(jobs::poll);
    registry.register(jobs::poll_everybody);
    registry.register(jobs::fetch_booking);
    registry.register(jobs::keep_tokens);
    registry.register(jobs::keep_everybodys_tokens);
}

pub fn schedules() -> Vec<Schedule> {
    vec![
        Schedule {
            name: "calcom_polls",
            // Webhooks come at most once: this is how long a lost one goes unnoticed.
            every: Every::Minutes(10),
            job: |_| new_job(&jobs::PollEverybody {}),
        },
        Schedule {
            name: "calcom_tokens",
            every: Every::DailyAt { hour: 4, minute: 0 },
            job: |_| new_job(&jobs::KeepEverybodysTokens {}),
        },
    ]
}

/// Orders the booking there brought in line, with the transaction that changed the appointment. What Cal.com told itself
/// needs no telling.
pub async fn follow(tx: &mut TenantTx, appointment: &Appointment, act: Act) -> sqlx::Result<()> {
    if act.source == Source::Provider || !store::connections::is_active(tx).await? {
        return Ok(());
    }
    let job = SyncAppointment {
        subscriber: tx.subscriber(),
        appointment: appointment.id,
        sequence: appointment.sequence,
    };
    enqueue(tx, &job);
    Ok(())
}
