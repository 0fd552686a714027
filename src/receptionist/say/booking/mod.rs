//! What is said about appointments: times that are offered, asked back, booked, moved, cancelled.
mod en;
mod es;
mod fr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::format;
use crate::kernel::language::Language;

/// Something to say about appointments. Times are those of the business's clock.
#[derive(Clone, Copy, Debug)]
pub enum Booking<'a> {
    // What is asked.
    AskService {
        names: &'a [String],
        /// These are not all of them.
        has_more: bool,
    },
    AskWhen,
    AskWhenInstead,
    /// A number of an hour that both halves of the day have.
    AskAmPm {
        early: NaiveTime,
        late: NaiveTime,
    },
    /// "Next Friday" may be this week's or the next's.
    AskWhichDay {
        first: NaiveDate,
        second: NaiveDate,
    },
    WhenNotUnderstood,
    AskWhichSlot {
        is_one: bool,
    },
    WhichSlotAgain {
        slots: &'a [NaiveDateTime],
    },
    AskPhone,
    PhoneNotUnderstood,
    AskCode,
    /// A time that they chose, before the next question.
    Chosen {
        at: NaiveDateTime,
    },
    Confirm {
        at: NaiveDateTime,
        service: Option<&'a str>,
        name: Option<&'a str>,
    },
    ConfirmMove {
        from: NaiveDateTime,
        at: NaiveDateTime,
    },
    ConfirmCancel {
        at: NaiveDateTime,
    },
    AskMove {
        at: NaiveDateTime,
    },
    /// Of several that they have; each with its service.
    WhichAppointment {
        of: &'a [(NaiveDateTime, Option<&'a str>)],
    },
    StaysAsItIs,
    /// They mean several of their appointments at once.
    OneAtATime,
    // What was found, or done.
    IsFree {
        at: NaiveDateTime,
    },
    Free {
        slots: &'a [NaiveDateTime],
    },
    /// Not what was wanted; what comes nearest.
    Nearest {
        slots: &'a [NaiveDateTime],
    },
    /// The day that was wanted is closed.
    ClosedDay {
        day: NaiveDate,
        slots: &'a [NaiveDateTime],
    },
    /// The time that was wanted is outside of the opening hours.
    ClosedThen {
        slots: &'a [NaiveDateTime],
    },
    NothingFree,
    Booked {
        at: NaiveDateTime,
        code: &'a str,
    },
    Moved {
        at: NaiveDateTime,
        code: &'a str,
    },
    Cancelled {
        at: NaiveDateTime,
    },
    Found {
        at: NaiveDateTime,
        service: Option<&'a str>,
    },
    /// Others beside the one that was named.
    FoundMore {
        slots: &'a [NaiveDateTime],
    },
    NotFound,
    NeedsProof,
    Taken {
        slots: &'a [NaiveDateTime],
    },
    OutsideHours,
    NotOffered {
        slots: &'a [NaiveDateTime],
    },
    InThePast,
    /// A token that has run out, or is none of ours.
    OfferIsOver,
    DetailsNotUnderstood,
    CannotBookNow,
    // Texts to the caller.
    TextSent,
    TextNotPossible,
    TextsTooMany,
    TextUnknown,
    /// The confirmation of what was just arranged goes out without being asked for.
    TextOnItsWay,
    // The telephone.
    Menu,
    PersonOrMessageKeys,
    PressForEnglish,
    TakeYourTime,
    /// After the last attempt, before the tone.
    CannotFollow,
    StillThere,
    AnythingUnknown,
}

pub(super) fn say(language: Language, phrase: Booking<'_>) -> String {
    match language {
        Language::En => en::say(phrase),
        Language::Fr => fr::say(phrase),
        Language::Es => es::say(phrase),
    }
}

/// A service in the middle of a sentence: `drain cleaning`, but `HVAC check`.
fn in_sentence(service: &str) -> String {
    let mut letters = service.chars();
    let (first, second) = (letters.next(), letters.next());
    match (first, second) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            let rest = service.chars().skip(1);
            first.to_lowercase().chain(rest).collect()
        }
        _ => service.to_owned(),
    }
}

/// The names, and what stands for those that are not named.
fn with_more(names: &[String], has_more: bool, more: &str) -> Vec<String> {
    let more = has_more.then(|| more.to_owned());
    names.iter().cloned().chain(more).collect()
}

/// `a`, `a or b`, `a, b or c`.
fn either(or: &str, items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {or} {last}", first.join(", ")),
    }
}

/// Their appointments one after the other, each with what it is for.
fn appointments(
    language: Language,
    and: &str,
    article: &str,
    purpose: &str,
    of: &[(NaiveDateTime, Option<&str>)],
) -> String {
    let named: Vec<String> = of
        .iter()
        .map(|(at, service)| {
            let at = format::moment(language, *at);
            match service {
                Some(service) => format!("{article}{at} {purpose} {}", in_sentence(service)),
                None => format!("{article}{at}"),
            }
        })
        .collect();
    either(and, &named)
}

/// Several times, each day named once: `Tuesday, November 24 at 9 a.m., 10 a.m. or 11 a.m.`.
fn choices(language: Language, or: &str, slots: &[NaiveDateTime]) -> String {
    let mut days: Vec<(NaiveDate, Vec<String>)> = Vec::new();
    for slot in slots {
        let time = format::clock(language, slot.time());
        match days.last_mut() {
            Some((day, times)) if *day == slot.date() => times.push(time),
            _ => days.push((slot.date(), vec![time])),
        }
    }
    let days: Vec<String> = days
        .iter()
        .map(|(day, times)| {
            let times = times_of(language, or, times);
            let article = match language {
                Language::En => "",
                Language::Fr => "le ",
                Language::Es => "el ",
            };
            format!("{article}{} {times}", format::date(language, *day))
        })
        .collect();
    let pause = if days.iter().any(|day| day.contains(&format!(" {or} "))) {
        "; "
    } else {
        ", "
    };
    match days.as_slice() {
        [only] => only.clone(),
        [first @ .., last] => format!("{} {or} {last}", first.join(pause)),
        [] => String::new(),
    }
}

/// Times of one day with the little word before them; Spanish has one before each.
fn times_of(language: Language, or: &str, times: &[String]) -> String {
    match language {
        Language::En => format!("at {}", either(or, times)),
        Language::Fr => format!("à {}", either(or, times)),
        Language::Es => {
            let times: Vec<String> = times.iter().map(|time| format!("a {time}")).collect();
            either(or, &times)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_spoken_as_people_speak_them() {
        let half_past_two = at("2026-11-24T14:30:00");
        for (language, expected) in [
            (Language::En, "Tuesday, November 24 at 2:30 p.m."),
            (Language::Fr, "mardi 24 novembre à 14 h 30"),
            (
                Language::Es,
                "martes 24 de noviembre a las 2:30 de la tarde",
            ),
        ] {
            assert_eq!(format::moment(language, half_past_two), expected);
        }
    }

    #[test]
    fn a_day_is_named_once_for_all_its_times() {
        let slots = [
            at("2026-11-24T09:00:00"),
            at("2026-11-24T10:30:00"),
            at("2026-11-25T13:00:00"),
        ];
        for (language, two, three) in [
            (
                Language::En,
                "I have Tuesday, November 24 at 9 a.m. or 10:30 a.m.",
                "I have Tuesday, November 24 at 9 a.m. or 10:30 a.m. or Wednesday, November 25 at 1 p.m.",
            ),
            (
                Language::Fr,
                "J'ai le mardi 24 novembre à 9 h ou 10 h 30.",
                "J'ai le mardi 24 novembre à 9 h ou 10 h 30 ou le mercredi 25 novembre à 13 h.",
            ),
            (
                Language::Es,
                "Tengo el martes 24 de noviembre a las 9 de la mañana o a las 10:30 de la mañana.",
                "Tengo el martes 24 de noviembre a las 9 de la mañana o a las 10:30 de la mañana o el miércoles 25 de noviembre a la 1 de la tarde.",
            ),
        ] {
            let free = |slots| say(language, Booking::Free { slots });
            assert_eq!(free(&slots[..2]), two);
            assert_eq!(free(&slots), three);
        }
    }

    #[test]
    fn a_service_does_not_begin_a_sentence() {
        assert_eq!(in_sentence("Drain cleaning"), "drain cleaning");
        assert_eq!(in_sentence("HVAC check"), "HVAC check");
        assert_eq!(in_sentence("Élagage"), "élagage");
        assert_eq!(in_sentence(""), "");
    }
}
