//! Which language a text is written in.
use crate::kernel::language::Language;
use crate::receptionist::plain::plain;

use super::words::words;

/// The language of a text, or `fallback` where it does not show ("ok", "123", a name).
///
/// Counts everyday words; accents that only one of the languages has count as well. A tie is no evidence.
pub fn guess_language(text: &str, fallback: Language) -> Language {
    let said = plain(text);
    // "c" begins "c'est", but alone it is an answer to "reply C to confirm".
    if said.chars().count() < 2 {
        return fallback;
    }
    let points = |language: Language| {
        let everyday = said
            .split(' ')
            .filter(|word| words(language).everyday.contains(word))
            .count();
        2 * everyday
            + text
                .chars()
                .filter(|c| signs(language).contains(*c))
                .count()
                .min(3)
    };
    let mut ranked =
        [Language::En, Language::Fr, Language::Es].map(|language| (points(language), language));
    ranked.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let [(most, language), (second, _), _] = ranked;
    if most > second { language } else { fallback }
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
