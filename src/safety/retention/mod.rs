//! What is kept how long: a table of classes, a setting per business within legal bounds, a job every night.
mod classes;
mod jobs;
mod routes;

pub use classes::{CLASSES, DataClass, Whose, days_of};
pub use jobs::{Retain, retain, schedule};
pub use routes::router;
