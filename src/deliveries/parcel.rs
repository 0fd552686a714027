//! One delivery made ready: opened secrets, body, signatures, headers; and how it is sent.
use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    app::App,
    kernel::{
        http::{Exchange, Failure, Target},
        ids::{EndpointId, SubscriberId},
        secrets::{Keyring, Place, Unopenable},
    },
};

use super::{
    headers::{self, MASK, OwnHeaders},
    model::Format,
    payload::Message,
    signature::{self, Secret},
};

/// Some automation services turn away whoever calls itself a bot, a crawler or a spider.
const USER_AGENT: &str = "RocketReception-Webhooks/1.0";
/// A connection that fails sooner than this is tried once more at once: most often it was an old one that had rested.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Where it goes and how it is signed.
pub struct Address {
    pub url: String,
    pub format: Format,
    pub timeout: Duration,
    pub credentials: Option<SecretString>,
    pub headers: OwnHeaders,
    /// The newest first; one at least.
    pub secrets: Vec<Secret>,
}

/// What goes over the wire.
pub struct Parcel {
    target: Option<Target>,
    credentials: Option<SecretString>,
    headers: HeaderMap,
    body: Vec<u8>,
    timeout: Duration,
}

impl Parcel {
    /// Signs the message for this moment.
    pub fn new(address: &Address, message: &Message, now_s: i64) -> Self {
        let newest = address.secrets.first().cloned();
        let newest = newest.unwrap_or_else(Secret::generate);
        let body = message.body(address.format, &newest);
        let id = message.id();
        let mut map = HeaderMap::new();
        headers::put_into(&address.headers, &mut map);
        let ours = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
            ("webhook-timestamp", now_s.to_string()),
            (
                "webhook-signature",
                signature::standard(&address.secrets, &id, now_s, &body),
            ),
            ("x-signature-256", signature::of_bytes(&newest, &body)),
            ("webhook-id", id),
        ];
        for (name, value) in ours {
            let value = HeaderValue::try_from(value).expect("letters, digits and signs");
            map.insert(HeaderName::from_static(name), value);
        }
        let target = Target::parse(&address.url).ok();
        Self {
            credentials: address.credentials.clone(),
            headers: map,
            body,
            timeout: address.timeout,
            target,
        }
    }

    /// The headers for the log of attempts: what proves or opens something is masked.
    pub fn shown_headers(&self) -> Value {
        let mut shown = Map::new();
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "webhook-signature" => "v1,***",
                "x-signature-256" => "sha256=***",
                _ if value.is_sensitive() => MASK,
                _ => value.to_str().unwrap_or(MASK),
            };
            shown.insert(name.to_string(), value.into());
        }
        if self.credentials.is_some() {
            shown.insert("authorization".to_owned(), "Basic ***".into());
        }
        Value::Object(shown)
    }

    /// Sends it; twice, if the first connection fails at once.
    pub async fn send(self, app: &App) -> Exchange {
        let Some(target) = &self.target else {
            // It was checked when it was typed, by rules that have become stricter since.
            return Exchange {
                took: Duration::ZERO,
                result: Err(Failure::BlockedAddress),
            };
        };
        let mut headers = self.headers.clone();
        if let Some(credentials) = &self.credentials {
            let encoded = BASE64_STANDARD.encode(credentials.expose_secret());
            if let Ok(mut value) = HeaderValue::try_from(format!("Basic {encoded}")) {
                value.set_sensitive(true);
                headers.insert(reqwest::header::AUTHORIZATION, value);
            }
        }
        let client = &app.tenant_http;
        let first = client
            .post(target, headers.clone(), self.body.clone(), self.timeout)
            .await;
        let is_quick = first.took < AT_ONCE;
        if !is_quick || !matches!(first.result, Err(Failure::Connection)) {
            return first;
        }
        let left = self.timeout.saturating_sub(first.took);
        let second = client.post(target, headers, self.body, left).await;
        Exchange {
            took: first.took + second.took,
            result: second.result,
        }
    }
}

/// Opens what an endpoint keeps sealed, each at its place.
pub struct Opener<'a> {
    pub keyring: &'a Keyring,
    pub subscriber: SubscriberId,
    pub endpoint: EndpointId,
}

impl Opener<'_> {
    /// The place of a column of the endpoint.
    pub fn place(&self, column: &'static str) -> Place {
        Place {
            table: "webhook_endpoints",
            column,
            subscriber: Some(self.subscriber),
            row: self.endpoint.0,
        }
    }

    /// The place of one of its secrets.
    pub fn secret_place(&self, id: Uuid) -> Place {
        Place {
            table: "webhook_secrets",
            column: "secret_sealed",
            subscriber: Some(self.subscriber),
            row: id,
        }
    }

    pub fn credentials(&self, sealed: Option<&str>) -> Result<Option<SecretString>, Unopenable> {
        let place = self.place("credentials_sealed");
        sealed
            .map(|sealed| self.keyring.open(&place, sealed))
            .transpose()
    }

    pub fn headers(&self, sealed: Option<&str>) -> Result<OwnHeaders, Unopenable> {
        let Some(sealed) = sealed else {
            return Ok(OwnHeaders::new());
        };
        let json = self.keyring.open(&self.place("headers_sealed"), sealed)?;
        serde_json::from_str(json.expose_secret()).map_err(|_| Unopenable)
    }

    pub fn seal_headers(&self, own: &OwnHeaders) -> Option<String> {
        let json = serde_json::to_string(own).expect("texts are JSON");
        let is_some = !own.is_empty();
        is_some.then(|| {
            self.keyring
                .seal(&self.place("headers_sealed"), &json.into())
        })
    }

    pub fn secrets(&self, sealed: &[(Uuid, String)]) -> Result<Vec<Secret>, Unopenable> {
        let open = |(id, sealed): &(Uuid, String)| {
            let text = self.keyring.open(&self.secret_place(*id), sealed)?;
            Ok(Secret::stored(text))
        };
        sealed.iter().map(open).collect()
    }
}
