//! The operator's view of the platform.
mod doors;
mod lists;
mod machine;
mod queue;
