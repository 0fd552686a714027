//! Emptying what is kept of words, in batches.
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store::{self, BATCH, TextAtProvider};
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
    },
    messaging::ForgetText,
    tenancy::privacy::{self, Extent, ForgetWords},
    voice::{ForgetConversation, Held},
};

/// Orders the same for everybody who handles health data: what has come to its end since is emptied.
#[derive(Debug, Serialize, Deserialize)]
pub struct SweepHealthData {}

impl Job for SweepHealthData {
    const KIND: &'static str = "discretion.sweep_health_data";
    const LANE: Lane = Lane::Bulk;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

pub async fn sweep_health_data(
    app: AppState,
    _run: Run,
    _job: SweepHealthData,
) -> Result<(), JobError> {
    let mut after = SubscriberId(Uuid::nil());
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
        let subscribers = store::list_discreet(&mut tx, after).await?;
        for subscriber in &subscribers {
            let extent = Extent::Sweep;
            let subscriber = *subscriber;
            jobs::enqueue(&mut tx, &ForgetWords { subscriber, extent });
        }
        tx.commit().await?;
        match subscribers.last() {
            Some(last) if subscribers.len() == BATCH => after = *last,
            _ => return Ok(()),
        }
    }
}

/// Each batch is a transaction of its own, with the orders to the providers in it: after a crash the next run finds
/// what is left.
pub async fn forget_words(app: AppState, _run: Run, job: ForgetWords) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let keeps_words = privacy::keeps_words(&mut tx).await?;
    tx.commit().await?;
    if keeps_words {
        return Ok(());
    }
    loop {
        let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
        let turns = store::empty_turns(&mut tx).await?;
        order_forgetting(&mut tx, &turns);
        let outgoing = store::empty_outgoing(&mut tx).await?;
        order_forgetting(&mut tx, &outgoing);
        let found = [
            turns.len() as u64,
            outgoing.len() as u64,
            store::empty_interactions(&mut tx).await?,
            store::delete_recordings(&mut tx).await?,
            store::empty_tool_calls(&mut tx).await?,
            store::empty_dialogues(&mut tx).await?,
            store::empty_plans(&mut tx).await?,
            store::empty_leads(&mut tx).await?,
            store::delete_gaps(&mut tx).await?,
            store::empty_appointments(&mut tx).await?,
            store::empty_events(&mut tx).await?,
            store::empty_inbound(&mut tx).await?,
        ];
        tx.commit().await?;
        if found.iter().all(|count| *count == 0) {
            break;
        }
    }
    if job.extent == Extent::Everything {
        tell_retell(&app, job.subscriber).await?;
    }
    Ok(())
}

fn order_forgetting(tx: &mut TenantTx, texts: &[TextAtProvider]) {
    let subscriber = tx.subscriber();
    for text in texts {
        if let Some(message_sid) = &text.message_sid {
            let order = ForgetText {
                subscriber,
                message_sid: message_sid.clone(),
                account_id: text.account_id.clone(),
                has_media: text.has_media,
            };
            jobs::enqueue(tx, &order);
        }
    }
}

async fn tell_retell(app: &AppState, subscriber: SubscriberId) -> Result<(), JobError> {
    let mut after = Uuid::nil();
    loop {
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        let conversations = store::list_at_retell(&mut tx, after).await?;
        for conversation in &conversations {
            if let Some(id) = &conversation.external_id {
                let order = ForgetConversation {
                    subscriber,
                    held: if conversation.is_call {
                        Held::Call
                    } else {
                        Held::Chat
                    },
                    id: id.clone(),
                    agent: conversation.agent.clone(),
                    is_own: conversation.is_own,
                };
                jobs::enqueue(&mut tx, &order);
            }
        }
        tx.commit().await?;
        match conversations.last() {
            Some(last) if conversations.len() == BATCH => after = last.id,
            _ => return Ok(()),
        }
    }
}
