//! Which days are asked for.
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{tenancy::Channel, web::ApiError};

/// The most days of one answer: a row for each day and channel.
const MOST_DAYS: u64 = 366;
const USUAL_DAYS: u64 = 30;

/// The members of the query that say which days and which channel; `days` or `from` and `to`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RangeQuery {
    /// The first day, in the subscriber's zone.
    pub from: Option<NaiveDate>,
    /// The last day, in the subscriber's zone.
    pub to: Option<NaiveDate>,
    /// Instead of both: so many days up to today; 30 if nothing is said.
    pub days: Option<u64>,
    pub channel: Option<Channel>,
}

/// Days from the first to the last, both of them in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Range {
    /// What the query asks for.
    ///
    /// # Errors
    /// 422 for days in the wrong order, or more of them than `most`.
    pub fn of(query: &RangeQuery, today: NaiveDate, most: u64) -> Result<Self, ApiError> {
        if query.days.is_some() && (query.from.is_some() || query.to.is_some()) {
            return Err(ApiError::invalid("days", "is instead of from and to"));
        }
        let days = query.days.unwrap_or(USUAL_DAYS);
        let too_many = |field| ApiError::invalid(field, format!("1 to {most} days at once"));
        if !(1..=most).contains(&days) {
            return Err(too_many("days"));
        }
        let to = query.to.unwrap_or(today);
        let before = |days: u64| to.checked_sub_days(Days::new(days - 1));
        let from = query.from.or_else(|| before(days));
        let from = from.ok_or_else(|| ApiError::invalid("to", "there is no such day"))?;
        if from > to {
            return Err(ApiError::invalid("from", "is after to"));
        }
        let range = Self { from, to };
        if range.days() > most {
            return Err(too_many("from"));
        }
        Ok(range)
    }

    /// The same, within the limit that sums of days have.
    pub fn of_sums(query: &RangeQuery, today: NaiveDate) -> Result<Self, ApiError> {
        Self::of(query, today, MOST_DAYS)
    }

    pub fn days(self) -> u64 {
        (self.to - self.from).num_days().unsigned_abs() + 1
    }

    /// The month of a day, up to that day.
    pub fn month_until(day: NaiveDate) -> Self {
        Self {
            from: first_of_month(day),
            to: day,
        }
    }

    /// As much of the month before, up to the same day of it, or its last.
    pub fn month_before(day: NaiveDate) -> Self {
        // Before the year -262143 there are no dates, and no calls.
        let to = day.checked_sub_months(Months::new(1)).unwrap_or(day);
        Self::month_until(to)
    }

    /// As many days, right before these.
    pub fn before(self) -> Self {
        let days = Days::new(self.days());
        Self {
            from: self.from.checked_sub_days(days).unwrap_or(self.from),
            to: self.to.checked_sub_days(days).unwrap_or(self.to),
        }
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

pub fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).expect("every month has a first day")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn asked(from: Option<&str>, to: Option<&str>, days: Option<u64>) -> Result<Range, ApiError> {
        let query = RangeQuery {
            from: from.map(day),
            to: to.map(day),
            days,
            channel: None,
        };
        Range::of_sums(&query, day("2026-11-21"))
    }

    #[test]
    fn without_a_word_it_is_the_last_thirty_days() {
        let range = asked(None, None, None).unwrap();
        assert_eq!(
            (range.from, range.to),
            (day("2026-10-23"), day("2026-11-21"))
        );
        assert_eq!(range.days(), 30);
        assert_eq!(asked(None, None, Some(1)).unwrap().from, day("2026-11-21"));
    }

    #[test]
    fn a_range_that_makes_no_sense_is_refused() {
        assert!(asked(Some("2026-11-02"), Some("2026-11-01"), None).is_err());
        assert!(asked(Some("2020-01-01"), Some("2026-11-01"), None).is_err());
        assert!(asked(Some("2026-11-01"), None, Some(3)).is_err());
        assert!(asked(None, None, Some(0)).is_err());
        assert!(asked(None, None, Some(367)).is_err());
    }

    #[test]
    fn the_month_before_ends_where_it_ends() {
        let before = Range::month_before(day("2026-03-31"));
        assert_eq!(
            (before.from, before.to),
            (day("2026-02-01"), day("2026-02-28"))
        );
        let range = asked(Some("2026-11-11"), Some("2026-11-20"), None).unwrap();
        assert_eq!(
            (range.before().from, range.before().to),
            (day("2026-11-01"), day("2026-11-10"))
        );
    }
}
