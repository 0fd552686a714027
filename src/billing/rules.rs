//! Rules of charging.
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::model::{Charge, Cost, Leg, NotBilled, UsageType};
use crate::{kernel::ids::InteractionId, traffic::Outcome};

/// Calls shorter than this are not billed.
pub const FREE_CALL_S: i32 = 15;

/// A call that is over, as far as its price depends on it.
#[derive(Clone, Debug)]
pub struct EndedCall {
    /// `PROVIDER:id`.
    pub source: String,
    pub interaction: InteractionId,
    pub started_at: DateTime<Utc>,
    pub duration_s: i32,
    pub outcome: Option<Outcome>,
    /// Why it costs nothing, where outcome and duration do not say so.
    pub not_billed: Option<NotBilled>,
    /// What the provider wants for it, in US cents.
    pub cost_cents: Option<Decimal>,
    /// The subscriber's.
    pub zone: Tz,
    pub source_event: String,
}

impl Charge {
    /// What a call that is over is charged. Every such call has its usage record, also one that costs nothing.
    pub fn of_call(call: EndedCall) -> Self {
        let not_billed = match call.outcome {
            Some(Outcome::Blocked) => Some(NotBilled::Spam),
            _ => call.not_billed.or(short_call(call.duration_s)),
        };
        let minutes = if not_billed.is_some() {
            0
        } else {
            minutes(call.duration_s)
        };
        Self {
            usage_type: UsageType::VoiceCall,
            source: call.source,
            interaction: call.interaction,
            occurred_at: call.started_at,
            duration_s: Some(call.duration_s),
            minutes,
            segments: 0,
            not_billed,
            cost: call.cost_cents.map(|cents| Cost {
                amount: cents / Decimal::ONE_HUNDRED,
                currency: "USD",
            }),
            leg: Leg::Ai,
            source_event: call.source_event,
            period: period_of(call.started_at, call.zone),
        }
    }
}

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

/// When a local day begins. Where the clock is set forward at midnight, that is the first moment after.
pub fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN);
    let begins = (0..=4).find_map(|quarters: i64| {
        let at = local + TimeDelta::minutes(quarters * 30);
        zone.from_local_datetime(&at).earliest()
    });
    begins.map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
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

    #[test]
    fn a_day_begins_when_its_clock_says_so() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(
            midnight(day("2026-11-21"), chrono_tz::America::Winnipeg).to_rfc3339(),
            "2026-11-21T06:00:00+00:00"
        );
        // There was no midnight in Santiago that day.
        assert_eq!(
            midnight(day("2026-09-06"), chrono_tz::America::Santiago).to_rfc3339(),
            "2026-09-06T04:00:00+00:00"
        );
    }
}
