//! Little words of an answer to a question of ours: which of several, yes or no with something behind it, a code, a
//! number; and the wish for another language.
use crate::{kernel::language::Language, receptionist::plain::plain, scheduling::code};

/// Which of several they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nth {
    At(usize),
    Last,
}

const NTH: &[(Nth, &[&str])] = &[
    (
        Nth::At(0),
        &[
            "first",
            "1st",
            "the earliest",
            "earliest",
            "option 1",
            "option one",
            "number one",
            "premier",
            "premiere",
            "la plus tot",
            "le plus tot",
            "primero",
            "primera",
            "la mas temprano",
            "opcion 1",
            "opcion uno",
        ],
    ),
    (
        Nth::At(1),
        &[
            "second",
            "2nd",
            "option 2",
            "option two",
            "number two",
            "middle",
            "deuxieme",
            "seconde",
            "second choix",
            "celle du milieu",
            "segundo",
            "segunda",
            "opcion 2",
            "opcion dos",
        ],
    ),
    (
        Nth::At(2),
        &[
            "third",
            "3rd",
            "option 3",
            "option three",
            "number three",
            "troisieme",
            "tercero",
            "tercera",
            "tercer",
            "opcion 3",
            "opcion tres",
        ],
    ),
    (
        Nth::Last,
        &[
            "last",
            "latest",
            "derniere",
            "dernier",
            "la plus tard",
            "ultima",
            "ultimo",
        ],
    ),
];

/// `the second one`, `la deuxième`, `la última`; a bare `2` too.
pub(super) fn nth_in(text: &str) -> Option<Nth> {
    let said = plain(text);
    if let Ok(number @ 1..=9) = said.parse::<usize>() {
        return Some(Nth::At(number - 1));
    }
    let found = NTH
        .iter()
        .find(|(_, words)| words.iter().any(|word| has(&said, word)));
    found.map(|(nth, _)| *nth)
}

impl Nth {
    /// The one of so many.
    pub fn of<T>(self, items: &[T]) -> Option<&T> {
        match self {
            Self::At(at) => items.get(at),
            Self::Last => items.last(),
        }
    }
}

const REFUSALS: &[&str] = &[
    "none of them",
    "none of those",
    "neither",
    "other times",
    "other time",
    "something else",
    "another time",
    "another day",
    "different time",
    "different day",
    "doesnt work",
    "does not work",
    "dont work",
    "wont work",
    "not good for me",
    "aucune",
    "aucun",
    "autre heure",
    "autre jour",
    "autre chose",
    "d autres",
    "ca ne marche pas",
    "ca marche pas",
    "ne me convient pas",
    "ninguna",
    "ninguno",
    "otra hora",
    "otro dia",
    "otras horas",
    "no me sirve",
    "no me queda",
    "no puedo",
];

/// They want none of what was offered.
pub(super) fn refuses_all(text: &str) -> bool {
    let said = plain(text);
    REFUSALS.iter().any(|words| has(&said, words))
}

const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "correct",
    "right",
    "exactly",
    "thats it",
    "thats right",
    "that is right",
    "thats correct",
    "that is correct",
    "sounds good",
    "that works",
    "sure",
    "perfect",
    "oui",
    "ouais",
    "exact",
    "exactement",
    "parfait",
    "c est ca",
    "c est bien ca",
    "c est bon",
    "d accord",
    "tout a fait",
    "si",
    "correcto",
    "exacto",
    "claro",
    "asi es",
    "esta bien",
    "de acuerdo",
    "perfecto",
    "ok",
    "okay",
];
const NO: &[&str] = &[
    "no",
    "nope",
    "nah",
    "wrong",
    "not quite",
    "actually",
    "non",
    "pas ca",
    "plutot",
    "incorrecto",
    "mejor",
];

/// A yes at the beginning, whatever follows.
pub(super) fn begins_with_yes(text: &str) -> bool {
    begins(text, YES)
}

/// A no at the beginning, or a word that takes something back.
pub(super) fn begins_with_no(text: &str) -> bool {
    begins(text, NO)
}

pub(super) fn begins(text: &str, words: &[&str]) -> bool {
    let said = format!("{} ", plain(text));
    words
        .iter()
        .any(|word| said.starts_with(&format!("{word} ")))
}

const GIVE_UP: &[&str] = &[
    "never mind",
    "nevermind",
    "nvm",
    "forget it",
    "forget about it",
    "stop it",
    "changed my mind",
    "laissez faire",
    "laisse faire",
    "oubliez ca",
    "oublie ca",
    "tant pis",
    "change d idee",
    "olvidelo",
    "olvidalo",
    "dejelo",
    "dejalo",
    "no importa",
    "ya no quiero",
];

/// They want to stop arranging this.
pub(super) fn gives_up(text: &str) -> bool {
    let said = plain(text);
    GIVE_UP.iter().any(|words| has(&said, words))
}

const OWN: &[&str] = &[
    "my appointment",
    "my appt",
    "my booking",
    "my reservation",
    "my appointments",
    "my appts",
    "my bookings",
    "appointments do i have",
    "bookings do i have",
    "have an appointment",
    "mon rendez vous",
    "mon rdv",
    "mes rendez vous",
    "mes rdv",
    "rendez vous ai je",
    "rendez vous j ai",
    "ai un rendez vous",
    "ai je un rendez vous",
    "ma reservation",
    "mi cita",
    "mis citas",
    "mi turno",
    "mis turnos",
    "citas tengo",
    "mi reservacion",
    "tengo una cita",
    "tengo cita",
];
const LOOK_UP: &[&str] = &[
    "when",
    "what time",
    "which day",
    "what day",
    "find",
    "check",
    "look up",
    "remind",
    "do i have",
    "what are my",
    "which are my",
    "quels",
    "quand",
    "quelle heure",
    "quel jour",
    "trouver",
    "verifier",
    "retrouver",
    "ai je",
    "est ce que j ai",
    "rappel*",
    "cuales",
    "que citas",
    "cuando",
    "a que hora",
    "que dia",
    "buscar",
    "verificar",
    "tengo cita",
    "si tengo",
];

/// They want to know when their appointment is.
pub(super) fn asks_for_own(text: &str) -> bool {
    let said = plain(text);
    let has_one = |table: &[&str]| {
        table
            .iter()
            .any(|words| has(&said, words.trim_end_matches('*')))
    };
    has_one(OWN) && has_one(LOOK_UP)
}

const ALL: &[&str] = &[
    "both",
    "both of them",
    "all",
    "all of them",
    "them all",
    "les deux",
    "tous",
    "toutes",
    "tous les deux",
    "las dos",
    "los dos",
    "ambas",
    "ambos",
    "todas",
    "todos",
];
/// "Cancel them both please": what has more words speaks of something else.
const LONGEST_ALL: usize = 5;

/// Of several they mean every one.
pub(super) fn means_all(text: &str) -> bool {
    let said = plain(text);
    said.split(' ').count() <= LONGEST_ALL && ALL.iter().any(|words| has(&said, words))
}

const LANGUAGES: &[(Language, &[&str])] = &[
    (
        Language::Fr,
        &[
            "en francais",
            "francais svp",
            "francais s il vous plait",
            "parlez vous francais",
            "parle francais",
            "in french",
            "speak french",
            "french please",
            "en frances",
        ],
    ),
    (
        Language::En,
        &[
            "in english",
            "english please",
            "speak english",
            "en anglais",
            "anglais svp",
            "anglais s il vous plait",
            "parlez vous anglais",
            "en ingles",
            "ingles por favor",
            "hablan ingles",
            "habla ingles",
        ],
    ),
    (
        Language::Es,
        &[
            "en espanol",
            "espanol por favor",
            "hablan espanol",
            "habla espanol",
            "in spanish",
            "speak spanish",
            "spanish please",
            "en espagnol",
            "parlez vous espagnol",
        ],
    ),
];
const BARE_LANGUAGES: &[(Language, &[&str])] = &[
    (Language::Fr, &["french", "francais", "frances"]),
    (Language::En, &["english", "anglais", "ingles"]),
    (Language::Es, &["spanish", "espanol", "espagnol"]),
];

/// The language that they ask for in so many words.
pub(super) fn language_wished_in(text: &str) -> Option<Language> {
    let said = plain(text);
    let bare = BARE_LANGUAGES
        .iter()
        .find(|(_, words)| words.contains(&said.as_str()));
    let found = bare.or_else(|| {
        LANGUAGES
            .iter()
            .find(|(_, words)| words.iter().any(|word| has(&said, word)))
    });
    found.map(|(language, _)| *language)
}

/// Around a code, when it is said.
const AROUND_CODE: &[&str] = &[
    "my",
    "the",
    "confirmation",
    "code",
    "number",
    "is",
    "its",
    "it",
    "here",
    "ok",
    "yes",
    "sure",
    "le",
    "mon",
    "c",
    "est",
    "cest",
    "numero",
    "de",
    "oui",
    "voici",
    "el",
    "mi",
    "codigo",
    "es",
    "confirmacion",
    "si",
    "um",
    "euh",
    "hi",
    "so",
];

/// A confirmation code out of the words around it, its letters joined however they were spelled.
pub(super) fn code_in(text: &str) -> Option<String> {
    let said = plain(text);
    let words: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    // One of ours, wherever it begins and ends.
    let spans =
        (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)));
    let ours = spans
        .take(MOST_SPANS)
        .find_map(|(from, to)| code::read(&words[from..to].concat()));
    if ours.is_some() {
        return ours;
    }
    // What looks like one, so that it is looked for and not found.
    let begins = words.iter().position(|word| !AROUND_CODE.contains(word));
    let rest = words.get(begins?..)?;
    let code: String = rest.concat();
    let has_digit = code.bytes().any(|byte| byte.is_ascii_digit());
    let is_spelled = rest.iter().all(|word| word.len() == 1);
    let is_code = (4..=16).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && (has_digit || is_spelled);
    is_code.then(|| code.to_ascii_uppercase())
}

/// A code has few words; of a long text only the beginning is searched.
const MOST_SPANS: usize = 400;

/// A phone number in what was said or typed: its digits.
pub(super) fn phone_in(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = if text.trim_start().starts_with('+') {
        "+"
    } else {
        ""
    };
    (7..=15)
        .contains(&digits.len())
        .then(|| format!("{plus}{digits}"))
}

/// The appointment that they have already is named.
pub(super) fn names_own(text: &str) -> bool {
    let said = plain(text);
    OWN.iter().any(|words| has(&said, words))
}

/// Whether the words occur, as whole words.
pub(super) fn has(said: &str, words: &str) -> bool {
    format!(" {said} ").contains(&format!(" {words} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_is_named_in_many_ways() {
        for (text, nth) in [
            ("the second one please", Some(Nth::At(1))),
            ("la deuxième", Some(Nth::At(1))),
            ("La primera.", Some(Nth::At(0))),
            ("2", Some(Nth::At(1))),
            ("the last one", Some(Nth::Last)),
            ("la última", Some(Nth::Last)),
            ("ten thirty", None),
            ("14", None),
            ("", None),
        ] {
            assert_eq!(nth_in(text), nth, "{text:?}");
        }
        assert_eq!(Nth::Last.of(&[1, 2, 3]), Some(&3));
        assert_eq!(Nth::At(2).of(&[1, 2]), None);
    }

    #[test]
    fn a_language_is_wished_for_in_so_many_words() {
        for (text, language) in [
            ("en français s'il vous plaît", Some(Language::Fr)),
            ("English please", Some(Language::En)),
            ("parlez-vous anglais?", Some(Language::En)),
            ("¿hablan español?", Some(Language::Es)),
            ("english", Some(Language::En)),
            ("I teach english at school", None),
            ("bonjour", None),
        ] {
            assert_eq!(language_wished_in(text), language, "{text:?}");
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_spelled() {
        for (text, code) in [
            ("AFH234", Some("AFH234")),
            ("my code is a f h 2 3 4", Some("AFH234")),
            ("it's AFH 234 I think", Some("AFH234")),
            ("le code est AFH-234", Some("AFH234")),
            ("Mi código es afh234", Some("AFH234")),
            ("K7M2QX", Some("K7M2QX")),
            ("i do not have it", None),
            ("", None),
        ] {
            assert_eq!(code_in(text).as_deref(), code, "{text:?}");
        }
    }

    #[test]
    fn a_number_is_its_digits() {
        assert_eq!(phone_in("it's 514-555-0199").as_deref(), Some("5145550199"));
        assert_eq!(
            phone_in("+1 (514) 555 0199").as_deref(),
            Some("+15145550199")
        );
        assert_eq!(phone_in("two"), None);
    }

    #[test]
    fn own_appointments_are_asked_for() {
        for text in [
            "when is my appointment?",
            "can you check my appointment",
            "when are my appointments",
            "what appointments do I have",
            "quels sont mes rdv",
            "quels rendez-vous ai-je",
            "¿cuáles son mis turnos?",
            "à quelle heure est mon rendez-vous",
            "¿cuándo es mi cita?",
        ] {
            assert!(asks_for_own(text), "{text}");
        }
        for text in [
            "i want an appointment",
            "cancel my appointment",
            "what should I bring to my appointment",
            "when are you open",
        ] {
            assert!(!asks_for_own(text), "{text}");
        }
    }
}
