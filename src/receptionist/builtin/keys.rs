//! Keys that are pressed instead of words: the menu, one of several, yes and no, a number.
use super::dialogue::{Rachel, Step};
use super::state::Asked;
use super::words::{self, Nth};
use crate::receptionist::intent::Intent;
use crate::receptionist::tools::arguments::Category;
use crate::receptionist::understanding::Understanding;

impl Rachel<'_> {
    /// The menu holds at any time, but for a key that answers what was asked.
    pub(super) fn hear_digits(&mut self, digits: &str) -> Step {
        let digits = digits.trim().trim_end_matches('#');
        match self.state.asked {
            Asked::Phone if words::phone_in(digits).is_some() => return self.hear_phone(digits),
            Asked::Code if digits.len() >= 4 => return self.hear_code(digits),
            _ => {}
        }
        let Ok(key @ 0..=9) = digits.parse::<usize>() else {
            return self.repair();
        };
        if key == 0 {
            return self.hand_over("0");
        }
        let nth = Nth::At(key - 1);
        match (self.state.asked, key) {
            (Asked::Slot, _) if self.is_offered(nth) => self.choose(nth),
            (Asked::Service, _) => self.hear_service_key(nth),
            (Asked::Which, _) => self.hear_which_key(nth),
            (Asked::WhichWhen, 1 | 2) => self.hear_which_when_key(nth),
            (Asked::Confirmation, 1) => self.commit(),
            (Asked::Confirmation, 2) => self.take_back(),
            (Asked::PersonOrMessage, 1) => self.hand_over("1"),
            (Asked::PersonOrMessage, 2) if self.state.plan.is_some() => {
                self.take_plan_as_message();
                self.ask_name()
            }
            (Asked::Message | Asked::Name, _) => self.repair(),
            (_, 1) if self.state.plan.is_some() => self.repair(),
            (_, 1) if self.business.takes_bookings() => {
                self.begin_booking("", by_key(Intent::Appointment))
            }
            (_, 1) => self.ask_message(Category::Appointment, "", by_key(Intent::Appointment)),
            (_, 2) => {
                self.state.plan = None;
                self.state.repairs = 0;
                self.ask_message(Category::General, "", by_key(Intent::Message))
            }
            _ => self.repair(),
        }
    }
}

fn by_key(intent: Intent) -> Understanding {
    Understanding {
        intent,
        is_question: false,
        is_urgent: false,
        carries_message: false,
    }
}
