//! Which language a text is written in.
use crate::kernel::language::Language;
use crate::receptionist::plain::plain;

use super::words::words;

const LANGUAGES: [Language; 3] = [Language::En, Language::Fr, Language::Es];

/// As many words of another language are more than a name, a loan or a slip of the recogniser.
const WORDS_TO_CHANGE: usize = 2;

/// The language of a text of which nothing is known yet, or `fallback` where it does not show ("ok", "123", a name).
///
/// Counts everyday words; accents that only one of the languages has count as well. A tie is no evidence.
pub fn guess_language(text: &str, fallback: Language) -> Language {
    let said = plain(text);
    // "c" begins "c'est", but alone it is an answer to "reply C to confirm".
    if said.chars().count() < 2 {
        return fallback;
    }
    let points = |language: Language| {
        let accents = text.chars().filter(|c| signs(language).contains(*c));
        2 * everyday_words(&said, language) + accents.count().min(3)
    };
    let mut ranked = LANGUAGES.map(|language| (points(language), language));
    ranked.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let [(most, language), (second, _), _] = ranked;
    if most > second { language } else { fallback }
}

/// The language of a later turn: another one than before only if it clearly shows.
pub fn next_language(text: &str, known: Language) -> Language {
    let said = plain(text);
    let of_known = everyday_words(&said, known);
    let others = LANGUAGES.into_iter().filter(|language| *language != known);
    let counted = others.map(|language| (everyday_words(&said, language), language));
    let most = counted.max_by_key(|(count, _)| *count);
    match most {
        Some((count, language)) if count >= WORDS_TO_CHANGE + of_known => language,
        _ => known,
    }
}

/// Whether a text tells anything of its language.
pub fn shows_language(text: &str) -> bool {
    let said = plain(text);
    LANGUAGES
        .into_iter()
        .any(|language| everyday_words(&said, language) > 0)
}

fn everyday_words(said: &str, language: Language) -> usize {
    let everyday = words(language).everyday;
    said.split(' ')
        .filter(|word| everyday.contains(word))
        .count()
}

/// Letters and marks that the other two languages do not use.
fn signs(language: Language) -> &'static str {
    match language {
        Language::En => "",
        Language::Fr => "àâèêëîïôùûçœ",
        Language::Es => "ñíó¿¡áú",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_shows_in_everyday_words_and_accents() {
        for (text, language) in [
            ("what time do you open", Language::En),
            ("can i get an appointment", Language::En),
            ("how much for a tune up", Language::En),
            ("a quelle heure vous ouvrez", Language::Fr),
            ("je veux un rendez-vous", Language::Fr),
            ("bonjour", Language::Fr),
            ("cest combien pour un debouchage", Language::Fr),
            ("quiero una cita para manana", Language::Es),
            ("hola", Language::Es),
            ("cuanto cuesta", Language::Es),
            ("¿Abren el sábado?", Language::Es),
        ] {
            for fallback in [Language::En, Language::Fr, Language::Es] {
                assert_eq!(guess_language(text, fallback), language, "{text:?}");
            }
        }
    }

    #[test]
    fn a_word_that_others_have_too_does_not_turn_the_conversation() {
        for (text, known) in [
            ("as soon as possible", Language::En),
            ("as early as possible on monday", Language::En),
            ("mon 2pm", Language::En),
            ("Al", Language::En),
            ("5 M 3 A A L", Language::En),
            ("D L N C", Language::Es),
            ("is this an ai", Language::En),
            ("3 pm est", Language::En),
            ("bonjour", Language::En),
            ("le stop", Language::Fr),
            ("si c'est possible", Language::Fr),
            ("y el human resources", Language::Es),
            ("confirme por favor", Language::Es),
        ] {
            assert_eq!(next_language(text, known), known, "{text:?}");
        }
        for text in ["mon 2pm", "Al", "5 M 3 A A L", "as soon as possible"] {
            assert_eq!(guess_language(text, Language::En), Language::En, "{text:?}");
        }
        for (text, language) in [
            ("je voudrais un rendez-vous demain", Language::Fr),
            ("quiero una cita para mañana", Language::Es),
            ("what time do you open", Language::En),
        ] {
            for known in LANGUAGES {
                assert_eq!(next_language(text, known), language, "{text:?}");
            }
        }
    }

    #[test]
    fn what_shows_no_language_keeps_the_one_before() {
        for text in [
            "",
            "ok",
            "C",
            "👍",
            "514 555 0199",
            "Marc Tremblay",
            "https://example.com/le/la/les",
        ] {
            assert_eq!(guess_language(text, Language::Fr), Language::Fr, "{text:?}");
            assert_eq!(guess_language(text, Language::Es), Language::Es, "{text:?}");
        }
    }
}
