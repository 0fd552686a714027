use chrono::NaiveDate;

use super::*;
use crate::receptionist::understanding::measure::office_hours;

/// A Wednesday morning.
fn now() -> NaiveDateTime {
    at(18, 10, 15)
}

fn at(day: u32, hour: u32, minute: u32) -> NaiveDateTime {
    date(day).and_hms_opt(hour, minute, 0).unwrap()
}

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn context(is_open: &dyn Fn(NaiveDateTime) -> bool) -> Context<'_> {
    Context {
        now: now(),
        is_open,
        day: None,
    }
}

fn heard(text: &str, language: Language) -> Option<When> {
    read(text, language, &context(&office_hours))
}

#[test]
fn next_friday_said_earlier_in_the_week_is_one_of_two() {
    for (text, language, chosen) in [
        ("next friday", Language::En, 27),
        ("vendredi prochain à 14 h", Language::Fr, 20),
        ("el próximo viernes", Language::Es, 20),
    ] {
        let when = heard(text, language).unwrap();
        assert!(when.is_ambiguous, "{text}");
        assert_eq!(when.alternatives, [date(20), date(27)], "{text}");
        assert_eq!(when.date, Some(date(chosen)), "{text}");
    }
    for (text, language) in [
        ("next tuesday", Language::En),
        ("this friday", Language::En),
        ("mardi prochain", Language::Fr),
        ("el próximo martes", Language::Es),
        ("friday next week", Language::En),
    ] {
        let when = heard(text, language).unwrap();
        assert!(!when.is_ambiguous && when.alternatives.is_empty(), "{text}");
    }
}

#[test]
fn a_choice_of_days_gives_the_first_and_names_both() {
    let when = heard("thursday or friday at three", Language::En).unwrap();
    assert_eq!(when.start, Some(at(19, 15, 0)));
    assert_eq!(when.alternatives, [date(19), date(20)]);
    assert!(!when.is_ambiguous);
}

#[test]
fn opening_hours_decide_between_morning_and_afternoon() {
    let is_night = |moment: NaiveDateTime| {
        let hour = chrono::Timelike::hour(&moment);
        !(8..20).contains(&hour)
    };
    let always = |_: NaiveDateTime| true;
    for (text, is_open, start, is_am_pm_open) in [
        (
            "tomorrow at three",
            &office_hours as &dyn Fn(NaiveDateTime) -> bool,
            at(19, 15, 0),
            false,
        ),
        ("tomorrow at three", &is_night, at(19, 3, 0), false),
        ("tomorrow at nine", &is_night, at(19, 21, 0), false),
        ("tomorrow at nine", &office_hours, at(19, 9, 0), false),
        ("tomorrow at three", &always, at(19, 15, 0), true),
        ("tomorrow at three p.m.", &always, at(19, 15, 0), false),
        ("tomorrow at twelve", &always, at(19, 12, 0), false),
        (
            "tomorrow morning at six",
            &office_hours,
            at(19, 6, 0),
            false,
        ),
        // Closed on that day, so the hours of the other days decide.
        ("saturday at three", &office_hours, at(21, 15, 0), false),
    ] {
        let when = read(text, Language::En, &context(is_open)).unwrap();
        assert_eq!(when.start, Some(start), "{text}");
        assert_eq!(when.is_am_pm_open, is_am_pm_open, "{text}");
    }
}

#[test]
fn a_bare_time_is_of_the_day_that_is_talked_about_or_the_next_one() {
    let assumed = heard("at nine", Language::En).unwrap();
    assert_eq!(assumed.start, Some(at(19, 9, 0)));
    assert!(assumed.is_day_assumed);
    let day = Some(date(24));
    let talked_about = Context {
        day,
        ..context(&office_hours)
    };
    for text in ["at nine", "nine o'clock please", "nine"] {
        let when = read(text, Language::En, &talked_about).unwrap();
        assert_eq!(when.start, Some(at(24, 9, 0)), "{text}");
    }
    let said = read("thursday at nine", Language::En, &talked_about).unwrap();
    assert_eq!(said.start, Some(at(19, 9, 0)));
    assert!(!said.is_day_assumed);
}

#[test]
fn numbers_that_are_no_times_are_left_alone() {
    for (text, language) in [
        ("my number is 514 555 0142", Language::En),
        ("five one four five five five oh one four two", Language::En),
        ("i have 2 sinks and 3 toilets", Language::En),
        ("apartment 3, 24 maple street", Language::En),
        ("24 hours a day, 24/7", Language::En),
        ("about $50 or 60 dollars", Language::En),
        ("i've been waiting two hours", Language::En),
        ("the second one", Language::En),
        ("one moment please", Language::En),
        ("november 31st at three", Language::En),
        ("deux éviers et trois toilettes", Language::Fr),
        ("ouvert 24 heures sur 24", Language::Fr),
        ("ça fait deux heures que j'attends", Language::Fr),
        ("le premier", Language::Fr),
        ("bonne fin de journée", Language::Fr),
        ("tengo dos perros", Language::Es),
        ("buenas tardes", Language::Es),
        ("hace dos días", Language::Es),
        ("ayer a las tres", Language::Es),
        ("el 30 de febrero", Language::Es),
    ] {
        assert_eq!(heard(text, language), None, "{text:?}");
    }
}

#[test]
fn what_is_not_said_is_not_in_the_object() {
    let when = serde_json::json!(heard("next tuesday at half past two", Language::En));
    assert_eq!(
        when,
        serde_json::json!({
            "kind": "TIME", "date": "2026-11-24", "start": "2026-11-24T14:30:00", "end": null,
            "part": null, "grain": "MINUTE", "is_am_pm_open": false,
        })
    );
}

/// Any order of the words that mean something: nothing that is said may stop a call.
#[test]
fn any_mix_of_words_is_read_without_a_panic() {
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let numbers = [
        "0",
        "3",
        "31",
        "59",
        "99",
        "230",
        "1430",
        "2026",
        "21/12",
        "9999-12-31",
        "2:30",
        "14h30",
        "24/7",
        "31st",
        "-",
        ",",
        "$5",
        "99999",
    ];
    for language in [Language::En, Language::Fr, Language::Es] {
        let table = words::words(language);
        for _ in 0..1500 {
            let text: Vec<&str> = (0..next(7) + 1)
                .map(|_| match next(4) {
                    0 => numbers[next(numbers.len())],
                    _ => table[next(table.len())].0,
                })
                .collect();
            let text = text.join(" ");
            if let Some(when) = heard(&text, language)
                && let (Some(start), Some(end)) = (when.start, when.end)
            {
                assert!(start <= end, "{text:?}: {when:?}");
            }
        }
    }
}
