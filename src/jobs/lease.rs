//! Leases by key, for what must not run beside itself: a chat's completion, a connection's token refresh, a sync.
//!
//! A lease is a row with an end, so a holder that crashed holds nothing up for longer than that. It keeps two from
//! working at once; it does not prove anything afterwards: what is written at the end is guarded by its own state.
use std::{future::Future, time::Duration};

use anyhow::anyhow;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    app::AppState,
    kernel::db::{SystemToken, SystemTx, Tx},
};

use super::{
    JobError,
    store::{self, Hold},
};

/// How soon to ask again for a lease that somebody else has.
const ASK_AGAIN_IN: Duration = Duration::from_millis(250);

/// A key and who holds it.
#[derive(Clone, Debug)]
pub struct Lease {
    key: String,
    holder: Uuid,
    length: Duration,
}

impl Lease {
    /// Takes it for this long; none while somebody else has it.
    pub async fn take(
        tx: &mut impl Tx,
        key: impl Into<String>,
        length: Duration,
    ) -> sqlx::Result<Option<Self>> {
        let lease = Self {
            key: key.into(),
            holder: Uuid::now_v7(),
            length,
        };
        let is_ours = store::take_lease(tx, &lease.hold()).await?;
        Ok(is_ours.then_some(lease))
    }

    /// Moves its end as far away as at the beginning. False: it ran out, and somebody else took it.
    pub async fn renew(&self, tx: &mut impl Tx) -> sqlx::Result<bool> {
        store::renew_lease(tx, &self.hold()).await
    }

    /// Gives it back. False: it was not ours any more.
    pub async fn give_back(self, tx: &mut impl Tx) -> sqlx::Result<bool> {
        store::give_back_lease(tx, &self.key, self.holder).await
    }

    fn hold(&self) -> Hold<'_> {
        Hold {
            key: &self.key,
            holder: self.holder,
            length: self.length,
        }
    }
}

/// Does the work while holding the lease, renewing it at a third of its length. The job is put off by 250 ms while
/// somebody else has it.
pub async fn with_lease<T>(
    app: &AppState,
    key: impl Into<String>,
    length: Duration,
    work: impl Future<Output = Result<T, JobError>>,
) -> Result<T, JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let lease = Lease::take(&mut tx, key, length).await?;
    tx.commit().await?;
    let Some(lease) = lease else {
        return Err(JobError::Snooze(ASK_AGAIN_IN));
    };
    let result = tokio::select! {
        result = work => result,
        lost = keep(app, &lease) => Err(lost),
    };
    // Whatever becomes of this, the work is done; a lease that is not given back runs out.
    if let Err(error) = give_back(app, lease).await {
        tracing::warn!(%error, "could not give back a lease");
    }
    result
}

async fn keep(app: &AppState, lease: &Lease) -> JobError {
    loop {
        sleep(lease.length / 3).await;
        match renew(app, lease).await {
            Ok(true) => {}
            Ok(false) => return JobError::Retry(anyhow!("the lease {} was lost", lease.key)),
            // The next renewal may work, before the lease runs out.
            Err(error) => tracing::warn!(%error, "could not renew the lease {}", lease.key),
        }
    }
}

async fn renew(app: &AppState, lease: &Lease) -> sqlx::Result<bool> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let is_ours = lease.renew(&mut tx).await?;
    tx.commit().await?;
    Ok(is_ours)
}

async fn give_back(app: &AppState, lease: Lease) -> sqlx::Result<()> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    lease.give_back(&mut tx).await?;
    tx.commit().await
}
