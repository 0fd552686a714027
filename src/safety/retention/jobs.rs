//! The nightly job: everything that has been kept long enough goes, a part of the businesses at a time.
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::classes::{CLASSES, DataClass, Whose, days_of};
use crate::{
    app::{App, AppState},
    jobs::{self, Every, Job, JobError, Lane, Pace, Run, Schedule, new_job},
    kernel::{
        db::{IdentityTx, SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
    },
    safety::{erasure, store::retention as store},
    tenancy,
};

/// A job looks after this many and orders the next one.
const SUBSCRIBERS_PER_JOB: i64 = 200;
/// Rows in one statement: more would hold their locks for too long.
const BATCH: i64 = 1_000;

/// Clears what was kept long enough.
#[derive(Debug, Serialize, Deserialize)]
pub struct Retain {
    /// The tick: the counts of a night stand under it.
    pub due_at: DateTime<Utc>,
    /// The last business that was looked after; none begins with the platform's own.
    pub after: Option<SubscriberId>,
}

impl Job for Retain {
    const KIND: &'static str = "safety.retain";
    const LANE: Lane = Lane::Bulk;
    const DEADLINE: StdDuration = StdDuration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

pub fn schedule() -> Schedule {
    Schedule {
        name: "retention",
        every: Every::DailyAt { hour: 5, minute: 0 },
        job: |due_at| {
            new_job(&Retain {
                due_at,
                after: None,
            })
        },
    }
}

pub async fn retain(app: AppState, run: Run, job: Retain) -> Result<(), JobError> {
    if job.after.is_none() {
        for class in CLASSES {
            clear_platform(&app, class, job.due_at).await?;
        }
    }
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let subscribers = tenancy::list_subscribers(&mut tx, job.after, SUBSCRIBERS_PER_JOB).await?;
    tx.commit().await?;
    let mut pace = Pace::start();
    for subscriber in &subscribers {
        clear_business(&app, *subscriber, job.due_at, &mut pace).await?;
    }
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    run.finish(&mut tx).await?;
    if let Some(last) = subscribers
        .last()
        .filter(|_| subscribers.len() as i64 == SUBSCRIBERS_PER_JOB)
    {
        let rest = Retain {
            due_at: job.due_at,
            after: Some(*last),
        };
        jobs::enqueue(&mut tx, &rest);
    } else {
        for (class, cleared) in store::list_counts(&mut tx, job.due_at).await? {
            tracing::info!(class, cleared, "what was kept long enough is gone");
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn clear_platform(
    app: &App,
    class: &DataClass,
    due_at: DateTime<Utc>,
) -> Result<(), JobError> {
    let before = app.clock.now() - Duration::days(class.days.into());
    loop {
        let cleared = match class.whose {
            Whose::Business(_) => return Ok(()),
            Whose::Platform(clear) => {
                let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
                let cleared = clear(&mut tx, before, BATCH).await?;
                tx.commit().await?;
                cleared
            }
            Whose::People(clear) => {
                let mut tx = IdentityTx::begin(&app.db).await?;
                let cleared = clear(&mut tx, before, BATCH).await?;
                tx.commit().await?;
                cleared
            }
        };
        count(app, class, due_at, cleared).await?;
        if cleared < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Clears a business, round by round until no class has more.
async fn clear_business(
    app: &App,
    subscriber: SubscriberId,
    due_at: DateTime<Utc>,
    pace: &mut Pace,
) -> Result<(), JobError> {
    loop {
        let round = clear_round(app, subscriber).await?;
        for (class, cleared) in &round {
            count(app, class, due_at, *cleared).await?;
        }
        pace.rest().await;
        if round
            .iter()
            .all(|(_, cleared)| *cleared < BATCH.unsigned_abs())
        {
            return Ok(());
        }
    }
}

/// A batch of each class, in one transaction: for most businesses there is nothing to clear.
async fn clear_round(
    app: &App,
    subscriber: SubscriberId,
) -> sqlx::Result<Vec<(&'static DataClass, u64)>> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let chosen = store::list_settings(&mut tx).await?;
    let mut round = Vec::new();
    for class in CLASSES {
        if let Whose::Business(clear) = class.whose {
            let before = app.clock.now() - Duration::days(days_of(class, &chosen).into());
            round.push((class, clear(&mut tx, before, BATCH).await?));
        }
    }
    // What retention ordered of providers just now, and what an earlier order left behind.
    erasure::order_deletions(&mut tx).await?;
    tx.commit().await?;
    Ok(round)
}

async fn count(
    app: &App,
    class: &DataClass,
    due_at: DateTime<Utc>,
    cleared: u64,
) -> sqlx::Result<()> {
    if cleared == 0 {
        return Ok(());
    }
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    store::add_count(&mut tx, due_at, class.name, cleared, app.clock.now()).await?;
    tx.commit().await
}
