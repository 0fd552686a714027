//! What everything stands on: clock, ids, phones, settings, logs, the database. Knows no domain.
pub mod area_codes;
pub mod clock;
pub mod config;
pub mod db;
pub mod email;
pub mod http;
pub mod ids;
pub mod language;
pub mod metrics;
pub mod page;
pub mod phone;
pub mod random;
pub mod secrets;
pub mod signing;
pub mod tasks;
pub mod telemetry;
pub mod text;
