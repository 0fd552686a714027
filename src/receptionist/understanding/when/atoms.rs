//! From text to plain words, digits and marks.
use crate::receptionist::plain::plain;

/// Longer texts are judged by their beginning, so that time is bounded.
const LONGEST_READ: usize = 1200;

pub(super) enum Atom {
    Digits(String),
    /// A plain word, and whether a digit stands right before it.
    Word(String, bool),
    /// A mark, and whether it touches what stands before it.
    Mark(char, bool),
}

impl Atom {
    pub(super) fn digits(&self) -> Option<&str> {
        match self {
            Self::Digits(digits) => Some(digits),
            _ => None,
        }
    }

    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word, _) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_mark(&self, wanted: &[char]) -> bool {
        matches!(self, Self::Mark(mark, _) if wanted.contains(mark))
    }
}

pub(super) fn atoms(text: &str) -> Vec<Atom> {
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
        } else if word == "wed" && run.contains(['\'', '’']) {
            // "We'd like" is no wednesday.
            atoms.push(Atom::Word("we".into(), false));
        } else {
            atoms.push(Atom::Word(word.to_owned(), after_digit && at == 0));
        }
    }
}
