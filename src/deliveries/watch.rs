//! Every quarter of an hour: how many attempts failed, and whether deliveries were left behind.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    alerts::{self, Alert, Severity},
    app::AppState,
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
    },
};

use super::store;

const MINUTES: i32 = 15;
/// Fewer attempts than this say nothing about a rate.
const FEW: i64 = 20;
/// The share of failures at which somebody should look.
const TOO_MANY: f64 = 0.5;

/// Looks how deliveries do.
#[derive(Serialize, Deserialize)]
pub struct CheckHealth {}

impl Job for CheckHealth {
    const KIND: &'static str = "deliveries.check_health";
    const LANE: Lane = Lane::Bulk;
    const MAX_ATTEMPTS: u32 = 3;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

pub async fn check_health(app: AppState, run: Run, _job: CheckHealth) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    for rate in store::failure_rates(&mut tx, MINUTES).await? {
        let share = rate.failed as f64 / rate.attempts.max(1) as f64;
        if rate.attempts < FEW || share < TOO_MANY {
            continue;
        }
        let whose = rate
            .subscriber
            .map_or_else(|| "platform".to_owned(), |id| id.to_string());
        let alert = Alert {
            subscriber: rate.subscriber,
            kind: "webhooks.failure_rate",
            severity: if rate.subscriber.is_some() {
                Severity::Warning
            } else {
                Severity::Critical
            },
            detail: format!(
                "{} of {} attempts to deliver webhooks failed within {MINUTES} minutes",
                rate.failed, rate.attempts
            ),
            cause: format!("webhooks.failure_rate:{whose}"),
        };
        alerts::raise(&mut tx, &alert, now).await?;
    }
    let mut stranded: BTreeMap<SubscriberId, usize> = BTreeMap::new();
    for subscriber in store::bury_stranded(&mut tx).await? {
        *stranded.entry(subscriber).or_default() += 1;
    }
    for (subscriber, count) in stranded {
        let alert = Alert {
            subscriber: Some(subscriber),
            kind: "webhooks.stranded",
            severity: Severity::Critical,
            detail: format!("{count} deliveries went among the dead because their jobs died"),
            cause: format!("webhooks.stranded:{subscriber}"),
        };
        alerts::raise(&mut tx, &alert, now).await?;
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
