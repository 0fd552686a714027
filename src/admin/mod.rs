//! The operator's view of the platform: everybody's businesses, people, leads and texts, and the machine's own queues,
//! runs and alerts. Owns no table: what it lists and does stands in the rooms above.
//!
//! Every route needs an operator who comes from where operators may (`ADMIN_IP_ALLOWLIST`), and each request is in the
//! platform's audit log before its first row is read.
mod model;
mod routes;
mod store;

pub use routes::router;
