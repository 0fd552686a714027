//! One attempt at a job, and the fence that proves it is still the one that counts.
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::kernel::{db::Tx, ids::JobId};

use super::{Outcome, store};

/// Which run of which job: every write of a run names both. The number only ever grows, while attempts are given
/// back and reset, so it alone tells an old run from the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    pub job: JobId,
    pub lease: i64,
}

/// What a handler holds while it works at a job.
#[derive(Clone, Debug)]
pub struct Run {
    fence: Fence,
    attempt: u32,
    /// The end that the handler wrote itself.
    written: Arc<OnceLock<Outcome>>,
}

/// Why a run may not end its job.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// We were too slow, and somebody else has the job: the result must be thrown away.
    #[error("the run lost its lease: its result is thrown away")]
    Fenced,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Run {
    pub(super) fn new(fence: Fence, attempt: u32) -> Self {
        Self {
            fence,
            attempt,
            written: Arc::default(),
        }
    }

    pub fn job(&self) -> JobId {
        self.fence.job
    }

    /// The number of this attempt; the first is 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Ends the job in the transaction of its result: both exist, or neither. On [`FinishError::Fenced`] the
    /// transaction must not be committed; `?` does the right thing, because dropping it rolls back.
    pub async fn finish(&self, tx: &mut impl Tx) -> Result<(), FinishError> {
        let is_ours = store::finish(tx, self.fence).await?;
        self.note(is_ours, Outcome::Done)
    }

    /// Puts the job off in the transaction of what this run found out, without using up an attempt: for work that
    /// counts its own attempts, such as a delivery.
    pub async fn put_off(&self, tx: &mut impl Tx, delay: Duration) -> Result<(), FinishError> {
        let is_ours = store::put_off(tx, self.fence, delay).await?;
        self.note(is_ours, Outcome::PutOff)
    }

    /// Ends many runs in the transaction of their results, each done or, with a delay, put off. Which of them were still
    /// ours: the results of the others must not be written.
    pub async fn end_together(
        tx: &mut impl Tx,
        ends: &[(Run, Option<Duration>)],
    ) -> sqlx::Result<Vec<bool>> {
        let fences: Vec<_> = ends
            .iter()
            .map(|(run, delay)| (run.fence, *delay))
            .collect();
        let ours = store::end_together(tx, &fences).await?;
        for ((run, delay), is_ours) in ends.iter().zip(&ours) {
            let outcome = match (is_ours, delay) {
                (false, _) => Outcome::Lost,
                (true, None) => Outcome::Done,
                (true, Some(_)) => Outcome::PutOff,
            };
            run.written.get_or_init(|| outcome);
        }
        Ok(ours)
    }

    fn note(&self, is_ours: bool, outcome: Outcome) -> Result<(), FinishError> {
        if !is_ours {
            return Err(FinishError::Fenced);
        }
        self.written.get_or_init(|| outcome);
        Ok(())
    }

    /// What the handler wrote itself, so that nothing is left to write.
    pub(super) fn written(&self) -> Option<Outcome> {
        self.written.get().copied()
    }
}
