//! An agent wants a tool of ours while a caller waits: always an answer, and each effect once.
use serde_json::{Value, json};

use super::{CALLER, boreale, parse, sample, tell, with};
use crate::support::TestApp;

const SHARED: &str = "+14315550000";

async fn ask(app: &TestApp, call: &Value) -> Value {
    app.retell_event(call).send().await.expect(200).json()
}

/// A caller leaves a message in the call of the samples.
fn take_message() -> Value {
    let call = with(
        sample!("function_book_appointment"),
        "/name",
        "take_message",
    );
    let call = with(
        call,
        "/args",
        json!({ "message": "Call me back, please", "customer_name": "Anne" }),
    );
    with(
        call,
        "/call/transcript_with_tool_calls",
        json!([{
            "role": "tool_call_invocation", "tool_call_id": "tool_call_1", "name": "take_message",
            "arguments": json!({ "message": "Call me back, please", "customer_name": "Anne" }).to_string(),
        }]),
    )
}

#[tokio::test]
async fn every_sample_of_a_tool_call_is_answered_in_words() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let samples = [
        include_str!("../../data/retell/function_check_availability.json"),
        include_str!("../../data/retell/function_check_availability_chat.json"),
        include_str!("../../data/retell/function_book_appointment.json"),
    ];
    tell(&app, &sample!("call_started")).await;
    for sample in samples {
        let answer = ask(&app, &parse(sample)).await;
        assert!(answer["result"].is_string(), "{answer}");
        assert!(!answer["message"].as_str().unwrap().is_empty(), "{answer}");
    }
}

#[tokio::test]
async fn a_fact_is_told_even_before_the_call_is_known() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let question = with(take_message(), "/name", "get_business_info");
    let question = with(question, "/args", json!({ "topic": "hours" }));
    let answer = ask(&app, &question).await;
    assert!(
        answer["message"].as_str().unwrap().contains("9"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_message_is_taken_once_however_often_retell_asks() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    let first = ask(&app, &take_message()).await;
    assert_eq!(first["result"], "message_taken");
    assert_eq!(ask(&app, &take_message()).await, first);
    let leads = "select summary from leads where subscriber_id = $1";
    assert_eq!(
        app.value::<String>(&boreale, leads).await,
        "Anne: Call me back, please"
    );
    assert_eq!(app.count_events(&boreale, "lead.created").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_copies_of_a_tool_call_at_once_have_one_effect_and_one_answer() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    let call = app.retell_event(&take_message());
    let mut answers: Vec<_> = call
        .send_at_once(20)
        .await
        .into_iter()
        .map(|answer| answer.expect(200).body)
        .collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(app.count_events(&boreale, "lead.created").await, 1);
}

#[tokio::test]
async fn without_an_id_the_same_question_counts_as_the_same_call() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    let bare = with(
        take_message(),
        "/call/transcript_with_tool_calls",
        json!([]),
    );
    for _ in 0..2 {
        ask(&app, &bare).await;
    }
    let other = with(bare, "/args/message", "Something else");
    ask(&app, &other).await;
    assert_eq!(app.count_events(&boreale, "lead.created").await, 2);
}

#[tokio::test]
async fn a_caller_can_opt_out_of_texts() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started")).await;
    let call = with(take_message(), "/name", "opt_out");
    assert_eq!(ask(&app, &call).await["result"], "opted_out");
    app.text_from(CALLER)
        .to(&boreale.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_answered_and_not_run() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let call = with(take_message(), "/name", "launch_rocket");
    assert_eq!(ask(&app, &call).await["result"], "invalid");
}

#[tokio::test]
async fn a_tool_for_nobody_is_answered_in_words_and_keeps_nothing() {
    let app = TestApp::start().await;
    let answer = ask(&app, &take_message()).await;
    assert_eq!(answer["result"], "unavailable");
    assert_eq!(app.row_counts().await["tool_calls"], 0);
}

#[tokio::test]
async fn while_the_database_is_away_a_caller_still_hears_words() {
    let app = TestApp::start().await;
    boreale(&app).await;
    app.lose_database().await;
    let answer = ask(&app, &take_message()).await;
    assert_eq!(answer["result"], "unavailable");
    assert!(!answer["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn on_a_shared_line_a_tool_runs_for_the_business_whose_agent_asks() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("demohvac").await;
    let clinic = app.subscriber("clinic").service("Cleaning", 30, 90).await;
    app.shared_number(SHARED, Some(&hvac)).await;
    app.agent_of(&clinic, "agent_clinic").await;
    let call = json!({
        "call_id": "call_1", "direction": "inbound", "agent_id": "agent_clinic", "from_number": CALLER,
        "to_number": SHARED,
    });
    tell(&app, &json!({ "event": "call_started", "call": call })).await;
    let asked =
        |name: &str| json!({ "name": name, "args": { "message": "call me" }, "call": call });
    let services = ask(&app, &asked("list_services")).await;
    assert!(services.to_string().contains("Cleaning"), "{services}");
    let taken = ask(&app, &asked("take_message")).await;
    assert_eq!(taken["result"], "message_taken");
    assert_eq!(app.count_events(&clinic, "lead.created").await, 1);
}
