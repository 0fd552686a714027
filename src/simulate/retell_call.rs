//! A call as Retell tells of it.
use anyhow::Context;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    agent_call::{AgentCall, Course, tool_id},
    post::Poster,
    show::Stage,
    stand_in::Road,
};
use crate::{receptionist::tools::ToolCall, traffic::Role};

pub struct RetellCall {
    id: String,
    course: Course,
    poster: Poster,
    metadata: Value,
}

impl RetellCall {
    pub fn new(course: Course, poster: Poster) -> Self {
        Self {
            id: format!("call_{}", Uuid::new_v4().simple()),
            course,
            poster,
            metadata: Value::Null,
        }
    }

    async fn tell(&self, event: &str) -> anyhow::Result<()> {
        let mut body = json!({
            "event": event,
            "event_timestamp": self.course.at.timestamp_millis(),
            "call": self.describe(),
        });
        if event == "call_analyzed" {
            body["call"]["call_analysis"] = json!({
                "call_summary": "A simulated call.",
                "user_sentiment": "Neutral",
                "call_successful": true,
            });
        }
        self.poster
            .retell("/webhooks/retell", &body)
            .await
            .map(drop)
    }

    fn describe(&self) -> Value {
        let course = &self.course;
        let mut call = json!({
            "call_id": self.id,
            "call_type": "phone_call",
            "agent_id": "agent_simulated",
            "agent_version": 1,
            "direction": "inbound",
            "from_number": course.from,
            "to_number": course.to,
            "call_status": if course.is_over { "ended" } else { "ongoing" },
            "start_timestamp": course.started.timestamp_millis(),
        });
        if !self.metadata.is_null() {
            call["metadata"] = self.metadata.clone();
        }
        if course.is_over {
            let duration = (course.at - course.started).num_milliseconds();
            call["end_timestamp"] = json!(course.at.timestamp_millis());
            call["duration_ms"] = json!(duration);
            call["disconnection_reason"] = json!("user_hangup");
            call["transcript_with_tool_calls"] = self.transcript();
            call["call_cost"] = json!({"combined_cost": duration as f64 / 60_000.0 * 9.0});
        }
        call
    }

    fn transcript(&self) -> Value {
        let turns = self.course.turns.iter().map(|said| {
            let role = if said.by_agent { "agent" } else { "user" };
            let words =
                [json!({"word": said.text, "start": said.after_s, "end": said.after_s + 1.0})];
            json!({"role": role, "content": said.text, "words": words})
        });
        turns.collect()
    }
}

impl Road for RetellCall {
    async fn ask(&mut self, call: &ToolCall) -> anyhow::Result<Value> {
        let mut transcript = self.transcript();
        if let Some(items) = transcript.as_array_mut() {
            items.push(json!({
                "role": "tool_call_invocation",
                "tool_call_id": tool_id(call, &self.course),
                "name": call.name,
                "arguments": call.args.to_string(),
            }));
        }
        let mut described = self.describe();
        described["transcript_with_tool_calls"] = transcript;
        let body = json!({"name": call.name, "args": call.args, "call": described});
        let answer = self.poster.retell("/webhooks/retell", &body).await?;
        answer.context("the tool answered nothing")
    }
}

impl AgentCall for RetellCall {
    fn id(&self) -> &str {
        &self.id
    }

    fn course(&mut self) -> &mut Course {
        &mut self.course
    }

    async fn ring(&mut self, stage: Stage) -> anyhow::Result<bool> {
        let question = json!({
            "event": "call_inbound",
            "event_timestamp": self.course.started.timestamp_millis(),
            "call_inbound": {
                "call_id": self.id,
                "from_number": self.course.from,
                "to_number": self.course.to,
            },
        });
        let answer = self
            .poster
            .retell("/webhooks/retell-inbound", &question)
            .await?;
        let answer = answer.context("retell-inbound answered nothing")?;
        let inbound = &answer["call_inbound"];
        if inbound["reject"] == json!(true) {
            let why = "rejected: the caller is blocked, or the number is not ours";
            stage.turn(self.course.at, Role::System, why);
            return Ok(false);
        }
        self.metadata = inbound["metadata"].clone();
        self.tell("call_started").await?;
        Ok(true)
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        self.tell("call_ended").await?;
        self.tell("call_analyzed").await
    }
}
