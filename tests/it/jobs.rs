//! The queue: what is enqueued is run, until it is done or dead.
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::anyhow;
use rocket_reception::{
    app::AppState,
    jobs::{
        Job, JobError, Lane, Outcome, Ran, enqueue, enqueue_in,
        housekeeping::{self, ClearExpired, SweepExhausted, measure_lanes},
        store::{RetryDead, cancel, list_dead, retry_dead},
    },
    kernel::{
        db::{NewJob, SystemToken, SystemTx, Tx},
        ids::SubscriberId,
    },
};
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, task::JoinHandle};

use crate::support::{Bench, Work, do_once, soon};

#[tokio::test]
async fn a_job_exists_when_its_transaction_commits_and_never_was_when_it_rolls_back() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| Ok(()));
    let mut tx = bench.tx().await;
    enqueue(&mut tx, &Work::default());
    drop(tx);
    assert_eq!(bench.run(&runner).await, []);
    bench.enqueue(&Work::default()).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
    assert_eq!(bench.run(&runner).await, []);
    assert_eq!(bench.job().await.state, "DONE");
}

#[tokio::test]
async fn a_delayed_job_runs_when_it_is_due() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| Ok(()));
    let mut tx = bench.tx().await;
    enqueue_in(&mut tx, &Work::default(), Duration::from_secs(60));
    tx.commit().await.unwrap();
    bench.advance(59);
    assert_eq!(bench.run(&runner).await, []);
    bench.advance(1);
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_job_that_fails_runs_again_after_its_backoff() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, run, _| match run.attempt() {
        1 => Err(anyhow!("busy").into()),
        _ => Ok(()),
    });
    bench.enqueue(&Work::default()).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Retried]);
    assert_eq!(bench.job().await.last_error.as_deref(), Some("busy"));
    // 5 s ± 20 %.
    bench.advance(3);
    assert_eq!(bench.run(&runner).await, []);
    bench.advance(4);
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
    assert_eq!(bench.job().await.attempts, 2);
}

#[tokio::test]
async fn a_provider_that_asks_for_time_gets_it() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| {
        let asked = Duration::from_secs(120);
        Err(JobError::RetryAfter(anyhow!("429"), asked))
    });
    bench.enqueue(&Work::default()).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Retried]);
    bench.advance(119);
    assert_eq!(bench.run(&runner).await, []);
    bench.advance(1);
    assert_eq!(bench.run(&runner).await, [Outcome::Retried]);
}

#[tokio::test]
async fn a_job_that_cannot_work_is_dead_at_once_and_the_operator_is_told() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| Err(JobError::Fail(anyhow!("no such plan"))));
    bench.enqueue(&Work::default()).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Dead]);
    let alerts = bench.alerts().await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].0, "job.dead");
    assert!(alerts[0].1.contains("test.work"), "{alerts:?}");
    assert!(alerts[0].1.contains("no such plan"), "{alerts:?}");
    // One reason, one alert, however many jobs it kills.
    bench.enqueue(&Work::default()).await;
    bench.run(&runner).await;
    assert_eq!(bench.alerts().await.len(), 1);
}

#[tokio::test]
async fn a_job_that_fails_on_its_last_attempt_is_dead() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| Err(anyhow!("still busy").into()));
    bench.enqueue(&Work::default()).await;
    for expected in [Outcome::Retried, Outcome::Retried, Outcome::Dead] {
        assert_eq!(bench.run(&runner).await, [expected]);
        bench.advance(60);
    }
    assert_eq!(bench.run(&runner).await, []);
    assert_eq!(bench.alerts().await.len(), 1);
}

#[tokio::test]
async fn an_unknown_kind_is_seen_and_left_to_a_newer_version_until_its_attempts_end() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| Ok(()));
    let mut tx = bench.tx().await;
    tx.enqueue(NewJob {
        kind: "test.newer",
        lane: "bulk",
        subscriber: None,
        payload: serde_json::json!({}),
        delay: chrono::Duration::zero(),
        max_attempts: 2,
        dedupe_key: None,
    });
    tx.commit().await.unwrap();
    let ran = bench.ran(&runner).await;
    assert_eq!(ran[0].outcome, Outcome::Retried);
    assert_eq!(
        ran[0].error.as_deref(),
        Some("no handler for kind test.newer")
    );
    bench.advance(60);
    assert_eq!(bench.run(&runner).await, [Outcome::Dead]);
    assert_eq!(bench.alerts().await.len(), 1);
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_dead_at_once() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, _| Ok(()));
    bench.enqueue(&Work::default()).await;
    sqlx::query(r#"update jobs set payload = '{"number": "seven"}'"#)
        .execute(bench.app.db.pool())
        .await
        .unwrap();
    assert_eq!(bench.run(&runner).await, [Outcome::Dead]);
}

#[tokio::test]
async fn a_dedupe_key_means_once_while_waiting_or_running() {
    let bench = Bench::new().await;
    let work = Work {
        key: Some("chat 7".to_owned()),
        ..Work::default()
    };
    bench.enqueue(&work).await;
    bench.enqueue(&work).await;
    assert_eq!(bench.jobs().await.len(), 1);
    let again = work.clone();
    let runner = bench.runner(move |app, _, _| {
        let again = again.clone();
        async move {
            let mut tx = begin(&app).await?;
            enqueue(&mut tx, &again);
            tx.commit().await?;
            Ok(())
        }
    });
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
    bench.enqueue(&work).await;
    assert_eq!(bench.jobs().await.len(), 2);
}

#[tokio::test]
async fn a_job_that_is_put_off_uses_no_attempt() {
    let bench = Bench::new().await;
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let runner = bench.runner(move |_, run, _| {
        let runs = counter.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            assert_eq!(run.attempt(), 1);
            match runs {
                1..=5 => Err(JobError::Snooze(Duration::from_millis(250))),
                _ => Ok(()),
            }
        }
    });
    bench.enqueue(&Work::default()).await;
    for _ in 0..5 {
        assert_eq!(bench.run(&runner).await, [Outcome::PutOff]);
        assert_eq!(bench.job().await.attempts, 0);
        bench.advance(1);
    }
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt_and_its_text_stays_out_of_the_row() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, run, _| match run.attempt() {
        1 => panic!("a literal"),
        2 => panic!("words of a caller: {}", run.attempt()),
        _ => Ok(()),
    });
    bench.enqueue(&Work::default()).await;
    for expected in ["the handler panicked: a literal", "the handler panicked"] {
        assert_eq!(bench.run(&runner).await, [Outcome::Retried]);
        assert_eq!(bench.job().await.last_error.as_deref(), Some(expected));
        bench.advance(60);
    }
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
}

#[derive(Serialize, Deserialize)]
struct Hang {}

impl Job for Hang {
    const KIND: &'static str = "test.hang";
    const LANE: Lane = Lane::Provider;
    const DEADLINE: Duration = Duration::from_millis(20);

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

#[tokio::test]
async fn a_job_that_hangs_is_cut_off_at_its_deadline() {
    let bench = Bench::new().await;
    let runner = bench.runner_of(|registry| {
        registry.register(async |_, _, _: Hang| pending().await);
    });
    bench.enqueue(&Hang {}).await;
    let ran = bench.ran(&runner).await;
    assert_eq!(ran[0].outcome, Outcome::Retried);
    assert_eq!(
        ran[0].error.as_deref(),
        Some("cut off at the deadline of 20ms")
    );
}

/// A runner that is killed in the middle of a job.
async fn crash(bench: &Bench) {
    let started = Arc::new(Notify::new());
    let signal = started.clone();
    let runner = bench.runner(move |_, _, _| {
        signal.notify_one();
        pending()
    });
    let process = tokio::spawn(async move { runner.run_due().await });
    soon(started.notified()).await;
    process.abort();
    assert!(process.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_job_whose_process_crashed_runs_again_when_its_lease_ends() {
    let bench = Bench::new().await;
    bench.enqueue(&Work::default()).await;
    crash(&bench).await;
    let runner = bench.runner(async |_, run, _| {
        assert_eq!(run.attempt(), 2);
        Ok(())
    });
    bench.advance(14);
    assert_eq!(bench.run(&runner).await, []);
    bench.advance(1);
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_job_that_always_crashes_dies_after_its_attempts() {
    let bench = Bench::new().await;
    bench.enqueue(&Work::default()).await;
    for _ in 0..3 {
        crash(&bench).await;
        bench.advance(15);
    }
    let runner = bench.runner_of(|registry| {
        housekeeping::register(registry);
        registry.register(async |_, _, _: Work| panic!("it must not run a fourth time"));
    });
    assert_eq!(bench.run(&runner).await, []);
    bench.enqueue(&SweepExhausted {}).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
    let job = &bench.jobs().await[0];
    assert_eq!(job.state, "DEAD");
    assert!(job.last_error.as_deref().unwrap().contains("a crash"));
    assert_eq!(bench.alerts().await.len(), 1);
}

/// A run in a process of its own that has begun, and writes its effect when it is let go.
async fn held_run(bench: &Bench) -> (Arc<Notify>, JoinHandle<anyhow::Result<Vec<Ran>>>) {
    let (started, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait) = (started.clone(), gate.clone());
    let runner = bench.runner(move |app, run, job| {
        let (signal, wait) = (signal.clone(), wait.clone());
        async move {
            signal.notify_one();
            wait.notified().await;
            do_once(&app, &run, job.number).await
        }
    });
    let process = tokio::spawn(async move { runner.run_due().await });
    soon(started.notified()).await;
    (gate, process)
}

#[tokio::test]
async fn a_run_that_lost_its_lease_throws_its_result_away() {
    let bench = Bench::new().await;
    bench.make_effects().await;
    bench.enqueue(&Work::default()).await;
    let (slow_gate, slow) = held_run(&bench).await;
    bench.advance(15);
    let (next_gate, next) = held_run(&bench).await;
    // The job is neither done nor due: the fence alone tells the old run from the new one.
    slow_gate.notify_one();
    assert_eq!(soon(slow).await.unwrap().unwrap()[0].outcome, Outcome::Lost);
    assert_eq!(bench.effects().await, []);
    next_gate.notify_one();
    assert_eq!(soon(next).await.unwrap().unwrap()[0].outcome, Outcome::Done);
    assert_eq!(bench.effects().await, [(0, 2)]);
}

#[tokio::test]
async fn a_failure_that_comes_too_late_does_not_disturb_the_next_run() {
    let bench = Bench::new().await;
    bench.enqueue(&Work::default()).await;
    let (clock, next) = (bench.clock.clone(), bench.runner(async |_, _, _| Ok(())));
    let next = Arc::new(next);
    let late = bench.runner(move |_, _, _| {
        let (clock, next) = (clock.clone(), next.clone());
        async move {
            clock.advance(chrono::Duration::seconds(15));
            next.run_due().await?;
            Err(JobError::Fail(anyhow!("too late to matter")))
        }
    });
    assert_eq!(bench.run(&late).await, [Outcome::Lost]);
    assert_eq!(bench.job().await.state, "DONE");
    assert_eq!(bench.alerts().await, []);
}

#[tokio::test]
async fn a_panic_before_the_first_await_is_a_failed_attempt_as_well() {
    let bench = Bench::new().await;
    let runner = bench.runner(|_, run, _| {
        assert!(run.attempt() > 1, "at once");
        std::future::ready(Ok(()))
    });
    bench.enqueue(&Work::default()).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Retried]);
    bench.advance(60);
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_run_may_put_its_job_off_in_the_transaction_of_what_it_found_out() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |app, run, _| {
        let mut tx = begin(&app).await?;
        run.put_off(&mut tx, Duration::from_secs(60)).await?;
        tx.commit().await?;
        Ok(())
    });
    bench.enqueue(&Work::default()).await;
    assert_eq!(bench.run(&runner).await, [Outcome::PutOff]);
    let job = bench.job().await;
    assert_eq!((job.state.as_str(), job.attempts), ("QUEUED", 0));
    assert_eq!(bench.run(&runner).await, []);
}

#[derive(Serialize, Deserialize)]
struct Call {}

impl Job for Call {
    const KIND: &'static str = "test.call";
    const LANE: Lane = Lane::Provider;
    const PROVIDER: Option<&'static str> = Some("twilio");

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

#[tokio::test]
async fn after_ten_failures_in_a_row_the_jobs_of_a_provider_wait_without_using_up_attempts() {
    let bench = Bench::new().await;
    let calls = Arc::new(AtomicU32::new(0));
    let counter = calls.clone();
    let runner = bench.runner_of(|registry| {
        registry.register(move |_, _, _: Call| {
            let calls = counter.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                match calls {
                    1..=10 => Err(anyhow!("503").into()),
                    _ => Ok(()),
                }
            }
        });
    });
    for _ in 0..12 {
        bench.enqueue(&Call {}).await;
    }
    let outcomes = bench.run(&runner).await;
    assert_eq!(outcomes[..10], [Outcome::Retried; 10]);
    assert_eq!(outcomes[10..], [Outcome::PutOff; 2]);
    // Those that failed are due again, and wait as well: for as long as the breaker is open, nobody calls.
    bench.advance(20);
    assert!(
        bench
            .run(&runner)
            .await
            .iter()
            .all(|outcome| *outcome == Outcome::PutOff)
    );
    assert_eq!(calls.load(Ordering::Relaxed), 10);
    bench.advance(10);
    assert_eq!(bench.run(&runner).await, [Outcome::Done; 12]);
    let attempts: i32 = bench.jobs().await.iter().map(|job| job.attempts).sum();
    assert_eq!(attempts, 22);
}

#[tokio::test]
async fn a_provider_that_refuses_is_there_and_its_jobs_do_not_wait() {
    let bench = Bench::new().await;
    let calls = Arc::new(AtomicU32::new(0));
    let runner = bench.runner_of(|registry| {
        registry.register(move |_, _, _: Call| {
            let calls = calls.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                match calls {
                    10 => Err(JobError::Fail(anyhow!("400"))),
                    _ => Err(anyhow!("503").into()),
                }
            }
        });
    });
    for _ in 0..19 {
        bench.enqueue(&Call {}).await;
    }
    let outcomes = bench.run(&runner).await;
    assert!(!outcomes.contains(&Outcome::PutOff), "{outcomes:?}");
}

#[tokio::test]
async fn an_operator_lists_retries_and_cancels_dead_jobs() {
    let bench = Bench::new().await;
    let work = Work {
        key: Some("chat 7".to_owned()),
        ..Work::default()
    };
    let fails = bench.runner(async |_, _, _| Err(JobError::Fail(anyhow!("not yet"))));
    for _ in 0..2 {
        bench.enqueue(&work).await;
        bench.run(&fails).await;
        bench.advance(1);
    }
    let mut tx = bench.tx().await;
    let dead = list_dead(&mut tx, None, 50).await.unwrap();
    let [newer, older] = &dead[..] else {
        panic!("{dead:?}");
    };
    assert!(newer.finished_at > older.finished_at);
    assert_eq!(
        retry_dead(&mut tx, older.id).await.unwrap(),
        RetryDead::Queued
    );
    assert_eq!(
        retry_dead(&mut tx, older.id).await.unwrap(),
        RetryDead::NotDead
    );
    // It would do the same as the one that waits again.
    assert_eq!(
        retry_dead(&mut tx, newer.id).await.unwrap(),
        RetryDead::Superseded
    );
    assert!(cancel(&mut tx, newer.id).await.unwrap());
    assert!(!cancel(&mut tx, newer.id).await.unwrap());
    tx.commit().await.unwrap();
    let works = bench.runner(async |_, run, _| {
        assert_eq!(run.attempt(), 1);
        Ok(())
    });
    assert_eq!(bench.run(&works).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_cancelled_job_does_not_keep_what_its_run_was_about_to_write() {
    let bench = Bench::new().await;
    bench.make_effects().await;
    bench.enqueue(&Work::default()).await;
    let runner = bench.runner(async |app, run, job| {
        let mut tx = begin(&app).await?;
        cancel(&mut tx, run.job()).await?;
        tx.commit().await?;
        do_once(&app, &run, job.number).await
    });
    assert_eq!(bench.run(&runner).await, [Outcome::Lost]);
    assert_eq!(bench.job().await.state, "CANCELLED");
    assert_eq!(bench.effects().await, []);
}

#[tokio::test]
async fn jobs_that_ended_a_week_ago_are_cleared_but_dead_ones_stay() {
    let bench = Bench::new().await;
    let runner = bench.runner_of(|registry| {
        housekeeping::register(registry);
        registry.register(async |_, _, job: Work| match job.number {
            0 => Ok(()),
            _ => Err(JobError::Fail(anyhow!("no"))),
        });
    });
    for number in [0, 1] {
        bench
            .enqueue(&Work {
                number,
                ..Work::default()
            })
            .await;
    }
    bench.run(&runner).await;
    bench.advance(7 * 24 * 60 * 60);
    bench.enqueue(&ClearExpired {}).await;
    assert_eq!(bench.run(&runner).await, [Outcome::Done]);
    assert_eq!(bench.jobs().await.len(), 3);
    bench.advance(1);
    bench.enqueue(&ClearExpired {}).await;
    bench.run(&runner).await;
    let states: Vec<String> = bench
        .jobs()
        .await
        .into_iter()
        .map(|job| job.state)
        .collect();
    assert_eq!(states, ["DEAD", "DONE", "DONE"]);
}

#[tokio::test]
async fn the_lanes_say_what_waits_and_how_long() {
    let bench = Bench::new().await;
    let runner = bench.runner(async |_, _, job| match job.number {
        0 => Ok(()),
        _ => Err(JobError::Fail(anyhow!("no"))),
    });
    bench
        .enqueue(&Work {
            number: 1,
            ..Work::default()
        })
        .await;
    bench.run(&runner).await;
    bench.enqueue(&Work::default()).await;
    bench.advance(90);
    bench.enqueue(&Work::default()).await;
    let lanes = measure_lanes(&bench.app).await.unwrap();
    let found: Vec<_> = lanes
        .iter()
        .map(|lane| (lane.lane.as_str(), lane.ready, lane.oldest_s, lane.dead))
        .collect();
    assert_eq!(
        found,
        [
            ("interactive", 2, 90.0, 1),
            ("delivery", 0, 0.0, 0),
            ("provider", 0, 0.0, 0),
            ("bulk", 0, 0.0, 0),
        ]
    );
}

async fn begin(app: &AppState) -> sqlx::Result<SystemTx> {
    SystemTx::begin(&app.db, SystemToken::JobRunner).await
}
