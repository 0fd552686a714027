//! Helping an owner to forward the line to us: the carrier's codes, a test call, and the proof that a call came.
//!
//! Owns `forwarding_tests`. `forwarding_status` turns ACTIVE when a forwarded call has been seen or a test call came
//! back, and INACTIVE when a test call rang out.
mod carriers;
mod routes;
pub mod store;
mod test_call;

pub use routes::router;
pub use test_call::{PlaceTestCall, is_test_come_back, place_test_call};
