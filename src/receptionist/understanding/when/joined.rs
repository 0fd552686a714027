//! What has two ends, or one: "between two and four", "monday to friday", "in two hours", "after five", "by friday".
use chrono::{Datelike, Days};

use super::Grain;
use super::calendar::{Dates, Period};
use super::clock::{before_the_hour, clock, full_hour, part_follows};
use super::pieces::{Piece, Unit};
use super::spans::{Bound, Found, Scanner};

impl Scanner<'_> {
    /// "Between two and four", "from nine to five", "de 9 a 11", "2-4 pm".
    pub(super) fn times(&self, start: usize) -> Option<(Found, usize)> {
        let opener = self
            .at(start)
            .filter(|piece| matches!(piece, Piece::Between | Piece::From | Piece::Of));
        let first = if opener.is_some() {
            self.past_glue(start + 1)
        } else {
            start
        };
        let first = self.back_to_las(first);
        // "Not at three, at four" in French and Spanish.
        let is_at = opener.is_none() && first > 0 && self.pieces[first - 1] == Piece::A;
        // "Ten to three" is one time.
        if opener.is_none() && before_the_hour(self.pieces, first).is_some() {
            return None;
        }
        // "Du 3 au 5 décembre" are days.
        let are_days = opener.is_some() && first > 0 && self.pieces[first - 1] == Piece::The;
        let joins = |piece: Option<Piece>| match piece {
            Some(Piece::And) => opener == Some(Piece::Between),
            Some(Piece::A) if is_at => false,
            Some(piece) => piece.is_to(),
            None => false,
        };
        for read in [clock, full_hour] {
            let Some((from, end)) = read(self.pieces, first) else {
                continue;
            };
            // "From two in the afternoon to four".
            let end = self.past_part(end);
            if !joins(self.at(end)) {
                continue;
            }
            let second = self.back_to_las(self.past_glue(end + 1));
            let Some((until, end)) = clock(self.pieces, second) else {
                continue;
            };
            if are_days && !from.is_sure && !until.is_sure {
                return None;
            }
            let is_sure = from.is_sure || until.is_sure || opener.is_some();
            let is_list = self.at(end).is_some_and(|piece| piece.number().is_some());
            if is_list || !(is_sure || self.may_follow(end)) || self.is_address(end) {
                return None;
            }
            let moves =
                opener != Some(Piece::Between) && self.pieces[..start].contains(&Piece::Move);
            if moves && opener.is_some() {
                return Some((Found::At(until), end));
            }
            return Some((Found::Between(from, until), end));
        }
        None
    }

    /// Where "las" stands before, it belongs to the hour.
    pub(super) fn back_to_las(&self, at: usize) -> usize {
        if at > 0 && self.at(at - 1) == Some(Piece::Las) {
            at - 1
        } else {
            at
        }
    }

    pub(super) fn past_part(&self, at: usize) -> usize {
        if !part_follows(self.pieces, at) {
            return at;
        }
        at + 1
            + self.pieces[at..]
                .iter()
                .take_while(|piece| !matches!(piece, Piece::Part(_)))
                .count()
    }

    /// "From monday to wednesday"; in a wish to move an appointment, the second is the day that is wanted.
    pub(super) fn days(&self, start: usize) -> Option<(Found, usize)> {
        let opener = self
            .at(start)
            .filter(|piece| matches!(piece, Piece::Between | Piece::From | Piece::Of));
        let first = start + usize::from(opener.is_some());
        let (Dates::Day(from), end) = self.calendar.dates(first)? else {
            return None;
        };
        match self.at(end)? {
            Piece::And if opener == Some(Piece::Between) => {}
            piece if piece.is_to() => {}
            _ => return None,
        }
        // "Monday at nine to ten" and "tuesday à 14 h" are a day and a time.
        let (Dates::Day(until), end) = self.calendar.dates(end + 1)? else {
            return None;
        };
        if self.pieces[..start].contains(&Piece::Move) {
            return Some((Found::Dates(Dates::Day(until)), end));
        }
        let mut last = until.date;
        let mut first = from.date;
        if from.bare_day.is_some() && until.bare_day.is_none() && until.bare_weekday.is_none() {
            // "Du 3 au 5 décembre".
            first = until.date.with_day(from.bare_day?)?;
        }
        if last < first && until.bare_weekday.is_some() {
            last = last + Days::new(7);
        }
        if last <= first {
            return None;
        }
        let grain = Grain::Day;
        let period = Period {
            start: first,
            end: last + Days::new(1),
            grain,
            alternatives: Vec::new(),
            is_following: false,
        };
        Some((Found::Dates(Dates::Period(period)), end))
    }

    /// "In two hours", "dans une demi-heure", "within the hour".
    pub(super) fn duration(&self, start: usize) -> Option<(Found, usize)> {
        let (is_in, mut at) = match self.at(start)? {
            Piece::In => (true, start + 1),
            Piece::Within | Piece::By => (false, start + 1),
            Piece::Number { .. } | Piece::One | Piece::Half => (true, start),
            _ => return None,
        };
        at += usize::from(matches!(self.at(at), Some(Piece::The)));
        let (minutes, end) = match self.at(at)? {
            Piece::Unit(Unit::Hour) if !is_in => (60, at + 1),
            // "No later than 16 h" is a time.
            Piece::Clock(_, _) if self.at(start) == Some(Piece::By) => return None,
            _ => self.minutes(at)?,
        };
        let from_now =
            self.at(end) == Some(Piece::From) && self.at(end + 1) == Some(Piece::FromToday(0));
        match (at == start, from_now) {
            (true, false) => None,
            (_, true) => Some((Found::In(minutes), end + 2)),
            _ if is_in => Some((Found::In(minutes), end)),
            _ => Some((Found::Within(minutes), end)),
        }
    }

    /// A number of minutes or hours; "the hour" is one.
    pub(super) fn minutes(&self, at: usize) -> Option<(i64, usize)> {
        let one_more = |at: usize| at + usize::from(self.at(at) == Some(Piece::One));
        let (mut minutes, mut end) = match (self.at(at)?, self.at(at + 1)) {
            (Piece::Clock(hours, minutes), _) => {
                return Some((i64::from(60 * hours + minutes), at + 1));
            }
            (Piece::Half, Some(Piece::Unit(Unit::Hour) | Piece::HourMark)) => {
                return Some((30, at + 2));
            }
            (Piece::One, Some(Piece::Half))
                if matches!(
                    self.at(at + 2),
                    Some(Piece::Unit(Unit::Hour) | Piece::HourMark)
                ) =>
            {
                return Some((30, at + 3));
            }
            (Piece::Number { value, .. }, Some(Piece::Next))
                if matches!(
                    self.at(at + 2),
                    Some(Piece::Unit(Unit::Hour) | Piece::HourMark)
                ) =>
            {
                return Some((60 * i64::from(value), at + 3));
            }
            (Piece::Number { value, .. }, Some(Piece::Unit(Unit::Minute))) => {
                return Some((value.into(), at + 2));
            }
            (Piece::Number { value, .. }, Some(Piece::Unit(Unit::Hour) | Piece::HourMark)) => {
                (i64::from(value) * 60, at + 2)
            }
            (Piece::One, Some(Piece::Unit(Unit::Hour) | Piece::HourMark)) => (60, at + 2),
            _ => return None,
        };
        if self.at(end) == Some(Piece::And) && self.at(one_more(end + 1)) == Some(Piece::Half) {
            minutes += 30;
            end = one_more(end + 1) + 1;
        }
        Some((minutes, end))
    }

    /// "After five", "avant midi", "by friday", "a partir del lunes".
    pub(super) fn bound(&self, start: usize) -> Option<(Found, usize)> {
        let bound = match self.at(start)? {
            Piece::After | Piece::Past => Bound::After,
            Piece::From => Bound::From,
            Piece::Before => Bound::Before,
            Piece::By | Piece::Until => Bound::By,
            _ => return None,
        };
        let target = self.past_glue(start + 1);
        if bound != Bound::Before || self.at(target) != Some(Piece::Noon) {
            let dates = self
                .calendar
                .dates(start + 1)
                .or_else(|| self.calendar.period_here(start + 1, true));
            if let Some((dates, end)) = dates {
                return Some((Found::Bound(bound, dates), end));
            }
        }
        let (time, end) = clock(self.pieces, self.back_to_las(target))?;
        if !time.is_sure && (!self.may_follow(end) || self.is_address(end)) {
            return None;
        }
        let found = match bound {
            Bound::After | Bound::From => Found::After(time),
            Bound::Before | Bound::By => Found::Before(time),
        };
        Some((found, end))
    }
}
