//! Twilio forgets the words of a text, of a subscriber that handles health data.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::carrier;
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::{TenantTx, Tx},
        ids::SubscriberId,
    },
    providers::twilio,
};

/// A text that is on its way cannot be emptied; most have arrived by then.
const ON_ITS_WAY: Duration = Duration::from_secs(10 * 60);

/// Has Twilio empty the body of one text and delete what was attached to it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetText {
    pub subscriber: SubscriberId,
    pub message_sid: String,
    /// The subscriber's own account that has it; None: the platform's.
    pub account_id: Option<String>,
    pub has_media: bool,
}

impl Job for ForgetText {
    const KIND: &'static str = "messaging.forget_text";
    const LANE: Lane = Lane::Provider;
    /// Over some days: a text may wait at the carrier for ten hours.
    const MAX_ATTEMPTS: u32 = 20;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        // A subscriber's own account may name the id of another's text: neither order stands for the other.
        let Self {
            subscriber,
            message_sid,
            ..
        } = self;
        Some(format!("{}:{subscriber}:{message_sid}", Self::KIND))
    }
}

/// Orders it for when the text should have arrived.
pub fn order_forgetting(tx: &mut impl Tx, order: &ForgetText) {
    jobs::enqueue_in(tx, order, ON_ITS_WAY);
}

pub async fn forget_text(app: AppState, _run: Run, job: ForgetText) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let carrier = carrier::that_had(&app, &mut tx, job.account_id.as_deref()).await?;
    tx.commit().await?;
    let Some(client) = carrier.client() else {
        tracing::warn!(
            subscriber.id = %job.subscriber, provider = "twilio",
            "no account that could empty a text is configured: {}", job.message_sid
        );
        return Ok(());
    };
    if job.has_media {
        gone_is_fine(client.delete_media(&job.message_sid).await)?;
    }
    gone_is_fine(client.empty_message(&job.message_sid).await)?;
    Ok(())
}

/// What is not there any more is forgotten.
fn gone_is_fine(result: Result<(), twilio::Error>) -> Result<(), twilio::Error> {
    match result {
        Err(twilio::Error::Refused { status: 404, .. }) => Ok(()),
        other => other,
    }
}
