//! What the receptionist says of a business.
use super::{ToolResult, arguments::BusinessInfo, facts::*};
use crate::{
    kernel::language::Language,
    receptionist::{business::Business, sample::plumber, turn::Medium},
};

fn asked(topic: &str) -> BusinessInfo {
    BusinessInfo {
        topic: Some(topic.to_owned()),
        service: None,
    }
}

fn asker(language: Language, medium: Medium, now: &str) -> Asker {
    Asker {
        language,
        medium,
        now: now.parse().unwrap(),
    }
}

fn spoken(topic: &str, language: Language, now: &str) -> String {
    business_info(
        &plumber(),
        &asked(topic),
        &asker(language, Medium::Text, now),
    )
    .message
}

#[test]
fn what_is_asked_is_answered_and_nothing_else() {
    let monday_noon = "2026-11-23T17:00:00Z";
    let without_address = Business {
        address: None,
        ..plumber()
    };
    for (language, topic, result, expected) in [
        (
            Language::En,
            "do you fix refrigerators",
            ToolResult::NotFound,
            "I don't see that on our list",
        ),
        (
            Language::En,
            "are you guys a scam",
            ToolResult::NotFound,
            "I do not know that",
        ),
        (
            Language::Es,
            "hola aceptan seguro dental",
            ToolResult::NotFound,
            "No lo sé",
        ),
        (
            Language::Fr,
            "est-ce que vous faites les piscines",
            ToolResult::NotFound,
            "Je ne le vois pas dans notre liste",
        ),
        (
            Language::Es,
            "¿reparan refrigeradores?",
            ToolResult::NotFound,
            "No lo veo en nuestra lista",
        ),
        (
            Language::En,
            "do you clean drains",
            ToolResult::Ok,
            "Yes, we do that. Drain cleaning (60 min, $129).",
        ),
        (
            Language::En,
            "what services do you offer",
            ToolResult::Ok,
            "We offer: Drain cleaning",
        ),
        (
            Language::En,
            "do you need my address",
            ToolResult::NotFound,
            "I do not know that",
        ),
        (
            Language::En,
            "where are you",
            ToolResult::NotFound,
            "I do not have our address here",
        ),
        (
            Language::Fr,
            "où êtes-vous situés",
            ToolResult::NotFound,
            "Je n'ai pas notre adresse",
        ),
        (
            Language::En,
            "do you have a website",
            ToolResult::Ok,
            "More at plomberieroy.ca.",
        ),
        (
            Language::En,
            "how much is drain cleaning and are you open tomorrow?",
            ToolResult::Ok,
            "Yes, we do that. Drain cleaning (60 min, $129). On Tuesday, November 24 we are open 9 am to 5 pm.",
        ),
        (
            Language::En,
            "are you open tomorrow and where are you",
            ToolResult::NotFound,
            "On Tuesday, November 24 we are open 9 am to 5 pm. I do not have our address here",
        ),
        (
            Language::Fr,
            "c'est combien pour drain cleaning et êtes-vous ouverts demain",
            ToolResult::Ok,
            "Le mardi 24 novembre, nous sommes ouverts de 9 h à 17 h.",
        ),
        (
            Language::Es,
            "¿cuánto cuesta water heater y abren mañana?",
            ToolResult::Ok,
            "Sí, lo hacemos. Water heater (120 min, $349.50). El martes 24 de noviembre abrimos de 9 am a 5 pm.",
        ),
    ] {
        let answer = business_info(
            &without_address,
            &asked(topic),
            &asker(language, Medium::Text, monday_noon),
        );
        assert!(
            answer.message.contains(expected),
            "{topic:?}: {}",
            answer.message
        );
        assert_eq!(answer.result, result, "{topic:?}");
    }
}

#[test]
fn a_question_is_about_the_service_under_discussion_and_is_answered_to_be_heard() {
    let now = "2026-11-23T17:00:00Z";
    for (language, topic, expected) in [
        (
            Language::En,
            "how much is that",
            "Drain cleaning, 60 minutes, 129 dollars.",
        ),
        (
            Language::En,
            "how long does it take",
            "Drain cleaning, 60 minutes, 129 dollars.",
        ),
        (
            Language::Fr,
            "c'est combien",
            "Drain cleaning, 60 minutes, 129 dollars.",
        ),
        (
            Language::Fr,
            "ça prend combien de temps",
            "Drain cleaning, 60 minutes, 129 dollars.",
        ),
        (
            Language::Es,
            "¿cuánto cuesta?",
            "Drain cleaning, 60 minutos, 129 dólares.",
        ),
        (
            Language::Es,
            "¿cuánto tiempo tarda?",
            "Drain cleaning, 60 minutos, 129 dólares.",
        ),
    ] {
        let about = BusinessInfo {
            service: Some("Drain cleaning".into()),
            ..asked(topic)
        };
        let answer = business_info(&plumber(), &about, &asker(language, Medium::Voice, now));
        assert_eq!(answer.message, expected, "{topic}");
    }
}

#[test]
fn hours_are_told_for_now_for_a_day_and_for_the_week() {
    let monday_noon = "2026-11-23T17:00:00Z";
    let christmas_week = "2026-12-21T23:00:00Z";
    for (language, topic, now, expected) in [
        (
            Language::En,
            "hours",
            monday_noon,
            "We are open now, until 5 pm. Our hours: Monday to Friday, 9 am to 5 pm; Saturday, 10 am to 2 pm.",
        ),
        (
            Language::Fr,
            "hours",
            monday_noon,
            "Nous sommes ouverts en ce moment, jusqu'à 17 h. Nos heures : lundi au vendredi, de 9 h à 17 h; samedi, de 10 h à 14 h.",
        ),
        (
            Language::Es,
            "horario",
            monday_noon,
            "Estamos abiertos ahora, hasta las 5 pm. Nuestro horario: lunes a viernes, de 9 am a 5 pm; sábado, de 10 am a 2 pm.",
        ),
        (
            Language::En,
            "are you open tomorrow?",
            monday_noon,
            "On Tuesday, November 24 we are open 9 am to 5 pm.",
        ),
        (
            Language::Fr,
            "ouvert dimanche?",
            monday_noon,
            "Nous sommes fermés le dimanche 29 novembre.",
        ),
        (
            Language::En,
            "open now",
            christmas_week,
            "We are closed right now. We open tomorrow at 9 am.",
        ),
        (
            Language::Es,
            "abren hoy",
            "2026-12-24T15:00:00Z",
            "El jueves 24 de diciembre abrimos de 9 am a 12 pm.",
        ),
        (
            Language::En,
            "open on christmas day?",
            monday_noon,
            "We are closed on Friday, December 25 (Christmas Day).",
        ),
        (
            Language::En,
            "opening_hours",
            christmas_week,
            "We are closed right now. We open tomorrow at 9 am. Our hours: Monday to Friday, 9 am to 5 pm; Saturday, 10 am to 2 pm. We are closed on Friday, December 25 (Christmas Day).",
        ),
    ] {
        assert_eq!(spoken(topic, language, now), expected, "{topic:?}");
    }
}

#[test]
fn prices_services_and_the_address_are_told_in_the_callers_language() {
    let now = "2026-11-23T17:00:00Z";
    for (language, topic, expected) in [
        (
            Language::En,
            "how much is drain cleaning",
            "Yes, we do that. Drain cleaning (60 min, $129).",
        ),
        (
            Language::Fr,
            "prices",
            "Nos frais de base sont de 95 $, et de 180 $ pour une urgence. Nous offrons : Drain cleaning (60 min, 129 $); Water heater (120 min, 349,50 $).",
        ),
        (
            Language::Es,
            "que servicios ofrecen",
            "Ofrecemos: Drain cleaning (60 min, $129); Water heater (120 min, $349.50); Inspection (30 min).",
        ),
        (
            Language::En,
            "address",
            "Our address is 12 Main St, Montreal. More at plomberieroy.ca.",
        ),
        (
            Language::En,
            "inspection",
            "Yes, we do that. Inspection (30 min).",
        ),
    ] {
        assert_eq!(spoken(topic, language, now), expected, "{topic:?}");
    }
}

#[test]
fn what_the_business_has_not_told_us_is_not_invented() {
    let silent = Business {
        hours: vec![],
        closures: vec![],
        services: vec![],
        standard_fee: None,
        emergency_fee: None,
        address: None,
        website: None,
        ..plumber()
    };
    let now = "2026-11-23T17:00:00Z";
    for language in [Language::En, Language::Fr, Language::Es] {
        for topic in ["hours", "prices", "services", "address"] {
            let answer = business_info(&silent, &asked(topic), &asker(language, Medium::Text, now));
            assert_eq!(answer.result, ToolResult::NotFound, "{topic}");
            assert!(!answer.message.is_empty());
        }
    }
    let in_words = Business {
        schedule_summary: Some("By appointment only.".into()),
        ..silent
    };
    assert_eq!(
        business_info(
            &in_words,
            &BusinessInfo::default(),
            &asker(Language::En, Medium::Text, now)
        )
        .message,
        "By appointment only."
    );
}
