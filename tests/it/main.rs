//! The one test program; its modules mirror the domains.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test may fail on the spot, and tells its helper processes by the environment what to do"
)]
mod embedded;
