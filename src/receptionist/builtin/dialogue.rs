//! The course of a conversation: what Rachel does with a turn, and with a tool's answer.
use serde::Serialize;
use serde_json::json;

use super::state::{Asked, DialogueState, Draft};
use crate::receptionist::business::Business;
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{Phrase, say};
use crate::receptionist::tools::arguments::{BusinessInfo, Category, TransferCall};
use crate::receptionist::tools::{ToolAnswer, ToolCall, ToolName, ToolResult};
use crate::receptionist::turn::{Heard, Reply, Turn};
use crate::receptionist::understanding::{Understanding, guess_language, understand};

/// What the machine is fed.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    Turn(&'a Turn),
    ToolAnswered(&'a ToolCall, &'a ToolAnswer),
}

/// What it wants: to speak, which ends the turn, or a tool's answer first.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Say(Reply),
    Call(ToolCall),
}

/// One step of the conversation. A turn takes at most one tool call before it is answered.
pub fn advance(business: &Business, state: &mut DialogueState, input: Input<'_>) -> Step {
    let mut rachel = Rachel { business, state };
    match input {
        Input::Turn(turn) => rachel.hear(turn),
        Input::ToolAnswered(call, answer) => rachel.hear_tool(call, answer),
    }
}

pub(super) struct Rachel<'a> {
    pub(super) business: &'a Business,
    pub(super) state: &'a mut DialogueState,
}

impl Rachel<'_> {
    fn hear(&mut self, turn: &Turn) -> Step {
        // Left over if a turn was cut off before it was answered.
        self.state.calls_of_turn.clear();
        let known = *self.state.language.get_or_insert(turn.language);
        match &turn.heard {
            Heard::Silence if !self.state.has_spoken => self.greet(),
            Heard::Silence => self.repair(),
            Heard::Digits(digits) if digits.starts_with('0') => self.hand_over("0"),
            Heard::Digits(_) => self.repair(),
            Heard::Text(text) if turn.has_media && plain(text).is_empty() => {
                self.ask_about_picture()
            }
            Heard::Text(text) => {
                // A name is in no language.
                let language = if self.state.asked == Asked::Name {
                    known
                } else {
                    guess_language(text, known)
                };
                self.state.language = Some(language);
                let mut understanding = understand(text, language);
                understanding.intent = turn.intent.unwrap_or(understanding.intent);
                self.hear_text(text, understanding)
            }
        }
    }

    fn hear_text(&mut self, text: &str, heard: Understanding) -> Step {
        match (heard.intent, self.state.asked) {
            (Intent::OptOut, _) => self.call(ToolName::OptOut, json!({})),
            (_, Asked::Message) => self.hear_message(text, heard),
            (_, Asked::Name) => self.hear_name(text, heard),
            (Intent::Yes, Asked::PersonOrMessage) => self.hand_over(text),
            // Whatever it is, it is something that the business should read.
            (Intent::Unknown, Asked::PersonOrMessage) if !plain(text).is_empty() => {
                self.state.draft = Draft::default();
                self.hear_message(text, heard)
            }
            _ => self.hear_wish(text, heard),
        }
    }

    /// Nothing is under discussion: what do they want?
    pub(super) fn hear_wish(&mut self, text: &str, heard: Understanding) -> Step {
        if heard.intent != Intent::Unknown {
            self.state.repairs = 0;
            self.state.asked = Asked::Nothing;
        }
        match heard.intent {
            Intent::Greeting if self.state.has_spoken => self.say(&[Phrase::HowCanIHelp]),
            Intent::Greeting => self.greet(),
            Intent::Appointment => self.ask_message(Category::Appointment, text, heard),
            Intent::Reschedule => self.ask_message(Category::Reschedule, text, heard),
            Intent::Cancel => self.ask_message(Category::Cancel, text, heard),
            Intent::Support => self.ask_message(Category::Support, text, heard),
            Intent::Message => self.ask_message(Category::General, text, heard),
            // Without a calendar people look it up.
            Intent::Find => self.ask_message(Category::General, text, heard),
            Intent::Confirm => self.pass_on_confirmation(text),
            Intent::Pricing | Intent::Services | Intent::Hours | Intent::Location => {
                self.look_up(text, heard.intent)
            }
            Intent::Human => self.hand_over(text),
            Intent::OptOut => self.call(ToolName::OptOut, json!({})),
            Intent::Thanks => self.say(&[Phrase::YouAreWelcome]),
            Intent::Yes => self.say(&[Phrase::HowCanIHelp]),
            Intent::Goodbye | Intent::No => self.say_goodbye(),
            Intent::Unknown if self.business.service_in(text).is_some() => {
                self.look_up(text, Intent::Services)
            }
            Intent::Unknown => self.repair(),
        }
    }

    /// Facts come from the tools, so that every brain gives the same ones.
    pub(super) fn look_up(&mut self, text: &str, intent: Intent) -> Step {
        if intent == Intent::Services && self.business.service_in(text).is_none() {
            return self.call(ToolName::ListServices, json!({}));
        }
        self.call(
            ToolName::GetBusinessInfo,
            BusinessInfo {
                topic: Some(text.trim().to_owned()),
            },
        )
    }

    pub(super) fn hand_over(&mut self, reason: &str) -> Step {
        self.call(
            ToolName::TransferCall,
            TransferCall {
                reason: Some(reason.trim().to_owned()),
            },
        )
    }

    fn hear_tool(&mut self, call: &ToolCall, answer: &ToolAnswer) -> Step {
        let trouble = Phrase::Trouble {
            phone: self.business.transfer_number.as_deref(),
        };
        let message = if answer.message.trim().is_empty() {
            self.phrase(trouble)
        } else {
            answer.message.clone()
        };
        match (call.name, answer.result) {
            (ToolName::TransferCall, ToolResult::Transferring) => {
                self.state.asked = Asked::Nothing;
                Step::Say(Reply {
                    hands_over: true,
                    ..self.reply(message)
                })
            }
            // Nobody there: a message is better than nothing.
            (ToolName::TransferCall, _) => self.go_on_with_message(message),
            (ToolName::OptOut, _) => {
                self.state.asked = Asked::Nothing;
                // The confirmation of an opt-out names the business itself, and nothing is added to it.
                self.state.has_spoken = true;
                Step::Say(Reply {
                    ends: answer.result == ToolResult::OptedOut,
                    ..self.reply(message)
                })
            }
            (ToolName::GetBusinessInfo | ToolName::ListServices, result) => {
                self.go_on_after_facts(call, message, result)
            }
            _ => Step::Say(self.reply(message)),
        }
    }

    fn greet(&mut self) -> Step {
        let own = self
            .business
            .greeting
            .clone()
            .filter(|_| self.language() == self.business.language);
        let greeting = own.unwrap_or_else(|| {
            self.phrase(Phrase::Greeting {
                name: &self.business.name,
            })
        });
        self.state.has_spoken = true;
        Step::Say(self.reply(greeting))
    }

    pub(super) fn say_goodbye(&mut self) -> Step {
        let goodbye = self.phrase(Phrase::Goodbye {
            name: &self.business.name,
        });
        Step::Say(Reply {
            ends: true,
            ..self.reply(goodbye)
        })
    }

    /// Not understood: first asked again, then in other words, then a way out that is not us.
    fn repair(&mut self) -> Step {
        self.state.repairs = self.state.repairs.saturating_add(1);
        match self.state.repairs {
            1 => self.say(&[Phrase::NotUnderstood]),
            2 => self.say(&[Phrase::StillNotUnderstood]),
            3 => {
                self.state.asked = Asked::PersonOrMessage;
                self.say(&[Phrase::PersonOrMessage])
            }
            _ => self.say_goodbye(),
        }
    }

    /// Asks for a tool.
    pub(super) fn call(&mut self, name: ToolName, args: impl Serialize) -> Step {
        self.state.calls_made += 1;
        let args = serde_json::to_value(args).expect("arguments are plain texts and enumerations");
        let call = ToolCall {
            id: format!("builtin-{}", self.state.calls_made),
            name,
            args,
        };
        self.state.calls_of_turn.push(call.clone());
        Step::Call(call)
    }

    pub(super) fn say(&mut self, phrases: &[Phrase<'_>]) -> Step {
        let text = phrases
            .iter()
            .map(|phrase| self.phrase(*phrase))
            .collect::<Vec<_>>()
            .join(" ");
        Step::Say(self.reply(text))
    }

    /// The reply to this turn; the first one of a conversation says who is answering.
    pub(super) fn reply(&mut self, text: String) -> Reply {
        let introduction = (!self.state.has_spoken).then(|| {
            self.phrase(Phrase::Introduction {
                name: &self.business.name,
            })
        });
        self.state.has_spoken = true;
        Reply {
            text: introduction
                .into_iter()
                .chain([text])
                .collect::<Vec<_>>()
                .join(" "),
            language: self.language(),
            tool_calls: std::mem::take(&mut self.state.calls_of_turn),
            hands_over: false,
            ends: false,
        }
    }

    pub(super) fn phrase(&self, phrase: Phrase<'_>) -> String {
        say(self.language(), phrase)
    }

    pub(super) fn language(&self) -> crate::kernel::language::Language {
        self.state.language.unwrap_or(self.business.language)
    }
}
