//! What runs by the clock over everybody: some subscribers in a transaction, some transactions in a job, and the next
//! job from where this one ended.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{churn, health};
use crate::{
    app::{App, AppState},
    jobs::{self, Job, JobError, Lane, Pace, Run},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
    },
    tenancy,
};

/// How many subscribers a transaction holds: tens of milliseconds.
const PAGE: i64 = 100;
/// How many pages a job does before it orders the next one: a deploy in the middle costs seconds.
const PAGES_PER_JOB: usize = 10;

/// Scores everybody.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScoreHealth {
    /// The tick, as of which everybody is scored.
    pub due_at: DateTime<Utc>,
    /// Whom an earlier job of the tick came to.
    pub after: Option<SubscriberId>,
}

/// Looks who may be about to leave.
#[derive(Debug, Serialize, Deserialize)]
pub struct LookForChurn {
    pub due_at: DateTime<Utc>,
    pub after: Option<SubscriberId>,
}

macro_rules! over_everybody {
    ($($job:ident, $kind:literal;)*) => {$(
        impl $job {
            pub fn of(due_at: DateTime<Utc>) -> Self {
                Self { due_at, after: None }
            }
        }

        impl Job for $job {
            const KIND: &'static str = $kind;
            const LANE: Lane = Lane::Bulk;
            const DEADLINE: Duration = Duration::from_secs(10 * 60);

            fn subscriber(&self) -> Option<SubscriberId> {
                None
            }

            /// One part of a tick; another tick may begin beside it.
            fn dedupe_key(&self) -> Option<String> {
                let after = self.after.map_or_else(String::new, |after| after.to_string());
                Some(format!("{}:{}:{after}", Self::KIND, self.due_at.timestamp()))
            }
        }
    )*};
}

over_everybody! {
    ScoreHealth, "insights.score_health";
    LookForChurn, "insights.look_for_churn";
}

pub async fn score_health(app: AppState, run: Run, job: ScoreHealth) -> Result<(), JobError> {
    let mut after = job.after;
    let mut pace = Pace::start();
    for _ in 0..PAGES_PER_JOB {
        let (mut tx, page) = begin_page(&app, after).await?;
        if page.is_empty() {
            return Ok(());
        }
        health::score(&mut tx, &page, job.due_at).await?;
        tx.commit().await?;
        pace.rest().await;
        after = page.last().copied();
    }
    order_the_rest(&app, &run, &ScoreHealth { after, ..job }).await
}

pub async fn look_for_churn(app: AppState, run: Run, job: LookForChurn) -> Result<(), JobError> {
    let mut after = job.after;
    let mut pace = Pace::start();
    for _ in 0..PAGES_PER_JOB {
        let (mut tx, page) = begin_page(&app, after).await?;
        if page.is_empty() {
            return Ok(());
        }
        churn::watch(&mut tx, &page, app.clock.now()).await?;
        tx.commit().await?;
        pace.rest().await;
        after = page.last().copied();
    }
    order_the_rest(&app, &run, &LookForChurn { after, ..job }).await
}

async fn begin_page(
    app: &App,
    after: Option<SubscriberId>,
) -> sqlx::Result<(SystemTx, Vec<SubscriberId>)> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let page = tenancy::list_subscribers(&mut tx, after, PAGE).await?;
    Ok((tx, page))
}

/// The next job exists when this one has ended, and not before: a part is done once.
async fn order_the_rest<J: Job>(app: &App, run: &Run, rest: &J) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    run.finish(&mut tx).await?;
    jobs::enqueue(&mut tx, rest);
    tx.commit().await?;
    Ok(())
}
