//! Calls that never got their end: their provider is asked, and what it says is told as the message that we missed.
//!
//! A call may last for an hour with nothing to hear of it, so one that goes on is asked about again, ever less often.
//! It is closed without its provider's word only when the provider does not know it, or after four hours.
mod ask;
mod carrier;
mod close;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use ask::{Asked, ask};
use close::{Because, close};

use crate::{
    app::AppState,
    jobs::{self, Every, Job, JobError, Lane, Run, Schedule, new_job},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::{InteractionId, SubscriberId},
    },
    traffic::store::open_calls::{self, OpenCall},
};

/// Most calls are over by then.
const QUIET: TimeDelta = TimeDelta::minutes(15);
/// No provider lets a call be longer.
const LONGEST: TimeDelta = TimeDelta::hours(4);
/// Between two questions about a call that goes on.
const SOONEST: Duration = Duration::from_secs(10 * 60);
const LATEST: Duration = Duration::from_secs(30 * 60);
const BATCH: i64 = 500;

/// Finds calls without an end.
#[derive(Debug, Serialize, Deserialize)]
pub struct FindStuckCalls {}

impl Job for FindStuckCalls {
    const KIND: &'static str = "voice.find_stuck_calls";
    const LANE: Lane = Lane::Bulk;
    const MAX_ATTEMPTS: u32 = 3;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Asks about one of them, until it has its end.
#[derive(Debug, Serialize, Deserialize)]
pub struct AskAboutCall {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
}

impl Job for AskAboutCall {
    const KIND: &'static str = "voice.ask_about_call";
    const LANE: Lane = Lane::Provider;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!(
            "{}:{}:{}",
            Self::KIND,
            self.subscriber,
            self.interaction
        ))
    }
}

/// Every five minutes.
pub fn schedule() -> Schedule {
    Schedule {
        name: "stuck_calls",
        // Soon enough for whoever waits for a call's summary, and for the minutes of a business that are nearly used.
        every: Every::Minutes(5),
        job: |_| new_job(&FindStuckCalls {}),
    }
}

pub async fn find_stuck_calls(
    app: AppState,
    _run: Run,
    _job: FindStuckCalls,
) -> Result<(), JobError> {
    let before = app.clock.now() - QUIET;
    let mut after = None;
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
        let stuck = open_calls::list_open_calls(&mut tx, before, after, BATCH).await?;
        for (subscriber, interaction, _) in &stuck {
            let question = AskAboutCall {
                subscriber: *subscriber,
                interaction: *interaction,
            };
            jobs::enqueue(&mut tx, &question);
        }
        tx.commit().await?;
        match stuck.last() {
            Some((_, id, at)) if stuck.len() as i64 == BATCH => after = Some((*at, *id)),
            _ => return Ok(()),
        }
    }
}

pub async fn ask_about_call(app: AppState, _run: Run, job: AskAboutCall) -> Result<(), JobError> {
    let Some(call) = find(&app, &job).await? else {
        return Ok(());
    };
    let now = app.clock.now();
    let is_too_old = now - call.started_at >= LONGEST;
    match ask(&app, job.subscriber, &call).await? {
        // What the provider said had nothing new for us, and still it is over.
        Asked::Told if find(&app, &job).await?.is_some() => {
            close(&app, &job, &call, Because::Over).await
        }
        Asked::Told => Ok(()),
        Asked::Unknown => close(&app, &job, &call, Because::Unknown).await,
        Asked::GoesOn | Asked::NoAnswer if is_too_old => {
            close(&app, &job, &call, Because::TooOld).await
        }
        Asked::GoesOn | Asked::NoAnswer => Err(JobError::Snooze(wait(call.started_at, now))),
    }
}

async fn find(app: &AppState, job: &AskAboutCall) -> Result<Option<OpenCall>, JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let call = open_calls::find_open_call(&mut tx, job.interaction).await?;
    tx.commit().await?;
    Ok(call)
}

/// The longer it lasts, the longer it may go on.
fn wait(started_at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    let age = (now - started_at).to_std().unwrap_or_default();
    (age / 2).clamp(SOONEST, LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_asked_about_ever_less_often() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let after = |minutes| wait(now - TimeDelta::minutes(minutes), now).as_secs() / 60;
        assert_eq!((after(15), after(30), after(50)), (10, 15, 25));
        assert_eq!((after(200), after(-5)), (30, 10));
    }
}
