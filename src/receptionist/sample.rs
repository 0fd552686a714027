//! A business to test with.
use chrono::{NaiveDate, NaiveTime, Weekday};
use rust_decimal::Decimal;

use super::business::{Business, Holiday, OpeningHours, Service};
use crate::kernel::language::Language;

/// A plumber in Montreal: weekdays nine to five, Saturdays ten to two, closed at Christmas, early on the 24th.
pub(crate) fn plumber() -> Business {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let date = |day| NaiveDate::from_ymd_opt(2026, 12, day).unwrap();
    let weekdays = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
    ];
    let mut hours: Vec<_> = weekdays
        .map(|weekday| OpeningHours {
            weekday,
            opens: time(9),
            closes: time(17),
        })
        .into();
    hours.push(OpeningHours {
        weekday: Weekday::Sat,
        opens: time(10),
        closes: time(14),
    });
    let service = |name: &str, minutes, price| Service {
        id: uuid::Uuid::nil(),
        name: name.into(),
        duration_minutes: Some(minutes),
        price,
        currency: "CAD".into(),
    };
    Business {
        name: "Plomberie Roy".into(),
        visits_customers: true,
        greeting: None,
        tone: None,
        language: Language::En,
        zone: chrono_tz::America::Toronto,
        hours,
        closures: vec![
            Holiday {
                date: date(24),
                name: "Christmas Eve".into(),
                is_closed: false,
                opens: Some(time(9)),
                closes: Some(time(12)),
            },
            Holiday {
                date: date(25),
                name: "Christmas Day".into(),
                is_closed: true,
                opens: None,
                closes: None,
            },
        ],
        services: vec![
            service("Drain cleaning", 60, Some(Decimal::new(12900, 2))),
            service("Water heater", 120, Some(Decimal::new(34950, 2))),
            service("Inspection", 30, None),
        ],
        transfer_number: None,
        standard_fee: Some(Decimal::from(95)),
        emergency_fee: Some(Decimal::from(180)),
        currency: "CAD".into(),
        schedule_summary: None,
        address: Some("12 Main St, Montreal".into()),
        website: Some("plomberieroy.ca".into()),
        booking_link: None,
        is_booking_enabled: true,
    }
}
