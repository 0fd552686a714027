//! Writes the notes of this process into `error_logs`.
use std::collections::BTreeMap;

use crate::{
    app::{App, AppState},
    kernel::{
        db::{SystemToken, SystemTx},
        faults::{self, Fault},
        text::sha256_hex,
    },
    safety::store::errors::{self, Group},
};

/// Writes notes down as they come. What is noted after the word to stop is written by `serve`, when all else has ended.
pub fn start(app: &AppState) {
    let app = app.clone();
    app.tasks.clone().spawn(async move {
        while !app.tasks.is_stopping() {
            tokio::select! {
                () = app.faults.arrived() => {}
                () = app.tasks.stopping() => {}
            }
            write_down(&app).await;
        }
    });
}

/// Writes down what was noted. Without a database the notes are dropped: a failure there fills a log of its own.
pub async fn write_down(app: &App) {
    let groups = group(app.faults.take());
    if groups.is_empty() {
        return;
    }
    if let Err(error) = write(app, &groups).await {
        tracing::warn!(%error, "failures could not be written into the error log");
        faults::dropped(groups.len());
    }
}

async fn write(app: &App, groups: &[Group]) -> sqlx::Result<()> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Health).await?;
    for group in groups {
        errors::add(&mut tx, group).await?;
    }
    tx.commit().await
}

/// Alike are those of one subscriber, source, place and wording. In the order of their fingerprints, so that two
/// processes that write the same ones do not wait for each other in a circle.
fn group(faults: Vec<Fault>) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for fault in faults {
        let fingerprint = fingerprint(&fault);
        let group = groups.entry(fingerprint.clone()).or_insert_with(|| Group {
            fingerprint,
            subscriber: fault.subscriber,
            source: fault.source,
            place: fault.place.clone(),
            what: fault.what.clone(),
            count: 0,
            request_id: None,
            first: fault.at,
            last: fault.at,
        });
        group.count += 1;
        group.request_id = fault.request_id.or(group.request_id.take());
        group.first = group.first.min(fault.at);
        group.last = group.last.max(fault.at);
    }
    groups.into_values().collect()
}

fn fingerprint(fault: &Fault) -> String {
    let subscriber = fault.subscriber.map(|id| id.to_string());
    let parts = [
        subscriber.as_deref().unwrap_or_default(),
        fault.source.as_str(),
        &fault.place,
        &fault.what,
    ];
    sha256_hex(parts.join("\n"))
}
