//! The course of a conversation: what Rachel does with a turn, and with a tool's answer.
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::plan::Goal;
use super::state::{Asked, DialogueState, Draft};
use super::words;
use crate::kernel::language::Language;
use crate::receptionist::business::Business;
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{self, Booking, Phrase, say};
use crate::receptionist::services::asks_for_all_services;
use crate::receptionist::tools::arguments::{BusinessInfo, Category, TransferCall};
use crate::receptionist::tools::{ToolAnswer, ToolCall, ToolName, ToolResult};
use crate::receptionist::turn::{Heard, Medium, Reply, Turn};
use crate::receptionist::understanding::{
    Understanding, guess_language, name_told, next_language, shows_language, understand,
};

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

/// One step of the conversation. A turn takes a few tool calls at most before it is answered.
pub fn advance(business: &Business, state: &mut DialogueState, input: Input<'_>) -> Step {
    let now = match input {
        Input::Turn(turn) => Some(turn.now),
        Input::ToolAnswered(..) => None,
    };
    let mut rachel = Rachel {
        business,
        state,
        now,
    };
    match input {
        Input::Turn(turn) => rachel.hear(turn),
        Input::ToolAnswered(call, answer) => rachel.hear_tool(call, answer),
    }
}

pub(super) struct Rachel<'a> {
    pub(super) business: &'a Business,
    pub(super) state: &'a mut DialogueState,
    /// The present, in a step that hears somebody.
    pub(super) now: Option<DateTime<Utc>>,
}

impl Rachel<'_> {
    fn hear(&mut self, turn: &Turn) -> Step {
        self.state.begin_turn();
        self.state.medium = turn.medium;
        let offers_english = std::mem::take(&mut self.state.offers_english);
        let known = *self.state.language.get_or_insert(turn.language);
        match &turn.heard {
            Heard::Silence if !self.state.has_spoken => self.greet(),
            Heard::Silence => self.hear_silence(),
            Heard::Digits(digits) if offers_english && digits.trim() == "2" => {
                self.change_language(Language::En)
            }
            Heard::Digits(digits) => self.hear_digits(digits),
            Heard::Text(text) if turn.has_media && plain(text).is_empty() => {
                self.ask_about_picture()
            }
            Heard::Text(text) => {
                let wished = words::language_wished_in(text);
                // A name is in no language, nor is a code.
                let is_literal = matches!(
                    self.state.asked,
                    Asked::Name | Asked::CustomerName | Asked::Code | Asked::Phone
                );
                let language = match wished {
                    Some(language) => language,
                    None if is_literal => known,
                    None if self.state.has_shown_language => next_language(text, known),
                    None => guess_language(text, known),
                };
                self.state.has_shown_language |= shows_language(text);
                self.state.language = Some(language);
                let mut understanding = understand(text, language);
                understanding.intent = turn.intent.unwrap_or(understanding.intent);
                let wants_more = !understanding.intent.is_courtesy()
                    && !matches!(understanding.intent, Intent::Unknown | Intent::Services);
                if wished.is_some() && !wants_more {
                    return self.change_language(language);
                }
                self.hear_text(text, understanding)
            }
        }
    }

    fn hear_text(&mut self, text: &str, heard: Understanding) -> Step {
        if let Some(step) = self.hear_late_code(text) {
            return step;
        }
        if self.state.customer_name.is_none() {
            self.state.customer_name = name_told(text, self.language());
        }
        if heard.intent != Intent::OptOut
            && let Some(step) = self.hear_aside(text, heard)
        {
            return step;
        }
        match (heard.intent, self.state.asked) {
            (Intent::OptOut, _) => self.call(ToolName::OptOut, json!({})),
            (_, Asked::Message) => self.hear_message(text, heard),
            (_, Asked::Name) => self.hear_name(text, heard),
            (_, Asked::PassOn) => self.hear_pass_on(text, heard),
            (Intent::Yes, Asked::PersonOrMessage) => self.hand_over(text),
            // Whatever it is, it is something that the business should read.
            (Intent::Unknown, Asked::PersonOrMessage) if !plain(text).is_empty() => {
                if self.state.plan.is_some() {
                    self.take_plan_as_message();
                }
                self.hear_message(text, heard)
            }
            (Intent::Message | Intent::No, Asked::PersonOrMessage) if self.has_draft() => {
                self.ask_what_is_missing(&[])
            }
            (Intent::Message, Asked::PersonOrMessage) if self.state.plan.is_some() => {
                self.take_plan_as_message();
                self.ask_name()
            }
            _ if self.state.plan.is_some() => self.hear_in_plan(text, heard),
            _ => self.hear_wish(text, heard),
        }
    }

    /// Nothing is under discussion: what do they want?
    pub(super) fn hear_wish(&mut self, text: &str, heard: Understanding) -> Step {
        if heard.intent != Intent::Unknown {
            self.state.repairs = 0;
            self.state.asked = Asked::Nothing;
        }
        let books = self.business.takes_bookings();
        match heard.intent {
            _ if books && words::asks_for_own(text) && !is_change(heard.intent) => {
                self.begin_finding(Goal::Find, text)
            }
            Intent::Greeting if self.state.has_spoken => self.say(&[Phrase::HowCanIHelp]),
            Intent::Greeting => self.greet(),
            Intent::Appointment if books => self.begin_booking(text, heard),
            Intent::Reschedule if books => self.begin_finding(Goal::Move, text),
            Intent::Cancel if books => self.begin_finding(Goal::Cancel, text),
            Intent::Appointment => self.ask_message(Category::Appointment, text, heard),
            Intent::Reschedule => self.ask_message(Category::Reschedule, text, heard),
            Intent::Cancel => self.ask_message(Category::Cancel, text, heard),
            Intent::Support => self.hear_trouble(text, heard),
            Intent::Message => self.ask_message(Category::General, text, heard),
            Intent::Find if books => self.begin_finding(Goal::Find, text),
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
            Intent::Unknown if self.business.service_named_in(text).is_some() => {
                self.look_up(text, Intent::Services)
            }
            // The business may have told us what to answer.
            Intent::Unknown if heard.is_question && plain(text).contains(' ') => {
                self.look_up(text, Intent::Unknown)
            }
            Intent::Unknown if name_told(text, self.language()).is_some() => {
                self.say(&[Phrase::HowCanIHelp])
            }
            Intent::Unknown => self.repair(),
        }
    }

    /// Facts come from the tools, so that every brain gives the same ones.
    pub(super) fn look_up(&mut self, text: &str, intent: Intent) -> Step {
        if let Some(named) = self.service_named(text) {
            self.state.topic = Some(named);
        }
        if intent == Intent::Services
            && self.business.service_in(text).is_none()
            && asks_for_all_services(text)
        {
            return self.call(ToolName::ListServices, json!({}));
        }
        self.call(
            ToolName::GetBusinessInfo,
            BusinessInfo {
                topic: Some(text.trim().to_owned()),
                service: self.service_discussed(),
            },
        )
    }

    /// Of the appointment that is arranged, else the one last asked about.
    fn service_discussed(&self) -> Option<String> {
        let planned = self
            .state
            .plan
            .as_ref()
            .and_then(|plan| plan.service.clone());
        planned.or_else(|| self.state.topic.clone())
    }

    /// The number of the business's people, as it is said or written.
    pub(super) fn phone_of_people(&self) -> Option<String> {
        let phone = self.business.transfer_number.as_deref();
        phone.map(|phone| say::phone(phone, self.state.medium))
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
        let phone = self.phone_of_people();
        let trouble = Phrase::Trouble {
            phone: phone.as_deref(),
        };
        let message = if answer.message.trim().is_empty() {
            self.phrase(trouble)
        } else {
            answer.message.clone()
        };
        match (call.name, answer.result) {
            (ToolName::TransferCall, ToolResult::Transferring) => {
                self.state.asked = Asked::Nothing;
                self.state.plan = None;
                Step::Say(Reply {
                    hands_over: true,
                    ..self.reply(message)
                })
            }
            // Nobody there: a message is better than nothing.
            (ToolName::TransferCall, _) => self.go_on_with_message(message),
            (ToolName::OptOut, _) => {
                self.state.asked = Asked::Nothing;
                self.state.plan = None;
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
            (ToolName::CheckCalendarAvailability, _) if self.state.plan.is_some() => {
                self.hear_availability(message, answer)
            }
            (ToolName::FindAppointment, _) if self.state.plan.is_some() => {
                self.hear_found(message, answer)
            }
            (
                ToolName::BookAppointment
                | ToolName::RescheduleAppointment
                | ToolName::CancelAppointment,
                _,
            ) if self.state.plan.is_some() => self.hear_done(message, answer),
            (ToolName::SendText, _) => {
                let back = self.question();
                let words: Vec<_> = [message].into_iter().chain(back).collect();
                Step::Say(self.reply(words.join(" ")))
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
        // Where French comes first, the other half of callers expects to be told how to be spoken to.
        self.state.offers_english =
            self.state.medium == Medium::Voice && self.language() == Language::Fr;
        let english = self
            .state
            .offers_english
            .then(|| self.phrase(Booking::PressForEnglish.into()));
        let greeting: Vec<_> = [greeting].into_iter().chain(english).collect();
        Step::Say(self.reply(greeting.join(" ")))
    }

    /// Goes on in another language, where they stood.
    fn change_language(&mut self, language: Language) -> Step {
        self.state.language = Some(language);
        self.state.repairs = 0;
        if !self.state.has_spoken {
            return self.greet();
        }
        let next = self.question();
        let next = next.unwrap_or_else(|| self.phrase(Phrase::HowCanIHelp));
        let all_right = self.phrase(Phrase::AllRight);
        Step::Say(self.reply(format!("{all_right} {next}")))
    }

    pub(super) fn say_goodbye(&mut self) -> Step {
        self.state.plan = None;
        let goodbye = self.phrase(Phrase::Goodbye {
            name: &self.business.name,
        });
        Step::Say(Reply {
            ends: true,
            ..self.reply(goodbye)
        })
    }

    fn give_up(&mut self) -> Step {
        self.state.plan = None;
        self.state.asked = Asked::Nothing;
        let sorry = self.phrase(Booking::CannotFollow.into());
        Step::Say(Reply {
            gives_up: true,
            ..self.reply(sorry)
        })
    }

    /// Not understood: first asked again, then in other words, then a way out that is not us.
    pub(super) fn repair(&mut self) -> Step {
        self.state.repairs = self.state.repairs.saturating_add(1);
        let question = self.question();
        let is_spoken = self.state.medium == Medium::Voice;
        match (self.state.repairs, question) {
            (1, Some(question)) => {
                let sorry = self.phrase(Phrase::NotCaught);
                Step::Say(self.reply(format!("{sorry} {question}")))
            }
            (1, None) => self.say(&[Phrase::NotUnderstood]),
            (2, Some(question)) => {
                let other = self.phrase(self.in_other_words());
                let words = [other, question];
                Step::Say(self.reply(words.join(" ")))
            }
            (2, None) if is_spoken => self.say(&[Phrase::NotCaught, Booking::Menu.into()]),
            (2, None) => self.say(&[Phrase::StillNotUnderstood]),
            (3, _) => self.ask(Asked::PersonOrMessage),
            // Who is not understood on the telephone can still be heard by people.
            _ if is_spoken => self.give_up(),
            _ => self.say_goodbye(),
        }
    }

    /// What helps with the question that was not answered.
    fn in_other_words(&self) -> Phrase<'static> {
        match self.state.asked {
            Asked::When | Asked::WhichWhen | Asked::Slot => Booking::WhenNotUnderstood.into(),
            Asked::Phone => Booking::PhoneNotUnderstood.into(),
            _ => Phrase::NotCaught,
        }
    }

    fn hear_silence(&mut self) -> Step {
        if self.state.repairs > 0 {
            return self.repair();
        }
        self.state.repairs = 1;
        let question = self.question();
        let question = question.unwrap_or_else(|| self.phrase(Phrase::HowCanIHelp));
        let there = self.phrase(Booking::StillThere.into());
        Step::Say(self.reply(format!("{there} {question}")))
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
        let sorry =
            std::mem::take(&mut self.state.is_sorry).then(|| self.phrase(Phrase::SorryToHear));
        self.state.last_said.clone_from(&text);
        Reply {
            text: introduction
                .into_iter()
                .chain(sorry)
                .chain([text])
                .collect::<Vec<_>>()
                .join(" "),
            language: self.language(),
            tool_calls: std::mem::take(&mut self.state.calls_of_turn),
            hands_over: false,
            ends: false,
            gives_up: false,
        }
    }

    pub(super) fn phrase(&self, phrase: Phrase<'_>) -> String {
        say(self.language(), phrase)
    }

    pub(super) fn language(&self) -> Language {
        self.state.language.unwrap_or(self.business.language)
    }

    /// What was being arranged becomes the beginning of a message.
    pub(super) fn take_plan_as_message(&mut self) {
        let plan = self.state.plan.take().unwrap_or_default();
        self.state.draft = Draft {
            category: plan.goal.category(),
            ..Draft::default()
        };
        for said in &plan.said {
            self.state.draft.add(said);
        }
    }
}

/// They want their appointment changed, not only to know of it.
fn is_change(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Reschedule | Intent::Cancel | Intent::Human | Intent::OptOut | Intent::Message
    )
}
