//! The client against a Twilio of a few lines, over a real socket.
use std::{collections::BTreeMap, time::Duration};

use axum::{
    Form, Json, Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::IntoResponse,
    routing::{get, post},
};
use chrono::NaiveDate;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Client, Error, MessageStatus, NewMessage, SentMessage};
use crate::providers::exchange::testing;

const MESSAGES: &str = "/2010-04-01/Accounts/AC1/Messages.json";
const MESSAGE: NewMessage = NewMessage {
    to: "+15145550123",
    from: "+14315550100",
    body: "À demain & merci",
    status_callback: None,
};

fn client(base_url: &str) -> Client {
    Client::new(
        testing::http(),
        base_url,
        "AC1",
        SecretString::from("token"),
    )
}

/// What `send_message` makes of an answer.
async fn send_and_get(
    answer: impl IntoResponse + Clone + Send + Sync + 'static,
) -> Result<SentMessage, Error> {
    let base_url = testing::serve(Router::new().route(MESSAGES, post(async move || answer))).await;
    client(&base_url).send_message(&MESSAGE).await
}

#[tokio::test]
async fn a_text_is_sent_as_a_form_with_the_accounts_credentials() {
    let handler = async |headers: HeaderMap, Form(fields): Form<BTreeMap<String, String>>| {
        assert_eq!(headers["authorization"], "Basic QUMxOnRva2Vu");
        let body = json!({"sid": "SM1", "status": "queued", "num_segments": "2", "price": null, "price_unit": "USD", "body": fields});
        (StatusCode::CREATED, Json(echo(body)))
    };
    let base_url = testing::serve(Router::new().route(MESSAGES, post(handler))).await;
    let message = NewMessage {
        status_callback: Some("https://host.example/status#rc=2"),
        ..MESSAGE
    };
    let sent = client(&format!("{base_url}/"))
        .send_message(&message)
        .await
        .unwrap();
    assert_eq!(
        (sent.sid.as_str(), sent.status, sent.num_segments),
        ("SM1", MessageStatus::Queued, Some(2))
    );
    assert_eq!(
        (sent.price, sent.price_unit.as_deref()),
        (None, Some("USD"))
    );
    let fields: BTreeMap<String, String> = serde_json::from_str(&sent.body.unwrap()).unwrap();
    let expected = [
        ("Body", "À demain & merci"),
        ("From", "+14315550100"),
        ("StatusCallback", "https://host.example/status#rc=2"),
        ("To", "+15145550123"),
    ];
    assert!(
        fields
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .eq(expected),
        "{fields:?}"
    );
}

/// Puts what the server received where the client can hand it back: into the text of the message.
fn echo(mut body: Value) -> Value {
    body["body"] = body["body"].to_string().into();
    body
}

#[tokio::test]
async fn a_lost_text_is_looked_up_by_its_numbers_and_day() {
    let handler = async |Query(query): Query<BTreeMap<String, String>>| {
        assert_eq!(
            (query["To"].as_str(), query["From"].as_str()),
            ("+15145550123", "+14315550100")
        );
        assert_eq!(query["DateSent"], "2026-11-20");
        Json(
            json!({"next_page_uri": null, "messages": [{"sid": "SM1", "status": "delivered", "body": "Salut", "price": "-0.0079",
            "num_segments": 1, "date_created": "Fri, 20 Nov 2026 15:04:05 +0000", "date_sent": null, "error_code": null}]}),
        )
    };
    let base_url = testing::serve(Router::new().route(MESSAGES, get(handler))).await;
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let found = client(&base_url)
        .find_messages(MESSAGE.to, MESSAGE.from, day)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].body.as_deref(), found[0].num_segments),
        (Some("Salut"), Some(1))
    );
    assert_eq!(found[0].price.unwrap().to_string(), "-0.0079");
    assert_eq!(found[0].date_created.unwrap().timestamp(), 1_795_187_045);
}

#[tokio::test]
async fn the_account_is_fetched_without_its_token() {
    let handler = async |Path(file): Path<String>| {
        Json(json!({"sid": file, "status": "active", "auth_token": "secret"}))
    };
    let base_url =
        testing::serve(Router::new().route("/2010-04-01/Accounts/{file}", get(handler))).await;
    let account = client(&base_url).fetch_account().await.unwrap();
    assert_eq!(
        (account.sid.as_str(), account.status.as_str()),
        ("AC1.json", "active")
    );
}

#[tokio::test]
async fn a_refusal_carries_its_code_and_hides_the_number() {
    let body = json!({"code": 21610, "message": "Attempt to send to unsubscribed recipient +15145550123", "status": 400});
    let error = send_and_get((StatusCode::BAD_REQUEST, Json(body)))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(21610));
    assert_eq!(
        error.to_string(),
        "twilio refused with status 400 and code 21610"
    );
    assert!(!error.is_transient());
    assert!(!format!("{error:?}").contains("514555"), "{error:?}");
}

#[tokio::test]
async fn a_full_queue_is_a_refusal_that_passes() {
    let error = send_and_get((StatusCode::BAD_REQUEST, Json(json!({"code": "21611"}))))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(21611));
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_refusal_without_json_is_still_a_refusal() {
    let error = send_and_get((StatusCode::FORBIDDEN, "<html>"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "twilio refused with status 403 and code none"
    );
}

#[tokio::test]
async fn rate_limiting_says_how_long_to_wait() {
    let limited = (
        StatusCode::TOO_MANY_REQUESTS,
        [(RETRY_AFTER, "3")],
        Json(json!({"code": 20429})),
    );
    let error = send_and_get(limited).await.unwrap_err();
    assert!(
        matches!(error, Error::RateLimited { retry_after: Some(wait) } if wait == Duration::from_secs(3)),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn an_answer_that_proves_nothing_leaves_it_unknown() {
    for status in [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::BAD_GATEWAY,
        StatusCode::REQUEST_TIMEOUT,
    ] {
        let error = send_and_get((status, Json(json!({"code": 20500}))))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Unknown(_)), "{status}: {error:?}");
    }
    for garbage in ["<html>", "", "{}", "{\"sid\":"] {
        let error = send_and_get((StatusCode::CREATED, garbage))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Unknown("unreadable answer")),
            "{garbage}: {error:?}"
        );
    }
}

#[tokio::test]
async fn silence_ends_at_the_deadline_and_leaves_it_unknown() {
    let silent = Router::new().route(MESSAGES, post(std::future::pending::<()>));
    let client = client(&testing::serve(silent).await).with_deadline(Duration::from_millis(100));
    let error = client.send_message(&MESSAGE).await.unwrap_err();
    assert!(matches!(error, Error::Unknown("timed out")), "{error:?}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let (base_url, _port) = testing::nobody();
    let client = client(&base_url);
    let error = client.send_message(&MESSAGE).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let error = client
        .find_messages(MESSAGE.to, MESSAGE.from, day)
        .await
        .unwrap_err();
    assert!(
        !format!("{error:?}").contains("5145550123"),
        "a query string holds numbers: {error:?}"
    );
}
