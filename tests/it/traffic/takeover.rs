//! Who speaks in a conversation: the receptionist, or a person who took it over.
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ANNE, only_interaction, says};
use crate::support::{Client, Subscriber, TestApp, minutes};

async fn does(client: &Client<'_>, id: Uuid, act: &str, body: Value) -> crate::support::Answer {
    let path = format!("/api/interactions/{id}/{act}");
    client.post(&path, body).await
}

async fn texts(app: &TestApp, to: &Subscriber, words: &str) {
    let text = app.text_from(ANNE).to(&to.number).says(words);
    text.send().await.expect(200);
}

#[tokio::test]
async fn a_reply_that_is_being_written_at_a_takeover_is_thrown_away() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let staff = app.staff(&hvac).await;
    let hold = app.retell.hold_next();
    texts(&app, &hvac, "hello").await;
    let replying = app.run_jobs_meanwhile();
    hold.arrived().await;
    let id = only_interaction(&app, &hvac).await;
    let taken = does(&staff, id, "take-over", json!({})).await.expect(200);
    let taken = taken.json();
    assert_eq!(taken["is_ai_paused"], true);
    assert_eq!(taken["assigned_user_id"], staff.user.to_string());
    hold.release();
    replying.await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.twilio.bodies(), Vec::<String>::new());
    assert!(app.outgoing(&hvac).await.is_empty());
    let shown = staff.get(&format!("/api/interactions/{id}")).await.json();
    let roles: Vec<_> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| &turn["role"])
        .collect();
    assert_eq!(roles, ["CALLER"]);
}

#[tokio::test]
async fn a_reply_that_is_queued_at_a_takeover_does_not_go_out() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let staff = app.staff(&hvac).await;
    // The reply is written, and its sending is put off by a carrier that is too busy.
    app.twilio.limit_next(60);
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    does(&staff, id, "take-over", json!({})).await.expect(200);
    app.advance(minutes(2));
    app.run_jobs().await;
    assert_eq!(app.twilio.bodies(), Vec::<String>::new());
    assert_eq!(app.only_outgoing(&hvac).await.status, "SUPPRESSED");
}

#[tokio::test]
async fn the_receptionist_speaks_again_when_its_conversation_is_handed_back() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let staff = app.staff(&hvac).await;
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    does(&staff, id, "take-over", json!({})).await.expect(200);
    says(&app, ANNE, &hvac, "for the boss").await;
    let back = does(&staff, id, "hand-back", json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&back["is_ai_paused"], &back["assigned_user_id"]),
        (&json!(false), &Value::Null)
    );
    says(&app, ANNE, &hvac, "thanks").await;
    assert_eq!(app.retell.only_chat().heard, ["hello", "thanks"]);
    let lines = staff.get(&format!("/api/black-box/{id}")).await.json();
    let kinds: Vec<_> = lines["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .collect();
    assert!(
        kinds.contains(&"taken_over") && kinds.contains(&"handed_back"),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn a_takeover_for_a_while_ends_by_the_clock_and_not_before() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let staff = app.staff(&hvac).await;
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    does(&staff, id, "take-over", json!({"resume_after_minutes": 30}))
        .await
        .expect(200);
    app.advance(minutes(29));
    app.run_schedules().await;
    says(&app, ANNE, &hvac, "early").await;
    app.advance(minutes(2));
    app.run_schedules().await;
    says(&app, ANNE, &hvac, "late").await;
    assert_eq!(app.retell.only_chat().heard, ["hello", "late"]);
}

#[tokio::test]
async fn what_is_over_cannot_be_taken_over_nor_for_ever() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let staff = app.staff(&hvac).await;
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    for minutes in [0, -5, 10_081] {
        let asked = json!({"resume_after_minutes": minutes});
        let answer = does(&staff, id, "take-over", asked).await;
        answer.expect_problem(422, "invalid_request");
    }
    does(&staff, id, "close", json!({})).await.expect(200);
    let answer = does(&staff, id, "take-over", json!({})).await;
    answer.expect_problem(409, "conflict");
}

#[tokio::test]
async fn the_first_reply_waits_for_a_person_and_the_next_ones_do_not() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .sms_mode("APPROVE_FIRST_REPLY")
        .chat_agent("agent_1")
        .await;
    let staff = app.staff(&hvac).await;
    says(&app, ANNE, &hvac, "hello").await;
    assert_eq!(app.twilio.bodies(), Vec::<String>::new());
    let id = only_interaction(&app, &hvac).await;
    let queued = does(&staff, id, "approve", json!({"text": "Good day!"}))
        .await
        .expect(202)
        .json();
    assert_eq!(queued["status"], "QUEUED");
    app.run_jobs().await;
    assert_eq!(app.twilio.bodies(), ["Good day!"]);
    let shown = staff.get(&format!("/api/interactions/{id}")).await.json();
    assert_eq!(shown["messages"][1]["text"], "Good day!");
    says(&app, ANNE, &hvac, "are you open?").await;
    assert_eq!(app.twilio.bodies(), ["Good day!", "Turn 2"]);
    let answer = does(&staff, id, "approve", json!({})).await;
    answer.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_shadow_drafts_and_sends_nothing() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .sms_mode("SHADOW")
        .chat_agent("agent_1")
        .await;
    let staff = app.staff(&hvac).await;
    says(&app, ANNE, &hvac, "hello").await;
    assert_eq!(app.twilio.bodies(), Vec::<String>::new());
    let id = only_interaction(&app, &hvac).await;
    let shown = staff.get(&format!("/api/interactions/{id}")).await.json();
    let draft = &shown["messages"][1];
    assert_eq!(
        (&draft["text"], &draft["status"]),
        (&json!("Turn 1"), &json!("SUPPRESSED"))
    );
    let answer = does(&staff, id, "approve", json!({})).await;
    answer.expect_problem(409, "conflict");
}
