//! Rate buckets and idempotency keys.
use std::time::Duration;

use rocket_reception::{
    app::AppState,
    jobs::housekeeping::{self, ClearExpired},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx, Tx},
        ids::SubscriberId,
    },
    web::{
        idempotency::{Begin, begin, finish},
        limits::{Bucket, Taken, take},
    },
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Bench, soon};

fn ten_a_minute() -> Bucket {
    Bucket::new(10, Duration::from_secs(60))
}

async fn take_from(app: &AppState, key: &str, cost: u32) -> Taken {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner)
        .await
        .unwrap();
    let taken = take(&mut tx, key, ten_a_minute(), cost).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

#[tokio::test]
async fn a_bucket_empties_says_when_to_come_back_and_fills_again() {
    let bench = Bench::new().await;
    for left in [6.0, 2.0] {
        assert_eq!(
            take_from(&bench.app, "user 1", 4).await,
            Taken::Allowed { left }
        );
    }
    let retry_after = Duration::from_secs(12);
    assert_eq!(
        take_from(&bench.app, "user 1", 4).await,
        Taken::Limited { retry_after }
    );
    assert_eq!(
        take_from(&bench.app, "user 2", 4).await,
        Taken::Allowed { left: 6.0 }
    );
    // What was refused cost nothing.
    bench.advance(11);
    let retry_after = Duration::from_secs(1);
    assert!(matches!(
        take_from(&bench.app, "user 1", 4).await,
        Taken::Limited { retry_after: found } if found.abs_diff(retry_after) < Duration::from_millis(1)
    ));
    bench.advance(1);
    assert!(matches!(
        take_from(&bench.app, "user 1", 4).await,
        Taken::Allowed { .. }
    ));
    // It never holds more than its capacity.
    bench.advance(3600);
    assert_eq!(
        take_from(&bench.app, "user 1", 1).await,
        Taken::Allowed { left: 9.0 }
    );
}

#[tokio::test]
async fn more_than_the_capacity_is_never_allowed() {
    let bench = Bench::new().await;
    for _ in 0..2 {
        assert!(matches!(
            take_from(&bench.app, "user 1", 11).await,
            Taken::Limited { .. }
        ));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_get_as_many_as_the_bucket_holds() {
    let bench = Bench::new().await;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let app = bench.app.clone();
        tasks.spawn(async move { take_from(&app, "user 1", 1).await });
    }
    let taken = soon(tasks.join_all()).await.into_iter();
    let allowed = taken.filter(|taken| matches!(taken, Taken::Allowed { .. }));
    assert_eq!(allowed.count(), 10);
}

/// A subscriber with a row, which keys refer to.
async fn subscriber(bench: &Bench) -> SubscriberId {
    let subscriber = SubscriberId::new();
    let mut tx = TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
    sqlx::query("insert into subscribers (id, slug, business_name) values ($1, 'acme', 'Acme')")
        .bind(subscriber)
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    subscriber
}

#[tokio::test]
async fn a_request_sent_again_gets_the_same_answer_and_another_one_is_refused() {
    let bench = Bench::new().await;
    let subscriber = subscriber(&bench).await;
    let begin_one = async || TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
    let mut tx = begin_one().await;
    assert_eq!(
        begin(&mut tx, "key", b"book 9:00").await.unwrap(),
        Begin::New
    );
    finish(&mut tx, "key", 201, &json!({"id": 7}))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin_one().await;
    let answer = json!({"id": 7});
    let replay = Begin::Replay {
        status: 201,
        answer,
    };
    assert_eq!(begin(&mut tx, "key", b"book 9:00").await.unwrap(), replay);
    assert_eq!(
        begin(&mut tx, "key", b"book 9:30").await.unwrap(),
        Begin::Mismatch
    );
    drop(tx);
    // A day later the key is as good as new, cleared or not.
    bench.advance(24 * 60 * 60);
    let mut tx = begin_one().await;
    assert_eq!(
        begin(&mut tx, "key", b"book 9:30").await.unwrap(),
        Begin::New
    );
}

#[tokio::test]
async fn a_request_that_was_rolled_back_may_be_sent_again() {
    let bench = Bench::new().await;
    let subscriber = subscriber(&bench).await;
    for _ in 0..2 {
        let mut tx = TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
        assert_eq!(begin(&mut tx, "key", b"book").await.unwrap(), Begin::New);
    }
}

#[tokio::test]
async fn a_key_belongs_to_its_subscriber() {
    let bench = Bench::new().await;
    for _ in 0..2 {
        let subscriber = subscriber(&bench).await;
        let mut tx = TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
        assert_eq!(begin(&mut tx, "key", b"book").await.unwrap(), Begin::New);
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_equal_requests_at_once_one_has_an_effect_and_all_have_its_answer() {
    let bench = Bench::new().await;
    let subscriber = subscriber(&bench).await;
    let mut tasks = JoinSet::new();
    for task in 0..20 {
        let app = bench.app.clone();
        tasks.spawn(async move {
            let mut tx = TenantTx::begin(&app.db, subscriber).await.unwrap();
            match begin(&mut tx, "key", b"book").await.unwrap() {
                Begin::New => {
                    finish(&mut tx, "key", 201, &json!(task)).await.unwrap();
                    tx.commit().await.unwrap();
                    (true, json!(task))
                }
                Begin::Replay { answer, .. } => (false, answer),
                other => panic!("{other:?}"),
            }
        });
    }
    let answers = soon(tasks.join_all()).await;
    let firsts: Vec<_> = answers.iter().filter(|(is_first, _)| *is_first).collect();
    assert_eq!(firsts.len(), 1);
    assert!(answers.iter().all(|(_, answer)| *answer == firsts[0].1));
}

#[tokio::test]
async fn while_the_first_request_is_at_it_for_long_the_second_is_told_so() {
    let bench = Bench::new().await;
    let subscriber = subscriber(&bench).await;
    let mut first = TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
    assert_eq!(begin(&mut first, "key", b"book").await.unwrap(), Begin::New);
    let mut second = TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
    // Two seconds in production; the test need not wait as long.
    sqlx::query("set local lock_timeout = '50ms'")
        .execute(second.conn())
        .await
        .unwrap();
    let told = soon(begin(&mut second, "key", b"book")).await.unwrap();
    assert_eq!(told, Begin::InProgress);
}

#[tokio::test]
async fn keys_and_buckets_are_cleared_after_a_day() {
    let bench = Bench::new().await;
    let subscriber = subscriber(&bench).await;
    for key in ["old", "new"] {
        let mut tx = TenantTx::begin(&bench.app.db, subscriber).await.unwrap();
        begin(&mut tx, key, b"book").await.unwrap();
        tx.commit().await.unwrap();
        take_from(&bench.app, key, 1).await;
        bench.advance(12 * 60 * 60 + 1);
    }
    bench.enqueue(&ClearExpired {}).await;
    bench.ran(&bench.runner_of(housekeeping::register)).await;
    let mut conn = bench.database.superuser().await;
    for statement in [
        "select key from idempotency_keys",
        "select key from rate_buckets",
    ] {
        let keys: Vec<String> = sqlx::query_scalar(statement)
            .fetch_all(&mut conn)
            .await
            .unwrap();
        assert_eq!(keys, ["new"], "{statement}");
    }
}
