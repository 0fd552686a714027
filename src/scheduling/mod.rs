//! Booking: what is free, and who has it.
//!
//! *Slots* are the starts that one pure function ([`slots`]) offers; an *appointment* is a slot that somebody has, at a
//! *resource* (a technician, a chair); a *reminder* is what the person is told of it. Tables: `resources`,
//! `appointments`, `reminders`; a calendar that is kept elsewhere has a folder of its own ([`calcom`]).
//!
//! Promises: a booked time is booked once, whatever races for it (the exclusion constraint decides, and no reading
//! before it), and only inside what the business offers at that moment; a change of hours or services moves nothing
//! that was booked; who is told of an appointment is told of one that still stands.
pub mod calcom;
pub mod calendar_file;
pub mod code;
pub mod jobs;
pub mod links;
pub mod model;
pub mod notices;
mod offers;
mod routes;
pub mod service;
pub mod slots;
#[cfg(test)]
mod slots_tests;
pub mod store;
pub mod token;

pub use jobs::{RemindDue, SendNotice, remind_due};
pub use model::{
    Act, Appointment, AppointmentStatus, Asked, BookingSource, Error, NewAppointment, NewBooking,
    Offer, OfferedSlot, Proof, When,
};
pub use offers::offer;
pub use routes::router;
pub use service::{book, cancel, find_for, mark, reschedule};
