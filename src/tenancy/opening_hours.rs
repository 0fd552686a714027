//! Opening hours: what a week and its exceptions come to on the calendar, clock changes and nights included. Pure.
use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    business::{HolidayRow, HoursRow},
    store::hours,
};

/// One span of a weekday. One that closes at or before its opening time ends on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningHours {
    pub weekday: Weekday,
    pub opens: NaiveTime,
    pub closes: NaiveTime,
}

/// A date that differs from its weekday: closed, or with hours of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    pub date: NaiveDate,
    pub name: String,
    pub is_closed: bool,
    pub opens: Option<NaiveTime>,
    pub closes: Option<NaiveTime>,
}

/// One span of time in which the business is open; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// A week, its exceptions and the zone in which they are meant.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    pub zone: Tz,
    pub hours: &'a [OpeningHours],
    pub closures: &'a [Holiday],
}

impl Calendar<'_> {
    /// The openings that begin on a date, in order. Where clocks change, a time that does not exist becomes the
    /// first one after the gap, and of a time that comes twice an opening takes the first, a closing the second.
    pub fn openings_on(&self, date: NaiveDate) -> Vec<Opening> {
        let mut openings: Vec<Opening> = self
            .spans_on(date)
            .into_iter()
            .filter_map(|(opens, closes)| {
                let closing_date = if closes <= opens {
                    date.succ_opt()?
                } else {
                    date
                };
                let from = instant(self.zone, date.and_time(opens), Twice::First)?;
                let until = instant(self.zone, closing_date.and_time(closes), Twice::Second)?;
                (from < until).then_some(Opening { from, until })
            })
            .collect();
        openings.sort_by_key(|opening| opening.from);
        openings
    }

    /// The closure or special hours of a date.
    pub fn holiday_on(&self, date: NaiveDate) -> Option<&Holiday> {
        self.closures.iter().find(|holiday| holiday.date == date)
    }

    /// Times on the wall: the date's own hours if it is a holiday, else its weekday's.
    fn spans_on(&self, date: NaiveDate) -> Vec<(NaiveTime, NaiveTime)> {
        match self.holiday_on(date) {
            Some(holiday) if holiday.is_closed => Vec::new(),
            Some(Holiday {
                opens: Some(opens),
                closes: Some(closes),
                ..
            }) => vec![(*opens, *closes)],
            _ => self.spans_of(date.weekday()),
        }
    }

    /// Times on the wall of an ordinary weekday, in order.
    pub fn spans_of(&self, weekday: Weekday) -> Vec<(NaiveTime, NaiveTime)> {
        let mut spans: Vec<_> = self
            .hours
            .iter()
            .filter(|span| span.weekday == weekday)
            .map(|span| (span.opens, span.closes))
            .collect();
        spans.sort();
        spans
    }
}

impl OpeningHours {
    /// None for a day that no week has.
    pub fn of(row: &HoursRow) -> Option<Self> {
        Some(Self {
            weekday: row.day.parse().ok()?,
            opens: row.opens,
            closes: row.closes,
        })
    }
}

impl From<&HolidayRow> for Holiday {
    fn from(row: &HolidayRow) -> Self {
        Self {
            date: row.date,
            name: row.name.clone(),
            is_closed: row.is_closed,
            opens: row.opens,
            closes: row.closes,
        }
    }
}

impl From<hours::Holiday> for Holiday {
    fn from(row: hours::Holiday) -> Self {
        Self {
            date: row.date,
            name: row.name,
            is_closed: row.is_closed,
            opens: row.opens,
            closes: row.closes,
        }
    }
}

/// Which of two moments is meant when the clock shows the same time twice.
#[derive(Clone, Copy, Debug)]
pub enum Twice {
    First,
    Second,
}

/// The moment at which a zone's clocks show a local time, or the first moment after the gap that swallowed it.
pub fn instant(zone: Tz, local: NaiveDateTime, twice: Twice) -> Option<DateTime<Utc>> {
    // Gaps begin and end on whole minutes and are a day long at most (Samoa, 2011).
    (0..=24 * 60).find_map(|minutes| {
        let found = zone.from_local_datetime(&(local + TimeDelta::minutes(minutes)));
        let moment = match twice {
            Twice::First => found.earliest(),
            Twice::Second => found.latest(),
        };
        moment.map(|moment| moment.to_utc())
    })
}
