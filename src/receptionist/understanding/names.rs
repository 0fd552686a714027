//! The name in an answer, and in whatever else people say.
//!
//! Anything may be a name, so a bare answer is one only if it is nothing else that we know: no question, no wish, no
//! day, no yes. What stands behind "my name is" is one without that proof.
use super::answers::is_only_yes_or_no;
use super::patterns::matches_at;
use super::understand;
use super::when;
use super::words::words;
use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;

/// Longer texts are judged by their beginning.
const LONGEST_READ: usize = 200;
const MOST_WORDS: usize = 5;
/// Fewer letters one by one are initials.
const FEWEST_SPELLED: usize = 3;

/// The name in an answer to "your name?" ("it's Ana Roy" → "Ana Roy").
pub fn name_in(text: &str, language: Language) -> Option<String> {
    name_told(text, language).or_else(|| bare_name(text, language, Lead::Optional))
}

/// A name that is told as one, wherever it stands ("my name is Sarah and I'd like to book").
pub fn name_told(text: &str, language: Language) -> Option<String> {
    let start: String = text.chars().take(LONGEST_READ).collect();
    let said = Words::of(&start);
    let leads = told(language);
    let behind = (0..said.plain.len()).find_map(|at| said.behind(at, leads))?;
    Name::at_start(&said.raw[behind..], language).map(|name| name.text)
}

/// A name in place of the one that we read back ("no, it's Phil"; "Bob Smith" for Bob).
pub fn name_corrected(text: &str, known: Option<&str>, language: Language) -> Option<String> {
    let fuller = || {
        let said = plain(text);
        let known = known.map(plain).filter(|known| !known.is_empty())?;
        let is_in = format!(" {said} ").contains(&format!(" {known} "));
        bare_name(text, language, Lead::Optional).filter(|_| is_in && said != known)
    };
    name_told(text, language)
        .or_else(|| bare_name(text, language, Lead::Required))
        .or_else(fuller)
}

/// Whether something like "it's" must stand before a name that is not told as one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Optional,
    Required,
}

fn bare_name(text: &str, language: Language, lead: Lead) -> Option<String> {
    let start: String = text.chars().take(LONGEST_READ).collect();
    if start.contains('?') {
        return None;
    }
    let said = Words::of(&start);
    let mut behind = 0;
    // Several may stand one after the other: "hi, it's …".
    while let Some(next) = said.behind_token(behind, words(language).name_starts, LEADS) {
        behind = next;
    }
    let is_led = behind > 0 && lead == Lead::Required;
    if lead == Lead::Required && !is_led {
        return None;
    }
    let rest = &said.raw[behind..];
    let name = Name::at_start(rest, language)?;
    let is_name = name.is_all && !is_something_else(&rest.join(" "), &name, language);
    is_name.then_some(name.text)
}

/// What is asked, wished, agreed to or dated, and what only looks like a name.
fn is_something_else(rest: &str, name: &Name, language: Language) -> bool {
    if name.is_spelled {
        return false;
    }
    let all: Vec<&str> = name.text.split_whitespace().collect();
    let is_particle = |(at, word): &(usize, &str)| *at > 0 && PARTICLES.contains(word);
    let said: Vec<&str> = all
        .into_iter()
        .enumerate()
        .filter(|word| !is_particle(word))
        .map(|(_, word)| word)
        .collect();
    let is_capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    // Who has two capitals may be called like a day or a thing: Domingo Pérez, Hope Price.
    let is_proper = said.len() > 1 && said.iter().all(is_capital);
    let is_everyday = said
        .iter()
        .any(|word| !is_capital(word) && words(language).everyday.contains(&plain(word).as_str()));
    let begins_with_article = ARTICLES.contains(&plain(said[0]).as_str());
    if is_only_yes_or_no(&name.text, language)
        || (!is_proper && (is_everyday || begins_with_article))
    {
        return true;
    }
    let understood = understand(rest, language);
    let is_date = when::kind_in(&name.text, language).is_some();
    let ends_as_date = said
        .last()
        .is_some_and(|last| when::kind_in(last, language).is_some());
    let is_wish = match understood.intent {
        Intent::Unknown => false,
        // "Bob Smith, thanks".
        intent if intent.is_courtesy() => understand(&name.text, language).intent.is_courtesy(),
        Intent::Appointment if is_date => false,
        Intent::Pricing | Intent::Hours | Intent::Location | Intent::Services | Intent::Support => {
            !is_proper
        }
        _ => true,
    };
    is_wish || understood.is_question || (is_date && (!is_proper || ends_as_date))
}

/// The words as they were said and as `plain` has them; an elision is one word of the former and two of the latter.
struct Words<'a> {
    raw: Vec<&'a str>,
    plain: Vec<(String, usize)>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let raw: Vec<&str> = text.split_whitespace().collect();
        let mut words = Vec::new();
        for (at, token) in raw.iter().enumerate() {
            let token = plain(token);
            let parts = token.split(' ').filter(|word| !word.is_empty());
            words.extend(parts.map(|word| (word.to_owned(), at)));
        }
        Self { raw, plain: words }
    }

    /// The token behind the longest of the phrases that begins with that plain word.
    fn behind(&self, at: usize, phrases: &[&str]) -> Option<usize> {
        let said: Vec<&str> = self.plain[at..]
            .iter()
            .map(|(word, _)| word.as_str())
            .collect();
        let lengths = phrases
            .iter()
            .filter(|phrase| matches_at(phrase, &said))
            .map(|phrase| phrase.split(' ').count());
        let length = lengths.max()?;
        let token = self.plain[at + length - 1].1 + 1;
        let is_whole = self
            .plain
            .get(at + length)
            .is_none_or(|(_, next)| *next >= token);
        (is_whole && token < self.raw.len()).then_some(token)
    }

    fn behind_token(&self, token: usize, some: &[&str], others: &[&str]) -> Option<usize> {
        let at = self.plain.iter().position(|(_, of)| *of >= token)?;
        self.behind(at, some).or_else(|| self.behind(at, others))
    }
}

struct Name {
    text: String,
    /// Nothing but courtesies comes behind it.
    is_all: bool,
    is_spelled: bool,
}

impl Name {
    fn at_start(said: &[&str], language: Language) -> Option<Self> {
        let spelled = spelled_in(said);
        let said = spelled.as_ref().map_or(said, |(from, _)| &said[..*from]);
        let mut taken: Vec<&str> = Vec::new();
        let mut at = 0;
        let mut is_cut = false;
        while let Some(token) = said.get(at) {
            let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
            let word = plain(bare);
            if is_cut || ends_name(&word, language) {
                break;
            }
            if bare.chars().any(|c| c.is_ascii_digit() || "@/".contains(c)) {
                return None;
            }
            is_cut = token.ends_with(['.', ',', ';', '!', ':']);
            if bare.chars().any(char::is_alphabetic) {
                taken.push(bare);
            }
            at += 1;
        }
        let is_tail = |word: &str| TAILS.contains(&word);
        let is_all = is_cut
            || said.get(at).is_none_or(|next| {
                let next = plain(next);
                next.split(' ').next().is_none_or(is_tail)
            });
        let text = match (spelled, taken.as_slice()) {
            (None, []) => return None,
            (Some((_, letters)), []) => {
                return Some(Self {
                    text: letters,
                    is_all: true,
                    is_spelled: true,
                });
            }
            (Some((_, letters)), [before @ .., last]) if is_same_initial(last, &letters) => {
                let words = before.iter().copied().chain([letters.as_str()]);
                words.collect::<Vec<_>>().join(" ")
            }
            (_, taken) => taken.join(" "),
        };
        (taken.len() <= MOST_WORDS).then_some(Self {
            text,
            is_all,
            is_spelled: false,
        })
    }
}

fn is_same_initial(word: &str, letters: &str) -> bool {
    plain(word).chars().next() == plain(letters).chars().next()
}

/// A word that was spelled letter by letter, and where that begins.
fn spelled_in(said: &[&str]) -> Option<(usize, String)> {
    let letters_of = |token: &str| -> Option<String> {
        let parts: Vec<&str> = token
            .split(['-', '.', ','])
            .filter(|part| !part.is_empty())
            .collect();
        let is_spelled = parts
            .iter()
            .all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
        (is_spelled && !parts.is_empty()).then(|| parts.concat())
    };
    let runs = (0..said.len()).map(|from| {
        let letters = said[from..].iter().map_while(|token| letters_of(token));
        (from, letters.collect::<String>())
    });
    let (from, letters) = runs
        .into_iter()
        .find(|(_, letters)| letters.chars().count() >= FEWEST_SPELLED)?;
    let mut letters = letters.chars();
    let first = letters.next()?.to_uppercase();
    Some((
        from,
        first.chain(letters.flat_map(char::to_lowercase)).collect(),
    ))
}

/// A word that no name has.
fn ends_name(word: &str, language: Language) -> bool {
    let never = match language {
        Language::En => NEVER_EN,
        Language::Fr => NEVER_FR,
        Language::Es => NEVER_ES,
    };
    word.split(' ')
        .any(|word| never.contains(&word) || TAILS.contains(&word))
}

fn told(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "my name is",
            "my names",
            "my name",
            "the name is",
            "the names",
            "under the name",
            "you can call me",
        ],
        Language::Fr => &[
            "je m appelle",
            "je mappelle",
            "mon nom est",
            "mon nom c est",
            "le nom est",
            "le nom c est",
            "au nom de",
        ],
        Language::Es => &["me llamo", "mi nombre es", "el nombre es", "a nombre de"],
    }
}

/// What may stand before a name beside the starts of each language: hesitation, and what takes something back.
const LEADS: &[&str] = &[
    "um",
    "uh",
    "uhh",
    "euh",
    "eh",
    "ah",
    "oh",
    "well",
    "so",
    "no",
    "nope",
    "actually",
    "sorry",
    "yeah",
    "call me",
    "non",
    "ben",
    "alors",
    "pardon",
    "desole",
    "desolee",
    "appelez moi",
    "plutot",
    "bueno",
    "pues",
    "este",
    "perdon",
    "llameme",
    "digame",
    "habla",
    "mejor",
];

/// Courtesies behind a name, and the beginning of its spelling.
const TAILS: &[&str] = &[
    "thanks", "thank", "please", "here", "speaking", "thats", "spelled", "spelt", "merci", "svp",
    "s", "ici", "ca", "epele", "gracias", "por", "porfa", "se", "con",
];

/// What stands in the middle of a name.
const PARTICLES: &[&str] = &[
    "de", "du", "des", "la", "le", "les", "del", "los", "las", "da", "di", "van", "von", "der",
];

const ARTICLES: &[&str] = &[
    "a", "an", "the", "le", "la", "les", "l", "un", "une", "el", "los", "las", "una", "uno",
];

#[rustfmt::skip] // Tables, filled like prose.
const NEVER_EN: &[&str] = &[
    "the", "what", "whats", "when", "whens", "where", "how", "who", "whos", "why", "which", "is", "are", "am", "was", "were", "do", "does", "did", "can", "could", "would", "should", "you", "your", "my", "me", "i", "id", "im", "ill", "ive", "it", "its", "that", "thats", "this", "these", "those",
    "not", "dont", "cant", "wont", "didnt", "and", "or", "but", "because", "as", "at", "if", "in", "on", "of", "to", "for", "from", "with", "about", "need", "want", "have", "one", "ones", "first", "second", "third", "last", "book", "booked", "appointment", "name", "question", "wait", "hold",
    "hang", "wrong", "too", "very", "calling", "looking", "other", "another", "again", "only", "something", "nothing", "anything", "already", "soon", "asap", "early", "late", "right", "repeat",
];
#[rustfmt::skip]
const NEVER_FR: &[&str] = &[
    "quoi", "que", "quand", "ou", "comment", "combien", "pourquoi", "quel", "quelle", "quels", "quelles", "qui", "est", "suis", "etes", "ai", "avez", "etait", "peux", "pouvez", "vous", "votre", "vos", "mon", "ma", "mes", "je", "j", "tu", "il", "on", "ca", "cela", "ce", "cette", "c", "cest",
    "pas", "ne", "et", "ou", "mais", "parce", "pour", "avec", "si", "une", "chez", "dans", "sur", "besoin", "veux", "voudrais", "aimerais", "premier", "premiere", "deuxieme", "troisieme", "derniere", "dernier", "rendez", "rdv", "nom", "question", "attendez", "abord", "deja", "trop", "tres",
    "autre", "encore", "plus", "tot", "tard", "possible", "juste", "rien", "mauvais", "seconde", "minute", "instant",
];
#[rustfmt::skip]
const NEVER_ES: &[&str] = &[
    "que", "cuando", "donde", "como", "cuanto", "cual", "quien", "por", "porque", "es", "esta", "estoy", "son", "era", "puedo", "puede", "usted", "su", "mi", "me", "yo", "eso", "esto", "ese", "esa", "no", "pero", "para", "con", "si", "en", "una", "un", "tengo", "quiero", "quisiera", "necesito",
    "primera", "primero", "segunda", "segundo", "tercera", "tercero", "ultima", "ultimo", "cita", "nombre", "pregunta", "espere", "ya", "muy", "demasiado", "otra", "otro", "temprano", "pronto", "posible", "antes", "mal", "algo", "nada", "minuto", "momento", "y",
];

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Es, Fr};

    #[test]
    fn a_name_is_taken_out_of_the_words_around_it() {
        for (text, language, name) in [
            ("Ana Roy", En, Some("Ana Roy")),
            ("it's Ana.", En, Some("Ana")),
            ("bob", En, Some("bob")),
            (
                "Hi, my name is Jean-Luc O'Neil",
                En,
                Some("Jean-Luc O'Neil"),
            ),
            ("my name is Sarah and I'd like to book", En, Some("Sarah")),
            ("call me Pat", En, Some("Pat")),
            ("um, it's Bob Smith, thanks", En, Some("Bob Smith")),
            ("Will Summers here", En, Some("Will Summers")),
            ("Hope Price", En, Some("Hope Price")),
            ("Ahmed that's A H M E D", En, Some("Ahmed")),
            ("Achmed, A-H-M-E-D", En, Some("Ahmed")),
            ("A H M E D", En, Some("Ahmed")),
            ("no the name is Phil", En, Some("Phil")),
            ("je m'appelle Élodie Côté", Fr, Some("Élodie Côté")),
            ("moi c'est Luc", Fr, Some("Luc")),
            ("appelez-moi Pat", Fr, Some("Pat")),
            ("Bonjour, c'est Marie du Pont", Fr, Some("Marie du Pont")),
            ("Me llamo José Núñez, gracias", Es, Some("José Núñez")),
            ("soy María", Es, Some("María")),
            ("Domingo Pérez", Es, Some("Domingo Pérez")),
            ("José Luis de la Cruz", Es, Some("José Luis de la Cruz")),
            ("me llamo Juan de la Cruz", Es, Some("Juan de la Cruz")),
        ] {
            assert_eq!(name_in(text, language).as_deref(), name, "{text:?}");
        }
    }

    #[test]
    fn what_is_asked_wished_agreed_to_or_dated_is_no_name() {
        for (language, texts) in [
            (
                En,
                &[
                    "514 555 0199",
                    "and please tell him to hurry up",
                    "why?",
                    "what",
                    "as soon as possible",
                    "actually cancel it",
                    "yes",
                    "yeah yeah",
                    "ok go ahead",
                    "no thanks",
                    "the second one",
                    "when am i booked",
                    "next tuesday",
                    "Monday morning",
                    "noon",
                    "human please",
                    "it's 42 Elm street",
                    "the dog bites",
                    "that's too early",
                ][..],
            ),
            (
                Fr,
                &[
                    "quand mon rendez-vous deja",
                    "lundi matin d'abord",
                    "oui c'est ça",
                    "la deuxième",
                    "le plus tôt possible",
                    "c'est trop tôt",
                    "annulez ça",
                    "quoi",
                ],
            ),
            (
                Es,
                &[
                    "cuándo es mi cita",
                    "el lunes por la mañana",
                    "sí claro",
                    "la segunda",
                    "lo antes posible",
                    "es muy temprano",
                    "mejor cancele",
                    "qué",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(name_in(text, language), None, "{text:?}");
            }
        }
    }

    #[test]
    fn a_name_that_was_read_back_is_put_right() {
        for (text, language, name) in [
            ("Bob Smith", En, Some("Bob Smith")),
            ("no it's Phil", En, Some("Phil")),
            ("no, the name is Phil", En, Some("Phil")),
            ("yes but my name is Phil", En, Some("Phil")),
            ("Phil", En, None),
            ("bob", En, None),
            ("it's fine", En, None),
            ("no that's wrong", En, None),
            ("no", En, None),
            ("no friday", En, None),
            ("non c'est Luc Roy", Fr, Some("Luc Roy")),
            ("c'est bon", Fr, None),
            ("non c'est pas ça", Fr, None),
            ("no, es Luis", Es, Some("Luis")),
            ("es correcto", Es, None),
        ] {
            assert_eq!(
                name_corrected(text, Some("Bob"), language).as_deref(),
                name,
                "{text:?}"
            );
        }
    }
}
