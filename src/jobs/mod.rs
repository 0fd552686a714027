//! Work to be done after a commit, and again and again until it is done: the queue, its runner, schedules, leases.
//!
//! A *job* is a row of ids, written in the transaction that wants it done. A *run* is one attempt at it: claimed
//! under a lease, so that a crash needs nobody to clean up, and ended under a *fence*, so that a run which lost
//! its lease cannot write its result over that of the next one. A *lane* is a group of kinds with workers of its
//! own. Owns `jobs`, `schedule_runs` and `leases`, and raises the ops alert `job.dead`.
//!
//! Promises: commit = the job exists, rollback = it never was; every job ends `DONE`, `DEAD` or `CANCELLED`, also
//! when its handler panics, hangs or takes the process with it; what a job writes together with [`Run::finish`]
//! happens exactly once, everything else at least once.
mod model;
mod backoff;
mod queue;
mod run;
mod registry;
mod breaker;
mod ending;
mod attempt;
mod runner;
mod running;
mod pace;
pub mod lease;
pub mod schedule;
pub mod housekeeping;
pub mod store;

pub use attempt::Ran;
pub use breaker::{pause, paused_for};
pub use ending::Outcome;
pub use lease::with_lease;
pub use model::{Job, JobError, Lane};
pub use pace::Pace;
pub use queue::{enqueue, enqueue_in, new_job};
pub use registry::Registry;
pub use run::{FinishError, Run};
pub use runner::{Runner, Timing};
pub use schedule::{Every, Schedule, Scheduler};
