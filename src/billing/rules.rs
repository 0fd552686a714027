//! Rules of charging.
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::model::NotBilled;

/// Calls shorter than this are not billed.
pub const FREE_CALL_S: i32 = 15;

/// Whole minutes, rounded up.
pub fn minutes(duration_s: i32) -> i32 {
    (duration_s.max(0) + 59) / 60
}

/// Why a call of this length is not billed, if it is not.
pub fn short_call(duration_s: i32) -> Option<NotBilled> {
    (duration_s < FREE_CALL_S).then_some(NotBilled::Short)
}

/// The local date at a moment.
pub fn local_day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The first day of the month of a moment, in the subscriber's zone.
pub fn period_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let day = local_day(at, zone);
    day.with_day(1).expect("every month has a first day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_billed_in_whole_minutes_rounded_up() {
        for (seconds, billed) in [
            (0, 0),
            (1, 1),
            (59, 1),
            (60, 1),
            (61, 2),
            (94, 2),
            (3600, 60),
        ] {
            assert_eq!(minutes(seconds), billed, "{seconds} s");
        }
    }

    #[test]
    fn a_call_under_fifteen_seconds_is_not_billed() {
        assert_eq!(short_call(14), Some(NotBilled::Short));
        assert_eq!(short_call(15), None);
    }

    #[test]
    fn the_month_is_the_subscribers_own() {
        let at = "2026-12-01T03:30:00Z".parse().unwrap();
        let first = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(
            period_of(at, chrono_tz::America::Winnipeg),
            first("2026-11-01")
        );
        assert_eq!(period_of(at, chrono_tz::Europe::Paris), first("2026-12-01"));
    }
}
