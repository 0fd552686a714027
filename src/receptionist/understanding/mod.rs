//! Understanding of short messages, without a model: tables of words per language, and a score.
//!
//! People text without accents, with typing errors and in telegraph style, so both sides are reduced to plain words
//! first (`plain`), and phrases are short. A phrase counts by its length: two words that stand together say more than
//! two that do not.
pub mod answers;
pub mod days;
mod intents;
mod languages;
pub mod measure;
mod names;
mod patterns;
pub mod spoken;
pub mod when;
mod words;

pub use languages::{guess_language, next_language, shows_language};
pub use names::{name_corrected, name_in, name_told};

use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;
use crate::receptionist::opt_out::asks_to_opt_out;
use crate::receptionist::plain::plain;
use intents::best_intent;
use patterns::{matches_at, score};
use words::words;

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
        said => best_intent(&start, said, language, words),
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

/// Without the pronoun of "the friday one", which is no time of day.
pub fn without_pronoun(text: &str) -> String {
    let said: Vec<&str> = text.split_whitespace().collect();
    let is_pronoun =
        |at: usize| at >= 2 && plain(said[at]) == "one" && plain(said[at - 2]) == "the";
    let kept = (0..said.len()).filter(|at| !is_pronoun(*at));
    kept.map(|at| said[at]).collect::<Vec<_>>().join(" ")
}

/// Whether a day of the week is named.
pub fn names_weekday(text: &str, language: Language) -> bool {
    let said = plain(text);
    let said: Vec<&str> = said.split(' ').collect();
    let weekdays = words(language).weekdays;
    let mut spellings = weekdays.iter().flat_map(|spellings| spellings.iter());
    spellings.any(|day| said.contains(day))
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

    const MEASURED: &str = include_str!("../../../tests/data/receptionist/understanding.jsonl");
    const LEAST_MEASURED: usize = 150;
    const LEAST_HELD_OUT: usize = 60;
    const LEAST_DATES_PERCENT: f64 = 97.0;

    #[test]
    fn what_people_say_and_when_they_mean_is_understood_in_every_language() {
        let expectations: Vec<_> = MEASURED
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let report = measure::measure(&expectations);
        println!("{}", report.misses.join("\n"));
        assert_eq!(report.all.len(), 3);
        for (scores, least) in [
            (&report.all, LEAST_MEASURED),
            (&report.held_out, LEAST_HELD_OUT),
        ] {
            for (language, score) in scores {
                println!("{language}: {score:?}");
                assert!(score.utterances >= least, "{language}");
                assert!(
                    score.intent_percent() >= LEAST_UNDERSTOOD_PERCENT as f64,
                    "{language}"
                );
                assert!(score.date_percent() >= LEAST_DATES_PERCENT, "{language}");
            }
        }
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
}
