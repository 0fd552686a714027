//! From what was said to one date or time.
use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike};

use super::calendar::{Calendar, Dates, Day, Period};
use super::clock::Clock;
use super::moments::at;
use super::said::Said;
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

pub(super) struct Answer<'a> {
    pub(super) said: Said,
    pub(super) context: &'a Context<'a>,
}

impl Answer<'_> {
    pub(super) fn when(&self) -> Option<When> {
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

    pub(super) fn now(&self) -> NaiveDateTime {
        let now = self.context.now;
        now.with_second(0)
            .and_then(|now| now.with_nanosecond(0))
            .unwrap_or(now)
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.context.now.date()
    }

    pub(super) fn dated(&self, kind: Kind, date: NaiveDate, grain: Grain) -> When {
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

    pub(super) fn with_choices(&self, mut when: When) -> When {
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
    pub(super) fn day_or_next_week(&self, day: &Day, is_ahead: impl FnOnce() -> bool) -> NaiveDate {
        if day.bare_weekday.is_some() && day.date == self.today() && !is_ahead() {
            day.date + Days::new(7)
        } else {
            day.date
        }
    }

    pub(super) fn is_open_later_today(&self) -> bool {
        let now = self.now();
        (0..24 * 4)
            .map(|quarter| now + TimeDelta::minutes(15 * quarter))
            .take_while(|moment| moment.date() == now.date())
            .any(|moment| (self.context.is_open)(moment))
    }

    pub(super) fn timed(&self, time: &Found) -> Option<When> {
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

    pub(super) fn moment_from_now(&self, minutes: i64) -> When {
        let moment = self.now() + TimeDelta::minutes(minutes);
        When {
            start: Some(moment),
            is_day_assumed: false,
            ..self.dated(Kind::Time, moment.date(), Grain::Minute)
        }
    }

    pub(super) fn span_from_now(&self, minutes: i64) -> When {
        let now = self.now();
        When {
            start: Some(now),
            end: Some(now + TimeDelta::minutes(minutes)),
            is_day_assumed: false,
            ..self.dated(Kind::Range, now.date(), Grain::Minute)
        }
    }

    pub(super) fn part(&self, said: PartSaid) -> Option<When> {
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

    pub(super) fn period(&self, period: &Period) -> When {
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

    pub(super) fn bound(&self, bound: Bound, dates: &Dates) -> Option<When> {
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
    pub(super) fn bound_at(&self, bound: Bound, day: &Day, clock: Clock) -> Option<When> {
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
    /// Whenever it may be.
    pub fn any_time() -> Self {
        Self::of(Kind::Asap)
    }

    pub(super) fn of(kind: Kind) -> Self {
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
