//! What an utterance says about time, piece by piece in its order: days, periods, parts, times, spans, and the words
//! between them that change what they mean.
use chrono::Datelike;

use super::Part;
use super::calendar::{Calendar, Dates, Day};
use super::clock::{Clock, clock};
use super::pieces::Piece;
use crate::kernel::language::Language;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Dates(Dates),
    /// Several days from one to another.
    Bound(Bound, Dates),
    Part(PartSaid),
    At(Clock),
    Between(Clock, Clock),
    After(Clock),
    Before(Clock),
    /// So many minutes from now.
    In(i64),
    /// At some time in so many minutes from now.
    Within(i64),
    Asap,
    Later,
    Correct,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartSaid {
    pub part: Part,
    pub edge: Option<Edge>,
    /// "This morning", "ce soir".
    pub is_today: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Early,
    Late,
}

/// On which side of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// From the day on.
    From,
    After,
    Before,
    /// Not after the day.
    By,
}

/// Something found, and the pieces that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub found: Found,
    pub start: usize,
    pub end: usize,
}

pub(super) fn findings(calendar: &Calendar<'_>) -> Vec<Finding> {
    let mut scanner = Scanner {
        calendar,
        pieces: calendar.pieces,
        findings: Vec::new(),
    };
    let mut at = 0;
    while at < scanner.pieces.len() {
        at = scanner.step(at).max(at + 1);
    }
    scanner.findings
}

pub(super) struct Scanner<'a> {
    pub(super) calendar: &'a Calendar<'a>,
    pub(super) pieces: &'a [Piece],
    findings: Vec<Finding>,
}

impl Scanner<'_> {
    /// Reads what begins at a piece; where to go on.
    pub(super) fn step(&mut self, at: usize) -> usize {
        let piece = self.pieces[at];
        match piece {
            Piece::Not => {
                return self
                    .expression(at + 1)
                    .or_else(|| self.expression(self.back_to_las(self.past_glue(at + 1))))
                    .map_or(at + 1, |(_, end)| end);
            }
            Piece::Since => return self.skip_lasting(at + 1),
            Piece::Gone => {
                if let Some((dates, end)) = self.calendar.ordinal_of(at) {
                    return self.push(Found::Dates(dates), at, end);
                }
                return self.skip_gone(at + 1);
            }
            _ => {}
        }
        if let Some((found, end)) = self.expression(at) {
            if self.pieces.get(end).is_some_and(|piece| piece.is_gone()) {
                return end + 1;
            }
            if let Some(after) = self.past_gone_unit(end) {
                return after;
            }
            return self.push(found, at, end);
        }
        if let Piece::Early | Piece::Late = piece {
            return self.edge_before_day(at);
        }
        match piece {
            Piece::Asap => self.push(Found::Asap, at, at + 1),
            Piece::Later => self.push(Found::Later, at, at + 1),
            Piece::Correct => self.push(Found::Correct, at, at + 1),
            Piece::Or | Piece::And => {
                let joins = self
                    .findings
                    .last()
                    .is_some_and(|last| self.past_little(last.end) >= at);
                let next = self.past_little(at + 1);
                let is_span = self.pieces[..at].contains(&Piece::Between);
                let also = self.same_month(at + 1).filter(|_| joins && !is_span);
                if let Some((day, end)) = also {
                    self.push(Found::Or, at, at + 1);
                    self.push(Found::Dates(Dates::Day(day)), at + 1, end)
                } else if joins && self.expression(next).is_some() {
                    self.push(Found::Or, at, next)
                } else {
                    at + 1
                }
            }
            _ => at + 1,
        }
    }

    /// "May tenth or *eleventh*": another day of the month that was said right before.
    fn same_month(&self, at: usize) -> Option<(Day, usize)> {
        let last = self.findings.last()?;
        let Found::Dates(Dates::Day(day)) = &last.found else {
            return None;
        };
        let said = &self.pieces[last.start..last.end];
        let by_number = |piece: &Piece| {
            matches!(
                piece,
                Piece::Ordinal(_) | Piece::Number { digits: 0..=2, .. }
            )
        };
        let is_date = day.bare_weekday.is_none()
            && said.iter().any(by_number)
            && !said.iter().any(|piece| matches!(piece, Piece::Unit(_)));
        let start = at;
        let at = self.past_glue(at);
        let (number, is_ordinal) = match self.at(at)? {
            Piece::Ordinal(number) => (number, true),
            Piece::Number {
                value,
                digits: 0..=2,
            } => (value, false),
            _ => return None,
        };
        let follows = self.at(at + 1);
        let is_time = matches!(
            follows,
            Some(
                Piece::Am
                    | Piece::Pm
                    | Piece::HourMark
                    | Piece::And
                    | Piece::Minus
                    | Piece::Past
                    | Piece::Half
                    | Piece::Quarter
                    | Piece::Part(_)
                    | Piece::Unit(_)
                    | Piece::Month(_)
                    | Piece::Of
                    | Piece::Weekday(_)
                    | Piece::Street
                    | Piece::Noun
            )
        ) || !is_ordinal
            && matches!(follows, Some(Piece::Other | Piece::Number { .. }))
            || self.pieces[start..at]
                .iter()
                .any(|piece| matches!(piece, Piece::At | Piece::A | Piece::Las));
        let date = day.date.with_day(number)?;
        let other = Day {
            date,
            alternatives: Vec::new(),
            ..day.clone()
        };
        (is_date && !is_time && date > day.date).then_some((other, at + 1))
    }

    /// "March *of last year*", "mars *de l'année passée*".
    fn past_gone_unit(&self, end: usize) -> Option<usize> {
        let next = self.past_glue(end);
        let is_gone = matches!(
            (self.at(next)?, self.at(next + 1)?),
            (Piece::Gone, Piece::Unit(_)) | (Piece::Unit(_), Piece::Gone | Piece::Passed)
        );
        (next > end && is_gone).then_some(next + 2)
    }

    /// "Late tomorrow afternoon", "early friday".
    pub(super) fn edge_before_day(&mut self, at: usize) -> usize {
        let Some((Dates::Day(day), end)) = self.calendar.dates(at + 1) else {
            return at + 1;
        };
        let edge = if self.pieces[at] == Piece::Early {
            Edge::Early
        } else {
            Edge::Late
        };
        let (part, after) = match self.part(end) {
            Some((Found::Part(said), after)) => (said.part, after),
            _ if edge == Edge::Early => (Part::Morning, end),
            _ => (Part::Afternoon, end),
        };
        self.push(Found::Dates(Dates::Day(day)), at, end);
        let said = PartSaid {
            part,
            edge: Some(edge),
            is_today: false,
        };
        self.push(Found::Part(said), end, after)
    }

    pub(super) fn push(&mut self, found: Found, start: usize, end: usize) -> usize {
        self.findings.push(Finding { found, start, end });
        end
    }

    pub(super) fn expression(&self, at: usize) -> Option<(Found, usize)> {
        self.times(at)
            .or_else(|| self.days(at))
            .or_else(|| self.duration(at))
            .or_else(|| self.bound(at))
            .or_else(|| {
                self.calendar
                    .dates(at)
                    .map(|(dates, end)| (Found::Dates(dates), end))
            })
            .or_else(|| self.part(at))
            .or_else(|| self.time(at))
    }

    pub(super) fn at(&self, at: usize) -> Option<Piece> {
        self.pieces.get(at).copied()
    }

    pub(super) fn past_glue(&self, at: usize) -> usize {
        at + self
            .pieces
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|piece| piece.is_glue())
            .count()
    }

    /// Past glue and the polite words that may stand between a day and its time.
    pub(super) fn past_little(&self, at: usize) -> usize {
        let little = |piece: &&Piece| piece.is_glue() || matches!(piece, Piece::Soft);
        at + self
            .pieces
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(little)
            .count()
    }

    /// "Since this morning", "depuis deux jours", "it takes two hours".
    pub(super) fn skip_lasting(&self, at: usize) -> usize {
        // "Born on the third of march".
        if let Some((Dates::Day(day), end)) = self.calendar.dates(at)
            && day.bare_day.is_none()
        {
            return self.skip_expressions(end);
        }
        let at = self.past_glue(at);
        if matches!(
            self.at(at),
            Some(Piece::Number { .. } | Piece::One | Piece::Few | Piece::Half | Piece::Clock(_, _))
        ) {
            let marks = |piece: &&Piece| {
                matches!(
                    piece,
                    Piece::Unit(_)
                        | Piece::HourMark
                        | Piece::And
                        | Piece::Half
                        | Piece::Number { .. }
                        | Piece::Clock(_, _)
                )
            };
            return at + 1 + self.pieces[at + 1..].iter().take_while(marks).count();
        }
        self.skip_expressions(at)
    }

    /// "Last tuesday", "yesterday at three".
    pub(super) fn skip_gone(&self, at: usize) -> usize {
        let at = at
            + usize::from(matches!(
                self.at(at),
                Some(Piece::Unit(_) | Piece::Month(_))
            ));
        self.skip_lasting(at)
    }

    pub(super) fn skip_expressions(&self, mut at: usize) -> usize {
        while let Some((_, end)) = self.expression(self.back_to_las(self.past_glue(at))) {
            at = end;
        }
        at
    }

    /// "Tomorrow *morning*", "late afternoon", "this evening", "mañana temprano".
    pub(super) fn part(&self, start: usize) -> Option<(Found, usize)> {
        let mut at = start;
        let mut edge = None;
        let mut is_today = false;
        loop {
            match self.at(at)? {
                Piece::Early | Piece::Start => edge = Some(Edge::Early),
                Piece::Late | Piece::End => edge = Some(Edge::Late),
                Piece::This => is_today = true,
                Piece::In | Piece::On | Piece::The | Piece::Of | Piece::Middle => {}
                Piece::Part(part) => {
                    let end = at + 1;
                    let behind = match self.at(end) {
                        Some(Piece::Early) => Some(Edge::Early),
                        Some(Piece::Late) => Some(Edge::Late),
                        _ => None,
                    };
                    let end = end + usize::from(behind.is_some());
                    let said = PartSaid {
                        part,
                        edge: edge.or(behind),
                        is_today,
                    };
                    return Some((Found::Part(said), end));
                }
                Piece::ThisPart(part) => {
                    let said = PartSaid {
                        part,
                        edge,
                        is_today: true,
                    };
                    return Some((Found::Part(said), at + 1));
                }
                _ => return None,
            }
            at += 1;
        }
    }

    pub(super) fn time(&self, at: usize) -> Option<(Found, usize)> {
        let (time, end) = clock(self.pieces, at)?;
        let before = at.checked_sub(1).map(|before| self.pieces[before]);
        let is_meant = if time.is_sure {
            before != Some(Piece::Noun) || time.minute > 0
        } else {
            match before {
                Some(Piece::Noun) => false,
                Some(Piece::At) => true,
                Some(Piece::A | Piece::For) => self.may_follow(end),
                // "The morning one" is no time.
                _ if self.is_pronoun(at) => self.is_all(at, end),
                _ => {
                    self.may_follow(end)
                        && (self.is_beside_a_day(at)
                            || self.is_all(at, end)
                            || self.is_before_a_day(at, end))
                }
            }
        };
        (is_meant && !self.is_address(end)).then_some((Found::At(time), end))
    }

    /// "9 tomorrow", "8 or 9 in the morning".
    pub(super) fn is_before_a_day(&self, at: usize, end: usize) -> bool {
        let is_hour = matches!(self.at(at), Some(Piece::Number { value: 1..=12, .. }));
        let is_choice = self.at(end) == Some(Piece::Or)
            && clock(self.pieces, end + 1).is_some_and(|(other, _)| other.is_sure);
        let is_day = matches!(self.at(end), Some(Piece::FromToday(_) | Piece::Weekday(_)));
        is_hour && (is_choice || is_day)
    }

    pub(super) fn is_pronoun(&self, at: usize) -> bool {
        self.calendar.language == Language::En
            && self.at(at)
                == Some(Piece::Number {
                    value: 1,
                    digits: 0,
                })
    }

    /// Whether what stands there may follow a bare hour.
    pub(super) fn may_follow(&self, at: usize) -> bool {
        !matches!(
            self.at(at),
            Some(
                Piece::Other
                    | Piece::Noun
                    | Piece::Street
                    | Piece::Unit(_)
                    | Piece::Number { .. }
                    | Piece::Month(_)
                    | Piece::One
                    | Piece::Quarter
                    | Piece::Half
                    | Piece::Clock(_, _)
            )
        )
    }

    pub(super) fn is_beside_a_day(&self, at: usize) -> bool {
        let last = self.findings.last();
        last.is_some_and(|last| {
            matches!(
                last.found,
                Found::Dates(_) | Found::Part(_) | Found::Correct | Found::Or
            ) && self.past_glue(last.end) >= at
        })
    }

    /// Whether the utterance is nothing else, but for courtesies.
    pub(super) fn is_all(&self, start: usize, end: usize) -> bool {
        let is_little =
            |piece: &Piece| piece.is_glue() || matches!(piece, Piece::Soft | Piece::Correct);
        self.pieces[..start].iter().all(is_little) && self.pieces[end..].iter().all(is_little)
    }

    /// "12 maple street".
    pub(super) fn is_address(&self, end: usize) -> bool {
        let name = self
            .pieces
            .get(end..)
            .unwrap_or_default()
            .iter()
            .take(3)
            .take_while(|piece| matches!(piece, Piece::Other))
            .count();
        matches!(self.at(end + name), Some(Piece::Street))
    }
}
