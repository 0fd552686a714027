//! The client against a Cal.com of a few lines, over a real socket.
use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json, Router,
    extract::RawQuery,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{AskedSlots, Booking, BookingStatus, Client, Error, NewBooking, SCOPES};
use crate::providers::exchange::testing;

fn client(base_url: &str) -> Client {
    let app = "https://app.cal.example/";
    Client::new(testing::http(), base_url, app, "client", "secret".into())
}

fn token() -> SecretString {
    "access".into()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn book_and_get(
    answer: impl IntoResponse + Clone + Send + Sync + 'static,
) -> Result<Booking, Error> {
    let router = Router::new().route("/v2/bookings", post(async move || answer));
    let client = client(&testing::serve(router).await);
    client
        .with_deadline(Duration::from_millis(300))
        .create_booking(&token(), &new_booking())
        .await
}

fn new_booking() -> NewBooking<'static> {
    NewBooking {
        event_type_id: 555,
        start: at("2026-11-24T14:00:00Z"),
        length_minutes: None,
        name: "Jean Dupont",
        email: None,
        phone: Some("+15145551234"),
        time_zone: "America/Toronto",
        language: "fr",
        metadata: BTreeMap::from([("attempt_key", "a1".to_owned())]),
    }
}

fn refused(message: &str) -> Value {
    json!({ "status": "error", "error": { "code": "BadRequestException", "message": message } })
}

#[test]
fn a_person_is_asked_with_everything_that_names_us() {
    let url = client("https://api.cal.example")
        .authorize_url(
            "https://reception.example/api/calcom/callback",
            "st&te",
            SCOPES,
        )
        .unwrap();
    assert!(url.starts_with("https://app.cal.example/auth/oauth2/authorize?client_id=client&"));
    assert!(url.contains("redirect_uri=https%3A%2F%2Freception.example%2Fapi%2Fcalcom%2Fcallback"));
    assert!(url.contains("state=st%26te") && url.contains("scope=PROFILE_READ+EVENT_TYPE_READ"));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_a_dead_one_means_connecting_again() {
    let handler = async |Json(body): Json<Value>| {
        assert_eq!(body["client_secret"], "secret");
        match body["grant_type"].as_str().unwrap() {
            "authorization_code" => {
                assert_eq!(body["redirect_uri"], "https://r.example/cb");
                let granted = json!({
                    "access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 1800, "scope": "S",
                });
                (StatusCode::OK, Json(granted))
            }
            _ => {
                let denied = json!({ "error": "invalid_grant", "error_description": "refresh_token_revoked" });
                (StatusCode::BAD_REQUEST, Json(denied))
            }
        }
    };
    let router = Router::new().route("/v2/auth/oauth2/token", post(handler));
    let client = client(&testing::serve(router).await);
    let tokens = client
        .exchange_code("c", "https://r.example/cb")
        .await
        .unwrap();
    assert_eq!(tokens.access.expose_secret(), "a");
    assert_eq!(tokens.expires_in, Duration::from_secs(1800));
    assert!(!format!("{tokens:?}").contains("\"a\""));
    let error = client.refresh(&tokens.refresh).await.unwrap_err();
    assert!(matches!(error, Error::Reconnect), "{error:?}");
}

#[tokio::test]
async fn a_booking_is_made_with_its_version_and_without_what_is_not_known() {
    let handler = async |headers: HeaderMap, Json(body): Json<Value>| {
        assert_eq!(headers["authorization"], "Bearer access");
        assert_eq!(headers["cal-api-version"], "2024-08-13");
        let expected = json!({
            "start": "2026-11-24T14:00:00Z", "eventTypeId": 555,
            "attendee": { "name": "Jean Dupont", "timeZone": "America/Toronto", "language": "fr",
                          "phoneNumber": "+15145551234" },
            "metadata": { "attempt_key": "a1" },
        });
        assert_eq!(body, expected);
        let made = json!({ "status": "success", "data": {
            "id": 4101, "uid": "bk_1", "status": "accepted", "start": "2026-11-24T14:00:00.000Z",
            "end": "2026-11-24T14:30:00.000Z", "eventTypeId": 555, "icsUid": "bk_1@Cal.com",
            "hosts": [{ "id": 1001 }], "attendees": [{ "name": "Jean Dupont", "language": "fr", "absent": false }],
            "metadata": { "attempt_key": "a1" }, "updatedAt": "2026-11-20T12:00:00.000Z",
        } });
        (StatusCode::CREATED, Json(made))
    };
    let base_url = testing::serve(Router::new().route("/v2/bookings", post(handler))).await;
    let booking = client(&base_url)
        .create_booking(&token(), &new_booking())
        .await
        .unwrap();
    assert_eq!(booking.uid, "bk_1");
    assert_eq!(booking.status, Some(BookingStatus::Accepted));
    assert_eq!(booking.end, Some(at("2026-11-24T14:30:00Z")));
    assert_eq!(booking.host.id, Some(1001));
    assert_eq!(booking.metadata["attempt_key"], "a1");
}

#[tokio::test]
async fn every_way_of_saying_that_a_time_is_gone_is_the_same_to_us() {
    for message in [
        "User either already has booking at this time or is not available",
        "One of the hosts either already has booking at this time or is not available",
        "no_available_users_found_error",
        "Attempting to book a meeting in the past.",
        "The event type can't be booked at the \"start\" time provided. This could be because it's too soon (violating the minimum booking notice) or too far in the future. `start` is wrong",
    ] {
        let answer = (StatusCode::BAD_REQUEST, Json(refused(message)));
        let error = book_and_get(answer).await.unwrap_err();
        assert!(matches!(error, Error::SlotTaken), "{message}: {error:?}");
    }
    let error = book_and_get(StatusCode::CONFLICT).await.unwrap_err();
    assert!(matches!(error, Error::SlotTaken));
}

#[tokio::test]
async fn other_refusals_are_told_apart() {
    let missing = Json(refused("responses - {address}error_required_field"));
    let error = book_and_get((StatusCode::BAD_REQUEST, missing))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused { status: 400 }), "{error:?}");
    let error = book_and_get(StatusCode::UNAUTHORIZED).await.unwrap_err();
    assert!(matches!(error, Error::TokenRefused) && error.is_transient());
    let reset = [
        ("x-ratelimit-reset-default", "42"),
        ("x-ratelimit-reset-long", "1800000000"),
    ];
    let error = book_and_get((StatusCode::TOO_MANY_REQUESTS, reset))
        .await
        .unwrap_err();
    let wait = Some(Duration::from_secs(42));
    assert!(
        matches!(error, Error::RateLimited { retry_after } if retry_after == wait),
        "{error:?}"
    );
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::BAD_GATEWAY] {
        let error = book_and_get(status).await.unwrap_err();
        assert!(error.may_have_happened(), "{error:?}");
    }
}

#[tokio::test]
async fn silence_may_be_a_booking_and_a_closed_door_is_none() {
    let router = Router::new().route(
        "/v2/bookings",
        post(async || std::future::pending::<StatusCode>().await),
    );
    let silent = client(&testing::serve(router).await).with_deadline(Duration::from_millis(100));
    let error = silent
        .create_booking(&token(), &new_booking())
        .await
        .unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    let (base_url, _held) = testing::nobody();
    let error = client(&base_url)
        .create_booking(&token(), &new_booking())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)) && !error.may_have_happened());
}

#[tokio::test]
async fn slots_are_read_as_they_come_and_as_they_are_documented() {
    let handler = async |headers: HeaderMap, RawQuery(query): RawQuery| {
        assert_eq!(headers["cal-api-version"], "2024-09-04");
        let expected = "eventTypeId=555&start=2026-11-24T05%3A00%3A00Z&end=2026-11-25T05%3A00%3A00Z&timeZone=UTC";
        assert_eq!(query.as_deref(), Some(expected));
        Json(json!({ "status": "success", "data": {
            "2026-11-25": ["2026-11-25T10:00:00.000-05:00"],
            "2026-11-24": [{ "start": "2026-11-24T09:30:00.000-05:00" }, { "start": "2026-11-24T09:00:00.000-05:00" }, 7],
        } }))
    };
    let base_url = testing::serve(Router::new().route("/v2/slots", get(handler))).await;
    let asked = AskedSlots {
        event_type_id: 555,
        from: at("2026-11-24T05:00:00Z"),
        until: at("2026-11-25T05:00:00Z"),
        length_minutes: None,
        moving: None,
    };
    let starts = client(&base_url)
        .slots(&token(), &asked, Duration::from_secs(2))
        .await
        .unwrap();
    let expected = [
        "2026-11-24T14:00:00Z",
        "2026-11-24T14:30:00Z",
        "2026-11-25T15:00:00Z",
    ];
    assert_eq!(starts, expected.map(at));
}

#[tokio::test]
async fn an_id_with_a_slash_is_another_path_and_is_not_asked_for() {
    let (base_url, _held) = testing::nobody();
    for uid in ["", "../webhooks", "a/b", "a?b"] {
        let error = client(&base_url)
            .cancel(&token(), uid, "")
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotFound), "{uid}");
    }
}
