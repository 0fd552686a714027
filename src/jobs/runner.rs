//! The runner: claims what is due, lane by lane, and stops in an orderly way.
//!
//! It holds no transaction while a job runs. A lane looks when this process enqueued something, when a run makes
//! room for waiting jobs, and every quarter of a second for what other replicas enqueued or what has become due.
use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, info, warn};

use crate::{
    app::AppState,
    kernel::db::{SystemToken, SystemTx},
};

use super::{
    Lane, Ran, Registry,
    attempt::Executor,
    backoff::{random_spread, spread_out},
    breaker::Breaker,
    run::Fence,
    running::Running,
    store::{self, Claim, Claimed},
};

const POLL: Duration = Duration::from_millis(250);
/// A database that is away is not helped by four questions a second.
const POLL_AFTER_ERROR: Duration = Duration::from_secs(2);
/// More runs than this in one call of [`Runner::run_due`] is a job that makes itself due again.
const RUNS_BY_HAND: usize = 10_000;

/// What a test may want to be quicker.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long jobs may take to end when the process stops.
    pub grace: Duration,
    /// Two of three renewals may fail before a lease is lost.
    pub renewals_per_lease: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(20),
            renewals_per_lease: 3,
        }
    }
}

/// Runs the jobs of all lanes.
pub struct Runner {
    executor: Arc<Executor>,
}

impl Runner {
    pub fn new(app: AppState, registry: Arc<Registry>) -> Self {
        Self::with_timing(app, registry, Timing::default())
    }

    pub fn with_timing(app: AppState, registry: Arc<Registry>, timing: Timing) -> Self {
        let executor = Executor {
            app,
            registry,
            breaker: Breaker::default(),
            timing,
        };
        Self {
            executor: Arc::new(executor),
        }
    }

    /// Starts a worker per lane, which ends when the application's tasks stop.
    pub fn start(&self) {
        for lane in Lane::ALL {
            let worker = Worker {
                executor: self.executor.clone(),
                running: Running::new(lane),
            };
            self.executor.app.tasks.spawn(worker.work());
        }
    }

    /// Runs everything that is due, one job after the other, until nothing is; then records how the runs of
    /// schedules ended. For tests and programs without a running worker.
    pub async fn run_due(&self) -> anyhow::Result<Vec<Ran>> {
        let mut all = Vec::new();
        loop {
            let before = all.len();
            for lane in Lane::ALL {
                while let Some(claimed) = self.claim_one(lane).await? {
                    all.push(self.executor.execute(lane, claimed).await);
                    ensure!(
                        all.len() < RUNS_BY_HAND,
                        "jobs become due faster than they run"
                    );
                }
            }
            if all.len() == before {
                break;
            }
        }
        let mut tx = SystemTx::begin(&self.executor.app.db, SystemToken::Schedule).await?;
        store::settle_runs(&mut tx).await?;
        tx.commit().await?;
        Ok(all)
    }

    async fn claim_one(&self, lane: Lane) -> sqlx::Result<Option<Claimed>> {
        let mut tx = SystemTx::begin(&self.executor.app.db, SystemToken::JobRunner).await?;
        let claim = Claim {
            lane,
            limit: 1,
            running: &[],
            per_subscriber: lane.per_subscriber(),
        };
        let claimed = store::claim(&mut tx, claim).await?;
        tx.commit().await?;
        Ok(claimed.into_iter().next())
    }
}

/// The worker of one lane.
struct Worker {
    executor: Arc<Executor>,
    running: Running,
}

impl Worker {
    async fn work(mut self) {
        let app = self.executor.app.clone();
        let mut new_jobs = app.db.watch_jobs();
        let lane = self.running.lane;
        let mut next_look = Instant::now();
        while !app.tasks.is_stopping() {
            if next_look <= Instant::now() {
                let pause = self.fill().await;
                next_look = Instant::now() + spread_out(pause, random_spread());
            }
            let has_room = self.running.room() > 0;
            let is_saturated = self.running.is_saturated();
            tokio::select! {
                () = app.tasks.stopping() => {}
                () = self.running.next_end(), if !self.running.is_empty() => {
                    if is_saturated {
                        next_look = Instant::now();
                    }
                }
                // The sender lives in the application's Db, as long as this worker.
                _ = new_jobs.changed(), if has_room => {
                    next_look = next_look.min(Instant::now() + lane.settle());
                }
                () = sleep_until(next_look), if has_room => {}
            }
        }
        self.stop().await;
    }

    /// Claims and starts until there is no room or nothing due. Says how long to wait before the next look.
    async fn fill(&mut self) -> Duration {
        while self.running.room() > 0 {
            match self.claim().await {
                Ok(claimed) if claimed.is_empty() => break,
                Ok(claimed) => {
                    for job in claimed {
                        self.running.start(&self.executor, job);
                    }
                }
                Err(error) => {
                    let lane = self.running.lane.as_str();
                    warn!(lane, %error, "could not claim jobs of lane {lane}");
                    return POLL_AFTER_ERROR;
                }
            }
        }
        POLL
    }

    async fn claim(&self) -> sqlx::Result<Vec<Claimed>> {
        let mut tx = SystemTx::begin(&self.executor.app.db, SystemToken::JobRunner).await?;
        let claim = Claim {
            lane: self.running.lane,
            limit: self.running.room(),
            running: &self.running.subscribers(),
            per_subscriber: self.running.lane.per_subscriber(),
        };
        let claimed = store::claim(&mut tx, claim).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Gives running jobs their grace; what is left then goes back, for others to run at once.
    async fn stop(mut self) {
        if timeout(self.executor.timing.grace, self.running.all_ends())
            .await
            .is_ok()
        {
            return;
        }
        let lane = self.running.lane.as_str();
        let left = self.running.cut_off().await;
        match self.release(&left).await {
            Ok(jobs) => info!(lane, "handed back {jobs} jobs of lane {lane}"),
            // Their leases run out: the same, only slower.
            Err(error) => {
                error!(lane, %error, "could not hand back {} jobs of lane {lane}", left.len())
            }
        }
    }

    async fn release(&self, left: &[Fence]) -> sqlx::Result<u64> {
        let mut tx = SystemTx::begin(&self.executor.app.db, SystemToken::JobRunner).await?;
        let jobs = store::release(&mut tx, left).await?;
        tx.commit().await?;
        Ok(jobs)
    }
}
