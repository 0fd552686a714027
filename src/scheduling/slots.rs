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

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, TimeZone, Weekday};
    use chrono_tz::{America, Europe};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn clock(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    fn span(weekday: Weekday, opens: &str, closes: &str) -> OpeningHours {
        OpeningHours {
            weekday,
            opens: clock(opens),
            closes: clock(closes),
        }
    }

    /// Every day from ten to noon, an hour each.
    fn plan(zone: Tz) -> Plan {
        let hours = |day| span(day, "10:00", "12:00");
        let days = std::iter::successors(Some(Weekday::Mon), |day| Some(day.succ()));
        Plan {
            zone,
            hours: days.take(7).map(hours).collect(),
            closures: Vec::new(),
            lead: TimeDelta::zero(),
            horizon_days: 1_000,
            duration: TimeDelta::minutes(60),
            buffer: TimeDelta::zero(),
            elsewhere: None,
        }
    }

    fn idle() -> Vec<Lane> {
        vec![Lane {
            resource: ResourceId::new(),
            busy: Vec::new(),
        }]
    }

    fn busy(spans: &[(&str, &str)]) -> Vec<Lane> {
        let busy = spans.iter().map(|(from, until)| Busy {
            from: at(from),
            until: at(until),
        });
        vec![Lane {
            resource: ResourceId::new(),
            busy: busy.collect(),
        }]
    }

    const LONG_AGO: &str = "2025-01-06T12:00:00Z";

    /// The starts of a local day, on the wall and in UTC.
    fn day(plan: &Plan, lanes: &[Lane], date: &str) -> Vec<String> {
        let date: NaiveDate = date.parse().unwrap();
        let midnight = |date: NaiveDate| {
            let local = date.and_time(NaiveTime::MIN);
            let found = plan.zone.from_local_datetime(&local).earliest();
            found.unwrap().to_utc()
        };
        let (from, until) = (midnight(date), midnight(date.succ_opt().unwrap()));
        let slots = free_slots(plan, lanes, from, until, at(LONG_AGO), usize::MAX);
        for slot in &slots {
            let judged = judge(plan, lanes, slot.starts_at, at(LONG_AGO));
            assert_eq!(judged, Ok(slot.resource), "{slot:?}");
        }
        let shown = slots.iter().map(|slot| {
            let local = slot.starts_at.with_timezone(&plan.zone);
            let utc = slot.starts_at.format("%H:%MZ");
            format!("{} {utc}", local.format("%H:%M"))
        });
        shown.collect()
    }

    #[test]
    fn a_day_is_offered_in_half_hours_up_to_the_last_that_fits() {
        assert_eq!(
            day(&plan(America::Toronto), &idle(), "2026-11-23"),
            ["10:00 15:00Z", "10:30 15:30Z", "11:00 16:00Z"]
        );
    }

    #[test]
    fn an_odd_length_begins_on_quarters_and_an_odd_opening_on_the_next_step() {
        let odd = Plan {
            duration: TimeDelta::minutes(45),
            hours: vec![span(Weekday::Mon, "10:10", "11:30")],
            ..plan(America::Toronto)
        };
        assert_eq!(
            day(&odd, &idle(), "2026-11-23"),
            ["10:15 15:15Z", "10:30 15:30Z", "10:45 15:45Z"]
        );
    }

    #[test]
    fn where_clocks_are_put_forward_an_hour_is_missing() {
        let night = |zone, weekday| Plan {
            hours: vec![span(weekday, "00:30", "05:00")],
            ..plan(zone)
        };
        // 8 March 2026: 2:00 becomes 3:00.
        assert_eq!(
            day(
                &night(America::Toronto, Weekday::Sun),
                &idle(),
                "2026-03-08"
            ),
            [
                "00:30 05:30Z",
                "01:00 06:00Z",
                "01:30 06:30Z",
                "03:00 07:00Z",
                "03:30 07:30Z",
                "04:00 08:00Z",
            ]
        );
        assert_eq!(
            day(
                &night(America::Vancouver, Weekday::Sun),
                &idle(),
                "2026-03-08"
            )[2..4],
            ["01:30 09:30Z", "03:00 10:00Z"]
        );
        // 29 March 2026.
        assert_eq!(
            day(&night(Europe::Paris, Weekday::Sun), &idle(), "2026-03-29")[2..4],
            ["01:30 00:30Z", "03:00 01:00Z"]
        );
        // Opening in the hour that is missing: from its end.
        let gap = Plan {
            hours: vec![span(Weekday::Sun, "02:30", "04:30")],
            ..plan(America::Toronto)
        };
        assert_eq!(
            day(&gap, &idle(), "2026-03-08"),
            ["03:00 07:00Z", "03:30 07:30Z"]
        );
    }

    #[test]
    fn where_clocks_are_put_back_an_hour_comes_twice() {
        let night = Plan {
            hours: vec![span(Weekday::Sun, "00:30", "03:00")],
            ..plan(America::Toronto)
        };
        // 1 November 2026: 2:00 becomes 1:00.
        assert_eq!(
            day(&night, &idle(), "2026-11-01"),
            [
                "00:30 04:30Z",
                "01:00 05:00Z",
                "01:30 05:30Z",
                "01:00 06:00Z",
                "01:30 06:30Z",
                "02:00 07:00Z",
            ]
        );
        let paris = Plan {
            zone: Europe::Paris,
            ..night.clone()
        };
        assert_eq!(day(&paris, &idle(), "2026-10-25").len(), 6);
        let vancouver = Plan {
            zone: America::Vancouver,
            ..night
        };
        assert_eq!(day(&vancouver, &idle(), "2025-11-02").len(), 6);
    }

    #[test]
    fn holidays_and_half_days_have_hours_of_their_own() {
        let closed = |date: &str, hours: Option<(&str, &str)>| Holiday {
            date: date.parse().unwrap(),
            name: "a day".to_owned(),
            is_closed: hours.is_none(),
            opens: hours.map(|(opens, _)| clock(opens)),
            closes: hours.map(|(_, closes)| clock(closes)),
        };
        let holidays = Plan {
            closures: vec![
                closed("2026-12-24", Some(("08:00", "09:30"))),
                closed("2026-12-25", None),
            ],
            ..plan(America::Toronto)
        };
        assert_eq!(
            day(&holidays, &idle(), "2026-12-24"),
            ["08:00 13:00Z", "08:30 13:30Z"]
        );
        assert!(day(&holidays, &idle(), "2026-12-25").is_empty());
        assert_eq!(
            judge(&holidays, &idle(), at("2026-12-25T15:00:00Z"), at(LONG_AGO)),
            Err(NotOffered::Closed)
        );
    }

    #[test]
    fn a_night_goes_on_beyond_midnight_as_one_span_or_as_two() {
        let expected = ["00:00 05:00Z", "00:30 05:30Z", "01:00 06:00Z"];
        let whole = Plan {
            hours: vec![span(Weekday::Fri, "22:00", "02:00")],
            ..plan(America::Toronto)
        };
        let in_two = Plan {
            hours: vec![
                span(Weekday::Fri, "22:00", "23:59"),
                span(Weekday::Sat, "00:00", "02:00"),
            ],
            ..plan(America::Toronto)
        };
        for plan in [whole, in_two] {
            assert_eq!(day(&plan, &idle(), "2026-11-28"), expected);
            let friday = day(&plan, &idle(), "2026-11-27");
            assert_eq!(friday.last().unwrap(), "23:30 04:30Z", "over midnight");
        }
        let until_midnight = Plan {
            hours: vec![span(Weekday::Fri, "22:00", "23:59")],
            ..plan(America::Toronto)
        };
        assert_eq!(
            day(&until_midnight, &idle(), "2026-11-27").last().unwrap(),
            "23:00 04:00Z",
            "23:59 is midnight"
        );
    }

    #[test]
    fn what_is_taken_is_not_offered_nor_what_would_run_into_it() {
        let morning = day(
            &plan(America::Toronto),
            &busy(&[("2026-11-23T15:45:00Z", "2026-11-23T16:00:00Z")]),
            "2026-11-23",
        );
        assert_eq!(morning, ["11:00 16:00Z"]);
        // What ends at a start leaves it free, and so does what begins at its end.
        let between = busy(&[
            ("2026-11-23T14:00:00Z", "2026-11-23T15:30:00Z"),
            ("2026-11-23T16:30:00Z", "2026-11-23T18:00:00Z"),
        ]);
        assert_eq!(
            day(&plan(America::Toronto), &between, "2026-11-23"),
            ["10:30 15:30Z"]
        );
    }

    #[test]
    fn the_buffer_is_kept_free_before_the_next_one_and_may_last_beyond_closing() {
        let buffered = Plan {
            buffer: TimeDelta::minutes(30),
            ..plan(America::Toronto)
        };
        assert_eq!(day(&buffered, &idle(), "2026-11-23").len(), 3);
        let next = busy(&[("2026-11-23T16:30:00Z", "2026-11-23T17:30:00Z")]);
        assert_eq!(day(&buffered, &next, "2026-11-23"), ["10:00 15:00Z"]);
        let plain = plan(America::Toronto);
        assert_eq!(day(&plain, &next, "2026-11-23").len(), 2);
    }

    #[test]
    fn a_start_is_offered_once_at_the_first_of_several_that_is_free() {
        let mut lanes = busy(&[("2026-11-23T15:00:00Z", "2026-11-23T16:00:00Z")]);
        lanes.extend(busy(&[("2026-11-23T16:00:00Z", "2026-11-23T18:00:00Z")]));
        let (from, until) = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"));
        let plan = plan(America::Toronto);
        let slots = free_slots(&plan, &lanes, from, until, at(LONG_AGO), usize::MAX);
        let found: Vec<_> = slots
            .iter()
            .map(|slot| (slot.starts_at.format("%H:%M").to_string(), slot.resource))
            .collect();
        assert_eq!(
            found,
            [
                ("15:00".to_owned(), lanes[1].resource),
                ("16:00".to_owned(), lanes[0].resource),
            ]
        );
        let half_past = at("2026-11-23T15:30:00Z");
        assert_eq!(
            judge(&plan, &lanes, half_past, at(LONG_AGO)),
            Err(NotOffered::Taken)
        );
        assert_eq!(
            judge(&plan, &[], half_past, at(LONG_AGO)),
            Err(NotOffered::Taken),
            "nobody is there"
        );
    }

    #[test]
    fn notice_and_horizon_are_kept_to_the_minute_and_to_the_day() {
        let strict = Plan {
            lead: TimeDelta::minutes(60),
            horizon_days: 2,
            ..plan(America::Toronto)
        };
        let first = |now: &str| {
            let (from, until) = (at("2026-11-01T00:00:00Z"), at("2027-11-01T00:00:00Z"));
            free_slots(&strict, &idle(), from, until, at(now), usize::MAX)
        };
        let start = |now: &str| first(now)[0].starts_at;
        assert_eq!(start("2026-11-23T14:00:00Z"), at("2026-11-23T15:00:00Z"));
        assert_eq!(start("2026-11-23T14:00:01Z"), at("2026-11-23T15:30:00Z"));
        let last = first("2026-11-23T14:00:00Z").last().unwrap().starts_at;
        assert_eq!(
            last,
            at("2026-11-25T16:00:00Z"),
            "two days ahead, all of it"
        );
        let judged = |start: &str, now: &str| judge(&strict, &idle(), at(start), at(now)).err();
        let now = "2026-11-23T15:00:00Z";
        for (start, expected) in [
            ("2026-11-23T15:00:00Z", Some(NotOffered::Past)),
            ("2026-11-23T15:30:00Z", Some(NotOffered::TooSoon)),
            ("2026-11-23T16:00:00Z", None),
            ("2026-11-23T16:30:00Z", Some(NotOffered::Closed)),
            ("2026-11-24T15:07:00Z", Some(NotOffered::OffStep)),
            ("2026-11-24T15:30:00.5Z", Some(NotOffered::OffStep)),
            ("2026-11-25T16:00:00Z", None),
            ("2026-11-26T15:00:00Z", Some(NotOffered::TooFar)),
        ] {
            assert_eq!(judged(start, now), expected, "{start}");
        }
    }

    #[test]
    fn what_is_offered_is_what_is_taken_and_nothing_else() {
        // Every quarter of a month with holes in it, asked both ways.
        let zone = America::Toronto;
        let plan = Plan {
            lead: TimeDelta::minutes(90),
            horizon_days: 20,
            buffer: TimeDelta::minutes(15),
            duration: TimeDelta::minutes(45),
            ..plan(zone)
        };
        let now = at("2026-10-20T14:07:00Z");
        let mut lanes = idle();
        for number in 0..40_i64 {
            let from = now + TimeDelta::minutes(number * 911);
            lanes[0].busy.push(Busy {
                from,
                until: from + TimeDelta::minutes(17 + number * 7),
            });
        }
        let until = now + TimeDelta::days(30);
        let offered: Vec<_> = free_slots(&plan, &lanes, now, until, now, usize::MAX)
            .into_iter()
            .map(|slot| slot.starts_at)
            .collect();
        assert!(offered.len() > 20, "{}", offered.len());
        let mut start = at("2026-10-20T14:00:00Z");
        let mut taken = Vec::new();
        while start < until {
            if judge(&plan, &lanes, start, now).is_ok() {
                taken.push(start);
            }
            start += TimeDelta::minutes(5);
        }
        assert_eq!(offered, taken);
    }
}
