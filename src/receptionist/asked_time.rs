//! When somebody means, seen from a business: its clock, its opening hours.
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};

use super::{
    Business,
    understanding::when::{self, Context, When},
};
use crate::kernel::language::Language;

impl Business {
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
        let is_open = |at: NaiveDateTime| {
            let moment = self.zone.from_local_datetime(&at).earliest();
            moment.is_some_and(|moment| self.is_open(moment.to_utc()))
        };
        let context = Context {
            now: self.local(now),
            is_open: &is_open,
            day,
        };
        when::read(text, language, &context)
    }

    /// Whether appointments are given here: the business wants it, and we know when it is open.
    pub fn takes_bookings(&self) -> bool {
        self.is_booking_enabled && !self.hours.is_empty()
    }
}
