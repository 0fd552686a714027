//! What a list of conversations is asked for.
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Direction, Outcome, Status};
use crate::{
    kernel::page::Cursor,
    tenancy::Channel,
    web::{ApiError, csv::Format, paging},
};

/// The query of a list of conversations. Values are read in any case.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InteractionQuery {
    #[param(inline)]
    pub channel: Option<Channel>,
    #[param(inline)]
    pub direction: Option<Direction>,
    #[param(inline)]
    pub status: Option<Status>,
    #[param(inline)]
    pub outcome_type: Option<Outcome>,
    /// The person's number.
    pub phone: Option<String>,
    /// The first and the last day, in the subscriber's zone.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// How many, at most 200; 50 unless said. A table: at most 10,000, and as many unless said.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// `csv` for a table, where a list can be one.
    #[param(inline)]
    pub format: Option<Format>,
}

/// Which conversations a page shows, and from where on.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub channel: Option<Channel>,
    pub direction: Option<Direction>,
    pub status: Option<Status>,
    pub outcome: Option<Outcome>,
    pub phone: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub after: Option<Cursor>,
}

impl InteractionQuery {
    /// What is asked for, and how many rows of it.
    pub fn read(&self) -> Result<(Filter, i64), ApiError> {
        let (limit, after) = paging::page(self.limit, self.cursor.clone())?;
        let filter = Filter {
            channel: self.channel,
            direction: self.direction,
            status: self.status,
            outcome: self.outcome_type,
            phone: self.phone.as_deref().map(number),
            from: self.from,
            to: self.to,
            after,
        };
        Ok((filter, limit))
    }
}

/// A number as it stands in our rows. In a query, `+` that nobody encoded is read as a space.
pub fn number(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.'))
        .collect();
    let was_plus = text.starts_with(' ') && plain.bytes().all(|byte| byte.is_ascii_digit());
    if was_plus { format!("+{plain}") } else { plain }
}

impl Filter {
    /// No conversation of these days began before this moment, whatever the zone: with it a page is found by its index.
    pub fn not_before(&self) -> Option<DateTime<Utc>> {
        let midnight = self.from?.and_time(NaiveTime::MIN).and_utc();
        midnight.checked_sub_signed(Duration::hours(14))
    }

    /// None began at or after this one.
    pub fn before(&self) -> Option<DateTime<Utc>> {
        let next = self.to?.checked_add_days(Days::new(1))?;
        let midnight = next.and_time(NaiveTime::MIN).and_utc();
        midnight.checked_add_signed(Duration::hours(12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_around_a_day_hold_it_in_every_zone() {
        let day: NaiveDate = "2026-03-08".parse().unwrap();
        let filter = Filter {
            from: Some(day),
            to: Some(day),
            ..Filter::default()
        };
        for zone in chrono_tz::TZ_VARIANTS {
            for hour in 0..24 {
                let local = day.and_hms_opt(hour, 30, 0).unwrap();
                let local = local.and_local_timezone(zone).earliest();
                if let Some(at) = local.map(|at| at.to_utc()) {
                    assert!(filter.not_before().unwrap() <= at, "{zone} {at}");
                    assert!(at < filter.before().unwrap(), "{zone} {at}");
                }
            }
        }
    }

    #[test]
    fn a_number_is_found_however_it_was_written() {
        for text in [
            "+14315550100",
            " 14315550100",
            "+1 431 555-0100",
            "+1 (431) 555.0100",
        ] {
            assert_eq!(number(text), "+14315550100", "{text}");
        }
        assert_eq!(number("anonymous"), "anonymous");
    }
}
