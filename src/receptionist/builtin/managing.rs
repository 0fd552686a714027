//! An appointment that they have: finding it, moving it, cancelling it.
use super::between;
use super::dialogue::{Rachel, Step};
use super::plan::{Goal, Plan};
use super::state::Asked;
use super::words;
use crate::receptionist::say::Phrase;
use crate::receptionist::tools::arguments::{Category, FindAppointment};
use crate::receptionist::tools::{OwnAppointment, ToolAnswer, ToolName, ToolResult, wanted};
use crate::receptionist::turn::Medium;
use crate::receptionist::understanding::{answers, spoken};
use crate::scheduling::code;

impl Rachel<'_> {
    /// First it must be found: by the phone they call from, or by its code.
    pub(super) fn begin_finding(&mut self, goal: Goal, text: &str) -> Step {
        self.state.repairs = 0;
        let earlier = self.state.plan.take().unwrap_or_default();
        let mut plan = Plan::of(goal);
        match goal {
            Goal::Move => {
                let (old, new) = self.old_and_new(text);
                plan.meant = old;
                plan.when = new.filter(|when| wanted::unclear(when).is_none());
            }
            _ => plan.meant = self.read_when(text),
        }
        // Who names another one does not speak of the one before.
        plan.code = earlier.code.filter(|_| plan.meant.is_none());
        self.state.plan = Some(plan);
        self.state.asked = Asked::Nothing;
        self.remember(text);
        self.find()
    }

    fn find(&mut self) -> Step {
        let confirmation_code = self.plan().code.clone();
        self.call(
            ToolName::FindAppointment,
            FindAppointment {
                confirmation_code,
                customer_phone: None,
            },
        )
    }

    pub(super) fn hear_found(&mut self, message: String, answer: &ToolAnswer) -> Step {
        let Some(start) = answer.start.filter(|_| answer.result == ToolResult::Ok) else {
            return match answer.result {
                ToolResult::Unavailable => self.go_on_with_message(message),
                _ => self.ask_code(message),
            };
        };
        match self.goal() {
            Goal::Cancel | Goal::Move => {
                let mut own = answer.appointments.clone();
                if own.is_empty() {
                    own.push(OwnAppointment {
                        confirmation_code: answer.confirmation_code.clone().unwrap_or_default(),
                        start,
                        service: answer.service.clone(),
                        spoken: message,
                    });
                }
                self.hear_own(own)
            }
            Goal::Find | Goal::Book => {
                self.state.plan = None;
                self.state.asked = Asked::Nothing;
                let more = self.phrase(Phrase::AnythingElse);
                let text = match self.state.medium {
                    Medium::Voice => format!("{message} {more}"),
                    Medium::Text => message,
                };
                Step::Say(self.reply(text))
            }
        }
    }

    /// Not found by what we have: the code finds it. Not found by the code either, people have to look.
    pub(super) fn ask_code(&mut self, message: String) -> Step {
        if self.state.asked == Asked::Code {
            self.state.repairs += 1;
            if self.state.repairs > 1 {
                return self.leave_to_people();
            }
        }
        self.plan().code = None;
        self.state.asked = Asked::Code;
        Step::Say(self.reply(message))
    }

    pub(super) fn hear_code(&mut self, text: &str) -> Step {
        let whereto = match self.goal() {
            Goal::Move => self.old_and_new(text).1,
            _ => None,
        };
        let code = self.own_code_in(text);
        let code = code.or_else(|| {
            // "Friday at 10" looks like one too.
            let is_code = whereto.is_none() && self.read_when(text).is_none();
            words::code_in(text).filter(|_| is_code)
        });
        if let Some(code) = code {
            self.plan().code = Some(code);
            return self.find();
        }
        if let Some(when) = whereto.filter(|when| wanted::unclear(when).is_none()) {
            self.plan().when = Some(when);
            return self.ask(Asked::Code);
        }
        let answer = answers::yes_or_no(text, self.language());
        if between::lacks_it(text) || answer == Some(false) {
            return self.leave_to_people();
        }
        // "Do you have it?" "Yes."
        if answer == Some(true) {
            return self.ask(Asked::Code);
        }
        match self.state.repairs {
            0 => self.repair(),
            _ => self.leave_to_people(),
        }
    }

    /// A code that comes after all, while a message was asked for in its stead.
    pub(super) fn hear_late_code(&mut self, text: &str) -> Option<Step> {
        let goal = match self.state.draft.category {
            Category::Cancel => Goal::Cancel,
            Category::Reschedule => Goal::Move,
            _ => return None,
        };
        if self.state.asked != Asked::Message || !self.business.takes_bookings() {
            return None;
        }
        let code = self.own_code_in(text)?;
        let said = std::mem::take(&mut self.state.draft).parts;
        self.state.plan = Some(Plan {
            code: Some(code),
            said,
            ..Plan::of(goal)
        });
        self.state.asked = Asked::Nothing;
        Some(self.find())
    }

    /// One of our codes, however it was spelled.
    fn own_code_in(&self, text: &str) -> Option<String> {
        spoken::code_in(text, self.language(), |signs| code::read(signs).is_some())
    }

    /// One of our codes; else what looks like one, so that it is looked for and not found.
    pub(super) fn code_in(&self, text: &str) -> Option<String> {
        self.own_code_in(text).or_else(|| words::code_in(text))
    }

    /// What they want of an appointment that we cannot find becomes a message.
    fn leave_to_people(&mut self) -> Step {
        let category = self.goal().category();
        self.take_plan_as_message();
        self.state.repairs = 0;
        self.state.asked = Asked::Message;
        let name = &self.business.name;
        self.say(&[Phrase::AskMessage { category, name }])
    }
}
