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
        self.from_here(start)
            .or_else(|| self.beside(start))
            .or_else(|| self.ordinal_of(start))
            .or_else(|| self.edge(start))
            .or_else(|| self.next_units(start))
            .or_else(|| self.period(start))
            .or_else(|| self.day(start))
    }

    fn piece(&self, at: usize) -> Option<Piece> {
        self.pieces.get(at).copied()
    }

    fn is(&self, at: usize, wanted: Piece) -> bool {
        self.piece(at) == Some(wanted)
    }

    /// Past `at` if the piece there is one of these.
    fn skip(&self, at: usize, little: &[Piece]) -> usize {
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

    fn day(&self, start: usize) -> Option<(Dates, usize)> {
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

    fn relative_day(&self, start: usize) -> Option<(Dates, usize)> {
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

    fn weekday(&self, start: usize) -> Option<(Dates, usize)> {
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
        if self.is(at, Piece::Gone) {
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
    fn coming(&self, weekday: Weekday) -> NaiveDate {
        self.today + Days::new(weekday.days_since(self.today.weekday()).into())
    }

    fn named(&self, weekday: Weekday, which: Option<Piece>) -> Day {
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

    fn weeks_later(&self, at: usize) -> Option<(u64, usize)> {
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
    fn weekday_with_date(&self, weekday: Weekday, at: usize) -> Option<(Dates, usize)> {
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

    fn day_in_month(&self, ahead: u32, day: u32) -> Option<NaiveDate> {
        let month = self
            .today
            .with_day(1)?
            .checked_add_months(Months::new(ahead))?;
        month.with_day(day)
    }

    /// "December third", "the 21st of december", "21/12", "le 3".
    fn date(&self, start: usize) -> Option<(Dates, usize)> {
        let at = self.skip(start, &[Piece::The, Piece::On]);
        let has_article = at > start;
        let of_number = |piece: Piece| match piece {
            Piece::Ordinal(day) => Some(day),
            Piece::Number {
                value,
                digits: 0..=2,
            } => Some(value),
            // "Le un décembre", "el uno de diciembre".
            Piece::One if self.language != Language::En => Some(1),
            _ => None,
        };
        match self.piece(at)? {
            Piece::Feast(month, day) => Some((self.in_year(month, day, None), at + 1)),
            Piece::Dated(year, month, day) => Some((self.in_year(month, day, Some(year)), at + 1)),
            Piece::Slashed(first, second, year) => {
                let (month, day) = match self.language {
                    Language::En if first <= 12 => (first, second),
                    _ if second > 12 && first <= 12 => (first, second),
                    _ => (second, first),
                };
                Some((self.in_year(month, day, year), at + 1))
            }
            Piece::Month(month) => {
                let number = self.skip(at + 1, &[Piece::The]);
                let day = self
                    .piece(number)
                    .filter(|piece| *piece != Piece::One)
                    .and_then(of_number)?;
                let follows = self.piece(number + 1);
                let is_clock = matches!(follows, Some(Piece::HourMark | Piece::Am | Piece::Pm));
                let (year, end) = self.year(number + 1);
                (!is_clock).then(|| (self.in_year(month, day, year), end))
            }
            piece => {
                let day = of_number(piece)?;
                let of = self.skip(at + 1, &[Piece::Of, Piece::The]);
                if let Some(Piece::Month(month)) = self.piece(of) {
                    let (year, end) = self.year(of + 1);
                    return Some((self.in_year(month, day, year), end));
                }
                // "The fifth of next month".
                if of > at + 1
                    && let Some((Dates::Period(month), end)) = self.period_here(of, false)
                    && month.grain == Grain::Month
                {
                    let first = month.start.with_day(1)?;
                    return Some((
                        first
                            .with_day(day)
                            .map_or(Dates::Impossible, |date| Dates::Day(self.day_of(date))),
                        end,
                    ));
                }
                self.bare_day(at, piece, has_article)
            }
        }
    }

    /// "The third", "le 3", "el día 3".
    fn bare_day(&self, at: usize, piece: Piece, has_article: bool) -> Option<(Dates, usize)> {
        let follows = self.piece(at + 1);
        let ends = match follows {
            None => true,
            Some(
                Piece::Other
                | Piece::Noun
                | Piece::Unit(_)
                | Piece::Street
                | Piece::HourMark
                | Piece::Am
                | Piece::Pm
                | Piece::Number { .. }
                | Piece::Weekday(_)
                | Piece::Minus
                | Piece::Half
                | Piece::Quarter
                | Piece::Past,
            ) => false,
            Some(_) => true,
        };
        let announced = at > 0 && matches!(self.pieces[at - 1], Piece::On | Piece::For)
            || at > 1
                && matches!(
                    self.pieces[at - 2],
                    Piece::On
                        | Piece::For
                        | Piece::After
                        | Piece::Before
                        | Piece::By
                        | Piece::Until
                );
        let then_time = matches!(follows, Some(Piece::At | Piece::A | Piece::Clock(_, _)))
            || super::clock::part_follows(self.pieces, at + 1);
        let day = match piece {
            // "The first" and "the second" rather choose among what was offered.
            Piece::Ordinal(1 | 2) if !announced && !then_time => return None,
            Piece::Ordinal(day)
                if has_article && ends || then_time && day > 2 || self.is_all(at) =>
            {
                day
            }
            Piece::Number { value, .. } if has_article && ends && self.language != Language::En => {
                value
            }
            _ => return None,
        };
        Some((self.next_day_of_month(day)?, at + 1))
    }

    /// The months without such a day are left out: said on 20 November, the 31st is that of December.
    fn next_day_of_month(&self, day: u32) -> Option<Dates> {
        let date = (0..4)
            .filter_map(|ahead| self.day_in_month(ahead, day))
            .find(|date| *date >= self.today)?;
        Some(Dates::Day(Day {
            bare_day: Some(day),
            ..self.day_of(date)
        }))
    }

    /// Whether the utterance is nothing else, but for courtesies.
    fn is_all(&self, at: usize) -> bool {
        let is_little = |piece: &Piece| piece.is_glue() || *piece == Piece::Soft;
        self.pieces[..at].iter().all(is_little) && self.pieces[at + 1..].iter().all(is_little)
    }

    fn year(&self, at: usize) -> (Option<i32>, usize) {
        let number = self.skip(at, &[Piece::Of, Piece::Comma, Piece::The]);
        match self.piece(number) {
            Some(Piece::Number {
                value: year @ 2020..=2099,
                ..
            }) => (Some(year as i32), number + 1),
            _ => (None, at),
        }
    }

    /// A day and month, in the year that was said or the next in which it lies ahead.
    fn in_year(&self, month: u32, day: u32, year: Option<i32>) -> Dates {
        let date = match year {
            Some(year) => NaiveDate::from_ymd_opt(year, month, day),
            None => [0, 1]
                .into_iter()
                .filter_map(|later| NaiveDate::from_ymd_opt(self.today.year() + later, month, day))
                .find(|date| *date >= self.today),
        };
        date.map_or(Dates::Impossible, |date| Dates::Day(self.day_of(date)))
    }
}

pub(super) fn monday_of(date: NaiveDate) -> NaiveDate {
    date - Days::new(date.weekday().num_days_from_monday().into())
}
