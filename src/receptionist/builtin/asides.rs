//! What can be said at any time, whatever was asked: "say that again", "text it to me", "when was it?", "wrong number".
use super::dialogue::{Rachel, Step};
use super::plan::{Goal, Plan};
use super::state::{Asked, Draft};
use crate::receptionist::Business;
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{Booking, Phrase};
use crate::receptionist::telling::{means_same, telling_words};
use crate::receptionist::tools::arguments::SendText;
use crate::receptionist::tools::{ToolName, answers};
use crate::receptionist::turn::{Medium, Reply};
use crate::receptionist::understanding::Understanding;

/// What has more words is a message or a story.
const MOST_WORDS: usize = 10;

impl Rachel<'_> {
    pub(super) fn hear_aside(&mut self, text: &str, heard: Understanding) -> Option<Step> {
        let said = plain(text);
        if said.split(' ').count() > MOST_WORDS || heard.carries_message {
            return None;
        }
        let is_free = self.state.plan.is_none() && self.state.asked != Asked::Name;
        if has_one(&said, WRONG_NUMBER) {
            return Some(self.end_wrong_number());
        }
        if has_one(&said, AGAIN) && !self.state.last_said.is_empty() {
            let again = self.state.last_said.clone();
            return Some(Step::Say(self.reply(again)));
        }
        if self.state.medium == Medium::Voice && has_one(&said, TEXT_ME) {
            return Some(self.text_them(&said));
        }
        if is_free && has_one(&said, WHEN_WAS_IT) {
            return self.tell_last();
        }
        let change = change_of_last(&said, heard.intent).filter(|_| is_free)?;
        let heard = Understanding {
            intent: change,
            ..heard
        };
        self.change_last(text, heard)
    }

    /// What they want as a text; that of an appointment goes out by itself.
    fn text_them(&mut self, said: &str) -> Step {
        let address = self.business.address.as_deref();
        let was_told = address.is_some_and(|address| self.state.last_said.contains(address));
        let kind = match kind_of_text(said) {
            None if self.state.last.is_some() && !was_told => {
                let sent = self.phrase(Booking::TextOnItsWay.into());
                let back = self.question();
                let words: Vec<_> = [sent].into_iter().chain(back).collect();
                return Step::Say(self.reply(words.join(" ")));
            }
            kind => kind.unwrap_or("address").to_owned(),
        };
        self.call(ToolName::SendText, SendText { kind, text: None })
    }

    fn end_wrong_number(&mut self) -> Step {
        self.state.plan = None;
        let text = self.phrase(Phrase::WrongNumber);
        Step::Say(Reply {
            ends: true,
            ..self.reply(text)
        })
    }

    /// When the appointment is that was just made, and its code.
    fn tell_last(&mut self) -> Option<Step> {
        let last = self.state.last.clone()?;
        self.state.asked = Asked::Nothing;
        let at = self.business.local(last.start);
        let code = answers::spelled(&last.code, self.state.medium);
        Some(self.say(&[Booking::Booked { at, code: &code }.into()]))
    }

    /// "Cancel it", "move it to friday": its code finds it.
    fn change_last(&mut self, text: &str, heard: Understanding) -> Option<Step> {
        let last = self.state.last.clone();
        let last = last.filter(|_| self.business.takes_bookings())?;
        self.state.plan = Some(Plan {
            code: Some(last.code),
            ..Plan::of(Goal::Find)
        });
        self.state.draft = Draft::default();
        Some(self.hear_wish(text, heard))
    }
}

/// What is to become of that which was just arranged: it is not named.
fn change_of_last(said: &str, intent: Intent) -> Option<Intent> {
    match intent {
        _ if has_one(said, MOVE_IT) => Some(Intent::Reschedule),
        Intent::Cancel | Intent::Reschedule if has_one(said, IT) => Some(intent),
        _ => None,
    }
}

/// An emergency service of the business is what they ask for by name.
pub(super) fn names_emergency_service(business: &Business, text: &str) -> bool {
    let named = business.service_named_in(text);
    named.is_some_and(|service| {
        let words = telling_words(&service.name);
        words.iter().any(|word| means_same(word, "emergency"))
    })
}

/// The one service for emergencies, if the business has one.
pub(super) fn emergency_service(business: &Business) -> Option<String> {
    let is_it = |word: &String| means_same(word, "emergency");
    let services = business.services.iter();
    let mut found = services.filter(|service| telling_words(&service.name).iter().any(is_it));
    let only = found.next()?;
    found.next().is_none().then(|| only.name.clone())
}

/// Whether a text says what is wrong, and not only that something is.
pub(super) fn tells_trouble(text: &str) -> bool {
    let words = telling_words(text);
    words.iter().any(|word| !VAGUE.contains(&word.as_str()))
}

/// They are not in need but dissatisfied: people must read that.
pub(super) fn complains(text: &str) -> bool {
    let said = plain(text);
    COMPLAINTS
        .iter()
        .any(|start| said.starts_with(start) || said.contains(&format!(" {start}")))
}

/// Which of our texts they name.
fn kind_of_text(said: &str) -> Option<&'static str> {
    let kinds: [(&str, &[&str]); 4] = [
        (
            "directions",
            &[
                "directions",
                "map",
                "itineraire",
                "carte",
                "mapa",
                "como llegar",
            ],
        ),
        ("booking_link", &["link", "lien", "enlace", "booking link"]),
        (
            "website",
            &[
                "website",
                "site",
                "site web",
                "sitio",
                "pagina",
                "pagina web",
            ],
        ),
        (
            "address",
            &[
                "address",
                "location",
                "where you are",
                "adresse",
                "l adresse",
                "ou vous etes",
                "direccion",
                "ubicacion",
                "donde estan",
            ],
        ),
    ];
    let found = kinds.into_iter().find(|(_, words)| has_one(said, words));
    found.map(|(kind, _)| kind)
}

/// A day on which it began, and not one on which somebody shall come.
pub(super) fn tells_since_when(text: &str) -> bool {
    has_one(&plain(text), SINCE)
}

/// Words of an address: a street, or a number before a name.
pub(super) fn names_street(text: &str) -> bool {
    let said = plain(text);
    let words: Vec<&str> = said.split(' ').collect();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |word: &str| word.chars().count() > 2 && word.chars().all(char::is_alphabetic);
    let has_number = words
        .windows(2)
        .any(|pair| is_number(pair[0]) && is_name(pair[1]));
    has_number || has_one(&said, STREETS)
}

fn has_one(said: &str, phrases: &[&str]) -> bool {
    let said = format!(" {said} ");
    phrases
        .iter()
        .any(|phrase| said.contains(&format!(" {phrase} ")))
}

const SINCE: &[&str] = &[
    "since",
    "yesterday",
    "last",
    "ago",
    "started",
    "depuis",
    "hier",
    "dernier",
    "derniere",
    "desde",
    "ayer",
    "anoche",
    "pasado",
    "pasada",
];

const STREETS: &[&str] = &[
    "street",
    "st",
    "avenue",
    "ave",
    "road",
    "rd",
    "boulevard",
    "blvd",
    "boul",
    "drive",
    "lane",
    "court",
    "crescent",
    "highway",
    "rue",
    "chemin",
    "rang",
    "calle",
    "avenida",
    "carrera",
    "colonia",
];

const WRONG_NUMBER: &[&str] = &[
    "wrong number",
    "wrong place",
    "mauvais numero",
    "faux numero",
    "trompe de numero",
    "trompee de numero",
    "numero equivocado",
    "me equivoque de numero",
    "equivoque el numero",
];

const AGAIN: &[&str] = &[
    "repeat that",
    "repeat please",
    "please repeat",
    "repeat it",
    "can you repeat",
    "could you repeat",
    "say that again",
    "say it again",
    "come again",
    "what did you say",
    "what was that",
    "didnt hear you",
    "did not hear you",
    "repetez",
    "repeter",
    "redire",
    "redites",
    "vous avez dit quoi",
    "qu avez vous dit",
    "pas entendu",
    "repita",
    "repitame",
    "repetir",
    "repetirlo",
    "que dijo",
    "como dijo",
    "no le escuche",
    "no escuche",
    "no le oi",
];

const TEXT_ME: &[&str] = &[
    "text me",
    "text it to me",
    "text that to me",
    "text it",
    "send me a text",
    "send me it by text",
    "by text",
    "send a text",
    "in a text",
    "texto",
    "un texto",
    "par texto",
    "par sms",
    "textez moi",
    "texter",
    "mensaje de texto",
    "por texto",
    "por sms",
    "un sms",
];

const WHEN_WAS_IT: &[&str] = &[
    "when is it",
    "when was it",
    "when is that",
    "what time is it",
    "what time was it",
    "what day is it",
    "what day was it",
    "my code",
    "confirmation code",
    "confirmation number",
    "the code again",
    "c est quand",
    "c etait quand",
    "c est a quelle heure",
    "c est quel jour",
    "a quelle heure c est",
    "mon code",
    "code de confirmation",
    "numero de confirmation",
    "cuando es",
    "cuando era",
    "a que hora es",
    "a que hora era",
    "que dia es",
    "que dia era",
    "mi codigo",
    "codigo de confirmacion",
    "numero de confirmacion",
];

const MOVE_IT: &[&str] = &[
    "move it",
    "push it",
    "reschedule it",
    "change it to",
    "le deplacer",
    "deplacez le",
    "deplacer ca",
    "le reporter",
    "reportez le",
    "cambiarla",
    "cambiela",
    "moverla",
    "muevala",
    "pasarla",
];

const IT: &[&str] = &[
    "it",
    "that",
    "that one",
    "l annuler",
    "annulez le",
    "annule le",
    "annuler ca",
    "changer ca",
    "le changer",
    "cancelarla",
    "cancelela",
    "cancelarlo",
];

const VAGUE: &[&str] = &[
    "help",
    "emergency",
    "emergancy",
    "urgent",
    "urgently",
    "asap",
    "problem",
    "problems",
    "issue",
    "issues",
    "trouble",
    "wrong",
    "something",
    "right",
    "away",
    "now",
    "someone",
    "somebody",
    "so",
    "aide",
    "aidez",
    "moi",
    "urgence",
    "urgences",
    "probleme",
    "problemes",
    "quelque",
    "chose",
    "quelqu",
    "besoin",
    "suis",
    "ayuda",
    "ayudeme",
    "emergencia",
    "urgencia",
    "urgente",
    "problema",
    "problemas",
    "tengo",
    "algo",
    "estoy",
    "necesito",
    "favor",
];

const COMPLAINTS: &[&str] = &[
    "complain",
    "unhappy",
    "not happy",
    "not satisfied",
    "dissatisf",
    "disappoint",
    "bad job",
    "poor job",
    "refund",
    "still waiting",
    "no one came",
    "nobody came",
    "never showed",
    "no one showed",
    "nobody showed",
    "plainte",
    "insatisf",
    "pas content",
    "pas satisf",
    "decu",
    "mal fait",
    "rembours",
    "personne n est venu",
    "queja",
    "reclamo",
    "inconforme",
    "no estoy content",
    "no estoy satisf",
    "mal hecho",
    "quedo mal",
    "reembolso",
    "nadie vino",
    "nunca llego",
    "molest",
];
