//! Retell's chats, as much of its API as texts need.
use std::{collections::VecDeque, future::pending};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use serde_json::{Value, json};

use super::{Hold, Memory, serve};
use crate::support::RETELL_KEY;

/// A Retell with one workspace.
pub struct FakeRetell {
    pub base_url: String,
    memories: Memory<Memories>,
}

/// A chat that was opened.
#[derive(Clone, Debug)]
pub struct Chat {
    pub id: String,
    /// What it was opened with.
    pub request: Value,
    /// What the person said, turn by turn.
    pub heard: Vec<String>,
    is_closed: bool,
}

/// What happens to the next completion instead of an answer.
#[derive(Clone, Debug)]
enum Trouble {
    Fail(u16),
    Hang,
    Wait(Hold),
}

#[derive(Debug, Default)]
struct Memories {
    chats: Vec<Chat>,
    replies: VecDeque<Vec<String>>,
    troubles: VecDeque<Trouble>,
    deleted: Vec<String>,
    refusals: VecDeque<u16>,
}

impl FakeRetell {
    pub async fn start() -> Self {
        let memories = Memory::default();
        let router = Router::new()
            .route("/create-chat", post(create_chat))
            .route("/create-chat-completion", post(create_chat_completion))
            .route("/v2/delete-call/{call}", delete(delete_call))
            .with_state(memories.clone());
        Self {
            base_url: serve(router).await,
            memories,
        }
    }

    pub fn chats(&self) -> Vec<Chat> {
        self.memories.lock().chats.clone()
    }

    /// The only chat.
    #[track_caller]
    pub fn only_chat(&self) -> Chat {
        let mut chats = self.chats();
        assert_eq!(chats.len(), 1, "{chats:#?}");
        chats.remove(0)
    }

    /// The agent's messages to the next turn; the usual answer is "Turn 1", "Turn 2" and so on.
    pub fn says_next(&self, messages: &[&str]) {
        let messages = messages.iter().map(|text| (*text).to_owned()).collect();
        self.memories.lock().replies.push_back(messages);
    }

    pub fn fail_next(&self, status: u16) {
        self.next(Trouble::Fail(status));
    }

    pub fn hang_next(&self) {
        self.next(Trouble::Hang);
    }

    /// Holds the next completion up until the test lets it go.
    pub fn hold_next(&self) -> Hold {
        let hold = Hold::default();
        self.next(Trouble::Wait(hold.clone()));
        hold
    }

    /// The calls that were deleted, in their order.
    pub fn deleted(&self) -> Vec<String> {
        self.memories.lock().deleted.clone()
    }

    /// The next deletion is answered with this instead.
    pub fn refuse_next_deletion(&self, status: u16) {
        self.memories.lock().refusals.push_back(status);
    }

    /// An hour of silence passes.
    pub fn close_chats(&self) {
        for chat in &mut self.memories.lock().chats {
            chat.is_closed = true;
        }
    }

    fn next(&self, trouble: Trouble) {
        self.memories.lock().troubles.push_back(trouble);
    }
}

async fn create_chat(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if !is_authorized(&headers) {
        return refusal(401);
    }
    let mut memories = memories.lock();
    let id = format!("chat_{:024x}", memories.chats.len() + 1);
    let answer = json!({
        "chat_id": id, "agent_id": request["agent_id"], "chat_status": "ongoing", "chat_type": "api_chat",
    });
    memories.chats.push(Chat {
        id,
        request,
        heard: Vec::new(),
        is_closed: false,
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn create_chat_completion(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if !is_authorized(&headers) {
        return refusal(401);
    }
    let trouble = memories.lock().troubles.pop_front();
    match trouble {
        None => {}
        Some(Trouble::Fail(status)) => return refusal(status),
        Some(Trouble::Hang) => pending().await,
        Some(Trouble::Wait(hold)) => hold.pass().await,
    }
    let mut memories = memories.lock();
    let scripted = memories.replies.pop_front();
    let asked = |chat: &&mut Chat| chat.id == request["chat_id"] && !chat.is_closed;
    let Some(chat) = memories.chats.iter_mut().find(asked) else {
        return refusal(422);
    };
    let content = request["content"].as_str().unwrap_or_default();
    chat.heard.push(content.to_owned());
    let replies = scripted.unwrap_or_else(|| vec![format!("Turn {}", chat.heard.len())]);
    let messages: Vec<_> = replies
        .iter()
        .map(|reply| json!({ "role": "agent", "content": reply }))
        .collect();
    (StatusCode::CREATED, Json(json!({ "messages": messages }))).into_response()
}

async fn delete_call(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Path(call): Path<String>,
) -> Response {
    if !is_authorized(&headers) {
        return refusal(401);
    }
    let mut memories = memories.lock();
    if let Some(status) = memories.refusals.pop_front() {
        return refusal(status);
    }
    memories.deleted.push(call);
    StatusCode::NO_CONTENT.into_response()
}

fn is_authorized(headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    given.is_some_and(|given| given == format!("Bearer {RETELL_KEY}").as_str())
}

fn refusal(status: u16) -> Response {
    let body = json!({ "status": "error", "message": "no" });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
