//! What tests stand on.
mod app;
mod db;
pub mod paper;
mod queue;
mod scratch;
mod waiting;
mod rows;

pub use app::{app, at};
pub use db::TestDb;
pub use queue::{Bench, Work, do_once, soon};
pub use rows::{Table, World, execute, literal};
pub use scratch::Scratch;
pub use waiting::eventually;
