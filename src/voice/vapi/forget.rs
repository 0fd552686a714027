//! Vapi forgets a call, of a subscriber that handles health data.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client_for;
use crate::{
    app::AppState,
    inbound::Proof,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{db::TenantTx, ids::SubscriberId},
    traffic::ConversationUpdate,
};

/// The analysis comes first; without it Vapi would tell no outcome.
const BEING_ANALYSED: Duration = Duration::from_secs(10 * 60);

/// Has Vapi delete what it keeps of a call.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetVapiCall {
    pub subscriber: SubscriberId,
    pub call: String,
    pub assistant: Option<String>,
    /// The subscriber's own secret told us of it: the platform's organisation is not asked about what they name.
    pub is_own: bool,
}

impl Job for ForgetVapiCall {
    const KIND: &'static str = "voice.forget_vapi_call";
    const LANE: Lane = Lane::Provider;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}:{}", Self::KIND, self.subscriber, self.call))
    }
}

/// Orders it once a call is over.
pub(super) fn after_call(tx: &mut TenantTx, proof: Proof, update: &ConversationUpdate) {
    let order = ForgetVapiCall {
        subscriber: tx.subscriber(),
        call: update.external_id.clone(),
        assistant: update.provider_agent_id.clone(),
        is_own: proof.own().is_some(),
    };
    jobs::enqueue_in(tx, &order, BEING_ANALYSED);
}

pub async fn forget_vapi_call(
    app: AppState,
    _run: Run,
    job: ForgetVapiCall,
) -> Result<(), JobError> {
    let assistant = job.assistant.as_deref();
    let own = client_for(&app, job.subscriber, assistant).await?;
    let client = match own {
        Some(own) => own,
        None => app.vapi.clone().filter(|_| !job.is_own),
    };
    match client {
        Some(client) => {
            client.delete_call(&job.call).await?;
        }
        None => tracing::warn!(
            subscriber.id = %job.subscriber, provider = "vapi",
            "no organisation that could forget a call is configured: {}", job.call
        ),
    }
    Ok(())
}
