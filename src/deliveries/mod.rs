//! Events out: to the addresses that a subscriber names, signed, tried again, recorded, replayable.
//!
//! An *endpoint* is an address that wants events. A *delivery* is one event to one endpoint: its row and its job are
//! written with the event (`kernel/db/outbox.rs`). An *attempt* is one request. A delivery that nobody will try any
//! more is a *dead letter*; a *replay* begins it anew. Owns `webhook_endpoints`, `webhook_secrets`,
//! `webhook_endpoint_states`, `webhook_deliveries` and `webhook_attempts`.
//!
//! Promises: an event reaches every endpoint that wanted it at least once, always with the same `webhook-id`, or
//! stands among the dead letters; no secret leaves but at its creation and rotation; no request reaches an address
//! that is not public, unless a setting allows it; a slow endpoint delays only itself.
mod batch;
mod deliver;
mod headers;
mod load;
pub mod model;
mod pacing;
mod parcel;
mod payload;
mod replay;
mod routes;
mod service;
mod settle;
pub mod signature;
pub mod store;
mod verdict;
mod watch;

use std::sync::Arc;

use crate::jobs::Registry;

pub use deliver::{Courier, Deliver};
pub use replay::ReplayFailed;
pub use routes::router;
pub use watch::CheckHealth;

/// Adds the handlers of this room.
pub fn register(registry: &mut Registry) {
    let courier = Arc::new(Courier::default());
    registry.register(move |app, run, job| deliver::deliver(courier.clone(), app, run, job));
    registry.register(watch::check_health);
    registry.register(replay::replay_failed);
}
