//! The one test program: a file per domain, shared support, a database per test.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read TEST_DATABASE_URL, and race tasks of their own"
)]
#![allow(
    clippy::unwrap_used,
    reason = "everything here is a test; clippy's own setting does not know the functions that tests share"
)]
mod support;
mod jobs;
mod leases;
mod limits;
mod runner;
mod schedules;
