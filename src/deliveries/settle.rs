//! Writes what many attempts came to, in one transaction: the ends of their jobs under the fence, the attempts, the
//! deliveries, how the endpoints do; and tells who must be told.
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};

use crate::{
    alerts::{self, Alert, Severity},
    app::AppState,
    jobs::Run,
    kernel::{
        db::{SystemToken, SystemTx},
        ids::{EndpointId, SubscriberId},
        metrics::METRICS,
    },
    mail::{Notice, TellOwner},
};

use super::{
    model::{DeliveryStatus, DisabledBecause, EndpointState},
    pacing::{Trouble, note},
    store::{self, Outcome, OwnedState},
};

/// An attempt that was made.
#[derive(Clone, Debug)]
pub struct Report {
    pub run: Run,
    pub outcome: Outcome,
    /// To the next attempt.
    pub delay: Option<Duration>,
    pub is_gone: bool,
    /// Whether a success would be news.
    pub was_failing: bool,
    /// When that happened which was delivered.
    pub occurred_at: DateTime<Utc>,
}

type Key = (SubscriberId, EndpointId);

impl Report {
    fn endpoint(&self) -> Key {
        (self.outcome.order.subscriber, self.outcome.endpoint)
    }

    fn is_success(&self) -> bool {
        self.outcome.status == DeliveryStatus::Succeeded
    }
}

pub async fn settle(app: AppState, reports: Vec<Arc<Report>>) -> sqlx::Result<Vec<()>> {
    let count = reports.len();
    let now = app.clock.now();
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let ends: Vec<(Run, Option<Duration>)> = reports
        .iter()
        .map(|report| (report.run.clone(), report.delay))
        .collect();
    let ours = Run::end_together(&mut tx, &ends).await?;
    // What another run has taken over is that one's to write.
    let kept: Vec<Arc<Report>> = reports
        .into_iter()
        .zip(ours)
        .filter_map(|(report, is_ours)| is_ours.then_some(report))
        .collect();
    let noticed: BTreeSet<Key> = kept
        .iter()
        .filter(|report| !report.is_success() || report.was_failing)
        .map(|report| report.endpoint())
        .collect();
    let mut states = HashMap::new();
    if !noticed.is_empty() {
        let noticed: Vec<Key> = noticed.into_iter().collect();
        let locked = store::lock_states(&mut tx, &noticed).await?;
        states.extend(
            locked
                .into_iter()
                .map(|owned| ((owned.subscriber, owned.endpoint), owned.state)),
        );
    }
    let troubles = note_all(&kept, &mut states, now);
    let outcomes: Vec<Outcome> = kept.iter().map(|report| report.outcome.clone()).collect();
    let states: Vec<OwnedState> = states
        .into_iter()
        .map(|((subscriber, endpoint), state)| OwnedState {
            subscriber,
            endpoint,
            state,
        })
        .collect();
    store::record_outcomes(&mut tx, &outcomes, &states).await?;
    for (endpoint, trouble) in troubles {
        tell(&mut tx, endpoint, trouble, now).await?;
    }
    tx.commit().await?;
    measure(&kept, now);
    Ok(vec![(); count])
}

/// What must be told, each kind once for an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Gone,
    DeadLetter,
    Of(Trouble),
}

fn note_all(
    kept: &[Arc<Report>],
    states: &mut HashMap<Key, EndpointState>,
    now: DateTime<Utc>,
) -> Vec<(Key, News)> {
    let mut news: Vec<(Key, News)> = Vec::new();
    let mut add = |endpoint, what| {
        if !news.contains(&(endpoint, what)) {
            news.push((endpoint, what));
        }
    };
    for report in kept {
        let endpoint = report.endpoint();
        if let Some(state) = states.get_mut(&endpoint)
            && let Some(trouble) = note(state, report.is_success(), now)
        {
            add(endpoint, News::Of(trouble));
        }
        if report.is_gone {
            add(endpoint, News::Gone);
        } else if report.outcome.status == DeliveryStatus::Dead {
            add(endpoint, News::DeadLetter);
        }
    }
    news
}

async fn tell(
    tx: &mut SystemTx,
    (subscriber, endpoint): Key,
    news: News,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let because = match news {
        News::Gone => Some(DisabledBecause::Gone),
        News::Of(Trouble::Hopeless) => Some(DisabledBecause::Failing),
        _ => None,
    };
    if let Some(because) = because {
        let disabled = store::disable_endpoint(tx, subscriber, endpoint, because).await?;
        if disabled.is_none() {
            return Ok(());
        }
    }
    // By a job, with this commit.
    match news {
        News::Of(Trouble::Failing) => TellOwner::order(tx, subscriber, Notice::EndpointFailing),
        _ if because.is_some() => TellOwner::order(tx, subscriber, Notice::EndpointDisabled),
        _ => {}
    }
    let (kind, what) = match news {
        News::Gone => (
            "webhooks.endpoint_disabled",
            "said 410 Gone and is disabled",
        ),
        News::Of(Trouble::Hopeless) => (
            "webhooks.endpoint_disabled",
            "has only failed for five days and is disabled",
        ),
        News::Of(Trouble::Failing) => ("webhooks.endpoint_failing", "has only failed for a day"),
        News::Of(Trouble::Opened) => (
            "webhooks.endpoint_failing",
            "failed ten times in a row: one attempt a minute goes there until it succeeds",
        ),
        News::DeadLetter => (
            "webhooks.dead_letter",
            "has deliveries among the dead: they can be replayed for 30 days",
        ),
    };
    let alert = Alert {
        subscriber: Some(subscriber),
        kind,
        severity: Severity::Warning,
        detail: format!("the webhook endpoint {endpoint} {what}"),
        cause: format!("{kind}:{endpoint}"),
    };
    alerts::raise(tx, &alert, now).await
}

fn measure(kept: &[Arc<Report>], now: DateTime<Utc>) {
    for report in kept {
        let outcome = match report.outcome.status {
            DeliveryStatus::Succeeded => "succeeded",
            DeliveryStatus::Retrying => "failed",
            _ => "dead",
        };
        METRICS.deliveries.with_label_values(&[outcome]).inc();
        if report.is_success() {
            let took = (now - report.occurred_at).as_seconds_f64();
            let latency = METRICS.delivery_latency.with_label_values(&[] as &[&str]);
            latency.observe(took.max(0.0));
        }
    }
}
