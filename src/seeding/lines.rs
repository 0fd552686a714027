//! The shared lines: numbers of the platform behind which several subscribers stand.
use super::{
    Seeding, businesses,
    report::{Report, Table},
    store,
    work::Work,
};
use crate::{
    kernel::{ids::SubscriberId, phone::E164},
    tenancy::directory::{Entry, Key},
};

/// The demo line: voice behind the gatekeeper, texts, and Demo HVAC when nobody was chosen.
pub fn demo_line() -> E164 {
    "+14316005505".parse().expect("the demo line is a number")
}

/// Makes the lines that channels may stand on. Every seed that makes channels ends with this, so that no channel names
/// a number that leads nowhere, and the default comes as soon as both the line and Demo HVAC are there.
pub async fn ensure(seeding: &Seeding<'_>, report: &mut Report) -> anyhow::Result<()> {
    let demo_line = demo_line();
    let mut tx = store::begin(seeding.db).await?;
    let default = store::find_slug(&mut tx, businesses::DEMO_LINE_DEFAULT).await?;
    tx.commit().await?;
    ensure_line(seeding, &demo_line, default, report).await?;
    match &seeding.settings.twilio.master_sms_number {
        Some(number) if *number != demo_line => ensure_line(seeding, number, None, report).await,
        _ => Ok(()),
    }
}

async fn ensure_line(
    seeding: &Seeding<'_>,
    number: &E164,
    default: Option<SubscriberId>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut work = Work::begin(seeding, report).await?;
    let (tx, now) = (&mut work.tx, work.now);
    let change = store::upsert_shared_number(tx, number, default, now).await?;
    let held = store::find_number(tx, number).await?;
    work.count(Table::PhoneNumbers, change);
    if let Some(held) = held.filter(|held| held.subscriber.is_none()) {
        let entry = Entry {
            subscriber: None,
            target: Some(held.id),
        };
        work.put(&Key::Number(number), &entry).await?;
    } else {
        work.report.note(format!(
            "the shared line …{} is held by a subscriber: left alone",
            number.last_four()
        ));
    }
    Ok(work.commit().await?)
}
