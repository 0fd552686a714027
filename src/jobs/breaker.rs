//! The circuit breaker: when a provider fails again and again, its jobs wait together instead of each finding out.
//!
//! Each process counts for itself; that the breaker is open is a lease row, so that all replicas see it.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tracing::warn;
use uuid::Uuid;

use crate::{
    app::AppState,
    kernel::db::{SystemToken, SystemTx, Tx},
};

use super::{
    JobError,
    store::{self, Hold},
};

const FAILURES_TO_OPEN: u32 = 10;
/// When it is over, jobs run again; one failure more opens it anew, one success closes it.
const OPEN_FOR: Duration = Duration::from_secs(30);

/// Counts the failures in a row, per provider.
#[derive(Default)]
pub(super) struct Breaker(Mutex<HashMap<&'static str, u32>>);

impl Breaker {
    /// Puts the job off while the provider's breaker is open.
    pub(super) async fn check(
        &self,
        app: &AppState,
        provider: &'static str,
    ) -> Result<(), JobError> {
        let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
        match store::lease_left(&mut tx, &key(provider)).await? {
            Some(left) => Err(JobError::Snooze(left)),
            None => Ok(()),
        }
    }

    /// Counts the result of a run that called the provider. The result stands, whether we can note it or not.
    pub(super) async fn observe(
        &self,
        app: &AppState,
        provider: &'static str,
        result: &Result<(), JobError>,
    ) {
        let failures = self.count(provider, result);
        if failures < FAILURES_TO_OPEN {
            return;
        }
        match open(app, provider).await {
            Ok(()) => warn!(
                provider,
                "{failures} failures in a row: the jobs of {provider} wait"
            ),
            Err(error) => warn!(provider, %error, "could not open the breaker of {provider}"),
        }
    }

    /// The failures in a row, this result included. A refusal is an answer: the provider is there.
    fn count(&self, provider: &'static str, result: &Result<(), JobError>) -> u32 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = counts.entry(provider).or_default();
        match result {
            Ok(()) | Err(JobError::Fail(_)) => *failures = 0,
            Err(JobError::Retry(error) | JobError::RetryAfter(error, _)) => {
                // Our own database being away says nothing about the provider.
                let is_ours = error.chain().any(|cause| cause.is::<sqlx::Error>());
                if !is_ours {
                    *failures += 1;
                    return *failures;
                }
            }
            Err(JobError::Snooze(_)) => {}
        }
        0
    }
}

/// For how much longer the provider is left alone; none if it is not.
pub async fn paused_for(tx: &mut impl Tx, provider: &str) -> sqlx::Result<Option<Duration>> {
    store::lease_left(tx, &key(provider)).await
}

/// Has all processes leave the provider alone: its jobs wait, and who asks [`paused_for`] goes another way.
pub async fn pause(tx: &mut impl Tx, provider: &str, length: Duration) -> sqlx::Result<()> {
    let hold = Hold {
        key: &key(provider),
        holder: Uuid::now_v7(),
        length,
    };
    store::take_lease(tx, &hold).await?;
    Ok(())
}

async fn open(app: &AppState, provider: &'static str) -> sqlx::Result<()> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    pause(&mut tx, provider, OPEN_FOR).await?;
    tx.commit().await
}

fn key(provider: &str) -> String {
    format!("breaker:{provider}")
}
