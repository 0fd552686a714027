//! Times and days as each language writes them.
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};

use super::language::Language;

/// `9 am`, `9:30 am` · `9 h`, `8 h 30` · `9 am`, `9:30 am`
pub fn time(language: Language, time: NaiveTime) -> String {
    let (is_afternoon, hour) = time.hour12();
    let minutes = if time.minute() == 0 {
        String::new()
    } else {
        format!(":{:02}", time.minute())
    };
    match (language, is_afternoon) {
        (Language::Fr, _) if time.minute() == 0 => format!("{} h", time.hour()),
        (Language::Fr, _) => format!("{} h {:02}", time.hour(), time.minute()),
        (Language::En | Language::Es, false) => format!("{hour}{minutes} am"),
        (Language::En | Language::Es, true) => format!("{hour}{minutes} pm"),
    }
}

/// The name of a weekday.
pub fn day(language: Language, weekday: Weekday) -> &'static str {
    let names = match language {
        Language::En => [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ],
        Language::Fr => [
            "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
        ],
        Language::Es => [
            "lunes",
            "martes",
            "miércoles",
            "jueves",
            "viernes",
            "sábado",
            "domingo",
        ],
    };
    names[weekday.num_days_from_monday() as usize]
}

/// `Tuesday, November 24` · `mardi 24 novembre` · `martes 24 de noviembre`.
pub fn date(language: Language, date: NaiveDate) -> String {
    let months = match language {
        Language::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Language::Fr => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        Language::Es => [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
    };
    let (weekday, month, number) = (
        day(language, date.weekday()),
        months[date.month0() as usize],
        date.day(),
    );
    match language {
        Language::En => format!("{weekday}, {month} {number}"),
        Language::Fr if number == 1 => format!("{weekday} 1er {month}"),
        Language::Fr => format!("{weekday} {number} {month}"),
        Language::Es => format!("{weekday} {number} de {month}"),
    }
}
