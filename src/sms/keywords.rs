//! Words that mean something by law or by custom, recognised before anything else looks at a text.
//!
//! A bare word counts only if it is the whole message: "stop" ends all texts, "please stop by tomorrow" does not.
//! Twilio acts on some English words itself and answers them; to those we must not answer again.
use crate::kernel::language::Language;
use crate::receptionist::Intent;
use crate::receptionist::opt_out::asks_to_opt_out;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{Phrase, say};

/// What a text means that is nothing but a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    OptOut {
        handled_by_twilio: bool,
    },
    OptIn {
        handled_by_twilio: bool,
    },
    Help {
        handled_by_twilio: bool,
    },
    /// To Twilio an opt-in, to a person usually the answer to a question: an opt-in only for who is opted out.
    Yes,
    Confirm,
    Reschedule,
    CancelAppointment,
}

impl Keyword {
    /// What a log may say of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptOut { .. } => "OPT_OUT",
            Self::OptIn { .. } => "OPT_IN",
            Self::Help { .. } => "HELP",
            Self::Yes => "YES",
            Self::Confirm => "CONFIRM",
            Self::Reschedule => "RESCHEDULE",
            Self::CancelAppointment => "CANCEL_APPOINTMENT",
        }
    }

    /// The intent a brain is told, for keywords that are left to a brain.
    pub fn intent(self) -> Option<Intent> {
        match self {
            Self::OptOut { .. } | Self::OptIn { .. } | Self::Help { .. } => None,
            Self::Yes => Some(Intent::Yes),
            Self::Confirm => Some(Intent::Confirm),
            Self::Reschedule => Some(Intent::Reschedule),
            Self::CancelAppointment => Some(Intent::Cancel),
        }
    }
}

// In plain form. ANNULER and CANCELAR are about an appointment; CANCEL, alone, is an opt-out by law and at Twilio.
#[rustfmt::skip]
const OPT_OUT: &[&str] = &[
    "stop", "stopall", "stop all", "quit", "end", "revoke", "optout", "opt out", "cancel", "unsubscribe",
    "arret", "arreter", "arretez", "desabonner", "desabonnement", "se desabonner", "desinscrire",
    "desinscription", "alto", "parar", "pare", "baja", "detener", "cancelar suscripcion", "desuscribir",
    "desuscribirme",
];
#[rustfmt::skip]
const OPT_IN: &[&str] = &[
    "start", "unstop", "debut", "debuter", "abonner", "reabonner", "alta", "comenzar",
];
const HELP: &[&str] = &["help", "info", "aide", "ayuda"];
const YES: &[&str] = &["yes"];
#[rustfmt::skip]
const CONFIRM: &[&str] = &[
    "confirm", "confirmed", "i confirm", "yes confirm", "confirmer", "confirme", "je confirme",
    "oui je confirme", "confirmar", "confirmo", "confirmado", "si confirmo", "c",
];
#[rustfmt::skip]
const RESCHEDULE: &[&str] = &[
    "reschedule", "reporter", "deplacer", "replanifier", "reprogramar", "reagendar",
];
const CANCEL_APPOINTMENT: &[&str] = &["annuler", "annulez", "annulation", "cancelar", "anular"];

/// With one of these a keyword is still one ("stop please")...
#[rustfmt::skip]
const COURTESIES: &[&str] = &[
    "please", "pls", "plz", "thanks", "thank you", "svp", "s il vous plait", "s il te plait", "merci",
    "por favor", "gracias",
];
/// ...except where politeness makes it a request about something else ("cancel please").
const ONLY_BARE: &[&str] = &["cancel", "end", "c"];

/// The words on which Twilio blocks, unblocks or answers by itself on an ordinary number, in any case.
#[rustfmt::skip]
const TWILIO_OPT_OUT: &[&str] = &[
    "STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL",
];
const TWILIO_OPT_IN: &[&str] = &["START", "UNSTOP"];
const TWILIO_HELP: &[&str] = &["HELP", "INFO"];

/// What the text means as a keyword, if it is one, or if it clearly asks for no more texts.
pub fn classify(body: &str) -> Option<Keyword> {
    let words = spelled_together(&plain(body));
    let says = |table: &[&str]| {
        table.contains(&words.as_str())
            || without_courtesy(&words)
                .is_some_and(|bare| table.contains(&bare) && !ONLY_BARE.contains(&bare))
    };
    let handled_by_twilio = |table: &[&str]| {
        table
            .iter()
            .any(|word| body.trim().eq_ignore_ascii_case(word))
    };
    if says(OPT_OUT) || asks_to_opt_out(body) {
        Some(Keyword::OptOut {
            handled_by_twilio: handled_by_twilio(TWILIO_OPT_OUT),
        })
    } else if says(OPT_IN) {
        Some(Keyword::OptIn {
            handled_by_twilio: handled_by_twilio(TWILIO_OPT_IN),
        })
    } else if says(HELP) {
        Some(Keyword::Help {
            handled_by_twilio: handled_by_twilio(TWILIO_HELP),
        })
    } else if says(YES) {
        Some(Keyword::Yes)
    } else if says(CONFIRM) {
        Some(Keyword::Confirm)
    } else if says(RESCHEDULE) {
        Some(Keyword::Reschedule)
    } else if says(CANCEL_APPOINTMENT) {
        Some(Keyword::CancelAppointment)
    } else {
        None
    }
}

/// The one text after an opt-out: no marketing, and how to come back.
pub fn opt_out_confirmation(language: Language, business_name: &str) -> String {
    say(
        language,
        Phrase::OptedOut {
            name: business_name,
        },
    )
}

/// The text after an opt-in.
pub fn opt_in_confirmation(language: Language, business_name: &str) -> String {
    say(
        language,
        Phrase::OptedIn {
            name: business_name,
        },
    )
}

/// The answer to HELP: who writes, how to reach them, how to end it.
pub fn help(language: Language, business_name: &str, phone: Option<&str>) -> String {
    say(
        language,
        Phrase::KeywordHelp {
            name: business_name,
            phone,
        },
    )
}

/// `s t o p` and `s.t.o.p` are one word.
fn spelled_together(words: &str) -> String {
    let is_spelled = words.contains(' ') && words.split(' ').all(|word| word.chars().count() == 1);
    if is_spelled {
        words.replace(' ', "")
    } else {
        words.to_owned()
    }
}

/// The rest, if the words begin or end with a courtesy.
fn without_courtesy(words: &str) -> Option<&str> {
    COURTESIES.iter().find_map(|courtesy| {
        let before = words
            .strip_suffix(courtesy)
            .and_then(|rest| rest.strip_suffix(' '));
        before.or_else(|| {
            words
                .strip_prefix(courtesy)
                .and_then(|rest| rest.strip_prefix(' '))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOPPED: Option<Keyword> = Some(Keyword::OptOut {
        handled_by_twilio: false,
    });
    const STOPPED_BY_TWILIO: Option<Keyword> = Some(Keyword::OptOut {
        handled_by_twilio: true,
    });

    #[test]
    fn the_words_that_twilio_acts_on_are_left_to_twilio() {
        for word in [
            "STOP",
            "stop",
            " Stop ",
            "UNSUBSCRIBE",
            "End",
            "quit",
            "STOPALL",
            "revoke",
            "OPTOUT",
            "CANCEL",
            "cancel",
        ] {
            assert_eq!(classify(word), STOPPED_BY_TWILIO, "{word:?}");
        }
        for word in ["START", "unstop"] {
            assert_eq!(
                classify(word),
                Some(Keyword::OptIn {
                    handled_by_twilio: true
                }),
                "{word:?}"
            );
        }
        for word in ["HELP", "info"] {
            assert_eq!(
                classify(word),
                Some(Keyword::Help {
                    handled_by_twilio: true
                }),
                "{word:?}"
            );
        }
    }

    #[test]
    fn every_other_wish_to_hear_nothing_more_is_ours() {
        for text in [
            "STOP!!",
            "\"Stop\"",
            "ＳＴＯＰ",
            "s.t.o.p",
            "st\u{200b}op",
            "🛑 STOP 🛑",
            "stop please",
            "please stop",
            "opt out",
            "OPT-OUT",
            "Stop all",
            "ARRET",
            "arrêt",
            "ARRE\u{302}T",
            "Désabonner",
            "DESABONNER",
            "arret svp",
            "ALTO",
            "parar",
            "Baja",
            "Cancelar suscripción",
            "alto por favor",
            "Please stop texting me",
            "ne plus me texter",
            "no me manden más mensajes",
        ] {
            assert_eq!(classify(text), STOPPED, "{text:?}");
        }
    }

    #[test]
    fn words_about_an_appointment_are_no_opt_out() {
        for (text, keyword) in [
            ("ANNULER", Keyword::CancelAppointment),
            ("Cancelar", Keyword::CancelAppointment),
            ("confirm", Keyword::Confirm),
            ("CONFIRMER", Keyword::Confirm),
            ("Confirmar.", Keyword::Confirm),
            ("C", Keyword::Confirm),
            ("Reschedule", Keyword::Reschedule),
            ("Déplacer", Keyword::Reschedule),
            ("reporter svp", Keyword::Reschedule),
            ("REPROGRAMAR", Keyword::Reschedule),
            ("Yes", Keyword::Yes),
        ] {
            assert_eq!(classify(text), Some(keyword), "{text:?}");
        }
        for (text, is_ours) in [
            (
                "Début",
                Keyword::OptIn {
                    handled_by_twilio: false,
                },
            ),
            (
                "AIDE",
                Keyword::Help {
                    handled_by_twilio: false,
                },
            ),
            (
                "ayuda",
                Keyword::Help {
                    handled_by_twilio: false,
                },
            ),
        ] {
            assert_eq!(classify(text), Some(is_ours), "{text:?}");
        }
    }

    #[test]
    fn a_keyword_inside_a_sentence_is_no_keyword() {
        let long = "stop ".repeat(320);
        for text in [
            "",
            " ",
            "🙂",
            "please stop by tomorrow",
            "can you stop by",
            "cancel please",
            "cancel my appointment",
            "I need help with my sink",
            "start at 9?",
            "yes please come",
            "C'est combien",
            "quiero cancelar mi cita",
            "the end of the month",
            "https://stop.example",
            "\u{200b}\u{200d}",
            &long,
        ] {
            assert_eq!(classify(text), None, "{text:?}");
        }
    }

    #[test]
    fn confirmations_name_the_business_and_the_way_back() {
        for (language, back) in [
            (Language::En, "START"),
            (Language::Fr, "DEBUT"),
            (Language::Es, "START"),
        ] {
            let text = opt_out_confirmation(language, "Plomberie Roy");
            assert!(
                text.starts_with("Plomberie Roy") && text.contains(back),
                "{text}"
            );
            assert!(text.chars().count() <= 160);
            for text in [
                opt_in_confirmation(language, "Plomberie Roy"),
                help(language, "Plomberie Roy", Some("+1 514 555 0100")),
            ] {
                assert!(text.starts_with("Plomberie Roy"), "{text}");
            }
        }
    }
}
