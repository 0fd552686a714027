//! The statements on resources, appointments and reminders.
pub mod appointments;
pub mod reminders;
pub mod resources;
