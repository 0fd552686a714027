//! What a subscriber sees of its usage and its money.
use chrono::Duration;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{Client, Subscriber, TestApp};

/// A call of so many seconds that began now and is over.
async fn call(app: &TestApp, shop: &Subscriber, id: &str, seconds: i64) {
    tell(app, shop, "call_ended", id, seconds).await;
}

/// News of such a call.
async fn tell(app: &TestApp, shop: &Subscriber, event: &str, id: &str, seconds: i64) {
    let began = app.clock.now().timestamp_millis();
    let call = json!({"event": event, "event_timestamp": began + seconds * 1000 + 1, "call": {
        "call_type": "phone_call", "call_id": id, "direction": "inbound", "from_number": "+15145550123",
        "to_number": shop.number, "agent_id": "agent_of_nobody", "call_status": "ended", "start_timestamp": began,
        "end_timestamp": began + seconds * 1000, "duration_ms": seconds * 1000, "disconnection_reason": "agent_hangup",
        "metadata": {"subscriber_id": shop.id.to_string()},
    }});
    app.retell_event(&call).send().await.expect(204);
}

async fn get(client: &Client<'_>, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn usage_is_a_row_for_each_and_the_ledger_says_what_it_came_to() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").plan("FREE").await;
    call(&app, &shop, "one", 99 * 60).await;
    app.advance(Duration::hours(1));
    call(&app, &shop, "two", 3 * 60).await;
    app.advance(Duration::hours(1));
    // It was longer: the row is the same one, in its last revision.
    tell(&app, &shop, "call_analyzed", "two", 4 * 60).await;
    let staff = app.staff(&shop).await;
    let usage = get(&staff, "/api/billing/usage").await;
    let rows = usage["data"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{usage:#}");
    assert!(usage["next_cursor"].is_null());
    let two = &rows[0];
    for (member, value) in [
        ("usage_type", json!("VOICE_CALL")),
        ("duration_seconds", json!(240)),
        ("billed_minutes", json!(4)),
        ("segments", json!(0)),
        ("cost", json!("0.3")),
        ("currency", json!("CAD")),
        ("charged_from", json!("MIXED")),
        ("balance_after", json!("-0.3")),
        ("free_minutes_after", json!(0)),
    ] {
        assert_eq!(two[member], value, "{member}");
    }
    assert!(two["interaction_id"].is_string());
    assert_eq!(rows[1]["charged_from"], "INCLUDED");

    let ledger = get(&staff, "/api/billing/ledger").await;
    let entries = ledger["data"].as_array().unwrap();
    let kinds: Vec<&str> = entries
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["CORRECTION", "CHARGE", "CHARGE"]);
    let sum: Decimal = entries.iter().map(|entry| decimal(&entry["amount"])).sum();
    assert_eq!(decimal(&entries[0]["balance_after"]), sum);
    assert_eq!(entries[0]["corrects_id"], entries[1]["id"]);
    for member in [
        "leg",
        "currency",
        "usage_record_id",
        "reason",
        "source_event",
        "created_at",
    ] {
        assert!(entries[0][member].is_string(), "{member}");
    }

    let balance = get(&staff, "/api/credits/balance").await;
    for (member, value) in [
        ("balance", json!("-0.3")),
        ("currency", json!("CAD")),
        ("monthly_free_minutes", json!(100)),
        ("free_minutes_used", json!(100)),
        ("free_minutes_reset_date", json!("2026-12-01")),
        ("per_minute_rate", json!("0.1")),
        ("total_minutes_used", json!(103)),
        ("total_amount_spent", json!("0.3")),
        ("last_usage_date", json!("2026-11-21T18:00:00Z")),
        ("low_balance_notified", json!(false)),
    ] {
        // The later telling of the call moved no start.
        if member != "last_usage_date" {
            assert_eq!(balance[member], value, "{member}");
        } else {
            assert!(balance[member].is_string());
        }
    }
    let status = get(&staff, "/api/subscription-status").await;
    for (member, value) in [
        ("plan", json!("FREE")),
        ("status", json!("ACTIVE")),
        // The month of Winnipeg.
        ("current_period_start", json!("2026-11-01T05:00:00Z")),
        ("current_period_end", json!("2026-12-01T06:00:00Z")),
        ("cancel_at_period_end", json!(false)),
        ("included_minutes", json!(100)),
        ("used_minutes", json!(103)),
        ("included_texts", json!(0)),
        ("used_texts", json!(0)),
        ("is_overage_enabled", json!(true)),
    ] {
        assert_eq!(status[member], value, "{member}");
    }
}

#[tokio::test]
async fn without_a_subscription_or_after_its_end_the_plan_is_free() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").plan("ELITE").await;
    let staff = app.staff(&shop).await;
    let status = get(&staff, "/api/subscription-status").await;
    assert_eq!(
        (&status["plan"], &status["included_minutes"]),
        (&json!("ELITE"), &json!(1200))
    );
    let cancel = "update subscriptions set status = 'CANCELLED' where subscriber_id = $1";
    app.change(&shop, cancel).await;
    let status = get(&staff, "/api/subscription-status").await;
    assert_eq!(
        (&status["plan"], &status["status"]),
        (&json!("FREE"), &json!("CANCELLED"))
    );
    app.change(&shop, "delete from subscriptions where subscriber_id = $1")
        .await;
    let status = get(&staff, "/api/subscription-status").await;
    assert_eq!(
        (&status["plan"], &status["status"]),
        (&json!("FREE"), &json!("ACTIVE"))
    );
}

#[tokio::test]
async fn lists_go_page_by_page_and_over_the_days_that_are_asked_for() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    for number in 0..7 {
        call(&app, &shop, &format!("call {number}"), 60 + number * 60).await;
        app.advance(Duration::hours(3));
    }
    let staff = app.staff(&shop).await;
    for list in ["usage", "ledger"] {
        let all = get(&staff, &format!("/api/billing/{list}")).await;
        let all = all["data"].as_array().unwrap();
        assert_eq!(all.len(), 7);
        let (mut found, mut path) = (Vec::new(), format!("/api/billing/{list}?limit=3"));
        loop {
            let page = get(&staff, &path).await;
            found.extend(page["data"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/api/billing/{list}?limit=3&cursor={cursor}");
        }
        assert_eq!(&found, all);
        // The calls were at 10, 13, 16, 19 and 22 of the 21st, 1 and 4 of the 22nd.
        for (range, count) in [
            ("from=2026-11-22", 2),
            ("to=2026-11-21", 5),
            ("from=2026-11-21&to=2026-11-21", 5),
            ("to=2026-11-20", 0),
        ] {
            let page = get(&staff, &format!("/api/billing/{list}?{range}")).await;
            assert_eq!(page["data"].as_array().unwrap().len(), count, "{range}");
        }
        for wrong in [
            "from=2026-11-22&to=2026-11-21",
            "cursor=x",
            "from=x",
            "nonsense=1",
        ] {
            let answer = staff.get(&format!("/api/billing/{list}?{wrong}")).await;
            answer.expect_problem(422, "invalid_request");
        }
    }
    let texts = get(&staff, "/api/billing/usage?usage_type=sms").await;
    assert_eq!(texts["data"], json!([]));
}

#[tokio::test]
async fn usage_is_given_as_a_table() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    call(&app, &shop, "one", 61).await;
    call(&app, &shop, "two", 61).await;
    let staff = app.staff(&shop).await;
    let table = staff.get("/api/billing/usage?format=csv").await.expect(200);
    assert!(table.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = table.body.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("id,usage_type,interaction_id,duration_seconds,billed_minutes"));
    assert!(lines[1].contains(",VOICE_CALL,"));
    let part = staff.get("/api/billing/usage?format=csv&limit=1").await;
    let cursor = part.header("x-next-cursor").to_owned();
    let rest = format!("/api/billing/usage?format=csv&cursor={cursor}");
    let rest = staff.get(&rest).await.expect(200);
    assert_eq!(rest.body.split("\r\n").nth(1), Some(lines[2]));
}
