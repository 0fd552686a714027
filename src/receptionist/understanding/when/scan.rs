//! From text to pieces: numbers and clock times in the ways they are written, then the words of the language.
use super::pieces::Piece;
use super::words::{Entry, words};
use crate::kernel::language::Language;
use crate::receptionist::plain::plain;

/// Longer texts are judged by their beginning, so that time is bounded.
const LONGEST_READ: usize = 1200;

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
            Atom::Word(_, _) => word(rest, table),
            Atom::Mark(mark, _) => self::mark(*mark, rest, pieces.last().copied()),
        };
        pieces.extend(found);
        at += length.max(1);
    }
    drop_dictation(composed(pieces, language))
}

enum Atom {
    Digits(String),
    /// A plain word, and whether a digit stands right before it.
    Word(String, bool),
    /// A mark, and whether it touches what stands before it.
    Mark(char, bool),
}

impl Atom {
    fn digits(&self) -> Option<&str> {
        match self {
            Self::Digits(digits) => Some(digits),
            _ => None,
        }
    }

    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word, _) => Some(word),
            _ => None,
        }
    }

    fn is_mark(&self, wanted: &[char]) -> bool {
        matches!(self, Self::Mark(mark, _) if wanted.contains(mark))
    }
}

fn atoms(text: &str) -> Vec<Atom> {
    let letters: Vec<char> = text.chars().take(LONGEST_READ).collect();
    let mut atoms = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let touches = at > 0 && !letters[at - 1].is_whitespace();
        let kind = kind_of(letters[at]);
        let end = (at..letters.len())
            .find(|i| kind_of(letters[*i]) != kind)
            .unwrap_or(letters.len());
        match kind {
            CharKind::Space => at = end,
            CharKind::Digit => {
                atoms.push(Atom::Digits(letters[at..end].iter().collect()));
                at = end;
            }
            CharKind::Letter => {
                let run: String = letters[at..end].iter().collect();
                let after_digit = at > 0 && letters[at - 1].is_ascii_digit();
                push_words(&mut atoms, &run, after_digit);
                at = end;
            }
            CharKind::Mark => {
                atoms.push(Atom::Mark(letters[at], touches));
                at += 1;
            }
        }
    }
    atoms
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CharKind {
    Space,
    Digit,
    Letter,
    Mark,
}

fn kind_of(c: char) -> CharKind {
    match c {
        _ if c.is_whitespace() => CharKind::Space,
        '0'..='9' => CharKind::Digit,
        // Accents may stand apart from their letter, and an apostrophe belongs to its word.
        '\'' | '’' | '\u{300}'..='\u{36f}' => CharKind::Letter,
        _ if c.is_alphabetic() => CharKind::Letter,
        _ => CharKind::Mark,
    }
}

/// The plain words of a run of letters. What dots cut apart is put together again: "p.m.", "avant-midi".
fn push_words(atoms: &mut Vec<Atom>, run: &str, after_digit: bool) {
    for (at, word) in plain(run)
        .split(' ')
        .filter(|word| !word.is_empty())
        .enumerate()
    {
        let dotted = |before: &str, mark: char| match atoms.as_slice() {
            [.., Atom::Word(first, _), Atom::Mark(between, true)] => {
                first == before && *between == mark
            }
            _ => false,
        };
        let spaced = |before: &str| match atoms.as_slice() {
            [Atom::Digits(_), Atom::Word(first, _)]
            | [.., Atom::Digits(_), Atom::Word(first, _)] => first == before,
            _ => false,
        };
        let half = ["a", "p"].into_iter().find(|half| {
            word == "m"
                && (dotted(half, '.')
                    || spaced(half)
                    || (*half == "p"
                        && matches!(atoms.last(), Some(Atom::Word(last, _)) if last == "p")))
        });
        if let Some(half) = half {
            if dotted(half, '.') {
                atoms.pop();
            }
            atoms.pop();
            atoms.push(Atom::Word(format!("{half}m"), false));
        } else if word == "midi" && dotted("avant", '-') {
            atoms.truncate(atoms.len() - 2);
            atoms.push(Atom::Word("avantmidi".into(), false));
        } else {
            atoms.push(Atom::Word(word.to_owned(), after_digit && at == 0));
        }
    }
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
        ("am" | "pm" | "hrs" | "hr" | "hs" | "min" | "mins" | "hours" | "days" | "weeks", _)
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
    for entry in table {
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
