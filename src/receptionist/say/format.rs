//! Times, days and money as each language writes them.
use chrono::{NaiveDateTime, NaiveTime, Timelike, Weekday};
use rust_decimal::Decimal;

use crate::kernel::language::Language;
use crate::receptionist::business::Service;
use crate::receptionist::turn::Medium;

pub(super) use crate::kernel::wording::time;
pub use crate::kernel::wording::{date, day};

/// One weekday, or several in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: Weekday,
    pub last: Weekday,
}

/// A clock time with its Spanish article: `la 1 pm`, `las 2 pm`.
pub(super) fn spanish_time(at: NaiveTime) -> String {
    let article = if at.hour12().1 == 1 { "la" } else { "las" };
    format!("{article} {}", time(Language::Es, at))
}

/// A clock time as it is spoken: `2:30 p.m.` · `14 h 30` · `las 2:30 de la tarde`.
pub fn clock(language: Language, at: NaiveTime) -> String {
    let (is_afternoon, hour) = at.hour12();
    let minutes = match at.minute() {
        0 => String::new(),
        minutes => format!(":{minutes:02}"),
    };
    match language {
        Language::Fr => time(language, at),
        Language::En if at == NOON => "noon".to_owned(),
        Language::En if is_afternoon => format!("{hour}{minutes} p.m."),
        Language::En => format!("{hour}{minutes} a.m."),
        Language::Es => {
            let article = if hour == 1 { "la" } else { "las" };
            let half = match at.hour() {
                0..12 => "de la mañana",
                12 if at.minute() == 0 => "del mediodía",
                12..19 => "de la tarde",
                _ => "de la noche",
            };
            format!("{article} {hour}{minutes} {half}")
        }
    }
}

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).expect("a time of day");

/// A day and its time, in the middle of a sentence: `Tuesday, November 24 at 2:30 p.m.` · `mardi 24 novembre à
/// 14 h 30` · `martes 24 de noviembre a las 2:30 de la tarde`.
pub fn moment(language: Language, at: NaiveDateTime) -> String {
    let (day, time) = (date(language, at.date()), clock(language, at.time()));
    let before = match language {
        Language::En => "at",
        Language::Fr => "à",
        Language::Es => "a",
    };
    format!("{day} {before} {time}")
}

/// Spans of one day: `9 am to 12 pm and 1 pm to 5 pm`.
pub(super) fn spans(language: Language, spans: &[(NaiveTime, NaiveTime)]) -> String {
    let spoken = spans.iter().map(|(opens, closes)| {
        let (opens, closes) = (time(language, *opens), time(language, *closes));
        match language {
            Language::En => format!("{opens} to {closes}"),
            Language::Fr => format!("de {opens} à {closes}"),
            Language::Es => format!("de {opens} a {closes}"),
        }
    });
    list(language, &spoken.collect::<Vec<_>>())
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(language: Language, items: &[String]) -> String {
    let and = match language {
        Language::En => "and",
        Language::Fr => "et",
        Language::Es => "y",
    };
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

/// `Monday to Friday`, `Saturday`.
pub(super) fn days(language: Language, days: Days) -> String {
    let (first, last) = (day(language, days.first), day(language, days.last));
    match language {
        _ if days.first == days.last => first.to_owned(),
        Language::En => format!("{first} to {last}"),
        Language::Fr => format!("{first} au {last}"),
        Language::Es => format!("{first} a {last}"),
    }
}

/// `Monday to Friday, 9 am to 5 pm; Saturday, 10 am to 2 pm`.
pub(super) fn week(language: Language, rows: &[(Days, Vec<(NaiveTime, NaiveTime)>)]) -> String {
    rows.iter()
        .map(|(row, hours)| format!("{}, {}", days(language, *row), spans(language, hours)))
        .collect::<Vec<_>>()
        .join("; ")
}

/// As many services are told at once to somebody who can only listen.
const MOST_HEARD: usize = 3;

/// `Drain cleaning (60 min, $129)`; for the ear `Drain cleaning, 60 minutes, 129 dollars`.
pub(super) fn service(language: Language, service: &Service, medium: Medium) -> String {
    let duration = service.duration_minutes;
    let price = service.price;
    let details: Vec<String> = match medium {
        Medium::Text => [
            duration.map(|minutes| format!("{minutes} min")),
            price.map(|price| money(language, price, &service.currency)),
        ],
        Medium::Voice => [
            duration.map(|minutes| {
                format!(
                    "{minutes} minut{}",
                    if language == Language::Es { "os" } else { "es" }
                )
            }),
            price.map(|price| spoken_money(language, price, &service.currency)),
        ],
    }
    .into_iter()
    .flatten()
    .collect();
    match (details.as_slice(), medium) {
        ([], _) => service.name.clone(),
        (details, Medium::Text) => format!("{} ({})", service.name, details.join(", ")),
        (details, Medium::Voice) => format!("{}, {}", service.name, details.join(", ")),
    }
}

/// The services one after the other, as sentences end; of many the first ones to somebody who listens.
pub(super) fn services(language: Language, services: &[Service], medium: Medium) -> String {
    let told = match medium {
        Medium::Text => services,
        Medium::Voice => &services[..services.len().min(MOST_HEARD)],
    };
    let told_all = told.len() == services.len();
    let told: Vec<String> = told
        .iter()
        .map(|one| service(language, one, medium))
        .collect();
    let told = sentence(told.join("; "));
    let more = match language {
        _ if told_all => return told,
        Language::En => "There is more: which one would you like to know about?",
        Language::Fr => "Il y en a d'autres : lequel vous intéresse?",
        Language::Es => "Hay más: ¿cuál le interesa?",
    };
    format!("{told} {more}")
}

/// With the full stop that it may have already.
pub(super) fn sentence(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// A number to call: for the ear its digits in groups, without the country's.
pub fn phone(number: &str, medium: Medium) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    match (medium, digits.as_slice()) {
        (Medium::Voice, ['1', local @ ..]) if local.len() == 10 => {
            let group = |digits: &[char]| {
                let digits: Vec<String> = digits.iter().map(char::to_string).collect();
                digits.join(" ")
            };
            [&local[..3], &local[3..6], &local[6..]]
                .map(group)
                .join(", ")
        }
        _ => number.to_owned(),
    }
}

/// An address on the web, for the ear without what nobody says.
pub fn website(address: &str, medium: Medium) -> String {
    match medium {
        Medium::Text => address.to_owned(),
        Medium::Voice => {
            let bare = address
                .trim_start_matches("https://")
                .trim_start_matches("http://");
            bare.trim_start_matches("www.")
                .trim_end_matches('/')
                .to_owned()
        }
    }
}

/// `129 dollars`, `349 dollars and 50 cents`.
pub fn spoken_money(language: Language, amount: Decimal, currency: &str) -> String {
    if !matches!(currency.to_ascii_uppercase().as_str(), "CAD" | "USD" | "") {
        return money(language, amount, currency);
    }
    let dollars = if language == Language::Es {
        "dólares"
    } else {
        "dollars"
    };
    let cents = (amount.fract() * Decimal::from(100)).round().normalize();
    let whole = amount.trunc().normalize();
    match language {
        _ if cents.is_zero() => format!("{whole} {dollars}"),
        Language::En => format!("{whole} {dollars} and {cents} cents"),
        Language::Fr => format!("{whole} {dollars} {cents}"),
        Language::Es => format!("{whole} {dollars} con {cents} centavos"),
    }
}

/// `$129` · `129 $` · `$129`; cents only where there are some. Money that is not dollars carries its code.
pub fn money(language: Language, amount: Decimal, currency: &str) -> String {
    let whole = amount.fract().is_zero();
    let number = format!("{:.*}", if whole { 0 } else { 2 }, amount);
    let number = if language == Language::Fr {
        number.replace('.', ",")
    } else {
        number
    };
    match (currency.to_ascii_uppercase().as_str(), language) {
        ("CAD" | "USD" | "", Language::Fr) => format!("{number} $"),
        ("CAD" | "USD" | "", _) => format!("${number}"),
        (code, _) => format!("{number} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn what_is_heard_is_said_in_words() {
        let one = crate::receptionist::sample::plumber().services[1].clone();
        for (language, heard, read) in [
            (
                Language::En,
                "Water heater, 120 minutes, 349 dollars and 50 cents",
                "Water heater (120 min, $349.50)",
            ),
            (
                Language::Fr,
                "Water heater, 120 minutes, 349 dollars 50",
                "Water heater (120 min, 349,50 $)",
            ),
            (
                Language::Es,
                "Water heater, 120 minutos, 349 dólares con 50 centavos",
                "Water heater (120 min, $349.50)",
            ),
        ] {
            assert_eq!(service(language, &one, Medium::Voice), heard);
            assert_eq!(service(language, &one, Medium::Text), read);
        }
        let many: Vec<Service> = vec![one; 4];
        let heard = services(Language::Es, &many, Medium::Voice);
        assert_eq!(heard.matches("Water heater").count(), 3, "{heard}");
        assert!(heard.ends_with("Hay más: ¿cuál le interesa?"), "{heard}");
        assert_eq!(
            phone("+12045550111", Medium::Voice),
            "2 0 4, 5 5 5, 0 1 1 1"
        );
        assert_eq!(phone("+12045550111", Medium::Text), "+12045550111");
        assert_eq!(
            website("https://www.demohvac.example/", Medium::Voice),
            "demohvac.example"
        );
    }

    #[test]
    fn money_times_and_dates_are_written_as_people_of_the_language_write_them() {
        let evening = NaiveTime::from_hms_opt(20, 30, 0).unwrap();
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
        let first = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        for (language, price, cents, late, midday, date_text) in [
            (
                Language::En,
                "$129",
                "$349.50",
                "8:30 pm",
                "12 pm",
                "Tuesday, December 1",
            ),
            (
                Language::Fr,
                "129 $",
                "349,50 $",
                "20 h 30",
                "12 h",
                "mardi 1er décembre",
            ),
            (
                Language::Es,
                "$129",
                "$349.50",
                "8:30 pm",
                "12 pm",
                "martes 1 de diciembre",
            ),
        ] {
            assert_eq!(money(language, Decimal::new(12900, 2), "CAD"), price);
            assert_eq!(money(language, Decimal::new(3495, 1), "cad"), cents);
            assert_eq!(money(language, Decimal::from(5), "EUR"), "5 EUR");
            assert_eq!(
                (time(language, evening), time(language, noon)),
                (late.to_owned(), midday.to_owned())
            );
            assert_eq!(date(language, first), date_text);
        }
    }
}
