//! The last rung, made of nothing but the request: words in the languages that we speak, and a tone to speak after.
//!
//! Twilio keeps the recording whatever is broken here; what it could not tell us of is looked up later (`missed`).
use axum::response::{IntoResponse, Response};

use super::{
    dial::ask_for_key,
    guard::xml,
    links::Links,
    plan::record,
    words::{Words, words},
};
use crate::{
    app::App,
    kernel::{
        language::Language::{self, En, Es, Fr},
        phone::E164,
    },
    providers::twilio::{
        CallForm,
        twiml::{self, Dial, Record, Verb},
    },
    voice::speech::say,
};

/// In this order where nobody knows the caller's language.
const LANGUAGES: [Language; 3] = [En, Fr, Es];
const RING_S: u8 = 12;

/// The files beside the standing documents. Twilio connects the two after one that says nothing.
pub const THANKS_FILE: &str = "thanks.xml";
const TAKEN_FILE: &str = "taken.xml";

/// What stands beside the documents of all businesses, by file.
pub fn beside() -> Vec<(String, String)> {
    let mut files = vec![
        (THANKS_FILE.to_owned(), thanks()),
        (TAKEN_FILE.to_owned(), twiml::document(&[])),
    ];
    files.extend(LANGUAGES.map(|language| (whisper_file(language), whisper(language))));
    files
}

fn whisper_file(language: Language) -> String {
    format!("whisper-{}.xml", language.code())
}

/// Whoever is rung presses a key: an answering machine takes no call, and neither does a line that leads back to us.
fn whisper(language: Language) -> String {
    let name = words(language, Words::YourBusiness);
    twiml::document(&ask_for_key(language, &name, TAKEN_FILE, true))
}

/// What a caller hears when we cannot say anything else.
pub fn document(links: &Links) -> String {
    let mut verbs: Vec<Verb> = LANGUAGES
        .map(|language| Verb::Say(say(language, please(language))))
        .into();
    verbs.push(Verb::Record(record(links, Language::En)));
    twiml::document(&verbs)
}

/// The same for a call of which the request tells.
pub fn document_for(app: &App, call: Option<&CallForm>) -> String {
    let number = |text: &str| E164::of_caller(text);
    let links = Links::of(app, None);
    let links = match call {
        Some(call) => links.between(number(&call.from), number(&call.to)),
        None => links,
    };
    document(&links)
}

fn please(language: Language) -> &'static str {
    match language {
        En => "Please leave your name, your number and your message after the tone.",
        Fr => "Laissez votre nom, votre numéro et votre message après le signal.",
        Es => "Deje su nombre, su número y su mensaje después del tono.",
    }
}

/// What stands on any other host for one business: it answers when our program does not.
pub struct Standing<'a> {
    pub name: &'a str,
    pub language: Language,
    /// Nobody whose line is known to lead back to this document.
    pub ring: Option<&'a E164>,
    pub links: &'a Links,
}

impl Standing<'_> {
    /// Its own language first, and the person first.
    pub fn document(&self) -> String {
        let others = LANGUAGES
            .into_iter()
            .filter(|other| *other != self.language);
        let mut verbs: Vec<Verb> = Vec::new();
        if let Some(number) = self.ring {
            verbs.push(Verb::Say(say(
                self.language,
                &words(self.language, Words::Ringing),
            )));
            verbs.push(Verb::Dial(Dial {
                number: number.to_string(),
                whisper: Some(whisper_file(self.language)),
                is_whisper_static: true,
                action: None,
                timeout_s: RING_S,
                caller_id: None,
            }));
        }
        let name = self.name;
        verbs.push(Verb::Say(say(
            self.language,
            &words(self.language, Words::BeforeTone { name }),
        )));
        verbs.extend(others.map(|other| Verb::Say(say(other, please(other)))));
        verbs.push(Verb::Record(Record {
            // Beside this file: whatever asks our program would fail where this one stands in for it.
            action: THANKS_FILE.to_owned(),
            is_action_static: true,
            transcribe_callback: None,
            ..record(self.links, self.language)
        }));
        twiml::document(&verbs)
    }
}

/// After the tone, when nothing could be written down: Twilio has the sound.
pub fn thanks() -> String {
    let mut verbs: Vec<Verb> = LANGUAGES
        .map(|language| Verb::Say(say(language, &words(language, Words::AfterTone))))
        .into();
    verbs.push(Verb::Hangup);
    twiml::document(&verbs)
}

/// To a number that nobody has here.
pub fn not_in_service() -> String {
    let mut verbs: Vec<Verb> = LANGUAGES
        .map(|language| Verb::Say(say(language, &words(language, Words::NotInService))))
        .into();
    verbs.push(Verb::Hangup);
    twiml::document(&verbs)
}

/// The end of a call that is over.
pub fn hang_up() -> String {
    twiml::document(&[Verb::Hangup])
}

/// What a panic of a handler is answered with: nothing is known there but that somebody waits.
pub fn answer_panic(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .unwrap_or("no literal text");
    tracing::error!(provider = "twilio", "a handler of a call panicked: {text}");
    crate::inbound::count("twilio", "call.panic", "fallback");
    xml(document(&Links::on("", None))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rung_speaks_every_language_and_ends_in_a_tone() {
        let written = document(&Links::on("https://reception.example", None));
        for language in ["en-US", "fr-CA", "es-US"] {
            assert!(
                written.contains(&format!("language=\"{language}\"")),
                "{language}"
            );
        }
        assert!(
            written.contains(r#"<Record action="https://reception.example/voice/voicemail-done""#)
        );
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_a_tone_and_none_of_its_words() {
        let answer = answer_panic(Box::new("index out of bounds".to_owned()));
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/xml; charset=utf-8");
        let body = axum::body::to_bytes(answer.into_body(), 10_000)
            .await
            .unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(
            body.contains("<Record action=\"/voice/voicemail-done\"") && !body.contains("bounds")
        );
    }

    #[test]
    fn a_standing_document_rings_a_person_first_and_speaks_the_business_own_language_first() {
        let number: E164 = "+12045550177".parse().unwrap();
        let links = Links::on("https://reception.example", None);
        let standing = Standing {
            name: "Plomberie & Fils",
            language: Fr,
            ring: Some(&number),
            links: &links,
        };
        let written = standing.document();
        let place = |text: &str| {
            written
                .find(text)
                .unwrap_or_else(|| panic!("{text}: {written}"))
        };
        assert!(place("<Dial") < place("Vous avez joint Plomberie &amp; Fils"));
        assert!(place("Vous avez joint") < place("Please leave"));
        assert!(place("Please leave") < place("<Record"));
        assert!(written.contains(r#"<Number url="whisper-fr.xml" method="GET">"#));
        assert!(written.contains(r#"<Record action="thanks.xml" method="GET""#));
    }
    #[test]
    fn whoever_a_standing_document_rings_presses_a_key_in_their_own_language() {
        let files = beside();
        let file = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
        for (name, said) in [
            (
                "whisper-en.xml",
                "A call for your business. To take it, press 1.",
            ),
            (
                "whisper-fr.xml",
                "Un appel pour votre entreprise. Pour le prendre, appuyez sur le 1.",
            ),
            (
                "whisper-es.xml",
                "Una llamada para su negocio. Para tomarla, marque 1.",
            ),
        ] {
            let whisper = file(name);
            assert!(whisper.contains(said), "{whisper}");
            assert!(
                whisper.contains(r#"action="taken.xml" method="GET""#),
                "{whisper}"
            );
            assert!(whisper.ends_with("<Hangup/></Response>"), "{whisper}");
        }
        assert!(file("taken.xml").ends_with("<Response></Response>"));
    }
}
