//! The erasure of one person.
use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::providers::order_deletions;
use crate::{
    app::{App, AppState},
    identity::audit::{self, Entry, Who},
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::TenantTx,
        ids::{ContactId, SubscriberId},
    },
    safety::store::{
        erasures::{self as store, Place},
        personal::{self, Catalogue, Person},
    },
};

/// Webhooks that one statement looks through.
const BODIES: i64 = 200;
/// While somebody speaks with the person, the erasure waits.
const ASK_AGAIN_IN: Duration = Duration::from_secs(60);

/// Erases a contact, here and then at the providers.
#[derive(Debug, Serialize, Deserialize)]
pub struct EraseContact {
    pub subscriber: SubscriberId,
    pub erasure: Uuid,
}

impl Job for EraseContact {
    const KIND: &'static str = "safety.erase_contact";
    const LANE: Lane = Lane::Bulk;
    const DEADLINE: Duration = Duration::from_secs(10 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.erasure))
    }
}

pub async fn erase_contact(app: AppState, run: Run, job: EraseContact) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let wanted = store::lock_wanted(&mut tx, job.erasure).await?;
    let Some(contact) = wanted.flatten() else {
        return Ok(());
    };
    if store::is_busy(&mut tx, contact, app.clock.now()).await? {
        tx.commit().await?;
        return Err(JobError::Snooze(ASK_AGAIN_IN));
    }
    let person = find(&mut tx, contact).await?;
    tx.commit().await?;
    // The many rows first, in batches, by what still tells whose they are.
    let (bodies, place) = blank_bodies(&app, job.subscriber, &person).await?;
    erase_rows(&app, &run, &job, contact, bodies, place).await
}

async fn find(tx: &mut TenantTx, contact: ContactId) -> Result<Person, JobError> {
    let person = store::find_person(tx, contact).await?;
    person
        .context("the contact is gone")
        .map_err(JobError::Fail)
}

async fn blank_bodies(
    app: &App,
    subscriber: SubscriberId,
    person: &Person,
) -> Result<(u64, Option<Place>), JobError> {
    let traces = traces_in_bodies(person);
    let (mut blanked, mut place) = (0, None);
    loop {
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        let (count, next) = store::blank_bodies(&mut tx, &traces, place.as_ref(), BODIES).await?;
        tx.commit().await?;
        blanked += count;
        match next {
            Some(next) => place = Some(next),
            None => return Ok((blanked, place)),
        }
    }
}

/// Everything else, in one transaction, with what came meanwhile.
async fn erase_rows(
    app: &App,
    run: &Run,
    job: &EraseContact,
    contact: ContactId,
    mut bodies: u64,
    mut place: Option<Place>,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    if store::lock_wanted(&mut tx, job.erasure).await?.is_none() {
        return Ok(());
    }
    let person = find(&mut tx, contact).await?;
    let traces = traces_in_bodies(&person);
    loop {
        let (count, next) = store::blank_bodies(&mut tx, &traces, place.as_ref(), BODIES).await?;
        bodies += count;
        match next {
            Some(next) => place = Some(next),
            None => break,
        }
    }
    let interactions = Some(person.interactions.as_slice());
    store::insert_deletions(&mut tx, job.erasure, interactions, now).await?;
    let catalogue = Catalogue::read(&mut tx).await?;
    let mut counts: BTreeMap<String, u64> =
        personal::erase_person(&mut tx, &catalogue, &person).await?;
    counts.insert("inbound_events".to_owned(), bodies);
    store::close_conversations(&mut tx, Some(contact), interactions, now).await?;
    store::expire_exports(&mut tx).await?;
    store::finish_here(&mut tx, job.erasure, &counts, now).await?;
    order_deletions(&mut tx).await?;
    run.finish(&mut tx).await?;
    let entry = Entry {
        action: "contact.erased",
        subject_kind: "contact",
        subject: Some(contact.0),
        changes: json!({"erasure_id": job.erasure, "counts": counts}),
    };
    audit::record(&mut tx, job.subscriber, Who::SYSTEM, &entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// As they stand in raw bodies: a form writes `+` and `@` in another way, so the digits of a number are what is looked
/// for, and an address both ways.
fn traces_in_bodies(person: &Person) -> Vec<Vec<u8>> {
    let plain = person
        .traces
        .iter()
        .map(|trace| match trace.strip_prefix('+') {
            Some(digits) => digits.to_owned(),
            None => trace.clone(),
        });
    let encoded = person
        .traces
        .iter()
        .filter(|trace| trace.contains('@'))
        .map(|trace| trace.replace('@', "%40"));
    plain
        .chain(encoded)
        .filter(|trace| trace.len() >= 6)
        .map(String::into_bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_a_form_and_in_json() {
        let person = Person {
            contact: ContactId::new(),
            interactions: Vec::new(),
            phones: Vec::new(),
            traces: vec![
                "+14315550100".to_owned(),
                "x".to_owned(),
                "jo@x.example".to_owned(),
            ],
        };
        let traces = traces_in_bodies(&person);
        let texts: Vec<&str> = traces
            .iter()
            .map(|trace| std::str::from_utf8(trace).unwrap())
            .collect();
        assert_eq!(texts, ["14315550100", "jo@x.example", "jo%40x.example"]);
    }
}
