//! An appointment that they have: finding it, moving it, cancelling it.
use super::dialogue::{Rachel, Step};
use super::plan::{Goal, Plan};
use super::state::Asked;
use super::words;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{Booking, Phrase};
use crate::receptionist::tools::arguments::FindAppointment;
use crate::receptionist::tools::{ToolAnswer, ToolName, ToolResult};
use crate::receptionist::turn::Medium;

impl Rachel<'_> {
    /// First it must be found: by the phone they call from, or by its code.
    pub(super) fn begin_finding(&mut self, goal: Goal, text: &str) -> Step {
        self.state.repairs = 0;
        let earlier = self.state.plan.take().unwrap_or_default();
        let mut plan = Plan {
            code: earlier.code,
            ..Plan::of(goal)
        };
        if goal == Goal::Move {
            plan.when = self.read_when(text).filter(|when| {
                // "Move my tuesday appointment" names the old day, and "to friday" the new one.
                crate::receptionist::tools::wanted::unclear(when).is_none() && says_whereto(text)
            });
        }
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
        let plan = self.plan();
        plan.appointment = Some(start);
        if plan.code.is_none() {
            plan.code = answer.confirmation_code.clone();
        }
        let at = self.business.local(start);
        match self.goal() {
            Goal::Cancel => {
                self.state.asked = Asked::Confirmation;
                self.say(&[Booking::ConfirmCancel { at }.into()])
            }
            Goal::Move if self.plan().when.is_some() => self.ask_next(),
            Goal::Move => {
                self.state.asked = Asked::When;
                self.say(&[Booking::AskMove { at }.into()])
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
        match words::code_in(text) {
            Some(code) => {
                self.plan().code = Some(code);
                self.find()
            }
            None if plain(text).is_empty() => self.repair(),
            None => self.leave_to_people(),
        }
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

/// A day or a time with the little word that leads to it.
fn says_whereto(text: &str) -> bool {
    let said = format!(" {} ", plain(text));
    [
        " to ",
        " for ",
        " until ",
        " instead ",
        " au ",
        " a ",
        " pour ",
        " plutot ",
        " para ",
        " al ",
        " mejor ",
    ]
    .iter()
    .any(|word| said.contains(word))
}
