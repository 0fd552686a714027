//! When somebody means, seen from a business: its clock, its opening hours.
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};

use super::{
    Business,
    understanding::when::{self, Context, Kind, When},
};
use crate::kernel::language::Language;

impl Business {
    /// Whether the business is open at that time of its own clock.
    pub fn is_open_at(&self, local: NaiveDateTime) -> bool {
        let moment = self.zone.from_local_datetime(&local).earliest();
        moment.is_some_and(|moment| self.is_open(moment.to_utc()))
    }

    /// What the business's clock and calendar show.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }

    /// The date or time in somebody's words; `day` is the one that the conversation is about already.
    pub fn read_when(
        &self,
        text: &str,
        language: Language,
        now: DateTime<Utc>,
        day: Option<NaiveDate>,
    ) -> Option<When> {
        let is_open = |at: NaiveDateTime| self.is_open_at(at);
        let context = Context {
            now: self.local(now),
            is_open: &is_open,
            day,
        };
        let when = when::read(text, language, &context)?;
        let when = self.with_half(when, context.now);
        Some(match day {
            Some(_) => when,
            None => self.on_open_day(when),
        })
    }

    /// A time whose day nobody said is of the next day on which it can be had.
    fn on_open_day(&self, when: When) -> When {
        let Some(start) = when.start.filter(|_| when.is_day_assumed) else {
            return when;
        };
        let ends = when.end.unwrap_or(start);
        let halves = (ends - start).num_minutes() / 30;
        let is_open = |ahead: &i64| {
            let from = start + TimeDelta::days(*ahead);
            (0..halves.max(1)).any(|half| self.is_open_at(from + TimeDelta::minutes(30 * half)))
        };
        match (0..=7).find(is_open) {
            None | Some(0) => when,
            Some(ahead) => {
                let later = |at: NaiveDateTime| at + TimeDelta::days(ahead);
                When {
                    date: when.date.map(|date| date + TimeDelta::days(ahead)),
                    start: when.start.map(later),
                    end: when.end.map(later),
                    ..when
                }
            }
        }
    }

    /// Of a number that both halves of the day have, the half in which somebody can come: it lies ahead, and the
    /// business is open. It stays open where both can be, and is the afternoon where none can.
    fn with_half(&self, when: When, now: NaiveDateTime) -> When {
        let Some(at) = when.start.or(when.end).filter(|_| when.is_am_pm_open) else {
            return when;
        };
        if self.hours.is_empty() {
            return when;
        }
        let morning =
            at.date().and_time(at.time()) - TimeDelta::hours(i64::from(at.hour() / 12 * 12));
        let halves = [morning, morning + TimeDelta::hours(12)];
        let ahead = halves
            .into_iter()
            .filter(|at| *at > now)
            .collect::<Vec<_>>();
        let is_open = |at: &&NaiveDateTime| self.is_open_at(**at);
        let open = ahead.iter().filter(is_open).collect::<Vec<_>>();
        match (open.as_slice(), ahead.as_slice()) {
            ([_, _], _) => when,
            ([only], _) => at_time(when, only.time()),
            ([], [only]) => at_time(when, only.time()),
            _ => at_time(when, halves[1].time()),
        }
    }

    /// Whether appointments are given here: the business wants it, and we know when it is open.
    pub fn takes_bookings(&self) -> bool {
        self.is_booking_enabled && !self.hours.is_empty()
    }
}

/// The reading with its other half of the day, if that is meant.
pub(super) fn at_time(unclear: When, time: NaiveTime) -> When {
    let on = |at: Option<NaiveDateTime>| at.map(|at| at.date().and_time(time));
    When {
        start: on(unclear.start),
        end: match unclear.kind {
            Kind::Before => on(unclear.end),
            // The length of what was said stays.
            _ => match (unclear.start, unclear.end) {
                (Some(start), Some(end)) => on(Some(start)).map(|at| at + (end - start)),
                _ => unclear.end,
            },
        },
        is_am_pm_open: false,
        ..unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::sample::plumber;

    #[test]
    fn only_a_half_of_the_day_that_can_be_is_meant() {
        let business = plumber();
        let saturday_at_three = "2026-11-28T20:00:00Z".parse().unwrap();
        let monday_at_noon = "2026-11-23T17:00:00Z".parse().unwrap();
        for (language, text, now, start) in [
            (
                Language::En,
                "today at 5",
                saturday_at_three,
                "2026-11-28T17:00:00",
            ),
            (
                Language::Fr,
                "aujourd'hui à 5 h",
                saturday_at_three,
                "2026-11-28T17:00:00",
            ),
            (
                Language::Es,
                "hoy a las cuatro",
                saturday_at_three,
                "2026-11-28T16:00:00",
            ),
            (
                Language::Es,
                "mañana a las cuatro",
                monday_at_noon,
                "2026-11-24T16:00:00",
            ),
            // Nobody named the Sunday on which it is closed.
            (
                Language::En,
                "10 am",
                saturday_at_three,
                "2026-11-30T10:00:00",
            ),
            (
                Language::Es,
                "a las 10 de la mañana",
                saturday_at_three,
                "2026-11-30T10:00:00",
            ),
            (
                Language::En,
                "tomorrow at 7",
                monday_at_noon,
                "2026-11-24T19:00:00",
            ),
        ] {
            let when = business.read_when(text, language, now, None).unwrap();
            let shown = when.start.unwrap().format("%Y-%m-%dT%H:%M:%S").to_string();
            assert_eq!(
                (shown.as_str(), when.is_am_pm_open),
                (start, false),
                "{text}"
            );
        }
    }
}
