//! The tables of words. All entries are in the form that `plain` gives: lower case, no accents, no apostrophes.
mod en;
mod es;
mod fr;
mod patterns;

use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;

/// What one language is recognised by. How a phrase is written is told at `super::patterns::score`.
pub(super) struct Words {
    /// In order of precedence: of two intents with the same score the earlier wins.
    pub intents: &'static [(Intent, &'static [&'static str])],
    /// Whole phrases with gaps and classes.
    pub patterns: &'static [(Intent, &'static [&'static str])],
    pub classes: patterns::Classes,
    /// Clauses that ask nothing of their own, above all "if you are open".
    pub asides: &'static [&'static str],
    /// What is said while one thinks: it may stand between any two words.
    pub fillers: &'static [&'static str],
    /// Short answers by their words: who says one of the first, and beside it nothing but the second, means that. In
    /// order of precedence.
    pub answers: &'static [Answer],
    /// That a day or an offer does not suit: of a thing it would say that it is broken.
    pub unsuited: &'static [&'static str],
    /// Beginnings of an answer that says no, whatever comes then.
    pub no_starts: &'static [&'static str],
    /// What people tell each other and nobody can do anything about: a day that is named with it is no wish.
    pub small_talk: &'static [&'static str],
    /// Talk of the weather and the traffic, with the words that belong to it.
    pub idle: &'static [&'static str],
    /// What makes a cold or a leak one that somebody has, and what makes the weather a condition.
    pub earnest: &'static [&'static str],
    /// That an appointment is had, and another one liked better: to be moved, if a time is named.
    pub swaps: &'static [&'static str],
    /// That what is asked to be open is a time, not the shop.
    pub openings: &'static [&'static str],
    /// What rooms are numbered by.
    pub rooms: &'static [&'static str],
    pub emergencies: &'static [&'static str],
    /// What begins a message that is told along. `!please` is any word but that courtesy: "message for the owner" alone only
    /// asks to leave one, "message for the owner my heater is out" has it.
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

/// An intent, the words that are an answer, and the words that may stand around them.
pub(super) type Answer = (Intent, &'static [&'static str], &'static [&'static str]);

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
                words.fillers,
                words.no_starts,
                words.small_talk,
                words.unsuited,
                words.idle,
                words.earnest,
                words.swaps,
                words.openings,
                words.rooms,
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
                .chain(words.patterns)
                .map(|(_, phrases)| *phrases)
                .chain(lists)
                .chain(
                    words
                        .answers
                        .iter()
                        .flat_map(|(_, of_it, around)| [*of_it, *around]),
                )
                .chain(words.weekdays)
                .flatten();
            for entry in entries {
                let bare = entry.trim_start_matches(['=', '?', '^']);
                let bare = bare.replace(['*', '!', '@'], "").replace('|', " ");
                let bare: Vec<_> = bare
                    .split_whitespace()
                    .filter(|word| !matches!(*word, ".." | "$"))
                    .collect();
                assert_eq!(plain(&bare.join(" ")), bare.join(" "), "{language:?}");
            }
        }
    }
}
