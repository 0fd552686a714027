//! Shows a conversation: lines for people, objects for programs.
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{commands::say, kernel::ids::InteractionId, traffic::Role};

/// What came of the conversation.
#[derive(Clone, Debug)]
pub struct Ending {
    pub interaction: InteractionId,
    pub status: String,
    pub outcome: Option<String>,
}

/// Where a conversation is shown.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    pub json: bool,
}

impl Stage {
    pub fn turn(self, at: DateTime<Utc>, role: Role, text: &str) {
        if self.json {
            say(&json!({"at": at, "role": role, "text": text}).to_string());
            return;
        }
        let speaker = match role {
            Role::Caller => "caller",
            Role::Ai => "AI",
            Role::Staff => "staff",
            Role::System => "system",
            Role::Tool => "tool",
        };
        say(&format!("{}  {speaker:>6}  {text}", at.format("%H:%M:%S")));
    }

    pub fn note(self, text: &str) {
        if !self.json {
            say(&format!("          {text}"));
        }
    }

    pub fn ending(self, ending: &Ending) {
        if self.json {
            let object = json!({
                "interaction_id": ending.interaction,
                "status": ending.status,
                "outcome_type": ending.outcome,
            });
            say(&object.to_string());
            return;
        }
        let outcome = ending.outcome.as_deref().unwrap_or("no outcome yet");
        say(&format!(
            "interaction {}: {}, {outcome}",
            ending.interaction, ending.status
        ));
    }
}
