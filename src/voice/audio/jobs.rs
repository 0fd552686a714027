//! Sounds before they are wanted, and their end.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Keep, LONGEST,
    aloud::aloud,
    make::{Unspoken, Wanted, find_or_make},
};
use crate::{
    app::AppState,
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
    },
    providers::elevenlabs,
    receptionist::say::{Phrase, say},
    settings::PrepareGreeting,
    tenancy::{
        Channel, Transport,
        store::{channels, settings},
    },
};

/// Nobody waits on a line.
const PATIENCE: Duration = Duration::from_secs(20);
/// While others leave the provider alone.
const ASK_AGAIN_IN: Duration = Duration::from_secs(60);
/// Rows in one statement: each holds the sound of a sentence.
const BATCH: i64 = 500;

/// Deletes sounds whose time is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct ClearAudio {}

impl Job for ClearAudio {
    const KIND: &'static str = "voice.clear_audio";
    const LANE: Lane = Lane::Bulk;
    const MAX_ATTEMPTS: u32 = 3;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

pub async fn clear_audio(app: AppState, _run: Run, _job: ClearAudio) -> Result<(), JobError> {
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
        let deleted = super::store::delete_expired(&mut tx, app.clock.now(), BATCH).await?;
        tx.commit().await?;
        if deleted < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}

/// What a caller hears first, in the business's own words or in ours.
pub async fn prepare_greeting(
    app: AppState,
    _run: Run,
    job: PrepareGreeting,
) -> Result<(), JobError> {
    let Some(client) = &app.elevenlabs else {
        return Ok(());
    };
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let found = settings::find_settings(&mut tx).await?;
    let channels = channels::list_channels(&mut tx).await?;
    tx.end_reading();
    // Only there the greeting is ours to speak.
    let is_spoken_by_us = channels
        .iter()
        .any(|row| row.channel == Channel::Voice && row.transport == Transport::Twilio);
    let Some(business) = found.filter(|_| is_spoken_by_us) else {
        return Ok(());
    };
    let greeting = business.custom_greeting.unwrap_or_else(|| {
        let name = &business.business_name;
        say(business.language, Phrase::Greeting { name })
    });
    let greeting = aloud(greeting.trim());
    let wanted = Wanted::new(
        &app,
        business.voice_id.as_deref(),
        business.language,
        &greeting,
        Keep::Fixed,
        job.subscriber,
    );
    match find_or_make(&app, client, &wanted, PATIENCE, LONGEST).await {
        Ok(_) | Err(Unspoken::Length | Unspoken::NotKept) => Ok(()),
        Err(Unspoken::Paused) => Err(JobError::Snooze(ASK_AGAIN_IN)),
        Err(Unspoken::Provider(elevenlabs::Error::RateLimited {
            retry_after: Some(wait),
            ..
        })) => Err(JobError::RetryAfter(
            anyhow::anyhow!("elevenlabs is rate limiting us"),
            wait,
        )),
        Err(Unspoken::Provider(error)) if !error.is_transient() => {
            // Somebody was told; the first call will try again.
            tracing::warn!(
                subscriber.id = %job.subscriber, provider = "elevenlabs",
                "the greeting is not spoken beforehand: {error}"
            );
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
