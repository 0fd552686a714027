//! When somebody wants to come: from the words or dates of a call's arguments to a span of the business's clock. Pure.
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::arguments::CheckAvailability;
use crate::{
    kernel::language::Language,
    receptionist::{
        Business,
        understanding::when::{Grain, Kind, Part, When},
    },
};

/// How far ahead it is looked when nobody said until when.
const LOOK_AHEAD: Days = Days::new(60);

/// A span of time in which somebody wants to come; local, the end not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub from: NaiveDateTime,
    pub until: NaiveDateTime,
    /// This moment, and none other if it can be had.
    pub exact: Option<NaiveDateTime>,
    pub part: Option<Part>,
    pub is_soon: bool,
}

/// Why it is not clear when that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    NotUnderstood,
    InThePast,
    AmPm { early: NaiveTime, late: NaiveTime },
    WhichDay { first: NaiveDate, second: NaiveDate },
}

/// What the arguments of `check_calendar_availability` come to, seen from now.
pub fn wanted(
    asked: &CheckAvailability,
    business: &Business,
    language: Language,
    now: DateTime<Utc>,
) -> Result<Wanted, Unclear> {
    let local = business.local(now);
    let reader = Reader {
        business,
        language,
        now,
    };
    let part = asked.part_of_day.as_deref().map(|text| reader.part(text));
    let part = part.transpose()?;
    let mut wanted = match (&asked.date, &asked.from, &asked.to) {
        (Some(date), None, None) => reader.day(date)?,
        (date, Some(from), to) => {
            let day = date.as_deref().map(|date| reader.day(date)).transpose()?;
            let day = day.map(|wanted| wanted.from.date());
            reader.range(from, to.as_deref(), day)?
        }
        (date, None, Some(to)) => {
            let day = date.as_deref().map(|date| reader.day(date)).transpose()?;
            let end = reader.moment(to, day.map(|wanted| wanted.from.date()))?;
            Wanted {
                until: end.end(),
                ..day.unwrap_or(span(local, end.end()))
            }
        }
        (None, None, None) => soon(local),
    };
    if let Some(part) = part {
        // "At two in the afternoon" has its time already.
        if wanted.exact.is_none() {
            wanted.part = Some(part);
        }
    }
    if wanted.until <= local || wanted.exact.is_some_and(|exact| exact <= local) {
        return Err(Unclear::InThePast);
    }
    if wanted.until <= wanted.from {
        return Err(Unclear::NotUnderstood);
    }
    wanted.from = wanted.from.max(local);
    Ok(wanted)
}

/// The start that a call names in place of a slot: a local time, one with an offset, or words.
pub fn start(
    text: &str,
    business: &Business,
    language: Language,
    now: DateTime<Utc>,
) -> Result<NaiveDateTime, Unclear> {
    let reader = Reader {
        business,
        language,
        now,
    };
    let moment = reader.moment(text, None)?;
    moment
        .time
        .map(|time| moment.date.and_time(time))
        .ok_or(Unclear::NotUnderstood)
}

/// A reading of somebody's words as arguments, so that the tool finds the same span again.
pub fn arguments_of(when: &When) -> CheckAvailability {
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string());
    let moment = |at: Option<NaiveDateTime>| at.map(|at| at.format("%Y-%m-%dT%H:%M").to_string());
    let mut asked = CheckAvailability::default();
    match when.kind {
        Kind::Asap => {}
        Kind::Day if when.alternatives.len() > 1 => {
            asked.from = date(when.alternatives.iter().min().copied());
            asked.to = date(when.alternatives.iter().max().copied());
        }
        Kind::Day => asked.date = date(when.date),
        Kind::Time => asked.from = moment(when.start),
        Kind::Part | Kind::Range | Kind::Period => {
            asked.from = moment(when.start);
            asked.to = moment(when.end);
        }
        // "After three" is of that day; "after friday" is any day after it.
        Kind::After if when.grain == Some(Grain::Minute) => {
            asked.from = moment(when.start);
            let midnight = when
                .date
                .and_then(|date| date.checked_add_days(Days::new(1)));
            asked.to = moment(midnight.map(|date| date.and_time(NaiveTime::MIN)));
        }
        Kind::After => {
            asked.from = moment(when.start);
            let end = when.start.and_then(|at| at.checked_add_days(Days::new(14)));
            asked.to = moment(end);
        }
        Kind::Before if when.grain == Some(Grain::Minute) => {
            asked.from = moment(when.date.map(|date| date.and_time(NaiveTime::MIN)));
            asked.to = moment(when.end);
        }
        Kind::Before => asked.to = moment(when.end),
    }
    if when.kind == Kind::Period || when.kind == Kind::Day {
        asked.part_of_day = when.part.map(|part| name_of(part).to_owned());
    }
    asked
}

/// Whether a local time is in a part of the day.
pub fn is_in(part: Part, at: NaiveDateTime) -> bool {
    let hour = at.hour();
    match part {
        Part::Morning => (5..12).contains(&hour),
        Part::Noon => (11..14).contains(&hour),
        Part::Afternoon => (12..18).contains(&hour),
        Part::Evening => (17..23).contains(&hour),
        Part::Night => !(6..21).contains(&hour),
    }
}

/// From when until when a part of that day lasts.
pub fn hours_of(part: Part, day: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
    let is_inside =
        |hour: &i64| is_in(part, day.and_time(NaiveTime::MIN) + TimeDelta::hours(*hour));
    // The night that somebody wants is the one after the day.
    let first = (5..24).find(is_inside).unwrap_or(0);
    let end = (first..24).find(|hour| !is_inside(hour)).unwrap_or(24);
    let at = |hour| day.and_time(NaiveTime::MIN) + TimeDelta::hours(hour);
    (at(first), at(end))
}

fn name_of(part: Part) -> &'static str {
    match part {
        Part::Morning => "morning",
        Part::Noon => "noon",
        Part::Afternoon => "afternoon",
        Part::Evening => "evening",
        Part::Night => "night",
    }
}

/// A date, and a time if one was said.
#[derive(Clone, Copy, Debug)]
struct Moment {
    date: NaiveDate,
    time: Option<NaiveTime>,
}

impl Moment {
    fn start(self) -> NaiveDateTime {
        self.date.and_time(self.time.unwrap_or(NaiveTime::MIN))
    }

    /// Of a day its end, for who says "until friday".
    fn end(self) -> NaiveDateTime {
        match self.time {
            Some(time) => self.date.and_time(time),
            None => end_of(self.date),
        }
    }
}

struct Reader<'a> {
    business: &'a Business,
    language: Language,
    now: DateTime<Utc>,
}

impl Reader<'_> {
    /// One text that says all: a date, or words.
    fn day(&self, text: &str) -> Result<Wanted, Unclear> {
        if let Some(moment) = self.written(text) {
            return Ok(of_moment(moment));
        }
        let when = self.words(text, None)?;
        let asked = arguments_of(&when);
        match (&asked.date, &asked.from, &asked.to) {
            (None, None, None) => Ok(soon(self.business.local(self.now))),
            (Some(date), ..) => {
                let moment = self.written(date).ok_or(Unclear::NotUnderstood)?;
                Ok(Wanted {
                    part: when.part,
                    ..of_moment(moment)
                })
            }
            (_, Some(from), to) => Ok(Wanted {
                part: when.part.filter(|_| when.kind == Kind::Period),
                ..self.range(from, to.as_deref(), None)?
            }),
            (None, None, Some(to)) => {
                let end = self.written(to).ok_or(Unclear::NotUnderstood)?;
                Ok(span(self.business.local(self.now), end.end()))
            }
        }
    }

    fn range(
        &self,
        from: &str,
        to: Option<&str>,
        day: Option<NaiveDate>,
    ) -> Result<Wanted, Unclear> {
        // Words may say a whole span by themselves: "next week".
        if to.is_none() && day.is_none() && self.written(from).is_none() {
            return self.day(from);
        }
        let start = self.moment(from, day)?;
        match to {
            None => Ok(of_moment(start)),
            Some(to) => {
                let end = self.moment(to, Some(day.unwrap_or(start.date)))?;
                Ok(span(start.start(), end.end()))
            }
        }
    }

    /// A moment in any form; `day` is the one of a bare time.
    fn moment(&self, text: &str, day: Option<NaiveDate>) -> Result<Moment, Unclear> {
        if let Some(moment) = self.written(text) {
            return Ok(moment);
        }
        if let (Some(date), Some(time)) = (day, written_time(text)) {
            return Ok(Moment {
                date,
                time: Some(time),
            });
        }
        let when = self.words(text, day)?;
        let start = when
            .start
            .or(when.date.map(|date| date.and_time(NaiveTime::MIN)));
        let start = start.ok_or(Unclear::NotUnderstood)?;
        Ok(Moment {
            date: start.date(),
            time: (when.kind != Kind::Day).then(|| start.time()),
        })
    }

    /// `2026-11-24`, `2026-11-24T14:30`, the same with seconds, with a space, with an offset.
    fn written(&self, text: &str) -> Option<Moment> {
        let text = text.trim();
        if let Ok(at) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
            let local = at.with_timezone(&self.business.zone).naive_local();
            return Some(Moment {
                date: local.date(),
                time: Some(local.time()),
            });
        }
        let date = text.get(..10)?.parse::<NaiveDate>().ok()?;
        let rest = text.get(10..)?.trim_start_matches(['T', 't', ' ', ',']);
        let rest = rest.split(['.', '[']).next().unwrap_or_default();
        if rest.is_empty() {
            return Some(Moment { date, time: None });
        }
        let time = written_time(rest)?;
        Some(Moment {
            date,
            time: Some(time),
        })
    }

    /// Words in the caller's language, else in English, in which models think.
    fn words(&self, text: &str, day: Option<NaiveDate>) -> Result<When, Unclear> {
        let read = |language| self.business.read_when(text, language, self.now, day);
        let when = read(self.language).or_else(|| read(Language::En));
        let when = when.ok_or(Unclear::NotUnderstood)?;
        match unclear(&when) {
            Some(unclear) => Err(unclear),
            None => Ok(when),
        }
    }

    fn part(&self, text: &str) -> Result<Part, Unclear> {
        let part = match text.trim().to_ascii_lowercase().as_str() {
            "morning" | "am" | "a.m." => Some(Part::Morning),
            "noon" | "midday" => Some(Part::Noon),
            "afternoon" | "pm" | "p.m." => Some(Part::Afternoon),
            "evening" => Some(Part::Evening),
            "night" => Some(Part::Night),
            _ => self.words(text, None)?.part,
        };
        part.ok_or(Unclear::NotUnderstood)
    }
}

/// What must be asked back before a reading can be used.
pub fn unclear(when: &When) -> Option<Unclear> {
    if when.is_ambiguous
        && let [first, second, ..] = when.alternatives.as_slice()
    {
        return Some(Unclear::WhichDay {
            first: *first,
            second: *second,
        });
    }
    let at = when.start.or(when.end)?.time();
    let other = at.overflowing_add_signed(TimeDelta::hours(12)).0;
    when.is_am_pm_open.then(|| Unclear::AmPm {
        early: at.min(other),
        late: at.max(other),
    })
}

fn written_time(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    ["%H:%M", "%H:%M:%S", "%Hh%M", "%I:%M %p", "%I:%M%p"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

fn of_moment(moment: Moment) -> Wanted {
    let exact = moment.time.map(|time| moment.date.and_time(time));
    Wanted {
        exact,
        ..span(moment.start(), end_of(moment.date))
    }
}

fn span(from: NaiveDateTime, until: NaiveDateTime) -> Wanted {
    Wanted {
        from,
        until,
        exact: None,
        part: None,
        is_soon: false,
    }
}

fn soon(now: NaiveDateTime) -> Wanted {
    let until = now.checked_add_days(LOOK_AHEAD).unwrap_or(now);
    Wanted {
        is_soon: true,
        ..span(now, until)
    }
}

fn end_of(date: NaiveDate) -> NaiveDateTime {
    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
    next.and_time(NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::sample::plumber;

    /// Monday noon in Toronto.
    fn read(asked: &CheckAvailability) -> Result<Wanted, Unclear> {
        let now = "2026-11-23T17:00:00Z".parse().unwrap();
        wanted(asked, &plumber(), Language::En, now)
    }

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn asked(date: &str, from: &str, to: &str, part: &str) -> CheckAvailability {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        CheckAvailability {
            date: some(date),
            from: some(from),
            to: some(to),
            part_of_day: some(part),
            ..CheckAvailability::default()
        }
    }

    #[test]
    fn dates_are_read_however_a_model_writes_them() {
        for (call, from, until, exact) in [
            (
                asked("2026-11-24", "", "", ""),
                "2026-11-24T00:00:00",
                "2026-11-25T00:00:00",
                None,
            ),
            (
                asked("2026-11-24", "10:00", "12:00", ""),
                "2026-11-24T10:00:00",
                "2026-11-24T12:00:00",
                None,
            ),
            (
                asked("2026-11-24", "14:30", "", ""),
                "2026-11-24T14:30:00",
                "2026-11-25T00:00:00",
                Some("2026-11-24T14:30:00"),
            ),
            (
                asked("", "2026-11-24T14:30:00Z", "", ""),
                "2026-11-24T09:30:00",
                "2026-11-25T00:00:00",
                Some("2026-11-24T09:30:00"),
            ),
            (
                asked("", "2026-11-24 14:30", "2026-11-26", ""),
                "2026-11-24T14:30:00",
                "2026-11-27T00:00:00",
                None,
            ),
            (
                asked("", "2026-11-24", "2026-11-26", ""),
                "2026-11-24T00:00:00",
                "2026-11-27T00:00:00",
                None,
            ),
            (
                asked("", "", "2026-11-25", ""),
                "2026-11-23T12:00:00",
                "2026-11-26T00:00:00",
                None,
            ),
            (
                asked("2026-11-23", "", "", ""),
                "2026-11-23T12:00:00",
                "2026-11-24T00:00:00",
                None,
            ),
            (
                asked("", "", "", ""),
                "2026-11-23T12:00:00",
                "2027-01-22T12:00:00",
                None,
            ),
        ] {
            let wanted = read(&call).unwrap_or_else(|unclear| panic!("{call:?}: {unclear:?}"));
            assert_eq!(
                (wanted.from, wanted.until),
                (at(from), at(until)),
                "{call:?}"
            );
            assert_eq!(wanted.exact, exact.map(at), "{call:?}");
        }
        assert_eq!(
            read(&asked("2026-11-24", "", "", "afternoon"))
                .unwrap()
                .part,
            Some(Part::Afternoon)
        );
    }

    #[test]
    fn what_makes_no_sense_says_why() {
        for (call, why) in [
            (asked("2026-11-22", "", "", ""), Unclear::InThePast),
            (asked("", "2026-11-23T09:00", "", ""), Unclear::InThePast),
            (asked("blorp", "", "", ""), Unclear::NotUnderstood),
            (asked("2026-13-40", "", "", ""), Unclear::NotUnderstood),
            (asked("2026-11-31", "", "", ""), Unclear::NotUnderstood),
            (
                asked("", "2026-11-26", "2026-11-24", ""),
                Unclear::NotUnderstood,
            ),
            (
                asked("2026-11-24", "", "", "purple"),
                Unclear::NotUnderstood,
            ),
        ] {
            assert_eq!(read(&call), Err(why), "{call:?}");
        }
    }
}
