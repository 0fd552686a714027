//! Periods, and days that are counted from others: "next week", "in two weeks", "the first monday of december".
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::Grain;
use super::calendar::{Calendar, Dates, Day, Period, monday_of};
use super::pieces::{Piece, Unit};
use crate::kernel::language::Language;

/// How many days "a few days" are.
const FEW: u32 = 5;

impl Calendar<'_> {
    fn at(&self, at: usize) -> Option<Piece> {
        self.pieces.get(at).copied()
    }

    fn past(&self, at: usize, little: &[Piece]) -> usize {
        let run = self.pieces.get(at..).unwrap_or_default().iter();
        at + run.take_while(|piece| little.contains(piece)).count()
    }

    /// "In two weeks", "a week from friday", "dans quinze jours".
    pub(super) fn from_here(&self, start: usize) -> Option<(Dates, usize)> {
        let at = if matches!(self.at(start)?, Piece::In) {
            start + 1
        } else {
            start
        };
        let (count, unit, end) = self.count_of(at)?;
        if self.at(end) == Some(Piece::Gone) {
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
    fn count_of(&self, at: usize) -> Option<(Option<u32>, Unit, usize)> {
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
    fn later(&self, from: NaiveDate, count: u32, unit: Unit) -> Option<Day> {
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

    fn in_a_few(&self, unit: Unit) -> Option<Period> {
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

    /// "The first monday of december", "la dernière semaine du mois".
    pub(super) fn ordinal_of(&self, start: usize) -> Option<(Dates, usize)> {
        let at = self.past(start, &[Piece::The, Piece::On, Piece::In]);
        let (order, unit) = match (self.at(at)?, self.at(at + 1)?) {
            (Piece::Ordinal(order @ 1..=5), unit) => (order, unit),
            (Piece::Gone, unit) => (0, unit),
            // "El último lunes", "la semaine dernière" stands behind.
            _ => return None,
        };
        let of = self.past(at + 2, &[Piece::Of, Piece::In, Piece::The]);
        if of == at + 2 {
            return None;
        }
        let (Dates::Period(month), end) = self.period_here(of, true)? else {
            return None;
        };
        if month.grain != Grain::Month {
            return None;
        }
        let first = month.start.with_day(1)?;
        let last = month.end.pred_opt()?;
        let dates = match unit {
            Piece::Weekday(weekday) => {
                let nth = |first: NaiveDate| match order {
                    0 => Some(last - Days::new(last.weekday().days_since(weekday).into())),
                    _ => NaiveDate::from_weekday_of_month_opt(
                        first.year(),
                        first.month(),
                        weekday,
                        order as u8,
                    ),
                };
                nth(first).map_or(Dates::Impossible, |date| Dates::Day(self.day_of(date)))
            }
            Piece::Unit(Unit::Week) => {
                let (from, until) = match order {
                    0 => (last - Days::new(6), month.end),
                    _ => (
                        first + Days::new(7 * u64::from(order - 1)),
                        (first + Days::new(7 * u64::from(order))).min(month.end),
                    ),
                };
                Dates::Period(self.span(from, until, Grain::Week))
            }
            _ => return None,
        };
        Some((dates, end))
    }

    /// "Early next week", "the end of the month", "mi-décembre", "a fines de mes".
    pub(super) fn edge(&self, start: usize) -> Option<(Dates, usize)> {
        let at = self.past(start, &[Piece::The, Piece::In, Piece::A, Piece::At]);
        let edge = self.at(at)?;
        let at = self.past(at + 1, &[Piece::Of, Piece::In, Piece::The]);
        if !matches!(
            edge,
            Piece::Start
                | Piece::Middle
                | Piece::End
                | Piece::Rest
                | Piece::Early
                | Piece::Late
                | Piece::Later
        ) {
            return None;
        }
        let (Dates::Period(whole), end) = self.period_here(at, true)? else {
            return None;
        };
        let (mut from, mut until) = self.edge_of(edge, &whole)?;
        // The beginning of this month may be over: then that of the next is meant.
        if until <= self.today {
            let next = match whole.grain {
                Grain::Month => {
                    self.whole_month(whole.start.checked_add_months(Months::new(1))?)?
                }
                _ => self.span(
                    whole.start + Days::new(7),
                    whole.end + Days::new(7),
                    Grain::Week,
                ),
            };
            (from, until) = self.edge_of(edge, &next)?;
        }
        Some((Dates::Period(self.span(from, until, whole.grain)), end))
    }

    fn edge_of(&self, edge: Piece, whole: &Period) -> Option<(NaiveDate, NaiveDate)> {
        let tomorrow = self.today + Days::new(1);
        match edge {
            Piece::Rest => return Some((whole.start.max(self.today), whole.end)),
            Piece::Later => return Some((whole.start.max(tomorrow), whole.end)),
            _ => {}
        }
        Some(match whole.grain {
            Grain::Week
                if whole.end - whole.start <= chrono::TimeDelta::days(2)
                    && whole.start.weekday() == Weekday::Sat =>
            {
                (whole.start, whole.end)
            }
            Grain::Week => {
                let monday = monday_of(whole.start);
                let (from, until) = match edge {
                    Piece::Start | Piece::Early => (0, 2),
                    Piece::Middle => (1, 4),
                    _ => (3, 5),
                };
                (monday + Days::new(from), monday + Days::new(until))
            }
            Grain::Month => {
                let first = whole.start.with_day(1)?;
                match edge {
                    Piece::Start | Piece::Early => (first, first.with_day(11)?),
                    Piece::Middle => (first.with_day(11)?, first.with_day(21)?),
                    _ => (
                        first.with_day(21)?,
                        first.checked_add_months(Months::new(1))?,
                    ),
                }
            }
            _ => return None,
        })
    }

    pub(super) fn period(&self, start: usize) -> Option<(Dates, usize)> {
        self.period_here(start, false)
    }

    /// "This week", "le mois prochain", "el fin de semana". With `bare` a unit or month without more will do.
    pub(super) fn period_here(&self, start: usize, bare: bool) -> Option<(Dates, usize)> {
        let mut at = self.past(
            start,
            &[
                Piece::The,
                Piece::On,
                Piece::In,
                Piece::Of,
                Piece::For,
                Piece::A,
            ],
        );
        let is_announced = bare
            || at > start
                && self.pieces[start..at]
                    .iter()
                    .any(|piece| *piece != Piece::The);
        let mut which = None;
        while let Some(piece @ (Piece::Next | Piece::Coming | Piece::This)) = self.at(at) {
            which = Some(piece);
            at += 1;
        }
        let unit = match self.at(at)? {
            Piece::Unit(Unit::Month)
                if self.at(at + 1) == Some(Piece::Of)
                    && matches!(self.at(at + 2), Some(Piece::Month(_))) =>
            {
                return self.period_here(at + 2, true);
            }
            Piece::Month(month) => {
                let is_day = matches!(
                    self.at(at + 1),
                    Some(Piece::Number { .. } | Piece::Ordinal(_))
                );
                let is_meant = which.is_some() || is_announced && !is_day;
                return if is_meant {
                    Some((Dates::Period(self.named_month(month)?), at + 1))
                } else {
                    None
                };
            }
            Piece::Unit(unit) => unit,
            _ => return None,
        };
        at += 1;
        if self.at(at) == Some(Piece::Gone) {
            return None;
        }
        if let Some(piece @ (Piece::Next | Piece::Coming)) = self.at(at)
            && which.is_none()
        {
            which = Some(piece);
            at += 1;
        }
        if unit == Unit::Week
            && self.at(at) == Some(Piece::After)
            && self.at(at + 1) == Some(Piece::Next)
        {
            let start = self.monday() + Days::new(14);
            return Some((
                Dates::Period(self.span(start, start + Days::new(7), Grain::Week)),
                at + 2,
            ));
        }
        if unit == Unit::Weekend
            && self.at(at) == Some(Piece::After)
            && self.at(at + 1) == Some(Piece::Next)
        {
            let start = self.monday() + Days::new(14 + 5);
            let weekend = self.span(start, start + Days::new(2), Grain::Week);
            return Some((Dates::Period(weekend), at + 2));
        }
        if unit == Unit::Week && self.at(at) == Some(Piece::Of) {
            if let Some((Dates::Day(day), end)) = self.dates(at + 1) {
                let start = monday_of(day.date);
                return Some((
                    Dates::Period(self.span(start, start + Days::new(7), Grain::Week)),
                    end,
                ));
            }
        }
        let is_next = matches!(which, Some(Piece::Next | Piece::Coming));
        if which.is_none() && !bare && unit != Unit::Weekend {
            return None;
        }
        let period = match unit {
            Unit::Week => {
                let start = self.monday() + Days::new(if is_next { 7 } else { 0 });
                self.span(start, start + Days::new(7), Grain::Week)
            }
            Unit::Weekend => self.weekend(which),
            Unit::Month => self.whole_month(
                self.today
                    .with_day(1)?
                    .checked_add_months(Months::new(is_next.into()))?,
            )?,
            Unit::Year => {
                let year = self.today.year() + i32::from(is_next);
                self.span(
                    NaiveDate::from_ymd_opt(year, 1, 1)?,
                    NaiveDate::from_ymd_opt(year + 1, 1, 1)?,
                    Grain::Year,
                )
            }
            Unit::Fortnight => self.half_month(is_next)?,
            Unit::Minute | Unit::Hour | Unit::Day => return None,
        };
        Some((Dates::Period(period), at))
    }

    /// A period that has begun starts today.
    pub(super) fn span(&self, start: NaiveDate, end: NaiveDate, grain: Grain) -> Period {
        Period {
            start: start.max(self.today).min(end),
            end,
            grain,
            alternatives: Vec::new(),
        }
    }

    fn whole_month(&self, first: NaiveDate) -> Option<Period> {
        let first = first.with_day(1)?;
        Some(self.span(
            first,
            first.checked_add_months(Months::new(1))?,
            Grain::Month,
        ))
    }

    fn named_month(&self, month: u32) -> Option<Period> {
        let year = self.today.year() + i32::from(month < self.today.month());
        self.whole_month(NaiveDate::from_ymd_opt(year, month, 1)?)
    }

    /// The weekend to come, or the one we are in.
    fn weekend(&self, which: Option<Piece>) -> Period {
        let saturday = self.monday() + Days::new(5);
        let is_weekend = self.today >= saturday;
        let of = |saturday: NaiveDate| self.span(saturday, saturday + Days::new(2), Grain::Week);
        match which {
            Some(Piece::Next) if is_weekend => of(saturday + Days::new(7)),
            Some(Piece::Next) => {
                let next = saturday + Days::new(7);
                let chosen = if self.language == Language::En {
                    next
                } else {
                    saturday
                };
                Period {
                    alternatives: vec![saturday, next],
                    ..of(chosen)
                }
            }
            _ => of(saturday),
        }
    }

    /// The half of the month that is paid at once: up to the 15th, and the rest.
    fn half_month(&self, is_next: bool) -> Option<Period> {
        let first = self.today.with_day(1)?;
        let next = first.checked_add_months(Months::new(1))?;
        let (start, end) = match (self.today.day() <= 15, is_next) {
            (true, false) => (first, first.with_day(16)?),
            (true, true) | (false, false) => (first.with_day(16)?, next),
            (false, true) => (next, next.with_day(16)?),
        };
        Some(self.span(start, end, Grain::Week))
    }
}
