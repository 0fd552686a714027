//! The calls that we make to Vapi's API.
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Call, Error};
use crate::providers::{Pulse, exchange};

const DEADLINE: Duration = Duration::from_secs(15);

/// Vapi's API with the private key of one organisation.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    api_key: SecretString,
    deadline: Duration,
    pulse: Pulse,
}

/// A call to place. Vapi has no idempotency keys: one whose answer was lost is looked for and never just placed again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewCall<'a> {
    pub assistant_id: &'a str,
    pub phone_number_id: &'a str,
    pub customer: Customer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_overrides: Option<&'a Value>,
    /// At most 40 characters; by it a call is found again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
}

/// Whom to call.
#[derive(Clone, Debug, Serialize)]
pub struct Customer<'a> {
    pub number: &'a str,
}

impl Client {
    /// A client for the API at `base_url` (`https://api.vapi.ai`).
    pub fn new(http: reqwest::Client, base_url: &str, api_key: SecretString) -> Self {
        Self {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_key,
            deadline: DEADLINE,
            pulse: Pulse::default(),
        }
    }

    /// How its calls went.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The same client with another deadline for each call.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// A call with all that Vapi knows of it by now. None: there is no such call.
    pub async fn get_call(&self, call_id: &str) -> Result<Option<Call>, Error> {
        if !is_id(call_id) {
            return Ok(None);
        }
        let request = self.http.get(self.url("/call/") + call_id);
        known(self.call(request).await)
    }

    /// Places a call and gives its id.
    pub async fn create_call(&self, call: &NewCall<'_>) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Placed {
            id: String,
        }

        let placed: Placed = self
            .call(self.http.post(self.url("/call")).json(call))
            .await?;
        Ok(placed.id)
    }

    /// Deletes what is kept of a call, its sound too. False: there is no such call, any more or at all.
    pub async fn delete_call(&self, call_id: &str) -> Result<bool, Error> {
        if !is_id(call_id) {
            return Ok(false);
        }
        // Vapi's document wants a body, of which no member is needed.
        let request = self
            .http
            .delete(self.url("/call/") + call_id)
            .json(&json!({}));
        Ok(known(self.send(request).await)?.is_some())
    }

    /// Proof that Vapi is there and takes our key.
    pub async fn ping(&self) -> Result<(), Error> {
        let request = self
            .http
            .get(self.url("/assistant"))
            .query(&[("limit", "1")]);
        self.send(request).await.map(|_| ())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let answer = self.send(request).await?;
        answer.json().ok_or(Error::Unknown("unreadable answer"))
    }

    async fn send(&self, request: RequestBuilder) -> Result<exchange::Answer, Error> {
        let request = request.bearer_auth(self.api_key.expose_secret());
        let answer = exchange::run(request, self.deadline, &self.pulse).await?;
        match answer.status {
            status if status.is_success() => Ok(answer),
            StatusCode::TOO_MANY_REQUESTS => Err(Error::RateLimited {
                retry_after: answer.retry_after,
            }),
            StatusCode::REQUEST_TIMEOUT => Err(Error::Unknown("timed out on the way")),
            status if status.is_client_error() => Err(Error::Refused {
                status: status.as_u16(),
            }),
            status if status.is_server_error() => Err(Error::Unknown("server error")),
            _ => Err(Error::Unknown("unexpected status")),
        }
    }
}

fn known<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        // 400: an id of a form that Vapi does not give.
        Err(Error::Refused { status: 404 | 400 }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ids come from outside; one with a slash would be another path of the API.
fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
