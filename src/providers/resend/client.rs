//! The one call that we make to Resend's API.
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::providers::{
    Pulse,
    exchange::{self, Failure},
};

const DEADLINE: Duration = Duration::from_secs(15);

/// Resend's API with our key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    api_key: SecretString,
    from: String,
    pulse: Pulse,
}

/// One mail to one person.
#[derive(Clone)]
pub struct Letter<'a> {
    pub to: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// What the mail is about, for Resend's statistics.
    pub kind: &'a str,
    /// The same key again is the same mail, and is sent once.
    pub idempotency_key: &'a str,
}

/// Why a mail was not taken. Its text holds no address and nothing of the mail.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It will never be taken.
    #[error("resend refused with status {status} ({name})")]
    Refused { status: u16, name: String },
    /// Too much at once, or a quota that is used up.
    #[error("resend is rate limiting us ({name})")]
    RateLimited {
        retry_after: Option<Duration>,
        name: String,
    },
    /// The same letter again, later: its key keeps it to one.
    #[error("resend gave no usable answer: {0}")]
    Unknown(&'static str),
    #[error("resend cannot be reached")]
    Unreachable(#[source] reqwest::Error),
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    name: String,
}

impl Client {
    /// A client for the API at `base_url` (`https://api.resend.com`).
    pub fn new(http: reqwest::Client, base_url: &str, api_key: SecretString, from: &str) -> Self {
        Self {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_key,
            from: from.to_owned(),
            pulse: Pulse::default(),
        }
    }

    /// How its calls went.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Sends a letter; gives its id at Resend.
    pub async fn send(&self, letter: &Letter<'_>) -> Result<String, Error> {
        let request = self
            .http
            .post(format!("{}/emails", self.base_url))
            .bearer_auth(self.api_key.expose_secret())
            .header("idempotency-key", letter.idempotency_key)
            .json(&json!({
                "from": self.from,
                "to": [letter.to],
                "subject": letter.subject,
                "text": letter.text,
                "tags": [{"name": "kind", "value": letter.kind}],
            }));
        let answer = exchange::run(request, DEADLINE, &self.pulse).await;
        let answer = answer.map_err(|failure| match failure {
            Failure::NotSent(error) => Error::Unreachable(error),
            Failure::NoAnswer(why) => Error::Unknown(why),
        })?;
        let status = answer.status.as_u16();
        if answer.status.is_success() {
            let taken: Taken = answer
                .json()
                .ok_or(Error::Unknown("answered without an id"))?;
            return Ok(taken.id);
        }
        let name = answer.json::<Refusal>().unwrap_or_default().name;
        Err(match (status, name.as_str()) {
            (429, _) => Error::RateLimited {
                retry_after: answer.retry_after,
                name,
            },
            (409, "concurrent_idempotent_requests" | "resource_locked") | (500.., _) => {
                Error::Unknown("asks us to come back")
            }
            _ => Error::Refused { status, name },
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        Json, Router,
        http::{HeaderMap, StatusCode},
        routing::post,
    };
    use serde_json::Value;

    use super::*;
    use crate::providers::exchange::testing;

    async fn client(answer: fn(HeaderMap, Value) -> (StatusCode, Value)) -> Client {
        let send = move |headers: HeaderMap, Json(body): Json<Value>| async move {
            let (status, body) = answer(headers, body);
            (status, Json(body))
        };
        let base_url = testing::serve(Router::new().route("/emails", post(send))).await;
        Client::new(
            testing::http(),
            &base_url,
            "re_key".to_owned().into(),
            "Us <us@example.com>",
        )
    }

    fn letter() -> Letter<'static> {
        Letter {
            to: "owner@example.com",
            subject: "Hello",
            text: "Words",
            kind: "test",
            idempotency_key: "test/1",
        }
    }

    #[tokio::test]
    async fn a_letter_is_sent_with_its_key() {
        let resend = client(|headers, body| {
            assert_eq!(headers["authorization"], "Bearer re_key");
            assert_eq!(headers["idempotency-key"], "test/1");
            assert_eq!(body["to"][0], "owner@example.com");
            assert_eq!(body["from"], "Us <us@example.com>");
            (StatusCode::OK, json!({"id": "mail-1"}))
        });
        assert_eq!(resend.await.send(&letter()).await.unwrap(), "mail-1");
    }

    #[tokio::test]
    async fn a_refusal_is_told_from_what_may_work_later() {
        let refused = client(|_, _| {
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({"name": "invalid_parameter"}),
            )
        });
        let error = refused.await.send(&letter()).await.unwrap_err();
        assert!(
            matches!(error, Error::Refused { status: 422, .. }),
            "{error}"
        );
        let busy = client(|_, _| {
            (
                StatusCode::TOO_MANY_REQUESTS,
                json!({"name": "rate_limit_exceeded"}),
            )
        });
        assert!(matches!(
            busy.await.send(&letter()).await.unwrap_err(),
            Error::RateLimited { .. }
        ));
        let down = client(|_, _| (StatusCode::BAD_GATEWAY, json!("<html>")));
        assert!(matches!(
            down.await.send(&letter()).await.unwrap_err(),
            Error::Unknown(_)
        ));
    }
}
