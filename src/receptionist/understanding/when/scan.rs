//! From text to pieces: numbers and clock times in the ways they are written, then the words of the language.
use super::atoms::{Atom, atoms};
use super::pieces::Piece;
use super::words::{Entry, words};
use crate::kernel::language::Language;

/// The shortest number that is a phone number or the like, in digits.
const PHONE_DIGITS: usize = 7;

/// Words that are numbers one after the other: more than a clock time has.
const DICTATED: usize = 5;

/// Letters and digits of a Canadian postal code.
const CODE_SIGNS: usize = 6;

/// Digits of a postal code in the United States and Mexico.
const ZIP_DIGITS: usize = 5;

/// How far before its digits a postal code is announced.
const CODE_WORDS: usize = 4;

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
        let code = code_length(&atoms, at, table).max(rooms_length(rest, table, language));
        if code > 0 {
            pieces.push(Piece::Other);
            at += code;
            continue;
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

/// How many atoms the postal code is that begins here: six letters and digits in turn as in Canada, or five digits
/// where it was said that a code comes.
fn code_length(atoms: &[Atom], at: usize, table: &[Entry]) -> usize {
    let rest = &atoms[at..];
    let is_digit = |atom: &Atom| match atom {
        Atom::Digits(digits) => digits.len() == 1,
        Atom::Word(word, _) => said_digit(word, table),
        Atom::Mark(_, _) => false,
    };
    let is_letter = |atom: &Atom| {
        let word = atom.word();
        word.is_some_and(|word| {
            word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    };
    let (mut length, mut signs) = (0, 0);
    while let Some(atom) = rest.get(length).filter(|_| signs < CODE_SIGNS) {
        if signs == CODE_SIGNS / 2 && atom.is_mark(&['-', ',', '.']) {
        } else if signs % 2 == 0 && is_letter(atom) || signs % 2 == 1 && is_digit(atom) {
            signs += 1;
        } else {
            break;
        }
        length += 1;
    }
    if signs == CODE_SIGNS {
        return length;
    }
    let before = &atoms[at.saturating_sub(CODE_WORDS)..at];
    let is_announced = before
        .iter()
        .filter_map(Atom::word)
        .any(|word| matches!(word, "zip" | "zipcode" | "postal" | "postale"))
        && before.iter().all(|atom| atom.digits().is_none());
    let (mut length, mut digits) = (0, 0);
    while let Some(atom) = rest
        .get(length)
        .filter(|_| is_announced && digits < ZIP_DIGITS)
    {
        digits += match atom {
            Atom::Digits(group) => group.len(),
            atom if is_digit(atom) => 1,
            atom if length > 0 && atom.is_mark(&[',', '-', '.']) => 0,
            _ => break,
        };
        length += 1;
    }
    if digits == ZIP_DIGITS { length } else { 0 }
}

fn said_digit(word: &str, table: &[Entry]) -> bool {
    matches!(word, "un" | "sept" | "uno")
        || table.iter().any(|(entry, pieces)| {
            *entry == word && matches!(pieces, [Piece::Number { value: 0..=9, .. }])
        })
}

/// "Un quatre et demi", "un 4 1/2": in Quebec a flat by the number of its rooms.
fn rooms_length(rest: &[Atom], table: &[Entry], language: Language) -> usize {
    let article = rest[0].word().unwrap_or_default();
    let is_flat = matches!(
        article,
        "un" | "mon" | "notre" | "votre" | "le" | "ce" | "grand" | "petit" | "beau" | "des"
    );
    let is_number = match rest.get(1) {
        Some(Atom::Digits(digits)) => digits.len() == 1,
        Some(Atom::Word(word, _)) => said_digit(word, table),
        _ => false,
    };
    if language != Language::Fr || !is_flat || !is_number {
        return 0;
    }
    let word = |at: usize| rest.get(at).and_then(Atom::word);
    let digits = |at: usize| rest.get(at).and_then(Atom::digits);
    let is_slash = rest.get(3).is_some_and(|atom| atom.is_mark(&['/']));
    if rest.get(2).is_some_and(|atom| atom.is_mark(&['½'])) {
        return 3;
    }
    let is_half = digits(2) == Some("1") && is_slash && digits(4) == Some("2");
    let is_said = word(2) == Some("et") && word(3) == Some("demi");
    match (
        is_half,
        is_said && !word(4).is_some_and(|word| word.starts_with("heure")),
    ) {
        (true, _) => 5,
        (_, true) => 4,
        _ => 0,
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
