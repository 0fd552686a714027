//! Vapi posts to us, proved as Vapi proves itself.
use axum::{
    body::Body,
    http::{Request, header},
};
use rocket_reception::providers::vapi::auth;
use secrecy::SecretString;
use serde_json::Value;

use super::{Answer, TestApp, VAPI_SECRET};

const MESSAGES: &str = "/api/webhooks/vapi";

/// A body that Vapi would post.
#[derive(Clone)]
pub struct VapiPost<'app> {
    app: &'app TestApp,
    path: String,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl TestApp {
    /// Something happened to a call, or somebody is asked, with the secret in its header.
    pub fn vapi_message(&self, message: &Value) -> VapiPost<'_> {
        let post = VapiPost {
            app: self,
            path: MESSAGES.to_owned(),
            body: message.to_string().into_bytes(),
            headers: Vec::new(),
        };
        post.with_secret(VAPI_SECRET)
    }
}

impl VapiPost<'_> {
    /// At the path of this connection.
    pub fn at_connection(self, connection: impl std::fmt::Display) -> Self {
        let path = format!("{MESSAGES}/{connection}");
        Self { path, ..self }
    }

    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { body, ..self }
    }

    pub fn unproved(self) -> Self {
        let headers = Vec::new();
        Self { headers, ..self }
    }

    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn with_secret(self, secret: &str) -> Self {
        self.unproved().with_header("x-vapi-secret", secret)
    }

    /// With the HMAC that is Vapi's default.
    pub fn signed_by(self, secret: &str) -> Self {
        let now_ms = self.app.clock.now().timestamp_millis();
        let headers = auth::sign(&SecretString::from(secret), &self.body, now_ms);
        headers
            .into_iter()
            .fold(self.unproved(), |post, (name, value)| {
                post.with_header(name, value)
            })
    }

    pub fn request(&self) -> Request<Body> {
        let mut request =
            Request::post(&self.path).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.clone().into()).unwrap()
    }

    pub async fn send(&self) -> Answer {
        self.app.send(self.request()).await
    }

    /// The same request so many times at once.
    pub async fn send_at_once(&self, times: usize) -> Vec<Answer> {
        let requests = (0..times).map(|_| self.request()).collect();
        self.app.send_at_once(requests).await
    }
}
