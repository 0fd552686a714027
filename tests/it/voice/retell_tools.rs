//! Retell's tools whose bodies are arguments alone, and tools that come before any news of their call.
use serde_json::{Value, json};

use super::{CALLER, boreale, parse, sample, tell, with};
use crate::support::{Subscriber, TestApp};

const CALL: &str = "call_5b0e1f7a2c9d4e63a8b7c6d5e4f";

fn at(connection: impl std::fmt::Display, tool: &str) -> &'static str {
    // The fake wants a path for as long as the test lasts.
    format!("/api/webhooks/retell/tools/{connection}/{tool}").leak()
}

async fn ask(app: &TestApp, path: &'static str, body: &Value) -> Value {
    let post = app.retell_event(body).posted_to(path);
    post.send().await.expect(200).json()
}

fn message() -> Value {
    json!({ "message": "Call me back, please", "name": "Anne" })
}

async fn leads(app: &TestApp, subscriber: &Subscriber) -> usize {
    app.count_events(subscriber, "lead.created").await
}

#[tokio::test]
async fn both_shapes_of_a_body_are_answered_at_the_path_of_a_tool() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    for (tool, body) in [
        (
            "check_calendar_availability",
            include_str!("../../data/retell/function_check_availability_args_at_root.json"),
        ),
        (
            "check_calendar_availability",
            include_str!("../../data/retell/function_check_availability.json"),
        ),
        (
            "book_appointment",
            include_str!("../../data/retell/function_book_appointment.json"),
        ),
    ] {
        let answer = ask(&app, at(boreale.id, tool), &parse(body)).await;
        assert!(answer["result"].is_string(), "{answer}");
        assert!(!answer["message"].as_str().unwrap().is_empty(), "{answer}");
    }
}

#[tokio::test]
async fn arguments_alone_take_effect_in_the_only_call_there_is_and_once() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    // No call of so long ago goes on.
    app.change(
        &boreale,
        "update interactions set started_at = '2026-11-21T15:55:00Z' where subscriber_id = $1",
    )
    .await;
    let path = at(boreale.id, "take_message");
    let first = ask(&app, path, &message()).await;
    assert_eq!(first["result"], "message_taken");
    assert_eq!(ask(&app, path, &message()).await, first);
    assert_eq!(leads(&app, &boreale).await, 1);
    let contact = "select count(*) from leads where subscriber_id = $1 and contact_id is not null";
    assert_eq!(app.value::<i64>(&boreale, contact).await, 1);
}

#[tokio::test]
async fn which_of_several_calls_is_meant_stands_in_the_path() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    tell(
        &app,
        &with(sample!("call_started"), "/call/call_id", "call_2"),
    )
    .await;
    app.change(
        &boreale,
        "update interactions set started_at = '2026-11-21T15:55:00Z' where subscriber_id = $1",
    )
    .await;
    let unnamed = ask(&app, at(boreale.id, "take_message"), &message()).await;
    assert_eq!(unnamed["result"], "unavailable");
    let fact = ask(
        &app,
        at(boreale.id, "get_business_info"),
        &json!({ "topic": "hours" }),
    )
    .await;
    assert_eq!(fact["result"], "ok", "{fact}");
    let tool = format!("take_message?call_id={CALL}");
    let named = ask(&app, at(boreale.id, &tool), &message()).await;
    assert_eq!(named["result"], "message_taken");
    let lead =
        "select i.external_id from leads l join interactions i on i.subscriber_id = l.subscriber_id
                   and i.id = l.interaction_id where l.subscriber_id = $1";
    assert_eq!(app.value::<String>(&boreale, lead).await, CALL);
}

#[tokio::test]
async fn an_own_secret_proves_arguments_at_its_own_connection_alone() {
    const OWN_KEY: &str = "own-retell-key-of-the-subscriber";
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let spa = app.subscriber("spa").await;
    let admin = app.admin(&spa).await;
    let account = json!({ "account_id": "workspace_1", "api_key": OWN_KEY });
    let saved = admin.put("/api/settings/providers/RETELL", account).await;
    let saved = saved.expect(200).json();
    let connection = saved["connection"].as_str().unwrap();
    let post = |path| {
        app.retell_event(&json!({ "topic": "hours" }))
            .signed_by(OWN_KEY)
            .posted_to(path)
    };
    let own = post(at(connection, "get_business_info"))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(own["result"], "ok");
    for path in [
        at(boreale.id, "get_business_info"),
        at("nonsense", "get_business_info"),
        "/api/webhooks/retell",
    ] {
        let answer = post(path).send().await;
        answer.expect_problem(401, "invalid_signature");
    }
}

#[tokio::test]
async fn a_tool_at_nobodys_path_or_that_does_not_exist_is_answered_in_words() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let nobody = ask(&app, at("nonsense", "take_message"), &message()).await;
    assert_eq!(nobody["result"], "unavailable");
    let unknown = ask(&app, at(boreale.id, "launch_rocket"), &message()).await;
    assert_eq!(unknown["result"], "invalid");
    let odd = ask(&app, at(boreale.id, "take_message"), &json!([1])).await;
    assert_eq!(odd["result"], "invalid");
    let post = app
        .retell_event(&message())
        .posted_to(at(boreale.id, "take_message"));
    let forged = post.signed_by("nope").send().await;
    forged.expect_problem(401, "invalid_signature");
}

#[tokio::test]
async fn a_tool_that_comes_before_any_news_begins_the_call() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let call = with(
        sample!("function_book_appointment"),
        "/name",
        "take_message",
    );
    let call = with(call, "/args", message());
    let answer = app.retell_event(&call).send().await.expect(200).json();
    assert_eq!(answer["result"], "message_taken");
    let again = app.retell_event(&call).send().await.expect(200).json();
    assert_eq!(again, answer);
    assert_eq!(leads(&app, &boreale).await, 1);
    let kept = "select external_id, status, counterpart from interactions where subscriber_id = $1";
    let kept: Vec<(String, String, String)> = app.rows(&boreale, kept).await;
    assert_eq!(
        kept,
        [(CALL.to_owned(), "OPEN".to_owned(), CALLER.to_owned())]
    );
    // What comes after is news of the same call.
    for event in [
        sample!("call_started"),
        sample!("call_ended"),
        sample!("call_analyzed"),
    ] {
        tell(&app, &event).await;
    }
    let count = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, count).await, 1);
    assert_eq!(app.count_events(&boreale, "call.started").await, 1);
    let status = "select status from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&boreale, status).await, "COMPLETED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tool_and_the_news_of_the_beginning_at_once_make_one_call() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let call = with(
        sample!("function_book_appointment"),
        "/name",
        "take_message",
    );
    let call = with(call, "/args", message());
    let mut requests = Vec::new();
    for _ in 0..6 {
        requests.push(app.retell_event(&call).request());
        requests.push(app.retell_event(&sample!("call_started")).request());
    }
    for answer in app.send_at_once(requests).await {
        assert!(answer.status.is_success(), "{}", answer.body);
    }
    let count = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, count).await, 1);
    assert_eq!(leads(&app, &boreale).await, 1);
}
