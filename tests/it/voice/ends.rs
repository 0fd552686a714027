//! How calls end: what is billed, what is missed, whom it concerns.
use serde_json::Value;

use super::{CALLER, boreale, sample, tell, with};
use crate::support::{Subscriber, TestApp};

/// Status and outcome of the only interaction.
async fn ending(app: &TestApp, subscriber: &Subscriber) -> (String, String) {
    let statement = "select status, outcome_type from interactions where subscriber_id = $1";
    app.rows(subscriber, statement).await.remove(0)
}

fn ended(reason: &str) -> Value {
    with(sample!("call_ended"), "/call/disconnection_reason", reason)
}

fn lasting(milliseconds: u64) -> Value {
    with(sample!("call_ended"), "/call/duration_ms", milliseconds)
}

#[tokio::test]
async fn the_reason_of_an_end_decides_its_outcome() {
    let cases = [
        ("user_hangup", "COMPLETED", "ANSWERED"),
        ("inactivity", "COMPLETED", "ANSWERED"),
        ("call_transfer", "COMPLETED", "TRANSFERRED"),
        ("voicemail_reached", "COMPLETED", "VOICEMAIL"),
        ("marked_as_spam", "COMPLETED", "BLOCKED"),
        ("error_asr", "FAILED", "FAILED"),
        ("error_of_next_year", "FAILED", "FAILED"),
        ("registered_call_timeout", "FAILED", "MISSED"),
        ("concurrency_limit_reached", "FAILED", "MISSED"),
        ("a reason of next year", "COMPLETED", "ANSWERED"),
    ];
    for (reason, status, outcome) in cases {
        let app = TestApp::start().await;
        let boreale = boreale(&app).await;
        tell(&app, &ended(reason)).await;
        let expected = (status.to_owned(), outcome.to_owned());
        assert_eq!(ending(&app, &boreale).await, expected, "{reason}");
    }
}

#[tokio::test]
async fn a_call_that_found_no_free_line_is_missed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_ended_concurrency_error")).await;
    assert_eq!(ending(&app, &boreale).await.1, "MISSED");
    assert_eq!(app.count_events(&boreale, "call.missed").await, 1);
    let sums = "select missed, answered, billed_minutes, ai_handled from usage_rollups where subscriber_id = $1";
    assert_eq!(
        app.rows::<(i32, i32, i32, i32)>(&boreale, sums).await,
        [(1, 0, 0, 0)]
    );
}

#[tokio::test]
async fn a_call_out_that_nobody_took_costs_nothing() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_ended_not_connected")).await;
    let call = "select direction, counterpart, status from interactions where subscriber_id = $1";
    let call: Vec<(String, String, String)> = app.rows(&boreale, call).await;
    assert_eq!(call, [("OUTBOUND".into(), CALLER.into(), "FAILED".into())]);
    let minutes =
        "select coalesce(sum(billed_minutes), 0) from usage_records where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, minutes).await, 0);
}

#[tokio::test]
async fn a_call_out_that_nobody_took_is_not_one_that_we_missed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_ended_not_connected")).await;
    let expected = ("FAILED".to_owned(), "OTHER".to_owned());
    assert_eq!(ending(&app, &boreale).await, expected);
    assert_eq!(app.count_events(&boreale, "call.missed").await, 0);
    let missed = "select missed from usage_rollups where subscriber_id = $1";
    assert_eq!(app.value::<i32>(&boreale, missed).await, 0);
}

#[tokio::test]
async fn a_transfer_that_was_given_up_went_nowhere() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let event = sample!("transfer_cancelled");
    tell(&app, &with(event, "/transfer_destination", "+15145550199")).await;
    let went = "select transfer_destination from interactions where subscriber_id = $1";
    assert_eq!(app.value::<Option<String>>(&boreale, went).await, None);
}

#[tokio::test]
async fn a_transfer_is_in_the_black_box_from_its_beginning_to_its_end() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let went = "select transfer_destination from interactions where subscriber_id = $1";
    let destination = async || app.value::<Option<String>>(&boreale, went).await;
    tell(&app, &sample!("transfer_started")).await;
    tell(&app, &sample!("transfer_cancelled")).await;
    assert_eq!(destination().await, None, "it was given up");
    tell(&app, &sample!("transfer_bridged")).await;
    assert_eq!(destination().await.as_deref(), Some("+15145550199"));
    tell(&app, &sample!("transfer_ended")).await;
    assert_eq!(ending(&app, &boreale).await.1, "TRANSFERRED");
    let lines = "select kind from black_box_events where subscriber_id = $1 and source = 'PROVIDER' order by kind";
    let lines: Vec<(String,)> = app.rows(&boreale, lines).await;
    let lines: Vec<&str> = lines.iter().map(|(kind,)| kind.as_str()).collect();
    let expected = [
        "retell.transfer_bridged",
        "retell.transfer_cancelled",
        "retell.transfer_ended",
        "retell.transfer_started",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_call_under_fifteen_seconds_is_recorded_and_not_billed() {
    for (milliseconds, minutes, reason) in [
        (14_000, 0, Some("SHORT")),
        (15_000, 1, None),
        (60_400, 1, None),
    ] {
        let app = TestApp::start().await;
        let boreale = boreale(&app).await;
        tell(&app, &lasting(milliseconds)).await;
        let usage =
            "select billed_minutes, not_billed_reason from usage_records where subscriber_id = $1";
        let usage: Vec<(i32, Option<String>)> = app.rows(&boreale, usage).await;
        assert_eq!(
            usage,
            [(minutes, reason.map(str::to_owned))],
            "{milliseconds} ms"
        );
    }
}

#[tokio::test]
async fn spam_is_not_billed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &ended("marked_as_spam")).await;
    let usage =
        "select billed_minutes, not_billed_reason from usage_records where subscriber_id = $1";
    assert_eq!(
        app.rows::<(i32, String)>(&boreale, usage).await,
        [(0, "SPAM".to_owned())]
    );
}

#[tokio::test]
async fn a_workspace_that_cannot_pay_calls_the_operator_once() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    for (number, reason) in ["no_valid_payment", "credit_exhausted", "budget_reached"]
        .into_iter()
        .enumerate()
    {
        let event = with(ended(reason), "/call/call_id", format!("call_{number}"));
        tell(&app, &event).await;
    }
    assert_eq!(
        app.alerts().await,
        [("retell.out_of_money".to_owned(), "CRITICAL".to_owned())]
    );
    assert_eq!(app.count_events(&boreale, "call.missed").await, 3);
}

#[tokio::test]
async fn whoever_wants_no_more_calls_gets_no_more_texts() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &ended("user_requested_dnc")).await;
    app.text_from(CALLER)
        .to(&boreale.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(app.count_events(&boreale, "contact.opted_out").await, 1);
}

#[tokio::test]
async fn a_call_with_little_consent_keeps_what_retell_still_shows() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_ended_opt_out")).await;
    let turns =
        "select role, text from interaction_messages where subscriber_id = $1 order by position";
    let turns: Vec<(String, String)> = app.rows(&boreale, turns).await;
    assert_eq!(
        turns,
        [("AI", "Bonjour."), ("CALLER", "Bonjour.")].map(|(role, text)| (role.into(), text.into()))
    );
}
