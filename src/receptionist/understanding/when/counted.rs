//! Days that are counted from others: "in two weeks", "a week from friday", "the day before christmas".
use chrono::{Days, Months, NaiveDate};

use super::Grain;
use super::calendar::{Calendar, Dates, Day, Period, monday_of};
use super::pieces::{Piece, Unit};
use crate::kernel::language::Language;

/// How many days "a few days" are.
const FEW: u32 = 5;

impl Calendar<'_> {
    /// "In two weeks", "a week from friday", "dans quinze jours".
    pub(super) fn counted_here(&self, start: usize) -> Option<(Dates, usize)> {
        let at = if matches!(self.at(start)?, Piece::In) {
            start + 1
        } else {
            start
        };
        let (count, unit, end) = self.count_of(at)?;
        if self.at(end).is_some_and(Piece::is_gone) {
            return None;
        }
        if matches!(self.at(end), Some(Piece::From | Piece::After | Piece::On))
            && matches!(unit, Unit::Day | Unit::Week | Unit::Fortnight | Unit::Month)
        {
            let (Dates::Day(day), end) = self.dates(end + 1)? else {
                return None;
            };
            let mut later = self.later(day.date, count?, unit)?;
            if unit == Unit::Day {
                later.grain = Grain::Day;
            }
            return Some((Dates::Day(later), end));
        }
        if at == start {
            return None;
        }
        let Some(count) = count else {
            return Some((Dates::Period(self.in_a_few(unit)?), end));
        };
        Some((Dates::Day(self.later(self.today, count, unit)?), end))
    }

    /// A number of units; no number if it was "a few".
    pub(super) fn count_of(&self, at: usize) -> Option<(Option<u32>, Unit, usize)> {
        let (count, at) = match self.at(at)? {
            Piece::One => (Some(1), at + 1),
            Piece::Few => (None, at + 1),
            Piece::Number {
                value: value @ 1..=60,
                ..
            } => (Some(value), at + 1),
            // "Week from tuesday".
            Piece::Unit(Unit::Week) => (Some(1), at),
            _ => return None,
        };
        match self.at(at)? {
            Piece::Unit(
                unit @ (Unit::Day | Unit::Week | Unit::Fortnight | Unit::Month | Unit::Year),
            ) => Some((count, unit, at + 1)),
            _ => None,
        }
    }

    /// So many days, weeks or months after a day. French and Spanish count both ends: "quinze jours" are two weeks.
    pub(super) fn later(&self, from: NaiveDate, count: u32, unit: Unit) -> Option<Day> {
        let counts_both_ends = self.language != Language::En;
        let (date, grain) = match unit {
            Unit::Day if counts_both_ends && matches!(count, 8 | 15) => {
                (from + Days::new(u64::from(count) - 1), Grain::Day)
            }
            Unit::Day => (from + Days::new(count.into()), Grain::Day),
            Unit::Week => (from + Days::new(7 * u64::from(count)), Grain::Week),
            Unit::Fortnight => (from + Days::new(14 * u64::from(count)), Grain::Week),
            Unit::Month => (from.checked_add_months(Months::new(count))?, Grain::Month),
            _ => return None,
        };
        Some(Day {
            grain,
            ..self.day_of(date)
        })
    }

    pub(super) fn in_a_few(&self, unit: Unit) -> Option<Period> {
        let (first, last, grain) = match unit {
            Unit::Day => (2, FEW, Grain::Day),
            Unit::Week => (14, 28, Grain::Week),
            _ => return None,
        };
        Some(self.span(
            self.today + Days::new(first),
            self.today + Days::new(last.into()),
            grain,
        ))
    }

    /// "The day before christmas", "the week after the 14th".
    pub(super) fn beside(&self, start: usize) -> Option<(Dates, usize)> {
        let at = self.past(start, &[Piece::The, Piece::On, Piece::In]);
        let Piece::Unit(unit @ (Unit::Day | Unit::Week)) = self.at(at)? else {
            return None;
        };
        let is_after = match self.at(at + 1)? {
            Piece::After => true,
            Piece::Before => false,
            _ => return None,
        };
        let (Dates::Day(day), end) = self.dates(at + 2)? else {
            return None;
        };
        let count = Days::new(if unit == Unit::Day { 1 } else { 7 });
        let from = if unit == Unit::Day {
            day.date
        } else {
            monday_of(day.date)
        };
        let date = if is_after { from + count } else { from - count };
        let dates = match unit {
            Unit::Day => Dates::Day(self.day_of(date)),
            _ => Dates::Period(self.span(date, date + Days::new(7), Grain::Week)),
        };
        Some((dates, end))
    }

    /// "Within two weeks", "the next few days", "les deux prochaines semaines".
    pub(super) fn next_units(&self, start: usize) -> Option<(Dates, usize)> {
        let at = self.past(start, &[Piece::In, Piece::The]);
        let mut is_next = false;
        let mut at = at;
        while matches!(
            self.at(at),
            Some(Piece::Within | Piece::By | Piece::Next | Piece::Coming | Piece::The)
        ) {
            is_next |= self.at(at) != Some(Piece::The);
            at += 1;
        }
        let (count, at) = match self.at(at)? {
            Piece::One if is_next => (1, at + 1),
            Piece::Few => (FEW, at + 1),
            Piece::Number {
                value: value @ 1..=60,
                ..
            } => (value, at + 1),
            Piece::Unit(Unit::Day) if is_next => (FEW, at),
            _ => return None,
        };
        let after = self.past(at, &[Piece::Next, Piece::Coming]);
        is_next |= after > at;
        let Piece::Unit(unit) = self.at(after)? else {
            return None;
        };
        let end = self.past(after + 1, &[Piece::Next, Piece::Coming]);
        if !(is_next || end > after + 1) {
            return None;
        }
        let (until, grain) = match unit {
            Unit::Day => (self.today + Days::new(count.into()), Grain::Day),
            Unit::Week => (self.today + Days::new(7 * u64::from(count)), Grain::Week),
            Unit::Fortnight => (self.today + Days::new(14), Grain::Week),
            Unit::Month => (
                self.today.checked_add_months(Months::new(count))?,
                Grain::Month,
            ),
            _ => return None,
        };
        Some((Dates::Period(self.span(self.today, until, grain)), end))
    }
}
