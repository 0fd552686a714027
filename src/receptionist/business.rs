//! The facts about a business that a brain may use, and what follows from its opening hours.
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    kernel::language::Language, receptionist::plain::plain, tenancy::opening_hours::Calendar,
};

pub use crate::tenancy::opening_hours::{Holiday, Opening, OpeningHours};

/// How far ahead the next opening is looked for: longer than any seasonal closure.
const LOOK_AHEAD_DAYS: u64 = 370;

/// What is known of a business. Everything optional may be missing, and is then not spoken of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Business {
    pub name: String,
    /// Its people come to the customer, who must say where; else the customer comes to them.
    pub visits_customers: bool,
    /// The business's own first words.
    pub greeting: Option<String>,
    pub tone: Option<String>,
    pub language: Language,
    pub zone: Tz,
    pub hours: Vec<OpeningHours>,
    pub closures: Vec<Holiday>,
    pub services: Vec<Service>,
    pub transfer_number: Option<String>,
    pub standard_fee: Option<Decimal>,
    pub emergency_fee: Option<Decimal>,
    /// The currency of the two fees.
    pub currency: String,
    /// The hours in the owner's own words.
    pub schedule_summary: Option<String>,
    pub address: Option<String>,
    pub website: Option<String>,
    /// Where people can book by themselves.
    pub booking_link: Option<String>,
    /// Whether appointments are given by the receptionist.
    pub is_booking_enabled: bool,
}

/// Something the business does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub id: Uuid,
    pub name: String,
    pub duration_minutes: Option<u32>,
    pub price: Option<Decimal>,
    pub currency: String,
}

impl Business {
    /// The date on the business's own calendar.
    pub fn date_at(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// What the business's clock on the wall shows.
    pub fn time_at(&self, at: DateTime<Utc>) -> NaiveTime {
        at.with_timezone(&self.zone).time()
    }

    /// The opening that is under way.
    pub fn opening_at(&self, at: DateTime<Utc>) -> Option<Opening> {
        let today = self.date_at(at);
        // Yesterday's may last beyond midnight.
        today
            .pred_opt()
            .into_iter()
            .chain([today])
            .flat_map(|date| self.openings_on(date))
            .find(|opening| opening.from <= at && at < opening.until)
    }

    /// Whether the business is open at that moment.
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.opening_at(at).is_some()
    }

    /// The first opening that begins after that moment.
    pub fn next_opening(&self, at: DateTime<Utc>) -> Option<Opening> {
        let today = self.date_at(at);
        (0..LOOK_AHEAD_DAYS)
            .filter_map(|ahead| today.checked_add_days(Days::new(ahead)))
            .find_map(|date| {
                self.openings_on(date)
                    .into_iter()
                    .find(|opening| opening.from > at)
            })
    }

    /// The openings that begin on a date, in order.
    pub fn openings_on(&self, date: NaiveDate) -> Vec<Opening> {
        self.calendar().openings_on(date)
    }

    /// The closure or special hours of a date.
    pub fn holiday_on(&self, date: NaiveDate) -> Option<&Holiday> {
        self.closures.iter().find(|holiday| holiday.date == date)
    }

    /// The next holiday whose name stands in the text ("open on Christmas Day?").
    pub fn holiday_in(&self, text: &str, today: NaiveDate) -> Option<&Holiday> {
        let upcoming = self.closures.iter().filter(|holiday| holiday.date >= today);
        upcoming
            .filter(|holiday| mentions(text, &holiday.name))
            .min_by_key(|holiday| holiday.date)
    }

    /// Times on the wall of an ordinary weekday, in order.
    pub(super) fn spans_of(&self, weekday: Weekday) -> Vec<(NaiveTime, NaiveTime)> {
        self.calendar().spans_of(weekday)
    }

    fn calendar(&self) -> Calendar<'_> {
        Calendar {
            zone: self.zone,
            hours: &self.hours,
            closures: &self.closures,
        }
    }
}

fn mentions(text: &str, name: &str) -> bool {
    let name = plain(name);
    !name.is_empty() && format!(" {} ", plain(text)).contains(&format!(" {name} "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::sample::plumber;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_business_is_open_from_its_first_minute_to_just_before_its_last() {
        let business = plumber();
        // Monday, 23 November 2026; Toronto is five hours behind.
        for (moment, is_open) in [
            ("2026-11-23T13:59:59Z", false),
            ("2026-11-23T14:00:00Z", true),
            ("2026-11-23T21:59:59Z", true),
            ("2026-11-23T22:00:00Z", false),
            ("2026-11-22T15:00:00Z", false),
            ("2026-12-24T16:59:00Z", true),
            ("2026-12-24T17:00:00Z", false),
            ("2026-12-25T15:00:00Z", false),
        ] {
            assert_eq!(business.is_open(at(moment)), is_open, "{moment}");
        }
    }

    #[test]
    fn the_next_opening_skips_closed_days() {
        let business = plumber();
        let next = |moment| business.next_opening(at(moment)).unwrap().from;
        assert_eq!(
            next("2026-11-21T19:00:00Z"),
            at("2026-11-23T14:00:00Z"),
            "Saturday after closing"
        );
        assert_eq!(
            next("2026-12-24T18:00:00Z"),
            at("2026-12-26T15:00:00Z"),
            "over Christmas"
        );
        assert_eq!(
            Business {
                hours: vec![],
                closures: vec![],
                ..plumber()
            }
            .next_opening(at("2026-11-21T19:00:00Z")),
            None
        );
    }

    #[test]
    fn a_bar_that_closes_after_midnight_is_open_in_the_small_hours() {
        let night = OpeningHours {
            weekday: Weekday::Fri,
            opens: "20:00:00".parse().unwrap(),
            closes: "02:00:00".parse().unwrap(),
        };
        let business = Business {
            hours: vec![night],
            ..plumber()
        };
        assert!(business.is_open(at("2026-11-21T06:59:00Z")));
        assert!(!business.is_open(at("2026-11-21T07:00:00Z")));
    }

    #[test]
    fn both_clock_changes_leave_a_day_with_sensible_hours() {
        let sunday = OpeningHours {
            weekday: Weekday::Sun,
            opens: "02:30:00".parse().unwrap(),
            closes: "10:00:00".parse().unwrap(),
        };
        let business = Business {
            hours: vec![sunday],
            ..plumber()
        };
        let on = |date: &str| business.openings_on(date.parse().unwrap())[0];
        // 8 March 2026: 02:30 does not exist; the gap ends at 03:00 daylight time.
        assert_eq!(on("2026-03-08").from, at("2026-03-08T07:00:00Z"));
        let night = OpeningHours {
            weekday: Weekday::Sun,
            opens: "01:30:00".parse().unwrap(),
            closes: "01:45:00".parse().unwrap(),
        };
        let business = Business {
            hours: vec![night],
            ..plumber()
        };
        // 1 November 2026: 01:30 and 01:45 come twice; open from the first to the second.
        let opening = business.openings_on("2026-11-01".parse().unwrap())[0];
        assert_eq!(
            (opening.from, opening.until),
            (at("2026-11-01T05:30:00Z"), at("2026-11-01T06:45:00Z"))
        );
    }
}
