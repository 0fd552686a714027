//! The receptionist's voice: words become sound at ElevenLabs, and Twilio fetches the sound from us.
//!
//! Owns `audio_cache` and `speech_usage`. Greetings, menus and goodbyes are *fixed*: the same for all callers, made
//! once, kept until nobody has heard them for a month. What names somebody or says when they come is *personal*: made
//! each time, under a link of its own, and gone five minutes later. The words themselves are never stored.
//!
//! Promises: a caller never waits for a voice longer than [`BUDGET`] and never hears an error (what cannot be had is
//! said by the carrier's voice); nobody finds a sound without its link, which we signed; a sound of one business is
//! served under no link of another's.
mod aloud;
mod jobs;
mod link;
mod make;
mod routes;
pub mod store;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::{
    app::App,
    kernel::{ids::SubscriberId, language::Language},
};

pub use jobs::{ClearAudio, clear_audio, prepare_greeting};
pub(super) use routes::router;

use aloud::aloud;
use make::{Unspoken, Wanted, find_or_make};

/// How long a caller waits for a voice, the database included.
const BUDGET: Duration = Duration::from_millis(2_500);
/// How much of it is the provider's: the rest is for storing what came.
const PROVIDERS_SHARE: Duration = Duration::from_millis(2_000);

/// More than a minute of speech is not made while somebody waits; a business's own greeting is as long as this at most.
const LONGEST: usize = 1_000;

/// Whether the same words will be said again to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The same for everybody: kept and used again.
    Fixed,
    /// Said to one person, maybe about that person: never used again.
    Personal,
}

/// The address of these words as sound, in this voice or the usual one. None: say them in another way. Never an error,
/// and never later than [`BUDGET`]; no transaction is open while the provider is asked.
pub async fn spoken(
    app: &App,
    subscriber: SubscriberId,
    voice: Option<&str>,
    language: Language,
    text: &str,
    keep: Keep,
) -> Option<String> {
    let client = app.elevenlabs.as_ref()?;
    let text = aloud(text.trim());
    let wanted = Wanted::new(app, voice, language, &text, keep, subscriber);
    match timeout(
        BUDGET,
        find_or_make(app, client, &wanted, PROVIDERS_SHARE, LONGEST),
    )
    .await
    {
        Ok(Ok(id)) => Some(link::url(app, subscriber, id)),
        Ok(Err(Unspoken::Paused | Unspoken::NotKept | Unspoken::Length)) => None,
        Ok(Err(error)) => {
            tracing::warn!(
                subscriber.id = %subscriber, provider = "elevenlabs",
                "words are left to the carrier's voice: {error}"
            );
            None
        }
        Err(_) => {
            tracing::warn!(
                subscriber.id = %subscriber, provider = "elevenlabs",
                "words are left to the carrier's voice: they did not come in time"
            );
            None
        }
    }
}

/// Who speaks when a business chose nobody, or somebody whom the provider does not know any more.
fn usual_voice(app: &App) -> &str {
    &app.settings.elevenlabs.voice_id
}
