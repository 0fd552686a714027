//! A text that is to be sent, and the order to send it.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{model::NewText, store};
use crate::{
    jobs::{self, Job, Lane},
    kernel::{
        db::TenantTx,
        ids::{OutgoingId, SubscriberId},
    },
};

/// Sends one text of `outgoing_messages`.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendText {
    pub subscriber: SubscriberId,
    pub outgoing: OutgoingId,
}

impl Job for SendText {
    const KIND: &'static str = "messaging.send_text";
    const LANE: Lane = Lane::Interactive;
    const PROVIDER: Option<&'static str> = Some("twilio");

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// Writes the text and orders its sending.
pub async fn queue(
    tx: &mut TenantTx,
    new: &NewText,
    at: DateTime<Utc>,
) -> sqlx::Result<OutgoingId> {
    queue_in(tx, new, Duration::ZERO, at).await
}

/// Writes the text and orders its sending for later.
pub async fn queue_in(
    tx: &mut TenantTx,
    new: &NewText,
    delay: Duration,
    at: DateTime<Utc>,
) -> sqlx::Result<OutgoingId> {
    let subscriber = tx.subscriber();
    let outgoing = store::insert_text(tx, new, at).await?;
    jobs::enqueue_in(
        tx,
        &SendText {
            subscriber,
            outgoing,
        },
        delay,
    );
    Ok(outgoing)
}
