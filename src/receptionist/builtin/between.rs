//! What comes between: a moment's patience, a question of theirs, the other of two, what they do not have.
use super::words::{begins, has};
use crate::receptionist::plain::plain;

const WAITS: &[&str] = &[
    "hang on",
    "hold on",
    "one second",
    "a second",
    "a sec",
    "one moment",
    "a moment",
    "one minute",
    "a minute",
    "attendez",
    "une seconde",
    "deux secondes",
    "une minute",
    "deux minutes",
    "un instant",
    "un moment",
    "un segundo",
    "un segundito",
    "un momento",
    "un momentito",
    "un minuto",
    "espere",
    "espereme",
];
/// Who asks for patience does not say much more.
const LONGEST_WAIT: usize = 7;

/// They want a moment, and nothing else.
pub(super) fn asks_to_wait(text: &str) -> bool {
    let said = plain(text);
    said.split(' ').count() <= LONGEST_WAIT && WAITS.iter().any(|words| has(&said, words))
}

const OPEN: &[&str] = &[
    "open", "opened", "close", "closed", "closing", "ouvert", "ouverts", "ouverte", "ouvrez",
    "ferme", "fermes", "fermez", "abren", "abierto", "abiertos", "abre", "cierran", "cerrado",
    "cerrados", "horario", "horaire",
];

/// Whether the business is open is asked, and not for an appointment.
pub(super) fn asks_if_open(text: &str) -> bool {
    let said = plain(text);
    OPEN.iter().any(|word| has(&said, word))
}

const ABOUT: &[&str] = &[
    "what",
    "whats",
    "how",
    "why",
    "is there",
    "do you have",
    "do you charge",
    "quelle",
    "quel",
    "quelles",
    "quels",
    "comment",
    "pourquoi",
    "combien",
    "qu est ce",
    "avez vous",
    "y a t il",
    "est ce qu il y a",
    "est ce que vous",
    "cual",
    "cuales",
    "que pasa",
    "como",
    "cuanto",
    "hay",
    "tienen",
    "cobran",
    "por que",
];
const POLICIES: &[&str] = &["policy", "policies", "politique", "politica", "politicas"];

/// Something is asked about it, and not that it be done.
pub(super) fn asks_about(text: &str) -> bool {
    begins(text, ABOUT) || {
        let said = plain(text);
        POLICIES.iter().any(|word| has(&said, word))
    }
}

const WHETHER: &[&str] = &[
    "is that",
    "is it",
    "so is that",
    "thats",
    "that is",
    "so thats",
    "so it is",
    "wait is that",
    "c est bien",
    "est ce que c est",
    "est ce bien",
    "donc c est",
    "c est",
    "es el",
    "es la",
    "es para el",
    "eso es",
    "entonces es",
    "seria el",
];

/// What was said is asked back: "is that the 3rd of December".
pub(super) fn asks_whether(text: &str) -> bool {
    begins(text, WHETHER)
}

const OTHER: &[&str] = &[
    "other one",
    "the other",
    "the other appointment",
    "l autre",
    "la otra",
    "el otro",
    "otra cita",
];

/// Of two the one that was not named.
pub(super) fn means_other(text: &str) -> bool {
    let said = plain(text);
    OTHER.iter().any(|words| has(&said, words))
}

/// A new time, in place of the one that they have.
pub(super) fn means_instead(text: &str) -> bool {
    let said = plain(text);
    ["instead", "plutot", "mejor", "a la place", "en lugar"]
        .iter()
        .any(|words| has(&said, words))
}

const LACKS: &[&str] = &[
    "dont have",
    "do not have",
    "dont know",
    "lost",
    "forgot",
    "cant find",
    "l ai pas",
    "ai pas",
    "sais pas",
    "perdu",
    "oublie",
    "trouve pas",
    "no lo tengo",
    "no la tengo",
    "no tengo",
    "no se",
    "perdi",
    "olvide",
    "no lo encuentro",
    "no me acuerdo",
];

/// They do not have what was asked for.
pub(super) fn lacks_it(text: &str) -> bool {
    let said = plain(text);
    LACKS.iter().any(|words| has(&said, words))
}
