//! What remains of an utterance: later words replace earlier ones, choices keep the first.
use chrono::{Datelike, Days, NaiveDate};

use super::Grain;
use super::calendar::{Calendar, Dates, Day, Period, monday_of};
use super::spans::{Bound, Finding, Found, PartSaid};

/// What remains of an utterance when later words have replaced earlier ones.
#[derive(Default)]
pub(super) struct Said {
    pub(super) day: Option<Day>,
    /// Further days that suit as well.
    pub(super) choices: Vec<NaiveDate>,
    pub(super) period: Option<Period>,
    pub(super) bound: Option<(Bound, Dates)>,
    pub(super) part: Option<PartSaid>,
    pub(super) time: Option<Found>,
    pub(super) is_asap: bool,
    pub(super) is_later: bool,
    pub(super) is_impossible: bool,
    pub(super) in_choice: bool,
    pub(super) is_corrected: bool,
    /// Where the last finding ended, for what stands right behind it.
    pub(super) ended: usize,
}

impl Said {
    pub(super) fn hear(&mut self, finding: &Finding, calendar: &Calendar<'_>) {
        let between = &calendar.pieces[self.ended.min(finding.start)..finding.start];
        let is_adjacent = between.iter().all(|piece| piece.is_glue());
        match &finding.found {
            Found::Correct => {
                self.is_corrected = true;
                self.in_choice = false;
            }
            Found::Or => self.in_choice = true,
            Found::Dates(Dates::Impossible) | Found::Bound(_, Dates::Impossible) => {
                self.is_impossible = true
            }
            Found::Dates(Dates::Day(day)) => self.hear_day(day, is_adjacent),
            Found::Dates(Dates::Period(period)) => self.hear_period(period, is_adjacent),
            Found::Bound(bound, dates) => self.bound = Some((*bound, dates.clone())),
            Found::Part(part) => self.hear_part(*part),
            Found::At(_)
            | Found::Between(_, _)
            | Found::After(_)
            | Found::Before(_)
            | Found::In(_)
            | Found::Within(_) => self.hear_time(&finding.found),
            Found::Asap => self.is_asap = true,
            Found::Later => self.is_later = true,
        }
        self.ended = finding.end;
    }

    pub(super) fn hear_day(&mut self, day: &Day, is_adjacent: bool) {
        if self.in_choice && self.day.is_some() {
            // "Tuesday or wednesday", said on a wednesday, are one after the other.
            let is_before = day.bare_weekday.is_some()
                && self.day.as_ref().is_some_and(|first| day.date < first.date);
            self.choices
                .push(day.date + Days::new(if is_before { 7 } else { 0 }));
            return;
        }
        let mut day = day.clone();
        if let Some(period) = self.period.take() {
            day = within(&day, &period).unwrap_or(day);
        }
        let replaces = self
            .day
            .as_ref()
            .is_some_and(|before| before.date != day.date);
        // "Tomorrow at four … can we make it friday": the four was that of tomorrow.
        if replaces && !self.is_corrected && !is_adjacent {
            self.time = None;
            self.part = None;
        }
        self.choices.clear();
        self.is_impossible = false;
        self.is_corrected = false;
        self.in_choice = false;
        self.day = Some(day);
    }

    pub(super) fn hear_period(&mut self, period: &Period, is_adjacent: bool) {
        if self.in_choice && (self.day.is_some() || self.period.is_some()) {
            return;
        }
        if let Some(day) = self.day.as_ref().filter(|_| period.is_following) {
            let start = monday_of(day.date) + Days::new(7);
            let period = Period {
                start,
                end: start + Days::new(7),
                is_following: false,
                ..period.clone()
            };
            self.day = None;
            return self.hear_period(&period, false);
        }
        if let Some(day) = &self.day {
            let moved = within(day, period).filter(|_| is_adjacent);
            let holds = is_adjacent && (period.start..period.end).contains(&day.date);
            if let Some(moved) = moved {
                self.day = Some(moved);
                return;
            }
            if holds {
                return;
            }
            self.day = None;
            if !self.is_corrected {
                self.time = None;
                self.part = None;
            }
        }
        self.is_impossible = false;
        self.period = Some(period.clone());
    }

    pub(super) fn hear_part(&mut self, part: PartSaid) {
        if self.in_choice && self.part.is_some() {
            return;
        }
        if self.is_corrected && self.day.is_none() && matches!(self.time, Some(Found::At(_))) {
            self.time = None;
        }
        // "Tôt demain matin": early, and then the morning.
        let before = self.part.filter(|before| before.part == part.part);
        self.part = Some(PartSaid {
            edge: part.edge.or(before.and_then(|before| before.edge)),
            is_today: part.is_today || before.is_some_and(|before| before.is_today),
            ..part
        });
    }

    pub(super) fn hear_time(&mut self, time: &Found) {
        self.time = match (self.time.take(), time) {
            (Some(first), _) if self.in_choice => Some(first),
            (Some(Found::After(from)), Found::Before(until)) => Some(Found::Between(from, *until)),
            (Some(Found::Before(until)), Found::After(from)) => Some(Found::Between(*from, until)),
            _ => Some(time.clone()),
        };
    }
}

/// A weekday in a week that was said, a day in a month that was said.
fn within(day: &Day, period: &Period) -> Option<Day> {
    let date = match (period.grain, day.bare_weekday, day.bare_day) {
        (Grain::Week, Some(weekday), _) => {
            monday_of(period.start) + Days::new(weekday.num_days_from_monday().into())
        }
        (Grain::Month, _, Some(day)) => period.start.with_day(day)?,
        _ => return None,
    };
    Some(Day {
        date,
        bare_weekday: None,
        bare_day: None,
        ..day.clone()
    })
}
