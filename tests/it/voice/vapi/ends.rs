//! How calls end: what is billed, what is missed, whom it concerns.
use serde_json::{Value, json};

use super::{boreale, sample, tell, with, without};
use crate::support::{Subscriber, TestApp};

/// Status and outcome of the only interaction.
async fn ending(app: &TestApp, subscriber: &Subscriber) -> (String, String) {
    let statement = "select status, outcome_type from interactions where subscriber_id = $1";
    app.rows(subscriber, statement).await.remove(0)
}

/// A report without findings, for this reason.
fn ended(reason: &str) -> Value {
    let report = with(
        sample!("end_of_call_report"),
        "/message/endedReason",
        reason,
    );
    with(report, "/message/analysis", json!({}))
}

/// The same of a call that nobody was connected to.
fn never_connected(reason: &str) -> Value {
    let mut report = ended(reason);
    let paths = [
        "/message/startedAt",
        "/message/call/startedAt",
        "/message/durationSeconds",
    ];
    for path in paths {
        report = without(report, path);
    }
    report
}

#[tokio::test]
async fn the_reason_of_an_end_decides_its_outcome() {
    let cases = [
        ("customer-ended-call", "COMPLETED", "ANSWERED"),
        ("assistant-ended-call", "COMPLETED", "ANSWERED"),
        ("silence-timed-out", "COMPLETED", "ANSWERED"),
        ("assistant-forwarded-call", "COMPLETED", "TRANSFERRED"),
        ("voicemail", "COMPLETED", "VOICEMAIL"),
        ("customer-did-not-answer", "FAILED", "MISSED"),
        ("pipeline-error-openai-llm-failed", "FAILED", "FAILED"),
        ("assistant-request-failed", "FAILED", "MISSED"),
        ("call.start.error-subscription-frozen", "FAILED", "MISSED"),
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
async fn a_fault_before_anybody_spoke_is_a_missed_call() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &never_connected("call.ringing.error-providerfault")).await;
    assert_eq!(ending(&app, &boreale).await.1, "MISSED");
    assert_eq!(app.count_events(&boreale, "call.missed").await, 1);
}

#[tokio::test]
async fn the_bare_report_of_a_fault_is_read_as_far_as_it_goes() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("end_of_call_report_minimal_error")).await;
    assert_eq!(
        ending(&app, &boreale).await,
        ("FAILED".to_owned(), "FAILED".to_owned())
    );
    assert_eq!(app.count_events(&boreale, "call.analyzed").await, 0);
}

#[tokio::test]
async fn a_caller_who_hangs_up_at_once_and_says_nothing_is_abandoned_and_not_billed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let short = with(
        ended("customer-ended-call"),
        "/message/durationSeconds",
        4.2,
    );
    let short = with(short, "/message/artifact", json!({ "messages": [] }));
    let short = without(short, "/message/transcript");
    tell(&app, &short).await;
    assert_eq!(ending(&app, &boreale).await.1, "ABANDONED");
    let minutes = "select coalesce(sum(billed_minutes), 0)::bigint from usage_records where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, minutes).await, 0);
}

#[tokio::test]
async fn a_call_out_that_nobody_took_is_not_one_that_we_missed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let out = with(
        never_connected("customer-did-not-answer"),
        "/message/call/type",
        "outboundPhoneCall",
    );
    tell(&app, &out).await;
    let call = "select direction, from_number, to_number, outcome_type from interactions where subscriber_id = $1";
    let call: Vec<(String, String, String, String)> = app.rows(&boreale, call).await;
    let expected = ["OUTBOUND", "+14385550117", "+15145550142", "OTHER"].map(str::to_owned);
    assert_eq!(call, [expected.into()]);
    assert_eq!(app.count_events(&boreale, "call.missed").await, 0);
}

#[tokio::test]
async fn a_caller_whom_we_refused_is_blocked_and_one_whom_we_put_through_costs_nothing() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(
        &app,
        &ended("assistant-request-returned-forwarding-phone-number"),
    )
    .await;
    let call = "select status, outcome_type, handled_by from interactions where subscriber_id = $1";
    let call: Vec<(String, String, Option<String>)> = app.rows(&boreale, call).await;
    let expected = (
        "COMPLETED".to_owned(),
        "TRANSFERRED".to_owned(),
        Some("HUMAN".to_owned()),
    );
    assert_eq!(call, [expected]);
    let minutes = "select coalesce(sum(billed_minutes), 0)::bigint from usage_rollups where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, minutes).await, 0);
    assert_eq!(app.alerts().await, []);
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").blocks(crate::voice::CALLER).await;
    let refused = with(
        never_connected("assistant-request-returned-error"),
        "/message/phoneNumber/number",
        hvac.number.as_str(),
    );
    tell(&app, &refused).await;
    assert_eq!(ending(&app, &hvac).await.1, "BLOCKED");
    assert_eq!(app.count_events(&hvac, "call.missed").await, 0);
    assert_eq!(app.alerts().await, []);
}

#[tokio::test]
async fn a_cost_that_cannot_be_is_none_and_loses_no_report() {
    for cost in [json!(1e15), json!(1e27), json!(-0.2), json!("-3")] {
        let app = TestApp::start().await;
        let boreale = boreale(&app).await;
        let report = with(sample!("end_of_call_report"), "/message/cost", cost.clone());
        tell(&app, &report).await;
        assert_eq!(ending(&app, &boreale).await.1, "BOOKED", "{cost}");
        let none = "select provider_cost_cents is null from interactions where subscriber_id = $1";
        assert!(app.value::<bool>(&boreale, none).await, "{cost}");
    }
}

#[tokio::test]
async fn an_organisation_that_cannot_pay_concerns_the_operator() {
    for (reason, kind) in [
        (
            "call.start.error-subscription-insufficient-credits",
            "vapi.out_of_money",
        ),
        (
            "call.start.error-subscription-concurrency-limit-reached",
            "vapi.at_capacity",
        ),
    ] {
        let app = TestApp::start().await;
        boreale(&app).await;
        tell(&app, &never_connected(reason)).await;
        assert_eq!(
            app.alerts().await,
            [(kind.to_owned(), "CRITICAL".to_owned())]
        );
        // In an organisation of their own, that one alone.
        let app = TestApp::start().await;
        let boreale = super::boreale(&app).await;
        let connection = super::with_own_account(&app, &boreale, json!({})).await;
        let post = app
            .vapi_message(&never_connected(reason))
            .with_secret(super::OWN_SECRET);
        post.at_connection(&connection).send().await.expect(200);
        assert_eq!(
            app.alerts().await,
            [(kind.to_owned(), "WARNING".to_owned())]
        );
    }
}

#[tokio::test]
async fn an_assistant_that_we_failed_to_name_is_shown_to_the_operator() {
    let app = TestApp::start().await;
    boreale(&app).await;
    tell(
        &app,
        &never_connected("assistant-request-returned-invalid-assistant"),
    )
    .await;
    assert_eq!(
        app.alerts().await,
        [("vapi.unanswered".to_owned(), "WARNING".to_owned())]
    );
}
