//! The one test program: a file per domain, shared support, a database per test.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read TEST_DATABASE_URL, tell their helper processes by the environment what to do, and race tasks"
)]
#![allow(
    clippy::unwrap_used,
    reason = "everything here is a test; clippy's own setting does not know the functions that tests share"
)]
mod support;
mod admin;
mod architecture;
mod billing;
mod commands;
mod deployment;
mod deliveries;
mod documents;
mod edges;
mod fakes;
mod identity;
mod bad_input;
mod embedded;
mod inbound;
mod insights;
mod isolation;
mod jobs;
mod leases;
mod limits;
mod migrations;
mod people;
mod personal_data;
mod receptionist;
mod runner;
mod safety;
mod schedules;
mod seeding;
mod settings;
mod promises;
mod sms;
mod traffic;
mod vault;
mod voice;
