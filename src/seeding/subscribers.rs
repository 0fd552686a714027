//! A subscriber from its description, in one transaction.
use anyhow::Context;

use super::{
    Seeding,
    business::{Business, Number},
    channels, lines,
    report::{Change, Report, Table},
    store,
    work::Work,
};
use crate::{
    kernel::{ids::SubscriberId, phone::E164},
    tenancy::directory::{Entry, Key},
};

/// Makes the subscribers, and the lines that their channels stand on.
pub async fn seed(
    seeding: &Seeding<'_>,
    businesses: &[Business],
    report: &mut Report,
) -> anyhow::Result<()> {
    for business in businesses {
        let work = Work::begin(seeding, report).await?;
        ensure(work, business)
            .await
            .with_context(|| format!("make the subscriber {}", business.slug))?;
    }
    lines::ensure(seeding, report).await
}

async fn ensure(mut work: Work<'_>, business: &Business) -> anyhow::Result<()> {
    let id = claim(&mut work, business.slug).await?;
    insert_singles(&mut work, id, business).await?;
    insert_lists(&mut work, id, business).await?;
    put_names(&mut work, id, business).await?;
    if let Some(number) = &business.number {
        hold_number(&mut work, id, number).await?;
    }
    channels::ensure(&mut work, id, business.texts).await?;
    Ok(work.commit().await?)
}

/// The id that goes with the slug: a new one if the slug was free, else the one it has.
///
/// Comes first: the directory's row decides between two programs at once. The second one waits here for the first
/// one's commit, and a row that was there already stays locked to the end.
async fn claim(work: &mut Work<'_>, slug: &str) -> anyhow::Result<SubscriberId> {
    let new = SubscriberId::new();
    if work.put(&Key::Slug(slug), &entry(new)).await? == Change::Created {
        return Ok(new);
    }
    let found = store::find_slug(&mut work.tx, slug).await?;
    found.with_context(|| format!("the slug {slug} belongs to no subscriber"))
}

/// What a subscriber has exactly one of.
async fn insert_singles(
    work: &mut Work<'_>,
    id: SubscriberId,
    business: &Business,
) -> sqlx::Result<()> {
    let (tx, now) = (&mut work.tx, work.now);
    let currency = &work.settings.billing_currency;
    let changes = [
        (
            Table::Subscribers,
            store::upsert_subscriber(tx, id, business, now).await?,
        ),
        (
            Table::SubscriberProfiles,
            store::insert_profile(tx, id, &business.profile, now).await?,
        ),
        (
            Table::CreditAccounts,
            store::insert_credit_account(tx, id, currency, now).await?,
        ),
        (
            Table::Subscriptions,
            store::insert_subscription(tx, id, business.plan, now).await?,
        ),
    ];
    for (table, change) in changes {
        work.count(table, change);
    }
    Ok(())
}

async fn insert_lists(
    work: &mut Work<'_>,
    id: SubscriberId,
    business: &Business,
) -> sqlx::Result<()> {
    let tx = &mut work.tx;
    let spans = business.hours.iter().map(|hours| hours.days.len()).sum();
    let hours = store::insert_hours(tx, id, business.hours).await?;
    let holidays = store::insert_holidays(tx, id, business.holidays).await?;
    let services = store::insert_services(tx, id, business.services).await?;
    count_list(work.report, Table::BusinessHours, hours, spans);
    count_list(
        work.report,
        Table::Holidays,
        holidays,
        business.holidays.len(),
    );
    count_list(
        work.report,
        Table::Services,
        services,
        business.services.len(),
    );
    Ok(())
}

/// A list is made as a whole or left alone as a whole.
fn count_list(report: &mut Report, table: Table, created: u64, described: usize) {
    match created {
        0 => report.count_many(table, Change::Unchanged, described as u64),
        created => report.count_many(table, Change::Created, created),
    }
}

/// What else the subscriber is found by.
async fn put_names(work: &mut Work<'_>, id: SubscriberId, business: &Business) -> sqlx::Result<()> {
    work.put(&Key::Subscriber(id), &entry(id)).await?;
    if let Some(older_id) = business.older_id {
        work.put(&Key::OlderId(older_id), &entry(id)).await?;
    }
    Ok(())
}

/// Makes the number the subscriber's, unless on a live database it was released, or is somebody else's by now.
async fn hold_number(work: &mut Work<'_>, id: SubscriberId, number: &Number) -> anyhow::Result<()> {
    let e164: E164 = number.e164.parse()?;
    let (tx, now) = (&mut work.tx, work.now);
    let change = store::insert_number(tx, id, number, now).await?;
    let held = store::find_number(tx, &e164).await?;
    work.count(Table::PhoneNumbers, change);
    let Some(held) = held.filter(|held| held.subscriber == Some(id)) else {
        work.report.note(format!(
            "the number …{} was released or is held by somebody else: left alone",
            e164.last_four()
        ));
        return Ok(());
    };
    let entry = Entry {
        target: Some(held.id),
        ..entry(id)
    };
    work.put(&Key::Number(&e164), &entry).await?;
    Ok(())
}

fn entry(subscriber: SubscriberId) -> Entry {
    Entry {
        subscriber: Some(subscriber),
        target: Some(subscriber.0),
    }
}
