//! Retell posts to us, signed as Retell signs.
use axum::{
    body::Body,
    http::{Request, header},
};
use rocket_reception::providers::retell::signature;
use secrecy::SecretString;
use serde_json::Value;

use super::{Answer, RETELL_KEY, TestApp};

const EVENTS: &str = "/api/webhooks/retell";
const INBOUND: &str = "/api/webhooks/retell-inbound";

/// A body that Retell would post.
#[derive(Clone)]
pub struct RetellPost<'app> {
    app: &'app TestApp,
    path: &'static str,
    body: Vec<u8>,
    key: &'static str,
    signed_at_ms: i64,
}

impl TestApp {
    /// Something happened to a call or a chat, or an agent wants a tool.
    pub fn retell_event(&self, event: &Value) -> RetellPost<'_> {
        self.retell_post(EVENTS, event.to_string())
    }

    /// A call is about to ring.
    pub fn retell_inbound(&self, question: &Value) -> RetellPost<'_> {
        self.retell_post(INBOUND, question.to_string())
    }

    pub fn retell_post(&self, path: &'static str, body: impl Into<Vec<u8>>) -> RetellPost<'_> {
        RetellPost {
            app: self,
            path,
            body: body.into(),
            key: RETELL_KEY,
            signed_at_ms: self.clock.now().timestamp_millis(),
        }
    }
}

impl RetellPost<'_> {
    pub fn signed_by(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    pub fn signed_ago(self, age: chrono::Duration) -> Self {
        let signed_at_ms = self.signed_at_ms - age.num_milliseconds();
        Self {
            signed_at_ms,
            ..self
        }
    }

    pub fn posted_to(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub fn request(&self) -> Request<Body> {
        self.request_with(&self.signature(), "application/json", self.body.clone())
    }

    /// A request of any shape to the same path.
    pub fn request_with(
        &self,
        signature: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Request<Body> {
        Request::post(self.path)
            .header(header::CONTENT_TYPE, content_type)
            .header("x-retell-signature", signature)
            .body(body.into())
            .unwrap()
    }

    pub async fn send(&self) -> Answer {
        self.app.send(self.request()).await
    }

    /// The same request so many times at once.
    pub async fn send_at_once(&self, times: usize) -> Vec<Answer> {
        let requests = (0..times).map(|_| self.request()).collect();
        self.app.send_at_once(requests).await
    }

    pub fn signature(&self) -> String {
        let key = SecretString::from(self.key);
        signature::sign(&key, &self.body, self.signed_at_ms)
    }
}
