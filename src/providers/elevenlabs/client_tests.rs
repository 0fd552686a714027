//! The client against an ElevenLabs of a few lines, over a real socket.
use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::IntoResponse,
    routing::{get, post},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Client, Error, Speech, wav};
use crate::providers::exchange::testing;

const SAMPLES: &[u8] = &[1, 0, 2, 0];
const LONG: Duration = Duration::from_secs(10);

fn client(base_url: &str) -> Client {
    Client::new(testing::http(), base_url, SecretString::from("key"))
}

fn speech() -> Speech<'static> {
    Speech {
        voice: "21m00Tcm4TlvDq8ikWAM",
        language: "fr",
        text: "Bonjour, ici Rachel.",
    }
}

/// A client of somebody who answers every request for speech in this way.
async fn speaking<F, A, R>(answer: F) -> Client
where
    F: Fn(String) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = R> + Send,
    R: IntoResponse + 'static,
{
    let handler = async move |Query(query): Query<HashMap<String, String>>| {
        answer(query["output_format"].clone()).await
    };
    let router = Router::new().route("/v1/text-to-speech/{voice}", post(handler));
    client(&testing::serve(router).await)
}

fn file() -> Vec<u8> {
    wav::file(SAMPLES).unwrap()
}

async fn error_of(status: u16, body: Value) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    let answer = move |_| {
        let body = body.clone();
        async move { (status, Json(body)) }
    };
    let client = speaking(answer).await;
    client.speak(&speech(), LONG).await.err().unwrap()
}

#[tokio::test]
async fn words_are_asked_for_as_the_document_has_it_and_come_as_a_file() {
    let handler = async |Path(voice): Path<String>,
                         Query(query): Query<HashMap<String, String>>,
                         headers: HeaderMap,
                         Json(body): Json<Value>| {
        assert_eq!(voice, "21m00Tcm4TlvDq8ikWAM");
        assert_eq!(query["output_format"], "wav_8000");
        assert!(!query.contains_key("enable_logging"));
        assert_eq!(headers["xi-api-key"], "key");
        assert_eq!(body["text"], "Bonjour, ici Rachel.");
        assert_eq!(body["model_id"], "eleven_flash_v2_5");
        assert_eq!(body["language_code"], "fr");
        ([("character-cost", "10")], file())
    };
    let router = Router::new().route("/v1/text-to-speech/{voice}", post(handler));
    let client = client(&format!("{}/", testing::serve(router).await));
    let spoken = client.speak(&speech(), LONG).await.unwrap();
    assert_eq!(spoken.audio, file());
    assert_eq!(spoken.characters, 10);
    assert!(client.pulse().last_ok().is_some());
}

#[tokio::test]
async fn who_does_not_give_files_is_asked_for_samples_and_not_for_files_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move |format: String| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            match format.as_str() {
                "wav_8000" => {
                    let detail =
                        json!([{"loc": ["query", "output_format"], "msg": "no", "type": "enum"}]);
                    let refusal = Json(json!({ "detail": detail }));
                    (StatusCode::UNPROCESSABLE_ENTITY, refusal).into_response()
                }
                _ => SAMPLES.into_response(),
            }
        }
    };
    let client = speaking(answer).await;
    let spoken = client.speak(&speech(), LONG).await.unwrap();
    assert_eq!(spoken.audio, file());
    // Nothing said what it cost.
    assert_eq!(spoken.characters, 20);
    client.speak(&speech(), LONG).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_refusal_for_another_reason_does_not_change_what_is_asked_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        let detail = json!([{"loc": ["body", "text"], "msg": "no", "type": "missing"}]);
        async move {
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                Json(json!({ "detail": detail })),
            )
        }
    };
    let client = speaking(answer).await;
    for _ in 0..2 {
        let error = client.speak(&speech(), LONG).await.err().unwrap();
        assert!(
            matches!(error, Error::Refused { status: 422, .. }),
            "{error}"
        );
    }
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    assert_eq!(client.pulse().trouble(), None);
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_word_as_in_the_samples() {
    let samples: Value =
        serde_json::from_str(include_str!("../../../tests/data/elevenlabs/errors.json")).unwrap();
    for sample in samples["errors"].as_array().unwrap() {
        let status = sample["status"].as_u64().unwrap() as u16;
        let error = error_of(status, sample["body"].clone()).await;
        let meaning = match &error {
            Error::VoiceNotFound => "voice",
            Error::KeyRefused {
                is_permission: true,
            } => "permission",
            Error::KeyRefused {
                is_permission: false,
            } => "key",
            Error::QuotaExceeded => "quota",
            Error::RateLimited { .. } => "too_much",
            Error::Refused { .. } => "refused",
            Error::Unknown(_) => "outage",
            _ => "other",
        };
        assert_eq!(meaning, sample["meaning"], "{sample}");
        assert!(!error.to_string().contains("secret words"), "{error}");
    }
}

#[tokio::test]
async fn a_fault_is_tried_once_more_and_three_in_a_row_are_counted() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move |_| {
        let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                StatusCode::BAD_GATEWAY.into_response()
            } else {
                file().into_response()
            }
        }
    };
    let client = speaking(answer).await;
    assert!(!client.speak(&speech(), LONG).await.unwrap().is_recovery);
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    let client = speaking(async |_| StatusCode::INTERNAL_SERVER_ERROR).await;
    for failures in 1..=3 {
        let error = client.speak(&speech(), LONG).await.err().unwrap();
        assert!(error.is_outage() && error.is_transient());
        assert_eq!(client.failures(), failures);
    }
    assert_eq!(client.pulse().trouble(), Some("answers with errors"));
}

#[tokio::test]
async fn who_takes_longer_than_there_is_time_is_not_waited_for() {
    let client = speaking(async |_| pending::<StatusCode>().await).await;
    let error = client.speak(&speech(), Duration::from_millis(50)).await;
    assert!(matches!(error, Err(Error::NoAnswer("timed out"))));
}

#[tokio::test]
async fn an_answer_without_a_sound_is_none() {
    let client = speaking(async |_| "").await;
    let spoken = client.speak(&speech(), LONG).await;
    assert!(matches!(spoken, Err(Error::NoSound)));
}

#[tokio::test]
async fn too_much_at_once_says_nothing_of_the_provider() {
    let answer = async |_| (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "2")], "{}");
    let client = speaking(answer).await;
    let error = client.speak(&speech(), LONG).await.err().unwrap();
    assert!(matches!(
        error,
        Error::RateLimited { retry_after: Some(wait), .. } if wait == Duration::from_secs(2)
    ));
    assert_eq!((client.failures(), client.pulse().trouble()), (0, None));

    // Of our own: the one place is taken for longer than a request waits.
    let client = speaking(async |_| pending::<StatusCode>().await).await;
    let client = client.with_concurrency(1);
    let (one, wanted) = (Duration::from_secs(2), speech());
    let first = client.speak(&wanted, one);
    let second = client.speak(&wanted, one);
    let (first, second) = tokio::join!(first, second);
    assert!(matches!(first, Err(Error::NoAnswer(_))));
    assert!(matches!(second, Err(Error::Busy)));
}

#[tokio::test]
async fn a_voice_is_there_or_not_and_an_id_with_a_slash_is_asked_of_nobody() {
    let handler = async |Path(voice): Path<String>| match voice.as_str() {
        "known" => Json(json!({"voice_id": "known", "name": "Rachel"})).into_response(),
        "busy" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ => {
            let detail = json!({"status": "voice_not_found", "message": "no"});
            let refusal = Json(json!({ "detail": detail }));
            (StatusCode::BAD_REQUEST, refusal).into_response()
        }
    };
    let router = Router::new().route("/v1/voices/{voice}", get(handler));
    let client = client(&testing::serve(router).await);
    assert!(client.has_voice("known").await.unwrap());
    assert!(!client.has_voice("unknown").await.unwrap());
    assert!(client.has_voice("busy").await.is_err());
    for bad in ["", "../user", "a b", "é"] {
        assert!(!client.has_voice(bad).await.unwrap());
        let wrong = Speech {
            voice: bad,
            ..speech()
        };
        assert!(matches!(
            client.speak(&wrong, LONG).await,
            Err(Error::VoiceNotFound)
        ));
    }
}
