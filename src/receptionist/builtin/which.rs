//! Which of several appointments of theirs is meant.
use chrono::NaiveDateTime;

use super::between;
use super::choosing::{is_meant, on_day};
use super::dialogue::{Rachel, Step};
use super::plan::Goal;
use super::state::Asked;
use super::words::{self, Nth};
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::Booking;
use crate::receptionist::tools::OwnAppointment;
use crate::receptionist::understanding::answers::Choice;
use crate::receptionist::understanding::when::When;
use crate::receptionist::understanding::{Understanding, names_weekday};

/// Letters by which a word of a service is known again.
const STEM: usize = 5;
const SHORTEST_TELLING: usize = 4;

impl Rachel<'_> {
    /// These are theirs: the one that they named, the only one, or a question.
    pub(super) fn hear_own(&mut self, own: Vec<OwnAppointment>) -> Step {
        let said = self.plan().said.join(" ");
        let meant = self.plan().meant.clone();
        let picked = self.pick(&own, meant.as_ref(), &said);
        let only = (own.len() == 1).then_some(0);
        self.plan().own = own;
        match only.or(picked) {
            Some(at) => self.settle_on(at),
            None => self.ask(Asked::Which),
        }
    }

    /// "The thursday one", "the second", "my furnace", or its code.
    pub(super) fn hear_which(&mut self, text: &str, heard: Understanding) -> Step {
        let own = self.plan().own.clone();
        let (meant, whereto) = match self.goal() {
            Goal::Move => self.old_and_new(text),
            _ => (self.read_when(text), None),
        };
        if whereto.is_some() {
            self.plan().when = whereto;
        }
        let by_code = self.code_in(text);
        let by_code = own
            .iter()
            .position(|one| by_code.as_ref() == Some(&one.confirmation_code));
        let starts: Vec<_> = own
            .iter()
            .map(|one| self.business.local(one.start))
            .collect();
        let by_place = || match self.choice_in(text, &starts) {
            Some(Choice::Offer(at)) => Some(at),
            _ => None,
        };
        if by_code.is_none() && words::means_all(text) {
            return self.begin_with_first();
        }
        let picked = by_code
            .or_else(|| self.pick(&own, meant.as_ref(), text))
            .or_else(by_place);
        match picked {
            Some(at) => self.settle_on(at),
            None if heard.intent == Intent::No => self.drop_plan(),
            None => self.repair(),
        }
    }

    /// "Both": one after the other.
    fn begin_with_first(&mut self) -> Step {
        let one_by_one = self.phrase(Booking::OneAtATime.into());
        match self.settle_on(0) {
            Step::Say(mut reply) => {
                reply.text = format!("{one_by_one} {}", reply.text);
                Step::Say(reply)
            }
            call => call,
        }
    }

    pub(super) fn hear_which_key(&mut self, nth: Nth) -> Step {
        let all: Vec<usize> = (0..self.plan().own.len()).collect();
        match nth.of(&all) {
            Some(at) => self.settle_on(*at),
            None => self.repair(),
        }
    }

    /// "No, the other one", while one of several is spoken of.
    pub(super) fn hear_other_one(&mut self, text: &str) -> Option<Step> {
        let plan = self.state.plan.as_ref()?;
        let own = plan.own.clone();
        let now = own
            .iter()
            .position(|one| Some(&one.confirmation_code) == plan.code.as_ref())?;
        if own.len() < 2 || !matches!(plan.goal, Goal::Cancel | Goal::Move) {
            return None;
        }
        // Where a new time is spoken of too, a day is hardly that of the appointment.
        let meant = (plan.goal == Goal::Cancel).then(|| self.read_when(text));
        let other = self.pick(&own, meant.flatten().as_ref(), text);
        if let Some(other) = other.filter(|other| *other != now) {
            return Some(self.settle_on(other));
        }
        if !between::means_other(text) {
            return None;
        }
        Some(match own.len() {
            2 => self.settle_on(1 - now),
            _ => self.ask(Asked::Which),
        })
    }

    /// It is this one: what shall become of it?
    fn settle_on(&mut self, at: usize) -> Step {
        self.state.repairs = 0;
        let plan = self.plan();
        let Some(one) = plan.own.get(at).cloned() else {
            return self.repair();
        };
        plan.appointment = Some(one.start);
        plan.code = Some(one.confirmation_code);
        if plan.goal == Goal::Move {
            // What is free must be free for as long as it takes.
            plan.service = one.service;
            let at = self.business.local(one.start);
            let now = self.now.map(|now| self.business.local(now));
            let plan = self.plan();
            // "To thursday, at three" has its day.
            let meant = plan.meant.as_ref().filter(|when| !when.is_day_assumed);
            let said = meant.and_then(|when| when.date);
            let moved = plan.when.clone();
            let moved = moved.filter(|when| when.is_day_assumed && said != when.date);
            let moved = moved.map(|when| on_day(when, at.date()));
            let is_ahead = |when: &When| when.start.or(when.end) > now;
            plan.when = moved.filter(is_ahead).or(plan.when.take());
        }
        let plan = self.plan();
        match plan.goal {
            Goal::Move if plan.chosen.is_none() && plan.when.is_some() => self.ask_next(),
            Goal::Move if plan.chosen.is_none() => {
                let at = self.business.local(one.start);
                self.state.asked = Asked::When;
                self.say(&[Booking::AskMove { at }.into()])
            }
            _ => self.ask(Asked::Confirmation),
        }
    }

    /// The one that a day, a time or the words of its service name.
    fn pick(&self, own: &[OwnAppointment], meant: Option<&When>, said: &str) -> Option<usize> {
        let all: Vec<usize> = (0..own.len()).collect();
        let narrow = |from: Vec<usize>, is_it: &dyn Fn(usize) -> bool| {
            let found: Vec<usize> = from.iter().copied().filter(|at| is_it(*at)).collect();
            if found.is_empty() { from } else { found }
        };
        let start = |at: usize| self.business.local(own[at].start);
        let is_named = |at: usize| meant.is_some_and(|when| is_meant(when, start(at)));
        // A weekday is that of an appointment, however far ahead, unless one is on the coming one.
        let is_weekday = |at: usize| {
            let moved = meant.and_then(|when| on_weekday_of(when, start(at)));
            moved.is_some_and(|when| is_meant(&when, start(at)))
        };
        let has_named = all.iter().any(|at| is_named(*at));
        let on_time = match has_named || !names_weekday(said, self.language()) {
            true => narrow(all, &is_named),
            false => narrow(all, &is_weekday),
        };
        let shared = |at: usize| shared_words(own[at].service.as_deref().unwrap_or_default(), said);
        let most = on_time.iter().map(|at| shared(*at)).max().unwrap_or(0);
        let left = narrow(on_time, &|at| most > 0 && shared(at) == most);
        match left.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The day of the appointment and the one it is moved to: "my tuesday appointment to friday at three".
    pub(super) fn old_and_new(&self, text: &str) -> (Option<When>, Option<When>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let splits = (1..words.len()).filter(|at| WHERETO.contains(&plain(words[*at]).as_str()));
        let parts: Vec<(Option<When>, When)> = splits
            .filter_map(|at| {
                let old = self.read_when(&words[..at].join(" "));
                let day = old.as_ref().and_then(|when| when.date);
                let rest = words[at + 1..].join(" ");
                let new = self
                    .business
                    .read_when(&rest, self.language(), self.now?, day);
                Some((old, new?))
            })
            .collect();
        let has_both = |part: &&(Option<When>, When)| part.0.is_some();
        let with_day = parts
            .iter()
            .rfind(|part| has_both(part) && !part.1.is_day_assumed);
        let found = with_day
            .or_else(|| parts.iter().rfind(has_both))
            .or_else(|| parts.first());
        match found {
            Some((old, new)) => (old.clone(), Some(new.clone())),
            None if between::means_instead(text) => (None, self.read_when(text)),
            None => (self.read_when(text), None),
        }
    }
}

/// The same reading in the week of that moment, if it is of that weekday.
fn on_weekday_of(when: &When, at: NaiveDateTime) -> Option<When> {
    let ahead = at.date() - when.date?;
    let is_weekday = ahead.num_days() % 7 == 0;
    is_weekday.then(|| When {
        date: Some(at.date()),
        start: when.start.map(|start| start + ahead),
        end: when.end.map(|end| end + ahead),
        ..when.clone()
    })
}

/// What leads to the new time.
const WHERETO: &[&str] = &[
    "to", "for", "until", "au", "a", "pour", "para", "al", "hasta",
];

/// How many telling words of a service were said.
fn shared_words(service: &str, said: &str) -> usize {
    let stem = |word: &str| word.chars().take(STEM).collect::<String>();
    let said: Vec<String> = plain(said).split(' ').map(stem).collect();
    let service = plain(service);
    let telling = service
        .split(' ')
        .filter(|word| word.chars().count() >= SHORTEST_TELLING);
    telling.filter(|word| said.contains(&stem(word))).count()
}
