//! What went wrong on our side, grouped: how often, since when, lately where. Written beside the requests and jobs that
//! failed, never by them.
mod routes;
mod writer;

pub use routes::{ErrorView, router};
pub use writer::{start, write_down};
