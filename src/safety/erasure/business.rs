//! The erasure of a whole business, ordered by an operator.
use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::providers::order_deletions;
use crate::{
    alerts::{self, Alert, Severity},
    app::AppState,
    identity::{
        self,
        audit::{self, Entry, Who},
    },
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{IdentityTx, TenantTx},
        ids::SubscriberId,
    },
    safety::store::{
        erasures as store,
        personal::{self, Catalogue},
    },
};

/// Rows in one statement.
const BATCH: i64 = 2_000;

/// Erases everything of a business that the registry names.
#[derive(Debug, Serialize, Deserialize)]
pub struct EraseSubscriber {
    pub subscriber: SubscriberId,
    pub erasure: Uuid,
}

impl Job for EraseSubscriber {
    const KIND: &'static str = "safety.erase_subscriber";
    const LANE: Lane = Lane::Bulk;
    const DEADLINE: Duration = Duration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.erasure))
    }
}

pub async fn erase_subscriber(
    app: AppState,
    run: Run,
    job: EraseSubscriber,
) -> Result<(), JobError> {
    let subscriber = job.subscriber;
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    if store::lock_wanted(&mut tx, job.erasure).await?.is_none() {
        return Ok(());
    }
    // From here on nothing new comes in: nobody finds the business, nobody may sign in to it.
    let released = store::close_business(&mut tx, now).await?;
    store::insert_deletions(&mut tx, job.erasure, None, now).await?;
    store::close_conversations(&mut tx, None, None, now).await?;
    if released > 0 {
        let alert = Alert {
            subscriber: Some(subscriber),
            kind: "erasure.numbers",
            severity: Severity::Warning,
            detail: format!(
                "{released} numbers of the closed business {subscriber} are still rented at their provider"
            ),
            cause: format!("erasure.numbers:{subscriber}"),
        };
        alerts::raise(&mut tx, &alert, now).await?;
    }
    let catalogue = Catalogue::read(&mut tx).await?;
    tx.commit().await?;
    let mut tx = IdentityTx::begin(&app.db).await?;
    identity::end_business(&mut tx, subscriber, now).await?;
    tx.commit().await?;
    // Each batch says by itself what is left, so a run that was interrupted goes on where it was. Counts are of this run.
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for table in personal::tables_of_business() {
        loop {
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            let changed = personal::erase_of_business(&mut tx, &catalogue, table, BATCH).await?;
            tx.commit().await?;
            *counts.entry(table.to_owned()).or_default() += changed;
            if changed == 0 {
                break;
            }
        }
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    store::expire_exports(&mut tx).await?;
    store::finish_here(&mut tx, job.erasure, &counts, now).await?;
    order_deletions(&mut tx).await?;
    run.finish(&mut tx).await?;
    let entry = Entry {
        action: "subscriber.erased",
        subject_kind: "subscriber",
        subject: Some(subscriber.0),
        changes: json!({"erasure_id": job.erasure, "counts": counts}),
    };
    audit::record(&mut tx, subscriber, Who::SYSTEM, &entry, now).await?;
    tx.commit().await?;
    Ok(())
}
