//! Everything that failed since a time, once more: in parts, so that no transaction is long.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::TenantTx,
        ids::{DeliveryId, EndpointId, SubscriberId},
    },
};

use super::{
    model::Error,
    store::{self, Range},
};

/// How far back, and how many at a time.
const MOST_DAYS: i64 = 14;
const MOST: i64 = 10_000;
const PART: i64 = 500;

/// Begins the failed deliveries of an endpoint anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReplayFailed {
    subscriber: SubscriberId,
    endpoint: EndpointId,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    with_succeeded: bool,
}

impl Job for ReplayFailed {
    const KIND: &'static str = "deliveries.replay_failed";
    const LANE: Lane = Lane::Bulk;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        let Self {
            endpoint, since, ..
        } = self;
        let since_s = since.timestamp();
        Some(format!(
            "{}:{endpoint}:{since_s}:{}",
            Self::KIND,
            self.with_succeeded
        ))
    }
}

/// What a replay is to cover.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    pub since: DateTime<Utc>,
    pub with_succeeded: bool,
}

/// Orders it, and says how many deliveries it will be.
pub async fn order(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    wish: Since,
    now: DateTime<Utc>,
) -> Result<i64, Error> {
    if wish.since > now || now - wish.since > chrono::Duration::days(MOST_DAYS) {
        return Err(Error::invalid(
            "since",
            format!("must be within the last {MOST_DAYS} days"),
        ));
    }
    let found = store::find_endpoint(tx, endpoint).await?;
    if !found.ok_or(Error::NotFound)?.is_enabled {
        return Err(Error::Disabled);
    }
    let job = ReplayFailed {
        subscriber: tx.subscriber(),
        endpoint,
        since: wish.since,
        until: now,
        with_succeeded: wish.with_succeeded,
    };
    let count = store::count_in(tx, &job.range(), MOST).await?;
    if count > 0 {
        jobs::enqueue(tx, &job);
    }
    Ok(count)
}

impl ReplayFailed {
    fn range(&self) -> Range {
        Range {
            endpoint: self.endpoint,
            since: self.since,
            until: self.until,
            with_succeeded: self.with_succeeded,
        }
    }
}

/// After a crash it begins again: what it had begun anew has failed no more, or once more.
pub async fn replay_failed(app: AppState, run: Run, job: ReplayFailed) -> Result<(), JobError> {
    let range = job.range();
    let (mut after, mut left) = (None, MOST);
    loop {
        let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
        let ids = store::replay_next(&mut tx, &range, after, left.min(PART)).await?;
        after = ids.last().map(|id| DeliveryId(*id));
        left -= i64::try_from(ids.len())?;
        if after.is_none() || left <= 0 {
            run.finish(&mut tx).await?;
            tx.commit().await?;
            return Ok(());
        }
        tx.commit().await?;
    }
}
