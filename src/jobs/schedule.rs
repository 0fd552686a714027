//! Schedules: what is due when, in code. Every replica asks; the first to write a tick has it, and the run itself
//! is a job, so that it is tried again and survives a crash.
use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Timelike, Utc};
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    app::AppState,
    kernel::{
        db::{NewJob, SystemToken, SystemTx},
        metrics::METRICS,
    },
};

use super::{
    backoff::{random_spread, spread_out},
    store,
};

pub use store::RunResult;

/// How late a tick may be noticed.
const ASK_EVERY: Duration = Duration::from_secs(5);
const DAY_S: u64 = 24 * 60 * 60;

/// How often, at times that all replicas compute alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Minutes(u32),
    Hours(u32),
    /// In UTC.
    DailyAt {
        hour: u32,
        minute: u32,
    },
}

impl Every {
    /// From one tick to the next.
    pub fn interval(self) -> Duration {
        let interval_s = match self {
            Self::Minutes(minutes) => u64::from(minutes.max(1)) * 60,
            Self::Hours(hours) => u64::from(hours.max(1)) * 60 * 60,
            Self::DailyAt { .. } => DAY_S,
        };
        Duration::from_secs(interval_s)
    }

    /// The last tick that is not in the future: counted from 1970, never from the last run.
    pub fn due_at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let interval_s = self.interval().as_secs().cast_signed();
        let offset_s = match self {
            Self::DailyAt { hour, minute } => i64::from(hour * 60 + minute) * 60,
            Self::Minutes(_) | Self::Hours(_) => 0,
        };
        let since_tick_s = (now.timestamp() - offset_s).rem_euclid(interval_s);
        let second = now
            .with_nanosecond(0)
            .expect("every second has a beginning");
        second - chrono::Duration::seconds(since_tick_s)
    }
}

/// One entry of the table in `worker.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    pub name: &'static str,
    pub every: Every,
    /// The job of the tick that was due at this time.
    pub job: fn(due_at: DateTime<Utc>) -> NewJob,
}

/// Asks what is due.
pub struct Scheduler {
    app: AppState,
    schedules: Vec<Schedule>,
    /// The ticks that we know to be written, by this replica or another, so that most times there is nothing to ask.
    written: HashMap<&'static str, DateTime<Utc>>,
}

impl Scheduler {
    pub fn new(app: AppState, schedules: Vec<Schedule>) -> Self {
        Self {
            app,
            schedules,
            written: HashMap::new(),
        }
    }

    /// Asks every few seconds, until the application's tasks stop.
    pub fn start(mut self) {
        let tasks = self.app.tasks.clone();
        tasks.clone().spawn(async move {
            while !tasks.is_stopping() {
                if let Err(error) = self.ask().await {
                    tracing::warn!(%error, "could not ask what is due");
                }
                tokio::select! {
                    () = tasks.stopping() => {}
                    () = sleep(spread_out(ASK_EVERY, random_spread())) => {}
                }
            }
        });
    }

    /// Writes the ticks that are due, and what became of earlier ones. Says how many ticks this replica won.
    ///
    /// A tick that was missed runs on return, because the last one is always younger than its interval; those
    /// before it are recorded as skipped.
    pub async fn ask(&mut self) -> sqlx::Result<usize> {
        let mut tx = SystemTx::begin(&self.app.db, SystemToken::Schedule).await?;
        let now = store::now(&mut tx).await?;
        store::settle_runs(&mut tx).await?;
        tx.commit().await?;
        let mut won = 0;
        for schedule in &self.schedules {
            let due_at = schedule.every.due_at(now);
            if self.written.get(schedule.name) != Some(&due_at) {
                won += usize::from(write_tick(&self.app, schedule, due_at).await?);
                self.written.insert(schedule.name, due_at);
            }
        }
        last_runs(&self.app, &self.schedules).await?;
        Ok(won)
    }
}

async fn write_tick(
    app: &AppState,
    schedule: &Schedule,
    due_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let job = (schedule.job)(due_at);
    let is_won = store::insert_tick(&mut tx, schedule.name, due_at, job).await?;
    if is_won {
        let interval = schedule.every.interval();
        store::insert_missed(&mut tx, schedule.name, due_at, interval).await?;
    }
    tx.commit().await?;
    Ok(is_won)
}

/// How a schedule stands, as `/health/detailed` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct LastRun {
    pub name: String,
    /// When the last tick was due.
    pub last_run_at: Option<DateTime<Utc>>,
    /// None while it runs.
    pub last_result: Option<RunResult>,
    pub finished_at: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub next_run_at: DateTime<Utc>,
}

/// How all schedules stand, in the order given; sets the metric of their last success as well.
pub async fn last_runs(app: &AppState, schedules: &[Schedule]) -> sqlx::Result<Vec<LastRun>> {
    let names: Vec<String> = schedules
        .iter()
        .map(|schedule| schedule.name.to_owned())
        .collect();
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let now = store::now(&mut tx).await?;
    let rows = store::last_rows(&mut tx, &names).await?;
    tx.commit().await?;
    let runs = rows.into_iter().zip(schedules).map(|(row, schedule)| {
        if let Some(at) = row.succeeded_at {
            METRICS
                .schedule_last_success
                .with_label_values(&[schedule.name])
                .set(at.timestamp() as f64);
        }
        LastRun {
            name: row.name,
            last_run_at: row.due_at,
            last_result: row.result,
            finished_at: row.finished_at,
            last_success_at: row.succeeded_at,
            next_run_at: schedule.every.due_at(now) + schedule.every.interval(),
        }
    });
    Ok(runs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn replicas_compute_the_same_tick_whenever_they_ask() {
        let quarter = Every::Minutes(15);
        assert_eq!(
            quarter.due_at(at("2026-11-21T10:00:00Z")),
            at("2026-11-21T10:00:00Z")
        );
        assert_eq!(
            quarter.due_at(at("2026-11-21T10:14:59.999Z")),
            at("2026-11-21T10:00:00Z")
        );
        assert_eq!(
            Every::Hours(6).due_at(at("2026-11-21T17:59:00Z")),
            at("2026-11-21T12:00:00Z")
        );
    }

    #[test]
    fn a_daily_schedule_is_due_from_its_time_on() {
        let nightly = Every::DailyAt {
            hour: 3,
            minute: 30,
        };
        assert_eq!(
            nightly.due_at(at("2026-11-21T03:29:59Z")),
            at("2026-11-20T03:30:00Z")
        );
        assert_eq!(
            nightly.due_at(at("2026-11-21T03:30:00Z")),
            at("2026-11-21T03:30:00Z")
        );
        assert_eq!(
            nightly.due_at(at("2026-11-21T23:00:00Z")),
            at("2026-11-21T03:30:00Z")
        );
    }
}
