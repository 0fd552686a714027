//! What tests stand on.
mod app;
mod db;
mod queue;

pub use app::{app, at};
pub use db::TestDb;
pub use queue::{Bench, Work, do_once, soon};
