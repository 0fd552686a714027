//! Times of day: "half past two", "14 h 30", "deux heures moins quart", "un cuarto para las ocho", "2 30 p.m.".
use super::Part;
use super::pieces::{Piece, Unit};

/// A time of day as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub hour: u32,
    pub minute: u32,
    pub half: HalfSaid,
    /// It cannot be anything but a time; a bare number needs surroundings that say so.
    pub is_sure: bool,
}

/// Which half of the day was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HalfSaid {
    Am,
    Pm,
    /// Nothing needs saying: 14:30, noon.
    Needless,
    /// The hour is between 1 and 12, and nothing was said.
    None,
}

/// The time that begins at a piece, and where it ends.
pub(super) fn clock(pieces: &[Piece], start: usize) -> Option<(Clock, usize)> {
    let (clock, end) = before_the_hour(pieces, start)
        .or_else(|| noon(pieces, start))
        .or_else(|| hour_first(pieces, start, true))?;
    with_half(pieces, clock, end)
}

/// A bare hour: in "entre diez y once" the eleven is no minutes of the ten.
pub(super) fn full_hour(pieces: &[Piece], start: usize) -> Option<(Clock, usize)> {
    let (clock, end) = hour_first(pieces, start, false)?;
    with_half(pieces, clock, end)
}

fn with_half(pieces: &[Piece], mut clock: Clock, mut end: usize) -> Option<(Clock, usize)> {
    let half = match (pieces.get(end), pieces.get(end + 1)) {
        (Some(Piece::Am), _) => Some(HalfSaid::Am),
        (Some(Piece::Pm), _) => Some(HalfSaid::Pm),
        _ => None,
    };
    if let Some(half) = half {
        end += 1;
        clock.is_sure = true;
        if clock.half == HalfSaid::None {
            clock.half = half;
        }
    }
    // "Three in the afternoon": the part is found on its own, and makes the number a time.
    clock.is_sure |= part_follows(pieces, end);
    (clock.hour < 24).then_some((clock, end))
}

/// Whether a part of the day follows, with nothing but little words between.
pub(super) fn part_follows(pieces: &[Piece], at: usize) -> bool {
    let little = pieces[at..]
        .iter()
        .take(3)
        .take_while(|piece| {
            matches!(
                piece,
                Piece::In
                    | Piece::Of
                    | Piece::The
                    | Piece::This
                    | Piece::A
                    | Piece::Las
                    | Piece::At
            )
        })
        .count();
    matches!(pieces.get(at + little), Some(Piece::Part(_)))
}

fn time(hour: u32, minute: u32, is_sure: bool) -> Clock {
    let half = if (1..=12).contains(&hour) {
        HalfSaid::None
    } else {
        HalfSaid::Needless
    };
    Clock {
        hour,
        minute,
        half,
        is_sure,
    }
}

/// "Half past two", "ten to three", "un cuarto para las ocho", "faltan diez para las tres".
pub(super) fn before_the_hour(pieces: &[Piece], start: usize) -> Option<(Clock, usize)> {
    let mut at = start;
    at += usize::from(matches!(pieces.get(at), Some(Piece::One | Piece::The)));
    let (minutes, is_number, is_word) = match pieces.get(at)? {
        Piece::Half => (30, false, true),
        Piece::Quarter => (15, false, true),
        Piece::Number {
            value: value @ 1..=29,
            digits,
        } => (*value, true, *digits == 0),
        _ => return None,
    };
    at += 1;
    let has_unit = matches!(pieces.get(at), Some(Piece::Unit(Unit::Minute)));
    at += usize::from(has_unit);
    let joint = *pieces.get(at)?;
    at += 1;
    let says_hour = matches!(pieces.get(at), Some(Piece::Las));
    at += usize::from(says_hour);
    let is_round = matches!(minutes, 5 | 10 | 20 | 25);
    let in_span =
        start > 0 && matches!(pieces[start - 1], Piece::From | Piece::Between | Piece::Of);
    let is_past = match joint {
        Piece::Past => true,
        Piece::After => !is_number || is_round || has_unit,
        Piece::To | Piece::Until | Piece::Of | Piece::Before if is_number => {
            if joint == Piece::Of || in_span || !(has_unit || is_word && is_round) {
                return None;
            }
            false
        }
        Piece::To | Piece::Of | Piece::Before | Piece::Until => false,
        Piece::For if says_hour => false,
        _ => return None,
    };
    if joint == Piece::After && !is_past {
        return None;
    }
    let (hour, end) = match pieces.get(at)? {
        Piece::Number {
            value: hour @ 1..=12,
            ..
        } => (*hour, at + 1),
        Piece::Noon => (12, at + 1),
        Piece::Midnight => (0, at + 1),
        _ => return None,
    };
    let end = end + usize::from(matches!(pieces.get(end), Some(Piece::HourMark)));
    let hour = if is_past { hour } else { (hour + 23) % 24 };
    let hour = if hour == 0 { 12 } else { hour };
    let minute = if is_past { minutes } else { 60 - minutes };
    let mut clock = time(hour, minute, true);
    if matches!(pieces.get(at), Some(Piece::Noon)) {
        clock.half = HalfSaid::Needless;
    }
    if matches!(pieces.get(at), Some(Piece::Midnight)) {
        clock = time(if is_past { 0 } else { 23 }, minute, true);
    }
    Some((clock, end))
}

/// Noon and midnight, and what French adds to them ("midi et demi").
fn noon(pieces: &[Piece], start: usize) -> Option<(Clock, usize)> {
    let start = start
        + usize::from(
            matches!(pieces.get(start), Some(Piece::The))
                && matches!(pieces.get(start + 1), Some(Piece::Noon | Piece::Midnight)),
        );
    let hour = match pieces.get(start)? {
        Piece::Noon => 12,
        Piece::Midnight => 0,
        _ => return None,
    };
    let (hour, minute, end) = tail(pieces, start + 1, hour, true).unwrap_or((hour, 0, start + 1));
    Some((
        Clock {
            hour,
            minute,
            half: HalfSaid::Needless,
            is_sure: true,
        },
        end,
    ))
}

/// An hour, its mark and its minutes.
fn hour_first(pieces: &[Piece], start: usize, with_minutes: bool) -> Option<(Clock, usize)> {
    let says_hour = matches!(pieces.get(start), Some(Piece::Las));
    let mut at = start + usize::from(says_hour);
    let (hour, minute, mut is_sure) = match *pieces.get(at)? {
        Piece::Clock(hour, minute) => (hour, minute, true),
        Piece::Number {
            value,
            digits: 3 | 4,
        } if is_compact(pieces, start, at, value) => (value / 100, value % 100, true),
        Piece::Number {
            value: hour @ 0..=23,
            digits: 0..=2,
        } => (hour, 0, says_hour),
        Piece::One if matches!(pieces.get(at + 1), Some(Piece::HourMark)) => (1, 0, false),
        _ => return None,
    };
    let was_written_out = minute > 0 || matches!(pieces[at], Piece::Number { digits: 3 | 4, .. });
    at += 1;
    let mut has_mark = matches!(pieces.get(at), Some(Piece::HourMark));
    at += usize::from(has_mark);
    // "24 heures sur 24" and "heures" that are counted are told apart by what stands before, see `spans`.
    is_sure |= has_mark;
    let (mut hour, mut minute) = (hour, minute);
    if with_minutes
        && !was_written_out
        && let Some((of_tail, minutes, end)) = tail(pieces, at, hour, has_mark || is_sure)
    {
        (hour, minute, at) = (of_tail, minutes, end);
        is_sure = true;
    }
    if !has_mark && matches!(pieces.get(at), Some(Piece::HourMark)) {
        has_mark = true;
        at += 1;
    }
    let counted = matches!(pieces.get(at), Some(Piece::Noun | Piece::Unit(_)));
    let is_counted = counted && !has_mark && minute == 0;
    let is_quantity = is_counted && !matches!(pieces[at - 1], Piece::Clock(_, _));
    (!is_quantity).then_some((time(hour, minute, is_sure), at))
}

/// "230" and "1430", as recognisers write what was spoken, where nothing else can be meant.
fn is_compact(pieces: &[Piece], start: usize, at: usize, value: u32) -> bool {
    let is_time = (100..2400).contains(&value) && value % 100 < 60;
    let is_announced = start > 0
        && matches!(
            pieces[start - 1],
            Piece::At | Piece::A | Piece::Las | Piece::After | Piece::Before | Piece::Between
        );
    let is_marked = matches!(
        pieces.get(at + 1),
        Some(Piece::Am | Piece::Pm | Piece::HourMark)
    );
    let is_counted = matches!(
        pieces.get(at + 1),
        Some(Piece::Noun | Piece::Street | Piece::Other)
    );
    is_time && (is_marked || (is_announced || says_las(pieces, start)) && !is_counted)
}

fn says_las(pieces: &[Piece], start: usize) -> bool {
    matches!(pieces.get(start), Some(Piece::Las))
}

/// What follows an hour: minutes, a half, a quarter, or what is taken off. The hour, the minutes, and where they end.
fn tail(pieces: &[Piece], at: usize, hour: u32, is_sure: bool) -> Option<(u32, u32, usize)> {
    let adds = matches!(pieces.get(at), Some(Piece::And));
    let takes = matches!(pieces.get(at), Some(Piece::Minus));
    let mut next = at + usize::from(adds || takes);
    next += usize::from(
        matches!(pieces.get(next), Some(Piece::The | Piece::One))
            && matches!(pieces.get(next + 1), Some(Piece::Quarter)),
    );
    let (minutes, end) = match *pieces.get(next)? {
        Piece::Half if adds => (30, next + 1),
        Piece::Quarter if adds || takes || is_sure => (15, next + 1),
        Piece::Number { value: 0, .. } if !adds && !takes => {
            match pieces.get(next + 1)?.number()? {
                minute @ 1..=9 => (minute, next + 2),
                _ => return None,
            }
        }
        // "Two thirty", "14 30": two digits, or words from ten on; "deux heures cinq" with the mark of the hour.
        Piece::Number {
            value: value @ 1..=59,
            digits,
        } => {
            let stands_alone = match digits {
                0 => value >= 10,
                1 => false,
                _ => digits == 2,
            };
            let is_minutes = takes
                || if adds {
                    is_sure || value >= 10 && value.is_multiple_of(5)
                } else {
                    stands_alone
                        || is_sure
                            && digits == 0
                            && value > 1
                            && matches!(pieces.get(at.wrapping_sub(1)), Some(Piece::HourMark))
                };
            let is_counted = matches!(
                pieces.get(next + 1),
                Some(
                    Piece::Noun
                        | Piece::Street
                        | Piece::Month(_)
                        | Piece::HourMark
                        | Piece::Clock(_, _)
                )
            ) || matches!(pieces.get(next + 1), Some(Piece::Unit(unit)) if *unit != Unit::Minute)
                || pieces
                    .get(next + 1)
                    .is_some_and(|piece| piece.number().is_some());
            if !is_minutes || is_counted {
                return None;
            }
            let has_unit = matches!(pieces.get(next + 1), Some(Piece::Unit(Unit::Minute)));
            (value, next + 1 + usize::from(has_unit))
        }
        Piece::Clock(minute @ 0..=59, 0) if takes => (minute, next + 1),
        _ => return None,
    };
    if takes {
        let hour = if hour <= 1 { hour + 11 } else { hour - 1 };
        Some((hour, 60 - minutes, end))
    } else {
        Some((hour, minutes, end))
    }
}

impl Clock {
    /// The half of the day that goes with a part of the day, for hours that have two readings.
    pub(super) fn in_part(self, part: Part) -> u32 {
        match (part, self.hour) {
            (Part::Morning, 12) => 12,
            (Part::Morning, hour) => hour,
            (Part::Noon, hour @ 1..=4) => hour + 12,
            (Part::Noon, hour) => hour,
            (Part::Afternoon, hour @ 1..=11) | (Part::Evening, hour @ 3..=11) => hour + 12,
            // "Twelve at night" ends the day, "two at night" comes after it.
            (Part::Evening | Part::Night, 12) => 24,
            (Part::Evening, hour @ 1..=2) => hour + 24,
            (Part::Night, hour @ 8..=11) => hour + 12,
            (_, hour) => hour,
        }
    }
}
