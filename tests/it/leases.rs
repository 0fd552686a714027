//! Leases by key: one holder at a time, for a time.
use std::{sync::Arc, time::Duration};

use rocket_reception::jobs::{
    JobError,
    housekeeping::{self, ClearExpired},
    lease::Lease,
    with_lease,
};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
};

use crate::support::{Bench, soon};

const LENGTH: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_want_a_lease_one_gets_it_and_the_others_come_again() {
    let bench = Bench::new().await;
    let gate = Arc::new(Notify::new());
    let (refused, mut all_refused) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (app, gate, refused) = (bench.app.clone(), gate.clone(), refused.clone());
        tasks.spawn(async move {
            let work = async {
                gate.notified().await;
                Ok(())
            };
            let result = with_lease(&app, "chat 7", LENGTH, work).await;
            if let Err(JobError::Snooze(delay)) = &result {
                refused.send(*delay).unwrap();
            }
            result.is_ok()
        });
    }
    for _ in 0..49 {
        let delay = soon(all_refused.recv()).await;
        assert_eq!(delay, Some(Duration::from_millis(250)));
    }
    gate.notify_one();
    let holders = soon(tasks.join_all())
        .await
        .into_iter()
        .filter(|is_holder| *is_holder);
    assert_eq!(holders.count(), 1);
    // It was given back, and not only left to run out.
    let next = with_lease(&bench.app, "chat 7", LENGTH, async { Ok("mine") }).await;
    assert_eq!(next.unwrap(), "mine");
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_by_the_next_and_lost_to_the_first() {
    let bench = Bench::new().await;
    let mut tx = bench.tx().await;
    let first = Lease::take(&mut tx, "sync", LENGTH).await.unwrap().unwrap();
    bench.advance(10);
    assert!(first.renew(&mut tx).await.unwrap());
    bench.advance(14);
    assert!(
        Lease::take(&mut tx, "sync", LENGTH)
            .await
            .unwrap()
            .is_none()
    );
    bench.advance(1);
    let second = Lease::take(&mut tx, "sync", LENGTH).await.unwrap().unwrap();
    assert!(!first.renew(&mut tx).await.unwrap());
    assert!(!first.give_back(&mut tx).await.unwrap());
    assert!(second.give_back(&mut tx).await.unwrap());
}

#[tokio::test]
async fn work_that_takes_longer_than_its_lease_keeps_it() {
    let bench = Bench::new().await;
    let gate = Arc::new(Notify::new());
    let length = Duration::from_millis(30);
    let (app, wait) = (bench.app.clone(), gate.clone());
    let work = async move {
        wait.notified().await;
        Ok(())
    };
    let held = tokio::spawn(async move { with_lease(&app, "sync", length, work).await });
    for _ in 0..3 {
        let is_held = "select exists (select from leases where until >= $1 + interval '30 ms')";
        bench.until(is_held).await;
        bench.clock.advance(chrono::Duration::milliseconds(20));
    }
    let other = with_lease(&bench.app, "sync", length, async { Ok(()) }).await;
    assert!(matches!(other, Err(JobError::Snooze(_))));
    gate.notify_one();
    soon(held).await.unwrap().unwrap();
}

#[tokio::test]
async fn leases_that_ran_out_are_cleared() {
    let bench = Bench::new().await;
    let mut tx = bench.tx().await;
    Lease::take(&mut tx, "old", LENGTH).await.unwrap().unwrap();
    bench.advance(15);
    Lease::take(&mut tx, "new", LENGTH).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    bench.enqueue(&ClearExpired {}).await;
    bench.ran(&bench.runner_of(housekeeping::register)).await;
    let keys: Vec<String> = sqlx::query_scalar("select key from leases")
        .fetch_all(bench.app.db.pool())
        .await
        .unwrap();
    assert_eq!(keys, ["new"]);
}
