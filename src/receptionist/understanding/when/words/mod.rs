//! The words of dates and times, by language, in the form that `plain` gives: lower case, no accents, no apostrophes.
//! An entry of several words wins over its parts.
mod en;
mod es;
mod fr;

use super::pieces::Piece;
use crate::kernel::language::Language;

/// A phrase, and what it is to the grammar.
pub(super) type Entry = (&'static str, &'static [Piece]);

pub(super) fn words(language: Language) -> &'static [Entry] {
    match language {
        Language::En => en::WORDS,
        Language::Fr => fr::WORDS,
        Language::Es => es::WORDS,
    }
}

/// A number that was said as a word.
const fn said(value: u32) -> Piece {
    Piece::Number { value, digits: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::plain::plain;

    #[test]
    fn every_entry_is_plain_and_stands_once() {
        for language in [Language::En, Language::Fr, Language::Es] {
            let mut seen = std::collections::HashSet::new();
            for (phrase, pieces) in words(language) {
                assert_eq!(plain(phrase), *phrase, "{language:?}");
                assert!(seen.insert(phrase), "{language:?}: {phrase:?} stands twice");
                assert!(!pieces.is_empty() || language == Language::Fr || phrase.len() > 1);
            }
        }
    }
}
