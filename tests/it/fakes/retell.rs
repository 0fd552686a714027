//! Retell's chats, as much of its API as texts need, and recordings that lie at the same address.
use std::{collections::VecDeque, future::pending};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post},
};
use serde_json::{Value, json};

use super::{Hold, Memory, serve, watch::Watch};
use crate::support::RETELL_KEY;

/// A Retell with one workspace.
pub struct FakeRetell {
    pub base_url: String,
    memories: Memory<Memories>,
    watch: Watch,
}

/// A chat that was opened.
#[derive(Clone, Debug)]
pub struct Chat {
    pub id: String,
    /// The key that opened it.
    pub key: String,
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
    /// Keys of workspaces beside the platform's.
    keys: Vec<String>,
    /// What was to be forgotten, by which key.
    forgotten: Vec<(String, String)>,
    is_unforgetting: bool,
    asked: Vec<Asked>,
    /// Calls by the key of their workspace and their id.
    calls: Vec<(String, Value)>,
    /// Which calls were asked for, by which key.
    calls_asked: Vec<(String, String)>,
    is_down: bool,
}

/// A request for a recording.
#[derive(Clone, Debug)]
pub struct Asked {
    pub range: Option<String>,
    pub authorization: Option<String>,
}

const SOUND: &str = "sound of a call";

impl FakeRetell {
    pub async fn start() -> Self {
        let memories = Memory::default();
        let router = Router::new()
            .route("/create-chat", post(create_chat))
            .route("/create-chat-completion", post(create_chat_completion))
            .route("/v2/get-call/{call}", get(get_call))
            .route("/update-chat/{id}", patch(forget))
            .route("/v2/update-call/{id}", patch(forget));
        // What the document at hand does not hold.
        let beside = Router::new()
            .route("/v2/delete-call/{call}", delete(delete_call))
            .route("/recordings/{name}", get(play));
        let watch = Watch::of("retell");
        let router = watch.over(router).merge(beside);
        Self {
            base_url: serve(router.with_state(memories.clone())).await,
            memories,
            watch,
        }
    }

    /// It holds this call in the platform's workspace.
    pub fn holds_call(&self, call: &Value) {
        self.holds_call_for(RETELL_KEY, call);
    }

    pub fn holds_call_for(&self, key: &str, call: &Value) {
        let mut memories = self.memories.lock();
        memories.calls.push((key.to_owned(), call.clone()));
    }

    /// The key and the call of each question.
    pub fn calls_asked(&self) -> Vec<(String, String)> {
        self.memories.lock().calls_asked.clone()
    }

    /// It answers questions about calls with errors from now on.
    pub fn is_down(&self) {
        self.memories.lock().is_down = true;
    }

    /// There is another workspace.
    pub fn knows_key(&self, key: &str) {
        self.memories.lock().keys.push(key.to_owned());
    }

    /// The key and the id of each call and chat of which nothing is kept.
    pub fn forgotten(&self) -> Vec<(String, String)> {
        self.memories.lock().forgotten.clone()
    }

    /// It refuses to forget anything.
    pub fn refuses_to_forget(&self) {
        self.memories.lock().is_unforgetting = true;
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

    /// Who wanted to hear a recording.
    pub fn recordings_asked_for(&self) -> Vec<Asked> {
        self.memories.lock().asked.clone()
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

impl Drop for FakeRetell {
    fn drop(&mut self) {
        self.watch.assert_none();
    }
}

async fn create_chat(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let Some(key) = authorized(&memories, &headers) else {
        return refusal(401);
    };
    let mut memories = memories.lock();
    let id = format!("chat_{:024x}", memories.chats.len() + 1);
    let answer = json!({
        "chat_id": id, "agent_id": request["agent_id"], "chat_status": "ongoing", "chat_type": "api_chat",
    });
    memories.chats.push(Chat {
        id,
        key,
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
    let Some(key) = authorized(&memories, &headers) else {
        return refusal(401);
    };
    let trouble = memories.lock().troubles.pop_front();
    match trouble {
        None => {}
        Some(Trouble::Fail(status)) => return refusal(status),
        Some(Trouble::Hang) => pending().await,
        Some(Trouble::Wait(hold)) => hold.pass().await,
    }
    let mut memories = memories.lock();
    let scripted = memories.replies.pop_front();
    let asked =
        |chat: &&mut Chat| chat.id == request["chat_id"] && chat.key == key && !chat.is_closed;
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

/// The sound, or the trouble that the name stands for.
async fn play(
    State(memories): State<Memory<Memories>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let text = |name| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let asked = Asked {
        range: text(header::RANGE),
        authorization: text(header::AUTHORIZATION),
    };
    memories.lock().asked.push(asked.clone());
    match name.as_str() {
        "404" | "403" | "500" => return refusal(name.parse().unwrap()),
        "302" => {
            return (StatusCode::FOUND, [(header::LOCATION, "/recordings/1.wav")]).into_response();
        }
        "hang" => pending().await,
        "huge" => return ([(header::CONTENT_LENGTH, "999999999999")], SOUND).into_response(),
        "page" => return ([(header::CONTENT_TYPE, "text/html")], "<script>").into_response(),
        _ => {}
    }
    let whole = SOUND.len();
    let (from, to) = match asked.range.as_deref() {
        Some("bytes=0-4") => (0, 4),
        Some("bytes=-4") => (whole - 4, whole - 1),
        _ => return ([(header::CONTENT_TYPE, "binary/octet-stream")], SOUND).into_response(),
    };
    let place = format!("bytes {from}-{to}/{whole}");
    let headers = [
        (header::CONTENT_RANGE, place.as_str()),
        (header::CONTENT_TYPE, "audio/wav"),
    ];
    (StatusCode::PARTIAL_CONTENT, headers, &SOUND[from..=to]).into_response()
}

async fn get_call(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Path(call): Path<String>,
) -> Response {
    let Some(key) = authorized(&memories, &headers) else {
        return refusal(401);
    };
    let mut memories = memories.lock();
    memories.calls_asked.push((key.clone(), call.clone()));
    if memories.is_down {
        return refusal(500);
    }
    let mut calls = memories.calls.iter().rev();
    match calls.find(|(of, known)| *of == key && known["call_id"] == call) {
        Some((_, call)) => Json(call.clone()).into_response(),
        None => refusal(422),
    }
}

async fn delete_call(
    State(memories): State<Memory<Memories>>,
    headers: HeaderMap,
    Path(call): Path<String>,
) -> Response {
    if authorized(&memories, &headers).is_none() {
        return refusal(401);
    }
    let mut memories = memories.lock();
    if let Some(status) = memories.refusals.pop_front() {
        return refusal(status);
    }
    memories.deleted.push(call);
    StatusCode::NO_CONTENT.into_response()
}

async fn forget(
    State(memories): State<Memory<Memories>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let Some(key) = authorized(&memories, &headers) else {
        return refusal(401);
    };
    assert_eq!(
        request,
        json!({ "data_storage_setting": "basic_attributes_only" })
    );
    let mut memories = memories.lock();
    if memories.is_unforgetting {
        return refusal(500);
    }
    memories.forgotten.push((key, id));
    Json(json!({})).into_response()
}

/// The key, if it is one of a workspace.
fn authorized(memories: &Memory<Memories>, headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let key = given.strip_prefix("Bearer ")?;
    let is_known = key == RETELL_KEY || memories.lock().keys.iter().any(|known| known == key);
    is_known.then(|| key.to_owned())
}

fn refusal(status: u16) -> Response {
    let body = json!({ "status": "error", "message": "no" });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
