//! What an utterance says about time, piece by piece in its order: days, periods, parts, times, spans, and the words
//! between them that change what they mean.
use super::Part;
use super::calendar::{Calendar, Dates, Period};
use super::clock::{Clock, before_the_hour, clock, full_hour};
use super::pieces::{Piece, Unit};
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

struct Scanner<'a> {
    calendar: &'a Calendar<'a>,
    pieces: &'a [Piece],
    findings: Vec<Finding>,
}

impl Scanner<'_> {
    /// Reads what begins at a piece; where to go on.
    fn step(&mut self, at: usize) -> usize {
        let piece = self.pieces[at];
        match piece {
            Piece::Not => {
                return self
                    .expression(self.back_to_las(self.past_glue(at + 1)))
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
            if self.pieces.get(end) == Some(&Piece::Gone) {
                return end + 1;
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
                if joins && self.expression(next).is_some() {
                    self.push(Found::Or, at, next)
                } else {
                    at + 1
                }
            }
            _ => at + 1,
        }
    }

    /// "Late tomorrow afternoon", "early friday".
    fn edge_before_day(&mut self, at: usize) -> usize {
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

    fn push(&mut self, found: Found, start: usize, end: usize) -> usize {
        self.findings.push(Finding { found, start, end });
        end
    }

    fn expression(&self, at: usize) -> Option<(Found, usize)> {
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

    fn at(&self, at: usize) -> Option<Piece> {
        self.pieces.get(at).copied()
    }

    fn past_glue(&self, at: usize) -> usize {
        at + self
            .pieces
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|piece| piece.is_glue())
            .count()
    }

    /// Past glue and the polite words that may stand between a day and its time.
    fn past_little(&self, at: usize) -> usize {
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
    fn skip_lasting(&self, at: usize) -> usize {
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
    fn skip_gone(&self, at: usize) -> usize {
        let at = at
            + usize::from(matches!(
                self.at(at),
                Some(Piece::Unit(_) | Piece::Month(_))
            ));
        self.skip_expressions(at)
    }

    fn skip_expressions(&self, mut at: usize) -> usize {
        while let Some((_, end)) = self.expression(self.back_to_las(self.past_glue(at))) {
            at = end;
        }
        at
    }

    /// "Between two and four", "from nine to five", "de 9 a 11", "2-4 pm".
    fn times(&self, start: usize) -> Option<(Found, usize)> {
        let opener = self
            .at(start)
            .filter(|piece| matches!(piece, Piece::Between | Piece::From | Piece::Of));
        let first = if opener.is_some() {
            self.past_glue(start + 1)
        } else {
            start
        };
        let first = self.back_to_las(first);
        // "Ten to three" is one time.
        if opener.is_none() && before_the_hour(self.pieces, first).is_some() {
            return None;
        }
        // "Du 3 au 5 décembre" are days.
        let are_days = opener.is_some() && first > 0 && self.pieces[first - 1] == Piece::The;
        let joins = |piece: Option<Piece>| match piece {
            Some(Piece::And) => opener == Some(Piece::Between),
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
            return Some((Found::Between(from, until), end));
        }
        None
    }

    /// Where "las" stands before, it belongs to the hour.
    fn back_to_las(&self, at: usize) -> usize {
        if at > 0 && self.at(at - 1) == Some(Piece::Las) {
            at - 1
        } else {
            at
        }
    }

    fn past_part(&self, at: usize) -> usize {
        if !super::clock::part_follows(self.pieces, at) {
            return at;
        }
        at + 1
            + self.pieces[at..]
                .iter()
                .take_while(|piece| !matches!(piece, Piece::Part(_)))
                .count()
    }

    /// "From monday to wednesday"; in a wish to move an appointment, the second is the day that is wanted.
    fn days(&self, start: usize) -> Option<(Found, usize)> {
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
            first = chrono::Datelike::with_day(&until.date, from.bare_day?)?;
        }
        if last < first && until.bare_weekday.is_some() {
            last = last + chrono::Days::new(7);
        }
        if last <= first {
            return None;
        }
        let grain = super::Grain::Day;
        let period = Period {
            start: first,
            end: last + chrono::Days::new(1),
            grain,
            alternatives: Vec::new(),
        };
        Some((Found::Dates(Dates::Period(period)), end))
    }

    /// "In two hours", "dans une demi-heure", "within the hour".
    fn duration(&self, start: usize) -> Option<(Found, usize)> {
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
    fn minutes(&self, at: usize) -> Option<(i64, usize)> {
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
    fn bound(&self, start: usize) -> Option<(Found, usize)> {
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

    /// "Tomorrow *morning*", "late afternoon", "this evening", "mañana temprano".
    fn part(&self, start: usize) -> Option<(Found, usize)> {
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

    fn time(&self, at: usize) -> Option<(Found, usize)> {
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
                _ => self.may_follow(end) && (self.is_beside_a_day(at) || self.is_all(at, end)),
            }
        };
        (is_meant && !self.is_address(end)).then_some((Found::At(time), end))
    }

    fn is_pronoun(&self, at: usize) -> bool {
        self.calendar.language == Language::En
            && self.at(at)
                == Some(Piece::Number {
                    value: 1,
                    digits: 0,
                })
    }

    /// Whether what stands there may follow a bare hour.
    fn may_follow(&self, at: usize) -> bool {
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

    fn is_beside_a_day(&self, at: usize) -> bool {
        let last = self.findings.last();
        last.is_some_and(|last| {
            matches!(
                last.found,
                Found::Dates(_) | Found::Part(_) | Found::Correct | Found::Or
            ) && self.past_glue(last.end) >= at
        })
    }

    /// Whether the utterance is nothing else, but for courtesies.
    fn is_all(&self, start: usize, end: usize) -> bool {
        let is_little =
            |piece: &Piece| piece.is_glue() || matches!(piece, Piece::Soft | Piece::Correct);
        self.pieces[..start].iter().all(is_little) && self.pieces[end..].iter().all(is_little)
    }

    /// "12 maple street".
    fn is_address(&self, end: usize) -> bool {
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
