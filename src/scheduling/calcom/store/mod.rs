//! The statements on connections to Cal.com, on its bookings and on what is free there.
pub mod bookings;
pub mod connections;
pub mod consents;
pub mod slots;
