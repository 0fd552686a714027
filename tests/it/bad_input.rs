//! What must not get in: a clear problem, a counted refusal, nothing changed.
use axum::{body::Body, http::Request};
use rocket_reception::kernel::metrics::METRICS;
use serde_json::{Value, json};

use crate::support::{RetellPost, Subscriber, TestApp, Text, minutes, seconds};

const ANNE: &str = "+15145550123";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn count_rejected(provider: &str) -> u64 {
    let kinds = ["unknown", "text", "text.status", "call_inbound"];
    let counted = kinds.map(|kind| {
        let labels = [provider, kind, "rejected"];
        METRICS.inbound_events.with_label_values(&labels).get()
    });
    counted.iter().sum()
}

/// Sends each request and expects its problem, its count, and that it leaves nothing behind.
async fn expect_refused(
    app: &TestApp,
    provider: &str,
    cases: Vec<(&str, Request<Body>, u16, &str)>,
) {
    let before = app.row_counts().await;
    for (name, request, status, code) in cases {
        let counted = count_rejected(provider);
        let answer = app.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.body);
        answer.expect_problem(status, code);
        assert!(count_rejected(provider) > counted, "{name} is not counted");
        assert_eq!(app.row_counts().await, before, "{name} left something");
    }
}

async fn hvac(app: &TestApp) -> Subscriber {
    app.subscriber("hvac").await
}

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

fn ended(hvac: &Subscriber) -> Value {
    json!({ "event": "call_ended", "call": {
        "call_id": "call_1", "call_type": "phone_call", "direction": "inbound", "from_number": ANNE,
        "to_number": hvac.number, "duration_ms": 20_000, "disconnection_reason": "user_hangup",
    }})
}

const ROUTES: [&str; 2] = ["/api/webhooks/retell", "/api/webhooks/retell-inbound"];

/// A body signed by Retell, well or not.
fn post<'app>(
    app: &'app TestApp,
    route: &'static str,
    body: impl Into<Vec<u8>>,
) -> RetellPost<'app> {
    app.retell_post(route, body)
}

#[tokio::test]
async fn what_retell_did_not_sign_just_now_is_refused() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    for route in ROUTES {
        let body = ended(&hvac).to_string();
        let event = post(&app, route, body.clone());
        let other = |signature: &str| event.request_with(signature, JSON, body.clone().into());
        let late = minutes(5) + seconds(1);
        let mut unsigned = event.request();
        unsigned.headers_mut().remove("x-retell-signature");
        let digest = event.signature();
        let shouted = format!("sha256={digest}");
        let reformatted = body.replace("\":", "\" :").into();
        let cases = vec![
            (
                "another key",
                event.clone().signed_by("guessed").request(),
                401,
                "invalid_signature",
            ),
            ("no signature", unsigned, 401, "invalid_signature"),
            ("an empty one", other(""), 401, "invalid_signature"),
            ("another form", other(&shouted), 401, "invalid_signature"),
            (
                "too old",
                event.clone().signed_ago(late).request(),
                401,
                "invalid_signature",
            ),
            (
                "from the future",
                event.clone().signed_ago(-late).request(),
                401,
                "invalid_signature",
            ),
            (
                "written anew",
                event.request_with(&digest, JSON, reformatted),
                401,
                "invalid_signature",
            ),
            (
                "half of it",
                event.request_with(&digest, JSON, body.as_bytes()[..60].to_vec()),
                401,
                "invalid_signature",
            ),
        ];
        expect_refused(&app, "retell", cases).await;
    }
}

#[tokio::test]
async fn five_minutes_are_still_just_now() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    for age in [minutes(5), -minutes(5)] {
        let event = app.retell_event(&ended(&hvac)).signed_ago(age);
        event.send().await.expect(204);
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let whole = ended(&hvac).to_string();
    let deep = format!(
        "{{\"event\":\"call_ended\",\"call\":{}{}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    let huge = format!(
        "{{\"event\":\"call_ended\",\"x\":\"{}\"}}",
        "x".repeat(10 * 1024 * 1024)
    );
    for route in ROUTES {
        let event = post(&app, route, whole.clone());
        let form = event.request_with(&event.signature(), FORM, whole.clone().into());
        let signed = |body: &[u8]| post(&app, route, body).request();
        let cases = vec![
            ("a form", form, 415, "unsupported_media_type"),
            (
                "over the limit",
                signed(huge.as_bytes()),
                413,
                "body_too_large",
            ),
            ("nothing", signed(b""), 400, "malformed"),
            (
                "half of it",
                signed(&whole.as_bytes()[..60]),
                400,
                "malformed",
            ),
            ("a list", signed(b"[1, 2]"), 400, "malformed"),
            (
                "not utf-8",
                signed(b"{\"event\":\"\xff\"}"),
                400,
                "malformed",
            ),
            ("too deep", signed(deep.as_bytes()), 400, "malformed"),
            ("no event", signed(b"{}"), 400, "malformed"),
            (
                "no call",
                signed(b"{\"event\":\"call_ended\"}"),
                400,
                "malformed",
            ),
            (
                "no call id",
                signed(b"{\"event\":\"call_ended\",\"call\":{}}"),
                400,
                "malformed",
            ),
            (
                "a number for a name",
                signed(b"{\"event\":7}"),
                400,
                "malformed",
            ),
        ];
        expect_refused(&app, "retell", cases).await;
    }
}

#[tokio::test]
async fn a_call_is_not_lost_for_a_character_that_no_database_takes() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut event = ended(&hvac);
    event["call"]["transcript"] = json!("Agent: Hello\0there\nUser: hi\n");
    app.retell_event(&event).send().await.expect(204);
    assert_eq!(
        app.kept().await,
        [("call_ended".to_owned(), "DONE".to_owned())]
    );
    assert_eq!(app.count_events(&hvac, "call.ended").await, 1);
}

#[tokio::test]
async fn while_a_key_is_replaced_both_sign() {
    let app = TestApp::with(&[("RETELL_WEBHOOK_SECRET", "a-new-key, the-old-key")]).await;
    let hvac = hvac(&app).await;
    for key in ["a-new-key", "the-old-key"] {
        let event = app.retell_event(&ended(&hvac)).signed_by(key);
        event.send().await.expect(204);
    }
    let api_key = app.retell_event(&ended(&hvac)).send().await;
    api_key.expect_problem(401, "invalid_signature");
}

#[tokio::test]
async fn a_path_or_a_method_that_is_not_there_is_a_problem_too() {
    let app = TestApp::start().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    app.send(get("/api/nothing"))
        .await
        .expect_problem(404, "not_found");
    let answer = app.send(get("/api/webhooks/twilio/sms")).await;
    answer.expect_problem(405, "method_not_allowed");
}
