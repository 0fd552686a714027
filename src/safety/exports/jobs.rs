//! Builds an export, a page of rows at a time.
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::{App, AppState},
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
        erasures, exports as store,
        personal::{self, Catalogue, Person},
    },
};

/// Rows read at once.
const ROWS: i64 = 500;
const FORMAT: &str = "rocket-reception-export";

/// Writes what was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct BuildExport {
    pub subscriber: SubscriberId,
    pub export: Uuid,
}

impl Job for BuildExport {
    const KIND: &'static str = "safety.build_export";
    const LANE: Lane = Lane::Bulk;
    const DEADLINE: Duration = Duration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.export))
    }
}

pub async fn build_export(app: AppState, run: Run, job: BuildExport) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    // What an interrupted run left is not continued: rows may have changed.
    let Some(contact) = store::begin_again(&mut tx, job.export).await? else {
        return Ok(());
    };
    let person = match contact {
        Some(contact) => erasures::find_person(&mut tx, contact).await?,
        None => None,
    };
    let catalogue = Catalogue::read(&mut tx).await?;
    let head = audit::find_head(&mut tx).await?;
    tx.commit().await?;
    let mut written = Written {
        app: &app,
        job: &job,
        position: 0,
        rows: 0,
        bytes: 0,
    };
    let now = app.clock.now();
    let first = json!({
        "format": FORMAT,
        "version": 1,
        "subscriber_id": job.subscriber,
        "contact_id": contact,
        "created_at": now,
        "audit_head": head,
    });
    written.write(&[first]).await?;
    write_rows(&mut written, &catalogue, person.as_ref()).await?;
    if contact.is_none() {
        let mut tx = IdentityTx::begin(&app.db).await?;
        let members = identity::list_members(&mut tx, job.subscriber).await?;
        tx.commit().await?;
        let members: Vec<Value> = members
            .iter()
            .map(|member| json!({"table": "members", "row": member}))
            .collect();
        written.rows += members.len() as i64;
        written.write(&members).await?;
    }
    let last = json!({"end": true, "rows": written.rows});
    written.write(&[last]).await?;
    let (rows, bytes) = (written.rows, written.bytes);
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    // An erasure meanwhile makes it worthless: what was written may hold the person.
    let is_ready = store::finish(&mut tx, job.export, rows, bytes, head.as_ref(), now).await?;
    run.finish(&mut tx).await?;
    if is_ready {
        let entry = Entry {
            action: "export.ready",
            subject_kind: "export",
            subject: Some(job.export),
            changes: json!({"rows": rows, "audit_seq": head.map(|head| head.seq)}),
        };
        audit::record(&mut tx, job.subscriber, Who::SYSTEM, &entry, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn write_rows(
    written: &mut Written<'_>,
    catalogue: &Catalogue,
    person: Option<&Person>,
) -> Result<(), JobError> {
    for given in personal::given(catalogue, person.is_some()) {
        let mut after = None;
        loop {
            let mut tx = TenantTx::begin(&written.app.db, written.job.subscriber).await?;
            let rows =
                personal::export_rows(&mut tx, catalogue, &given, person, after, ROWS).await?;
            tx.commit().await?;
            after = rows.last().map(|(id, _)| *id).or(after);
            let count = rows.len() as i64;
            let lines: Vec<Value> = rows
                .into_iter()
                .map(|(_, row)| json!({"table": given.table, "row": row}))
                .collect();
            written.rows += count;
            written.write(&lines).await?;
            if count < ROWS {
                break;
            }
        }
    }
    Ok(())
}

struct Written<'run> {
    app: &'run App,
    job: &'run BuildExport,
    position: i32,
    rows: i64,
    bytes: i64,
}

impl Written<'_> {
    /// A part of whole lines.
    async fn write(&mut self, lines: &[Value]) -> Result<(), JobError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut content = String::new();
        for line in lines {
            content.push_str(&serde_json::to_string(line).context("write a line")?);
            content.push('\n');
        }
        let mut tx = TenantTx::begin(&self.app.db, self.job.subscriber).await?;
        store::insert_part(&mut tx, self.job.export, self.position, &content).await?;
        tx.commit().await?;
        self.position += 1;
        self.bytes += content.len() as i64;
        Ok(())
    }
}
