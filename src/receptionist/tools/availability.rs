//! `check_calendar_availability`: which times are free, three at most, as somebody would offer them.
use chrono::{DateTime, Days, NaiveDateTime, TimeZone, Utc};

use super::{
    OfferedSlot, ToolAnswer, ToolResult,
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

/// Nobody keeps more than this in mind on the telephone.
const MOST_OFFERED: usize = 3;
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
        return Ok(work.says(ToolResult::Unavailable, Booking::CannotBookNow).because("booking_off"));
    }
    let wanted = match wanted::wanted(&asked, work.business, work.language, work.now) {
        Ok(wanted) => wanted,
        Err(unclear) => return Ok(ask_back(work, unclear)),
    };
    let duration = asked.duration_minutes.and_then(|minutes| i32::try_from(minutes).ok());
    let what = What {
        service: service_id(work.business, asked.service.as_deref()),
        duration_minutes: duration,
    };
    let free = free_times(work, tx, &what, wanted.from, wanted.until).await;
    let free = match free {
        Ok(free) => free,
        Err(error) => return refuse(work, error),
    };
    let suits = |slot: &&OfferedSlot| {
        let at = work.business.local(slot.start);
        wanted.part.is_none_or(|part| wanted::is_in(part, at))
    };
    let fitting: Vec<OfferedSlot> = free.iter().filter(suits).cloned().collect();
    let exactly = wanted.exact.and_then(|exact| {
        fitting.iter().find(|slot| work.business.local(slot.start) == exact)
    });
    if let Some(slot) = exactly {
        let at = work.business.local(slot.start);
        return Ok(ToolAnswer {
            slots: vec![slot.clone()],
            ..work.says(ToolResult::Ok, Booking::IsFree { at })
        });
    }
    if wanted.exact.is_none() && !fitting.is_empty() {
        let slots = spread(work.business, &fitting, wanted.is_soon);
        let times = times(work.business, &slots);
        return Ok(ToolAnswer {
            slots,
            ..work.says(ToolResult::Ok, Booking::Free { slots: &times })
        });
    }
    let alternatives = nearest(work, tx, &what, &wanted).await?;
    let times = times(work.business, &alternatives);
    let phrase = match times.as_slice() {
        [] => Booking::NothingFree,
        slots => Booking::Nearest { slots },
    };
    Ok(ToolAnswer {
        alternatives,
        ..work.says(ToolResult::NoSlot, phrase)
    })
}

impl Work<'_> {
    pub(super) fn says(&self, result: ToolResult, phrase: Booking<'_>) -> ToolAnswer {
        ToolAnswer::new(result, say(self.language, phrase.into()))
    }
}

/// The service that a call names. One that we do not know is no reason to refuse: its length is the usual one.
pub(super) fn service_id(business: &Business, name: Option<&str>) -> Option<uuid::Uuid> {
    let found = name.and_then(|name| business.service_in(name));
    let found = found.or_else(|| match business.services.as_slice() {
        [only] => Some(only),
        _ => None,
    });
    found.map(|service| service.id)
}

pub(super) fn ask_back(work: &Work<'_>, unclear: Unclear) -> ToolAnswer {
    match unclear {
        Unclear::InThePast => work.says(ToolResult::InThePast, Booking::InThePast).because("in_the_past"),
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

/// What comes nearest to what they wanted.
pub(super) async fn nearest(
    work: &Work<'_>,
    tx: &mut TenantTx,
    what: &What,
    wanted: &Wanted,
) -> anyhow::Result<Vec<OfferedSlot>> {
    let around = Days::new(AROUND_DAYS);
    let from = wanted.from.date().and_time(chrono::NaiveTime::MIN);
    let from = from.max(work.business.local(work.now));
    let until = wanted.until.checked_add_days(around).unwrap_or(wanted.until);
    let mut free = match free_times(work, tx, what, from, until).await {
        Ok(free) => free,
        Err(error) => return refuse(work, error).map(|_| Vec::new()),
    };
    let middle = instant(work.business, wanted.exact.unwrap_or(wanted.from));
    if wanted.exact.is_none() && wanted.part.is_none() {
        return Ok(spread(work.business, &free, true));
    }
    // The same hour of another day is as near as another hour of the same day.
    free.sort_by_key(|slot| (slot.start - middle).abs());
    free.truncate(MOST_OFFERED);
    free.sort_by_key(|slot| slot.start);
    Ok(free)
}

/// A few of many: of several days one each, of one day the early, the middle and the late one. Who wants to come soon
/// gets the first ones.
fn spread(business: &Business, free: &[OfferedSlot], is_soon: bool) -> Vec<OfferedSlot> {
    if free.len() <= MOST_OFFERED || is_soon {
        return free.iter().take(MOST_OFFERED).cloned().collect();
    }
    let mut of_days: Vec<&OfferedSlot> = Vec::new();
    for slot in free {
        let day = business.date_at(slot.start);
        if of_days.last().is_none_or(|last| business.date_at(last.start) != day) {
            of_days.push(slot);
        }
    }
    if of_days.len() >= MOST_OFFERED {
        return of_days.into_iter().take(MOST_OFFERED).cloned().collect();
    }
    let last = free.len() - 1;
    [0, last / 2, last].map(|at| free[at].clone()).into()
}

pub(super) fn times(business: &Business, slots: &[OfferedSlot]) -> Vec<NaiveDateTime> {
    slots.iter().map(|slot| business.local(slot.start)).collect()
}

/// The moment of a local time; of one that does not exist, as if the clock had not been put forward.
fn instant(business: &Business, local: NaiveDateTime) -> DateTime<Utc> {
    match business.zone.from_local_datetime(&local).earliest() {
        Some(moment) => moment.to_utc(),
        None => local.and_utc(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::receptionist::sample::plumber;

    #[test]
    fn a_few_times_are_offered_as_a_person_would() {
        let business = plumber();
        let nine: DateTime<Utc> = "2026-11-24T14:00:00Z".parse().unwrap();
        let day = |day: i64| {
            (0..16).map(move |half| OfferedSlot {
                slot: String::new(),
                start: nine + TimeDelta::days(day) + TimeDelta::minutes(30 * half),
                spoken: String::new(),
            })
        };
        let local = |slots: Vec<OfferedSlot>| -> Vec<String> {
            let times = times(&business, &slots);
            times.iter().map(|at| at.format("%a %H:%M").to_string()).collect()
        };
        let one_day: Vec<_> = day(0).collect();
        assert_eq!(local(spread(&business, &one_day, false)), ["Tue 09:00", "Tue 12:30", "Tue 16:30"]);
        assert_eq!(local(spread(&business, &one_day, true)), ["Tue 09:00", "Tue 09:30", "Tue 10:00"]);
        let week: Vec<_> = (0..4).flat_map(day).collect();
        assert_eq!(local(spread(&business, &week, false)), ["Tue 09:00", "Wed 09:00", "Thu 09:00"]);
        assert_eq!(spread(&business, &one_day[..2], false).len(), 2);
    }
}
