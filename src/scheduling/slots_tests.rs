//! The one pure function of free starts, day by day: clock changes, half days, midnight, buffers, edges.
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::{America, Europe, Tz};

use super::slots::*;
use crate::{
    kernel::ids::ResourceId,
    tenancy::opening_hours::{Holiday, OpeningHours},
};

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
