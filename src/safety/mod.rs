//! What a business and its callers are owed: the audit log shown and verified, consent, an error log, what is kept how
//! long, exports and erasures.
//!
//! Which column holds personal data, and what becomes of it, stands in `people/personal_data.rs`; this room carries it
//! out. Owns `error_logs`, `retention_settings`, `retention_runs`, `exports`, `export_parts`, `erasures`.
//!
//! Promises: a broken audit chain raises an alert within a day; what a person asked to be erased is gone here with the
//! commit that says so, and at the providers when the receipt says so; no export outlives its week; nobody's words
//! are in the error log.
pub mod audit;
pub mod consents;
pub mod error_log;
pub mod erasure;
pub mod exports;
pub mod retention;

mod store;

use utoipa_axum::router::OpenApiRouter;

use crate::{app::AppState, jobs::Registry, jobs::Schedule};

/// Every path of this room.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(audit::router())
        .merge(consents::router())
        .merge(error_log::router())
        .merge(retention::router())
        .merge(exports::router())
        .merge(erasure::router())
}

/// Adds the handlers of this room.
pub fn register(registry: &mut Registry) {
    registry.register(audit::verify_audit);
    registry.register(retention::retain);
    registry.register(exports::build_export);
    registry.register(erasure::erase_contact);
    registry.register(erasure::erase_subscriber);
    registry.register(erasure::delete_at_retell);
    registry.register(erasure::delete_at_twilio);
    registry.register(erasure::delete_at_vapi);
}

/// The schedules of this room.
pub fn schedules() -> [Schedule; 2] {
    [audit::schedule(), retention::schedule()]
}
