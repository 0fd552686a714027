//! Retell's JSON.
use rocket_reception::kernel::metrics::METRICS;
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
        ];
        expect_refused(&app, "retell", cases).await;
    }
}

#[tokio::test]
async fn what_says_neither_event_nor_name_is_refused() {
    let app = TestApp::start().await;
    let event = |body: &str| post(&app, ROUTES[0], body).request();
    let cases = vec![
        ("nothing in it", event("{}"), 400, "malformed"),
        (
            "a list for a name",
            event(r#"{"event":[7]}"#),
            400,
            "malformed",
        ),
        (
            "arguments alone",
            event(r#"{"date":"monday"}"#),
            400,
            "malformed",
        ),
    ];
    expect_refused(&app, "retell", cases).await;
}

/// Retell gives up after three refusals; the operator does not.
#[tokio::test]
async fn an_event_that_cannot_be_read_is_kept_for_the_operator_and_tried_no_more() {
    let bodies = [
        r#"{"event":"call_ended"}"#,
        r#"{"event":"call_ended","call":{}}"#,
        r#"{"event":"call_ended","call":{"call_id":7}}"#,
        r#"{"event":"chat_ended","chat":"chat_1"}"#,
    ];
    for body in bodies {
        let app = TestApp::start().await;
        let labels = ["retell", "unreadable", "failed"];
        let counted = || METRICS.inbound_events.with_label_values(&labels).get();
        let before = counted();
        for _ in 0..2 {
            post(&app, ROUTES[0], body).send().await.expect(204);
        }
        assert!(counted() > before, "{body}");
        let kept = [("unreadable".to_owned(), "FAILED".to_owned())];
        assert_eq!(app.kept().await, kept, "{body}");
        assert_eq!(app.row_counts().await["jobs"], 0, "{body}");
    }
}

#[tokio::test]
async fn an_event_with_a_number_for_a_name_is_kept_like_any_that_we_do_not_know() {
    let app = TestApp::start().await;
    let event = post(&app, ROUTES[0], r#"{"event":7}"#);
    event.send().await.expect(204);
    let kept = [("unknown".to_owned(), "UNROUTED".to_owned())];
    assert_eq!(app.kept().await, kept);
}

#[tokio::test]
async fn a_tool_call_that_cannot_be_read_is_answered_in_words_and_changes_nothing() {
    let app = TestApp::start().await;
    let before = app.row_counts().await;
    for body in [
        r#"{"name":"take_message","args":[],"call":{"call_id":"call_1"}}"#,
        r#"{"name":"take_message","args":{},"call":{}}"#,
        r#"{"name":"Geneviève","date":"2026-11-17"}"#,
    ] {
        let answer = post(&app, ROUTES[0], body).send().await.expect(200).json();
        assert!(!answer["message"].as_str().unwrap().is_empty(), "{body}");
    }
    assert_eq!(app.row_counts().await, before);
}

#[tokio::test]
async fn a_call_is_kept_and_billed_whatever_is_odd_in_it() {
    let cases = [
        ("duration_ms", json!(20_000.5)),
        ("duration_ms", json!("20000")),
        ("agent_version", json!("4")),
        ("start_timestamp", json!(1_794_839_405_120.5)),
        ("start_timestamp", json!("2026-11-16T14:30:05Z")),
        ("start_timestamp", json!({})),
        ("transcript_object", json!(7)),
        ("metadata", json!("none")),
        ("call_cost", json!([])),
        ("call_analysis", json!("good")),
    ];
    for (member, odd) in cases {
        let app = TestApp::start().await;
        let hvac = hvac(&app).await;
        let mut event = ended(&hvac);
        event["call"][member] = odd.clone();
        app.retell_event(&event).send().await.expect(204);
        let minutes = "select billed_minutes from usage_records where subscriber_id = $1";
        assert_eq!(app.value::<i32>(&hvac, minutes).await, 1, "{member}: {odd}");
    }
}

#[tokio::test]
async fn a_call_rings_whatever_is_odd_in_the_question() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    for caller in [json!(null), json!({}), json!(true)] {
        let question = json!({ "event": "call_inbound", "event_timestamp": 1.5, "call_inbound": {
            "from_number": caller, "to_number": hvac.number, "agent_version": [],
        }});
        let answer = app
            .retell_inbound(&question)
            .send()
            .await
            .expect(200)
            .json();
        let variables = &answer["call_inbound"]["dynamic_variables"];
        assert_eq!(variables["business_name"], "The hvac shop", "{caller}");
        assert_eq!(variables["caller_number"], "", "{caller}");
    }
    for odd in [
        json!({}),
        json!({ "event": 7 }),
        json!({ "event": "call_inbound", "call_inbound": [] }),
        json!({ "event": "call_inbound", "call_inbound": { "to_number": null } }),
        json!({ "event": "call_inbound", "call_inbound": { "to_number": {} } }),
    ] {
        let answer = app.retell_inbound(&odd).send().await.expect(200).json();
        assert_eq!(answer, json!({ "call_inbound": {} }), "{odd}");
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
