//! What a text about an appointment says.
use chrono::DateTime;
use chrono_tz::Tz;

use crate::{
    kernel::{
        language::Language,
        wording::{date, time},
    },
    scheduling::model::NoticeKind,
};

/// Everything that such a text says.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub business_name: &'a str,
    /// On the business's clocks: that is where the person goes.
    pub starts_at: DateTime<Tz>,
    pub service: Option<&'a str>,
    pub code: &'a str,
    pub link: &'a str,
    /// It had another start before.
    pub was_moved: bool,
}

/// The text. It asks for no answer: carriers take some words for an opt-out.
pub fn text(kind: NoticeKind, language: Language, facts: &Facts<'_>) -> String {
    let Facts {
        business_name,
        starts_at,
        code,
        link,
        ..
    } = facts;
    let day = date(language, starts_at.date_naive());
    let at = time(language, starts_at.time());
    let service = facts.service.map(|name| format!(" ({name})"));
    let service = service.unwrap_or_default();
    let is_reminder = kind != NoticeKind::Confirmation;
    match language {
        Language::En => {
            let begin = match (is_reminder, facts.was_moved) {
                (true, _) => "a reminder of your appointment",
                (false, true) => "your appointment is now on",
                (false, false) => "your appointment is booked for",
            };
            let on = if is_reminder { " on" } else { "" };
            format!(
                "{business_name}: {begin}{on} {day} at {at}{service}. Your code: {code}. Calendar: {link}"
            )
        }
        Language::Fr => {
            let begin = match (is_reminder, facts.was_moved) {
                (true, _) => "rappel de votre rendez-vous le",
                (false, true) => "votre rendez-vous est maintenant le",
                (false, false) => "votre rendez-vous est pris pour le",
            };
            format!(
                "{business_name} : {begin} {day} à {at}{service}. Votre code : {code}. Calendrier : {link}"
            )
        }
        Language::Es => {
            let begin = match (is_reminder, facts.was_moved) {
                (true, _) => "le recordamos su cita el",
                (false, true) => "su cita es ahora el",
                (false, false) => "su cita queda reservada para el",
            };
            format!(
                "{business_name}: {begin} {day}, {at}{service}. Su código: {code}. Calendario: {link}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn facts() -> Facts<'static> {
        Facts {
            business_name: "Northern Heating",
            starts_at: chrono_tz::America::Toronto
                .with_ymd_and_hms(2026, 11, 24, 14, 30, 0)
                .unwrap(),
            service: Some("Furnace repair"),
            code: "AFH234",
            link: "https://r.example/ics/x.ics",
            was_moved: false,
        }
    }

    #[test]
    fn a_text_says_who_when_what_and_by_which_code_in_the_persons_language() {
        let say = |kind, language| text(kind, language, &facts());
        assert_eq!(
            say(NoticeKind::Confirmation, Language::En),
            "Northern Heating: your appointment is booked for Tuesday, November 24 at 2:30 pm (Furnace repair). Your \
             code: AFH234. Calendar: https://r.example/ics/x.ics"
        );
        assert_eq!(
            say(NoticeKind::DayBefore, Language::Fr),
            "Northern Heating : rappel de votre rendez-vous le mardi 24 novembre à 14 h 30 (Furnace repair). Votre \
             code : AFH234. Calendrier : https://r.example/ics/x.ics"
        );
        assert_eq!(
            say(NoticeKind::HoursBefore, Language::Es),
            "Northern Heating: le recordamos su cita el martes 24 de noviembre, 2:30 pm (Furnace repair). Su código: \
             AFH234. Calendario: https://r.example/ics/x.ics"
        );
        let moved = Facts {
            was_moved: true,
            ..facts()
        };
        let text = text(NoticeKind::Confirmation, Language::En, &moved);
        assert!(text.contains("is now on Tuesday, November 24 at 2:30 pm"));
    }
}
