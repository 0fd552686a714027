//! Isolation, read from the catalogue and tried on rows, with the login that the application uses.
//!
//! `shape` says how a table must look, `walk` tries what another subscriber must not be able to do, `roles` says who
//! the transactions are, `stores` calls our own functions with somebody else's ids.
mod booking_stores;
mod calendar_stores;
mod document;
mod roles;
mod rooms;
mod routes;
mod shape;
mod sound;
mod staff_stores;
mod stores;
mod takeover_stores;
mod walk;

use rocket_reception::kernel::clock::Clock;

use crate::support::{TestDb, at};

pub(super) fn clock() -> Clock {
    Clock::fixed(at("2026-11-21T10:00:00Z"))
}

pub(super) async fn database() -> TestDb {
    TestDb::new(clock()).await
}

/// All findings at once: one run says everything that is wrong.
pub(super) fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
