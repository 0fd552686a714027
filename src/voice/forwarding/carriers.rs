//! How a line is forwarded to us: the codes of each carrier, ready to dial.
//!
//! `carriers.json` holds what is known, with its sources and how sure it is. None of it was dialled by us: only a test
//! call proves that a line forwards.
use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::kernel::{language::Language, phone::E164};

/// How long the phone rings before a call without answer is forwarded, where the code can say so.
const RINGS_FOR_S: &str = "20";

static CARRIERS: LazyLock<Vec<Carrier>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        carriers: Vec<Carrier>,
    }
    let file: File = serde_json::from_str(include_str!("carriers.json")).expect("a test reads it");
    file.carriers
});

/// A carrier and its codes; `{n}` stands for the number to forward to, `{s}` for seconds.
#[derive(Debug, Deserialize)]
pub struct Carrier {
    pub key: String,
    pub label: String,
    /// `US`, `CA`, or both with a slash.
    pub country: String,
    pub kind: Kind,
    pub confidence: String,
    pub note: Option<String>,
    forward_all: Option<String>,
    forward_all_off: Option<String>,
    no_answer: Option<String>,
    no_answer_off: Option<String>,
    no_answer_with_delay: Option<String>,
    busy: Option<String>,
    busy_off: Option<String>,
    unreachable: Option<String>,
    unreachable_off: Option<String>,
    all_conditional: Option<String>,
    all_conditional_off: Option<String>,
    status: Option<String>,
}

/// GSM codes end with `#` and are dialled on a mobile; star codes are dialled like a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Gsm,
    Star,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm => "GSM",
            Self::Star => "STAR",
        }
    }
}

/// All carriers, in the order of the file.
pub fn all() -> &'static [Carrier] {
    &CARRIERS
}

/// The carrier of a key, in any case.
pub fn find(key: &str) -> Option<&'static Carrier> {
    CARRIERS
        .iter()
        .find(|carrier| carrier.key.eq_ignore_ascii_case(key))
}

impl Carrier {
    /// The number as it is typed into the codes: mobiles take `+1…`, landlines digits alone.
    pub fn typed(&self, number: &E164) -> String {
        match self.kind {
            Kind::Gsm => number.to_string(),
            Kind::Star => number.as_str().trim_start_matches('+').to_owned(),
        }
    }

    /// What to dial, by kind of forwarding; null where the carrier has no such code.
    pub fn codes(&self, number: &E164) -> BTreeMap<&'static str, Option<String>> {
        let typed = self.typed(number);
        let codes = [
            ("forward_all", &self.forward_all),
            ("forward_all_off", &self.forward_all_off),
            ("no_answer", &self.no_answer),
            ("no_answer_off", &self.no_answer_off),
            ("no_answer_with_delay", &self.no_answer_with_delay),
            ("busy", &self.busy),
            ("busy_off", &self.busy_off),
            ("unreachable", &self.unreachable),
            ("unreachable_off", &self.unreachable_off),
            ("all_conditional", &self.all_conditional),
            ("all_conditional_off", &self.all_conditional_off),
            ("status", &self.status),
        ];
        let fill = |code: &String| code.replace("{n}", &typed).replace("{s}", RINGS_FOR_S);
        let filled = codes.map(|(name, code)| (name, code.as_ref().map(fill)));
        filled.into_iter().collect()
    }

    /// What is known only from hearsay, or not the same everywhere.
    pub fn is_unsure(&self) -> bool {
        [
            "unverified",
            "disagree",
            "inferred",
            "not seen",
            "older source",
        ]
        .iter()
        .any(|word| self.confidence.contains(word))
    }

    /// Whether the code for all conditional forwarding at once is less sure than those for each kind.
    fn is_all_conditional_unsure(&self) -> bool {
        self.confidence.contains("*004* (unverified)")
    }

    /// What the owner does, in order. Conditional forwarding comes first: the owner's phone still rings.
    pub fn steps(&self, number: &E164, language: Language) -> Vec<String> {
        let codes = self.codes(number);
        let code = |name: &str| codes.get(name).cloned().flatten();
        let for_all = |name: &str| code(name).filter(|_| !self.is_all_conditional_unsure());
        let conditional: Vec<String> = match for_all("all_conditional") {
            Some(all) => vec![all],
            None => ["no_answer", "busy", "unreachable"]
                .into_iter()
                .filter_map(code)
                .collect(),
        };
        let off: Vec<String> = match for_all("all_conditional_off") {
            Some(all) => vec![all],
            None => ["no_answer_off", "busy_off", "unreachable_off"]
                .into_iter()
                .filter_map(code)
                .collect(),
        };
        let mut steps = vec![
            match language {
                Language::En => {
                    "Take the phone on which your customers call you, and open its dial pad."
                }
                Language::Fr => {
                    "Prenez le téléphone que vos clients appellent et ouvrez son clavier."
                }
                Language::Es => "Tome el teléfono al que llaman sus clientes y abra el teclado.",
            }
            .to_owned(),
        ];
        steps.extend(conditional.iter().map(|code| match language {
            Language::En => format!("Type {code} and press call. Wait for the confirmation."),
            Language::Fr => format!("Tapez {code} et appelez. Attendez la confirmation."),
            Language::Es => format!("Marque {code} y llame. Espere la confirmación."),
        }));
        steps.push(match language {
            Language::En => "Start the test call here and let your phone ring: we must pick up after about four rings.",
            Language::Fr => "Lancez l'appel d'essai ici et laissez sonner : nous devons répondre après environ quatre coups.",
            Language::Es => "Inicie aquí la llamada de prueba y deje sonar: debemos contestar después de unos cuatro tonos.",
        }.to_owned());
        let off = off.join(", ");
        if !off.is_empty() {
            steps.push(match language {
                Language::En => format!("To stop forwarding: {off}."),
                Language::Fr => format!("Pour arrêter le renvoi : {off}."),
                Language::Es => format!("Para quitar el desvío: {off}."),
            });
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> E164 {
        "+15145550199".parse().unwrap()
    }

    #[test]
    fn every_carrier_has_codes_that_are_ready_to_dial() {
        assert_eq!(all().len(), 15);
        for carrier in all() {
            for (name, code) in carrier.codes(&number()) {
                let Some(code) = code else { continue };
                let is_dialable = code
                    .chars()
                    .all(|key| key.is_ascii_digit() || "*#+".contains(key));
                assert!(is_dialable, "{} {name}: {code}", carrier.key);
                let sets = !name.ends_with("_off") && name != "status";
                assert_eq!(
                    sets,
                    code.contains("15145550199"),
                    "{} {name}: {code}",
                    carrier.key
                );
                // A landline's pad has no plus, and its codes no hash.
                if carrier.kind == Kind::Star {
                    assert!(!code.contains(['+', '#']), "{} {name}: {code}", carrier.key);
                }
            }
            assert!(
                carrier.steps(&number(), Language::Fr).len() >= 3,
                "{}",
                carrier.key
            );
        }
    }

    #[test]
    fn each_kind_of_forwarding_has_its_own_code_where_the_network_tells_them_apart() {
        for carrier in all().iter().filter(|carrier| carrier.kind == Kind::Gsm) {
            let codes = carrier.codes(&number());
            for (name, service) in [
                ("forward_all", "21*"),
                ("no_answer", "61*"),
                ("busy", "67*"),
                ("unreachable", "62*"),
                ("all_conditional", "004*"),
            ] {
                let code = codes[name].as_deref().unwrap();
                assert!(
                    code.trim_start_matches('*').starts_with(service),
                    "{} {name}: {code}",
                    carrier.key
                );
            }
        }
    }

    #[test]
    fn where_only_the_code_for_all_at_once_is_unsure_each_kind_has_its_step() {
        for key in ["rogers", "telus"] {
            for language in [Language::En, Language::Fr, Language::Es] {
                let steps = find(key).unwrap().steps(&number(), language);
                let [no_answer, busy, unreachable] = ["*61*", "*67*", "*62*"].map(|code| {
                    let code = format!("{code}+15145550199#");
                    steps.iter().position(|step| step.contains(&code))
                });
                assert_eq!(
                    (no_answer, busy, unreachable),
                    (Some(1), Some(2), Some(3)),
                    "{key}: {steps:?}"
                );
                assert!(!steps.concat().contains("004"), "{key}: {steps:?}");
                let off = steps.last().unwrap();
                assert!(off.contains("61#") && off.contains("62#"), "{off}");
            }
        }
        let steps = find("t_mobile").unwrap().steps(&number(), Language::En);
        assert!(steps[1].contains("**004*"), "{steps:?}");
    }

    #[test]
    fn a_landline_needs_two_codes_and_what_is_unsure_says_so() {
        let landline = find("LANDLINE").unwrap();
        let steps = landline.steps(&number(), Language::En);
        assert!(
            steps[1].contains("*9215145550199") && steps[2].contains("*9015145550199"),
            "{steps:?}"
        );
        assert!(find("us_cellular").unwrap().is_unsure());
        assert!(find("metro").unwrap().is_unsure());
        assert!(!find("other_gsm").unwrap().is_unsure());
        assert!(find("nobody").is_none());
    }
}
