//! From what was said to one date or time.
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::calendar::{Calendar, Dates, Day, Period, monday_of};
use super::clock::{Clock, HalfSaid};
use super::spans::{Bound, Edge, Finding, Found, PartSaid};
use super::{Context, Grain, Kind, Part, When};

pub(super) fn resolve(
    findings: &[Finding],
    calendar: &Calendar<'_>,
    context: &Context<'_>,
) -> Option<When> {
    let mut said = Said::default();
    for finding in findings {
        said.hear(finding, calendar);
    }
    if said.is_impossible {
        return None;
    }
    Answer { said, context }.when()
}

/// What remains of an utterance when later words have replaced earlier ones.
#[derive(Default)]
struct Said {
    day: Option<Day>,
    /// Further days that suit as well.
    choices: Vec<NaiveDate>,
    period: Option<Period>,
    bound: Option<(Bound, Dates)>,
    part: Option<PartSaid>,
    time: Option<Found>,
    is_asap: bool,
    is_later: bool,
    is_impossible: bool,
    in_choice: bool,
    is_corrected: bool,
    /// Where the last finding ended, for what stands right behind it.
    ended: usize,
}

impl Said {
    fn hear(&mut self, finding: &Finding, calendar: &Calendar<'_>) {
        let between = &calendar.pieces[self.ended.min(finding.start)..finding.start];
        let is_adjacent = between.iter().all(|piece| piece.is_glue());
        match &finding.found {
            Found::Correct => {
                self.is_corrected = true;
                self.in_choice = false;
            }
            Found::Or => self.in_choice = true,
            Found::Dates(Dates::Impossible) | Found::Bound(_, Dates::Impossible) => {
                self.is_impossible = true
            }
            Found::Dates(Dates::Day(day)) => self.hear_day(day, is_adjacent),
            Found::Dates(Dates::Period(period)) => self.hear_period(period, is_adjacent),
            Found::Bound(bound, dates) => self.bound = Some((*bound, dates.clone())),
            Found::Part(part) => self.hear_part(*part),
            Found::At(_)
            | Found::Between(_, _)
            | Found::After(_)
            | Found::Before(_)
            | Found::In(_)
            | Found::Within(_) => self.hear_time(&finding.found),
            Found::Asap => self.is_asap = true,
            Found::Later => self.is_later = true,
        }
        self.ended = finding.end;
    }

    fn hear_day(&mut self, day: &Day, is_adjacent: bool) {
        if self.in_choice && self.day.is_some() {
            // "Tuesday or wednesday", said on a wednesday, are one after the other.
            let is_before = day.bare_weekday.is_some()
                && self.day.as_ref().is_some_and(|first| day.date < first.date);
            self.choices
                .push(day.date + Days::new(if is_before { 7 } else { 0 }));
            return;
        }
        let mut day = day.clone();
        if let Some(period) = self.period.take() {
            day = within(&day, &period).unwrap_or(day);
        }
        let replaces = self
            .day
            .as_ref()
            .is_some_and(|before| before.date != day.date);
        // "Tomorrow at four … can we make it friday": the four was that of tomorrow.
        if replaces && !self.is_corrected && !is_adjacent {
            self.time = None;
            self.part = None;
        }
        self.choices.clear();
        self.is_impossible = false;
        self.is_corrected = false;
        self.in_choice = false;
        self.day = Some(day);
    }

    fn hear_period(&mut self, period: &Period, is_adjacent: bool) {
        if self.in_choice && (self.day.is_some() || self.period.is_some()) {
            return;
        }
        if let Some(day) = &self.day {
            let moved = within(day, period).filter(|_| is_adjacent);
            let holds = is_adjacent && (period.start..period.end).contains(&day.date);
            if let Some(moved) = moved {
                self.day = Some(moved);
                return;
            }
            if holds {
                return;
            }
            self.day = None;
            if !self.is_corrected {
                self.time = None;
                self.part = None;
            }
        }
        self.is_impossible = false;
        self.period = Some(period.clone());
    }

    fn hear_part(&mut self, part: PartSaid) {
        if self.in_choice && self.part.is_some() {
            return;
        }
        if self.is_corrected && self.day.is_none() && matches!(self.time, Some(Found::At(_))) {
            self.time = None;
        }
        // "Tôt demain matin": early, and then the morning.
        let before = self.part.filter(|before| before.part == part.part);
        self.part = Some(PartSaid {
            edge: part.edge.or(before.and_then(|before| before.edge)),
            is_today: part.is_today || before.is_some_and(|before| before.is_today),
            ..part
        });
    }

    fn hear_time(&mut self, time: &Found) {
        self.time = match (self.time.take(), time) {
            (Some(first), _) if self.in_choice => Some(first),
            (Some(Found::After(from)), Found::Before(until)) => Some(Found::Between(from, *until)),
            (Some(Found::Before(until)), Found::After(from)) => Some(Found::Between(*from, until)),
            _ => Some(time.clone()),
        };
    }
}

/// A weekday in a week that was said, a day in a month that was said.
fn within(day: &Day, period: &Period) -> Option<Day> {
    let date = match (period.grain, day.bare_weekday, day.bare_day) {
        (Grain::Week, Some(weekday), _) => {
            monday_of(period.start) + Days::new(weekday.num_days_from_monday().into())
        }
        (Grain::Month, _, Some(day)) => period.start.with_day(day)?,
        _ => return None,
    };
    Some(Day {
        date,
        bare_weekday: None,
        bare_day: None,
        ..day.clone()
    })
}

struct Answer<'a> {
    said: Said,
    context: &'a Context<'a>,
}

impl Answer<'_> {
    fn when(&self) -> Option<When> {
        let said = &self.said;
        match (&said.time, &said.bound) {
            (Some(Found::In(minutes)), _) => return Some(self.moment_from_now(*minutes)),
            (Some(Found::Within(minutes)), _) => return Some(self.span_from_now(*minutes)),
            (Some(Found::At(clock)), Some((bound, Dates::Day(day)))) if said.day.is_none() => {
                return self.bound_at(*bound, day, *clock);
            }
            (Some(_), _) if said.period.is_some() && said.day.is_none() => {}
            (Some(time), _) => return self.timed(time),
            (None, _) => {}
        }
        if let (Some((bound, dates)), None) = (&said.bound, &said.day) {
            return self.bound(*bound, dates);
        }
        if let (Some(period), None) = (&said.period, &said.day) {
            return Some(self.period(period));
        }
        if let Some(part) = said.part {
            return self.part(part);
        }
        if said.is_later && said.day.as_ref().is_none_or(|day| day.date == self.today()) {
            let now = self.now();
            return Some(When {
                start: Some(now),
                ..self.dated(Kind::After, now.date(), Grain::Day)
            });
        }
        if let Some(day) = &said.day {
            let date = self.day_or_next_week(day, || self.is_open_later_today());
            return Some(self.with_choices(self.dated(Kind::Day, date, day.grain)));
        }
        said.is_asap.then(|| When::of(Kind::Asap))
    }

    fn now(&self) -> NaiveDateTime {
        let now = self.context.now;
        now.with_second(0)
            .and_then(|now| now.with_nanosecond(0))
            .unwrap_or(now)
    }

    fn today(&self) -> NaiveDate {
        self.context.now.date()
    }

    fn dated(&self, kind: Kind, date: NaiveDate, grain: Grain) -> When {
        When {
            date: Some(date),
            grain: Some(grain),
            is_day_assumed: self.said.day.is_none()
                && !self.said.part.is_some_and(|part| part.is_today)
                && matches!(
                    kind,
                    Kind::Time | Kind::Part | Kind::Range | Kind::After | Kind::Before
                )
                && self.said.bound.is_none()
                && !self.said.is_later,
            ..When::of(kind)
        }
    }

    fn with_choices(&self, mut when: When) -> When {
        let Some(day) = &self.said.day else {
            return when;
        };
        if !self.said.choices.is_empty() {
            when.alternatives = when
                .date
                .into_iter()
                .chain(self.said.choices.iter().copied())
                .collect();
        } else if !day.alternatives.is_empty() {
            when.alternatives = day.alternatives.clone();
            when.is_ambiguous = true;
        }
        when
    }

    /// A weekday that is today's, said without more, is today only while that can still be meant.
    fn day_or_next_week(&self, day: &Day, is_ahead: impl FnOnce() -> bool) -> NaiveDate {
        if day.bare_weekday.is_some() && day.date == self.today() && !is_ahead() {
            day.date + Days::new(7)
        } else {
            day.date
        }
    }

    fn is_open_later_today(&self) -> bool {
        let now = self.now();
        (0..24 * 4)
            .map(|quarter| now + TimeDelta::minutes(15 * quarter))
            .take_while(|moment| moment.date() == now.date())
            .any(|moment| (self.context.is_open)(moment))
    }

    // --- times ---

    fn timed(&self, time: &Found) -> Option<When> {
        let grain = Grain::Minute;
        let on = |date: NaiveDate| -> Option<(When, NaiveDateTime)> {
            Some(match *time {
                Found::At(clock) => {
                    let (moment, is_open) = self.moment(clock, date);
                    (
                        When {
                            start: Some(moment),
                            is_am_pm_open: is_open,
                            ..self.dated(Kind::Time, moment.date(), grain)
                        },
                        moment,
                    )
                }
                Found::After(clock) => {
                    let (moment, is_open) = self.moment(clock, date);
                    (
                        When {
                            start: Some(moment),
                            is_am_pm_open: is_open,
                            ..self.dated(Kind::After, date, grain)
                        },
                        moment,
                    )
                }
                Found::Before(clock) => {
                    let (moment, is_open) = self.moment(clock, date);
                    (
                        When {
                            end: Some(moment),
                            is_am_pm_open: is_open,
                            ..self.dated(Kind::Before, date, grain)
                        },
                        moment,
                    )
                }
                Found::Between(from, until) => {
                    let (start, end, is_open) = self.span(from, until, date);
                    (
                        When {
                            start: Some(start),
                            end: Some(end),
                            is_am_pm_open: is_open,
                            ..self.dated(Kind::Range, date, grain)
                        },
                        end,
                    )
                }
                _ => return None,
            })
        };
        let day = match &self.said.day {
            Some(day) => {
                let date = self.day_or_next_week(day, || {
                    on(day.date).is_some_and(|(_, moment)| moment > self.context.now)
                });
                return Some(self.with_choices(on(date)?.0));
            }
            None => self.context.day,
        };
        if let Some(day) = day {
            return Some(on(day)?.0);
        }
        let (today, moment) = on(self.today())?;
        let is_today = moment > self.context.now
            || self.said.part.is_some_and(|part| part.is_today)
            || self.said.is_later;
        Some(if is_today {
            today
        } else {
            on(self.today() + Days::new(1))?.0
        })
    }

    fn moment_from_now(&self, minutes: i64) -> When {
        let moment = self.now() + TimeDelta::minutes(minutes);
        When {
            start: Some(moment),
            is_day_assumed: false,
            ..self.dated(Kind::Time, moment.date(), Grain::Minute)
        }
    }

    fn span_from_now(&self, minutes: i64) -> When {
        let now = self.now();
        When {
            start: Some(now),
            end: Some(now + TimeDelta::minutes(minutes)),
            is_day_assumed: false,
            ..self.dated(Kind::Range, now.date(), Grain::Minute)
        }
    }

    /// The moment of a time of day, and whether it may as well be the one twelve hours away.
    fn moment(&self, clock: Clock, date: NaiveDate) -> (NaiveDateTime, bool) {
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
    fn by_custom(&self, clock: Clock, date: NaiveDate) -> (NaiveDateTime, bool) {
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
    fn is_business_hour(&self, date: NaiveDate, hour: u32, minute: u32) -> bool {
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
    fn span(
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

    // --- days and their parts ---

    fn part(&self, said: PartSaid) -> Option<When> {
        let on = |date: NaiveDate| {
            let (start, end) = span_of(said, date);
            When {
                start: Some(start),
                end: Some(end),
                part: Some(said.part),
                ..self.dated(Kind::Part, date, Grain::Part)
            }
        };
        let is_ahead = |date: NaiveDate| on(date).end > Some(self.context.now);
        let date = match (&self.said.day, self.context.day) {
            (Some(day), _) => self.day_or_next_week(day, || is_ahead(day.date)),
            (None, _) if said.is_today => self.today(),
            (None, Some(day)) => day,
            (None, None) if is_ahead(self.today()) => self.today(),
            (None, None) => self.today() + Days::new(1),
        };
        Some(self.with_choices(on(date)))
    }

    fn period(&self, period: &Period) -> When {
        When {
            start: Some(at(period.start, 0, 0)),
            end: Some(at(period.end, 0, 0)),
            part: self.said.part.map(|said| said.part),
            grain: Some(period.grain),
            is_ambiguous: !period.alternatives.is_empty(),
            alternatives: period.alternatives.clone(),
            ..When::of(Kind::Period)
        }
    }

    fn bound(&self, bound: Bound, dates: &Dates) -> Option<When> {
        let (first, after, grain) = match dates {
            Dates::Day(day) => (day.date, day.date + Days::new(1), day.grain),
            Dates::Period(period) => (period.start, period.end, period.grain),
            Dates::Impossible => return None,
        };
        let last = after - Days::new(1);
        let midnight = |date| Some(at(date, 0, 0));
        Some(match bound {
            Bound::From => When {
                start: midnight(first),
                ..self.dated(Kind::After, first, grain)
            },
            Bound::After => When {
                start: midnight(after),
                ..self.dated(Kind::After, last, grain)
            },
            Bound::Before => When {
                end: midnight(first),
                ..self.dated(Kind::Before, first, grain)
            },
            Bound::By => When {
                end: midnight(after),
                ..self.dated(Kind::Before, last, grain)
            },
        })
    }

    /// "Before friday at three".
    fn bound_at(&self, bound: Bound, day: &Day, clock: Clock) -> Option<When> {
        let (moment, is_open) = self.moment(clock, day.date);
        let when = match bound {
            Bound::From | Bound::After => When {
                start: Some(moment),
                ..self.dated(Kind::After, day.date, Grain::Minute)
            },
            Bound::Before | Bound::By => When {
                end: Some(moment),
                ..self.dated(Kind::Before, day.date, Grain::Minute)
            },
        };
        Some(When {
            is_am_pm_open: is_open,
            ..when
        })
    }
}

impl When {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            date: None,
            start: None,
            end: None,
            part: None,
            grain: None,
            is_am_pm_open: false,
            alternatives: Vec::new(),
            is_ambiguous: false,
            is_day_assumed: false,
        }
    }
}

/// When a part of a day begins and ends.
fn span_of(said: PartSaid, date: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
    let (from, until) = match (said.part, said.edge) {
        (Part::Morning, None) => (6, 12),
        (Part::Morning, Some(Edge::Early)) => (6, 9),
        (Part::Morning, Some(Edge::Late)) => (10, 12),
        (Part::Noon, _) => (12, 14),
        (Part::Afternoon, None) => (12, 18),
        (Part::Afternoon, Some(Edge::Early)) => (12, 15),
        (Part::Afternoon, Some(Edge::Late)) => (15, 18),
        (Part::Evening, None) => (18, 22),
        (Part::Evening, Some(Edge::Early)) => (18, 20),
        (Part::Evening, Some(Edge::Late)) => (20, 22),
        (Part::Night, _) => (22, 30),
    };
    (at(date, from, 0), at(date, until, 0))
}

/// An hour of a day; from 24 on it is one of the next.
fn at(date: NaiveDate, hour: u32, minute: u32) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(60 * hour + minute))
}
