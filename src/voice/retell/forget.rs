//! Retell forgets what was said in a conversation, of a subscriber that handles health data.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::normalise::is_final;
use crate::{
    app::AppState,
    inbound::Proof,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{db::TenantTx, ids::SubscriberId},
    providers::retell::{self, CallEvent, ChatEvent, ChatEventKind},
    tenancy::accounts,
};

/// The analysis comes first; without it Retell would tell no outcome.
const BEING_ANALYSED: Duration = Duration::from_secs(10 * 60);

/// What Retell held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    Call,
    Chat,
}

/// Has Retell keep nothing of a conversation but its basic attributes.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetConversation {
    pub subscriber: SubscriberId,
    pub held: Held,
    /// The call's or the chat's.
    pub id: String,
    pub agent: Option<String>,
    /// The subscriber's own secret told us of it: the platform's workspace is not asked about what they name.
    pub is_own: bool,
}

impl Job for ForgetConversation {
    const KIND: &'static str = "voice.forget_conversation";
    const LANE: Lane = Lane::Provider;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}:{}", Self::KIND, self.subscriber, self.id))
    }
}

/// Orders it once a call is over.
pub(super) fn after_call(tx: &mut TenantTx, proof: Proof, event: &CallEvent) {
    if is_final(event.kind) {
        let order = ForgetConversation {
            subscriber: tx.subscriber(),
            held: Held::Call,
            id: event.call.call_id.clone(),
            agent: event.call.agent_id.clone(),
            is_own: proof.own().is_some(),
        };
        jobs::enqueue_in(tx, &order, BEING_ANALYSED);
    }
}

/// Orders it once a chat is over.
pub(super) fn after_chat(tx: &mut TenantTx, proof: Proof, event: &ChatEvent) {
    if event.kind != ChatEventKind::Started {
        let order = ForgetConversation {
            subscriber: tx.subscriber(),
            held: Held::Chat,
            id: event.chat.chat_id.clone(),
            agent: event.chat.agent_id.clone(),
            is_own: proof.own().is_some(),
        };
        jobs::enqueue_in(tx, &order, BEING_ANALYSED);
    }
}

pub async fn forget_conversation(
    app: AppState,
    _run: Run,
    job: ForgetConversation,
) -> Result<(), JobError> {
    let Some(client) = workspace_of(&app, &job).await? else {
        tracing::warn!(
            subscriber.id = %job.subscriber, provider = "retell",
            "no workspace that could forget a conversation is configured: {}", job.id
        );
        return Ok(());
    };
    let forgotten = match job.held {
        Held::Call => client.forget_call(&job.id).await,
        Held::Chat => client.forget_chat(&job.id).await,
    };
    match forgotten {
        // Retell knows it no more.
        Err(retell::Error::Refused { status: 404 | 422 }) => Ok(()),
        other => Ok(other?),
    }
}

async fn workspace_of(
    app: &AppState,
    job: &ForgetConversation,
) -> Result<Option<retell::Client>, JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let agent = job.agent.as_deref().unwrap_or_default();
    let own = accounts::own_account_for_agent(&mut tx, &app.keyring, agent).await?;
    tx.commit().await?;
    Ok(match own {
        Some(own) => own.api_key.map(|key| {
            retell::Client::new(app.http.clone(), &app.settings.retell.api_base_url, key)
        }),
        None => app.retell.clone().filter(|_| !job.is_own),
    })
}
