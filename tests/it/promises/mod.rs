//! The promises of the service, kept by real processes: killed, stopped, and with the database taken away.
pub mod house;
mod exactly_once;
mod database_gone;
mod deliveries;
mod orderly_stop;
