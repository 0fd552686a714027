//! What fails by a fault of ours is ours: kept, acknowledged, and done once it can be done.
use chrono::{DateTime, Utc};

use crate::support::{Subscriber, TestApp, hours, seconds};

const ANNE: &str = "+15145550123";
const BREAK: &str = "alter table usage_rollups rename to elsewhere";
const MEND: &str = "alter table elsewhere rename to usage_rollups";

async fn run(app: &TestApp, statement: &'static str) {
    let mut conn = app.database.superuser().await;
    sqlx::query(statement).execute(&mut conn).await.unwrap();
}

async fn count_conversations(app: &TestApp, subscriber: &Subscriber) -> i64 {
    let statement = "select count(*) from interactions where subscriber_id = $1";
    app.value(subscriber, statement).await
}

fn call_of(hvac: &Subscriber) -> serde_json::Value {
    serde_json::json!({ "event": "call_ended", "call": {
        "call_id": "call_1", "direction": "inbound", "from_number": ANNE, "to_number": hvac.number,
        "start_timestamp": 1_794_839_405_120_i64, "duration_ms": 20_000, "disconnection_reason": "user_hangup",
    }})
}

#[tokio::test]
async fn a_text_that_we_fail_to_handle_is_kept_and_answered_once_we_can() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    run(&app, BREAK).await;
    for _ in 0..2 {
        text.send().await.expect(200);
    }
    assert_eq!(app.kept().await, [("text".to_owned(), "FAILED".to_owned())]);
    assert_eq!(
        count_conversations(&app, &hvac).await,
        0,
        "half of it is nothing"
    );
    run(&app, MEND).await;
    app.advance(seconds(10));
    app.run_jobs().await;
    text.send().await.expect(200);
    app.run_jobs().await;
    app.twilio.only_text();
    assert_eq!(app.kept().await, [("text".to_owned(), "DONE".to_owned())]);
}

#[tokio::test]
async fn a_text_whose_business_we_fail_to_find_is_kept_and_answered_once_we_can() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    run(&app, "alter table directory rename to elsewhere").await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    text.send().await.expect(200);
    assert_eq!(app.kept().await, [("text".to_owned(), "FAILED".to_owned())]);
    run(&app, "alter table elsewhere rename to directory").await;
    text.send().await.expect(200);
    app.advance(seconds(10));
    app.run_jobs().await;
    app.run_jobs().await;
    app.twilio.only_text();
    assert_eq!(app.kept().await, [("text".to_owned(), "DONE".to_owned())]);
}

#[tokio::test]
async fn a_text_that_is_taken_up_again_keeps_its_day_and_hour() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let came_at = app.clock.now();
    run(&app, BREAK).await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    run(&app, MEND).await;
    app.advance(hours(20));
    app.run_jobs().await;
    let written =
        "select created_at from interaction_messages where subscriber_id = $1 and role = 'CALLER'";
    assert_eq!(app.value::<DateTime<Utc>>(&hvac, written).await, came_at);
    let charged =
        "select occurred_at from usage_records where subscriber_id = $1 order by id limit 1";
    assert_eq!(app.value::<DateTime<Utc>>(&hvac, charged).await, came_at);
}

#[tokio::test]
async fn a_call_that_we_fail_to_handle_is_kept_and_recorded_once_we_can() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let event = app.retell_event(&call_of(&hvac));
    run(&app, BREAK).await;
    event.send().await.expect(204);
    assert_eq!(
        app.kept().await,
        [("call_ended".to_owned(), "FAILED".to_owned())]
    );
    run(&app, MEND).await;
    app.advance(seconds(10));
    app.run_jobs().await;
    event.send().await.expect(204);
    assert_eq!(count_conversations(&app, &hvac).await, 1);
    assert_eq!(app.count_events(&hvac, "call.ended").await, 1);
}

#[tokio::test]
async fn what_can_never_be_handled_ends_where_the_operator_sees_it() {
    let mut app = TestApp::start().await;
    app.expect_dead_jobs();
    let hvac = app.subscriber("hvac").await;
    run(&app, BREAK).await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    for _ in 0..30 {
        app.advance(seconds(6 * 60 * 60 * 2));
        app.run_jobs().await;
    }
    assert_eq!(
        app.alerts().await,
        [("job.dead".to_owned(), "WARNING".to_owned())]
    );
    assert_eq!(app.kept().await, [("text".to_owned(), "FAILED".to_owned())]);
}
