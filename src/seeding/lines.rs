//! The shared lines: numbers of the platform behind which several subscribers stand.
use super::{
    Seeding, businesses,
    report::{Report, Table},
    store,
    work::Work,
};
use crate::{
    kernel::phone::E164,
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
    let mut work = Work::begin(seeding, report).await?;
    if hold_shared(&mut work, &demo_line).await?
        && let Some(default) = store::find_slug(&mut work.tx, businesses::DEMO_LINE_DEFAULT).await?
    {
        let entry = Entry {
            subscriber: Some(default),
            target: None,
        };
        work.put(&Key::SharedDefault(&demo_line), &entry).await?;
    }
    let master_sms = &seeding.settings.twilio.master_sms_number;
    if let Some(number) = master_sms.as_ref().filter(|number| **number != demo_line) {
        hold_shared(&mut work, number).await?;
    }
    Ok(work.commit().await?)
}

/// Makes the number the platform's own; says whether it is.
async fn hold_shared(work: &mut Work<'_>, number: &E164) -> sqlx::Result<bool> {
    let (tx, now) = (&mut work.tx, work.now);
    let change = store::insert_shared_number(tx, number, now).await?;
    let held = store::find_number(tx, number).await?;
    work.count(Table::PhoneNumbers, change);
    let Some(held) = held.filter(|held| held.subscriber.is_none()) else {
        let last_four = number.last_four();
        work.report.note(format!(
            "the shared line …{last_four} is held by a subscriber: left alone"
        ));
        return Ok(false);
    };
    let entry = Entry {
        subscriber: None,
        target: Some(held.id),
    };
    work.put(&Key::Number(number), &entry).await?;
    Ok(true)
}
