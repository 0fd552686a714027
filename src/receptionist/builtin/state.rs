//! What the built-in brain remembers between two turns of a conversation.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plan::{Goal, Plan};
use crate::{
    kernel::language::Language,
    receptionist::{
        tools::{
            ToolCall,
            arguments::{Category, TakeMessage, Urgency},
        },
        turn::Medium,
    },
};

/// Rises when a kept state can no longer be continued; additions with a default do not need it.
const VERSION: u16 = 2;

/// A conversation so far. The default is one that has not begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DialogueState {
    version: u16,
    /// The language they write; none before their first words.
    pub language: Option<Language>,
    pub(super) medium: Medium,
    pub(super) has_spoken: bool,
    /// Their words have told which language they speak.
    pub(super) has_shown_language: bool,
    /// The greeting said which key is for English: the next one may be that.
    pub(super) offers_english: bool,
    pub(super) asked: Asked,
    pub(super) draft: Draft,
    /// The appointment under discussion.
    pub(super) plan: Option<Plan>,
    /// Told once, not asked for again.
    pub(super) customer_name: Option<String>,
    /// The service that was last asked about: "how much is it", and then "book it".
    pub(super) topic: Option<String>,
    /// What was last booked or moved in this conversation: "when was it again?".
    pub(super) last: Option<Last>,
    /// The last reply, should they want it again.
    pub(super) last_said: String,
    /// Something hurts or is broken: the next reply begins with a word about it.
    pub(super) is_sorry: bool,
    /// How often in a row something was not understood.
    pub(super) repairs: u8,
    /// Turns so far, whichever brain had them.
    turns: u32,
    pub(super) calls_made: u32,
    /// The calls on the way to the next reply.
    pub(super) calls_of_turn: Vec<ToolCall>,
}

impl Default for DialogueState {
    fn default() -> Self {
        Self {
            version: VERSION,
            language: None,
            medium: Medium::Text,
            has_spoken: false,
            has_shown_language: false,
            offers_english: false,
            asked: Asked::Nothing,
            draft: Draft::default(),
            plan: None,
            customer_name: None,
            topic: None,
            last: None,
            last_said: String::new(),
            is_sorry: false,
            repairs: 0,
            turns: 0,
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

    /// Another brain had this turn: what was asked is no longer waited for.
    pub fn pass_turn(&mut self, language: Language) {
        self.begin_turn();
        self.language = Some(language);
        self.has_spoken = true;
        self.asked = Asked::Nothing;
        self.plan = None;
        self.repairs = 0;
    }

    /// Turns so far.
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// What they told and nobody was told of yet: a message that was not sent, an appointment that was not made.
    pub fn unfinished(&self) -> Option<TakeMessage> {
        let booking = self.plan.as_ref().filter(|plan| plan.goal == Goal::Book);
        let draft = match booking {
            Some(plan) => Draft {
                category: Category::Appointment,
                parts: plan.said.clone(),
                ..Draft::default()
            },
            None if self.asked == Asked::PassOn => Draft::default(),
            None => self.draft.clone(),
        };
        let phone = booking.and_then(|plan| plan.phone.clone());
        let has_words = draft.parts.iter().any(|part| !part.trim().is_empty());
        has_words.then(|| TakeMessage {
            customer_phone: phone,
            ..draft.into_message(self.customer_name.clone())
        })
    }

    /// They were asked for a message and have told nothing of it.
    pub fn waits_for_message(&self) -> bool {
        self.asked == Asked::Message && self.draft.parts.is_empty()
    }

    pub(super) fn begin_turn(&mut self) {
        self.turns = self.turns.saturating_add(1);
        // Left over if a turn was cut off before it was answered.
        self.calls_of_turn.clear();
    }
}

/// What the next turn is expected to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    #[default]
    Nothing,
    Message,
    /// Whom the message is from.
    Name,
    PersonOrMessage,
    /// Whether what we do not know shall be asked of the business.
    PassOn,
    // Of the plan.
    Service,
    When,
    /// Which half of the day, or which of two days.
    WhichWhen,
    Slot,
    /// Which of their appointments.
    Which,
    /// Who comes.
    CustomerName,
    Phone,
    Code,
    Confirmation,
}

/// A message that is not complete yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    pub category: Category,
    pub urgency: Urgency,
    /// What they wrote towards it, turn by turn.
    pub parts: Vec<String>,
    /// They wished to leave a message: what they tell is passed on and not done.
    pub is_wished: bool,
    /// What they were asked to tell, to which a mere yes is no answer.
    pub awaits: Option<Awaited>,
}

/// What a message lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Awaited {
    Address,
    Words,
}

/// An appointment that was made a moment ago.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Last {
    pub code: String,
    pub start: DateTime<Utc>,
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
    fn what_was_told_and_not_sent_is_unfinished() {
        let mut state = DialogueState::default();
        assert_eq!(state.unfinished(), None);
        state.asked = Asked::Name;
        state.draft.add("the dog bites");
        assert_eq!(state.unfinished().unwrap().message, "the dog bites");
        state.asked = Asked::PassOn;
        assert_eq!(state.unfinished(), None, "they have not agreed yet");
        let said = vec!["a furnace repair".to_owned()];
        state.plan = Some(Plan {
            said: said.clone(),
            ..Plan::of(Goal::Cancel)
        });
        assert_eq!(
            state.unfinished(),
            None,
            "a cancelling that was broken off is none"
        );
        state.plan = Some(Plan {
            said,
            ..Plan::of(Goal::Book)
        });
        let kept = state.unfinished().unwrap();
        assert_eq!(
            (kept.category, kept.message.as_str()),
            (Category::Appointment, "a furnace repair")
        );
    }

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
            json!({"version": 1}),
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
