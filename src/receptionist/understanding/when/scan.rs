//! From text to pieces: numbers and clock times in the ways they are written, then the words of the language.
use super::atoms::{Atom, atoms};
use super::pieces::Piece;
use super::words::{Entry, words};
use crate::kernel::language::Language;

/// The shortest number that is a phone number or the like, in digits.
const PHONE_DIGITS: usize = 7;

/// Words that are numbers one after the other: more than a clock time has.
const DICTATED: usize = 5;

pub(super) fn scan(text: &str, language: Language) -> Vec<Piece> {
    let atoms = atoms(text);
    let table = words(language);
    let mut pieces = Vec::with_capacity(atoms.len());
    let mut at = 0;
    while at < atoms.len() {
        let rest = &atoms[at..];
        // "A la 1", where "al 1" would be a day.
        if language == Language::Es
            && rest[0].digits() == Some("1")
            && at > 0
            && atoms[at - 1].word() == Some("la")
            && pieces.last() == Some(&Piece::The)
        {
            pieces.pop();
            pieces.push(Piece::Las);
        }
        let (found, length) = match &rest[0] {
            Atom::Digits(_) => number(rest, language, pieces.last().copied()),
            // "Oh, thank you" begins with no zero.
            Atom::Word(word, _) if at == 0 && rest.len() > 1 && word == "oh" => (vec![], 1),
            Atom::Word(_, _) => word(rest, table),
            Atom::Mark(mark, _) => self::mark(*mark, rest, pieces.last().copied()),
        };
        pieces.extend(found);
        at += length.max(1);
    }
    drop_dictation(composed(pieces, language))
}

/// What begins with digits, and of how many atoms it is.
fn number(rest: &[Atom], language: Language, before: Option<Piece>) -> (Vec<Piece>, usize) {
    let digits = |at: usize| rest.get(at).and_then(Atom::digits);
    let value = |at: usize| digits(at).and_then(|digits| digits.parse::<u32>().ok());
    let marked = |at: usize, marks: &[char]| rest.get(at).is_some_and(|atom| atom.is_mark(marks));
    let other = |length| (vec![Piece::Other], length);
    let first = digits(0).unwrap_or_default();
    if let (true, Some(year), Some(month), Some(day)) = (
        first.len() == 4 && marked(1, &['-', '/']) && marked(3, &['-', '/']),
        value(0),
        value(2),
        value(4),
    ) {
        return (vec![Piece::Dated(year as i32, month, day)], 5);
    }
    let phone = phone_length(rest);
    if phone > 0 {
        return other(phone);
    }
    let Some(number) = value(0).filter(|_| first.len() <= 4) else {
        return other(1);
    };
    if let (true, Some(second)) = (marked(1, &['/']), value(2)) {
        let year = marked(3, &['/']).then(|| value(4)).flatten();
        let length = if year.is_some() { 5 } else { 3 };
        return match (number, second) {
            (24, 7) => other(3),
            _ => (
                vec![Piece::Slashed(number, second, year.map(full_year))],
                length,
            ),
        };
    }
    if let (true, true, Some(second), Some(year)) =
        (marked(1, &['-']), marked(3, &['-']), value(2), value(4))
    {
        return (
            vec![Piece::Slashed(number, second, Some(full_year(year)))],
            5,
        );
    }
    if let (true, Some(minute)) = (
        marked(1, &[':']),
        digits(2).filter(|minute| minute.len() == 2),
    ) {
        return (clock_of(number, minute), 3);
    }
    let is_decimal = marked(1, &['.', ',']) && matches!(rest.get(1), Some(Atom::Mark(_, true)));
    if let (true, Some(minute)) = (is_decimal, digits(2)) {
        let follows = rest.get(3).and_then(Atom::word);
        let is_clock = minute.len() == 2
            && (matches!(follows, Some("am" | "pm"))
                || matches!(before, Some(Piece::At | Piece::Las)));
        return if is_clock {
            (clock_of(number, minute), 3)
        } else {
            other(3)
        };
    }
    match rest.get(1) {
        Some(Atom::Word(word, _)) if word == "h" => {
            match digits(2).filter(|minute| minute.len() == 2) {
                Some(minute) => (clock_of(number, minute), 3),
                None => (clock_of(number, "00"), 2),
            }
        }
        Some(Atom::Word(suffix, true)) => glued(number, suffix, first, language),
        Some(Atom::Mark('$' | '€' | '£' | '%' | '°' | '¢', _)) => other(2),
        _ => (vec![counted(number, first)], 1),
    }
}

/// A number with letters right behind it: an ordinal, a time, or a unit that the table of words knows.
fn glued(number: u32, suffix: &str, digits: &str, language: Language) -> (Vec<Piece>, usize) {
    match (suffix, language) {
        ("st" | "nd" | "rd" | "th", _)
        | ("er" | "ere" | "e" | "eme" | "ieme", Language::Fr)
        | ("o" | "a" | "ro" | "ero" | "do" | "to" | "vo", Language::Es) => {
            (vec![Piece::Ordinal(number)], 2)
        }
        ("a", Language::En) => (vec![counted(number, digits), Piece::Am], 2),
        ("p", _) => (vec![counted(number, digits), Piece::Pm], 2),
        (
            "ish" | "am" | "pm" | "hrs" | "hr" | "hs" | "min" | "mins" | "hours" | "days" | "weeks",
            _,
        )
        | ("heures" | "heure" | "jours", _)
        | ("horas" | "dias", _) => (vec![counted(number, digits)], 1),
        _ => (vec![Piece::Other], 2),
    }
}

fn counted(value: u32, digits: &str) -> Piece {
    Piece::Number {
        value,
        digits: digits.len() as u8,
    }
}

fn clock_of(hour: u32, minute: &str) -> Vec<Piece> {
    let minute = minute.parse().unwrap_or(99);
    let is_time = hour <= 23 && minute <= 59;
    vec![if is_time {
        Piece::Clock(hour, minute)
    } else {
        Piece::Other
    }]
}

fn full_year(year: u32) -> i32 {
    (if year < 100 { year + 2000 } else { year }) as i32
}

/// How many atoms the phone number is, code or other long number that begins here; 0 if none does.
fn phone_length(rest: &[Atom]) -> usize {
    let mut groups: Vec<&str> = Vec::new();
    let mut length = 0;
    for (at, atom) in rest.iter().enumerate() {
        match atom {
            Atom::Digits(digits) => {
                groups.push(digits);
                length = at + 1;
            }
            Atom::Mark('-' | '.' | '(' | ')' | '+' | ' ', _) => {}
            _ => break,
        }
    }
    // "21 2026 10" after the name of a month.
    let is_date = groups.len() > 1
        && groups[0].len() <= 2
        && groups[1].len() == 4
        && groups[1].starts_with("20");
    let count: usize = groups.iter().map(|group| group.len()).sum();
    if count >= PHONE_DIGITS && !is_date {
        length
    } else {
        0
    }
}

/// The longest entry of the table that begins here.
fn word(rest: &[Atom], table: &[Entry]) -> (Vec<Piece>, usize) {
    let mut best: Option<(&Entry, usize)> = None;
    let first = rest.first().and_then(Atom::word).unwrap_or_default();
    for entry in table.iter().filter(|entry| entry.0.starts_with(first)) {
        let mut length = 0;
        let matches = entry.0.split(' ').all(|wanted| {
            // A hyphen between two words of an entry is nothing.
            if length > 0
                && rest
                    .get(length)
                    .is_some_and(|atom| matches!(atom, Atom::Mark('-', true)))
            {
                length += 1;
            }
            let said = rest.get(length);
            length += 1;
            said.and_then(Atom::word) == Some(wanted)
        });
        if matches && best.is_none_or(|(_, longest)| length > longest) {
            best = Some((entry, length));
        }
    }
    best.map_or((vec![Piece::Other], 1), |(entry, length)| {
        (entry.1.to_vec(), length)
    })
}

fn mark(mark: char, rest: &[Atom], before: Option<Piece>) -> (Vec<Piece>, usize) {
    let is_before_digits = rest.get(1).is_some_and(|atom| atom.digits().is_some());
    let piece = match mark {
        '-' | '–' | '—'
            if is_before_digits
                && matches!(
                    before,
                    Some(
                        Piece::Number { .. }
                            | Piece::Clock(_, _)
                            | Piece::Am
                            | Piece::Pm
                            | Piece::HourMark
                            | Piece::Ordinal(_)
                    )
                ) =>
        {
            Piece::To
        }
        '-' if matches!(rest[0], Atom::Mark(_, true)) => return (Vec::new(), 1),
        '$' | '€' | '£' | '#' if is_before_digits => return (vec![Piece::Other], 2),
        '@' | '~' => Piece::At,
        '/' => Piece::Or,
        '&' => Piece::And,
        ',' | '.' | ';' | ':' | '!' | '?' | '…' | '(' | ')' | '–' | '—' | '-' => Piece::Comma,
        _ => return (Vec::new(), 1),
    };
    (vec![piece], 1)
}

/// Numbers of several words as one: "twenty first", "treinta y cinco", "vingt et un", "dix-sept".
fn composed(pieces: Vec<Piece>, language: Language) -> Vec<Piece> {
    let mut composed: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let add = |tens: u32, units: u32| match language {
            Language::Fr if tens == 10 => (7..=9).contains(&units),
            _ => tens >= 20 && tens.is_multiple_of(10) && (1..=9).contains(&units),
        };
        let word = |value| Piece::Number { value, digits: 0 };
        let joined = match (composed.as_slice(), piece) {
            (
                [
                    ..,
                    Piece::Number {
                        value: tens,
                        digits: 0,
                    },
                ],
                Piece::Number {
                    value: units,
                    digits: 0,
                },
            ) if add(*tens, units) => Some((1, word(tens + units))),
            (
                [
                    ..,
                    Piece::Number {
                        value: tens,
                        digits: 0,
                    },
                ],
                Piece::Ordinal(units),
            ) if add(*tens, units) => Some((1, Piece::Ordinal(tens + units))),
            (
                [
                    ..,
                    Piece::Number {
                        value: tens,
                        digits: 0,
                    },
                    Piece::And,
                ],
                Piece::Number {
                    value: units,
                    digits: 0,
                },
            ) if add(*tens, units)
                && (language == Language::Es || language == Language::Fr && units == 1) =>
            {
                Some((2, word(tens + units)))
            }
            (
                [
                    ..,
                    Piece::Number {
                        value: tens,
                        digits: 0,
                    },
                    Piece::And,
                ],
                Piece::One,
            ) if *tens >= 20 && language == Language::Fr => Some((2, word(tens + 1))),
            _ => None,
        };
        match joined {
            Some((count, piece)) => {
                composed.truncate(composed.len() - count);
                composed.push(piece);
            }
            None => composed.push(piece),
        }
    }
    composed
}

/// A phone number or a code that was dictated word by word is no time.
fn drop_dictation(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut start = 0;
    while start < pieces.len() {
        let run = pieces[start..]
            .iter()
            .take_while(|piece| piece.number().is_some())
            .count();
        if run >= DICTATED {
            pieces[start..start + run].fill(Piece::Other);
        }
        start += run.max(1);
    }
    pieces
}
