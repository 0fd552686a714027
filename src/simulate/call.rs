//! A person who calls, with Retell between us: its question before the call, its tool calls during it, its events.
//!
//! Retell's agent is not here, so what it says is what the tools answer it: the greeting from the variables, then for
//! each question of the caller the answer of `get_business_info`, asked through the real route.
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Script, post::Poster, show::Stage, store};
use crate::{
    database::Database,
    kernel::{clock::Clock, config::Settings, phone::E164},
    receptionist::{
        Intent,
        say::{Phrase, say},
        understanding::understand,
    },
    traffic::Role,
};

/// A turn takes this long on the simulated line; nobody waits for it.
const TURN: Duration = Duration::from_secs(7);

pub async fn play(
    database: &Database,
    settings: &Settings,
    script: &Script,
    json: bool,
) -> anyhow::Result<()> {
    let stage = Stage { json };
    let to = script.to(database, "VOICE").await?;
    let poster = script.poster(settings)?;
    let mut call = Call::new(script.from(), to);
    stage.note(&format!("{} calls {}", call.from, call.to));
    let answer = poster
        .retell("/webhooks/retell-inbound", &call.question())
        .await?;
    let answer = answer.context("retell-inbound answered nothing")?;
    let inbound = &answer["call_inbound"];
    if inbound["reject"] == json!(true) {
        stage.turn(
            call.at,
            Role::System,
            "rejected: the caller is blocked, or the number is not ours",
        );
        return Ok(());
    }
    call.metadata = inbound["metadata"].clone();
    let variables = &inbound["dynamic_variables"];
    poster
        .retell("/webhooks/retell", &call.event("call_started"))
        .await?;
    let name = variables["business_name"].as_str().unwrap_or_default();
    let greeting = variables["greeting"]
        .as_str()
        .filter(|text| !text.is_empty());
    call.says(stage, "agent", greeting.unwrap_or(name));
    let language = variables["language"]
        .as_str()
        .and_then(|code| code.parse().ok());
    let language = language.unwrap_or_default();
    for words in script.turns()? {
        call.says(stage, "user", &words);
        let spoken = match understand(&words, language).intent {
            Intent::Thanks | Intent::Goodbye => say(language, Phrase::Goodbye { name }),
            _ => ask(&poster, &mut call, &words).await?,
        };
        call.says(stage, "agent", &spoken);
    }
    call.end();
    for event in ["call_ended", "call_analyzed"] {
        poster
            .retell("/webhooks/retell", &call.event(event))
            .await?;
    }
    let ending = store::find_ending(&database.db, &call.id).await?;
    stage.ending(&ending.context("the call left no trace")?);
    Ok(())
}

async fn ask(poster: &Poster, call: &mut Call, words: &str) -> anyhow::Result<String> {
    let question = call.tool("get_business_info", &json!({ "topic": words }));
    let answer = poster.retell("/webhooks/retell", &question).await?;
    let answer = answer.context("the tool answered nothing")?;
    Ok(answer["message"].as_str().unwrap_or_default().to_owned())
}

/// A call, as Retell would describe it.
struct Call {
    id: String,
    from: String,
    to: E164,
    metadata: Value,
    started: DateTime<Utc>,
    at: DateTime<Utc>,
    is_over: bool,
    transcript: Vec<Value>,
    tools_called: usize,
}

impl Call {
    fn new(from: String, to: E164) -> Self {
        let now = Clock::System.now();
        Self {
            id: format!("call_{}", Uuid::new_v4().simple()),
            from,
            to,
            metadata: Value::Null,
            started: now,
            at: now,
            is_over: false,
            transcript: Vec::new(),
            tools_called: 0,
        }
    }

    fn says(&mut self, stage: Stage, role: &str, text: &str) {
        self.at += TURN;
        let offset = (self.at - self.started).as_seconds_f64();
        let words = [json!({"word": text, "start": offset, "end": offset + 1.0})];
        self.transcript
            .push(json!({"role": role, "content": text, "words": words}));
        stage.turn(
            self.at,
            if role == "agent" {
                Role::Ai
            } else {
                Role::Caller
            },
            text,
        );
    }

    fn end(&mut self) {
        self.at += TURN;
        self.is_over = true;
    }

    fn question(&self) -> Value {
        json!({
            "event": "call_inbound",
            "event_timestamp": self.started.timestamp_millis(),
            "call_inbound": {"call_id": self.id, "from_number": self.from, "to_number": self.to},
        })
    }

    fn event(&self, event: &str) -> Value {
        let mut body = json!({
            "event": event,
            "event_timestamp": self.at.timestamp_millis(),
            "call": self.describe(),
        });
        if event == "call_analyzed" {
            body["call"]["call_analysis"] = json!({
                "call_summary": "A simulated call.",
                "user_sentiment": "Neutral",
                "call_successful": true,
            });
        }
        body
    }

    fn describe(&self) -> Value {
        let mut call = json!({
            "call_id": self.id,
            "call_type": "phone_call",
            "agent_id": "agent_simulated",
            "agent_version": 1,
            "direction": "inbound",
            "from_number": self.from,
            "to_number": self.to,
            "call_status": if self.is_over { "ended" } else { "ongoing" },
            "start_timestamp": self.started.timestamp_millis(),
        });
        if !self.metadata.is_null() {
            call["metadata"] = self.metadata.clone();
        }
        if self.is_over {
            let duration = (self.at - self.started).num_milliseconds();
            call["end_timestamp"] = json!(self.at.timestamp_millis());
            call["duration_ms"] = json!(duration);
            call["disconnection_reason"] = json!("user_hangup");
            call["transcript_with_tool_calls"] = json!(self.transcript);
            call["call_cost"] = json!({"combined_cost": duration as f64 / 60_000.0 * 9.0});
        }
        call
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> Value {
        self.tools_called += 1;
        let invocation = json!({
            "role": "tool_call_invocation",
            "tool_call_id": format!("tool_call_{}", self.tools_called),
            "name": name,
            "arguments": arguments.to_string(),
        });
        let mut call = self.describe();
        let mut transcript = self.transcript.clone();
        transcript.push(invocation);
        call["transcript_with_tool_calls"] = json!(transcript);
        json!({"name": name, "args": arguments, "call": call})
    }
}
