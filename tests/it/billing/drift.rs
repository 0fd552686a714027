//! Every kind of drift is found, written down, corrected, and then gone.
use rocket_reception::kernel::ids::SubscriberId;

use super::shop::{Shop, person};

/// A shop with something of everything: a call over the included minutes, texts in both directions.
async fn busy_shop() -> Shop {
    let shop = Shop::open().await;
    shop.end(&shop.call("long", 101 * 60)).await;
    let (conversation, _) = shop.receive(&person(1), 1).await;
    shop.answer(conversation, 2).await;
    assert_eq!(shop.balance().await, "-0.19");
    shop
}

/// Plants the drift; expects exactly these differences, all corrected, and none in the next run.
async fn expect_corrected(shop: &Shop, sabotage: &str, expected: &[(&str, &str, &str)]) {
    shop.sabotage(sabotage).await;
    let report = shop.reconcile().await;
    let differences = shop.differences().await;
    let found: Vec<(&str, &str, &str)> = differences
        .iter()
        .map(|(subject, expected, found, is_corrected)| {
            assert!(is_corrected, "{subject}");
            (subject.as_str(), expected.as_str(), found.as_str())
        })
        .collect();
    assert_eq!(found, expected);
    let count = i64::try_from(expected.len()).unwrap();
    assert_eq!((report.differences, report.corrected), (count, count));
    shop.expect_clean().await;
    let alerts = shop.bench.alerts().await;
    assert_eq!(alerts[0].0, "billing.drift");
}

#[tokio::test]
async fn a_balance_that_is_off_by_a_cent_is_set_to_the_sum_of_its_entries() {
    let shop = busy_shop().await;
    let sabotage = "update credit_accounts set balance = balance + 0.01";
    expect_corrected(&shop, sabotage, &[("balance", "-0.19", "-0.18")]).await;
    assert_eq!(shop.balance().await, "-0.19");
}

#[tokio::test]
async fn an_account_that_is_gone_comes_back() {
    let shop = busy_shop().await;
    let sabotage = "delete from credit_accounts";
    expect_corrected(&shop, sabotage, &[("balance", "-0.19", "0")]).await;
    assert_eq!(shop.balance().await, "-0.19");
}

#[tokio::test]
async fn sums_that_are_off_are_set_to_what_happened() {
    let shop = busy_shop().await;
    let sabotage = "update usage_rollups set price = price - 0.01, answered = answered + 1 where channel = 'VOICE'; \
                    delete from usage_rollups where channel = 'SMS'; \
                    insert into usage_rollups (subscriber_id, id, day, channel, missed)
                    select subscriber_id, gen_random_uuid(), '2026-11-20', 'CHAT', 2 from usage_periods";
    let expected = [
        ("rollup 2026-11-20 CHAT: missed", "0", "2"),
        ("rollup 2026-11-21 SMS: ai_handled", "1", "0"),
        ("rollup 2026-11-21 SMS: interactions", "1", "0"),
        ("rollup 2026-11-21 SMS: messages_in", "1", "0"),
        ("rollup 2026-11-21 SMS: messages_out", "1", "0"),
        ("rollup 2026-11-21 SMS: price", "0.09", "0"),
        ("rollup 2026-11-21 SMS: segments", "3", "0"),
        ("rollup 2026-11-21 VOICE: answered", "1", "2"),
        ("rollup 2026-11-21 VOICE: price", "0.1", "0.09"),
    ];
    expect_corrected(&shop, sabotage, &expected).await;
}

#[tokio::test]
async fn a_month_that_is_off_is_set_to_its_records() {
    let shop = busy_shop().await;
    let sabotage = "update usage_periods set used_minutes = 90, used_texts = 4";
    let expected = [
        ("period 2026-11-01: minutes", "101", "90"),
        ("period 2026-11-01: texts", "3", "4"),
    ];
    expect_corrected(&shop, sabotage, &expected).await;
}

#[tokio::test]
async fn a_record_without_its_entry_gets_one_that_says_why() {
    let shop = busy_shop().await;
    let usage: String = shop
        .ask("select id::text from usage_records where subscriber_id = $1 and usage_type = 'VOICE_CALL'")
        .await;
    let sabotage = "delete from ledger_entries where leg = 'AI'";
    let subject = format!("ledger of usage {usage} (RETELL:long)");
    expect_corrected(&shop, sabotage, &[(&subject, "-0.1", "none")]).await;
    let entry: String = shop
        .ask(
            "select concat_ws(', ', kind, leg, trim_scale(amount), trim_scale(balance_after), reason)
               from ledger_entries where subscriber_id = $1 order by id desc limit 1",
        )
        .await;
    assert_eq!(
        entry,
        "CORRECTION, AI, -0.1, -0.19, the entries of this usage did not come to its price"
    );
    assert_eq!(shop.balance().await, "-0.19");
}

#[tokio::test]
async fn an_entry_of_the_wrong_amount_is_evened_out() {
    let shop = busy_shop().await;
    let usage: String = shop
        .ask("select id::text from usage_records where subscriber_id = $1 and usage_type = 'VOICE_CALL'")
        .await;
    let sabotage = "update ledger_entries set amount = -1 where leg = 'AI'";
    let subject = format!("ledger of usage {usage} (RETELL:long)");
    expect_corrected(&shop, sabotage, &[(&subject, "-0.1", "-1")]).await;
    // A later correction of the call still finds its way.
    shop.end(&shop.call("long", 102 * 60)).await;
    assert_eq!(shop.balance().await, "-0.29");
    shop.expect_clean().await;
}

#[tokio::test]
async fn a_call_that_nobody_charged_is_charged() {
    let shop = busy_shop().await;
    shop.forget_to_charge(&shop.call("forgotten", 61)).await;
    let expected = [("usage of RETELL:forgotten", "2 minutes", "none")];
    expect_corrected(&shop, "", &expected).await;
    assert_eq!(shop.balance().await, "-0.39");
    // The provider tells of it again: it is charged already.
    assert!(shop.end(&shop.call("forgotten", 61)).await.is_none());
}

#[tokio::test]
async fn usage_of_a_conversation_that_is_gone_is_left_to_a_person() {
    let shop = busy_shop().await;
    shop.sabotage("delete from interactions where channel = 'VOICE'; delete from usage_rollups")
        .await;
    let report = shop.reconcile().await;
    let open: Vec<_> = shop
        .differences()
        .await
        .into_iter()
        .filter(|(.., is_corrected)| !is_corrected)
        .collect();
    let expected = (
        "conversation of RETELL:long".to_owned(),
        "one".to_owned(),
        "none".to_owned(),
        false,
    );
    assert_eq!(open, [expected]);
    assert_eq!(report.differences - report.corrected, 1);
    // Nothing else is left to find.
    assert_eq!(shop.reconcile().await.differences, 1);
}

#[tokio::test]
async fn the_drift_of_one_subscriber_is_not_anothers() {
    let shop = busy_shop().await;
    for _ in 0..3 {
        shop.found(SubscriberId::new()).await;
    }
    shop.sabotage("update credit_accounts set balance = 7")
        .await;
    let report = shop.reconcile().await;
    assert_eq!(
        (report.checked, report.differences, report.corrected),
        (4, 1, 1)
    );
}
