//! Retell's JSON.
use serde_json::{Value, json};

use super::{ANNE, FORM, JSON, expect_refused, hvac};
use crate::support::{RetellPost, Subscriber, TestApp, minutes, seconds};

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
