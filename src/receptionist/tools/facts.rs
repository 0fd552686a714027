//! `get_business_info` and `list_services`: what is known of the business, in sentences.
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc, Weekday};
use rust_decimal::Decimal;

use super::{ToolAnswer, ToolResult};
use crate::kernel::language::Language;
use crate::receptionist::business::Business;
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{Days, Phrase, money, say};
use crate::receptionist::understanding::days::{self, Asked};
use crate::receptionist::understanding::understand;

/// A general question about hours also hears of closures in the coming days.
const CLOSURES_TOLD_AHEAD_DAYS: i64 = 7;

/// `get_business_info`: the answer to a topic, which may be a word of a model's or a caller's own sentence.
/// `not_found` if the business has not told us; the sentence then offers what can be done instead.
pub fn business_info(
    business: &Business,
    topic: Option<&str>,
    language: Language,
    now: DateTime<Utc>,
) -> ToolAnswer {
    let topic = topic.unwrap_or_default();
    let facts = Facts {
        business,
        language,
        now,
    };
    match intent_of(topic, language) {
        Intent::Pricing => facts.prices(topic),
        Intent::Services => facts.services(topic),
        Intent::Location => facts.location(),
        Intent::Hours => facts.hours(topic),
        _ if business.service_in(topic).is_some() => facts.services(topic),
        _ if facts.is_about_hours(topic) => facts.hours(topic),
        _ => ToolAnswer::new(ToolResult::NotFound, facts.say(Phrase::FactUnknown)),
    }
}

/// `list_services`: all of them, with duration and price.
pub fn list_services(business: &Business, language: Language) -> ToolAnswer {
    match business.services.as_slice() {
        [] => ToolAnswer::new(ToolResult::NotFound, say(language, Phrase::ServicesUnknown)),
        services => ToolAnswer::new(ToolResult::Ok, say(language, Phrase::Services { services })),
    }
}

/// A model names topics in English, whatever the caller speaks.
fn intent_of(topic: &str, language: Language) -> Intent {
    match understand(topic, language).intent {
        Intent::Unknown => understand(topic, Language::En).intent,
        intent => intent,
    }
}

struct Facts<'a> {
    business: &'a Business,
    language: Language,
    now: DateTime<Utc>,
}

impl Facts<'_> {
    fn say(&self, phrase: Phrase<'_>) -> String {
        say(self.language, phrase)
    }

    /// Whether hours are all that such a topic can mean: nothing in particular, a day, a holiday.
    fn is_about_hours(&self, topic: &str) -> bool {
        let today = self.business.date_at(self.now);
        let said = plain(topic);
        [
            "",
            "general",
            "info",
            "information",
            "about",
            "business",
            "schedule",
        ]
        .contains(&said.as_str())
            || self.business.holiday_in(topic, today).is_some()
            || days::asked_in(topic, self.language, today).is_some()
            || days::asked_in(topic, Language::En, today).is_some()
    }

    fn hours(&self, topic: &str) -> ToolAnswer {
        let today = self.business.date_at(self.now);
        let named_holiday = self
            .business
            .holiday_in(topic, today)
            .map(|holiday| Asked::On(holiday.date));
        let asked = named_holiday
            .or_else(|| days::asked_in(topic, self.language, today))
            .or_else(|| days::asked_in(topic, Language::En, today));
        let is_known = match asked {
            Some(Asked::On(date)) => {
                !self.business.hours.is_empty() || self.business.holiday_on(date).is_some()
            }
            _ => !self.business.hours.is_empty(),
        };
        if !is_known {
            return match &self.business.schedule_summary {
                Some(summary) => ToolAnswer::new(ToolResult::Ok, summary.clone()),
                None => ToolAnswer::new(ToolResult::NotFound, self.say(Phrase::HoursUnknown)),
            };
        }
        let sentences = match asked {
            Some(Asked::On(date)) => vec![self.hours_on(date)],
            Some(Asked::Now) => self.state_now(),
            None => self
                .state_now()
                .into_iter()
                .chain([self.week()])
                .chain(self.closure_ahead(today))
                .collect(),
        };
        ToolAnswer::new(ToolResult::Ok, sentences.join(" "))
    }

    fn hours_on(&self, day: NaiveDate) -> String {
        let openings = self.business.openings_on(day);
        let spans: Vec<_> = openings
            .iter()
            .map(|opening| {
                (
                    self.business.time_at(opening.from),
                    self.business.time_at(opening.until),
                )
            })
            .collect();
        if spans.is_empty() {
            let holiday = self
                .business
                .holiday_on(day)
                .map(|holiday| holiday.name.as_str());
            return self.say(Phrase::ClosedOn { day, holiday });
        }
        self.say(Phrase::OpenOn { day, spans: &spans })
    }

    /// Open until when, or closed until when.
    fn state_now(&self) -> Vec<String> {
        if let Some(opening) = self.business.opening_at(self.now) {
            return vec![self.say(Phrase::OpenNow {
                until: self.business.time_at(opening.until),
            })];
        }
        let next = self.business.next_opening(self.now).map(|opening| {
            let day = self.business.date_at(opening.from);
            let is_tomorrow = self.business.date_at(self.now).succ_opt() == Some(day);
            self.say(Phrase::NextOpening {
                day,
                at: self.business.time_at(opening.from),
                is_tomorrow,
            })
        });
        [self.say(Phrase::ClosedNow)]
            .into_iter()
            .chain(next)
            .collect()
    }

    /// The week, with days of equal hours in one row.
    fn week(&self) -> String {
        let mut rows: Vec<(Days, Vec<(NaiveTime, NaiveTime)>)> = Vec::new();
        for weekday in (0..7).filter_map(|day| Weekday::try_from(day).ok()) {
            let spans = self.business.spans_of(weekday);
            match rows.last_mut() {
                _ if spans.is_empty() => {}
                Some((days, row)) if *row == spans && days.last.succ() == weekday => {
                    days.last = weekday
                }
                _ => rows.push((
                    Days {
                        first: weekday,
                        last: weekday,
                    },
                    spans,
                )),
            }
        }
        self.say(Phrase::Week { rows: &rows })
    }

    fn closure_ahead(&self, today: NaiveDate) -> Option<String> {
        let near =
            |date: NaiveDate| (0..=CLOSURES_TOLD_AHEAD_DAYS).contains(&(date - today).num_days());
        let is_missed = |date: NaiveDate| !self.business.spans_of(date.weekday()).is_empty();
        let closure = self
            .business
            .closures
            .iter()
            .filter(|holiday| holiday.is_closed && near(holiday.date) && is_missed(holiday.date))
            .min_by_key(|holiday| holiday.date)?;
        Some(self.say(Phrase::ClosedOn {
            day: closure.date,
            holiday: Some(&closure.name),
        }))
    }

    fn prices(&self, topic: &str) -> ToolAnswer {
        if let Some(service) = self
            .business
            .service_in(topic)
            .filter(|service| service.price.is_some())
        {
            return ToolAnswer::new(ToolResult::Ok, self.say(Phrase::OneService { service }));
        }
        let fee = |amount: Option<Decimal>| {
            amount.map(|amount| money(self.language, amount, &self.business.currency))
        };
        let (standard, emergency) = (
            fee(self.business.standard_fee),
            fee(self.business.emergency_fee),
        );
        let fees = (standard.is_some() || emergency.is_some()).then(|| {
            self.say(Phrase::Fees {
                standard: standard.as_deref(),
                emergency: emergency.as_deref(),
            })
        });
        let priced: Vec<_> = self
            .business
            .services
            .iter()
            .filter(|service| service.price.is_some())
            .cloned()
            .collect();
        let services =
            (!priced.is_empty()).then(|| self.say(Phrase::Services { services: &priced }));
        let sentences: Vec<_> = [fees, services].into_iter().flatten().collect();
        match sentences.as_slice() {
            [] => ToolAnswer::new(ToolResult::NotFound, self.say(Phrase::PricesUnknown)),
            sentences => ToolAnswer::new(ToolResult::Ok, sentences.join(" ")),
        }
    }

    fn services(&self, topic: &str) -> ToolAnswer {
        match self.business.service_in(topic) {
            Some(service) => {
                ToolAnswer::new(ToolResult::Ok, self.say(Phrase::OneService { service }))
            }
            None => list_services(self.business, self.language),
        }
    }

    fn location(&self) -> ToolAnswer {
        let address = self
            .business
            .address
            .as_deref()
            .map(|address| self.say(Phrase::Address { address }));
        let website = self
            .business
            .website
            .as_deref()
            .map(|website| self.say(Phrase::Website { website }));
        let sentences: Vec<_> = [address, website].into_iter().flatten().collect();
        match sentences.as_slice() {
            [] => ToolAnswer::new(ToolResult::NotFound, self.say(Phrase::AddressUnknown)),
            sentences => ToolAnswer::new(ToolResult::Ok, sentences.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receptionist::sample::plumber;

    fn spoken(topic: &str, language: Language, now: &str) -> String {
        business_info(&plumber(), Some(topic), language, now.parse().unwrap()).message
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
        let now = "2026-11-23T17:00:00Z".parse().unwrap();
        for language in [Language::En, Language::Fr, Language::Es] {
            for topic in ["hours", "prices", "services", "address"] {
                let answer = business_info(&silent, Some(topic), language, now);
                assert_eq!(answer.result, ToolResult::NotFound, "{topic}");
                assert!(!answer.message.is_empty());
            }
        }
        let in_words = Business {
            schedule_summary: Some("By appointment only.".into()),
            ..silent
        };
        assert_eq!(
            business_info(&in_words, None, Language::En, now).message,
            "By appointment only."
        );
    }
}
