//! From a time of day to a moment: which half of the day is meant.
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::Part;
use super::clock::{Clock, HalfSaid};
use super::resolve::Answer;

impl Answer<'_> {
    /// The moment of a time of day, and whether it may as well be the one twelve hours away.
    pub(super) fn moment(&self, clock: Clock, date: NaiveDate) -> (NaiveDateTime, bool) {
        let part = self.said.part.map(|said| said.part);
        let hour = match (clock.half, part) {
            (HalfSaid::Am, _) => clock.hour % 12,
            (HalfSaid::Pm, _) => clock.hour % 12 + 12,
            // Midnight is the one that ends the day.
            (HalfSaid::Needless, _) if clock.hour == 0 && part != Some(Part::Morning) => 24,
            (HalfSaid::Needless, _) => clock.hour,
            (HalfSaid::None, Some(part)) => clock.in_part(part),
            (HalfSaid::None, None) => return self.by_custom(clock, date),
        };
        (at(date, hour, clock.minute), false)
    }

    /// Without am or pm: by the hours of business, and by custom where they do not decide.
    pub(super) fn by_custom(&self, clock: Clock, date: NaiveDate) -> (NaiveDateTime, bool) {
        let (likely, other) = match clock.hour {
            12 => return (at(date, 12, clock.minute), false),
            hour @ 1..=6 => (hour + 12, hour),
            hour => (hour, hour + 12),
        };
        let is_open = |hour| self.is_business_hour(date, hour, clock.minute);
        let (is_likely, is_other) = (is_open(likely), is_open(other));
        let hour = if !is_likely && is_other {
            other
        } else {
            likely
        };
        let moment = at(date, hour, clock.minute);
        let twelve_later = at(date, other.max(likely), clock.minute);
        let names_today = self
            .said
            .day
            .as_ref()
            .map_or(self.context.day.is_some(), |day| day.bare_weekday.is_none());
        let is_said_today = date == self.today() && names_today;
        if is_said_today && moment <= self.context.now && twelve_later > self.context.now {
            return (twelve_later, false);
        }
        (moment, is_likely == is_other)
    }

    /// Whether the business is open then; on a day without any hours, whether it is on other days.
    pub(super) fn is_business_hour(&self, date: NaiveDate, hour: u32, minute: u32) -> bool {
        let is_open =
            |date: NaiveDate, hour, minute| (self.context.is_open)(at(date, hour, minute));
        let has_hours = (0..24).any(|hour| is_open(date, hour, 0) || is_open(date, hour, 30));
        if has_hours {
            is_open(date, hour, minute)
        } else {
            (1..7).any(|later| is_open(date + Days::new(later), hour, minute))
        }
    }

    /// From one time to another. What was said of one end ("2 to 4 pm") goes for both where it can.
    pub(super) fn span(
        &self,
        from: Clock,
        until: Clock,
        date: NaiveDate,
    ) -> (NaiveDateTime, NaiveDateTime, bool) {
        let half_day = TimeDelta::hours(12);
        let says = |clock: Clock| clock.half != HalfSaid::None;
        if says(from) || !says(until) && self.said.part.is_none() {
            let (start, is_open) = self.moment(from, date);
            let mut end = if says(until) {
                self.moment(until, date).0
            } else {
                at(date, until.hour % 24, until.minute)
            };
            while end <= start {
                end += half_day;
            }
            return (start, end, is_open);
        }
        let (mut end, _) = self.moment(until, date);
        let mut start = at(date, from.hour % 12, from.minute);
        while start + half_day < end {
            start += half_day;
        }
        if end <= start {
            end += half_day;
        }
        (start, end, false)
    }
}

/// An hour of a day; from 24 on it is one of the next.
pub(super) fn at(date: NaiveDate, hour: u32, minute: u32) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(60 * hour + minute))
}
