//! Periods: "next week", "the end of the month", "this weekend", "the first week of december".
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::Grain;
use super::calendar::{Calendar, Dates, Period, monday_of};
use super::pieces::{Piece, Unit};
use crate::kernel::language::Language;

impl Calendar<'_> {
    pub(super) fn at(&self, at: usize) -> Option<Piece> {
        self.pieces.get(at).copied()
    }

    pub(super) fn past(&self, at: usize, little: &[Piece]) -> usize {
        let run = self.pieces.get(at..).unwrap_or_default().iter();
        at + run.take_while(|piece| little.contains(piece)).count()
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

    pub(super) fn edge_of(&self, edge: Piece, whole: &Period) -> Option<(NaiveDate, NaiveDate)> {
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
        while let Some(piece @ (Piece::Next | Piece::Coming | Piece::This | Piece::Following)) =
            self.at(at)
        {
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
        if self.at(at).is_some_and(Piece::is_gone) {
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
        if unit == Unit::Week
            && self.at(at) == Some(Piece::Of)
            && let Some((Dates::Day(day), end)) = self.dates(at + 1)
        {
            let start = monday_of(day.date);
            return Some((
                Dates::Period(self.span(start, start + Days::new(7), Grain::Week)),
                end,
            ));
        }
        let is_next = matches!(which, Some(Piece::Next | Piece::Coming | Piece::Following));
        if which.is_none() && !bare && unit != Unit::Weekend {
            return None;
        }
        let period = match unit {
            Unit::Week => {
                let start = self.monday() + Days::new(if is_next { 7 } else { 0 });
                Period {
                    is_following: which == Some(Piece::Following),
                    ..self.span(start, start + Days::new(7), Grain::Week)
                }
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
            is_following: false,
        }
    }

    pub(super) fn whole_month(&self, first: NaiveDate) -> Option<Period> {
        let first = first.with_day(1)?;
        Some(self.span(
            first,
            first.checked_add_months(Months::new(1))?,
            Grain::Month,
        ))
    }

    pub(super) fn named_month(&self, month: u32) -> Option<Period> {
        let year = self.today.year() + i32::from(month < self.today.month());
        self.whole_month(NaiveDate::from_ymd_opt(year, month, 1)?)
    }

    /// The weekend to come, or the one we are in.
    pub(super) fn weekend(&self, which: Option<Piece>) -> Period {
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
    pub(super) fn half_month(&self, is_next: bool) -> Option<Period> {
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
