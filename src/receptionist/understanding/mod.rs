//! Understanding of short messages, without a model: tables of words per language, and a score.
//!
//! People text without accents, with typing errors and in telegraph style, so both sides are reduced to plain words
//! first (`plain`), and phrases are short. A phrase counts by its length: two words that stand together say more than
//! two that do not.
pub mod answers;
pub mod days;
mod languages;
pub mod measure;
pub mod spoken;
pub mod when;
mod words;

pub use languages::guess_language;

use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;
use crate::receptionist::opt_out::asks_to_opt_out;
use crate::receptionist::plain::plain;
use words::{Words, words};

/// Longer texts are judged by their beginning: what somebody wants stands there, and time is bounded.
const LONGEST_READ: usize = 600;

/// What was found in one utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Understanding {
    pub intent: Intent,
    /// It asks something, so it is hardly the answer to a question of ours.
    pub is_question: bool,
    pub is_urgent: bool,
    /// It carries a message already ("tell Mark that I am late"), not only the wish to leave one.
    pub carries_message: bool,
}

/// What an utterance in a language is about.
pub fn understand(text: &str, language: Language) -> Understanding {
    let words = words(language);
    let start: String = text.chars().take(LONGEST_READ).collect();
    let said = plain(&start);
    let said: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    let carries_message = words
        .message_starts
        .iter()
        .any(|phrase| score(phrase, &said) > 0);
    let intent = match said.as_slice() {
        _ if asks_to_opt_out(&start) => Intent::OptOut,
        _ if carries_message => Intent::Message,
        [] => intent_of_emoji(&start),
        said => best_intent(said, words),
    };
    Understanding {
        intent,
        is_question: start.contains('?')
            || words
                .question_starts
                .iter()
                .any(|phrase| matches_at(phrase, &said)),
        is_urgent: words
            .emergencies
            .iter()
            .any(|phrase| score(phrase, &said) > 0),
        carries_message,
    }
}

/// Whether the utterance, without its courtesies, is nothing but a name ("it's Ana Roy" → "Ana Roy").
pub fn name_in(text: &str, language: Language) -> Option<String> {
    let mut rest = text.trim().trim_end_matches(['.', '!', ',']);
    // Several may stand one after the other: "hi, my name is …".
    while let Some(shorter) = words(language)
        .name_starts
        .iter()
        .find_map(|start| strip_start(rest, start))
    {
        rest = shorter;
    }
    let rest = rest
        .split(['.', ',', '\n', ';'])
        .next()
        .unwrap_or_default()
        .trim();
    let is_name = rest.split_whitespace().count() <= 4
        && rest.chars().any(char::is_alphabetic)
        && !rest
            .chars()
            .any(|c| c.is_ascii_digit() || "?@/".contains(c));
    is_name.then(|| rest.to_owned())
}

/// The text without its first words, if these are, in plain form, the given ones.
fn strip_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let ends = text
        .char_indices()
        .filter(|(_, c)| !c.is_alphanumeric())
        .map(|(at, _)| at);
    let end = ends.take(12).find(|end| plain(&text[..*end]) == start)?;
    let rest = text[end..].trim_start_matches(|c: char| !c.is_alphanumeric());
    (!rest.is_empty()).then_some(rest)
}

/// The intent with the highest score. Courtesies only count among themselves; of equals the first in the table wins.
fn best_intent(said: &[&str], words: &Words) -> Intent {
    let scored = words.intents.iter().map(|(intent, phrases)| {
        (
            *intent,
            phrases
                .iter()
                .map(|phrase| score(phrase, said))
                .sum::<usize>(),
        )
    });
    let mut scored: Vec<_> = scored.filter(|(_, points)| *points > 0).collect();
    // Who moves, cancels or confirms an appointment mentions it, but wants no new one.
    if scored.iter().any(|(intent, _)| {
        matches!(
            intent,
            Intent::Reschedule | Intent::Cancel | Intent::Confirm
        )
    }) {
        scored.retain(|(intent, _)| *intent != Intent::Appointment);
    }
    // "Thanks, bye" is the end, however many thanks there are.
    if scored.iter().any(|(intent, _)| *intent == Intent::Goodbye) {
        scored.retain(|(intent, _)| *intent != Intent::Thanks);
    }
    let best = |is_courtesy| {
        scored
            .iter()
            .rev()
            .filter(|(intent, _)| intent.is_courtesy() == is_courtesy)
            .max_by_key(|(_, points)| *points)
    };
    let intent = best(false)
        .or_else(|| best(true))
        .map_or(Intent::Unknown, |(intent, _)| *intent);
    // "Would tuesday at 2 work?": who names a day, and nothing else that we know, wants that day.
    let is_open = matches!(intent, Intent::Unknown | Intent::Greeting);
    if is_open && days::names_day(said, words) {
        Intent::Appointment
    } else {
        intent
    }
}

/// The points of a phrase: 2 for a word, 5 for two in a row, 8 for three; nothing if it does not occur.
/// `=` before a phrase wants it to be the whole utterance, `*` behind a word lets it end in any way, and `!` before a
/// word takes any other word. A `?` before a phrase makes it a mere hint, worth 1.
fn score(phrase: &str, said: &[&str]) -> usize {
    if let Some(hint) = phrase.strip_prefix('?') {
        return (0..said.len())
            .any(|at| matches_at(hint, &said[at..]))
            .into();
    }
    if let Some(whole) = phrase.strip_prefix('=') {
        let is_all = whole.split(' ').count() == said.len() && matches_at(whole, said);
        return if is_all { 9 } else { 0 };
    }
    let occurs = (0..said.len()).any(|at| matches_at(phrase, &said[at..]));
    if occurs {
        3 * phrase.split(' ').count() - 1
    } else {
        0
    }
}

fn matches_at(phrase: &str, said: &[&str]) -> bool {
    let mut said = said.iter();
    phrase.split(' ').all(|wanted| {
        said.next().is_some_and(
            |word| match (wanted.strip_suffix('*'), wanted.strip_prefix('!')) {
                (Some(stem), _) => word.starts_with(stem),
                (_, Some(other)) => *word != other,
                (None, None) => *word == wanted,
            },
        )
    })
}

/// Texts without a single letter.
fn intent_of_emoji(text: &str) -> Intent {
    let first = text.chars().find_map(|c| match c {
        '👍' | '👌' | '✅' | '✔' => Some(Intent::Yes),
        '👎' | '❌' => Some(Intent::No),
        '👋' => Some(Intent::Greeting),
        '🙏' | '❤' | '🙂' | '😊' | '😀' => Some(Intent::Thanks),
        _ => None,
    });
    first.unwrap_or(Intent::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `language \t utterance \t intent`, as people text.
    const UTTERANCES: &str = include_str!("../../../tests/data/receptionist/utterances.tsv");
    const LEAST_ROWS: usize = 60;
    const LEAST_UNDERSTOOD_PERCENT: usize = 95;

    #[test]
    fn people_are_understood_as_they_text_in_every_language() {
        let mut worst = 100;
        for language in [Language::En, Language::Fr, Language::Es] {
            let rows = UTTERANCES
                .lines()
                .map(|line| line.split('\t').collect::<Vec<_>>());
            let rows: Vec<_> = rows.filter(|row| row[0] == language.code()).collect();
            let misses: Vec<_> = rows
                .iter()
                .filter_map(|row| {
                    let intent = understand(row[1], language).intent;
                    (serde_json::json!(intent) != row[2])
                        .then(|| format!("{:?} is {}, not {intent:?}", row[1], row[2]))
                })
                .collect();
            let understood = rows.len() - misses.len();
            println!(
                "{language:?}: {understood} of {} understood\n{}",
                rows.len(),
                misses.join("\n")
            );
            assert!(rows.len() >= LEAST_ROWS);
            worst = worst.min(understood * 100 / rows.len());
        }
        assert!(worst >= LEAST_UNDERSTOOD_PERCENT);
    }

    #[test]
    fn the_language_of_those_utterances_is_hardly_ever_guessed_wrong() {
        for language in [Language::En, Language::Fr, Language::Es] {
            let rows: Vec<_> = UTTERANCES
                .lines()
                .map(|line| line.split('\t').collect::<Vec<_>>())
                .filter(|row| row[0] == language.code())
                .collect();
            let misses: Vec<_> = rows
                .iter()
                .map(|row| row[1])
                .filter(|text| guess_language(text, language) != language)
                .collect();
            assert!(misses.is_empty(), "{language:?}: {misses:#?}");
        }
    }

    #[test]
    fn nothing_that_can_be_sent_makes_it_stumble() {
        let long = "é".repeat(1600);
        let spaces = " \t\n\u{200b}".repeat(400);
        for text in [
            "",
            " ",
            "\u{200b}\u{fe0f}",
            "🏠🔥",
            "https://example.com/open?hours=1",
            &long,
            &spaces,
            "¿?¡!...",
            "\0",
            "=stop",
            "*",
        ] {
            for language in [Language::En, Language::Fr, Language::Es] {
                assert_eq!(
                    understand(text, language).intent == Intent::OptOut,
                    text == "=stop",
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn a_name_is_taken_out_of_the_words_around_it() {
        for (text, language, name) in [
            ("Ana Roy", Language::En, Some("Ana Roy")),
            ("it's Ana.", Language::En, Some("Ana")),
            (
                "Hi, my name is Jean-Luc O'Neil",
                Language::En,
                Some("Jean-Luc O'Neil"),
            ),
            (
                "je m'appelle Élodie Côté",
                Language::Fr,
                Some("Élodie Côté"),
            ),
            ("moi c'est Luc", Language::Fr, Some("Luc")),
            (
                "Me llamo José Núñez, gracias",
                Language::Es,
                Some("José Núñez"),
            ),
            ("soy María", Language::Es, Some("María")),
            ("514 555 0199", Language::En, None),
            ("and please tell him to hurry up", Language::En, None),
            ("why?", Language::En, None),
        ] {
            assert_eq!(name_in(text, language).as_deref(), name, "{text:?}");
        }
    }
}
