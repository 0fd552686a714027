//! The nightly job: everything that has been kept long enough goes, a part of the businesses at a time.
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::classes::{CLASSES, DataClass, Whose, days_of};
use crate::{
    app::{App, AppState},
    jobs::{self, Every, Job, JobError, Lane, Run, Schedule, new_job},
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
    for subscriber in &subscribers {
        clear_business(&app, *subscriber, job.due_at).await?;
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

async fn clear_business(
    app: &App,
    subscriber: SubscriberId,
    due_at: DateTime<Utc>,
) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let chosen = store::list_settings(&mut tx).await?;
    tx.commit().await?;
    for class in CLASSES {
        let Whose::Business(clear) = class.whose else {
            continue;
        };
        let before = app.clock.now() - Duration::days(days_of(class, &chosen).into());
        loop {
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            let cleared = clear(&mut tx, before, BATCH).await?;
            tx.commit().await?;
            count(app, class, due_at, cleared).await?;
            if cleared < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    // What retention ordered of providers just now, and what an earlier order left behind.
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    erasure::order_deletions(&mut tx).await?;
    tx.commit().await?;
    Ok(())
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
