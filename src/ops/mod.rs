//! What an operator sees of the running service: health, readiness, metrics.
pub mod health;
mod providers;
mod routes;

pub use routes::{Programme, metrics_router, router};
