//! `check_calendar_availability`: which times are free, three at most, as somebody would offer them.
use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, TimeZone, Utc};

use super::{
    OfferedSlot, ToolAnswer, ToolResult, answers,
    arguments::CheckAvailability,
    run::Work,
    wanted::{self, Unclear, Wanted},
};
use crate::{
    kernel::db::TenantTx,
    receptionist::{
        Business,
        say::{Booking, moment, say},
    },
    scheduling::{self, Asked},
};

/// As many free times are looked at: three weeks of half hours.
const MOST_READ: usize = 400;
/// How far around what they wanted something else is looked for.
const AROUND_DAYS: u64 = 21;

/// What is to be booked, by our ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct What {
    pub service: Option<uuid::Uuid>,
    pub duration_minutes: Option<i32>,
}

pub(super) async fn check(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let asked: CheckAvailability = work.call.arguments().unwrap_or_default();
    if !work.business.takes_bookings() {
        return Ok(work
            .says(ToolResult::Unavailable, Booking::CannotBookNow)
            .because("booking_off"));
    }
    let wanted = match wanted::wanted(&asked, work.business, work.language, work.now) {
        Ok(wanted) => wanted,
        Err(unclear) => return Ok(ask_back(work, unclear)),
    };
    let duration = asked
        .duration_minutes
        .and_then(|minutes| i32::try_from(minutes).ok());
    let what = What {
        service: service_id(work.business, asked.service.as_deref()),
        duration_minutes: duration,
    };
    let free = free_times(work, tx, &what, wanted.from, wanted.until).await;
    let free = match free {
        Ok(free) => free,
        Err(error) => return refuse(work, error),
    };
    if let Some(answer) = answers::free(work.business, work.language, &wanted, &free) {
        return Ok(answer);
    }
    let around = free_around(work, tx, &what, &wanted).await?;
    Ok(answers::instead(
        work.business,
        work.language,
        &wanted,
        around,
    ))
}

impl Work<'_> {
    pub(super) fn says(&self, result: ToolResult, phrase: Booking<'_>) -> ToolAnswer {
        ToolAnswer::new(result, say(self.language, phrase.into()))
    }
}

/// The service that a call names. One that we do not know is no reason to refuse: its length is the usual one.
pub(super) fn service_id(business: &Business, name: Option<&str>) -> Option<uuid::Uuid> {
    let found = name.and_then(|name| business.service_in(name));
    let found = found.or(match business.services.as_slice() {
        [only] => Some(only),
        _ => None,
    });
    found.map(|service| service.id)
}

pub(super) fn ask_back(work: &Work<'_>, unclear: Unclear) -> ToolAnswer {
    match unclear {
        Unclear::InThePast => work
            .says(ToolResult::InThePast, Booking::InThePast)
            .because("in_the_past"),
        Unclear::NotUnderstood => work
            .says(ToolResult::Invalid, Booking::WhenNotUnderstood)
            .because("when_not_understood"),
        Unclear::AmPm { early, late } => work
            .says(ToolResult::Invalid, Booking::AskAmPm { early, late })
            .because("am_or_pm"),
        Unclear::WhichDay { first, second } => work
            .says(ToolResult::Invalid, Booking::AskWhichDay { first, second })
            .because("which_day"),
    }
}

/// What the calendar has against it that no other time would help.
fn refuse(work: &Work<'_>, error: scheduling::Error) -> anyhow::Result<ToolAnswer> {
    use scheduling::Error;
    match error {
        Error::BookingOff => Ok(work
            .says(ToolResult::Unavailable, Booking::CannotBookNow)
            .because("booking_off")),
        Error::BadDuration => Ok(work
            .says(ToolResult::Invalid, Booking::DetailsNotUnderstood)
            .because("bad_duration")),
        Error::UnknownService | Error::UnknownResource => Ok(work
            .says(ToolResult::Invalid, Booking::DetailsNotUnderstood)
            .because("unknown_service")),
        error => Err(error.into()),
    }
}

/// The free times of a span of the business's clock.
async fn free_times(
    work: &Work<'_>,
    tx: &mut TenantTx,
    what: &What,
    from: NaiveDateTime,
    until: NaiveDateTime,
) -> Result<Vec<OfferedSlot>, scheduling::Error> {
    let asked = Asked {
        from: instant(work.business, from),
        until: instant(work.business, until),
        service: what.service,
        resource: None,
        duration_minutes: what.duration_minutes,
        limit: MOST_READ,
    };
    let offer = scheduling::offer(tx, &work.app.keyring, &asked, work.now).await?;
    Ok(offered(work, offer.slots))
}

/// Slots as a brain gets them.
pub(super) fn offered(work: &Work<'_>, slots: Vec<scheduling::OfferedSlot>) -> Vec<OfferedSlot> {
    slots
        .into_iter()
        .map(|slot| OfferedSlot {
            slot: slot.token,
            start: slot.starts_at,
            spoken: moment(work.language, work.business.local(slot.starts_at)),
        })
        .collect()
}

/// What is free around what they wanted.
async fn free_around(
    work: &Work<'_>,
    tx: &mut TenantTx,
    what: &What,
    wanted: &Wanted,
) -> anyhow::Result<Vec<OfferedSlot>> {
    let from = wanted.from.date().and_time(NaiveTime::MIN);
    let from = from.max(work.business.local(work.now));
    let until = wanted.until.checked_add_days(Days::new(AROUND_DAYS));
    let until = until.unwrap_or(wanted.until);
    match free_times(work, tx, what, from, until).await {
        Ok(free) => Ok(free),
        Err(error) => refuse(work, error).map(|_| Vec::new()),
    }
}

/// What comes nearest to a start that cannot be had.
pub(super) async fn nearest(
    work: &Work<'_>,
    tx: &mut TenantTx,
    what: &What,
    start: NaiveDateTime,
) -> anyhow::Result<Vec<OfferedSlot>> {
    let start = start.max(work.business.local(work.now));
    let wanted = Wanted::moment(start);
    let around = free_around(work, tx, what, &wanted).await?;
    Ok(answers::nearest(work.business, &wanted, around))
}

/// The moment of a local time; of one that does not exist, as if the clock had not been put forward.
fn instant(business: &Business, local: NaiveDateTime) -> DateTime<Utc> {
    match business.zone.from_local_datetime(&local).earliest() {
        Some(moment) => moment.to_utc(),
        None => local.and_utc(),
    }
}
