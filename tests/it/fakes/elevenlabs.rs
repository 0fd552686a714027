//! ElevenLabs, as much of it as speaks.
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    future::pending,
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Hold, Memory, serve};
use crate::support::ELEVENLABS_KEY;

/// An ElevenLabs with one account.
pub struct FakeElevenLabs {
    pub base_url: String,
    memories: Memory<Memories>,
}

/// Words that it spoke.
#[derive(Clone, Debug)]
pub struct Words {
    pub voice: String,
    pub text: String,
    pub language: String,
    /// It was to keep nothing of them.
    pub is_forgotten: bool,
}

/// What happens to the next words instead of being spoken.
#[derive(Clone, Debug)]
enum Trouble {
    Refuse(u16, &'static str),
    Hang,
    Wait(Hold),
}

#[derive(Debug)]
struct Memories {
    voices: BTreeSet<String>,
    spoken: Vec<Words>,
    /// How often somebody wanted something spoken, whatever came of it.
    asked: usize,
    /// Which voices somebody wanted to know of.
    looked_for: Vec<String>,
    troubles: VecDeque<Trouble>,
    looking_fails_with: Option<(u16, &'static str)>,
}

impl FakeElevenLabs {
    /// The voice that speaks when no other is chosen.
    pub const RACHEL: &str = "21m00Tcm4TlvDq8ikWAM";

    pub async fn start() -> Self {
        let memories = Memory::default();
        let router = Router::new()
            .route("/v1/text-to-speech/{voice}", post(speak))
            .route("/v1/voices/{voice}", get(show_voice))
            .with_state(memories.clone());
        Self {
            base_url: serve(router).await,
            memories,
        }
    }

    pub fn knows_voice(&self, voice: &str) {
        self.memories.lock().voices.insert(voice.to_owned());
    }

    pub fn loses_voice(&self, voice: &str) {
        self.memories.lock().voices.remove(voice);
    }

    pub fn spoken(&self) -> Vec<Words> {
        self.memories.lock().spoken.clone()
    }

    /// The texts that were spoken, in their order.
    pub fn texts(&self) -> Vec<String> {
        self.spoken().into_iter().map(|words| words.text).collect()
    }

    pub fn asked(&self) -> usize {
        self.memories.lock().asked
    }

    pub fn looked_for(&self) -> Vec<String> {
        self.memories.lock().looked_for.clone()
    }

    pub fn refuse_next(&self, status: u16, name: &'static str) {
        self.next(Trouble::Refuse(status, name));
    }

    pub fn hang_next(&self) {
        self.next(Trouble::Hang);
    }

    /// Holds the next words up until the test lets them go.
    pub fn hold_next(&self) -> Hold {
        let hold = Hold::default();
        self.next(Trouble::Wait(hold.clone()));
        hold
    }

    /// From now on nobody learns whether there is a voice.
    pub fn tells_of_no_voice(&self, status: u16, name: &'static str) {
        self.memories.lock().looking_fails_with = Some((status, name));
    }

    fn next(&self, trouble: Trouble) {
        self.memories.lock().troubles.push_back(trouble);
    }
}

impl Default for Memories {
    fn default() -> Self {
        Self {
            voices: [FakeElevenLabs::RACHEL.to_owned()].into(),
            spoken: Vec::new(),
            asked: 0,
            looked_for: Vec::new(),
            troubles: VecDeque::new(),
            looking_fails_with: None,
        }
    }
}

async fn speak(
    State(memories): State<Memory<Memories>>,
    Path(voice): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if headers
        .get("xi-api-key")
        .is_none_or(|key| key != ELEVENLABS_KEY)
    {
        return refusal(401, "invalid_api_key");
    }
    let trouble = {
        let mut memories = memories.lock();
        memories.asked += 1;
        memories.troubles.pop_front()
    };
    match trouble {
        None => {}
        Some(Trouble::Refuse(status, name)) => return refusal(status, name),
        Some(Trouble::Hang) => pending().await,
        Some(Trouble::Wait(hold)) => hold.pass().await,
    }
    assert_eq!(query["output_format"], "wav_8000");
    let mut memories = memories.lock();
    if !memories.voices.contains(&voice) {
        return refusal(400, "voice_not_found");
    }
    let text = body["text"].as_str().unwrap().to_owned();
    let cost = text.chars().count().to_string();
    memories.spoken.push(Words {
        voice,
        text,
        language: body["language_code"].as_str().unwrap().to_owned(),
        is_forgotten: query
            .get("enable_logging")
            .is_some_and(|flag| flag == "false"),
    });
    // The same words never sound the same twice.
    let sample = u16::try_from(memories.spoken.len()).unwrap();
    ([("character-cost", cost)], file(sample)).into_response()
}

async fn show_voice(
    State(memories): State<Memory<Memories>>,
    Path(voice): Path<String>,
) -> Response {
    let mut memories = memories.lock();
    memories.looked_for.push(voice.clone());
    if let Some((status, name)) = memories.looking_fails_with {
        return refusal(status, name);
    }
    if memories.voices.contains(&voice) {
        Json(json!({ "voice_id": voice, "name": "Somebody" })).into_response()
    } else {
        refusal(400, "voice_not_found")
    }
}

/// A quarter of a second of one sample, with the header of somebody who did not know the length.
fn file(sample: u16) -> Vec<u8> {
    let mut file = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    file.extend(8_000u32.to_le_bytes());
    file.extend(16_000u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
    for _ in 0..2_000 {
        file.extend(sample.to_le_bytes());
    }
    file
}

fn refusal(status: u16, name: &str) -> Response {
    let body = json!({ "detail": { "status": name, "message": "no" } });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
