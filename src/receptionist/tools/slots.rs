//! What is said of free times and of appointments. Pure: whoever has a calendar, real or of a test, says it alike.
use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, TimeDelta, Utc};

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
    let phrase = match times.as_slice() {
        [] => Booking::NothingFree,
        slots => Booking::Nearest { slots },
    };
    ToolAnswer {
        alternatives,
        ..ToolAnswer::new(ToolResult::NoSlot, say(language, phrase.into()))
    }
}

/// What comes nearest to what is wanted: around a moment the closest times, else the first ones after.
pub fn nearest(
    business: &Business,
    wanted: &Wanted,
    mut around: Vec<OfferedSlot>,
) -> Vec<OfferedSlot> {
    let Some(exact) = wanted.exact else {
        around.retain(|slot| business.local(slot.start) >= wanted.from);
        return spread(business, &around, true);
    };
    let distance = |slot: &OfferedSlot| -> TimeDelta { (business.local(slot.start) - exact).abs() };
    around.sort_by_key(distance);
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
fn spelled(code: &str, medium: Medium) -> String {
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
    fn a_code_for_the_ear_is_spelled() {
        assert_eq!(spelled("AFH234", Medium::Voice), "A F H 2 3 4");
        assert_eq!(spelled("AFH234", Medium::Text), "AFH234");
    }
}
