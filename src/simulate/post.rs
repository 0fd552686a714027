//! Posts to the running server as a provider does: signed with its secret, over the public URL.
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Response, StatusCode, header::CONTENT_TYPE};
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    kernel::{clock::Clock, config::Settings, http},
    providers::{
        retell,
        twilio::{self, Form},
        vapi,
    },
};

const DEADLINE: Duration = Duration::from_secs(15);

pub struct Poster {
    http: Client,
    /// Where the server listens.
    url: String,
    /// What it believes to be called by: the signature of Twilio covers it.
    public_url: String,
    twilio: SecretString,
    retell: SecretString,
    vapi: SecretString,
}

impl Poster {
    pub fn new(settings: &Settings, url: String) -> anyhow::Result<Self> {
        let secret = |secrets: &[SecretString], name: &str| {
            secrets
                .first()
                .cloned()
                .with_context(|| format!("{name} is not set: nothing can be signed"))
        };
        Ok(Self {
            http: http::provider_client()?,
            url: url.trim_end_matches('/').to_owned(),
            public_url: settings.public_url.clone(),
            twilio: secret(&settings.twilio.auth_tokens, "TWILIO_AUTH_TOKEN")?,
            retell: secret(&settings.retell.webhook_secrets, "RETELL_WEBHOOK_SECRET")?,
            vapi: secret(&settings.vapi.webhook_secrets, "VAPI_WEBHOOK_SECRET")?,
        })
    }

    /// A form, as Twilio posts it.
    pub async fn twilio(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<()> {
        self.form(path, fields).await.map(drop)
    }

    /// A form, as Twilio posts it for a document; the URL is one of our documents', or a path.
    pub async fn twiml(&self, url: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let path = url.strip_prefix(&self.public_url).unwrap_or(url);
        // What stands behind it is for Twilio, and neither sent nor signed.
        let path = path.split('#').next().unwrap_or_default();
        let answer = self.form(path, fields).await?;
        answer.text().await.context("read the server's document")
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response> {
        let form: Form = fields.iter().copied().collect();
        let signature =
            twilio::signature::sign(&self.twilio, &format!("{}{path}", self.public_url), &form);
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header("X-Twilio-Signature", signature)
            .form(fields);
        self.send(path, request).await
    }

    /// A body, as Retell posts it; the answer, if there is one.
    pub async fn retell(&self, path: &str, body: &Value) -> anyhow::Result<Option<Value>> {
        let body = body.to_string();
        let now_ms = Clock::System.now().timestamp_millis();
        let signature = retell::signature::sign(&self.retell, body.as_bytes(), now_ms);
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header("x-retell-signature", signature)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = self.send(path, request).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        response
            .json()
            .await
            .context("read the server's answer")
            .map(Some)
    }

    /// A message, as Vapi posts it; its answer.
    pub async fn vapi(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let body = body.to_string();
        let now_ms = Clock::System.now().timestamp_millis();
        let mut request = self
            .http
            .post(format!("{}{path}", self.url))
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in vapi::auth::sign(&self.vapi, body.as_bytes(), now_ms) {
            request = request.header(name, value);
        }
        let response = self.send(path, request.body(body)).await?;
        response.json().await.context("read the server's answer")
    }

    async fn send(&self, path: &str, request: reqwest::RequestBuilder) -> anyhow::Result<Response> {
        let response = request.timeout(DEADLINE).send().await.with_context(|| {
            format!(
                "no server answers at {}: start it with `cargo run`",
                self.url
            )
        })?;
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            bail!(
                "the server refuses our signature: are PUBLIC_URL and the secrets the same here and there?"
            );
        }
        ensure!(status.is_success(), "{path} answered {status}");
        Ok(response)
    }
}
