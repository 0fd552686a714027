//! Runs: on a clean history, beside webhooks, in parts, one at a time.
use std::sync::Arc;

use chrono::Duration;
use rocket_reception::{
    billing::{
        Reconcile,
        reconcile::{self, Cause, Error, Progress},
        reconcile_everybody,
    },
    jobs::Outcome as JobOutcome,
    kernel::ids::SubscriberId,
    sms,
    traffic::{HandledBy, Outcome, Status},
};
use rust_decimal::Decimal;
use tokio::task::JoinSet;

use super::shop::{Shop, person, update};

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// One thing that happens to a business, by chance: a call rings, ends, is corrected; a text comes or is answered.
async fn happen(shop: &Shop, dice: &mut Dice) {
    let mut call = shop.call(&format!("call {}", dice.below(40)), 0);
    call.duration_s = i32::try_from(dice.below(400)).unwrap();
    call.outcome = Outcome::BY_RANK[usize::try_from(dice.below(12)).unwrap()];
    call.cost_cents =
        (dice.below(3) == 0).then(|| Decimal::new(i64::try_from(dice.below(5_000)).unwrap(), 2));
    match dice.below(10) {
        0 => shop.tell(&update(&call, Status::Open)).await,
        1..=5 => {
            shop.end(&call).await;
        }
        _ => {
            let segments = i32::try_from(dice.below(4)).unwrap();
            let (conversation, _) = shop
                .receive(&person(u32::try_from(dice.below(5)).unwrap()), segments)
                .await;
            if dice.below(2) == 0 {
                shop.answer(conversation, 1).await;
            }
        }
    }
    shop.bench
        .advance(i64::try_from(dice.below(6 * 60 * 60)).unwrap());
}

#[tokio::test]
async fn a_clean_history_has_no_differences() {
    for seed in [7, 1_234_567, 42_424_242] {
        let shop = Shop::open().await;
        let mut dice = Dice(seed);
        for step in 0..200 {
            happen(&shop, &mut dice).await;
            if step == 60 {
                shop.subscribe("CORE").await;
            }
            if step % 40 == 0 {
                close_idle_texts(&shop).await;
            }
        }
        shop.expect_clean().await;
        let months_priced: bool = shop
            .ask(
                "select (select -sum(amount) from ledger_entries where subscriber_id = $1)
                      = (select sum(price) from usage_rollups where subscriber_id = $1)",
            )
            .await;
        assert!(months_priced, "seed {seed}");
    }
}

/// What ends by itself counts as well.
async fn close_idle_texts(shop: &Shop) {
    shop.bench.enqueue(&sms::CloseIdleTexts {}).await;
    let runner = shop
        .bench
        .runner_of(|registry| registry.register(sms::close_idle_texts));
    assert_eq!(shop.bench.run(&runner).await, [JobOutcome::Done]);
}

#[tokio::test]
async fn a_conversation_that_fell_silent_is_counted_as_answered() {
    let shop = Shop::open().await;
    let (answered, _) = shop.receive(&person(1), 1).await;
    shop.answer(answered, 1).await;
    shop.receive(&person(2), 1).await;
    shop.bench.advance(25 * 60 * 60);
    close_idle_texts(&shop).await;
    let sums: String = shop
        .ask("select interactions || ' ' || answered from usage_rollups where subscriber_id = $1")
        .await;
    assert_eq!(sums, "2 1");
    shop.expect_clean().await;
}

#[tokio::test]
async fn every_state_of_a_call_counts_the_same_in_rust_and_in_sql() {
    let shop = Shop::open().await;
    for (number, outcome) in Outcome::BY_RANK.into_iter().enumerate() {
        for (status, handled_by, duration_s) in [
            (Status::Open, Some(HandledBy::Ai), 20),
            (Status::Completed, Some(HandledBy::Human), 14),
            (Status::Failed, None, 15),
        ] {
            let call = shop.call(&format!("{number} {status:?}"), duration_s);
            let mut update = update(&call, status);
            update.outcome = Some(outcome);
            update.handled_by = handled_by;
            update.duration_s = Some(duration_s);
            shop.tell(&update).await;
        }
    }
    let runs = shop.reconcile().await;
    let sums: Vec<_> = shop
        .differences()
        .await
        .into_iter()
        .filter(|(subject, ..)| subject.starts_with("rollup"))
        .collect();
    assert_eq!(sums, [], "{runs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn charges_under_way_are_no_drift() {
    let shop = Arc::new(Shop::open().await);
    let mut tasks = JoinSet::new();
    for number in 0..3_u64 {
        let shop = shop.clone();
        tasks.spawn(async move {
            let mut dice = Dice(99 + number);
            for step in 0..60 {
                let id = format!("call {number} {}", dice.below(10));
                shop.end(&shop.call(&id, step * 10)).await;
                let (conversation, _) = shop
                    .receive(&person(u32::try_from(number).unwrap()), 1)
                    .await;
                shop.answer(conversation, 1).await;
            }
        });
    }
    while !tasks.is_empty() {
        shop.expect_clean().await;
        while tasks.try_join_next().is_some_and(|ended| ended.is_ok()) {}
    }
    shop.expect_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn drift_is_corrected_exactly_while_charges_come_in() {
    let shop = Arc::new(Shop::open().await);
    shop.end(&shop.call("first", 101 * 60)).await;
    shop.sabotage(
        "update credit_accounts set balance = balance + 5; \
         update usage_periods set used_minutes = used_minutes + 7; \
         update usage_rollups set price = price + 3",
    )
    .await;
    let charging = shop.clone();
    let charges = tokio::spawn(async move {
        for number in 0..60 {
            charging
                .end(&charging.call(&format!("call {number}"), 60))
                .await;
        }
    });
    let report = shop.reconcile().await;
    charges.await.unwrap();
    assert_eq!((report.differences, report.corrected), (3, 3));
    assert_eq!(shop.balance().await, "-6.1");
    shop.expect_clean().await;
}

#[tokio::test]
async fn a_run_goes_on_where_it_stopped_and_counts_everybody_once() {
    let shop = Shop::open().await;
    for _ in 0..4 {
        shop.found(SubscriberId::new()).await;
    }
    shop.sabotage(
        "insert into credit_accounts (subscriber_id, id, balance, currency)
                   select id, id, 1, 'CAD' from subscribers",
    )
    .await;
    let app = &shop.bench.app;
    let due_at = Some(shop.bench.clock.now());
    let id = reconcile::start(app, Cause::Schedule, due_at)
        .await
        .unwrap();
    assert_eq!(
        reconcile::advance(app, id, 2).await.unwrap(),
        Progress::More
    );
    // The process died; the next attempt at the same tick finds the run, not another one.
    assert_eq!(
        reconcile::start(app, Cause::Schedule, due_at)
            .await
            .unwrap(),
        id
    );
    let Progress::Done(report) = reconcile::advance(app, id, 100).await.unwrap() else {
        panic!("everybody was checked");
    };
    assert_eq!(
        (report.checked, report.differences, report.corrected),
        (5, 5, 5)
    );
    // And a third one finds it done.
    assert_eq!(
        reconcile::advance(app, id, 100).await.unwrap(),
        Progress::Done(report)
    );
}

#[tokio::test]
async fn one_run_at_a_time_and_one_that_fell_silent_is_given_up() {
    let shop = Shop::open().await;
    let app = &shop.bench.app;
    let silent = reconcile::start(app, Cause::Command, None).await.unwrap();
    let refused = reconcile::run(app, Cause::Command).await;
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    shop.bench.clock.advance(Duration::minutes(61));
    assert_eq!(shop.reconcile().await.checked, 1);
    let gone_on = reconcile::advance(app, silent, 10).await;
    assert!(
        matches!(gone_on, Err(Error::GivenUp(id)) if id == silent),
        "{gone_on:?}"
    );
}

#[tokio::test]
async fn the_nightly_job_reconciles_and_waits_for_a_run_by_hand() {
    let shop = Shop::open().await;
    shop.end(&shop.call("call", 60)).await;
    let by_hand = reconcile::start(&shop.bench.app, Cause::Command, None)
        .await
        .unwrap();
    let runner = shop
        .bench
        .runner_of(|registry| registry.register(reconcile_everybody));
    shop.bench
        .enqueue(&Reconcile::of(shop.bench.clock.now()))
        .await;
    assert_eq!(shop.bench.run(&runner).await, [JobOutcome::PutOff]);
    reconcile::advance(&shop.bench.app, by_hand, 10)
        .await
        .unwrap();
    shop.bench.advance(60);
    assert_eq!(shop.bench.run(&runner).await, [JobOutcome::Done]);
    let runs: String = shop
        .ask(
            "select string_agg(cause || ' ' || state || ' ' || checked, ', ' order by id)
               from reconciliation_runs where $1::uuid is not null",
        )
        .await;
    assert_eq!(runs, "COMMAND DONE 1, SCHEDULE DONE 1");
}
