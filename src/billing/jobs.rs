//! The nightly reconciliation.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::reconcile::{self, Cause, Error, Progress};
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Pace, Run},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::{RunId, SubscriberId},
    },
};

/// A job does this many and orders the next one: some milliseconds for each subscriber, a second for the largest, and a
/// deploy in the middle costs nothing.
const PIECES_PER_JOB: usize = 100;
/// How many are checked before those who wait for an answer have their turn.
const SUBSCRIBERS_PER_PIECE: i64 = 5;
/// An operator's own run takes minutes.
const ASK_AGAIN_IN: Duration = Duration::from_secs(60);

/// Reconciles everybody, a part of them at a time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reconcile {
    /// The tick. A retry takes up the run of the same tick again.
    pub due_at: Option<DateTime<Utc>>,
    /// The run to go on with; none begins it.
    pub run: Option<RunId>,
}

impl Reconcile {
    pub fn of(due_at: DateTime<Utc>) -> Self {
        Self {
            due_at: Some(due_at),
            run: None,
        }
    }
}

impl Job for Reconcile {
    const KIND: &'static str = "billing.reconcile";
    const LANE: Lane = Lane::Bulk;
    const DEADLINE: Duration = Duration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

pub async fn reconcile_everybody(app: AppState, run: Run, job: Reconcile) -> Result<(), JobError> {
    let id = match job.run {
        Some(id) => id,
        None => match reconcile::start(&app, Cause::Schedule, job.due_at).await {
            Err(Error::Busy) => return Err(JobError::Snooze(ASK_AGAIN_IN)),
            started => started?,
        },
    };
    let mut pace = Pace::start();
    for _ in 0..PIECES_PER_JOB {
        match reconcile::advance(&app, id, SUBSCRIBERS_PER_PIECE).await {
            Ok(Progress::Done(_)) => return Ok(()),
            Ok(Progress::More) => pace.rest().await,
            Err(error @ Error::GivenUp(_)) => return Err(JobError::Fail(error.into())),
            Err(error) => return Err(error.into()),
        }
    }
    order_the_rest(&app, &run, job.due_at, id).await
}

/// The next job exists when this one has ended, and not before: both have the same key.
async fn order_the_rest(
    app: &AppState,
    run: &Run,
    due_at: Option<DateTime<Utc>>,
    id: RunId,
) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    run.finish(&mut tx).await?;
    let rest = Reconcile {
        due_at,
        run: Some(id),
    };
    jobs::enqueue(&mut tx, &rest);
    tx.commit().await?;
    Ok(())
}
