//! Booking: what is still missing is asked, one thing at a time, in whatever order they tell it.
use super::between;
use super::choosing::shift_in;
use super::dialogue::{Rachel, Step};
use super::plan::{Goal, Plan};
use super::state::Asked;
use super::words::{self, Nth};
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{Booking, Phrase};
use crate::receptionist::tools::arguments::{
    BookAppointment, CancelAppointment, CheckAvailability, RescheduleAppointment,
};
use crate::receptionist::tools::wanted::{self, Unclear};
use crate::receptionist::tools::{ToolAnswer, ToolName, ToolResult};
use crate::receptionist::turn::Medium;
use crate::receptionist::understanding::when::{Kind, When};
use crate::receptionist::understanding::{Understanding, answers, name_corrected, name_in, spoken};

/// How often nothing is free before somebody else has to look.
const MOST_MISSES: u8 = 3;
/// How often it is asked what an appointment is for: who tells a time instead is asked once more.
const MOST_SERVICE_ASKS: u8 = 2;
/// As many times are offered at once.
const MOST_OFFERED: usize = 3;

impl Rachel<'_> {
    pub(super) fn begin_booking(&mut self, text: &str, _heard: Understanding) -> Step {
        self.state.repairs = 0;
        let mut plan = Plan::of(Goal::Book);
        plan.service = self.service_named(text);
        if plan.service.is_none() && self.business.services_near(text).is_empty() {
            // "How much is a tune-up? Then book it."
            plan.service = self.state.topic.take();
        }
        self.state.plan = Some(plan);
        self.remember(text);
        match self.read_when(text) {
            Some(when) => self.accept(when),
            None => self.ask_next(),
        }
    }

    /// An answer while an appointment is under discussion.
    pub(super) fn hear_in_plan(&mut self, text: &str, heard: Understanding) -> Step {
        let asked = self.state.asked;
        if asked == Asked::CustomerName
            && let Some(name) = self.new_name_in(text)
        {
            return self.take_name(name);
        }
        if between::asks_to_wait(text) && self.read_when(text).is_none() && is_no_wish(heard.intent)
        {
            return self.say(&[Booking::TakeYourTime.into()]);
        }
        let is_shift = asked == Asked::Slot && shift_in(text).is_some();
        if !is_shift && self.is_aside(text, heard) {
            return self.look_up(text, heard.intent);
        }
        if matches!(asked, Asked::When | Asked::Confirmation)
            && let Some(step) = self.hear_other_one(text)
        {
            return step;
        }
        let is_free = |intent| !matches!((asked, intent), (Asked::CustomerName, Intent::Greeting));
        match heard.intent {
            Intent::Human => return self.hand_over(text),
            Intent::Message => {
                self.take_plan_as_message();
                return self.ask_message(self.state.draft.category, text, heard);
            }
            Intent::Goodbye if is_free(heard.intent) && !self.answers_first(text) => {
                return self.say_goodbye();
            }
            Intent::Cancel | Intent::Reschedule
                if self.goal() != Goal::Book && asked == Asked::Confirmation => {}
            Intent::Cancel if self.goal() == Goal::Book => return self.drop_plan(),
            Intent::Cancel if self.goal() != Goal::Cancel => {
                return self.begin_finding(Goal::Cancel, text);
            }
            Intent::Reschedule if matches!(self.goal(), Goal::Cancel | Goal::Find) => {
                return self.begin_finding(Goal::Move, text);
            }
            // They have one already, and it is that one which shall change.
            Intent::Reschedule
                if matches!(asked, Asked::Service | Asked::When) && words::names_own(text) =>
            {
                return self.begin_finding(Goal::Move, text);
            }
            _ if words::gives_up(text) => return self.drop_plan(),
            _ => {}
        }
        self.remember(text);
        match asked {
            Asked::Service => self.hear_service(text, heard),
            Asked::When => self.hear_when(text, heard),
            Asked::WhichWhen => self.hear_which_when(text),
            Asked::Slot => self.hear_choice(text, heard),
            Asked::Which => self.hear_which(text, heard),
            Asked::CustomerName => self.hear_no_name(text),
            Asked::Phone => self.hear_phone(text),
            Asked::Code => self.hear_code(text),
            Asked::Confirmation => self.hear_confirmation(text, heard),
            Asked::PersonOrMessage if heard.intent == Intent::No => self.drop_plan(),
            _ => self.hear_when(text, heard),
        }
    }

    /// A question of theirs that is no answer to ours: "what does it cost", "what is your cancellation policy", but
    /// not "do you have ten thirty" or "can you cancel it".
    fn is_aside(&self, text: &str, heard: Understanding) -> bool {
        let names_one = || self.read_when(text).is_some() || words::nth_in(text).is_some();
        match heard.intent {
            Intent::Pricing | Intent::Location => heard.is_question,
            Intent::Hours if between::asks_if_open(text) => true,
            Intent::Services | Intent::Hours => heard.is_question && !names_one(),
            Intent::Cancel | Intent::Reschedule => {
                between::asks_about(text) && self.read_when(text).is_none()
            }
            // What a service is about is told in questions too.
            Intent::Unknown => {
                heard.is_question
                    && self.state.asked != Asked::Service
                    && plain(text).split(' ').count() > 2
                    && !between::asks_whether(text)
                    && !names_one()
            }
            _ => false,
        }
    }

    // What they tell us.

    fn hear_service(&mut self, text: &str, heard: Understanding) -> Step {
        let service = self.service_named(text);
        let when = self.read_when(text);
        // "The 2nd" is the second of the list, "on the 2nd of december" is a day.
        if let Some(nth) = words::nth_in(text)
            && service.is_none()
            && (when.is_none() || is_place_alone(text))
        {
            return self.hear_service_key(nth);
        }
        let is_no_answer =
            plain(text).is_empty() || (heard.intent.is_courtesy() && heard.intent != Intent::No);
        if service.is_none() && when.is_none() && is_no_answer {
            return self.repair();
        }
        let is_near = !self.business.services_near(text).is_empty();
        let plan = self.plan();
        if service.is_none()
            && when.is_none()
            && (!is_near || plan.service_asks >= MOST_SERVICE_ASKS)
        {
            // Not on the list: the business reads what it is about.
            plan.is_service_settled = true;
            plan.reason = Some(text.trim().to_owned()).filter(|_| heard.intent != Intent::No);
        }
        plan.service = service;
        self.state.repairs = 0;
        match when {
            Some(when) => self.accept(when),
            None => self.ask_next(),
        }
    }

    pub(super) fn hear_service_key(&mut self, nth: Nth) -> Step {
        let plan = self.plan();
        let Some(name) = nth.of(&plan.named).cloned() else {
            return self.repair();
        };
        plan.service = Some(name);
        self.state.repairs = 0;
        self.ask_next()
    }

    fn hear_when(&mut self, text: &str, heard: Understanding) -> Step {
        // What is moved stays what it is.
        let service = self
            .service_named(text)
            .filter(|_| self.goal() != Goal::Move);
        if service.is_some() {
            self.plan().service = service.clone();
        }
        match self.read_when(text) {
            Some(when) => self.accept(when),
            None if answers::suits_any(text, self.language()) => self.accept(When::any_time()),
            None if heard.intent == Intent::No => self.drop_plan(),
            None if service.is_some() => self.ask_next(),
            None => {
                self.state.asked = Asked::When;
                self.repair()
            }
        }
    }

    /// A reading of when they want to come; one that is not clear is asked back.
    pub(super) fn accept(&mut self, when: When) -> Step {
        self.state.repairs = 0;
        let plan = self.plan();
        plan.offered.clear();
        plan.chosen = None;
        plan.unclear = None;
        match wanted::unclear(&when) {
            Some(Unclear::AmPm { .. } | Unclear::WhichDay { .. }) => {
                plan.unclear = Some(when);
                self.ask(Asked::WhichWhen)
            }
            _ => {
                plan.when = Some(when);
                self.ask_next()
            }
        }
    }

    /// A name, and not something that the business does.
    fn new_name_in(&self, text: &str) -> Option<String> {
        let name = name_in(text, self.language())?;
        self.service_named(&name).is_none().then_some(name)
    }

    fn take_name(&mut self, name: String) -> Step {
        self.state.customer_name = Some(name);
        self.state.repairs = 0;
        self.after_choice(None)
    }

    /// They were asked who comes, and said something else: another time, or the one that they have.
    fn hear_no_name(&mut self, text: &str) -> Step {
        match self.read_when(text) {
            Some(when) if self.is_chosen(&when) || between::asks_whether(text) => {
                let chosen = self.chosen_words();
                self.after_choice(chosen)
            }
            Some(when) => self.accept(when),
            None => self.repair(),
        }
    }

    pub(super) fn hear_phone(&mut self, text: &str) -> Step {
        let spoken = spoken::phone_in(text, self.language()).map(|phone| phone.as_str().to_owned());
        let Some(phone) = spoken.or_else(|| words::phone_in(text)) else {
            return self.repair();
        };
        self.plan().phone = Some(phone);
        self.state.repairs = 0;
        self.commit()
    }

    fn hear_confirmation(&mut self, text: &str, heard: Understanding) -> Step {
        // "Hasta mañana" is no wish to come before tomorrow.
        let when = self
            .read_when(text)
            .filter(|when| heard.intent != Intent::Goodbye || when.kind != Kind::Before);
        let is_other = when.as_ref().is_some_and(|when| !self.is_chosen(when));
        let name = match self.goal() {
            // "Oui, c'est tout" is no name.
            Goal::Book if heard.intent != Intent::Goodbye => {
                let known = self.state.customer_name.as_deref();
                name_corrected(text, known, self.language())
            }
            _ => None,
        };
        let is_renamed = name.is_some();
        self.state.customer_name = name.or(self.state.customer_name.take());
        if self.goal() != Goal::Cancel
            && is_other
            && !between::asks_whether(text)
            && let Some(when) = when
        {
            return self.accept(when);
        }
        // "Is that the 3rd of December?"
        if is_renamed || (is_other && self.goal() != Goal::Cancel) {
            self.state.repairs = 0;
            return self.ask(Asked::Confirmation);
        }
        let said = answers::yes_or_no(text, self.language());
        let says_yes = said == Some(true) || heard.intent == Intent::Yes;
        let says_no = said == Some(false) || heard.intent == Intent::No;
        match self.goal() {
            // "Yes, cancel it" is a yes.
            Goal::Cancel if says_yes || (heard.intent == Intent::Cancel && !says_no) => {
                self.commit()
            }
            Goal::Cancel if heard.intent == Intent::Reschedule => {
                self.begin_finding(Goal::Move, text)
            }
            _ if says_yes || (heard.intent == Intent::Confirm && !says_no) => self.commit(),
            _ if says_no => self.take_back(),
            _ => self.repair(),
        }
    }

    /// A no to what was about to be done.
    pub(super) fn take_back(&mut self) -> Step {
        self.state.repairs = 0;
        if self.goal() == Goal::Cancel {
            self.state.plan = None;
            self.state.asked = Asked::Nothing;
            return self.say(&[Booking::StaysAsItIs.into(), Phrase::AnythingElse]);
        }
        let plan = self.plan();
        plan.chosen = None;
        plan.when = None;
        plan.offered.clear();
        self.state.asked = Asked::When;
        self.say(&[Phrase::AllRight, Booking::AskWhenInstead.into()])
    }

    pub(super) fn drop_plan(&mut self) -> Step {
        let goal = self.goal();
        self.state.plan = None;
        self.state.asked = Asked::Nothing;
        self.state.repairs = 0;
        if goal == Goal::Move || goal == Goal::Cancel {
            return self.say(&[Booking::StaysAsItIs.into(), Phrase::AnythingElse]);
        }
        self.say(&[Phrase::AllRight, Phrase::AnythingElse])
    }

    // What is asked, and done.

    /// The next thing that is missing.
    pub(super) fn ask_next(&mut self) -> Step {
        let services = self.service_names();
        let plan = self.plan();
        let may_ask = !plan.is_service_settled && plan.service_asks < MOST_SERVICE_ASKS;
        if plan.goal == Goal::Book && plan.service.is_none() && may_ask {
            match services.as_slice() {
                [] => {}
                [only] => plan.service = Some(only.clone()),
                _ => {
                    plan.service_asks += 1;
                    let named = self.services_to_name();
                    self.plan().named = named;
                    return self.ask(Asked::Service);
                }
            }
        }
        let plan = self.plan();
        let Some(when) = &plan.when else {
            return self.ask(Asked::When);
        };
        let asked = CheckAvailability {
            service: plan.service.clone(),
            ..wanted::arguments_of(when)
        };
        self.call(ToolName::CheckCalendarAvailability, asked)
    }

    pub(super) fn ask(&mut self, asked: Asked) -> Step {
        self.state.asked = asked;
        let question = self.question().unwrap_or_default();
        Step::Say(self.reply(question))
    }

    pub(super) fn hear_availability(&mut self, message: String, answer: &ToolAnswer) -> Step {
        let plan = self.plan();
        let found = match answer.result {
            ToolResult::Ok => &answer.slots,
            _ => &answer.alternatives,
        };
        plan.offered = found.iter().take(MOST_OFFERED).cloned().collect();
        match answer.result {
            // Just what they wanted.
            ToolResult::Ok
                if plan.offered.len() == 1 && plan.when.as_ref().is_some_and(is_moment) =>
            {
                plan.chosen = plan.offered.first().cloned();
                self.after_choice(Some(message))
            }
            ToolResult::Ok
            | ToolResult::NoSlot
            | ToolResult::OutsideHours
            | ToolResult::SlotTaken
                if !plan.offered.is_empty() =>
            {
                self.offer(message)
            }
            ToolResult::Unavailable => self.go_on_with_message(message),
            ToolResult::NoSlot | ToolResult::OutsideHours => {
                plan.when = None;
                plan.misses += 1;
                if plan.misses >= MOST_MISSES {
                    return self.go_on_with_message(message);
                }
                self.state.asked = Asked::When;
                let ask = self.phrase(Booking::AskWhenInstead.into());
                Step::Say(self.reply(format!("{message} {ask}")))
            }
            // The message asks already.
            _ => {
                plan.when = None;
                self.state.asked = Asked::When;
                Step::Say(self.reply(message))
            }
        }
    }

    fn offer(&mut self, message: String) -> Step {
        self.state.asked = Asked::Slot;
        let is_one = self.plan().offered.len() == 1;
        let ask = self.phrase(Booking::AskWhichSlot { is_one }.into());
        Step::Say(self.reply(format!("{message} {ask}")))
    }

    /// A time is chosen: who comes, and is it right?
    pub(super) fn after_choice(&mut self, message: Option<String>) -> Step {
        if self.goal() == Goal::Book && self.state.customer_name.is_none() {
            self.state.asked = Asked::CustomerName;
            let ask = self.phrase(Phrase::AskName);
            let words: Vec<_> = message.into_iter().chain([ask]).collect();
            return Step::Say(self.reply(words.join(" ")));
        }
        self.ask(Asked::Confirmation)
    }

    /// They agreed: it is done.
    pub(super) fn commit(&mut self) -> Step {
        self.state.repairs = 0;
        let customer_name = self.state.customer_name.clone();
        let plan = self.plan().clone();
        let reason = plan.purpose();
        let chosen = plan.chosen.as_ref();
        let slot = chosen
            .filter(|_| !plan.is_token_over)
            .map(|slot| slot.slot.clone());
        let start = chosen.filter(|_| plan.is_token_over);
        let start = start.map(|slot| slot.start.to_rfc3339());
        match plan.goal {
            Goal::Cancel => self.call(
                ToolName::CancelAppointment,
                CancelAppointment {
                    confirmation_code: plan.code,
                },
            ),
            Goal::Move => self.call(
                ToolName::RescheduleAppointment,
                RescheduleAppointment {
                    slot,
                    start,
                    confirmation_code: plan.code,
                },
            ),
            Goal::Book | Goal::Find => self.call(
                ToolName::BookAppointment,
                BookAppointment {
                    slot,
                    start,
                    customer_name,
                    customer_phone: plan.phone,
                    customer_email: None,
                    service: plan.service,
                    reason,
                },
            ),
        }
    }

    pub(super) fn hear_done(&mut self, message: String, answer: &ToolAnswer) -> Step {
        match answer.result {
            ToolResult::Booked
            | ToolResult::Rescheduled
            | ToolResult::Cancelled
            | ToolResult::MessageTaken => {
                self.remember_last(answer);
                self.state.plan = None;
                self.state.asked = Asked::Nothing;
                let more = self.phrase(Phrase::AnythingElse);
                let text = match self.state.medium {
                    Medium::Voice => format!("{message} {more}"),
                    Medium::Text => message,
                };
                Step::Say(self.reply(text))
            }
            ToolResult::Invalid if answer.reason == Some("no_phone") => {
                self.state.asked = Asked::Phone;
                Step::Say(self.reply(message))
            }
            ToolResult::Invalid if answer.reason == Some("bad_phone") => {
                self.plan().phone = None;
                self.state.asked = Asked::Phone;
                Step::Say(self.reply(message))
            }
            // Who texts may answer an hour later: what was offered then may still be free.
            ToolResult::Invalid if self.plan().chosen.is_some() && !self.plan().is_token_over => {
                self.plan().is_token_over = true;
                self.commit()
            }
            ToolResult::NotFound | ToolResult::NeedsProof => self.ask_code(message),
            ToolResult::Unavailable => self.go_on_with_message(message),
            _ => {
                self.plan().is_token_over = false;
                self.plan().chosen = None;
                self.hear_availability(message, answer)
            }
        }
    }
}

/// Nothing that would have to be done first.
fn is_no_wish(intent: Intent) -> bool {
    intent == Intent::Unknown || intent.is_courtesy()
}

/// The place of something in a list, and nothing else.
fn is_place_alone(text: &str) -> bool {
    let said = plain(text);
    let telling = said.split(' ').filter(|word| !AROUND_PLACE.contains(word));
    telling.count() == 1
}

const AROUND_PLACE: &[&str] = &[
    "the", "one", "please", "option", "number", "le", "la", "l", "numero", "svp", "el", "opcion",
];

/// They named a moment, so that the one time that is found is theirs.
fn is_moment(when: &When) -> bool {
    when.kind == Kind::Time
}
