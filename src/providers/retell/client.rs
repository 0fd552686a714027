//! The calls that we make to Retell's API.
use std::{collections::BTreeMap, time::Duration};

use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{AgentVersion, Call, Chat, Error, Utterance};
use crate::providers::Pulse;
use crate::providers::exchange;

/// For everything but completions.
const DEADLINE: Duration = Duration::from_secs(15);
/// Tools run while the agent thinks, but a person waits.
const COMPLETION_DEADLINE: Duration = Duration::from_secs(20);

/// The setting under which Retell stores neither transcript nor recording (`data_storage_setting`).
pub const BASIC_ATTRIBUTES_ONLY: &str = "basic_attributes_only";

/// Retell's API with the key of one workspace.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    api_key: SecretString,
    deadline: Duration,
    completion_deadline: Duration,
    pulse: Pulse,
}

/// What an agent did with a message.
#[derive(Clone, Debug)]
pub struct Completion {
    /// All that the agent says, a line for each message. It may say nothing: it ended the chat, or only used a tool.
    pub reply: Option<String>,
    /// What is new in the chat, tools included.
    pub messages: Vec<Utterance>,
}

/// How many calls the workspace has and may have at once, over all subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Concurrency {
    #[serde(rename = "current_concurrency")]
    pub current: u32,
    #[serde(rename = "concurrency_limit")]
    pub limit: u32,
}

impl Client {
    /// A client for the API at `base_url` (`https://api.retellai.com`).
    pub fn new(http: reqwest::Client, base_url: &str, api_key: SecretString) -> Self {
        Self {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_key,
            deadline: DEADLINE,
            completion_deadline: COMPLETION_DEADLINE,
            pulse: Pulse::default(),
        }
    }

    /// How its calls went.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The same client with another deadline for each call.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self {
            deadline,
            completion_deadline: deadline,
            ..self
        }
    }

    /// Opens a chat with a chat agent and gives its id. Each call opens another one.
    pub async fn create_chat(
        &self,
        agent_id: &str,
        agent_version: Option<&AgentVersion>,
        metadata: &Map<String, Value>,
        variables: &BTreeMap<String, String>,
    ) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            agent_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            agent_version: Option<&'a AgentVersion>,
            #[serde(skip_serializing_if = "Map::is_empty")]
            metadata: &'a Map<String, Value>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            retell_llm_dynamic_variables: &'a BTreeMap<String, String>,
        }

        let request = Request {
            agent_id,
            agent_version,
            metadata,
            retell_llm_dynamic_variables: variables,
        };
        let chat: Chat = self
            .call(
                self.http.post(self.url("/create-chat")).json(&request),
                self.deadline,
            )
            .await?;
        Ok(chat.chat_id)
    }

    /// Gives the agent a message of the person and waits for what it makes of it. Each call is a new turn, and only one
    /// may be under way in a chat. After [`Error::NoAnswer`] and
    /// [`Error::Unknown`] the turn may have happened: see [`Client::get_chat`].
    pub async fn create_chat_completion(
        &self,
        chat_id: &str,
        content: &str,
    ) -> Result<Completion, Error> {
        #[derive(Deserialize)]
        struct Answer {
            messages: Vec<Utterance>,
        }

        let request = BTreeMap::from([("chat_id", chat_id), ("content", content)]);
        let request = self
            .http
            .post(self.url("/create-chat-completion"))
            .json(&request);
        let Answer { messages } =
            self.call(request, self.completion_deadline)
                .await
                .map_err(|error| match error {
                    // No field says that a chat has ended, and which of the two statuses it gets is not documented.
                    Error::Refused { status: 400 | 422 } => Error::ChatClosed,
                    error => error,
                })?;
        Ok(Completion {
            reply: reply(&messages),
            messages,
        })
    }

    /// A chat with all its messages.
    pub async fn get_chat(&self, chat_id: &str) -> Result<Chat, Error> {
        self.get("/get-chat/", chat_id).await
    }

    /// A call with all that Retell knows of it by now.
    pub async fn get_call(&self, call_id: &str) -> Result<Call, Error> {
        self.get("/v2/get-call/", call_id).await
    }

    /// Has Retell keep nothing of a call that is over but its basic attributes. May be repeated.
    pub async fn forget_call(&self, call_id: &str) -> Result<(), Error> {
        self.forget("/v2/update-call/", call_id).await
    }

    /// The same of a chat, over or not.
    pub async fn forget_chat(&self, chat_id: &str) -> Result<(), Error> {
        self.forget("/update-chat/", chat_id).await
    }

    async fn forget(&self, path: &str, id: &str) -> Result<(), Error> {
        check_id(id)?;
        let setting = BTreeMap::from([("data_storage_setting", BASIC_ATTRIBUTES_ONLY)]);
        let request = self.http.patch(self.url(path) + id).json(&setting);
        let _: serde::de::IgnoredAny = self.call(request, self.deadline).await?;
        Ok(())
    }

    /// Proof that Retell is there and takes our key, and how busy the workspace is.
    pub async fn ping(&self) -> Result<Concurrency, Error> {
        self.call(self.http.get(self.url("/get-concurrency")), self.deadline)
            .await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, id: &str) -> Result<T, Error> {
        check_id(id)?;
        self.call(self.http.get(self.url(path) + id), self.deadline)
            .await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        deadline: Duration,
    ) -> Result<T, Error> {
        let answer = exchange::run(
            request.bearer_auth(self.api_key.expose_secret()),
            deadline,
            &self.pulse,
        )
        .await?;
        match answer.status {
            status if status.is_success() => {
                answer.json().ok_or(Error::Unknown("unreadable answer"))
            }
            StatusCode::TOO_MANY_REQUESTS => Err(Error::RateLimited {
                retry_after: answer.retry_after,
            }),
            // Of the last two: a gateway speaks, and what stands behind it may still be at work.
            StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                Err(Error::NoAnswer("timed out on the way"))
            }
            status if status.is_client_error() => Err(Error::Refused {
                status: status.as_u16(),
            }),
            status if status.is_server_error() => Err(Error::Unknown("server error")),
            _ => Err(Error::Unknown("unexpected status")),
        }
    }
}

/// Ids come from outside; one with a slash would be another path of the API, and none such exists.
fn check_id(id: &str) -> Result<(), Error> {
    let is_good = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    is_good.then_some(()).ok_or(Error::Refused {
        status: StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
    })
}

fn reply(messages: &[Utterance]) -> Option<String> {
    let said = messages
        .iter()
        .filter(|message| message.is_by_agent())
        .filter_map(|message| message.content.as_deref());
    let lines: Vec<_> = said
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
