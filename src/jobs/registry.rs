//! Which handler runs which kind. `worker.rs` fills it; nobody else knows every domain.
use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use anyhow::Context;
use serde_json::Value;

use crate::app::AppState;

use super::{Job, JobError, Run};

/// Longer work is split into jobs: a deploy must not have to wait for it.
const LONGEST_DEADLINE: Duration = Duration::from_secs(10 * 60);

type Handled = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;
type Handler = Arc<dyn Fn(AppState, Run, Value) -> Handled + Send + Sync>;

/// What the runner must know of a kind.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) deadline: Duration,
    pub(super) provider: Option<&'static str>,
    handler: Handler,
}

impl Kind {
    /// All of the handler's code, its first line included, runs inside the future: a panic belongs to the run.
    pub(super) fn handle(
        &self,
        app: AppState,
        run: Run,
        payload: Value,
    ) -> impl Future<Output = Result<(), JobError>> + Send + 'static {
        let handler = self.handler.clone();
        async move { handler(app, run, payload).await }
    }
}

/// All kinds of jobs that this program can run.
#[derive(Default)]
pub struct Registry(BTreeMap<&'static str, Kind>);

impl Registry {
    /// Adds the handler of one kind; the type of its third parameter says which.
    ///
    /// # Panics
    /// A kind has one handler, and a deadline of ten minutes at most.
    pub fn register<J, F, Fut>(&mut self, handle: F)
    where
        J: Job,
        F: Fn(AppState, Run, J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        assert!(
            J::DEADLINE <= LONGEST_DEADLINE,
            "{}: the deadline of a job is 10 minutes at most",
            J::KIND
        );
        let handler: Handler = Arc::new(move |app, run, payload| match read(payload) {
            Ok(job) => Box::pin(handle(app, run, job)),
            Err(unreadable) => Box::pin(std::future::ready(Err(unreadable))),
        });
        let kind = Kind {
            name: J::KIND,
            deadline: J::DEADLINE,
            provider: J::PROVIDER,
            handler,
        };
        let other = self.0.insert(J::KIND, kind);
        assert!(other.is_none(), "{}: a kind has one handler", J::KIND);
    }

    /// The names of all kinds, in the order of the alphabet.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    pub(super) fn find(&self, kind: &str) -> Option<&Kind> {
        self.0.get(kind)
    }
}

fn read<J: Job>(payload: Value) -> Result<J, JobError> {
    serde_json::from_value(payload)
        .with_context(|| format!("the payload is not one of {}", J::KIND))
        .map_err(JobError::Fail)
}
