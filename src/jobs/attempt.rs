//! One claimed job from its handler to the word that is written about it.
use std::{future::Future, sync::Arc, time::Duration};

use anyhow::anyhow;
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep},
};
use tracing::{Instrument, debug, info, info_span, warn};

use crate::{
    app::AppState,
    kernel::{
        db::{SystemToken, SystemTx, is_unavailable},
        faults::{self, Fault, Source},
        ids::JobId,
        metrics::METRICS,
    },
};

use super::{
    JobError, Lane, Outcome, Registry, Run,
    breaker::Breaker,
    ending::{Ending, decide},
    run::Fence,
    runner::Timing,
    store::{self, Claimed},
};

/// The database may be away for a moment just when a job is done: the end is worth a few tries, because without it
/// the whole job runs again.
const WRITE_PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A run that has ended, for those who ran it by hand.
#[derive(Clone, Debug)]
pub struct Ran {
    pub job: JobId,
    pub kind: String,
    pub outcome: Outcome,
    /// Why it was not done, as the row says it.
    pub error: Option<String>,
}

/// Runs claimed jobs.
pub(super) struct Executor {
    pub(super) app: AppState,
    pub(super) registry: Arc<Registry>,
    pub(super) breaker: Breaker,
    pub(super) timing: Timing,
}

impl Executor {
    /// Runs a job that was just claimed, and writes how it went.
    pub(super) async fn execute(&self, lane: Lane, claimed: Claimed) -> Ran {
        let started = Instant::now();
        let run = Run::new(claimed.fence, claimed.attempt);
        let result = self.attempt(lane, &claimed, &run).await;
        let ending = decide(result, claimed.attempt, claimed.max_attempts);
        let outcome = match (&ending, run.written()) {
            (Ending::Done, Some(written)) => written,
            _ => self.write(claimed.fence, &ending).await,
        };
        // A kind that we do not know may be anything: a label takes only what is in our code.
        let kind = self
            .registry
            .find(&claimed.kind)
            .map_or("unknown", |kind| kind.name);
        METRICS
            .job_runs
            .with_label_values(&[kind, outcome.as_str()])
            .inc();
        METRICS
            .job_duration
            .with_label_values(&[kind])
            .observe(started.elapsed().as_secs_f64());
        if let (Outcome::Dead, Some(error)) = (outcome, ending.error_text()) {
            self.app.faults.note(Fault {
                source: Source::Job,
                place: kind.to_owned(),
                what: faults::describe(error),
                subscriber: claimed.subscriber,
                request_id: None,
                at: self.app.clock.now(),
            });
        }
        let ran = Ran {
            job: claimed.fence.job,
            kind: claimed.kind,
            outcome,
            error: ending.error(),
        };
        tell(&ran, claimed.attempt);
        ran
    }

    async fn attempt(&self, lane: Lane, claimed: &Claimed, run: &Run) -> Result<(), JobError> {
        // Not dead at once: while a new version is rolled out, the old one claims kinds that only the new one knows.
        let Some(kind) = self.registry.find(&claimed.kind) else {
            return Err(JobError::Retry(anyhow!(
                "no handler for kind {}",
                claimed.kind
            )));
        };
        if let Some(provider) = kind.provider {
            self.breaker.check(&self.app, provider).await?;
        }
        let span = info_span!("job", job.id = %run.job(), job.kind = kind.name, job.attempt = run.attempt());
        let handled = kind.handle(self.app.clone(), run.clone(), claimed.payload.clone());
        let result = tokio::select! {
            result = apart(handled.instrument(span)) => result,
            () = sleep(kind.deadline) => {
                Err(JobError::Retry(anyhow!("cut off at the deadline of {:?}", kind.deadline)))
            }
            () = self.keep(lane, claimed.fence) => Err(JobError::Retry(anyhow!("the lease was lost"))),
        };
        if let Some(provider) = kind.provider {
            self.breaker.observe(&self.app, provider, &result).await;
        }
        result
    }

    /// Renews the lease for as long as the run lasts; comes back when the job is not ours any more.
    async fn keep(&self, lane: Lane, fence: Fence) {
        loop {
            sleep(lane.lease() / self.timing.renewals_per_lease).await;
            match self.renew(lane, fence).await {
                Ok(true) => {}
                Ok(false) => return,
                // The fence decides in the end; until then the next renewal may work.
                Err(error) => {
                    warn!(job.id = %fence.job, %error, "could not renew the lease of job {}", fence.job)
                }
            }
        }
    }

    async fn renew(&self, lane: Lane, fence: Fence) -> sqlx::Result<bool> {
        let mut tx = SystemTx::begin(&self.app.db, SystemToken::JobRunner).await?;
        let is_ours = store::renew(&mut tx, fence, lane.lease()).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    async fn write(&self, fence: Fence, ending: &Ending) -> Outcome {
        for pause in WRITE_PAUSES {
            sleep(pause).await;
            match self.try_to_write(fence, ending).await {
                Ok(true) => return ending.outcome(),
                Ok(false) => return Outcome::Lost,
                Err(error) => {
                    warn!(job.id = %fence.job, %error, "could not write the end of job {}", fence.job);
                    if !is_unavailable(&error) {
                        return Outcome::Lost;
                    }
                }
            }
        }
        Outcome::Lost
    }

    async fn try_to_write(&self, fence: Fence, ending: &Ending) -> sqlx::Result<bool> {
        let mut tx = SystemTx::begin(&self.app.db, SystemToken::JobRunner).await?;
        let is_ours = match ending {
            Ending::Done => store::finish(&mut tx, fence).await?,
            Ending::PutOff { delay } => store::put_off(&mut tx, fence, *delay).await?,
            Ending::Again { delay, error } => store::retry(&mut tx, fence, *delay, error).await?,
            Ending::Dead { error } => store::bury(&mut tx, fence, error).await?,
        };
        tx.commit().await?;
        Ok(is_ours)
    }
}

/// Runs a handler in a task of its own, which ends when this is dropped: a panic ends the task and not the runner.
async fn apart(
    handled: impl Future<Output = Result<(), JobError>> + Send + 'static,
) -> Result<(), JobError> {
    let mut tasks = JoinSet::new();
    tasks.spawn(handled);
    match tasks.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(panic)) => Err(JobError::Retry(anyhow!(panic_message(panic)))),
        None => unreachable!("one task was started"),
    }
}

/// A literal message is ours; a formatted one may hold what a person wrote, and stays in the log of the panic.
fn panic_message(error: JoinError) -> String {
    let literal = error
        .try_into_panic()
        .ok()
        .and_then(|panic| panic.downcast_ref::<&'static str>().copied());
    match literal {
        Some(message) => format!("the handler panicked: {message}"),
        None => "the handler panicked".to_owned(),
    }
}

fn tell(ran: &Ran, attempt: u32) {
    let Ran {
        job, kind, outcome, ..
    } = ran;
    let error = ran.error.as_deref().unwrap_or_default();
    match outcome {
        Outcome::Done => debug!(job.id = %job, job.kind = kind, "job {job} is done"),
        Outcome::PutOff => info!(job.id = %job, job.kind = kind, "job {job} is put off"),
        Outcome::Lost => warn!(job.id = %job, job.kind = kind, "job {job} went to another run"),
        Outcome::Retried => {
            warn!(job.id = %job, job.kind = kind, job.attempt = attempt, error, "job {job} failed and runs again");
        }
        Outcome::Dead => {
            tracing::error!(job.id = %job, job.kind = kind, job.attempt = attempt, error, "job {job} is dead");
        }
    }
}
