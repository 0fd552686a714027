//! What is said of free times and of appointments. Pure: whoever has a calendar, real or of a test, says it alike.
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::{
    OfferedSlot, ToolAnswer, ToolResult,
    wanted::{self, Wanted},
};
use crate::{
    kernel::language::Language,
    receptionist::{
        Business, Medium,
        say::{Booking, say},
    },
};

/// Nobody keeps more than this in mind on the telephone.
pub const MOST_OFFERED: usize = 3;
/// Nobody opens for a shorter time.
const CLOSELY: TimeDelta = TimeDelta::minutes(15);

/// What is told of an appointment.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub start: DateTime<Utc>,
    pub code: &'a str,
    pub service: Option<&'a str>,
}

impl Wanted {
    /// This moment and none other.
    pub fn moment(at: NaiveDateTime) -> Self {
        let next = at.date().checked_add_days(Days::new(1));
        Self {
            from: at,
            until: next.map_or(at, |day| day.and_time(NaiveTime::MIN)),
            exact: Some(at),
            part: None,
            is_soon: false,
        }
    }
}

/// The times that are wanted, of those that are free; None if none of them is.
pub fn free(
    business: &Business,
    language: Language,
    wanted: &Wanted,
    free: &[OfferedSlot],
) -> Option<ToolAnswer> {
    if let Some(exact) = wanted.exact {
        let slot = free
            .iter()
            .find(|slot| business.local(slot.start) == exact)?;
        let message = say(language, Booking::IsFree { at: exact }.into());
        return Some(ToolAnswer {
            slots: vec![slot.clone()],
            ..ToolAnswer::new(ToolResult::Ok, message)
        });
    }
    let is_fitting = |slot: &&OfferedSlot| {
        let at = business.local(slot.start);
        wanted.part.is_none_or(|part| wanted::is_in(part, at))
    };
    let fitting: Vec<OfferedSlot> = free.iter().filter(is_fitting).cloned().collect();
    let slots = spread(business, &fitting, wanted.is_soon);
    let times = times(business, &slots);
    let message = say(language, Booking::Free { slots: &times }.into());
    (!slots.is_empty()).then(|| ToolAnswer {
        slots,
        ..ToolAnswer::new(ToolResult::Ok, message)
    })
}

/// What is said if nothing that is wanted is free, from what is free around it.
pub fn instead(
    business: &Business,
    language: Language,
    wanted: &Wanted,
    around: Vec<OfferedSlot>,
) -> ToolAnswer {
    let alternatives = nearest(business, wanted, around);
    let times = times(business, &alternatives);
    let phrase = match (closed(business, wanted), times.as_slice()) {
        (Some(Closed::Day(day)), slots) => Booking::ClosedDay { day, slots },
        (Some(Closed::Then), slots) => Booking::ClosedThen { slots },
        (None, []) => Booking::NothingFree,
        (None, slots) => Booking::Nearest { slots },
    };
    ToolAnswer {
        alternatives,
        ..ToolAnswer::new(ToolResult::NoSlot, say(language, phrase.into()))
    }
}

/// Why nothing can be free then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    Day(NaiveDate),
    Then,
}

/// Whether the business is closed at the time of one day that is wanted.
fn closed(business: &Business, wanted: &Wanted) -> Option<Closed> {
    let day = wanted.from.date();
    let next = day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    if business.hours.is_empty() || (wanted.exact.is_none() && wanted.until > next) {
        return None;
    }
    let (from, until) = match wanted.exact {
        Some(exact) => (exact, exact + CLOSELY),
        None => (wanted.from, wanted.until),
    };
    let mut moments = std::iter::successors(Some(from), |at| Some(*at + CLOSELY))
        .take_while(|at| *at < until)
        .filter(|at| wanted.part.is_none_or(|part| wanted::is_in(part, *at)));
    if moments.any(|at| business.is_open_at(at)) {
        return None;
    }
    Some(match business.openings_on(day).as_slice() {
        [] => Closed::Day(day),
        _ => Closed::Then,
    })
}

/// How far a slot is from the span that is wanted: nothing inside of it.
fn distance(wanted: &Wanted, at: NaiveDateTime) -> TimeDelta {
    if let Some(exact) = wanted.exact {
        return (at - exact).abs();
    }
    let is_one_day = wanted.until - wanted.from <= TimeDelta::days(1);
    let day = if is_one_day {
        wanted.from.date()
    } else {
        at.date()
    };
    let (from, until) = match wanted.part.map(|part| wanted::hours_of(part, day)) {
        Some((from, until)) => (from.max(wanted.from), until.min(wanted.until)),
        None => (wanted.from, wanted.until),
    };
    (from - at).max(at - until).max(TimeDelta::zero())
}

/// What comes nearest to what is wanted, before or after it, but on no earlier day.
pub fn nearest(
    business: &Business,
    wanted: &Wanted,
    mut around: Vec<OfferedSlot>,
) -> Vec<OfferedSlot> {
    around.retain(|slot| business.date_at(slot.start) >= wanted.from.date());
    around.sort_by_key(|slot| distance(wanted, business.local(slot.start)));
    around.truncate(MOST_OFFERED);
    around.sort_by_key(|slot| slot.start);
    around
}

/// What is said when somebody was quicker.
pub fn taken(business: &Business, language: Language, mut slots: Vec<OfferedSlot>) -> ToolAnswer {
    slots.truncate(MOST_OFFERED);
    let times = times(business, &slots);
    let message = say(language, Booking::Taken { slots: &times }.into());
    ToolAnswer {
        alternatives: slots,
        ..ToolAnswer::new(ToolResult::SlotTaken, message).because("slot_taken")
    }
}

/// What is said of an appointment that is booked, moved, cancelled or found.
pub fn appointment(
    business: &Business,
    medium: Medium,
    language: Language,
    result: ToolResult,
    told: &Told<'_>,
) -> ToolAnswer {
    let at = business.local(told.start);
    let code = spelled(told.code, medium);
    let code = code.as_str();
    let phrase = match result {
        ToolResult::Booked => Booking::Booked { at, code },
        ToolResult::Rescheduled => Booking::Moved { at, code },
        ToolResult::Cancelled => Booking::Cancelled { at },
        _ => Booking::Found {
            at,
            service: told.service,
        },
    };
    ToolAnswer {
        confirmation_code: Some(told.code.to_owned()),
        start: Some(told.start),
        service: told.service.map(str::to_owned),
        ..ToolAnswer::new(result, say(language, phrase.into()))
    }
}

/// A few of many: of several days one each, of one day the early, the middle and the late one. Who wants to come soon
/// gets the first ones.
fn spread(business: &Business, free: &[OfferedSlot], is_soon: bool) -> Vec<OfferedSlot> {
    if free.len() <= MOST_OFFERED || is_soon {
        return free.iter().take(MOST_OFFERED).cloned().collect();
    }
    let mut of_days: Vec<&OfferedSlot> = Vec::new();
    for slot in free {
        let day = business.date_at(slot.start);
        if of_days
            .last()
            .is_none_or(|last| business.date_at(last.start) != day)
        {
            of_days.push(slot);
        }
    }
    if of_days.len() >= MOST_OFFERED {
        return of_days.into_iter().take(MOST_OFFERED).cloned().collect();
    }
    let last = free.len() - 1;
    [0, last / 2, last].map(|at| free[at].clone()).into()
}

/// The times on the business's clock.
pub fn times(business: &Business, slots: &[OfferedSlot]) -> Vec<NaiveDateTime> {
    slots
        .iter()
        .map(|slot| business.local(slot.start))
        .collect()
}

/// A code for the ear is one letter after the other.
pub fn spelled(code: &str, medium: Medium) -> String {
    match medium {
        Medium::Text => code.to_owned(),
        Medium::Voice => {
            let letters: Vec<String> = code.chars().map(String::from).collect();
            letters.join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::sample::plumber;

    #[test]
    fn a_few_times_are_offered_as_a_person_would() {
        let business = plumber();
        let nine: DateTime<Utc> = "2026-11-24T14:00:00Z".parse().unwrap();
        let day = |day: i64| {
            (0..16).map(move |half| OfferedSlot {
                slot: String::new(),
                start: nine + TimeDelta::days(day) + TimeDelta::minutes(30 * half),
                spoken: String::new(),
            })
        };
        let local = |slots: Vec<OfferedSlot>| -> Vec<String> {
            let times = times(&business, &slots);
            times
                .iter()
                .map(|at| at.format("%a %H:%M").to_string())
                .collect()
        };
        let one_day: Vec<_> = day(0).collect();
        assert_eq!(
            local(spread(&business, &one_day, false)),
            ["Tue 09:00", "Tue 12:30", "Tue 16:30"]
        );
        assert_eq!(
            local(spread(&business, &one_day, true)),
            ["Tue 09:00", "Tue 09:30", "Tue 10:00"]
        );
        let week: Vec<_> = (0..4).flat_map(day).collect();
        assert_eq!(
            local(spread(&business, &week, false)),
            ["Tue 09:00", "Wed 09:00", "Thu 09:00"]
        );
        assert_eq!(spread(&business, &one_day[..2], false).len(), 2);
        let wanted = Wanted::moment("2026-11-25T18:00:00".parse().unwrap());
        assert_eq!(
            local(nearest(&business, &wanted, week)),
            ["Wed 15:30", "Wed 16:00", "Wed 16:30"]
        );
    }

    #[test]
    fn the_nearest_may_be_before_what_was_wanted() {
        let business = plumber();
        let slot = |start: &str| OfferedSlot {
            slot: String::new(),
            start: start.parse().unwrap(),
            spoken: String::new(),
        };
        // Wednesday the 16th at half past three is the last; the next day begins at nine.
        let around: Vec<_> = ["16T14:00", "16T19:30", "16T20:30", "17T14:00", "17T14:30"]
            .map(|at| slot(&format!("2026-12-{at}:00Z")))
            .into();
        let evening = |exact, part| Wanted {
            from: "2026-12-16T00:00:00".parse().unwrap(),
            until: "2026-12-17T00:00:00".parse().unwrap(),
            exact,
            part,
            is_soon: false,
        };
        let supper = evening(
            None,
            Some(crate::receptionist::understanding::when::Part::Evening),
        );
        let said = |language| instead(&business, language, &supper, around.clone()).message;
        assert_eq!(
            said(Language::Fr),
            "Nous sommes fermés à ce moment-là. Au plus près, j'ai le mercredi 16 décembre à 9 h, 14 h 30 ou 15 h 30."
        );
        let sunday = Wanted {
            from: "2026-12-20T00:00:00".parse().unwrap(),
            until: "2026-12-21T00:00:00".parse().unwrap(),
            part: None,
            ..supper
        };
        let closed = |language| {
            instead(
                &business,
                language,
                &sunday,
                vec![slot("2026-12-21T14:00:00Z")],
            )
            .message
        };
        assert_eq!(
            [Language::En, Language::Fr, Language::Es].map(closed),
            [
                "We are closed on Sunday, December 20. The nearest I have is Monday, December 21 at 9 a.m.",
                "Nous sommes fermés le dimanche 20 décembre. Au plus près, j'ai le lundi 21 décembre à 9 h.",
                "El domingo 20 de diciembre está cerrado. Lo más cercano que tengo es el lunes 21 de diciembre a las 9 de la mañana.",
            ]
        );
    }

    #[test]
    fn a_code_for_the_ear_is_spelled() {
        assert_eq!(spelled("AFH234", Medium::Voice), "A F H 2 3 4");
        assert_eq!(spelled("AFH234", Medium::Text), "AFH234");
    }
}
