//! Which starts are free: one pure function, for everybody who asks and for everybody who books.
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use crate::{
    kernel::ids::ResourceId,
    scheduling::calcom::Free,
    tenancy::opening_hours::{Calendar, Holiday, Opening, OpeningHours},
};

/// Everything on which it depends which starts there are, whoever has them.
#[derive(Clone, Debug)]
pub struct Plan {
    pub zone: Tz,
    pub hours: Vec<OpeningHours>,
    pub closures: Vec<Holiday>,
    /// How soon somebody may come, at the earliest.
    pub lead: TimeDelta,
    /// The last day that can be booked is so many days from today.
    pub horizon_days: u64,
    pub duration: TimeDelta,
    /// Kept free behind the appointment; it may last beyond closing.
    pub buffer: TimeDelta,
    /// What is free in a calendar that is kept elsewhere: where it is known, nothing else is offered.
    pub elsewhere: Option<Free>,
}

/// A resource with the times that it is taken, in order.
#[derive(Clone, Debug)]
pub struct Lane {
    pub resource: ResourceId,
    pub busy: Vec<Busy>,
}

/// A time that is taken, the buffer behind it included; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// A start that can be had, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub starts_at: DateTime<Utc>,
    pub resource: ResourceId,
}

/// Why a start is none of those offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOffered {
    Past,
    /// The business wants to know earlier.
    TooSoon,
    TooFar,
    /// Closed, or closing before the end.
    Closed,
    /// Open, but appointments begin at other minutes.
    OffStep,
    Taken,
}

impl Plan {
    /// Appointments begin on the half hours of the clock on the wall; those of an odd length on the quarters.
    pub fn step(&self) -> TimeDelta {
        let half = TimeDelta::minutes(30);
        if self.duration.num_minutes() % 30 == 0 {
            half
        } else {
            TimeDelta::minutes(15)
        }
    }

    fn date_at(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The first moment that can be booked.
    pub fn opens_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        // What begins this very moment has passed.
        now + self.lead.max(TimeDelta::nanoseconds(1))
    }

    fn is_too_far(&self, start: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let last = self
            .date_at(now)
            .checked_add_days(Days::new(self.horizon_days));
        last.is_none_or(|last| self.date_at(start) > last)
    }

    /// The openings that touch the days from one to another, and those of the day after, into which a night may go on;
    /// those that meet joined into one. What closes at 23:59 closes at midnight: no later time of a day can be written.
    fn openings(&self, from: NaiveDate, to: NaiveDate) -> Vec<Opening> {
        let calendar = Calendar {
            zone: self.zone,
            hours: &self.hours,
            closures: &self.closures,
        };
        // Of the day before, what lasts beyond midnight.
        let first = from.pred_opt().unwrap_or(from);
        let last = to.succ_opt().unwrap_or(to);
        let days = first.iter_days().take_while(|date| *date <= last);
        let mut joined: Vec<Opening> = Vec::new();
        for opening in days.flat_map(|date| calendar.openings_on(date)) {
            let closes = opening.until.with_timezone(&self.zone).time();
            let until = if (closes.hour(), closes.minute()) == (23, 59) {
                opening.until + TimeDelta::minutes(1)
            } else {
                opening.until
            };
            match joined.last_mut() {
                Some(last) if opening.from <= last.until => last.until = last.until.max(until),
                _ => joined.push(Opening { until, ..opening }),
            }
        }
        joined
    }

    /// The starts from one moment until before another, in order, whoever has them: on the steps of the wall's clock; but
    /// where it is known what is free in a calendar elsewhere, those.
    fn starts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let step = self.step();
        let mut starts = Vec::new();
        let mut start = self.first_step(from);
        while start < until {
            let is_known = self
                .elsewhere
                .as_ref()
                .is_some_and(|free| free.allows(start).is_some());
            if !is_known {
                starts.push(start);
            }
            start += step;
        }
        if let Some(free) = &self.elsewhere {
            starts.extend(free.between(from, until));
            starts.sort_unstable();
        }
        starts
    }

    /// The first start at or after a moment that is on a step of the wall's clock. Clocks change by whole steps.
    fn first_step(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let local = at.with_timezone(&self.zone).time();
        let step = self.step().num_seconds();
        let since = i64::from(local.num_seconds_from_midnight()) % step;
        let is_exact = since == 0 && local.nanosecond() == 0;
        let whole = at - TimeDelta::nanoseconds(i64::from(at.nanosecond()));
        if is_exact {
            at
        } else {
            whole + TimeDelta::seconds(step - since)
        }
    }
}

/// The free starts from one moment to another, in order: each once, at the first resource that is free.
///
/// Every opening and every busy time is looked at once, whatever their number.
pub fn free_slots(
    plan: &Plan,
    lanes: &[Lane],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: usize,
) -> Vec<Slot> {
    let from = from.max(plan.opens_at(now));
    let mut slots = Vec::new();
    if from >= until || lanes.is_empty() || limit == 0 || plan.duration <= TimeDelta::zero() {
        return slots;
    }
    let last_day = plan
        .date_at(now)
        .checked_add_days(Days::new(plan.horizon_days))
        .unwrap_or(NaiveDate::MAX);
    let to = plan.date_at(until).min(last_day);
    let mut cursors: Vec<usize> = vec![0; lanes.len()];
    for opening in plan.openings(plan.date_at(from), to) {
        let closes = until.min(opening.until - plan.duration + TimeDelta::nanoseconds(1));
        for start in plan.starts(opening.from.max(from), closes) {
            if plan.date_at(start) > last_day {
                return slots;
            }
            let end = start + plan.duration + plan.buffer;
            let free = lanes.iter().zip(&mut cursors).find_map(|(lane, cursor)| {
                lane.is_free_from(start, end, cursor)
                    .then_some(lane.resource)
            });
            if let Some(resource) = free {
                slots.push(Slot {
                    starts_at: start,
                    resource,
                });
                if slots.len() >= limit {
                    return slots;
                }
            }
        }
    }
    slots
}

/// Where this start can be had, by the same rules.
pub fn judge(
    plan: &Plan,
    lanes: &[Lane],
    start: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<ResourceId, NotOffered> {
    if start <= now {
        return Err(NotOffered::Past);
    }
    if start < plan.opens_at(now) {
        return Err(NotOffered::TooSoon);
    }
    if plan.is_too_far(start, now) {
        return Err(NotOffered::TooFar);
    }
    let date = plan.date_at(start);
    let is_open = plan
        .openings(date, date)
        .iter()
        .any(|opening| opening.from <= start && start + plan.duration <= opening.until);
    if !is_open {
        return Err(NotOffered::Closed);
    }
    match plan.elsewhere.as_ref().and_then(|free| free.allows(start)) {
        Some(false) => return Err(NotOffered::Taken),
        // The calendar has steps of its own.
        Some(true) => {}
        None if plan.first_step(start) != start => return Err(NotOffered::OffStep),
        None => {}
    }
    let end = start + plan.duration + plan.buffer;
    lanes
        .iter()
        .find(|lane| lane.is_free_from(start, end, &mut 0))
        .map(|lane| lane.resource)
        .ok_or(NotOffered::Taken)
}

impl Lane {
    /// Whether nothing stands between the two. The cursor moves on over what is over: starts come in order.
    fn is_free_from(&self, start: DateTime<Utc>, end: DateTime<Utc>, cursor: &mut usize) -> bool {
        while self
            .busy
            .get(*cursor)
            .is_some_and(|busy| busy.until <= start)
        {
            *cursor += 1;
        }
        self.busy.get(*cursor).is_none_or(|busy| busy.from >= end)
    }
}
