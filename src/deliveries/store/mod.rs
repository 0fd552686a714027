//! Every statement on the tables of endpoints, their secrets and states, deliveries and attempts.
mod endpoints;
mod listing;
mod replays;
mod sending;
mod settling;
mod watch;

pub use endpoints::{
    delete_endpoint, find_endpoint, insert_endpoint, insert_secret, list_endpoints, list_secrets,
    update_endpoint,
};
pub use listing::{
    Filter, ShownAttempt, Statistics, find_delivery, list_attempts, list_deliveries, sum_up,
};
pub use replays::{Range, Replayed, count_in, replay_next, replay_one};
pub(super) use sending::{
    Found, FoundEndpoint, OwnedState, Step, find_parcels, list_endpoints_of, lock_states,
    write_steps,
};
pub(super) use settling::{Outcome, disable_endpoint, record_outcomes};
pub(super) use watch::{bury_stranded, failure_rates};
