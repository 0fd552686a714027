//! Where the scripts are played: a conversation kept between turns, with tools that need no database.
use chrono::{DateTime, Utc};

use super::{DialogueState, Input, Step, advance};
use crate::kernel::language::Language;
use crate::receptionist::business::Business;
use crate::receptionist::sample::plumber;
use crate::receptionist::tools::arguments::{BusinessInfo, TakeMessage};
use crate::receptionist::tools::{ToolAnswer, ToolCall, ToolName, answers};
use crate::receptionist::turn::{Heard, Medium, Reply, Turn};

/// A conversation with tools that work, except where a test says otherwise.
pub(super) struct Conversation {
    pub(super) business: Business,
    pub(super) language: Language,
    pub(super) state: DialogueState,
    pub(super) is_staff_there: bool,
    pub(super) taken: Vec<TakeMessage>,
}

impl Conversation {
    pub(super) fn new(language: Language) -> Self {
        Self {
            business: plumber(),
            language,
            state: DialogueState::default(),
            is_staff_there: true,
            taken: Vec::new(),
        }
    }

    pub(super) fn hear(&mut self, heard: Heard) -> Reply {
        self.turn(Turn {
            heard,
            medium: Medium::Text,
            language: self.language,
            intent: None,
            now: monday_noon(),
            has_media: false,
        })
    }

    pub(super) fn text(&mut self, text: &str) -> Reply {
        self.hear(Heard::Text(text.into()))
    }

    pub(super) fn turn(&mut self, turn: Turn) -> Reply {
        // Kept and restored between turns, as in a database.
        self.state = DialogueState::restore(&serde_json::to_value(&self.state).unwrap());
        let mut step = advance(&self.business, &mut self.state, Input::Turn(&turn));
        while let Step::Call(call) = step {
            let answer = self.run(&call);
            step = advance(
                &self.business,
                &mut self.state,
                Input::ToolAnswered(&call, &answer),
            );
        }
        let Step::Say(reply) = step else {
            unreachable!("the loop ends with words")
        };
        assert!(!reply.text.trim().is_empty());
        reply
    }

    fn run(&mut self, call: &ToolCall) -> ToolAnswer {
        let language = self.state.language.unwrap();
        match call.name {
            ToolName::GetBusinessInfo => {
                let asked: BusinessInfo = call.arguments().unwrap();
                answers::business_info(
                    &self.business,
                    asked.topic.as_deref(),
                    language,
                    monday_noon(),
                )
            }
            ToolName::ListServices => answers::list_services(&self.business, language),
            ToolName::TakeMessage => {
                let message: TakeMessage = call.arguments().unwrap();
                let category = message.category;
                self.taken.push(message);
                answers::message_taken(&self.business, category, language)
            }
            ToolName::TransferCall if self.is_staff_there => {
                answers::transferring(&self.business, Medium::Text, language)
            }
            ToolName::TransferCall => answers::no_one_to_transfer_to(language),
            ToolName::OptOut => answers::opted_out(&self.business, language),
            other => panic!("{other:?} is not called yet"),
        }
    }

    /// Plays the lines of a script and compares every answer: `<` is what they write, `>` is what Rachel answers,
    /// followed by what happened on the way: `[tool]` calls, `(hands over)`, `(ends)`.
    pub(super) fn plays(&mut self, script: &str) {
        let lines: Vec<_> = script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        for pair in lines.chunks(2) {
            let (said, expected) = (
                pair[0].strip_prefix("< ").unwrap(),
                pair[1].strip_prefix("> ").unwrap(),
            );
            assert_eq!(shown(&self.text(said)), expected, "after {said:?}");
        }
    }
}

fn shown(reply: &Reply) -> String {
    let calls = reply
        .tool_calls
        .iter()
        .map(|call| format!(" [{}]", call.name.as_str()));
    let ends = [(reply.hands_over, " (hands over)"), (reply.ends, " (ends)")];
    let ends = ends
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, shown)| shown.to_owned());
    [reply.text.clone()]
        .into_iter()
        .chain(calls)
        .chain(ends)
        .collect()
}

pub(super) fn monday_noon() -> DateTime<Utc> {
    "2026-11-23T17:00:00Z".parse().unwrap()
}
