//! Which day a short question is about ("are you open tomorrow?"). Times and ranges come with booking.
use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::patterns::matches_at;
use super::plain;
use super::words::words;
use crate::kernel::language::Language;

/// The day, or the moment, that a question names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Now,
    On(NaiveDate),
}

/// What an utterance asks about, seen from `today`. A weekday's name is its next occurrence, today included.
pub fn asked_in(text: &str, language: Language, today: NaiveDate) -> Option<Asked> {
    let words = words(language);
    let said = plain(text);
    let said: Vec<&str> = said.split(' ').collect();
    let names = |phrases: &[&str]| names_one(phrases, &said);
    let in_days = |days| today.checked_add_days(Days::new(days)).map(Asked::On);
    if names(words.day_after_tomorrow) {
        return in_days(2);
    }
    if names(words.tomorrow) {
        return in_days(1);
    }
    if let Some(weekday) = words.weekdays.iter().position(|spellings| names(spellings)) {
        let wanted = Weekday::try_from(weekday as u8).expect("there are seven, from Monday on");
        return in_days(wanted.days_since(today.weekday()).into());
    }
    if names(words.now) {
        return Some(Asked::Now);
    }
    names(words.today).then_some(Asked::On(today))
}

fn names_one(phrases: &[&str], said: &[&str]) -> bool {
    phrases
        .iter()
        .any(|phrase| (0..said.len()).any(|at| matches_at(phrase, &said[at..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_in_each_language() {
        let saturday = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let on = |day| Some(Asked::On(NaiveDate::from_ymd_opt(2026, 11, day).unwrap()));
        for (language, text, expected) in [
            (Language::En, "are you open today", on(21)),
            (Language::En, "open tmrw?", on(22)),
            (Language::En, "r u open on mondays", on(23)),
            (Language::En, "open saturday?", on(21)),
            (Language::En, "are you still open", Some(Asked::Now)),
            (Language::En, "when do you open", None),
            (Language::Fr, "ouvert aujourd’hui?", on(21)),
            (Language::Fr, "ouvert demain", on(22)),
            (Language::Fr, "apres-demain", on(23)),
            (Language::Fr, "êtes-vous ouverts le mardi", on(24)),
            (Language::Fr, "ouvert maintenant?", Some(Asked::Now)),
            (Language::Es, "abren hoy", on(21)),
            (Language::Es, "abren mañana", on(22)),
            (Language::Es, "abren el miércoles", on(25)),
            (Language::Es, "están abiertos ahora", Some(Asked::Now)),
        ] {
            assert_eq!(asked_in(text, language, saturday), expected, "{text:?}");
        }
    }
}
