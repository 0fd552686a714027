//! Twilio's forms.
use axum::{body::Body, http::Request};

use super::{ANNE, FORM, JSON, expect_refused, hvac};
use crate::support::{Subscriber, TestApp, Text};

fn text<'app>(app: &'app TestApp, hvac: &Subscriber) -> Text<'app> {
    app.text_from(ANNE).to(&hvac.number).says("hello")
}

/// Signed as it is, whatever it is.
fn signed(text: &Text<'_>, body: impl Into<Vec<u8>>) -> Request<Body> {
    text.request_with(&text.signature(), FORM, body.into())
}

#[tokio::test]
async fn a_text_that_twilio_did_not_sign_is_refused() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let text = text(&app, &hvac);
    let body = text.encoded().into_bytes();
    let elsewhere = text.clone().posted_to("/webhooks/sms-inbound").signature();
    let mut unsigned = text.request();
    unsigned.headers_mut().remove("x-twilio-signature");
    let tampered = text.encoded().replace("hello", "goodbye");
    let cases = vec![
        (
            "another token",
            text.clone().signed_by("guessed").request(),
            401,
            "invalid_signature",
        ),
        ("no signature", unsigned, 401, "invalid_signature"),
        (
            "an empty one",
            text.request_with("", FORM, body.clone()),
            401,
            "invalid_signature",
        ),
        (
            "one that is none",
            text.request_with("v=1,d=2", FORM, body.clone()),
            401,
            "invalid_signature",
        ),
        (
            "one for another path",
            text.request_with(&elsewhere, FORM, body.clone()),
            401,
            "invalid_signature",
        ),
        (
            "other words",
            signed(&text, tampered),
            401,
            "invalid_signature",
        ),
        (
            "half of it",
            signed(&text, &body[..body.len() / 2]),
            401,
            "invalid_signature",
        ),
        ("nothing", signed(&text, ""), 401, "invalid_signature"),
    ];
    expect_refused(&app, "twilio", cases).await;
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let text = text(&app, &hvac);
    let broken = |end: &str| signed(&text, text.encoded() + end);
    let json = text.request_with(&text.signature(), JSON, b"{}".to_vec());
    let huge = "x".repeat(1024 * 1024);
    let cases = vec![
        ("json", json, 415, "unsupported_media_type"),
        (
            "over the limit",
            broken(&format!("&AddOns={huge}")),
            413,
            "body_too_large",
        ),
        ("not utf-8", broken("&Extra=%FF%FE"), 400, "malformed"),
        ("a cut escape", broken("&Extra=%4"), 400, "malformed"),
        (
            "a nul",
            text.clone().says("a\0b").request(),
            400,
            "malformed",
        ),
    ];
    expect_refused(&app, "twilio", cases).await;
}

#[tokio::test]
async fn a_text_that_lacks_what_we_need_is_refused() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let without = |name: &str| text(&app, &hvac).without(name).request();
    let with = |name: &str, value: &str| text(&app, &hvac).field(name, value).request();
    let twice = |name: &str| text(&app, &hvac).also(name, "+14315550199").request();
    let cases = vec![
        ("no id", without("MessageSid"), 422, "invalid_request"),
        ("no sender", without("From"), 422, "invalid_request"),
        ("no number", without("To"), 422, "invalid_request"),
        ("no text", without("Body"), 422, "invalid_request"),
        (
            "a number that is none",
            with("To", "hvac"),
            422,
            "invalid_request",
        ),
        (
            "a number that is too long",
            with("To", "+1431555010012345"),
            422,
            "invalid_request",
        ),
        (
            "a count that is none",
            with("NumMedia", "many"),
            422,
            "invalid_request",
        ),
        (
            "64 KiB of text",
            with("Body", &"a".repeat(64 * 1024)),
            422,
            "invalid_request",
        ),
        ("two numbers", twice("To"), 400, "malformed"),
        ("two senders", twice("From"), 400, "malformed"),
        ("two texts", twice("Body"), 400, "malformed"),
        ("two ids", twice("MessageSid"), 400, "malformed"),
    ];
    expect_refused(&app, "twilio", cases).await;
}

#[tokio::test]
async fn two_values_of_a_field_that_nobody_reads_are_no_fault() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let text = text(&app, &hvac)
        .also("FromCity", "MONTREAL")
        .also("FromCity", "LAVAL");
    text.send().await.expect(200);
    assert_eq!(app.count_events(&hvac, "message.received").await, 1);
}

#[tokio::test]
async fn news_of_a_text_are_refused_for_the_same_reasons() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let news = || app.bare_status_of("SM1", &hvac.number, "delivered");
    let cases = vec![
        (
            "another token",
            news().signed_by("guessed").request(),
            401,
            "invalid_signature",
        ),
        (
            "no id",
            news().without("MessageSid").request(),
            400,
            "malformed",
        ),
        (
            "no status",
            news().without("MessageStatus").request(),
            400,
            "malformed",
        ),
        (
            "two statuses",
            news().also("MessageStatus", "failed").request(),
            400,
            "malformed",
        ),
    ];
    expect_refused(&app, "twilio", cases).await;
}
