//! What failed by a fault of ours is ours: kept, visible, tried again. The provider hears that we have it.
use serde::{Deserialize, Serialize};

use super::{
    EventKey,
    claim::{self, Received},
};
use crate::{
    app::AppState,
    jobs::{self, Job, Lane},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
    },
    web::ApiError,
};

/// Takes up an event again that failed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reprocess {
    pub provider: String,
    /// The key under which it is kept.
    pub external_id: String,
}

impl Job for Reprocess {
    const KIND: &'static str = "inbound.reprocess";
    const LANE: Lane = Lane::Provider;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
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
    let again = Reprocess {
        provider: event.provider.to_owned(),
        external_id: event.kept_id(),
    };
    jobs::enqueue_in(&mut tx, &again, std::time::Duration::from_secs(5));
    tx.commit().await?;
    Ok(Received::Failed)
}
