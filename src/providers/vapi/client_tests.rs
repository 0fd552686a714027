use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Client, Error, NewCall, client::Customer};
use crate::providers::exchange::testing::{http, nobody, serve};

fn client(base_url: &str) -> Client {
    Client::new(http(), base_url, SecretString::from("private-key"))
        .with_deadline(Duration::from_secs(2))
}

async fn answering(status: u16) -> Client {
    let router = Router::new().fallback(async move || StatusCode::from_u16(status).unwrap());
    client(&serve(router).await)
}

#[tokio::test]
async fn a_call_is_asked_for_with_the_key_and_read() {
    let answer = async |Path(id): Path<String>, headers: HeaderMap| -> Response {
        assert_eq!(headers["authorization"], "Bearer private-key");
        let mut call: Value = serde_json::from_str(include_str!(
            "../../../tests/data/vapi/api_get_call.response.json"
        ))
        .unwrap();
        call["id"] = json!(id);
        Json(call).into_response()
    };
    let base_url = serve(Router::new().route("/call/{id}", get(answer))).await;
    let call = client(&base_url).get_call("abc-1").await.unwrap().unwrap();
    assert_eq!(call.id.as_deref(), Some("abc-1"));
    assert!(call.is_over());
}

#[tokio::test]
async fn a_call_that_is_not_there_is_none_and_no_error() {
    for status in [404, 400] {
        assert!(
            answering(status)
                .await
                .get_call("a")
                .await
                .unwrap()
                .is_none()
        );
        assert!(!answering(status).await.delete_call("a").await.unwrap());
    }
    let (base_url, _port) = nobody();
    // An id that would be another path is never asked for.
    assert!(
        client(&base_url)
            .get_call("a/../b")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_went_wrong_says_whether_it_may_be_tried_again() {
    for (status, is_transient) in [
        (401, false),
        (409, true),
        (429, true),
        (408, true),
        (500, true),
        (302, true),
    ] {
        let error = answering(status).await.get_call("a").await.unwrap_err();
        assert_eq!(error.is_transient(), is_transient, "{status}: {error}");
    }
    let (base_url, _port) = nobody();
    let error = client(&base_url).ping().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_call_is_placed_with_what_vapi_wants_to_know() {
    let seen = Arc::new(Mutex::new(Value::Null));
    let memory = seen.clone();
    let place = async move |Json(body): Json<Value>| {
        *memory.lock().unwrap() = body;
        (StatusCode::CREATED, Json(json!({"id": "call-1"})))
    };
    let base_url = serve(Router::new().route("/call", post(place))).await;
    let call = NewCall {
        assistant_id: "assistant-1",
        phone_number_id: "number-1",
        customer: Customer {
            number: "+14315550142",
        },
        assistant_overrides: None,
        name: None,
    };
    assert_eq!(
        client(&base_url).create_call(&call).await.unwrap(),
        "call-1"
    );
    let expected = json!({
        "assistantId": "assistant-1", "phoneNumberId": "number-1", "customer": {"number": "+14315550142"},
    });
    assert_eq!(*seen.lock().unwrap(), expected);
}
