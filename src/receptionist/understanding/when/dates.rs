//! Days by their number: "december third", "le 3", "21/12".
use chrono::{Datelike, NaiveDate};

use super::Grain;
use super::calendar::{Calendar, Dates, Day};
use super::pieces::Piece;
use crate::kernel::language::Language;

impl Calendar<'_> {
    /// "December third", "the 21st of december", "21/12", "le 3".
    pub(super) fn date(&self, start: usize) -> Option<(Dates, usize)> {
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
    pub(super) fn bare_day(
        &self,
        at: usize,
        piece: Piece,
        has_article: bool,
    ) -> Option<(Dates, usize)> {
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
    pub(super) fn next_day_of_month(&self, day: u32) -> Option<Dates> {
        let date = (0..4)
            .filter_map(|ahead| self.day_in_month(ahead, day))
            .find(|date| *date >= self.today)?;
        Some(Dates::Day(Day {
            bare_day: Some(day),
            ..self.day_of(date)
        }))
    }

    /// Whether the utterance is nothing else, but for courtesies.
    pub(super) fn is_all(&self, at: usize) -> bool {
        let is_little = |piece: &Piece| piece.is_glue() || *piece == Piece::Soft;
        self.pieces[..at].iter().all(is_little) && self.pieces[at + 1..].iter().all(is_little)
    }

    pub(super) fn year(&self, at: usize) -> (Option<i32>, usize) {
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
    pub(super) fn in_year(&self, month: u32, day: u32, year: Option<i32>) -> Dates {
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
