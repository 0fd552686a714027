//! Days and periods: "next tuesday", "le premier décembre", "de hoy en ocho", "the end of the month".
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::Grain;
use super::pieces::{Piece, Unit};
use crate::kernel::language::Language;

/// A day that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub date: NaiveDate,
    pub grain: Grain,
    pub alternatives: Vec<NaiveDate>,
    /// A weekday without more; a week said elsewhere may move it.
    pub bare_weekday: Option<Weekday>,
    /// A day of the month without its month.
    pub bare_day: Option<u32>,
}

/// Several days, the last one not included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub grain: Grain,
    pub alternatives: Vec<NaiveDate>,
    /// "The following week": after the day that was named, if one was.
    pub is_following: bool,
}

/// What a phrase of the calendar comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dates {
    Day(Day),
    Period(Period),
    /// A date that no calendar has.
    Impossible,
}

pub(super) struct Calendar<'a> {
    pub pieces: &'a [Piece],
    pub today: NaiveDate,
    pub language: Language,
}

impl Calendar<'_> {
    /// The day or period that begins at a piece, and where it ends.
    pub fn dates(&self, start: usize) -> Option<(Dates, usize)> {
        self.counted_here(start)
            .or_else(|| self.beside(start))
            .or_else(|| self.ordinal_of(start))
            .or_else(|| self.edge(start))
            .or_else(|| self.next_units(start))
            .or_else(|| self.period(start))
            .or_else(|| self.day(start))
    }

    pub(super) fn piece(&self, at: usize) -> Option<Piece> {
        self.pieces.get(at).copied()
    }

    pub(super) fn is(&self, at: usize, wanted: Piece) -> bool {
        self.piece(at) == Some(wanted)
    }

    /// Past `at` if the piece there is one of these.
    pub(super) fn skip(&self, at: usize, little: &[Piece]) -> usize {
        let mut at = at;
        while self.piece(at).is_some_and(|piece| little.contains(&piece)) {
            at += 1;
        }
        at
    }

    pub fn monday(&self) -> NaiveDate {
        let passed = self.today.weekday().num_days_from_monday();
        self.today - Days::new(passed.into())
    }

    pub fn day_of(&self, date: NaiveDate) -> Day {
        Day {
            date,
            grain: Grain::Day,
            alternatives: Vec::new(),
            bare_weekday: None,
            bare_day: None,
        }
    }

    // --- days ---

    pub(super) fn day(&self, start: usize) -> Option<(Dates, usize)> {
        let (day, end) = self
            .relative_day(start)
            .or_else(|| self.weekday(start))
            .or_else(|| self.date(start))?;
        let Dates::Day(mut day) = day else {
            return Some((day, end));
        };
        // "Mardi en huit", "de hoy en ocho".
        if self.language != Language::En && self.is(end, Piece::In) {
            let more = match self.piece(end + 1).and_then(Piece::number) {
                Some(8) => 7,
                Some(15) => 14,
                _ => 0,
            };
            if more > 0 {
                day.date = day.date + Days::new(more);
                let end = self.skip(end + 2, &[Piece::Unit(Unit::Day)]);
                return Some((Dates::Day(self.day_of(day.date)), end));
            }
        }
        Some((Dates::Day(day), end))
    }

    pub(super) fn relative_day(&self, start: usize) -> Option<(Dates, usize)> {
        let at = self.skip(start, &[Piece::The]);
        match self.piece(at)? {
            Piece::FromToday(days) => {
                let day = self.day_of(self.today + Days::new(days));
                // "Tomorrow, the 22nd", "tomorrow wednesday" are one day.
                Some((Dates::Day(day), at + 1))
            }
            _ => None,
        }
    }

    pub(super) fn weekday(&self, start: usize) -> Option<(Dates, usize)> {
        let mut at = self.skip(start, &[Piece::The, Piece::On]);
        let mut which = None;
        while let Some(piece @ (Piece::Next | Piece::Coming | Piece::This)) = self.piece(at) {
            which = Some(piece);
            at += 1;
        }
        let Piece::Weekday(weekday) = self.piece(at)? else {
            return None;
        };
        at += 1;
        if self.piece(at).is_some_and(Piece::is_gone) {
            return None;
        }
        if let Some((date, end)) = self.weekday_with_date(weekday, at) {
            return Some((date, end));
        }
        if which.is_none()
            && let Some(piece @ (Piece::Next | Piece::Coming)) = self.piece(at)
        {
            // "Mardi prochain", but "tuesday next week".
            if !matches!(
                self.piece(at + 1),
                Some(Piece::Unit(_) | Piece::Weekday(_) | Piece::Month(_))
            ) {
                which = Some(piece);
                at += 1;
            }
        }
        // "Tuesday after next".
        if which.is_none() && self.is(at, Piece::After) && self.is(at + 1, Piece::Next) {
            let date = self.monday() + Days::new(14 + u64::from(weekday.num_days_from_monday()));
            return Some((Dates::Day(self.day_of(date)), at + 2));
        }
        // "Tuesday of next week", "mardi de la semaine prochaine".
        let week = self.skip(at, &[Piece::Of, Piece::On, Piece::The, Piece::In]);
        if let Some((Dates::Period(period), end)) = self.period_here(week, false)
            && period.grain == Grain::Week
            && !period.is_following
        {
            let monday = monday_of(period.start);
            let date = monday + Days::new(weekday.num_days_from_monday().into());
            return Some((Dates::Day(self.day_of(date)), end));
        }
        // "Tuesday in two weeks", "tuesday week".
        if let Some((weeks, end)) = self.weeks_later(at) {
            let date = self.coming(weekday) + Days::new(7 * weeks);
            return Some((Dates::Day(self.day_of(date)), end));
        }
        Some((Dates::Day(self.named(weekday, which)), at))
    }

    /// The next such weekday, today included.
    pub(super) fn coming(&self, weekday: Weekday) -> NaiveDate {
        self.today + Days::new(weekday.days_since(self.today.weekday()).into())
    }

    pub(super) fn named(&self, weekday: Weekday, which: Option<Piece>) -> Day {
        let coming = self.coming(weekday);
        match which {
            Some(Piece::Next) => {
                let nearest = if coming == self.today {
                    coming + Days::new(7)
                } else {
                    coming
                };
                let of_next_week =
                    self.monday() + Days::new(7 + u64::from(weekday.num_days_from_monday()));
                if nearest == of_next_week {
                    return self.day_of(nearest);
                }
                let date = if self.language == Language::En {
                    of_next_week
                } else {
                    nearest
                };
                Day {
                    alternatives: vec![nearest, of_next_week],
                    ..self.day_of(date)
                }
            }
            Some(_) => self.day_of(coming),
            None => Day {
                bare_weekday: Some(weekday),
                ..self.day_of(coming)
            },
        }
    }

    pub(super) fn weeks_later(&self, at: usize) -> Option<(u64, usize)> {
        if self.is(at, Piece::Unit(Unit::Week)) {
            return Some((1, at + 1));
        }
        let at = if self.is(at, Piece::In) {
            at + 1
        } else {
            return None;
        };
        let weeks = match self.piece(at)? {
            Piece::One => 1,
            piece => piece.number()?,
        };
        matches!(self.piece(at + 1), Some(Piece::Unit(Unit::Week)))
            .then_some((weeks.into(), at + 2))
    }

    /// "Friday the 27th", "vendredi 27 novembre": the number counts; a weekday that does not fit makes it unsure.
    pub(super) fn weekday_with_date(&self, weekday: Weekday, at: usize) -> Option<(Dates, usize)> {
        let at = self.skip(at, &[Piece::Comma]);
        let (date, end) = self.date(at).or_else(|| {
            let at = self.skip(at, &[Piece::The]);
            if let Some(Piece::Ordinal(day)) = self.piece(at) {
                return Some((self.next_day_of_month(day)?, at + 1));
            }
            let value = self
                .piece(at)?
                .number()
                .filter(|value| (1..=31).contains(value))?;
            let is_clock = matches!(
                self.piece(at + 1),
                Some(
                    Piece::Am
                        | Piece::Pm
                        | Piece::HourMark
                        | Piece::And
                        | Piece::Minus
                        | Piece::Past
                        | Piece::To
                        | Piece::Part(_)
                        | Piece::Number { .. }
                        | Piece::Noun
                        | Piece::Unit(_)
                )
            );
            let months = [0, 1].map(|ahead| self.day_in_month(ahead, value));
            let fits = months
                .into_iter()
                .flatten()
                .find(|date| date.weekday() == weekday && *date >= self.today);
            if is_clock {
                return None;
            }
            // "Viernes 26" when the 26th is none; "friday 4" is rather a time.
            let dates = match fits {
                Some(date) => Dates::Day(self.day_of(date)),
                None if value > 12 => self.next_day_of_month(value)?,
                None => return None,
            };
            Some((dates, at + 1))
        })?;
        let Dates::Day(mut day) = date else {
            return Some((date, end));
        };
        if day.date.weekday() != weekday {
            let named = self.coming(weekday);
            day.alternatives = vec![day.date, named];
            day.alternatives.sort();
        }
        day.bare_day = None;
        Some((Dates::Day(day), end))
    }

    pub(super) fn day_in_month(&self, ahead: u32, day: u32) -> Option<NaiveDate> {
        let month = self
            .today
            .with_day(1)?
            .checked_add_months(Months::new(ahead))?;
        month.with_day(day)
    }
}

pub(super) fn monday_of(date: NaiveDate) -> NaiveDate {
    date - Days::new(date.weekday().num_days_from_monday().into())
}
