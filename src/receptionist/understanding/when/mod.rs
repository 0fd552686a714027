//! Dates and times as people say and text them, in their language, seen from one moment at one place.
//!
//! The text becomes *pieces* (`scan`: numbers, clock times and the words of a `words` table), the pieces become
//! *findings* (`clock`, `calendar`, `spans`: a time of day, a day, a part of a day, several days), and `resolve` makes
//! one [`When`] of them. Everything is local time without offset: whoever knows the zone resolves what a clock change
//! makes of it.
//!
//! Readings chosen where people mean different things:
//!
//! - 1 to 6 without am or pm is the afternoon, 7 to 11 the morning and 12 noon, unless the business is open at the
//!   other reading only. A part of the day that is said ("tomorrow morning at six") decides.
//! - A bare time of day is the next such time that lies ahead, and `is_day_assumed` says that the day was not said.
//! - A weekday is the coming one. Said on that weekday it is today while the business is still open today (or the
//!   time said with it lies ahead), else the one a week later.
//! - "next friday" said in the same week before that Friday is ambiguous: `alternatives` has both days. `date` is the
//!   Friday of next week in English, and the nearest one in French and Spanish ("prochain", "próximo").
//!   Said in the week before, there is one reading: the Friday of next week. A week begins on Monday.
//! - A day of the month without a month is the next such day; a day and month without a year too. What no calendar
//!   has (31 November) is nothing at all, so that the caller is asked again.
//! - Of several days the last is meant ("tuesday, no, wednesday"; "from my tuesday to thursday"), but a choice
//!   ("tuesday or wednesday") gives the first, with both in `alternatives`.
//! - A week begins with Monday and Tuesday, has Tuesday to Thursday in its middle and ends with Thursday and Friday;
//!   a month has thirds: to the 10th, to the 20th, and the rest. A week-end is Saturday and Sunday.
//! - Early and late narrow a part of a day: the early morning ends at 9:00, the late afternoon begins at 15:00.
//! - What is past ("yesterday at three", "last week", "since monday") and what lasts ("two hours long") is not read;
//!   nor are phone numbers, prices, addresses and other counts.
//! - Slashed dates are month and day in English, day and month in French and Spanish, unless only the other fits.
//! - "dans huit jours", "en ocho días", "de hoy en ocho" and "mardi en huit" count as people do: one week.
mod atoms;
mod calendar;
mod clock;
mod counted;
mod dates;
mod joined;
mod moments;
mod periods;
mod pieces;
mod resolve;
mod said;
mod scan;
mod spans;
#[cfg(test)]
mod tests;
mod words;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::intents::{is_idle_talk, tells_trouble};
use crate::kernel::language::Language;
use crate::receptionist::plain::plain;
use pieces::Piece;

/// What a reading depends on beside the words.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The present, on the clock of the place.
    pub now: NaiveDateTime,
    /// Whether the business is open at a local moment; decides between morning and afternoon.
    pub is_open: &'a dyn Fn(NaiveDateTime) -> bool,
    /// The day that the conversation is about already, for an answer that is a bare time ("at three").
    pub day: Option<NaiveDate>,
}

/// A date or time that was said. Which members a kind fills, beside `grain` and `is_am_pm_open`:
///
/// | kind | `date` | `start` | `end` | `part` |
/// |---|---|---|---|---|
/// | ASAP | – | – | – | – |
/// | TIME | the day | the moment | – | – |
/// | DAY | the day | – | – | – |
/// | PART | the day | its beginning | its end | which |
/// | RANGE | the day | from | until | – |
/// | PERIOD | – | midnight of its first day | midnight after its last day | if said ("next week in the morning") |
/// | AFTER | the day | the moment | – | – |
/// | BEFORE | the day | – | the moment | – |
///
/// "After friday" is AFTER with `date` Friday and `start` the midnight that ends it, "before friday" is BEFORE with
/// `end` the midnight that begins it, and "by friday" includes the Friday.
/// A period that has begun starts with today. RANGE and the parts of a day may end after midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub kind: Kind,
    pub date: Option<NaiveDate>,
    pub start: Option<NaiveDateTime>,
    pub end: Option<NaiveDateTime>,
    pub part: Option<Part>,
    pub grain: Option<Grain>,
    /// Neither am nor pm was said, and the opening hours do not decide between the two.
    pub is_am_pm_open: bool,
    /// The days that it may be, `date` among them: with `is_ambiguous` the speaker means one of them and should be
    /// asked which, otherwise any of them suits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<NaiveDate>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_ambiguous: bool,
    /// No day was said, only a time or a part of the day; `date` is the next one that fits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_day_assumed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// As soon as possible, or whenever it may be.
    Asap,
    /// A moment.
    Time,
    /// A day.
    Day,
    /// A part of a day.
    Part,
    /// From one moment to another, usually of one day.
    Range,
    /// Several days.
    Period,
    After,
    Before,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Part {
    /// 6:00 to 12:00, in Quebec "avant-midi".
    Morning,
    /// 12:00 to 14:00: lunch time, in Quebec "dîner".
    Noon,
    /// 12:00 to 18:00.
    Afternoon,
    /// 18:00 to 22:00, in Quebec "souper".
    Evening,
    /// 22:00 to 6:00.
    Night,
}

/// How fine it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Grain {
    Minute,
    Part,
    Day,
    Week,
    Month,
    Year,
}

/// The date or time in an utterance, or nothing. A day of which only the weather is told is nothing.
pub fn read(text: &str, language: Language, context: &Context<'_>) -> Option<When> {
    if is_idle_talk(text, language) {
        return None;
    }
    read_all(text, language, context)
}

fn read_all(text: &str, language: Language, context: &Context<'_>) -> Option<When> {
    let mut pieces = scan::scan(text, language);
    // "Desde el martes" is since tuesday where something is broken, and otherwise from tuesday on.
    let is_open = |word: &str| matches!(word, "partir" | "hasta" | "puedo" | "podemos" | "libre");
    if language == Language::Es
        && pieces.contains(&Piece::From)
        && !plain(text).split(' ').any(is_open)
        && tells_trouble(text, language)
    {
        for piece in pieces.iter_mut().filter(|piece| **piece == Piece::From) {
            *piece = Piece::Since;
        }
    }
    let calendar = calendar::Calendar {
        pieces: &pieces,
        today: context.now.date(),
        language,
    };
    resolve::resolve(&spans::findings(&calendar), &calendar, context)
}

/// What kind of date or time an utterance names, whenever it is said.
pub(super) fn kind_in(text: &str, language: Language) -> Option<Kind> {
    // A leap year, so that the 29th of February is a date.
    let now = NaiveDate::from_ymd_opt(2028, 1, 5)?.and_hms_opt(0, 1, 0)?;
    let context = Context {
        now,
        is_open: &|_| true,
        day: None,
    };
    read_all(text, language, &context).map(|when| when.kind)
}
