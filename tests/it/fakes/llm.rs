//! A language model behind an OpenAI-compatible API: it says what the test wrote for it, remembers what it was told, and
//! fails when asked to.
use std::{collections::VecDeque, future::pending};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use super::{Memory, serve};

pub const LLM_KEY: &str = "llm-key-of-the-tests";

pub struct FakeLlm {
    pub base_url: String,
    memories: Memory<Memories>,
}

#[derive(Debug, Default)]
struct Memories {
    asked: Vec<Value>,
    next: VecDeque<Next>,
    /// What it answers when nothing else is written.
    always: Option<Value>,
}

#[derive(Clone, Debug)]
enum Next {
    Message(Value),
    Body(String),
    Fail(u16),
    Hang,
}

impl FakeLlm {
    pub async fn start() -> Self {
        let memories = Memory::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(memories.clone());
        Self {
            base_url: format!("{}/v1", serve(router).await),
            memories,
        }
    }

    /// The settings that lead to it.
    pub fn settings(&self) -> [(&str, &str); 3] {
        [
            ("LLM_API_BASE_URL", &self.base_url),
            ("LLM_API_KEY", LLM_KEY),
            ("LLM_MODEL", "model-of-the-tests"),
        ]
    }

    /// The requests, in order.
    pub fn asked(&self) -> Vec<Value> {
        self.memories.lock().asked.clone()
    }

    /// The messages of the latest request.
    pub fn last_messages(&self) -> Vec<Value> {
        let asked = self.asked();
        let messages = asked.last().expect("somebody asked")["messages"].clone();
        serde_json::from_value(messages).unwrap()
    }

    /// What the tools answered, in the latest request.
    pub fn tool_answers(&self) -> Vec<Value> {
        let messages = self.last_messages().into_iter();
        messages
            .filter(|message| message["role"] == "tool")
            .map(|message| serde_json::from_str(message["content"].as_str().unwrap()).unwrap())
            .collect()
    }

    pub fn says_next(&self, words: &str) {
        self.next(Next::Message(
            json!({"role": "assistant", "content": words}),
        ));
    }

    /// It wants these tools at once; arguments that are a text are sent as they are.
    pub fn calls_next(&self, calls: &[(&str, Value)]) {
        self.next(Next::Message(wanting(calls)));
    }

    /// It wants this tool whenever it is asked and nothing else is written.
    pub fn calls_always(&self, name: &str, arguments: Value) {
        self.memories.lock().always = Some(wanting(&[(name, arguments)]));
    }

    pub fn answers_next(&self, body: &str) {
        self.next(Next::Body(body.to_owned()));
    }

    pub fn fail_next(&self, status: u16) {
        self.next(Next::Fail(status));
    }

    pub fn hang_next(&self) {
        self.next(Next::Hang);
    }

    fn next(&self, next: Next) {
        self.memories.lock().next.push_back(next);
    }
}

/// Every server counts its calls as it likes; this one from nought in every answer.
fn wanting(calls: &[(&str, Value)]) -> Value {
    let calls: Vec<_> = calls
        .iter()
        .enumerate()
        .map(|(at, (name, arguments))| {
            let arguments = match arguments {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            json!({"id": format!("call_{at}"), "type": "function",
                   "function": {"name": name, "arguments": arguments}})
        })
        .collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

async fn complete(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let key = headers.get(header::AUTHORIZATION).map(|key| key.as_bytes());
    if key != Some(format!("Bearer {LLM_KEY}").as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let next = {
        let mut memories = memories.lock();
        memories.asked.push(request);
        let always = memories.always.clone().map(Next::Message);
        memories.next.pop_front().or(always)
    };
    let message = match next {
        None => json!({"role": "assistant", "content": "What can I do for you?"}),
        Some(Next::Message(message)) => message,
        Some(Next::Body(body)) => return body.into_response(),
        Some(Next::Fail(status)) => return StatusCode::from_u16(status).unwrap().into_response(),
        Some(Next::Hang) => pending().await,
    };
    Json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "model-of-the-tests",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }))
    .into_response()
}
