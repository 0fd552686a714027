//! When somebody is told of an appointment: at once, the day before, two hours before; never at night. Pure.
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::model::NoticeKind;
use crate::tenancy::opening_hours::{Twice, instant};

/// Nobody is reminded before and after these hours of the person's day.
const QUIET_UNTIL: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).expect("a time of day");
const QUIET_FROM: NaiveTime = NaiveTime::from_hms_opt(21, 0, 0).expect("a time of day");

/// What would come at night comes this long before it begins, so that a slow minute does not carry it into it.
const BEFORE_NIGHT: TimeDelta = TimeDelta::minutes(30);

/// A reminder that would come so soon after the booking says nothing new.
const TOO_SOON: TimeDelta = TimeDelta::minutes(30);

/// One that comes later than this before the start helps nobody.
const TOO_LATE: TimeDelta = TimeDelta::minutes(15);

/// The reminders of a start, with the times at which they are due, as of the moment at which it was booked.
pub fn reminders(
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
    zone: Tz,
) -> Vec<(NoticeKind, DateTime<Utc>)> {
    let kinds = [
        (NoticeKind::DayBefore, TimeDelta::hours(24)),
        (NoticeKind::HoursBefore, TimeDelta::hours(2)),
    ];
    let planned = kinds.into_iter().filter_map(|(kind, before)| {
        let due = due_at(starts_at - before, starts_at, now, zone)?;
        Some((kind, due))
    });
    planned.collect()
}

/// The allowed time for what should come at `wanted`: before the night, else after it, else none.
fn due_at(
    wanted: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
    zone: Tz,
) -> Option<DateTime<Utc>> {
    if wanted < now + TOO_SOON {
        return None;
    }
    let Some((evening, morning)) = night_around(wanted, zone) else {
        return Some(wanted);
    };
    let evening = evening - BEFORE_NIGHT;
    if evening >= now + TOO_SOON {
        Some(evening)
    } else {
        (morning + TOO_LATE <= starts_at).then_some(morning)
    }
}

/// The beginning and the end of the night in which a moment falls.
fn night_around(at: DateTime<Utc>, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let local = at.with_timezone(&zone);
    let (date, time) = (local.date_naive(), local.time());
    let (evening, morning) = if time < QUIET_UNTIL {
        (date.pred_opt()?, date)
    } else if time >= QUIET_FROM {
        (date, date.succ_opt()?)
    } else {
        return None;
    };
    Some((
        instant(zone, evening.and_time(QUIET_FROM), Twice::First)?,
        instant(zone, morning.and_time(QUIET_UNTIL), Twice::Second)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TORONTO: Tz = chrono_tz::America::Toronto;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Due times on the clocks of Toronto.
    fn due(starts_at: &str, now: &str, zone: Tz) -> Vec<(&'static str, String)> {
        reminders(at(starts_at), at(now), zone)
            .into_iter()
            .map(|(kind, due)| {
                let local = due.with_timezone(&zone);
                (kind.as_str(), local.format("%m-%d %H:%M").to_string())
            })
            .collect()
    }

    fn both(day: &str, hours: &str) -> Vec<(&'static str, String)> {
        vec![
            ("REMINDER_24H", day.to_owned()),
            ("REMINDER_2H", hours.to_owned()),
        ]
    }

    #[test]
    fn a_start_in_the_afternoon_is_told_of_the_day_and_two_hours_before() {
        assert_eq!(
            due("2026-11-25T19:00:00Z", "2026-11-21T15:00:00Z", TORONTO),
            both("11-24 14:00", "11-25 12:00")
        );
    }

    #[test]
    fn what_would_come_at_night_comes_the_evening_before() {
        // 8:30: two hours before is 6:30.
        assert_eq!(
            due("2026-11-25T13:30:00Z", "2026-11-21T15:00:00Z", TORONTO),
            both("11-24 08:30", "11-24 20:30")
        );
        // 23:30: a day before is 23:30, two hours before 21:30.
        assert_eq!(
            due("2026-11-26T04:30:00Z", "2026-11-21T15:00:00Z", TORONTO),
            both("11-24 20:30", "11-25 20:30")
        );
    }

    #[test]
    fn booked_in_the_night_it_comes_in_the_morning_if_that_is_early_enough() {
        let booked = "2026-11-25T03:00:00Z"; // 22:00
        let morning = vec![("REMINDER_2H", "11-25 08:00".to_owned())];
        assert_eq!(due("2026-11-25T14:00:00Z", booked, TORONTO), morning); // 9:00
        assert_eq!(due("2026-11-25T13:10:00Z", booked, TORONTO), []); // 8:10
    }

    #[test]
    fn what_would_follow_the_booking_at_once_is_left_out() {
        let now = "2026-11-24T19:00:00Z";
        // In 24 h and 20 min; in 2 h and 20 min; in one hour.
        let hours = vec![("REMINDER_2H", "11-25 12:20".to_owned())];
        assert_eq!(due("2026-11-25T19:20:00Z", now, TORONTO), hours);
        assert_eq!(due("2026-11-24T21:20:00Z", now, TORONTO), []);
        assert_eq!(due("2026-11-24T20:00:00Z", now, TORONTO), []);
    }

    #[test]
    fn the_night_is_the_persons_and_clocks_may_change_in_it() {
        // 9:00 in Vancouver is noon in Toronto: two hours before is 7:00 in Vancouver.
        assert_eq!(
            due(
                "2026-11-25T17:00:00Z",
                "2026-11-21T15:00:00Z",
                chrono_tz::America::Vancouver
            ),
            both("11-24 09:00", "11-24 20:30")
        );
        // Sunday, 8 March 2026, 9:00 in Toronto: a day before in hours is 8:00 on Saturday.
        assert_eq!(
            due("2026-03-08T13:00:00Z", "2026-03-01T15:00:00Z", TORONTO),
            both("03-07 08:00", "03-07 20:30")
        );
    }
}
