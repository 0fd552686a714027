//! Schedules: each tick runs once, whoever asks and however often.
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use rocket_reception::{
    jobs::{
        Every, Job, JobError, Lane, Outcome, Schedule, Scheduler, housekeeping, new_job,
        schedule::{RunResult, last_runs},
    },
    kernel::{ids::SubscriberId, metrics::METRICS},
};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::support::{Bench, at};

/// What a schedule orders; it carries the tick that it is for.
#[derive(Serialize, Deserialize)]
struct Remind {
    due_at: DateTime<Utc>,
}

impl Job for Remind {
    const KIND: &'static str = "test.remind";
    const LANE: Lane = Lane::Bulk;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

const QUARTERLY: Schedule = Schedule {
    name: "remind",
    every: Every::Minutes(15),
    job: |due_at| new_job(&Remind { due_at }),
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tick_runs_once_however_many_replicas_ask() {
    let bench = Bench::new().await;
    let replicas = [bench.app.clone(), bench.replica().await];
    let mut tasks = JoinSet::new();
    for app in replicas.iter().cycle().take(20) {
        let mut scheduler = Scheduler::new(app.clone(), vec![QUARTERLY]);
        tasks.spawn(async move { scheduler.ask().await.unwrap() });
    }
    let won: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(won, 1);
    let runner = bench.runner_of(|registry| registry.register(async |_, _, _: Remind| Ok(())));
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_tick_is_asked_for_again_only_when_the_next_one_is_due() {
    let bench = Bench::new().await;
    let mut scheduler = Scheduler::new(bench.app.clone(), vec![QUARTERLY]);
    let mut won = Vec::new();
    for _ in 0..4 {
        won.push(scheduler.ask().await.unwrap());
        bench.advance(450);
    }
    assert_eq!(won, [1, 0, 1, 0]);
}

#[tokio::test]
async fn a_tick_that_was_missed_runs_on_return_and_older_ones_are_recorded_as_skipped() {
    let bench = Bench::new().await;
    let ticks = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = ticks.clone();
    let runner = bench.runner_of(move |registry| {
        registry.register(move |_, _, job: Remind| {
            seen.lock().unwrap().push(job.due_at);
            std::future::ready(Ok(()))
        });
    });
    ask(&bench).await;
    bench.run(&runner).await;
    // A deploy that went wrong: back at 10:47.
    bench.advance(47 * 60);
    ask(&bench).await;
    bench.run(&runner).await;
    assert_eq!(
        *ticks.lock().unwrap(),
        [at("2026-11-21T10:00:00Z"), at("2026-11-21T10:45:00Z")]
    );
    assert_eq!(
        results(&bench).await,
        [
            ("10:00".to_owned(), Some("DONE".to_owned())),
            ("10:15".to_owned(), Some("SKIPPED".to_owned())),
            ("10:30".to_owned(), Some("SKIPPED".to_owned())),
            ("10:45".to_owned(), Some("DONE".to_owned())),
        ]
    );
}

#[tokio::test]
async fn how_a_run_ended_is_recorded_and_shown() {
    let bench = Bench::new().await;
    let runner = bench.runner_of(|registry| {
        registry.register(async |_, _, job: Remind| {
            match job.due_at == at("2026-11-21T10:00:00Z") {
                true => Ok(()),
                false => Err(JobError::Fail(anyhow!("nobody to remind"))),
            }
        });
    });
    for expected in [RunResult::Done, RunResult::Failed] {
        ask(&bench).await;
        assert_eq!(shown(&bench).await.last_result, None);
        bench.run(&runner).await;
        assert_eq!(shown(&bench).await.last_result, Some(expected));
        bench.advance(900);
    }
    let shown = shown(&bench).await;
    assert_eq!(shown.last_run_at, Some(at("2026-11-21T10:15:00Z")));
    assert_eq!(shown.last_success_at, Some(at("2026-11-21T10:00:00Z")));
    assert_eq!(shown.next_run_at, at("2026-11-21T10:45:00Z"));
    let metric = METRICS.schedule_last_success.with_label_values(&["remind"]);
    assert_eq!(metric.get(), at("2026-11-21T10:00:00Z").timestamp() as f64);
}

#[tokio::test]
async fn a_tick_whose_job_still_runs_from_the_last_one_is_skipped() {
    let bench = Bench::new().await;
    let [sweep, _] = housekeeping::schedules();
    let schedules = [sweep];
    let mut scheduler = Scheduler::new(bench.app.clone(), schedules.to_vec());
    scheduler.ask().await.unwrap();
    bench.advance(60);
    scheduler.ask().await.unwrap();
    let runs = last_runs(&bench.app, &schedules).await.unwrap();
    assert_eq!(runs[0].last_result, Some(RunResult::Skipped));
    assert_eq!(bench.jobs().await.len(), 1);
}

/// A replica that has just started asks.
async fn ask(bench: &Bench) {
    let mut scheduler = Scheduler::new(bench.app.clone(), vec![QUARTERLY]);
    scheduler.ask().await.unwrap();
}

async fn shown(bench: &Bench) -> rocket_reception::jobs::schedule::LastRun {
    let mut runs = last_runs(&bench.app, &[QUARTERLY]).await.unwrap();
    runs.remove(0)
}

async fn results(bench: &Bench) -> Vec<(String, Option<String>)> {
    let statement = "select to_char(due_at at time zone 'UTC', 'HH24:MI'), result \
                     from schedule_runs where name = 'remind' order by due_at";
    let rows = sqlx::query_as(statement)
        .fetch_all(bench.app.db.pool())
        .await;
    rows.unwrap()
}
