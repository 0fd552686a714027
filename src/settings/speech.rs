//! The voice that a business chooses, and the order to have its greeting spoken before anybody calls.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    identity::Caller,
    jobs::{Job, Lane},
    kernel::ids::SubscriberId,
    tenancy::store::settings,
    web::{ApiError, Member},
};

/// Has the greeting of a business spoken, so that its first caller does not wait for it. Carried out by `voice`.
#[derive(Debug, Serialize, Deserialize)]
pub struct PrepareGreeting {
    pub subscriber: SubscriberId,
}

/// No key against duplicates: a change during a run wants another one, and one too many finds its sound there.
impl Job for PrepareGreeting {
    const KIND: &'static str = "voice.prepare_greeting";
    const LANE: Lane = Lane::Provider;
    const PROVIDER: Option<&'static str> = Some("elevenlabs");
    const DEADLINE: Duration = Duration::from_secs(30);
    const MAX_ATTEMPTS: u32 = 5;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// What of the settings is heard in the greeting.
pub(super) const HEARD_IN_GREETING: [&str; 4] =
    ["business_name", "custom_greeting", "language", "voice_id"];

/// Whether a voice is chosen that the provider says it does not have. Asked with no transaction open, and only when it is
/// another one than before. A provider that cannot say (it is away, or the key is good for speaking alone) keeps
/// nobody from saving: on a call an unknown voice gives way to the usual one.
pub(super) async fn is_unknown_voice(
    app: &App,
    caller: &Caller,
    chosen: &Member<String>,
) -> Result<bool, ApiError> {
    let (Some(client), Member::Value(chosen)) = (&app.elevenlabs, chosen) else {
        return Ok(false);
    };
    let chosen = chosen.trim();
    if chosen.is_empty() {
        return Ok(false);
    }
    let mut tx = caller.begin(app).await?;
    let present = settings::find_settings(&mut tx).await?;
    tx.end_reading();
    if present.and_then(|present| present.voice_id).as_deref() == Some(chosen) {
        return Ok(false);
    }
    match client.has_voice(chosen).await {
        Ok(is_there) => Ok(!is_there),
        Err(error) => {
            tracing::warn!(
                subscriber.id = %caller.subscriber, provider = "elevenlabs",
                "a voice is saved unchecked: {error}"
            );
            Ok(false)
        }
    }
}
