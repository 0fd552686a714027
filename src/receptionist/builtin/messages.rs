//! Taking a message: what it is, who it is from, and what happens if something else comes between.
use super::dialogue::{Rachel, Step};
use super::state::{Asked, Awaited, Draft, Last};
use super::{asides, words};
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::Phrase;
use crate::receptionist::tools::arguments::{BusinessInfo, Category, Urgency};
use crate::receptionist::tools::{ToolAnswer, ToolCall, ToolName, ToolResult};
use crate::receptionist::turn::Medium;
use crate::receptionist::understanding::{Understanding, name_in};

/// "No, thank you very much" is no part of a message.
const LONGEST_COURTESY: usize = 5;

impl Rachel<'_> {
    /// Begins a message. What they already wrote is part of it, unless they only said that they want to leave one.
    pub(super) fn ask_message(
        &mut self,
        category: Category,
        text: &str,
        heard: Understanding,
    ) -> Step {
        let urgency = if heard.is_urgent {
            Urgency::High
        } else {
            Urgency::Normal
        };
        self.state.draft = Draft {
            category,
            urgency,
            is_wished: category == Category::General,
            ..Draft::default()
        };
        if category != Category::General || heard.carries_message {
            self.state.draft.add(text);
        }
        if heard.carries_message {
            return self.ask_name();
        }
        self.state.asked = Asked::Message;
        if !self.state.draft.parts.is_empty() {
            self.state.draft.awaits = Some(Awaited::Words);
        }
        let ask = Phrase::AskMessage {
            category,
            name: &self.business.name,
        };
        let phone = self.phone_of_people();
        let phone = phone.as_deref();
        if heard.is_urgent {
            self.say(&[Phrase::InCaseOfDanger { phone }, ask])
        } else {
            self.say(&[ask])
        }
    }

    /// Something is wrong. Who is urgent and can be put through is offered it, who comes to us gets an appointment;
    /// else it becomes a message, and only what they have not told is asked.
    pub(super) fn hear_trouble(&mut self, text: &str, heard: Understanding) -> Step {
        let books = self.business.takes_bookings();
        if books && asides::names_emergency_service(self.business, text) {
            return self.begin_booking(text, heard);
        }
        let category = Category::Support;
        if heard.carries_message {
            return self.ask_message(category, text, heard);
        }
        if books
            && !heard.is_urgent
            && !asides::complains(text)
            && !asides::tells_since_when(text)
            && self.read_when(text).is_some()
        {
            return self.begin_booking(text, heard);
        }
        if heard.is_urgent && self.can_put_through() {
            self.state.draft = Draft {
                category,
                urgency: Urgency::High,
                ..Draft::default()
            };
            self.state.draft.add(text);
            self.state.asked = Asked::PersonOrMessage;
            let danger = Phrase::InCaseOfDanger { phone: None };
            return self.say(&[Phrase::SorryToHear, danger, Phrase::PersonOrMessage]);
        }
        if books && !self.business.visits_customers && !asides::complains(text) {
            self.state.is_sorry = true;
            self.state.topic = asides::emergency_service(self.business);
            return self.begin_booking(text, heard);
        }
        let urgency = if heard.is_urgent {
            Urgency::High
        } else {
            Urgency::Normal
        };
        self.state.draft = Draft {
            category,
            urgency,
            ..Draft::default()
        };
        self.state.draft.add(text);
        let phone = self.phone_of_people();
        let danger = Phrase::InCaseOfDanger {
            phone: phone.as_deref(),
        };
        match heard.is_urgent {
            true => self.ask_what_is_missing(&[danger]),
            false => self.ask_what_is_missing(&[]),
        }
    }

    fn can_put_through(&self) -> bool {
        self.state.medium == Medium::Voice
            && self.business.transfer_number.is_some()
            && self.now.is_some_and(|now| self.business.is_open(now))
    }

    pub(super) fn has_draft(&self) -> bool {
        self.state.plan.is_none() && !self.state.draft.parts.is_empty()
    }

    /// What the business must know of a trouble beside what they told.
    pub(super) fn ask_what_is_missing(&mut self, before: &[Phrase<'_>]) -> Step {
        let is_told = self
            .state
            .draft
            .parts
            .iter()
            .any(|part| asides::tells_trouble(part));
        let visits = self.business.visits_customers;
        let mut phrases = vec![Phrase::PassingOn];
        phrases.extend(before);
        self.state.draft.awaits = match (is_told, visits) {
            (true, true) => Some(Awaited::Address),
            (false, _) => Some(Awaited::Words),
            (true, false) => None,
        };
        if self.state.draft.awaits.is_some() {
            self.state.asked = Asked::Message;
            phrases.push(Phrase::AskTrouble { is_told });
            return self.say(&phrases);
        }
        if self.state.customer_name.is_some() {
            return self.send();
        }
        self.state.asked = Asked::Name;
        phrases.push(Phrase::AskName);
        self.say(&phrases)
    }

    /// What is said of the appointment that was just made.
    pub(super) fn remember_last(&mut self, answer: &ToolAnswer) {
        self.state.last = match (answer.result, &answer.confirmation_code, answer.start) {
            (ToolResult::Booked | ToolResult::Rescheduled, Some(code), Some(start)) => Some(Last {
                code: code.clone(),
                start,
            }),
            (ToolResult::Cancelled, ..) => None,
            _ => self.state.last.take(),
        };
    }

    /// Shall we ask the business what we do not know?
    pub(super) fn hear_pass_on(&mut self, text: &str, heard: Understanding) -> Step {
        let agrees = heard.intent == Intent::Yes || words::begins_with_yes(text);
        match heard.intent {
            _ if agrees => self.ask_name(),
            Intent::No => self.drop_draft(),
            Intent::Message if !heard.carries_message => self.ask_name(),
            Intent::Unknown if plain(text).is_empty() => self.repair(),
            Intent::Unknown if !heard.is_question => {
                self.state.draft.add(text);
                self.ask_name()
            }
            _ => {
                self.state.draft = Draft::default();
                self.state.asked = Asked::Nothing;
                self.hear_wish(text, heard)
            }
        }
    }

    /// They want something done, and not to have it passed on.
    fn is_order(&self, text: &str, heard: Understanding) -> bool {
        let is_wish = match heard.intent {
            Intent::Cancel => true,
            _ if self.state.draft.is_wished => false,
            Intent::Reschedule | Intent::Appointment | Intent::Find => true,
            _ => words::asks_for_own(text),
        };
        self.business.takes_bookings() && self.state.draft.category == Category::General && is_wish
    }

    pub(super) fn ask_about_picture(&mut self) -> Step {
        self.state.draft = Draft::default();
        self.state.asked = Asked::Message;
        self.say(&[Phrase::AskAboutPicture])
    }

    /// A confirmation is complete as it is: nothing is asked, nothing is promised.
    pub(super) fn pass_on_confirmation(&mut self, text: &str) -> Step {
        self.state.draft = Draft {
            category: Category::Confirm,
            ..Draft::default()
        };
        self.state.draft.add(text);
        self.send()
    }

    /// They were asked what to pass on.
    pub(super) fn hear_message(&mut self, text: &str, heard: Understanding) -> Step {
        let has_parts = !self.state.draft.parts.is_empty();
        match heard.intent {
            Intent::Human => self.hand_over(text),
            _ if self.is_order(text, heard) => {
                self.state.draft = Draft::default();
                self.state.asked = Asked::Nothing;
                self.hear_wish(text, heard)
            }
            // "Yes" tells nothing of what was asked.
            Intent::Yes if self.state.draft.awaits.is_some() => self.repair(),
            Intent::No => self.drop_draft(),
            _ if takes_back(text) => self.drop_draft(),
            Intent::Thanks | Intent::Goodbye if has_parts => self.send(),
            Intent::Thanks | Intent::Goodbye => self.hear_wish(text, heard),
            // "Yes, do that": what they wrote is the message.
            Intent::Yes if has_parts => self.ask_name(),
            Intent::Yes | Intent::Greeting => self.say(&[Phrase::AskMessageAgain]),
            intent if is_interjection(heard) => self.look_up(text, intent),
            _ if plain(text).is_empty() => self.say(&[Phrase::AskMessageAgain]),
            _ if self.state.draft.awaits == Some(Awaited::Address) && self.is_no_address(text) => {
                self.repair()
            }
            _ => {
                self.state.draft.add(text);
                if heard.is_urgent {
                    self.state.draft.urgency = Urgency::High;
                }
                self.ask_after_words(text)
            }
        }
    }

    /// A name or a day, where the address was asked for. Who insists on it is taken at their word.
    fn is_no_address(&mut self, text: &str) -> bool {
        if asides::names_street(text) {
            return false;
        }
        let known = self.state.customer_name.as_deref().map(plain);
        if self.state.repairs > 0 {
            if known == Some(plain(text)) {
                self.state.customer_name = None;
            }
            return false;
        }
        if self.read_when(text).is_some() {
            return true;
        }
        let name = name_in(text, self.language());
        let is_name = name.is_some();
        self.state.customer_name = self.state.customer_name.take().or(name);
        is_name
    }

    /// What is wrong was told; who comes to them must know where.
    fn ask_after_words(&mut self, text: &str) -> Step {
        let draft = &mut self.state.draft;
        let lacks_address = draft.category == Category::Support
            && draft.awaits == Some(Awaited::Words)
            && self.business.visits_customers
            && !asides::names_street(text);
        if !lacks_address {
            return self.ask_name();
        }
        draft.awaits = Some(Awaited::Address);
        self.state.repairs = 0;
        self.say(&[Phrase::AskAddress])
    }

    /// They were asked for their name; it is welcome, not required.
    pub(super) fn hear_name(&mut self, text: &str, heard: Understanding) -> Step {
        if is_interjection(heard) {
            return self.look_up(text, heard.intent);
        }
        if takes_back(text) {
            return self.drop_draft();
        }
        let is_short = text.split_whitespace().count() <= LONGEST_COURTESY;
        let is_only_courtesy = heard.intent.is_courtesy() && is_short;
        match name_in(text, self.language()) {
            Some(name) => self.state.customer_name = Some(name),
            // Not a name, so more of the message.
            None if !is_only_courtesy && !plain(text).is_empty() => self.state.draft.add(text),
            None => {}
        }
        self.send()
    }

    /// Facts were given in between: back to what was asked. Facts that we lack are asked of the business.
    pub(super) fn go_on_after_facts(
        &mut self,
        call: &ToolCall,
        facts: String,
        result: ToolResult,
    ) -> Step {
        let back = self
            .question()
            .filter(|_| self.state.asked != Asked::PersonOrMessage);
        if back.is_none() && result == ToolResult::NotFound {
            self.state.draft = Draft::default();
            // What was said asks whether to pass it on, or what it is about.
            self.state.asked = match facts.ends_with('?') {
                true => Asked::PassOn,
                false => Asked::Message,
            };
            let asked: BusinessInfo = call.arguments().unwrap_or_default();
            asked
                .topic
                .iter()
                .for_each(|question| self.state.draft.add(question));
        }
        let said = match back {
            // Two questions at once are one too many: the one that was asked before stays.
            Some(back) => format!("{} {back}", without_last_question(&facts)),
            None => facts,
        };
        Step::Say(self.reply(said))
    }

    /// Nobody could be reached: whatever they wrote so far becomes a message.
    pub(super) fn go_on_with_message(&mut self, apology: String) -> Step {
        if self.state.plan.is_some() {
            self.take_plan_as_message();
            self.state.asked = Asked::Message;
        }
        let has_parts = self.state.asked != Asked::Nothing && !self.state.draft.parts.is_empty();
        if !has_parts {
            self.state.draft = Draft::default();
        }
        self.state.asked = if has_parts {
            Asked::Name
        } else {
            Asked::Message
        };
        let next = self.phrase(if has_parts {
            Phrase::AskName
        } else {
            Phrase::AskMessageAgain
        });
        Step::Say(self.reply(format!("{apology} {next}")))
    }

    pub(super) fn ask_name(&mut self) -> Step {
        if self.state.customer_name.is_some() {
            return self.send();
        }
        self.state.asked = Asked::Name;
        self.say(&[Phrase::AskName])
    }

    fn send(&mut self) -> Step {
        self.state.asked = Asked::Nothing;
        self.state.repairs = 0;
        let message =
            std::mem::take(&mut self.state.draft).into_message(self.state.customer_name.clone());
        self.call(ToolName::TakeMessage, message)
    }

    fn drop_draft(&mut self) -> Step {
        self.state.asked = Asked::Nothing;
        self.state.draft = Draft::default();
        self.say(&[Phrase::AllRight, Phrase::AnythingElse])
    }
}

/// "Never mind" and little else: in a longer text it is a part of what they tell.
fn takes_back(text: &str) -> bool {
    words::gives_up(text) && text.split_whitespace().count() <= LONGEST_COURTESY
}

/// A question of theirs, where an answer to ours was expected.
fn is_interjection(heard: Understanding) -> bool {
    heard.is_question
        && matches!(
            heard.intent,
            Intent::Pricing | Intent::Services | Intent::Hours | Intent::Location
        )
}

/// "I can ask the team. Shall I?" without the second half.
fn without_last_question(facts: &str) -> String {
    match facts.rsplit_once(". ") {
        Some((told, question)) if question.ends_with('?') => format!("{told}."),
        _ => facts.to_owned(),
    }
}
