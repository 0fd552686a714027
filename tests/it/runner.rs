//! Workers side by side: of one process, of two, and at the stop.
use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rocket_reception::{
    app::AppState,
    jobs::{
        Job, JobError, Lane, Outcome, Registry, Runner, Timing, enqueue,
        housekeeping::{self, SweepExhausted},
    },
    kernel::ids::SubscriberId,
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::support::{Bench, Work, do_once, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_on_one_queue_do_everything_once() {
    const JOBS: i64 = 200;
    let bench = Bench::new().await;
    bench.make_effects().await;
    let runs = Arc::new(AtomicU32::new(0));
    let (done, mut all_done) = mpsc::unbounded_channel();
    let mut registry = Registry::default();
    let counter = runs.clone();
    registry.register(move |app: AppState, run, job: Work| {
        let (runs, done) = (counter.clone(), done.clone());
        async move {
            runs.fetch_add(1, Ordering::Relaxed);
            do_once(&app, &run, job.number).await?;
            done.send(job.number).unwrap();
            Ok(())
        }
    });
    let registry = Arc::new(registry);
    let processes = [bench.app.clone(), bench.replica().await];
    for app in &processes {
        Runner::new(app.clone(), registry.clone()).start();
    }
    let mut tx = bench.tx().await;
    for number in 0..JOBS {
        enqueue(
            &mut tx,
            &Work {
                number,
                ..Work::default()
            },
        );
    }
    tx.commit().await.unwrap();
    for _ in 0..JOBS {
        soon(all_done.recv()).await.unwrap();
    }
    for app in &processes {
        app.tasks.stop();
        soon(app.tasks.finished()).await;
    }
    let expected: Vec<(i64, i32)> = (0..JOBS).map(|number| (number, 1)).collect();
    assert_eq!(bench.effects().await, expected);
    assert_eq!(runs.load(Ordering::Relaxed), 200);
    assert!(bench.jobs().await.iter().all(|job| job.state == "DONE"));
}

#[tokio::test]
async fn a_noisy_subscriber_leaves_room_for_the_others() {
    let bench = Bench::new().await;
    let (noisy, quiet) = (SubscriberId::new(), SubscriberId::new());
    for (subscriber, jobs) in [(noisy, 40), (quiet, 1)] {
        for number in 0..jobs {
            let subscriber = Some(subscriber);
            bench
                .enqueue(&Work {
                    number,
                    subscriber,
                    ..Work::default()
                })
                .await;
        }
        bench.advance(1);
    }
    let gate = Arc::new(Semaphore::new(0));
    let crowd = Arc::new(Crowd::default());
    let (done, mut all_done) = mpsc::unbounded_channel();
    let (wait, counted) = (gate.clone(), crowd.clone());
    let runner = bench.runner(move |_, _, job| {
        let (wait, crowd, done) = (wait.clone(), counted.clone(), done.clone());
        async move {
            if job.subscriber == Some(noisy) {
                crowd.enter();
                wait.acquire().await?.forget();
                crowd.leave();
            }
            done.send(job.subscriber.unwrap()).unwrap();
            Ok(())
        }
    });
    runner.start();
    assert_eq!(soon(all_done.recv()).await, Some(quiet));
    gate.add_permits(40);
    for _ in 0..40 {
        assert_eq!(soon(all_done.recv()).await, Some(noisy));
    }
    assert_eq!(crowd.most.load(Ordering::Relaxed), 5);
    bench.app.tasks.stop();
    soon(bench.app.tasks.finished()).await;
}

/// How many are inside, and how many were at most.
#[derive(Default)]
struct Crowd {
    now: AtomicU32,
    most: AtomicU32,
}

impl Crowd {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_commit_wakes_the_worker_of_its_process() {
    let bench = Bench::new().await;
    let (done, mut all_done) = mpsc::unbounded_channel();
    let runner = bench.runner(move |_, _, job| {
        let done = done.clone();
        async move {
            done.send(job.number).unwrap();
            Ok(())
        }
    });
    runner.start();
    let began = Instant::now();
    for number in 0..20 {
        bench
            .enqueue(&Work {
                number,
                ..Work::default()
            })
            .await;
        assert_eq!(soon(all_done.recv()).await, Some(number));
    }
    // Each would wait about 200 ms for the next look.
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    bench.app.tasks.stop();
    soon(bench.app.tasks.finished()).await;
}

#[tokio::test]
async fn at_a_stop_running_jobs_end_and_nothing_new_begins() {
    let bench = Bench::new().await;
    let (started, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait) = (started.clone(), gate.clone());
    let runner = bench.runner(move |_, _, _| {
        let (signal, wait) = (signal.clone(), wait.clone());
        async move {
            signal.notify_one();
            wait.notified().await;
            Ok(())
        }
    });
    runner.start();
    bench.enqueue(&Work::default()).await;
    soon(started.notified()).await;
    bench.app.tasks.stop();
    bench.enqueue(&Work::default()).await;
    gate.notify_one();
    soon(bench.app.tasks.finished()).await;
    let states: HashMap<String, i32> = bench
        .jobs()
        .await
        .into_iter()
        .map(|job| (job.state, job.attempts))
        .collect();
    let expected = [("DONE".to_owned(), 1), ("QUEUED".to_owned(), 0)];
    assert_eq!(states, HashMap::from(expected));
}

#[tokio::test]
async fn a_job_that_does_not_end_in_time_is_handed_back_at_once() {
    let bench = Bench::new().await;
    let started = Arc::new(Notify::new());
    let signal = started.clone();
    let mut registry = Registry::default();
    registry.register(move |_, _, _: Work| {
        signal.notify_one();
        pending::<Result<(), JobError>>()
    });
    let timing = Timing {
        grace: Duration::from_millis(20),
        ..Timing::default()
    };
    Runner::with_timing(bench.app.clone(), Arc::new(registry), timing).start();
    bench.enqueue(&Work::default()).await;
    soon(started.notified()).await;
    bench.app.tasks.stop();
    soon(bench.app.tasks.finished()).await;
    // The clock stands still, so the lease has not run out; the attempt that we cut off is not counted.
    let next = bench.runner(async |_, run, _| {
        assert_eq!(run.attempt(), 1);
        Ok(())
    });
    assert_eq!(bench.run(&next).await, [Outcome::Done]);
}

#[tokio::test]
async fn a_job_that_may_run_once_is_not_handed_back_at_a_stop() {
    let bench = Bench::new().await;
    let started = Arc::new(Notify::new());
    let signal = started.clone();
    let mut registry = Registry::default();
    registry.register(move |_, _, _: Once| {
        signal.notify_one();
        pending::<Result<(), JobError>>()
    });
    let timing = Timing {
        grace: Duration::from_millis(20),
        ..Timing::default()
    };
    Runner::with_timing(bench.app.clone(), Arc::new(registry), timing).start();
    bench.enqueue(&Once {}).await;
    soon(started.notified()).await;
    bench.app.tasks.stop();
    soon(bench.app.tasks.finished()).await;
    let next = bench.runner_of(|registry| {
        housekeeping::register(registry);
        registry.register(async |_, _, _: Once| panic!("it may have done its work"));
    });
    assert_eq!(bench.run(&next).await, []);
    bench.enqueue(&SweepExhausted {}).await;
    assert_eq!(bench.run(&next).await, [Outcome::Done]);
    let once = &bench.jobs().await[0];
    assert_eq!((once.state.as_str(), once.attempts), ("DEAD", 1));
}

#[derive(Debug, Serialize, Deserialize)]
struct Once {}

impl Job for Once {
    const KIND: &'static str = "test.once";
    const LANE: Lane = Lane::Interactive;
    const MAX_ATTEMPTS: u32 = 1;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

#[tokio::test]
async fn a_job_that_takes_longer_than_its_lease_keeps_it() {
    let bench = Bench::new().await;
    let (started, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait) = (started.clone(), gate.clone());
    let mut registry = Registry::default();
    registry.register(move |_, _, _: Work| {
        let (signal, wait) = (signal.clone(), wait.clone());
        async move {
            signal.notify_one();
            wait.notified().await;
            Ok(())
        }
    });
    let timing = Timing {
        renewals_per_lease: 1_500,
        ..Timing::default()
    };
    let runner = Runner::with_timing(bench.app.clone(), Arc::new(registry), timing);
    bench.enqueue(&Work::default()).await;
    let run = tokio::spawn(async move { runner.run_due().await });
    soon(started.notified()).await;
    let other = bench.runner(async |_, _, _| panic!("it must not run beside itself"));
    for _ in 0..3 {
        bench.advance(10);
        let held = "select run_at >= $1 + interval '15 s' from jobs";
        bench.until(held).await;
    }
    assert_eq!(bench.run(&other).await, []);
    gate.notify_one();
    assert_eq!(soon(run).await.unwrap().unwrap()[0].outcome, Outcome::Done);
}
