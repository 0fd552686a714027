//! What a call does next, in our own words: kept with the call so that the same request gets the same answer, and
//! written as TwiML when it goes out.
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::links::Links;
use crate::{
    app::App,
    kernel::{
        ids::{InteractionId, SubscriberId},
        language::Language,
        phone::E164,
    },
    providers::twilio::twiml::{self, Dial, Gather, Record, Verb},
    voice::speech::{self, Accent, Keep, Speaker, speak},
};

/// Longer than anybody speaks after a tone.
const LONGEST_VOICEMAIL_S: u16 = 180;
const PATIENCE_S: u8 = 6;

/// Verb after verb.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan(pub Vec<Step>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Say(Line),
    /// Speaks and listens; the answer is the turn of this number.
    Ask {
        lines: Vec<Line>,
        turn: i32,
        language: Language,
        hints: Vec<String>,
        /// The answer is a key or so many; else words as well.
        digits: Option<u8>,
    },
    Ring {
        number: E164,
        seconds: u8,
        caller_id: Option<E164>,
    },
    Record {
        language: Language,
    },
    Reject,
    HangUp,
}

/// Something to be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    pub language: Language,
    pub keep: Keep,
}

impl Line {
    pub fn fixed(language: Language, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            language,
            keep: Keep::Fixed,
        }
    }

    pub fn personal(language: Language, text: impl Into<String>) -> Self {
        Self {
            keep: Keep::Personal,
            ..Self::fixed(language, text)
        }
    }
}

impl Plan {
    pub fn hang_up() -> Self {
        Self(vec![Step::HangUp])
    }

    pub fn say_and_hang_up(line: Line) -> Self {
        Self(vec![Step::Say(line), Step::HangUp])
    }
}

/// Whose call it is, as far as the document names it.
#[derive(Clone, Debug)]
pub struct Stage {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
    pub voice: Option<String>,
}

/// The plan as Twilio reads it.
pub async fn write(app: &App, stage: &Stage, plan: &Plan) -> String {
    let links = Links::of(app, Some(stage.subscriber));
    let until = speech::deadline();
    let mut verbs = Vec::new();
    for step in &plan.0 {
        verbs.push(verb(app, stage, &links, step, until).await);
    }
    twiml::document(&verbs)
}

async fn verb(app: &App, stage: &Stage, links: &Links, step: &Step, until: Instant) -> Verb {
    match step {
        Step::Say(line) => said(app, stage, line, until).await,
        Step::Ask {
            lines,
            turn,
            language,
            hints,
            digits,
        } => {
            let mut prompt = Vec::new();
            for line in lines {
                prompt.push(said(app, stage, line, until).await);
            }
            Verb::Gather(Gather {
                action: links.gather(*turn),
                is_action_static: false,
                language: Accent::of(*language).locale,
                takes_speech: true,
                tells_silence: true,
                digits: *digits,
                timeout_s: PATIENCE_S,
                hints: hints.clone(),
                prompt,
            })
        }
        Step::Ring {
            number,
            seconds,
            caller_id,
        } => Verb::Dial(Dial {
            number: number.to_string(),
            whisper: Some(links.whisper(stage.interaction)),
            is_whisper_static: false,
            action: Some(links.dial_done()),
            timeout_s: *seconds,
            caller_id: caller_id.as_ref().map(ToString::to_string),
        }),
        Step::Record { language } => Verb::Record(record(links, *language)),
        Step::Reject => Verb::Reject { is_busy: false },
        Step::HangUp => Verb::Hangup,
    }
}

/// The tone, and what comes after. Twilio writes down English alone.
pub fn record(links: &Links, language: Language) -> Record {
    Record {
        action: links.voicemail_done(),
        is_action_static: false,
        status_callback: links.recording(),
        longest_s: LONGEST_VOICEMAIL_S,
        transcribe_callback: (language == Language::En).then(|| links.recording()),
    }
}

async fn said(app: &App, stage: &Stage, line: &Line, until: Instant) -> Verb {
    let speaker = Speaker {
        subscriber: stage.subscriber,
        voice: stage.voice.clone(),
        language: line.language,
    };
    speak(app, &speaker, &line.text, line.keep, until)
        .await
        .into()
}
