//! From words to a row that holds their sound: read, ask, write.
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Keep,
    store::{self, NewAudio},
    usual_voice,
};
use crate::{
    alerts::{self, Alert, Severity},
    app::App,
    jobs,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
        language::Language,
    },
    providers::elevenlabs::{self, CONTENT_TYPE, Client, Speech, Spoken},
    tenancy::privacy,
};

/// How the provider is called by jobs, alerts and whoever leaves it alone.
pub(super) const PROVIDER: &str = "elevenlabs";

/// As long as Twilio may take to fetch what it was told to play, and to play it again.
const PERSONAL_LIFE: TimeDelta = TimeDelta::minutes(5);
/// What nobody has heard for so long is not said any more.
const FIXED_LIFE: TimeDelta = TimeDelta::days(30);
/// That a sound is in use is written down once in this time.
const TOUCH_EVERY: TimeDelta = TimeDelta::days(1);

/// So many failures in a row are no accident: all callers would wait for nothing.
const FAILURES_TO_PAUSE: u32 = 3;
const PAUSE: Duration = Duration::from_secs(30);
/// A key or a quota does not mend itself within a minute.
const LONG_PAUSE: Duration = Duration::from_secs(10 * 60);

const KEY_REFUSED: &str = "elevenlabs.key";
const QUOTA_EXCEEDED: &str = "elevenlabs.quota";

/// Words to be heard.
pub(super) struct Wanted<'a> {
    subscriber: SubscriberId,
    speech: Speech<'a>,
    keep: Keep,
}

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unspoken {
    #[error("the provider is left alone for now")]
    Paused,
    #[error("nothing of this person may be kept at the provider")]
    NotKept,
    #[error("there are no words, or too many")]
    Length,
    #[error(transparent)]
    Provider(#[from] elevenlabs::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl<'a> Wanted<'a> {
    pub(super) fn new(
        app: &'a App,
        voice: Option<&'a str>,
        language: Language,
        text: &'a str,
        keep: Keep,
        subscriber: SubscriberId,
    ) -> Self {
        let own = voice.map(str::trim).filter(|voice| !voice.is_empty());
        Self {
            subscriber,
            speech: Speech {
                voice: own.unwrap_or_else(|| usual_voice(app)),
                language: language.code(),
                text,
            },
            keep,
        }
    }
}

/// The row of these words: the one that is kept, or a new one. The provider has `at_most` for it. A voice that is gone is
/// told to the operator, and the usual one speaks.
pub(super) async fn find_or_make(
    app: &App,
    client: &Client,
    wanted: &Wanted<'_>,
    at_most: Duration,
    longest: usize,
) -> Result<Uuid, Unspoken> {
    let length = wanted.speech.text.chars().count();
    if length == 0 || length > longest {
        return Err(Unspoken::Length);
    }
    let usual = usual_voice(app);
    match find_or_make_as(app, client, wanted, at_most).await {
        Err(Unspoken::Provider(elevenlabs::Error::VoiceNotFound))
            if wanted.speech.voice != usual =>
        {
            let wanted = Wanted {
                speech: Speech {
                    voice: usual,
                    ..wanted.speech
                },
                ..*wanted
            };
            find_or_make_as(app, client, &wanted, at_most).await
        }
        made => made,
    }
}

/// The same in the very voice.
async fn find_or_make_as(
    app: &App,
    client: &Client,
    wanted: &Wanted<'_>,
    at_most: Duration,
) -> Result<Uuid, Unspoken> {
    if let Some(id) = find(app, client, wanted).await? {
        return Ok(id);
    }
    match client.speak(&wanted.speech, at_most).await {
        Ok(spoken) => {
            if spoken.is_recovery {
                note("that it is well", close_alerts(app)).await;
            }
            Ok(keep(app, wanted, &spoken).await?)
        }
        Err(error) => {
            let noting = raise(app, client, wanted.subscriber, &error);
            note("that it is not well", noting).await;
            Err(error.into())
        }
    }
}

/// The sound that is kept; else whether it may be made.
async fn find(app: &App, client: &Client, wanted: &Wanted<'_>) -> Result<Option<Uuid>, Unspoken> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, wanted.subscriber).await?;
    if wanted.keep == Keep::Fixed {
        let key = wanted.speech.fingerprint();
        let idle_since = now - TOUCH_EVERY;
        let kept = store::find_kept(&mut tx, &key, idle_since, now + FIXED_LIFE, now).await?;
        if let Some(kept) = kept {
            if kept.is_touched {
                tx.commit().await?;
            } else {
                tx.end_reading();
            }
            return Ok(Some(kept.id));
        }
    } else if !client.has_zero_retention() && !privacy::keeps_words(&mut tx).await? {
        return Err(Unspoken::NotKept);
    }
    let paused = jobs::paused_for(&mut tx, PROVIDER).await?;
    tx.end_reading();
    match paused {
        Some(_) => Err(Unspoken::Paused),
        None => Ok(None),
    }
}

async fn keep(app: &App, wanted: &Wanted<'_>, spoken: &Spoken) -> sqlx::Result<Uuid> {
    let now = app.clock.now();
    let fingerprint = wanted.speech.fingerprint();
    let (key, life) = match wanted.keep {
        Keep::Fixed => (Some(fingerprint.as_slice()), FIXED_LIFE),
        Keep::Personal => (None, PERSONAL_LIFE),
    };
    let new = NewAudio {
        key,
        audio: &spoken.audio,
        content_type: CONTENT_TYPE,
        characters: spoken.characters,
        expires_at: now + life,
    };
    let mut tx = TenantTx::begin(&app.db, wanted.subscriber).await?;
    let id = store::insert_audio(&mut tx, &new, now.date_naive(), now).await?;
    tx.commit().await?;
    Ok(id)
}

/// What is only noted for others changes nothing for who waits.
async fn note(what: &str, noting: impl Future<Output = sqlx::Result<()>>) {
    if let Err(error) = noting.await {
        tracing::warn!(provider = PROVIDER, %error, "could not note {what}");
    }
}

/// What somebody should know of the failure, and whether the provider is left alone after it.
async fn raise(
    app: &App,
    client: &Client,
    subscriber: SubscriberId,
    error: &elevenlabs::Error,
) -> sqlx::Result<()> {
    let now = app.clock.now();
    let (cause, detail) = match error {
        elevenlabs::Error::VoiceNotFound => {
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            let alert = Alert {
                subscriber: Some(subscriber),
                kind: "elevenlabs.voice",
                severity: Severity::Warning,
                detail: format!("the voice of {subscriber} is gone; the usual one speaks"),
                cause: format!("elevenlabs.voice:{subscriber}"),
            };
            alerts::raise(&mut tx, &alert, now).await?;
            return tx.commit().await;
        }
        elevenlabs::Error::KeyRefused { .. } => {
            (KEY_REFUSED, "ElevenLabs refuses our key or our account")
        }
        elevenlabs::Error::QuotaExceeded => (QUOTA_EXCEEDED, "our quota at ElevenLabs is used up"),
        error if error.is_outage() && client.failures() >= FAILURES_TO_PAUSE => {
            let mut tx = SystemTx::begin(&app.db, SystemToken::Health).await?;
            jobs::pause(&mut tx, PROVIDER, PAUSE).await?;
            return tx.commit().await;
        }
        _ => return Ok(()),
    };
    let alert = Alert {
        subscriber: None,
        kind: cause,
        severity: Severity::Critical,
        detail: format!("{detail}: calls are spoken by the carrier's voice"),
        cause: cause.to_owned(),
    };
    let mut tx = SystemTx::begin(&app.db, SystemToken::Health).await?;
    alerts::raise(&mut tx, &alert, now).await?;
    jobs::pause(&mut tx, PROVIDER, LONG_PAUSE).await?;
    tx.commit().await
}

async fn close_alerts(app: &App) -> sqlx::Result<()> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Health).await?;
    for cause in [KEY_REFUSED, QUOTA_EXCEEDED] {
        alerts::resolve(&mut tx, cause, app.clock.now()).await?;
    }
    tx.commit().await
}
