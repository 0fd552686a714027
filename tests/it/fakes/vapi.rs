//! Vapi's calls, as much of its API as is asked of it.
use std::collections::{HashMap, VecDeque};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{Memory, serve, watch::Watch};
use crate::support::VAPI_KEY;

/// A Vapi with the platform's organisation and those that a test adds.
pub struct FakeVapi {
    pub base_url: String,
    memories: Memory<Memories>,
    watch: Watch,
}

#[derive(Debug, Default)]
struct Memories {
    /// By the key of the organisation and the id of the call.
    calls: HashMap<(String, String), Value>,
    keys: Vec<String>,
    deleted: Vec<String>,
    troubles: VecDeque<Trouble>,
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Fail(u16),
}

impl FakeVapi {
    pub async fn start() -> Self {
        let memories = Memory::default();
        let router = Router::new()
            .route("/call/{id}", get(get_call).delete(delete_call))
            .with_state(memories.clone());
        let watch = Watch::of("vapi");
        Self {
            base_url: serve(watch.over(router)).await,
            memories,
            watch,
        }
    }

    /// There is another organisation.
    pub fn knows_key(&self, key: &str) {
        self.memories.lock().keys.push(key.to_owned());
    }

    /// It holds this call in the platform's organisation.
    pub fn holds(&self, call: &Value) {
        self.holds_for(VAPI_KEY, call);
    }

    pub fn holds_for(&self, key: &str, call: &Value) {
        let id = call["id"].as_str().unwrap().to_owned();
        let place = (key.to_owned(), id);
        self.memories.lock().calls.insert(place, call.clone());
    }

    pub fn deleted(&self) -> Vec<String> {
        self.memories.lock().deleted.clone()
    }

    pub fn fail_next(&self, status: u16) {
        self.memories
            .lock()
            .troubles
            .push_back(Trouble::Fail(status));
    }
}

impl Drop for FakeVapi {
    fn drop(&mut self) {
        self.watch.assert_none();
    }
}

async fn get_call(
    State(memories): State<Memory<Memories>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let key = match admitted(&memories, &headers).await {
        Ok(key) => key,
        Err(refusal) => return refusal,
    };
    let memories = memories.lock();
    match memories.calls.get(&(key, id)) {
        Some(call) => Json(call.clone()).into_response(),
        None => refusal(404),
    }
}

async fn delete_call(
    State(memories): State<Memory<Memories>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = admitted(&memories, &headers).await {
        return refusal;
    }
    memories.lock().deleted.push(id.clone());
    Json(json!({ "id": id })).into_response()
}

async fn admitted(memories: &Memory<Memories>, headers: &HeaderMap) -> Result<String, Response> {
    let trouble = memories.lock().troubles.pop_front();
    match trouble {
        None => {}
        Some(Trouble::Fail(status)) => return Err(refusal(status)),
    }
    let given = headers.get(header::AUTHORIZATION);
    let key = given.and_then(|given| given.to_str().ok()?.strip_prefix("Bearer "));
    let key = key.unwrap_or_default();
    let is_known = key == VAPI_KEY || memories.lock().keys.iter().any(|known| known == key);
    is_known.then(|| key.to_owned()).ok_or_else(|| refusal(401))
}

fn refusal(status: u16) -> Response {
    let body = json!({ "message": "no", "error": "No", "statusCode": status });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
