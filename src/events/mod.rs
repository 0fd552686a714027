//! Facts that others may want, and the catalogue that describes them.
//!
//! An event is emitted in the transaction that made it true and written with its commit; the table is `events`.
//! `data` is at most two levels deep, its keys are stable and always there (null when there is nothing).
pub mod catalogue;
mod data;
mod examples;

use chrono::{DateTime, Utc};

pub use catalogue::Event;
pub use data::*;
pub use examples::examples;

use crate::kernel::db::{NewEvent, TenantTx};

/// Collects the event; it exists when the transaction commits.
pub fn emit(tx: &mut TenantTx, event: &Event, occurred_at: DateTime<Utc>) {
    tx.emit(NewEvent {
        kind: event.kind(),
        occurred_at,
        data: event.data(),
        dedupe_key: None,
    });
}

/// The same for a fact that may be told more than once: of all with this key one is written.
pub fn emit_once(tx: &mut TenantTx, event: &Event, occurred_at: DateTime<Utc>, key: String) {
    tx.emit(NewEvent {
        kind: event.kind(),
        occurred_at,
        data: event.data(),
        dedupe_key: Some(key),
    });
}
