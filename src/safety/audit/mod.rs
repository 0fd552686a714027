//! The audit log, shown to its business and verified every night.
mod jobs;
mod routes;

pub use jobs::{VerifyAudit, schedule, verify_all, verify_audit};
pub use routes::router;
