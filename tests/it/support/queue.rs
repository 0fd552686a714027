//! A queue on a bench: a database, a clock that stands still, jobs that do what a test wants.
use std::{future::Future, sync::Arc, time::Duration};

use rocket_reception::{
    app::AppState,
    jobs::{Job, JobError, Lane, Outcome, Ran, Registry, Run, Runner, enqueue},
    kernel::{
        clock::Clock,
        db::{SystemToken, SystemTx, Tx},
        ids::SubscriberId,
    },
};
use serde::{Deserialize, Serialize};
use sqlx::{Row, postgres::PgRow};
use tokio::task::yield_now;

use super::{TestDb, app, at};

/// A job whose handler is whatever the test registers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Work {
    pub number: i64,
    pub subscriber: Option<SubscriberId>,
    pub key: Option<String>,
}

impl Job for Work {
    const KIND: &'static str = "test.work";
    const LANE: Lane = Lane::Interactive;
    const MAX_ATTEMPTS: u32 = 3;

    fn subscriber(&self) -> Option<SubscriberId> {
        self.subscriber
    }

    fn dedupe_key(&self) -> Option<String> {
        self.key.clone()
    }
}

/// One process and its database. Time moves by `clock.advance`.
pub struct Bench {
    pub clock: Clock,
    pub app: AppState,
    pub database: TestDb,
}

impl Bench {
    pub async fn new() -> Self {
        let clock = Clock::fixed(at("2026-11-21T10:00:00Z"));
        let database = TestDb::new(clock.clone()).await;
        let app = app(database.db.clone(), clock.clone());
        Self {
            clock,
            app,
            database,
        }
    }

    /// Another process on the same database.
    pub async fn replica(&self) -> AppState {
        let db = self.database.replica(self.clock.clone()).await;
        app(db, self.clock.clone())
    }

    pub async fn enqueue(&self, job: &impl Job) {
        let mut tx = self.tx().await;
        enqueue(&mut tx, job);
        tx.commit().await.unwrap();
    }

    pub async fn tx(&self) -> SystemTx {
        let tx = SystemTx::begin(&self.app.db, SystemToken::JobRunner).await;
        tx.unwrap()
    }

    /// A runner with this handler for [`Work`].
    pub fn runner<F, Fut>(&self, handle: F) -> Runner
    where
        F: Fn(AppState, Run, Work) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.runner_of(|registry| registry.register(handle))
    }

    /// A runner with these handlers.
    pub fn runner_of(&self, register: impl FnOnce(&mut Registry)) -> Runner {
        let mut registry = Registry::default();
        register(&mut registry);
        Runner::new(self.app.clone(), Arc::new(registry))
    }

    /// What is due runs; the outcomes.
    pub async fn run(&self, runner: &Runner) -> Vec<Outcome> {
        self.ran(runner)
            .await
            .iter()
            .map(|ran| ran.outcome)
            .collect()
    }

    pub async fn ran(&self, runner: &Runner) -> Vec<Ran> {
        soon(runner.run_due()).await.unwrap()
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(chrono::Duration::seconds(seconds));
    }

    /// The only job.
    pub async fn job(&self) -> JobRow {
        let mut jobs = self.jobs().await;
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        jobs.remove(0)
    }

    pub async fn jobs(&self) -> Vec<JobRow> {
        let statement = "select state, attempts, last_error from jobs order by id";
        let rows = sqlx::query(statement).fetch_all(self.app.db.pool()).await;
        rows.unwrap().into_iter().map(JobRow::from).collect()
    }

    /// Waits until the statement says true; `$1` is now.
    pub async fn until(&self, statement: &'static str) {
        let ask = async || {
            let asked = sqlx::query_scalar::<_, bool>(statement).bind(self.clock.now());
            asked.fetch_one(self.app.db.pool()).await.unwrap()
        };
        soon(async {
            while !ask().await {
                yield_now().await;
            }
        })
        .await;
    }

    /// Kind and text of every alert.
    pub async fn alerts(&self) -> Vec<(String, String)> {
        let mut conn = self.database.superuser().await;
        let alerts = sqlx::query_as("select kind, detail from ops_alerts order by id");
        alerts.fetch_all(&mut conn).await.unwrap()
    }

    /// Makes the table into which [`do_once`] writes.
    pub async fn make_effects(&self) {
        let mut conn = self.database.superuser().await;
        let statement = "create table effects (number bigint, attempt int); \
                         grant select, insert on effects to reception_app, reception";
        sqlx::raw_sql(statement).execute(&mut conn).await.unwrap();
    }

    /// Number and attempt of every effect.
    pub async fn effects(&self) -> Vec<(i64, i32)> {
        let effects = sqlx::query_as("select number, attempt from effects order by number");
        effects.fetch_all(self.app.db.pool()).await.unwrap()
    }
}

/// An effect in the database, and the end of the job with it.
pub async fn do_once(app: &AppState, run: &Run, number: i64) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    sqlx::query("insert into effects (number, attempt) values ($1, $2)")
        .bind(number)
        .bind(i32::try_from(run.attempt())?)
        .execute(tx.conn())
        .await?;
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

#[derive(Debug)]
pub struct JobRow {
    pub state: String,
    pub attempts: i32,
    pub last_error: Option<String>,
}

impl From<PgRow> for JobRow {
    fn from(row: PgRow) -> Self {
        Self {
            state: row.get("state"),
            attempts: row.get("attempts"),
            last_error: row.get("last_error"),
        }
    }
}

/// What should come comes soon; a test that would wait for ever fails instead.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(Duration::from_secs(30), future).await;
    result.expect("this should not take 30 s")
}
