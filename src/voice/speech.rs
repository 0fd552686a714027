//! How words reach an ear: every word that a caller hears over Twilio goes through [`speak`].
use crate::{
    app::App,
    kernel::{ids::SubscriberId, language::Language},
    providers::twilio::twiml::{Say, Verb},
    voice::audio,
};

pub use audio::Keep;

/// In whose voice, and in which language.
#[derive(Clone, Debug)]
pub struct Speaker {
    pub subscriber: SubscriberId,
    /// The provider's id of the voice that the business chose.
    pub voice: Option<String>,
    pub language: Language,
}

/// Words as Twilio gets them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    Say(Say),
    Play { url: String },
}

impl From<Utterance> for Verb {
    fn from(utterance: Utterance) -> Self {
        match utterance {
            Utterance::Say(say) => Self::Say(say),
            Utterance::Play { url } => Self::Play { url },
        }
    }
}

/// How Twilio speaks and understands a language.
#[derive(Clone, Copy, Debug)]
pub struct Accent {
    /// For `<Gather>` and `<Say>`.
    pub locale: &'static str,
    pub voice: &'static str,
}

impl Accent {
    /// English has no Canadian voice at Polly; French is Quebec's, Spanish that of the United States.
    pub fn of(language: Language) -> Self {
        let (locale, voice) = match language {
            Language::En => ("en-US", "Polly.Joanna-Neural"),
            Language::Fr => ("fr-CA", "Polly.Gabrielle-Neural"),
            Language::Es => ("es-US", "Polly.Lupe-Neural"),
        };
        Self { locale, voice }
    }
}

/// The words in this voice. Always an answer: what cannot be had in time is said by Twilio's own voice.
pub async fn speak(app: &App, speaker: &Speaker, text: &str, keep: Keep) -> Utterance {
    let Speaker {
        subscriber,
        voice,
        language,
    } = speaker;
    match audio::spoken(app, *subscriber, voice.as_deref(), *language, text, keep).await {
        Some(url) => Utterance::Play { url },
        None => Utterance::Say(say(*language, text)),
    }
}

/// In Twilio's own voice.
pub fn say(language: Language, text: &str) -> Say {
    let accent = Accent::of(language);
    Say {
        voice: accent.voice,
        language: accent.locale,
        text: text.to_owned(),
    }
}
