//! Whether a subscriber handles health data: then nothing of what people say is kept, here or at a provider.
//!
//! This is where the switch stands. What it means for a row stands where the row is written (`keeps_words` in the
//! statements of traffic, messaging and inbound); what was kept before is emptied by the room `discretion`.
use serde::{Deserialize, Serialize};

use crate::{
    jobs::{self, Job, Lane},
    kernel::{
        db::{TenantTx, Tx},
        ids::SubscriberId,
    },
};

/// What stands in the place of what somebody said, where something must stand.
pub const NOT_KEPT: &str = "(not kept: health data)";

/// Empties what is kept of people's words and is not needed any more to answer them.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetWords {
    pub subscriber: SubscriberId,
    pub extent: Extent,
}

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    /// Everything that stands here, and every conversation at the providers: when the switch is turned on.
    Everything,
    /// The same a while later, for what was being written meanwhile by somebody who had read the switch before.
    SecondLook,
    /// What has come to its end since.
    Sweep,
}

impl Job for ForgetWords {
    const KIND: &'static str = "discretion.forget_words";
    const LANE: Lane = Lane::Bulk;
    const DEADLINE: std::time::Duration = std::time::Duration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!(
            "{}:{}:{:?}",
            Self::KIND,
            self.subscriber,
            self.extent
        ))
    }
}

/// Longer than any run that may have read the switch as it was.
const SECOND_LOOK: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// Whether what people say may be kept.
pub async fn keeps_words(tx: &mut TenantTx) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(r#"select keeps_words($1) as "keeps!""#, subscriber as _)
        .fetch_one(tx.conn())
        .await
}

/// Turns the switch; says whether that changed something. Turned on, it also ends the recording of calls, and what
/// stands already is emptied. Turned off, it brings nothing back.
pub async fn set_handles_health_data(tx: &mut TenantTx, is_on: bool) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let turned = sqlx::query!(
        "update subscribers set handles_health_data = $2, updated_at = now()
          where id = $1 and handles_health_data <> $2",
        subscriber as _,
        is_on,
    )
    .execute(tx.conn())
    .await?;
    let has_changed = turned.rows_affected() == 1;
    if has_changed && is_on {
        sqlx::query!(
            "update subscriber_profiles set recording_mode = 'OFF', updated_at = now() where subscriber_id = $1",
            subscriber as _,
        )
        .execute(tx.conn())
        .await?;
        let order = |extent| ForgetWords { subscriber, extent };
        jobs::enqueue(tx, &order(Extent::Everything));
        jobs::enqueue_in(tx, &order(Extent::SecondLook), SECOND_LOOK);
    }
    Ok(has_changed)
}
