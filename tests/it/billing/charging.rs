//! Included first, then the balance; corrections; many at once.
use std::sync::Arc;

use rocket_reception::traffic::Outcome;
use rust_decimal::Decimal;
use tokio::task::JoinSet;

use super::shop::{Call, Shop, person};

/// Of the last record written: what paid, the price, the balance and the free minutes before and after.
const LAST: &str = "select concat_ws(' ', charged_from, trim_scale(price), trim_scale(balance_before) || '>' ||
                           trim_scale(balance_after), free_minutes_before || '>' || free_minutes_after)
                      from usage_records where subscriber_id = $1 order by id desc limit 1";
const USED: &str = "select string_agg(starts_on || ' ' || used_minutes || ' ' || used_texts, ', ' order by starts_on)
                      from usage_periods where subscriber_id = $1";

async fn last(shop: &Shop) -> String {
    shop.ask(LAST).await
}

async fn used(shop: &Shop) -> String {
    shop.ask(USED).await
}

/// FREE has 100 minutes; this leaves so many.
async fn shop_with_free_minutes(left: i32) -> Shop {
    let shop = Shop::open().await;
    shop.end(&shop.call("earlier", (100 - left) * 60)).await;
    shop
}

#[tokio::test]
async fn included_minutes_pay_first_then_the_balance() {
    let shop = shop_with_free_minutes(3).await;
    shop.end(&shop.call("one", 60)).await;
    assert_eq!(last(&shop).await, "INCLUDED 0 0>0 3>2");
    shop.end(&shop.call("two", 241)).await;
    assert_eq!(last(&shop).await, "MIXED 0.3 0>-0.3 2>0");
    shop.end(&shop.call("three", 61)).await;
    assert_eq!(last(&shop).await, "BALANCE 0.2 -0.3>-0.5 0>0");
    assert_eq!(used(&shop).await, "2026-11-01 105 0");
    shop.expect_clean().await;
}

#[tokio::test]
async fn a_short_call_and_a_blocked_one_have_a_record_that_costs_nothing() {
    let shop = shop_with_free_minutes(0).await;
    let short = shop.end(&shop.call("short", 14)).await.unwrap();
    let mut spam = shop.call("spam", 120);
    spam.outcome = Outcome::Blocked;
    let spam = shop.end(&spam).await.unwrap();
    assert_eq!((short.price, spam.price), (Decimal::ZERO, Decimal::ZERO));
    let reasons: String = shop
        .ask(
            "select string_agg(not_billed_reason, ' ' order by id) from usage_records
              where subscriber_id = $1",
        )
        .await;
    assert_eq!(reasons, "SHORT SPAM");
    shop.expect_clean().await;
}

#[tokio::test]
async fn more_minutes_are_charged_by_a_new_revision_and_the_same_again_by_none() {
    let shop = shop_with_free_minutes(0).await;
    shop.end(&shop.call("call", 60)).await;
    let longer = shop.end(&shop.call("call", 180)).await;
    assert_eq!(longer.unwrap().price, Decimal::new(30, 2));
    assert_eq!(last(&shop).await, "BALANCE 0.3 -0.1>-0.3 0>0");
    assert!(shop.end(&shop.call("call", 180)).await.is_none());
    let entries: String = shop
        .ask(
            "select string_agg(kind || ' ' || trim_scale(amount), ', ' order by id) from ledger_entries
              where subscriber_id = $1",
        )
        .await;
    assert_eq!(entries, "CHARGE 0, CHARGE -0.1, CORRECTION -0.2");
    let named: bool = shop
        .ask(
            "select bool_and(old.revision = new.revision - 1 and old.source = new.source)
               from usage_records new join usage_records old on old.id = new.corrects_id
              where new.subscriber_id = $1",
        )
        .await;
    assert!(named);
    shop.expect_clean().await;
}

#[tokio::test]
async fn a_call_that_turns_out_to_be_spam_gives_everything_back() {
    let shop = shop_with_free_minutes(1).await;
    let mut call = shop.call("call", 180);
    shop.end(&call).await;
    assert_eq!(shop.balance().await, "-0.2");
    call.outcome = Outcome::Blocked;
    shop.end(&call).await;
    assert_eq!(last(&shop).await, "INCLUDED 0 -0.2>0 0>1");
    assert_eq!(used(&shop).await, "2026-11-01 99 0");
    shop.expect_clean().await;
}

#[tokio::test]
async fn a_month_comes_to_its_minutes_over_the_included_ones_whatever_was_corrected() {
    let shop = shop_with_free_minutes(10).await;
    let mut first = shop.call("first", 60);
    shop.end(&first).await;
    shop.end(&shop.call("second", 9 * 60)).await;
    assert_eq!(shop.balance().await, "0");
    // Included minutes are not given away twice: the second call has used them.
    first.duration_s = 180;
    shop.end(&first).await;
    assert_eq!(last(&shop).await, "MIXED 0.2 0>-0.2 0>0");
    // And not lost either: when the first is taken back, they pay for what the balance paid meanwhile.
    first.outcome = Outcome::Blocked;
    shop.end(&shop.call("third", 60)).await;
    shop.end(&first).await;
    assert_eq!(shop.balance().await, "0");
    assert_eq!(used(&shop).await, "2026-11-01 100 0");
    shop.expect_clean().await;
}

#[tokio::test]
async fn what_a_provider_wants_comes_later_and_changes_no_price() {
    let shop = shop_with_free_minutes(0).await;
    let mut call = shop.call("call", 60);
    shop.end(&call).await;
    shop.subscribe("CORE").await;
    call.cost_cents = Some(Decimal::new(1_234, 2));
    shop.end(&call).await;
    assert_eq!(last(&shop).await, "BALANCE 0.1 -0.1>-0.1 0>0");
    // Minutes that come later still keep the cost and its currency.
    call.cost_cents = None;
    call.duration_s = 120;
    shop.end(&call).await;
    let cost: String = shop
        .ask(
            "select trim_scale(cost) || ' ' || cost_currency from usage_records
              where subscriber_id = $1 order by id desc limit 1",
        )
        .await;
    assert_eq!(cost, "0.1234 USD");
    shop.expect_clean().await;
}

#[tokio::test]
async fn a_new_month_has_its_minutes_anew_and_a_correction_stays_in_the_old_one() {
    let shop = shop_with_free_minutes(0).await;
    // Half past midnight in UTC is still November in Toronto.
    shop.bench
        .clock
        .advance(chrono::Duration::days(10) - chrono::Duration::minutes(570));
    let mut november = shop.call("november", 60);
    shop.end(&november).await;
    assert_eq!(last(&shop).await, "BALANCE 0.1 0>-0.1 0>0");
    shop.bench.advance(24 * 60 * 60);
    shop.end(&shop.call("december", 60)).await;
    assert_eq!(last(&shop).await, "INCLUDED 0 -0.1>-0.1 100>99");
    november.duration_s = 120;
    november.at = shop.bench.clock.now();
    shop.end(&november).await;
    assert_eq!(used(&shop).await, "2026-11-01 102 0, 2026-12-01 1 0");
    shop.expect_clean().await;
}

#[tokio::test]
async fn texts_are_charged_by_segments_in_both_directions() {
    let shop = Shop::open().await;
    let (conversation, receipt) = shop.receive(&person(1), 2).await;
    assert_eq!(receipt.unwrap().price, Decimal::new(6, 2));
    shop.answer(conversation, 1).await;
    assert_eq!(last(&shop).await, "BALANCE 0.03 -0.06>-0.09 100>100");
    shop.subscribe("CORE").await;
    shop.bench.advance(20 * 24 * 60 * 60);
    shop.receive(&person(1), 201).await;
    assert_eq!(last(&shop).await, "MIXED 0.03 -0.09>-0.12 200>200");
    assert_eq!(used(&shop).await, "2026-11-01 0 3, 2026-12-01 0 201");
    shop.expect_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_charges_at_once_add_up() {
    let shop = Arc::new(shop_with_free_minutes(20).await);
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let shop = shop.clone();
        tasks.spawn(async move {
            let call = Call {
                at: shop.bench.clock.now(),
                ..shop.call(&format!("call {number}"), 60)
            };
            shop.end(&call).await.unwrap().price
        });
    }
    let prices: Vec<Decimal> = tasks.join_all().await;
    assert_eq!(prices.iter().sum::<Decimal>(), Decimal::new(300, 2));
    assert_eq!(shop.balance().await, "-3");
    assert_eq!(used(&shop).await, "2026-11-01 130 0");
    // Each began where another one ended.
    let chained: i64 = shop
        .ask("select count(distinct balance_before) from usage_records where subscriber_id = $1 and price > 0")
        .await;
    assert_eq!(chained, 30);
    shop.expect_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_text_that_comes_while_ours_is_written_as_sent_does_not_deadlock() {
    let shop = Arc::new(Shop::open().await);
    let (conversation, _) = shop.receive(&person(1), 1).await;
    let mut tasks = JoinSet::new();
    for number in 0..60 {
        let shop = shop.clone();
        tasks.spawn(async move {
            if number % 2 == 0 {
                shop.receive(&person(1), 1).await;
            } else {
                shop.answer(conversation, 1).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(used(&shop).await, "2026-11-01 0 61");
    shop.expect_clean().await;
}
