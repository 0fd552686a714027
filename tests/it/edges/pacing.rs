//! The limit on how many provider events of one subscriber take effect in a minute: nothing is refused, nothing lost.
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::support::{Subscriber, TestApp, execute, minutes, seconds};

const ANNE: &str = "+15145550123";
const BREAK: &str = "alter table usage_rollups rename to elsewhere";
const MEND: &str = "alter table elsewhere rename to usage_rollups";

async fn count(app: &TestApp, subscriber: &Subscriber, state: &str) -> i64 {
    let statement = match state {
        "DONE" => "select count(*) from inbound_events where subscriber_id = $1 and state = 'DONE'",
        "FAILED" => {
            "select count(*) from inbound_events where subscriber_id = $1 and state = 'FAILED'"
        }
        _ => "select count(*) from inbound_events where subscriber_id = $1 and state = 'WAITING'",
    };
    app.value(subscriber, statement).await
}

async fn text(app: &TestApp, subscriber: &Subscriber, from: &str, body: &str) {
    let text = app.text_from(from).to(&subscriber.number).says(body);
    text.send().await.expect(200);
}

/// What callers wrote, in the order in which it took effect, by the time when it came.
async fn taken_in(app: &TestApp, subscriber: &Subscriber) -> Vec<DateTime<Utc>> {
    let statement = "select created_at from interaction_messages
                      where subscriber_id = $1 and role = 'CALLER' order by id";
    let rows = app.rows::<(DateTime<Utc>,)>(subscriber, statement).await;
    rows.into_iter().map(|row| row.0).collect()
}

async fn work_off(app: &TestApp, subscriber: &Subscriber) {
    for _ in 0..120 {
        app.advance(seconds(1));
        app.run_jobs().await;
        if count(app, subscriber, "WAITING").await == 0 {
            return;
        }
    }
    panic!("they still wait");
}

#[tokio::test]
async fn a_burst_is_taken_in_whole_and_takes_effect_at_the_pace_of_its_subscriber() {
    let app = TestApp::start().await;
    let (hvac, other) = (
        app.subscriber("hvac").await,
        app.subscriber("plumber").await,
    );
    let mut texts = Vec::new();
    for number in 0..150 {
        // Some two apart, so that their order can be told; what fills up meanwhile is nothing.
        app.advance(chrono::Duration::microseconds(10));
        let from = format!("+1514555{number:04}");
        let text = app.text_from(&from).to(&hvac.number).says("hello");
        text.send().await.expect(200);
        texts.push(text);
    }
    assert_eq!(count(&app, &hvac, "DONE").await, 100);
    assert_eq!(count(&app, &hvac, "WAITING").await, 50);
    // Another's are none of it.
    text(&app, &other, ANNE, "hello").await;
    assert_eq!(count(&app, &other, "DONE").await, 1);
    app.run_jobs().await;
    app.advance(seconds(15));
    for _ in 0..20 {
        app.run_jobs().await;
    }
    let done = count(&app, &hvac, "DONE").await;
    assert!(
        (101..=126).contains(&done),
        "{done} of 100 and a quarter of a minute"
    );
    // Twilio asks again, as it does when an answer was lost.
    for text in &texts {
        text.send().await.expect(200);
    }
    work_off(&app, &hvac).await;
    assert_eq!(count(&app, &hvac, "DONE").await, 150);
    assert_eq!(app.count_events(&hvac, "message.received").await, 150);
    let order = taken_in(&app, &hvac).await;
    assert_eq!(order.len(), 150);
    assert!(order.is_sorted(), "one overtook another");
    // And then it is as if nothing had been.
    app.advance(minutes(1));
    text(&app, &hvac, ANNE, "hello").await;
    assert_eq!(count(&app, &hvac, "WAITING").await, 0);
}

#[tokio::test]
async fn a_burst_at_once_takes_effect_once() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "20")]).await;
    let hvac = app.subscriber("hvac").await;
    let mut requests = Vec::new();
    for number in 0..30 {
        let from = format!("+1514555{number:04}");
        let text = app.text_from(&from).to(&hvac.number).says("hello");
        requests.extend([text.request(), text.request()]);
    }
    for answer in app.send_at_once(requests).await {
        answer.expect(200);
    }
    assert_eq!(
        count(&app, &hvac, "DONE").await + count(&app, &hvac, "WAITING").await,
        30
    );
    assert!(count(&app, &hvac, "DONE").await <= 20);
    work_off(&app, &hvac).await;
    assert_eq!(app.count_events(&hvac, "message.received").await, 30);
}

#[tokio::test]
async fn news_of_calls_wait_as_well_and_questions_of_callers_never_do() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "1")]).await;
    let hvac = app.subscriber("hvac").await;
    let call = |id: &str| {
        json!({ "event": "call_ended", "call": {
            "call_id": id, "direction": "inbound", "from_number": ANNE, "to_number": hvac.number,
            "start_timestamp": 1_794_839_405_120_i64, "duration_ms": 20_000, "disconnection_reason": "user_hangup",
        }})
    };
    for id in ["call_1", "call_2"] {
        app.retell_event(&call(id)).send().await.expect(204);
    }
    assert_eq!(app.count_events(&hvac, "call.ended").await, 1);
    let question = json!({ "event": "call_inbound", "call_inbound": {
        "from_number": ANNE, "to_number": hvac.number, "agent_id": "agent_1",
    }});
    let answer = app.retell_inbound(&question).send().await.expect(200);
    assert!(
        answer.body.contains(&hvac.id.to_string()),
        "{}",
        answer.body
    );
    let tool = json!({ "name": "get_business_info", "args": {}, "call": {
        "call_id": "call_3", "from_number": ANNE, "to_number": hvac.number,
    }});
    let answer = app.retell_event(&tool).send().await.expect(200);
    assert_eq!(answer.json()["result"], "ok");
    work_off(&app, &hvac).await;
    assert_eq!(app.count_events(&hvac, "call.ended").await, 2);
}

#[tokio::test]
async fn stop_is_obeyed_at_once_however_many_texts_wait() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "1")]).await;
    let hvac = app.subscriber("hvac").await;
    text(&app, &hvac, "+15145550001", "hello").await;
    text(&app, &hvac, ANNE, "hello").await;
    text(&app, &hvac, ANNE, "STOP").await;
    assert_eq!(app.count_events(&hvac, "contact.opted_out").await, 1);
    assert_eq!(count(&app, &hvac, "WAITING").await, 1);
    work_off(&app, &hvac).await;
    assert_eq!(app.count_events(&hvac, "message.received").await, 3);
}

#[tokio::test]
async fn one_that_fails_when_its_turn_comes_holds_up_nobody() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "1")]).await;
    let hvac = app.subscriber("hvac").await;
    for number in 1..4 {
        app.advance(chrono::Duration::microseconds(10));
        text(&app, &hvac, &format!("+1514555000{number}"), "hello").await;
    }
    assert_eq!(count(&app, &hvac, "WAITING").await, 2);
    let mut conn = app.database.superuser().await;
    execute(&mut conn, BREAK).await;
    app.advance(minutes(1));
    app.run_jobs().await;
    assert_eq!(count(&app, &hvac, "FAILED").await, 1);
    execute(&mut conn, MEND).await;
    app.advance(minutes(2));
    for _ in 0..5 {
        app.run_jobs().await;
        app.advance(minutes(1));
    }
    assert_eq!(count(&app, &hvac, "DONE").await, 3);
    assert_eq!(app.count_events(&hvac, "message.received").await, 3);
}
