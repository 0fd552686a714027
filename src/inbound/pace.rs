//! How many events of one subscriber take effect in a minute (`LIMIT_PROVIDER_EVENTS_PER_MINUTE`). A limit on
//! processing and never on acceptance: what is over is kept, answered as usual, and takes effect when its turn comes,
//! by the same road, once, and in the order of arrival.
//!
//! It is for what has lasting effects: texts, news of calls and chats. The routing of a call and the tools of an agent
//! have somebody waiting, and STOP and START are obeyed at once.
//!
//! What it costs a webhook that is let through: nothing, or one short transaction of two statements on two indexes,
//! which writes nothing that the disk is waited for, and fetches a share of the limit for those that follow within
//! seconds ([`Lots`](crate::kernel::lots::Lots)). It is a transaction of its own, because the bucket's row stays locked
//! until the end of the one that took from it, and the effects of a webhook do wait for the disk.
use std::time::Duration;

use super::{
    EventKey, Reprocess,
    claim::{self, Claim, Received},
};
use crate::{
    app::App,
    jobs::{self, Job, JobError},
    kernel::{db::TenantTx, ids::SubscriberId, metrics::METRICS},
    web::limits::{self, Bucket, Taken},
};

const MINUTE: Duration = Duration::from_secs(60);

/// The share of a minute's limit that is fetched at once: one in so many.
const SHARE: u32 = 20;

/// How soon an event asks again for which there was not enough.
const SOONEST: Duration = Duration::from_millis(100);

/// How soon an event looks again whether those before it are done.
const NEXT_LOOK: Duration = Duration::from_secs(1);

/// Lets the event through (none), or keeps it for later and says so.
pub async fn pace(
    app: &App,
    subscriber: SubscriberId,
    event: &EventKey<'_>,
) -> sqlx::Result<Option<Received>> {
    let now = app.clock.now();
    if app.event_lots.spend(subscriber.0, now) {
        return Ok(None);
    }
    let share = (app.settings.limits.provider_events_per_minute / SHARE).max(1);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let retry_after = if claim::find_first_waiting(&mut tx, Reprocess::KIND)
        .await?
        .is_some()
    {
        // It would overtake those who came before.
        Duration::ZERO
    } else {
        let mut taken = take(&mut tx, app, share).await?;
        let mut left = share - 1;
        if matches!(taken, Taken::Limited { .. }) && share > 1 {
            (taken, left) = (take(&mut tx, app, 1).await?, 0);
        }
        match taken {
            Taken::Allowed { .. } => {
                tx.commit().await?;
                app.event_lots.keep(subscriber.0, left, now);
                return Ok(None);
            }
            Taken::Limited { retry_after } => retry_after,
        }
    };
    app.event_lots.forget(subscriber.0);
    let ahead = claim::count_waiting(&mut tx).await?;
    if claim::keep_waiting(&mut tx, event).await? == Claim::Duplicate {
        return Ok(Some(Received::Duplicate));
    }
    let each = MINUTE / app.settings.limits.provider_events_per_minute;
    let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
    let turn = retry_after + each.saturating_mul(ahead);
    jobs::enqueue_in(&mut tx, &Reprocess::of(Some(subscriber), event), turn);
    tx.commit().await?;
    METRICS
        .rate_limited
        .with_label_values(&["provider_events"])
        .inc();
    Ok(Some(Received::Waiting))
}

/// Whether it is the turn of an event that waits; else puts its job off.
pub async fn await_turn(
    app: &App,
    subscriber: SubscriberId,
    job: &Reprocess,
) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let first = claim::find_first_waiting(&mut tx, Reprocess::KIND).await?;
    let is_first = first.is_none_or(|(provider, external_id)| {
        provider == job.provider && external_id == job.external_id
    });
    if !is_first {
        return Err(JobError::Snooze(NEXT_LOOK));
    }
    let taken = take(&mut tx, app, 1).await?;
    tx.commit().await?;
    match taken {
        Taken::Allowed { .. } => Ok(()),
        // A moment at least: what lacks a hair of a token would be due again at once.
        Taken::Limited { retry_after } => Err(JobError::Snooze(retry_after.max(SOONEST))),
    }
}

async fn take(tx: &mut TenantTx, app: &App, cost: u32) -> sqlx::Result<Taken> {
    let bucket = Bucket::new(app.settings.limits.provider_events_per_minute, MINUTE);
    let key = format!("inbound:{}", tx.subscriber().0);
    limits::take(tx, &key, bucket, cost).await
}
