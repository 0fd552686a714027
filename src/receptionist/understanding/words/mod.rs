//! The tables of words. All entries are in the form that `plain` gives: lower case, no accents, no apostrophes.
mod en;
mod es;
mod fr;
mod patterns;

use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;

/// What one language is recognised by. How a phrase is written is told at `super::intents::score`.
pub(super) struct Words {
    /// In order of precedence: of two intents with the same score the earlier wins.
    pub intents: &'static [(Intent, &'static [&'static str])],
    /// Whole phrases with gaps and classes.
    pub patterns: &'static [(Intent, &'static [&'static str])],
    pub classes: patterns::Classes,
    /// Clauses that ask nothing of their own, above all "if you are open".
    pub asides: &'static [&'static str],
    pub emergencies: &'static [&'static str],
    pub message_starts: &'static [&'static str],
    pub question_starts: &'static [&'static str],
    /// What may stand before a name, in answer to "your name?".
    pub name_starts: &'static [&'static str],
    pub now: &'static [&'static str],
    pub today: &'static [&'static str],
    pub tomorrow: &'static [&'static str],
    pub day_after_tomorrow: &'static [&'static str],
    /// From Monday on.
    pub weekdays: [&'static [&'static str]; 7],
    /// Frequent words that the other two languages do not have, for guessing the language.
    pub everyday: &'static [&'static str],
}

pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Fr => &fr::WORDS,
        Language::Es => &es::WORDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::plain::plain;

    #[test]
    fn every_entry_is_written_as_a_plain_text_looks() {
        for language in [Language::En, Language::Fr, Language::Es] {
            let words = words(language);
            let lists = [
                words.asides,
                words.emergencies,
                words.message_starts,
                words.question_starts,
                words.name_starts,
                words.now,
                words.today,
                words.tomorrow,
                words.everyday,
            ];
            let entries = words
                .intents
                .iter()
                .map(|(_, phrases)| *phrases)
                .chain(lists)
                .chain(words.weekdays)
                .flatten();
            for entry in entries {
                let bare = entry.trim_start_matches(['=', '?']).replace(['*', '!'], "");
                assert_eq!(plain(&bare), bare, "{language:?}");
            }
        }
    }
}
