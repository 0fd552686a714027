//! The statements on resources, appointments and reminders.
pub mod appointments;
pub mod lists;
pub mod reminders;
pub mod resources;
