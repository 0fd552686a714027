//! Asking for a person's calendar, and the tokens that stand for the yes.
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{Client, Error};

/// What we ask for.
pub const SCOPES: &[&str] = &[
    "PROFILE_READ",
    "EVENT_TYPE_READ",
    "SCHEDULE_READ",
    "BOOKING_READ",
    "BOOKING_WRITE",
    "WEBHOOK_READ",
    "WEBHOOK_WRITE",
];

/// What we ask for where Cal.com does not know the scopes of webhooks: bookings are polled all the same.
pub const SCOPES_WITHOUT_WEBHOOKS: &[&str] = &[
    "PROFILE_READ",
    "EVENT_TYPE_READ",
    "SCHEDULE_READ",
    "BOOKING_READ",
    "BOOKING_WRITE",
];

/// How long an access token is good where the answer does not say.
const USUAL_LIFE: Duration = Duration::from_secs(1800);

/// A pair of tokens. Taking the next pair revokes the refresh token of this one.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: SecretString,
    pub refresh: SecretString,
    pub expires_in: Duration,
    /// What was granted, which may be less than was asked.
    pub scope: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    refresh_token: SecretString,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Denied {
    #[serde(default)]
    error: String,
}

impl Client {
    /// Where a person says yes or no; the answer comes to `redirect_uri`, which must be the registered one to the letter.
    pub fn authorize_url(
        &self,
        redirect_uri: &str,
        state: &str,
        scopes: &[&str],
    ) -> Option<String> {
        let mut url = Url::parse(&format!("{}/auth/oauth2/authorize", self.app_base_url)).ok()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", state);
        Some(url.into())
    }

    /// The tokens for a code, which is good once.
    pub async fn exchange_code(&self, code: &str, redirect_uri: &str) -> Result<Tokens, Error> {
        let request = serde_json::json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
        });
        self.tokens(request).await
    }

    /// The next pair. The old refresh token is revoked at once, so this is done by one at a time, and an answer that got
    /// lost means that the person must connect again.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens, Error> {
        let request = serde_json::json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
            "grant_type": "refresh_token",
            "refresh_token": refresh_token.expose_secret(),
        });
        self.tokens(request).await
    }

    async fn tokens(&self, request: serde_json::Value) -> Result<Tokens, Error> {
        let request = self
            .http
            .post(self.url("/v2/auth/oauth2/token"))
            .json(&request);
        let answer = self.ask_as_ourselves(request).await?;
        let status = answer.status.as_u16();
        match status {
            200..=299 => {
                let granted: Granted = answer.json().ok_or(Error::Unknown("unreadable answer"))?;
                Ok(Tokens {
                    access: granted.access_token,
                    refresh: granted.refresh_token,
                    expires_in: granted.expires_in.map_or(USUAL_LIFE, Duration::from_secs),
                    scope: granted.scope,
                })
            }
            400 | 401 => {
                let denied = answer.json::<Denied>();
                Err(match denied.as_ref().map(|denied| denied.error.as_str()) {
                    Some("invalid_grant") => Error::Reconnect,
                    _ => Error::Refused { status },
                })
            }
            _ => Err(super::client::error_of(&answer)),
        }
    }
}
