//! Which of the times that were offered, or of the two that could be meant.
use chrono::{NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::dialogue::{Rachel, Step};
use super::state::Asked;
use super::words::{self, Nth};
use crate::receptionist::asked_time::at_time;
use crate::receptionist::intent::Intent;
use crate::receptionist::say::{Booking, Phrase};
use crate::receptionist::tools::wanted::{self, Unclear};
use crate::receptionist::understanding::Understanding;
use crate::receptionist::understanding::answers::{self, Choice};
use crate::receptionist::understanding::when::{Context, Grain, Kind, When};

impl Rachel<'_> {
    /// "The second one", "ten thirty", "plutôt 14 h", "no, Wednesday", "yes".
    pub(super) fn hear_choice(&mut self, text: &str, heard: Understanding) -> Step {
        let business = self.business;
        let offered = self.plan().offered_times(business);
        let when = self.read_when(text);
        if let Some(when) = &when
            && let Some(nth) = named(when, &offered)
        {
            return self.choose(nth);
        }
        match self.choice_in(text, &offered) {
            Some(Choice::Offer(at)) => return self.choose(Nth::At(at)),
            // "Any of them": the first one.
            Some(Choice::Any) => return self.choose(Nth::At(0)),
            Some(Choice::None) | None => {}
        }
        let is_that_day = when.as_ref().is_none_or(|when| {
            when.kind == Kind::Day && offered.iter().all(|at| is_meant(when, *at))
        });
        if is_that_day
            && let Some(shift) = shift_in(text)
            && let Some(when) = shift.from(&offered)
        {
            return self.accept(when);
        }
        if let Some(when) = when {
            let is_known = when.kind == Kind::Day && offered.iter().all(|at| is_meant(&when, *at));
            return match is_known {
                true => self.ask(Asked::Slot),
                false => self.accept(when),
            };
        }
        if words::refuses_all(text) || heard.intent == Intent::No || words::begins_with_no(text) {
            let plan = self.plan();
            plan.offered.clear();
            plan.when = None;
            self.state.asked = Asked::When;
            self.state.repairs = 0;
            return self.say(&[Phrase::AllRight, Booking::AskWhenInstead.into()]);
        }
        let agrees = heard.intent == Intent::Yes || words::begins_with_yes(text);
        if agrees && offered.len() == 1 {
            return self.choose(Nth::At(0));
        }
        self.repair()
    }

    /// Whether a goodbye comes behind an answer to what was asked: "yes thanks, bye", "the second one, bye".
    pub(super) fn answers_first(&mut self, text: &str) -> bool {
        match self.state.asked {
            Asked::Confirmation => words::begins_with_yes(text),
            Asked::Slot => {
                let business = self.business;
                let offered = self.plan().offered_times(business);
                shift_in(text).is_some()
                    || matches!(self.choice_in(text, &offered), Some(Choice::Offer(_)))
            }
            Asked::When => shift_in(text).is_some(),
            _ => false,
        }
    }

    pub(super) fn choice_in(&self, text: &str, offered: &[NaiveDateTime]) -> Option<Choice> {
        let business = self.business;
        let is_open = |at: NaiveDateTime| business.is_open_at(at);
        let context = Context {
            now: business.local(self.now?),
            is_open: &is_open,
            day: None,
        };
        answers::choose(text, self.language(), offered, &context)
    }

    pub(super) fn is_offered(&self, nth: Nth) -> bool {
        let plan = self.state.plan.as_ref();
        plan.is_some_and(|plan| nth.of(&plan.offered).is_some())
    }

    pub(super) fn choose(&mut self, nth: Nth) -> Step {
        self.state.repairs = 0;
        let plan = self.plan();
        plan.chosen = nth.of(&plan.offered).cloned();
        let chosen = self.chosen_words();
        self.after_choice(chosen)
    }

    /// The time that is theirs now, so that they can object.
    pub(super) fn chosen_words(&self) -> Option<String> {
        let chosen = self.state.plan.as_ref()?.chosen.as_ref()?;
        let at = self.business.local(chosen.start);
        Some(self.phrase(Booking::Chosen { at }.into()))
    }

    /// Whether a reading says nothing but what is chosen already.
    pub(super) fn is_chosen(&self, when: &When) -> bool {
        let plan = self.state.plan.as_ref();
        let chosen = plan.and_then(|plan| plan.chosen.as_ref());
        chosen.is_some_and(|slot| is_meant(when, self.business.local(slot.start)))
    }

    /// Morning or evening, this week or next.
    pub(super) fn hear_which_when(&mut self, text: &str) -> Step {
        let Some(unclear) = self.plan().unclear.clone() else {
            return self.ask_next();
        };
        let said = self.read_when(text);
        match wanted::unclear(&unclear) {
            Some(Unclear::AmPm { early, late }) => {
                let part = said.as_ref().and_then(|when| when.part);
                let time = said
                    .as_ref()
                    .filter(|when| when.kind == Kind::Time && !when.is_am_pm_open)
                    .and_then(|when| when.start)
                    .map(|start| start.time());
                let by_part = part.and_then(|part| {
                    let day = unclear.date?;
                    let is_in = |time: &NaiveTime| wanted::is_in(part, day.and_time(*time));
                    [early, late].into_iter().find(is_in)
                });
                let by_word = half_in(text).map(|is_late| if is_late { late } else { early });
                let by_time = time.filter(|time| [early, late].contains(time));
                match by_time
                    .or(by_part)
                    .or(by_word)
                    .or_else(|| self.nth_of_two(text, [early, late]))
                {
                    Some(time) => self.settle(at_time(unclear, time)),
                    None => self.other_or_repair(said),
                }
            }
            Some(Unclear::WhichDay { first, second }) => {
                let day = said
                    .as_ref()
                    .filter(|when| !when.is_ambiguous)
                    .and_then(|when| when.date);
                let named = day.filter(|day| [first, second].contains(day));
                match named.or_else(|| self.nth_of_two(text, [first, second])) {
                    Some(day) => self.settle(on_day(unclear, day)),
                    None => self.other_or_repair(said),
                }
            }
            _ => self.ask_next(),
        }
    }

    pub(super) fn hear_which_when_key(&mut self, nth: Nth) -> Step {
        let Some(unclear) = self.plan().unclear.clone() else {
            return self.repair();
        };
        match wanted::unclear(&unclear) {
            Some(Unclear::AmPm { early, late }) => match nth.of(&[early, late]) {
                Some(time) => self.settle(at_time(unclear, *time)),
                None => self.repair(),
            },
            Some(Unclear::WhichDay { first, second }) => match nth.of(&[first, second]) {
                Some(day) => self.settle(on_day(unclear, *day)),
                None => self.repair(),
            },
            _ => self.repair(),
        }
    }

    /// "This one" is the nearer of two, "the next" the other.
    fn nth_of_two<T: Copy>(&self, text: &str, two: [T; 2]) -> Option<T> {
        if let Some(nth) = words::nth_in(text) {
            return nth.of(&two).copied();
        }
        let said = format!(" {} ", crate::receptionist::plain::plain(text));
        let has = |words: &[&str]| words.iter().any(|word| said.contains(&format!(" {word} ")));
        if has(&[
            "this",
            "this week",
            "cette",
            "ce",
            "celui ci",
            "este",
            "esta",
            "esta semana",
        ]) {
            return Some(two[0]);
        }
        has(&[
            "next",
            "following",
            "week after",
            "prochain",
            "prochaine",
            "suivant",
            "suivante",
            "siguiente",
            "proximo",
            "proxima",
            "que viene",
        ])
        .then_some(two[1])
    }

    /// Something else was said: a clear day or time is taken as a correction.
    fn other_or_repair(&mut self, said: Option<When>) -> Step {
        match said.filter(|when| wanted::unclear(when).is_none()) {
            Some(when) => self.accept(when),
            None => self.repair(),
        }
    }

    fn settle(&mut self, when: When) -> Step {
        self.accept(when)
    }
}

/// Another time than those that were offered, on their side of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    Earlier,
    Later,
}

impl Shift {
    /// The rest of the day, seen from what was offered on it.
    fn from(self, offered: &[NaiveDateTime]) -> Option<When> {
        let (kind, at) = match self {
            Self::Earlier => (Kind::Before, *offered.iter().min()?),
            Self::Later => (Kind::After, *offered.iter().max()? + TimeDelta::minutes(1)),
        };
        Some(When {
            kind,
            date: Some(at.date()),
            start: (self == Self::Later).then_some(at),
            end: (self == Self::Earlier).then_some(at),
            grain: Some(Grain::Minute),
            ..When::any_time()
        })
    }
}

const EARLIER: &[&str] = &[
    "earlier",
    "sooner",
    "plus tot",
    "plus de bonne heure",
    "mas temprano",
    "antes",
];
const LATER: &[&str] = &["later", "plus tard", "mas tarde", "mas tardecito"];
/// They put off the talk, not the appointment.
const LEAVES: &[&str] = &[
    "bye",
    "goodbye",
    "talk",
    "call",
    "see",
    "a plus tard",
    "rappelle",
    "rappellerai",
    "llamo",
    "adios",
    "chao",
    "hablamos",
    "vemos",
];

/// "Anything later?", "plus tôt", "algo más tarde".
pub(super) fn shift_in(text: &str) -> Option<Shift> {
    let said = crate::receptionist::plain::plain(text);
    let has = |table: &[&str]| table.iter().any(|words| words::has(&said, words));
    match (has(EARLIER), has(LATER)) {
        _ if has(LEAVES) => None,
        (true, false) => Some(Shift::Earlier),
        (false, true) => Some(Shift::Later),
        _ => None,
    }
}

pub(super) fn on_day(unclear: When, day: chrono::NaiveDate) -> When {
    let shift = unclear.date.map_or(TimeDelta::zero(), |date| day - date);
    When {
        date: Some(day),
        start: unclear.start.map(|at| at + shift),
        end: unclear.end.map(|at| at + shift),
        alternatives: Vec::new(),
        is_ambiguous: false,
        ..unclear
    }
}

/// Which half of the day a bare word names: true for the later one.
fn half_in(text: &str) -> Option<bool> {
    let said = format!(" {} ", crate::receptionist::plain::plain(text));
    let has = |words: &[&str]| words.iter().any(|word| said.contains(&format!(" {word} ")));
    if has(&[
        "pm",
        "p m",
        "afternoon",
        "evening",
        "apres midi",
        "soir",
        "souper",
        "tarde",
        "noche",
    ]) {
        return Some(true);
    }
    has(&["am", "a m", "morning", "matin", "avant midi", "manana"]).then_some(false)
}

/// The one offered time that a reading names, if it is one.
fn named(when: &When, offered: &[NaiveDateTime]) -> Option<Nth> {
    let mut found = offered
        .iter()
        .enumerate()
        .filter(|(_, at)| is_meant(when, **at));
    let (at, _) = found.next()?;
    found.next().is_none().then_some(Nth::At(at))
}

/// Whether a reading of a day, a time or a part of the day is that moment.
pub(super) fn is_meant(when: &When, at: NaiveDateTime) -> bool {
    let is_date = when.date == Some(at.date()) || when.alternatives.contains(&at.date());
    let is_day = when.is_day_assumed || is_date;
    match when.kind {
        Kind::Time => when.start.is_some_and(|start| {
            let is_time = at.time() == start.time()
                || (when.is_am_pm_open || when.is_day_assumed)
                    && (at.hour() % 12, at.minute()) == (start.hour() % 12, start.minute());
            is_day && is_time
        }),
        Kind::Day => is_date,
        Kind::Part => is_day && when.part.is_some_and(|part| wanted::is_in(part, at)),
        Kind::Asap | Kind::Range | Kind::Period | Kind::After | Kind::Before => false,
    }
}
