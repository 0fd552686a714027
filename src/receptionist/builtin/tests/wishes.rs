//! What is said along with an answer: a day, a goodbye, another wish; and times that lean on the day of something else.
use super::stage::{CODE, Conversation, at};
use crate::kernel::language::Language;

const ENGLISH: &str = "book an inspection tuesday at 10 am";
const FRENCH: &str = "je voudrais un rendez-vous pour une inspection demain à 10 h";
const SPANISH: &str = "quiero una cita para una inspection mañana a las 10";

/// They have a drain cleaning on Wednesday, December 9 at 9.
fn with_appointment(language: Language) -> Conversation {
    let mut conversation = Conversation::new(language);
    conversation.has_for("2026-12-09T09:00:00", CODE, Some("Drain cleaning"));
    conversation
}

#[test]
fn a_day_told_in_place_of_a_service_chooses_none() {
    let mut english = Conversation::new(Language::En);
    english.text("I'd like an appointment");
    english.text("on the 2nd of december");
    assert!(english.checks.is_empty());
    english.text("the 2nd");
    assert_eq!(english.checks[0].service.as_deref(), Some("Water heater"));
    assert_eq!(english.checks[0].date.as_deref(), Some("2026-12-02"));
    Conversation::new(Language::Fr).plays(
        "< je voudrais un rendez-vous
         > Ici Rachel, de Plomberie Roy. C'est pour quoi : Drain cleaning, Water heater ou Inspection?
         < mardi en première heure
         > C'est pour quoi : Drain cleaning, Water heater ou Inspection?",
    );
    Conversation::new(Language::Es).plays(
        "< quiero una cita
         > Le responde Rachel, de Plomberie Roy. ¿Para qué sería: Drain cleaning, Water heater o Inspection?
         < el primero de diciembre
         > ¿Para qué sería: Drain cleaning, Water heater o Inspection?",
    );
}

#[test]
fn a_yes_with_a_goodbye_behind_it_is_a_yes() {
    for (language, wish, name, agrees) in [
        (Language::En, ENGLISH, "Jo", "Yes, thanks, bye"),
        (
            Language::Fr,
            FRENCH,
            "Élodie Côté",
            "oui c'est tout merci bonne journée",
        ),
        (Language::Fr, FRENCH, "Élodie Côté", "oui merci à plus"),
        (
            Language::Es,
            SPANISH,
            "María Núñez",
            "sí gracias hasta luego",
        ),
        (
            Language::Es,
            SPANISH,
            "María Núñez",
            "sí gracias hasta mañana",
        ),
    ] {
        let mut conversation = Conversation::new(language);
        for said in [wish, name, agrees] {
            conversation.text(said);
        }
        let booked = [(at("2026-11-24T10:00:00"), name.to_owned())];
        assert_eq!(conversation.booked, booked, "{agrees}");
    }
    for leaves in ["thanks, have a good day", "no thanks, good bye"] {
        let mut conversation = Conversation::new(Language::En);
        conversation.text(ENGLISH);
        conversation.text("Jo");
        assert!(conversation.text(leaves).ends, "{leaves}");
        assert!(conversation.booked.is_empty(), "{leaves}");
    }
    for (language, wish, agrees) in [
        (Language::En, "cancel my appointment", "yes thanks bye"),
        (Language::Es, "cancele mi cita", "sí gracias hasta luego"),
    ] {
        let mut conversation = with_appointment(language);
        conversation.text(wish);
        conversation.text(agrees);
        assert!(conversation.own.is_empty(), "{agrees}");
    }
}

#[test]
fn a_choice_with_a_goodbye_behind_it_is_a_choice() {
    Conversation::new(Language::En).plays(
        "< book an inspection tomorrow
         > Rachel from Plomberie Roy here. I have Tuesday, November 24 at 9 a.m., 12:30 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]
         < the second one, thanks, bye
         > All right, Tuesday, November 24 at 12:30 p.m. And what is your name, please?",
    );
}

#[test]
fn later_and_earlier_are_seen_from_what_was_offered() {
    Conversation::new(Language::En).plays(
        "< book an inspection tomorrow morning
         > Rachel from Plomberie Roy here. I have Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m. Which one suits you? [check_calendar_availability]
         < anything later?
         > I have Tuesday, November 24 at noon, 2 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]
         < do you have anything earlier?
         > I have Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m. Which one suits you? [check_calendar_availability]
         < talk to you later
         > Thank you for contacting Plomberie Roy. Goodbye! (ends)",
    );
    Conversation::new(Language::Fr).plays(
        "< je voudrais un rendez-vous pour une inspection demain matin
         > Ici Rachel, de Plomberie Roy. J'ai le mardi 24 novembre à 9 h, 10 h ou 11 h 30. Laquelle vous convient? [check_calendar_availability]
         < avez-vous plus tard?
         > J'ai le mardi 24 novembre à 12 h, 14 h ou 16 h 30. Laquelle vous convient? [check_calendar_availability]
         < non, plus tôt
         > J'ai le mardi 24 novembre à 9 h, 10 h ou 11 h 30. Laquelle vous convient? [check_calendar_availability]",
    );
    let mut spanish = Conversation::new(Language::Es);
    spanish.text("quiero una cita para una inspection mañana por la mañana");
    spanish.text("¿no tiene algo más tarde?");
    assert_eq!(spanish.checks[1].from.as_deref(), Some("2026-11-24T11:31"));
    spanish.text("¿algo más temprano?");
    assert_eq!(spanish.checks[2].to.as_deref(), Some("2026-11-24T12:00"));
}

#[test]
fn what_is_moved_keeps_its_service_and_a_bare_time_its_day() {
    for (language, wishes) in [
        (Language::En, &["move my drain cleaning to 1 pm"][..]),
        (Language::En, &["move my appointment", "1 pm"]),
        (Language::Fr, &["je veux déplacer mon rendez-vous à 13 h"]),
        (
            Language::Es,
            &["quiero mover mi cita para la 1 de la tarde"],
        ),
    ] {
        let mut conversation = with_appointment(language);
        for wish in wishes {
            conversation.text(wish);
        }
        let asked = conversation.checks.last().unwrap();
        assert_eq!(asked.service.as_deref(), Some("Drain cleaning"));
        assert_eq!(asked.from.as_deref(), Some("2026-12-09T13:00"));
    }
}

#[test]
fn who_books_can_turn_to_the_appointment_that_they_have() {
    for (language, first, then) in [
        (
            Language::En,
            "book an appointment",
            "I want to move my appointment",
        ),
        (
            Language::Fr,
            "je voudrais prendre rendez-vous",
            "je veux déplacer mon rendez-vous",
        ),
        (Language::Es, "quiero una cita", "quiero cambiar mi cita"),
    ] {
        let mut conversation = with_appointment(language);
        conversation.text(first);
        let calls = conversation.text(then).tool_calls;
        assert_eq!(calls[0].name.as_str(), "find_appointment", "{then}");
    }
}

#[test]
fn who_has_no_preference_gets_the_next_times() {
    for (language, wish, any) in [
        (Language::En, "book an inspection", "no preference"),
        (Language::En, "book an inspection", "anything works"),
        (
            Language::Fr,
            "je voudrais un rendez-vous pour une inspection",
            "pas de préférence",
        ),
        (
            Language::Es,
            "quiero una cita para una inspection",
            "no tengo preferencia",
        ),
    ] {
        let mut conversation = Conversation::new(language);
        conversation.text(wish);
        conversation.text(any);
        assert_eq!(conversation.checks.len(), 1, "{any}");
    }
}

#[test]
fn a_day_and_a_time_are_no_code() {
    let mut call = Conversation::new(Language::En);
    call.is_anonymous = true;
    call.text("cancel my appointment");
    let calls = call.text("friday at 10").tool_calls;
    assert!(calls.is_empty());
}
