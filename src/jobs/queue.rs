//! Enqueueing: a function on the caller's transaction. Commit = the job exists, rollback = it never was.
use std::time::Duration;

use crate::kernel::db::{NewJob, Tx};

use super::Job;

/// Orders work that begins right after the commit.
pub fn enqueue<J: Job>(tx: &mut impl Tx, job: &J) {
    tx.enqueue(new_job(job));
}

/// Orders work that begins some time after the commit.
pub fn enqueue_in<J: Job>(tx: &mut impl Tx, job: &J, delay: Duration) {
    let delay = chrono::Duration::from_std(delay).unwrap_or(chrono::Duration::MAX);
    tx.enqueue(NewJob {
        delay,
        ..new_job(job)
    });
}

/// The row of a job: for schedules, and for whoever hands jobs on without knowing their types.
///
/// # Panics
/// A job is a struct of ids, which can always be written as JSON.
pub fn new_job<J: Job>(job: &J) -> NewJob {
    NewJob {
        kind: J::KIND,
        lane: J::LANE.as_str(),
        subscriber: job.subscriber(),
        payload: serde_json::to_value(job).expect("a struct of ids is JSON"),
        delay: chrono::Duration::zero(),
        max_attempts: i32::try_from(J::MAX_ATTEMPTS).unwrap_or(i32::MAX),
        dedupe_key: job.dedupe_key(),
    }
}
