//! Recording a call that the receptionist holds: begun by a job once the caller was told, or agreed.
//!
//! TwiML has no verb that records and goes on; Twilio's API has. The job runs within moments of the commit.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    links::Links,
    store::{self, Call},
};
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::TenantTx,
        ids::{InteractionId, SubscriberId},
    },
    providers::twilio,
    tenancy::accounts::{self, Provider},
    traffic::{self, Source, Status},
};

/// Has Twilio record a call that is under way.
#[derive(Debug, Serialize, Deserialize)]
pub struct StartRecording {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
    pub call_sid: String,
    pub account_sid: String,
}

impl Job for StartRecording {
    const KIND: &'static str = "voice.start_recording";
    const LANE: Lane = Lane::Interactive;
    /// A call is over before more of them.
    const MAX_ATTEMPTS: u32 = 3;
    const DEADLINE: Duration = Duration::from_secs(20);
    const PROVIDER: Option<&'static str> = Some("twilio");

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!(
            "{}:{}:{}",
            Self::KIND,
            self.subscriber,
            self.call_sid
        ))
    }
}

pub(super) fn order_start(tx: &mut TenantTx, call: &Call) {
    let order = StartRecording {
        subscriber: tx.subscriber(),
        interaction: call.interaction,
        call_sid: call.call_sid.clone(),
        account_sid: call.account_sid.clone(),
    };
    jobs::enqueue(tx, &order);
}

/// A call that is not recorded goes on; nobody hears of it but the log.
pub async fn start_recording(app: AppState, run: Run, job: StartRecording) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let call = store::lock_call(&mut tx, &job.call_sid).await?;
    let is_open = call.is_some_and(|call| call.status == Status::Open);
    let client = client_of(&app, &mut tx, &job.account_sid).await?;
    tx.end_reading();
    let Some(client) = client.filter(|_| is_open) else {
        return Ok(());
    };
    // An earlier run may have begun it and not learned so.
    if run.attempt() > 1 && client.has_recording(&job.call_sid).await? {
        return Ok(());
    }
    let callback = Links::of(&app, Some(job.subscriber)).recording();
    let (state, sid) = match client.start_recording(&job.call_sid, &callback).await {
        Ok(sid) => ("STARTED", Some(sid)),
        // Over meanwhile, or not ours to record.
        Err(twilio::Error::Refused { code, status, .. }) => {
            tracing::warn!(
                interaction.id = %job.interaction, provider = "twilio",
                "a call is not recorded: twilio refused it with {status} ({code:?})"
            );
            ("REFUSED", None)
        }
        Err(error) => return Err(error.into()),
    };
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let detail = json!({ "state": state, "recording_sid": sid });
    traffic::trace(
        &mut tx,
        job.interaction,
        Source::Job,
        StartRecording::KIND,
        detail,
        now,
    );
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The account in which the call is: the subscriber's own, or the platform's.
async fn client_of(
    app: &AppState,
    tx: &mut TenantTx,
    account_sid: &str,
) -> Result<Option<twilio::Client>, JobError> {
    let is_platforms = app.settings.twilio.account_sid.as_deref() == Some(account_sid);
    if is_platforms || account_sid.is_empty() {
        return Ok(app.twilio.clone());
    }
    let own = accounts::own_account_named(tx, &app.keyring, Provider::Twilio, account_sid).await?;
    let base_url = &app.settings.twilio.api_base_url;
    Ok(own.and_then(|own| {
        let key = own.api_key?;
        Some(twilio::Client::new(
            app.http.clone(),
            base_url,
            &own.account_id,
            key,
        ))
    }))
}
