//! The one call that we make to a language model.
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::wire::{Answer, Completion, Message, Tool};
use crate::providers::{
    Pulse,
    exchange::{self, Failure},
};

/// Words for one turn; what is longer is no spoken answer.
const MOST_TOKENS: u32 = 500;
/// A receptionist is no poet.
const TEMPERATURE: f32 = 0.2;

/// An OpenAI-compatible API, with the model that is asked.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    api_key: Option<SecretString>,
    model: String,
    longest: Option<Duration>,
    pulse: Pulse,
}

/// A question to the model that got no usable answer. Holds nothing of what was asked or answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the model's server refused with status {status}")]
    Refused { status: u16 },
    #[error("the model's server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the model gave no answer: {0}")]
    NoAnswer(&'static str),
    #[error("the model gave no usable answer")]
    Unreadable,
}

impl Client {
    /// A client for the API at `base_url` (`https://api.openai.com/v1`).
    pub fn new(
        http: reqwest::Client,
        base_url: &str,
        api_key: Option<SecretString>,
        model: &str,
    ) -> Self {
        Self {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_key,
            model: model.to_owned(),
            longest: None,
            pulse: Pulse::default(),
        }
    }

    /// How its calls went.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The same client, which waits for no answer longer than this.
    pub fn with_deadline(self, longest: Duration) -> Self {
        Self {
            longest: Some(longest),
            ..self
        }
    }

    /// What the model says next.
    pub async fn complete(
        &self,
        messages: &[Message],
        tools: &[Tool<'_>],
        deadline: Duration,
    ) -> Result<Completion, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            model: &'a str,
            messages: &'a [Message],
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            tools: &'a [Tool<'a>],
            temperature: f32,
            max_tokens: u32,
        }

        let request = self
            .http
            .post(format!("{}/chat/completions", self.base_url))
            .json(&Request {
                model: &self.model,
                messages,
                tools,
                temperature: TEMPERATURE,
                max_tokens: MOST_TOKENS,
            });
        let request = match &self.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        let deadline = self
            .longest
            .map_or(deadline, |longest| longest.min(deadline));
        let answer = exchange::run(request, deadline, &self.pulse).await?;
        if !answer.status.is_success() {
            return Err(Error::Refused {
                status: answer.status.as_u16(),
            });
        }
        let read: Option<Answer> = answer.json();
        read.and_then(|answer| answer.choices.into_iter().next())
            .map(|choice| choice.message)
            .ok_or(Error::Unreadable)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::Unreachable(error),
            Failure::NoAnswer(how) => Self::NoAnswer(how),
        }
    }
}
