//! An assistant wants tools of ours while a caller waits: always 200, an answer for each, each effect once.
use serde_json::{Value, json};

use super::{CALL, OWN_SECRET, ask, boreale, sample, tell, with, without};
use crate::{
    support::{Subscriber, TestApp},
    voice::CALLER,
};

/// The call of a tool in the call of the samples.
fn using(name: &str, arguments: Value) -> Value {
    let tool = json!([{ "id": "call_1", "type": "function", "function": { "name": name, "arguments": arguments } }]);
    let message = with(sample!("tool_calls_flat"), "/message/toolCallList", tool);
    with(message, "/message/toolWithToolCallList", json!([]))
}

fn message_of(answer: &Value) -> Value {
    let result = answer["results"][0]["result"].as_str().unwrap();
    serde_json::from_str(result).unwrap()
}

fn take_message() -> Value {
    using(
        "take_message",
        json!({ "message": "Call me back, please", "customer_name": "Anne" }),
    )
}

async fn calls(app: &TestApp, subscriber: &Subscriber) -> i64 {
    let statement = "select count(*) from interactions where subscriber_id = $1";
    app.value(subscriber, statement).await
}

#[tokio::test]
async fn every_sample_is_answered_on_one_line_for_each_tool_in_its_order() {
    let app = TestApp::start().await;
    boreale(&app).await;
    for sample in [
        sample!("tool_calls_check_availability"),
        sample!("tool_calls_book_appointment"),
        sample!("tool_calls_flat"),
        sample!("tool_calls_string_arguments"),
        sample!("tool_calls_two"),
    ] {
        let answer = ask(&app, &sample).await;
        let results = answer["results"].as_array().unwrap();
        let wanted = sample["message"]["toolCallList"].as_array().unwrap();
        assert_eq!(results.len(), wanted.len());
        for (result, wanted) in results.iter().zip(wanted) {
            assert_eq!(result["toolCallId"], wanted["id"]);
            let line = result["result"].as_str().unwrap();
            assert!(!line.contains('\n'), "{line}");
            let spoken: Value = serde_json::from_str(line).unwrap();
            assert!(!spoken["message"].as_str().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_tool_that_comes_before_any_news_begins_the_call() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let taken = message_of(&ask(&app, &take_message()).await);
    assert_eq!(taken["result"], "message_taken");
    let call = "select external_id, status, counterpart, handled_by from interactions where subscriber_id = $1";
    let call: Vec<(String, String, String, String)> = app.rows(&boreale, call).await;
    let expected = (
        CALL.to_owned(),
        "OPEN".to_owned(),
        CALLER.to_owned(),
        "AI".to_owned(),
    );
    assert_eq!(call, [expected]);
    let lead = "select count(*) from leads where subscriber_id = $1 and interaction_id is not null and contact_id is not null";
    assert_eq!(app.value::<i64>(&boreale, lead).await, 1);
    // The news that come after are of the same call, and tell that it began.
    tell(&app, &sample!("status_update_in_progress")).await;
    assert_eq!(calls(&app, &boreale).await, 1);
    assert_eq!(app.count_events(&boreale, "call.started").await, 1);
}

#[tokio::test]
async fn a_tool_call_that_is_repeated_gets_the_same_answer_and_has_its_effect_once() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let first = ask(&app, &take_message()).await;
    assert_eq!(ask(&app, &take_message()).await, first);
    assert_eq!(app.count_events(&boreale, "lead.created").await, 1);
    let other = with(take_message(), "/message/toolCallList/0/id", "call_2");
    ask(&app, &other).await;
    assert_eq!(app.count_events(&boreale, "lead.created").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_copies_of_a_tool_call_at_once_have_one_effect_and_one_answer() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let post = app.vapi_message(&take_message());
    let mut answers: Vec<String> = post
        .send_at_once(20)
        .await
        .into_iter()
        .map(|answer| answer.expect(200).body)
        .collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(app.count_events(&boreale, "lead.created").await, 1);
    assert_eq!(calls(&app, &boreale).await, 1);
}

#[tokio::test]
async fn without_an_id_the_same_question_counts_as_the_same_call() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let bare = without(take_message(), "/message/toolCallList/0/id");
    for _ in 0..2 {
        ask(&app, &bare).await;
    }
    let path = "/message/toolCallList/0/function/arguments";
    ask(
        &app,
        &with(bare, path, json!({ "message": "Something else" })),
    )
    .await;
    assert_eq!(app.count_events(&boreale, "lead.created").await, 2);
}

#[tokio::test]
async fn odd_tools_and_odd_arguments_are_answered_in_words() {
    let app = TestApp::start().await;
    boreale(&app).await;
    for message in [
        using("launch_rocket", json!({})),
        using("take_message", json!({})),
        using("take_message", json!("no json")),
        using("take_message", json!([1, 2])),
        using("take_message", json!(null)),
    ] {
        assert_eq!(
            message_of(&ask(&app, &message).await)["result"],
            "invalid",
            "{message}"
        );
    }
    for nothing in [json!([]), json!(null), json!("x"), json!([7, {}])] {
        let message = with(sample!("tool_calls_flat"), "/message/toolCallList", nothing);
        assert_eq!(ask(&app, &message).await, json!({ "results": [] }));
    }
}

#[tokio::test]
async fn of_a_call_without_an_id_facts_are_told_and_nothing_is_done() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let unnamed = |message| without(message, "/message/call/id");
    let facts = unnamed(using("get_business_info", json!({ "topic": "hours" })));
    assert_eq!(message_of(&ask(&app, &facts).await)["result"], "ok");
    let effect = message_of(&ask(&app, &unnamed(take_message())).await);
    assert_eq!(effect["result"], "unavailable");
    assert_eq!(calls(&app, &boreale).await, 0);
}

#[tokio::test]
async fn a_tool_for_nobody_is_answered_in_words_and_keeps_nothing() {
    let app = TestApp::start().await;
    assert_eq!(
        message_of(&ask(&app, &take_message()).await)["result"],
        "unavailable"
    );
    assert_eq!(app.row_counts().await["tool_calls"], 0);
}

#[tokio::test]
async fn while_the_database_is_away_a_caller_still_hears_words() {
    let app = TestApp::start().await;
    boreale(&app).await;
    app.lose_database().await;
    let answer = ask(&app, &sample!("tool_calls_two")).await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        assert!(
            result["result"].as_str().unwrap().contains("unavailable"),
            "{result}"
        );
    }
}

#[tokio::test]
async fn an_own_secret_runs_tools_for_its_subscriber_alone() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let spa = app.subscriber("spa").await;
    let connection = super::with_own_account(&app, &spa, json!({})).await;
    let post = app.vapi_message(&take_message()).with_secret(OWN_SECRET);
    let answer = post
        .at_connection(&connection)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(message_of(&answer)["result"], "unavailable");
    for subscriber in [&boreale, &spa] {
        assert_eq!(app.count_events(subscriber, "lead.created").await, 0);
    }
}

#[tokio::test]
async fn of_a_caller_whose_words_are_not_kept_a_call_that_a_tool_begins_keeps_none() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    app.change(
        &boreale,
        "update subscribers set handles_health_data = true where id = $1",
    )
    .await;
    let message = with(
        take_message(),
        "/message/artifact",
        sample!("end_of_call_report")["message"]["artifact"].clone(),
    );
    assert_eq!(
        message_of(&ask(&app, &message).await)["result"],
        "message_taken"
    );
    let words = "select count(*) from interaction_messages where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, words).await, 0);
}
