//! The client against a Retell of a few lines, over a real socket.
use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::IntoResponse,
    routing::{get, post},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{AgentVersion, Client, Completion, Concurrency, Error};
use crate::providers::exchange::testing;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/retell/", $name, ".json"))
    };
}

fn client(base_url: &str) -> Client {
    Client::new(testing::http(), base_url, SecretString::from("key"))
}

/// What `create_chat_completion` makes of an answer.
async fn complete_and_get(
    answer: impl IntoResponse + Clone + Send + Sync + 'static,
) -> Result<Completion, Error> {
    let router = Router::new().route("/create-chat-completion", post(async move || answer));
    client(&testing::serve(router).await)
        .create_chat_completion("chat_1", "Oui")
        .await
}

#[tokio::test]
async fn a_chat_is_opened_as_in_the_sample() {
    let handler = async |headers: HeaderMap, Json(request): Json<Value>| {
        let expected: Value = serde_json::from_str(fixture!("api_create_chat.request")).unwrap();
        assert_eq!(headers["authorization"], "Bearer key");
        assert_eq!(request, expected);
        (StatusCode::CREATED, fixture!("api_create_chat.response"))
    };
    let base_url = testing::serve(Router::new().route("/create-chat", post(handler))).await;
    let metadata = json!({"tenant_id": "tnt_01HBOREALE", "widget_session": "ws_5f2c"});
    let variables = BTreeMap::from([("business_name".to_owned(), "Plomberie Boréale".to_owned())]);
    let chat_id = client(&format!("{base_url}/"))
        .create_chat(
            "agent_c4d8e0912f6b47a3a1e5d7f390",
            Some(&AgentVersion::Number(1)),
            metadata.as_object().unwrap(),
            &variables,
        )
        .await
        .unwrap();
    assert_eq!(chat_id, "chat_98c1a2157aa0559144d67bb0729");
}

#[tokio::test]
async fn a_message_is_answered() {
    let handler = async |Json(request): Json<Value>| {
        let expected: Value =
            serde_json::from_str(fixture!("api_create_chat_completion.request")).unwrap();
        assert_eq!(request, expected);
        (
            StatusCode::CREATED,
            fixture!("api_create_chat_completion.response"),
        )
    };
    let base_url =
        testing::serve(Router::new().route("/create-chat-completion", post(handler))).await;
    let completion = client(&base_url)
        .create_chat_completion(
            "chat_98c1a2157aa0559144d67bb0729",
            "Oui, mardi matin si possible.",
        )
        .await
        .unwrap();
    let expected = "J'ai une place mardi le 17 novembre à 9 h 30. Je vous la réserve ?";
    assert_eq!(
        (completion.reply.as_deref(), completion.messages.len()),
        (Some(expected), 3)
    );
}

#[tokio::test]
async fn several_messages_are_one_reply_and_none_is_none() {
    let agent = |text: &str| json!({"role": "agent", "content": text});
    let tool = json!({"role": "tool_call_invocation", "name": "book", "arguments": "{}"});
    let cases = [
        (
            json!([agent("Un"), tool, agent(" "), agent("Deux")]),
            Some("Un\nDeux"),
        ),
        (
            json!([tool, {"role": "state_transition", "new_state_name": "end"}]),
            None,
        ),
        (json!([]), None),
    ];
    for (messages, expected) in cases {
        let completion = complete_and_get(Json(json!({"messages": messages})))
            .await
            .unwrap();
        assert_eq!(completion.reply.as_deref(), expected, "{messages}");
    }
}

#[tokio::test]
async fn calls_and_chats_are_read() {
    let call = async |Path(id): Path<String>| {
        assert_eq!(id, "call_5b0e1f7a2c9d4e63a8b7c6d5e4f");
        fixture!("api_get_call.response")
    };
    let router = Router::new()
        .route("/v2/get-call/{id}", get(call))
        .route(
            "/get-chat/{id}",
            get(async || fixture!("api_get_chat.response")),
        )
        .route(
            "/get-concurrency",
            get(async || Json(json!({"current_concurrency": 3, "concurrency_limit": 20}))),
        );
    let client = client(&testing::serve(router).await);
    assert_eq!(
        client
            .get_call("call_5b0e1f7a2c9d4e63a8b7c6d5e4f")
            .await
            .unwrap()
            .turns()
            .len(),
        10
    );
    assert_eq!(client.get_chat("chat_1").await.unwrap().turns().len(), 6);
    assert_eq!(
        client.ping().await.unwrap(),
        Concurrency {
            current: 3,
            limit: 20
        }
    );
    let error = client.get_call("../get-concurrency").await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 422 }), "{error:?}");
}

#[tokio::test]
async fn a_closed_chat_is_told_from_other_refusals() {
    for status in [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY] {
        let error = complete_and_get((status, Json(json!({"status": "error", "message": "…"}))))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ChatClosed), "{status}: {error:?}");
    }
    let error = complete_and_get((StatusCode::UNAUTHORIZED, fixture!("api_error_401.response")))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Refused { status: 401 }) && !error.is_transient(),
        "{error:?}"
    );
    assert!(
        complete_and_get(StatusCode::CONFLICT)
            .await
            .unwrap_err()
            .is_transient()
    );
}

#[tokio::test]
async fn rate_limiting_says_how_long_to_wait_if_retell_does() {
    let body = fixture!("api_error_429.response");
    let error = complete_and_get((StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "2")], body))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::RateLimited { retry_after: Some(wait) } if wait == Duration::from_secs(2)),
        "{error:?}"
    );
    let error = complete_and_get((StatusCode::TOO_MANY_REQUESTS, body))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::RateLimited { retry_after: None }) && error.is_transient(),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_that_proves_nothing_leaves_it_unknown() {
    for garbage in ["<html>", "", "{}", "{\"messages\": 1}"] {
        let error = complete_and_get((StatusCode::CREATED, garbage))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Unknown("unreadable answer")),
            "{garbage}: {error:?}"
        );
    }
    let error = complete_and_get(StatusCode::INTERNAL_SERVER_ERROR)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Unknown("server error")) && error.is_transient(),
        "{error:?}"
    );
}

#[tokio::test]
async fn silence_ends_at_the_deadline_and_a_missing_connection_at_once() {
    let silent = Router::new()
        .route("/create-chat-completion", post(std::future::pending::<()>))
        .route("/get-concurrency", get(std::future::pending::<()>));
    let short = Duration::from_millis(100);
    let client = client(&testing::serve(silent).await).with_deadline(short);
    let error = client
        .create_chat_completion("chat_1", "Oui")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoAnswer("timed out")), "{error:?}");
    let error = client.ping().await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer("timed out")), "{error:?}");
    let (base_url, _port) = testing::nobody();
    let error = self::client(&base_url).ping().await.unwrap_err();
    assert!(
        matches!(error, Error::Unreachable(_)) && error.is_transient(),
        "{error:?}"
    );
}
