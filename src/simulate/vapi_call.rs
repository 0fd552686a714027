//! A call as Vapi tells of it.
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

pub struct VapiCall {
    id: String,
    course: Course,
    poster: Poster,
    metadata: Value,
}

impl VapiCall {
    pub fn new(course: Course, poster: Poster) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            course,
            poster,
            metadata: Value::Null,
        }
    }

    async fn post(&self, mut message: Value, status: &str) -> anyhow::Result<Value> {
        message["timestamp"] = json!(self.course.at.timestamp_millis());
        message["call"] = self.describe(status);
        message["customer"] = json!({"number": self.course.from});
        message["phoneNumber"] = json!({"number": self.course.to, "provider": "twilio"});
        let body = json!({ "message": message });
        self.poster.vapi("/webhooks/vapi", &body).await
    }

    fn describe(&self, status: &str) -> Value {
        let course = &self.course;
        let mut call = json!({
            "id": self.id,
            "orgId": "org_simulated",
            "type": "inboundPhoneCall",
            "status": status,
            "createdAt": course.started,
            "updatedAt": course.at,
            "startedAt": course.started,
            "customer": {"number": course.from},
        });
        if !self.metadata.is_null() {
            call["metadata"] = self.metadata.clone();
        }
        call
    }
}

impl Road for VapiCall {
    async fn ask(&mut self, call: &ToolCall) -> anyhow::Result<Value> {
        let id = tool_id(call, &self.course);
        let tool = json!({
            "id": id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.args},
        });
        let message = json!({"type": "tool-calls", "toolCallList": [tool]});
        let answer = self.post(message, "in-progress").await?;
        let result = answer["results"][0]["result"].as_str();
        let result = result.with_context(|| format!("the tool answered {answer}"))?;
        serde_json::from_str(result).context("read the tool's answer")
    }
}

impl AgentCall for VapiCall {
    fn id(&self) -> &str {
        &self.id
    }

    fn course(&mut self) -> &mut Course {
        &mut self.course
    }

    async fn ring(&mut self, stage: Stage) -> anyhow::Result<bool> {
        let answer = self
            .post(json!({"type": "assistant-request"}), "ringing")
            .await?;
        if let Some(error) = answer["error"].as_str() {
            stage.turn(self.course.at, Role::System, error);
            return Ok(false);
        }
        if let Some(number) = answer["destination"]["number"].as_str() {
            stage.note(&format!("(put through to {number})"));
            return Ok(false);
        }
        let overrides = [&answer["assistantOverrides"], &answer["assistant"]];
        let metadata = overrides
            .iter()
            .map(|given| &given["metadata"])
            .find(|given| given.is_object());
        self.metadata = metadata.cloned().unwrap_or_default();
        let status = json!({"type": "status-update", "status": "in-progress"});
        self.post(status, "in-progress").await?;
        Ok(true)
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        let ended = json!({"type": "status-update", "status": "ended", "endedReason": "customer-ended-call"});
        self.post(ended, "ended").await?;
        let course = &self.course;
        let seconds = (course.at - course.started).as_seconds_f64();
        let messages: Vec<Value> = course
            .turns
            .iter()
            .map(|said| {
                let role = if said.by_agent { "bot" } else { "user" };
                json!({"role": role, "message": said.text, "secondsFromStart": said.after_s})
            })
            .collect();
        let report = json!({
            "type": "end-of-call-report",
            "endedReason": "customer-ended-call",
            "startedAt": course.started,
            "endedAt": course.at,
            "durationSeconds": seconds,
            "cost": seconds / 60.0 * 0.09,
            "analysis": {"summary": "A simulated call."},
            "artifact": {"messages": messages},
        });
        self.post(report, "ended").await.map(drop)
    }
}
