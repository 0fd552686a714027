//! What failed by a fault of ours is ours: kept, visible, tried again. The provider hears that we have it.
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    EventKey,
    claim::{self, Received},
};
use crate::{
    app::AppState,
    jobs::{self, Job, Lane},
    kernel::{
        db::{OperatorTx, SystemToken, SystemTx},
        ids::SubscriberId,
    },
    web::ApiError,
};

/// Takes up an event again that failed, or that had to wait.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reprocess {
    /// Whose it is, where that is known: at most five of one subscriber run at once.
    #[serde(default)]
    pub subscriber: Option<SubscriberId>,
    pub provider: String,
    /// The key under which it is kept.
    pub external_id: String,
}

impl Reprocess {
    pub(super) fn of(subscriber: Option<SubscriberId>, event: &EventKey<'_>) -> Self {
        Self {
            subscriber,
            provider: event.provider.to_owned(),
            external_id: event.kept_id(),
        }
    }
}

impl Job for Reprocess {
    const KIND: &'static str = "inbound.reprocess";
    const LANE: Lane = Lane::Provider;

    fn subscriber(&self) -> Option<SubscriberId> {
        self.subscriber
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!(
            "{}:{}:{}",
            Self::KIND,
            self.provider,
            self.external_id
        ))
    }
}

/// What became of the wish to take a kept event up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    Ordered,
    /// There is no such event, it is another's, or it took effect.
    NotKept,
    /// It is of a kind that nothing takes up.
    Nobodys,
}

/// Orders that a kept event is taken up again, by the road on which it came. One that belonged to nobody may belong to
/// somebody by now; if not, it is kept as before.
pub async fn replay(
    tx: &mut OperatorTx,
    id: Uuid,
    subscriber: Option<SubscriberId>,
) -> sqlx::Result<Replay> {
    let Some(kept) = claim::lock_named(tx, id, subscriber).await? else {
        return Ok(Replay::NotKept);
    };
    if !is_taken_up(&kept.provider, &kept.kind) {
        return Ok(Replay::Nobodys);
    }
    claim::mark_for_replay(tx, id).await?;
    let again = Reprocess {
        subscriber: kept.subscriber,
        provider: kept.provider,
        external_id: kept.external_id,
    };
    jobs::enqueue(tx, &again);
    Ok(Replay::Ordered)
}

/// Whether the worker knows the road of such an event.
pub fn is_taken_up(provider: &str, kind: &str) -> bool {
    matches!(
        (provider, kind),
        ("TWILIO", "text" | "call.status" | "call.recording") | ("RETELL" | "VAPI", _)
    )
}

/// Passes on what the sender has to do with (his fault, or that the database is away); keeps the event and answers as
/// usual when the fault is ours.
pub async fn own_or_answer(
    app: &AppState,
    subscriber: Option<SubscriberId>,
    event: &EventKey<'_>,
    handled: Result<Received, ApiError>,
) -> Result<Received, ApiError> {
    let error = match handled {
        Err(ApiError::Internal(error)) => error,
        other => return other,
    };
    tracing::error!(
        provider = event.provider,
        "an event of kind {} failed here and is kept: {error:#}",
        event.kind
    );
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    // The causes may quote a value; the log has them, the row has what kind of trouble it was.
    claim::keep_failed(&mut tx, subscriber, event, "failed here, see the log").await?;
    let again = Reprocess::of(subscriber, event);
    jobs::enqueue_in(&mut tx, &again, std::time::Duration::from_secs(5));
    tx.commit().await?;
    Ok(Received::Failed)
}
