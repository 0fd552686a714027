//! What the built-in brain remembers between two turns of a conversation.
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::language::Language;
use crate::receptionist::tools::ToolCall;
use crate::receptionist::tools::arguments::{Category, TakeMessage, Urgency};

/// Rises when a kept state can no longer be continued; additions with a default do not need it.
const VERSION: u16 = 1;

/// A conversation so far. The default is one that has not begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DialogueState {
    version: u16,
    /// The language they write; none before their first words.
    pub language: Option<Language>,
    pub(super) has_spoken: bool,
    pub(super) asked: Asked,
    pub(super) draft: Draft,
    /// Told once, not asked for again.
    pub(super) customer_name: Option<String>,
    /// How often in a row something was not understood.
    pub(super) repairs: u8,
    pub(super) calls_made: u32,
    /// The calls on the way to the next reply.
    pub(super) calls_of_turn: Vec<ToolCall>,
}

impl Default for DialogueState {
    fn default() -> Self {
        Self {
            version: VERSION,
            language: None,
            has_spoken: false,
            asked: Asked::Nothing,
            draft: Draft::default(),
            customer_name: None,
            repairs: 0,
            calls_made: 0,
            calls_of_turn: Vec::new(),
        }
    }
}

impl DialogueState {
    /// The state that was kept; a fresh one if it cannot be read or is of another version. To start over is better
    /// than not to answer.
    pub fn restore(kept: &Value) -> Self {
        Self::deserialize(kept)
            .ok()
            .filter(|state| state.version == VERSION)
            .unwrap_or_default()
    }
}

/// What the next turn is expected to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    #[default]
    Nothing,
    Message,
    Name,
    PersonOrMessage,
}

/// A message that is not complete yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    pub category: Category,
    pub urgency: Urgency,
    /// What they wrote towards it, turn by turn.
    pub parts: Vec<String>,
}

impl Draft {
    pub fn add(&mut self, text: &str) {
        self.parts.push(text.trim().to_owned());
    }

    /// The finished message.
    pub fn into_message(self, customer_name: Option<String>) -> TakeMessage {
        TakeMessage {
            message: self.parts.join("\n"),
            customer_name,
            customer_phone: None,
            urgency: self.urgency,
            category: self.category,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kept_state_is_continued_and_one_from_another_version_starts_over() {
        let mut state = DialogueState {
            language: Some(Language::Fr),
            has_spoken: true,
            asked: Asked::Name,
            ..DialogueState::default()
        };
        state.draft.add("rappelez-moi");
        let kept = serde_json::to_value(&state).unwrap();
        assert_eq!(DialogueState::restore(&kept), state);
        for unreadable in [
            json!(null),
            json!({"version": 99}),
            json!({"asked": "a song"}),
            json!("x"),
        ] {
            assert_eq!(
                DialogueState::restore(&unreadable),
                DialogueState::default()
            );
        }
    }
}
