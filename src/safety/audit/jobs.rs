//! The nightly verification.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    alerts::{self, Alert, Severity},
    app::{App, AppState},
    identity::audit::{self, Report},
    jobs::{Every, Job, JobError, Lane, Run, Schedule, new_job},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
    },
};

/// Walks every chain of the audit log.
#[derive(Debug, Serialize, Deserialize)]
pub struct VerifyAudit {}

impl Job for VerifyAudit {
    const KIND: &'static str = "safety.verify_audit";
    const LANE: Lane = Lane::Bulk;
    const MAX_ATTEMPTS: u32 = 3;
    const DEADLINE: Duration = Duration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

pub fn schedule() -> Schedule {
    Schedule {
        name: "audit_verification",
        every: Every::DailyAt { hour: 4, minute: 0 },
        job: |_| new_job(&VerifyAudit {}),
    }
}

/// Walks every chain, and reads only.
pub async fn verify_all(app: &App) -> sqlx::Result<Report> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let report = audit::verify(&mut tx, None).await?;
    tx.commit().await?;
    Ok(report)
}

pub async fn verify_audit(app: AppState, run: Run, _job: VerifyAudit) -> Result<(), JobError> {
    let report = verify_all(&app).await?;
    tracing::info!(
        chains = report.chains,
        rows = report.rows,
        broken = report.broken.len(),
        "the audit log is verified"
    );
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    for broken in &report.broken {
        let subscriber = broken.subscriber_id;
        let alert = Alert {
            subscriber: (subscriber != audit::PLATFORM).then_some(subscriber),
            kind: "audit.broken",
            severity: Severity::Critical,
            detail: format!(
                "the audit log of {subscriber} is broken at row {}: {}; see `reception audit verify`",
                broken.seq, broken.what
            ),
            cause: format!("audit.broken:{subscriber}"),
        };
        alerts::raise(&mut tx, &alert, app.clock.now()).await?;
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
