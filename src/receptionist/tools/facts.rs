//! `get_business_info` and `list_services`: what is known of the business, in sentences.
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc, Weekday};
use rust_decimal::Decimal;

use super::arguments::BusinessInfo;
use super::{ToolAnswer, ToolResult};
use crate::kernel::language::Language;
use crate::receptionist::business::{Business, Service};
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;
use crate::receptionist::say::{self, Days, Phrase, money, say, spoken_money};
use crate::receptionist::services::asks_for_all_services;
use crate::receptionist::telling::telling_words;
use crate::receptionist::turn::Medium;
use crate::receptionist::understanding::days::{self, Asked};
use crate::receptionist::understanding::understand;

/// A general question about hours also hears of closures in the coming days.
const CLOSURES_TOLD_AHEAD_DAYS: i64 = 7;

/// Who wants to know it, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    pub language: Language,
    pub medium: Medium,
    pub now: DateTime<Utc>,
}

/// `get_business_info`: the answer to a topic, which may be a word of a model's or a caller's own sentence, and to each
/// of several questions in it. `not_found` if the business has not told us; the sentence then offers what can be done
/// instead.
pub fn business_info(business: &Business, asked: &BusinessInfo, asker: &Asker) -> ToolAnswer {
    let topic = asked.topic.as_deref().unwrap_or_default();
    let about = asked.service.as_deref();
    let facts = Facts {
        business,
        language: asker.language,
        medium: asker.medium,
        now: asker.now,
        about: about.and_then(|name| business.service_in(name)),
    };
    let questions = facts.questions_in(topic);
    if questions.len() < 2 {
        return facts.answer(topic);
    }
    let answers = questions.into_iter().map(|question| facts.answer(question));
    let (known, unknown): (Vec<_>, Vec<_>) =
        answers.partition(|answer| answer.result == ToolResult::Ok);
    // What we know first: the sentence of what we do not know ends with a question.
    let unknown = unknown.into_iter().take(1);
    let answers: Vec<_> = known.into_iter().chain(unknown).collect();
    let told: Vec<_> = answers
        .iter()
        .map(|answer| answer.message.as_str())
        .collect();
    let last = answers.last().map(|answer| answer.result);
    ToolAnswer::new(last.unwrap_or(ToolResult::NotFound), told.join(" "))
}

/// `list_services`: all of them, with duration and price; to somebody who listens the first ones.
pub fn list_services(business: &Business, medium: Medium, language: Language) -> ToolAnswer {
    match business.services.as_slice() {
        [] => ToolAnswer::new(ToolResult::NotFound, say(language, Phrase::ServicesUnknown)),
        services => ToolAnswer::new(
            ToolResult::Ok,
            say(language, Phrase::Services { services, medium }),
        ),
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
    medium: Medium,
    now: DateTime<Utc>,
    /// The service under discussion, where the question names none.
    about: Option<&'a Service>,
}

impl Facts<'_> {
    fn answer(&self, topic: &str) -> ToolAnswer {
        if asks_how_long(topic)
            && let Some(service) = self.service_meant(topic)
        {
            return self.one(service);
        }
        match intent_of(topic, self.language) {
            Intent::Pricing => self.prices(topic),
            Intent::Services => self.services(topic),
            Intent::Location if !asks_for_theirs(topic) => self.location(topic),
            Intent::Hours => self.hours(topic),
            _ if self.business.service_in(topic).is_some() => self.services(topic),
            _ if self.is_about_hours(topic) => self.hours(topic),
            _ => self.unknown(Phrase::FactUnknown),
        }
    }

    fn unknown(&self, phrase: Phrase<'_>) -> ToolAnswer {
        ToolAnswer::new(ToolResult::NotFound, self.say(phrase))
    }

    /// The parts of an utterance that each ask for another fact.
    fn questions_in<'t>(&self, topic: &'t str) -> Vec<&'t str> {
        let mut kinds = Vec::new();
        let mut questions = Vec::new();
        for part in parts(topic) {
            let kind = intent_of(part, self.language);
            let is_fact = matches!(kind, Intent::Pricing | Intent::Hours | Intent::Location);
            if is_fact && !kinds.contains(&kind) {
                kinds.push(kind);
                questions.push(part);
            }
        }
        questions
    }

    /// The service that is named, else the one under discussion.
    fn service_meant(&self, topic: &str) -> Option<&Service> {
        self.business.service_in(topic).or(self.about)
    }

    fn one(&self, service: &Service) -> ToolAnswer {
        let medium = self.medium;
        ToolAnswer::new(
            ToolResult::Ok,
            self.say(Phrase::ServiceFacts { service, medium }),
        )
    }

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
        let medium = self.medium;
        if let Some(service) = self
            .service_meant(topic)
            .filter(|service| service.price.is_some())
        {
            let is_named = self.business.service_named_in(topic).is_some();
            return match is_named {
                true => ToolAnswer::new(
                    ToolResult::Ok,
                    self.say(Phrase::OneService { service, medium }),
                ),
                false => self.one(service),
            };
        }
        let near = self.business.services_near(topic);
        let is_meant = |service: &&Service| {
            near.is_empty()
                || near
                    .iter()
                    .any(|one| one.id == service.id && one.name == service.name)
        };
        let fee = |amount: Option<Decimal>| {
            let currency = &self.business.currency;
            amount.map(|amount| match medium {
                Medium::Text => money(self.language, amount, currency),
                Medium::Voice => spoken_money(self.language, amount, currency),
            })
        };
        let (standard, emergency) = (
            fee(self.business.standard_fee),
            fee(self.business.emergency_fee),
        );
        let has_fees = near.is_empty() && (standard.is_some() || emergency.is_some());
        let fees = has_fees.then(|| {
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
            .filter(is_meant)
            .cloned()
            .collect();
        let services = &priced;
        let services =
            (!priced.is_empty()).then(|| self.say(Phrase::Services { services, medium }));
        let sentences: Vec<_> = [fees, services].into_iter().flatten().collect();
        match sentences.as_slice() {
            [] => ToolAnswer::new(ToolResult::NotFound, self.say(Phrase::PricesUnknown)),
            sentences => ToolAnswer::new(ToolResult::Ok, sentences.join(" ")),
        }
    }

    fn services(&self, topic: &str) -> ToolAnswer {
        let (business, medium) = (self.business, self.medium);
        if let Some(service) = business.service_named_in(topic) {
            let phrase = Phrase::OneService { service, medium };
            return ToolAnswer::new(ToolResult::Ok, self.say(phrase));
        }
        if business.services.is_empty() || asks_for_all_services(topic) {
            return list_services(business, medium, self.language);
        }
        let asks_for_work = asks_for_work(topic);
        let near: Vec<_> = match asks_for_work {
            true => business.services_about(topic),
            false => business
                .service_in(topic)
                .filter(|_| is_bare(topic))
                .into_iter()
                .collect(),
        };
        let near: Vec<Service> = near.into_iter().cloned().collect();
        match near.as_slice() {
            [] if asks_for_work => self.unknown(Phrase::NotOnList),
            [] => self.unknown(Phrase::FactUnknown),
            services => ToolAnswer::new(
                ToolResult::Ok,
                self.say(Phrase::Services { services, medium }),
            ),
        }
    }

    fn location(&self, topic: &str) -> ToolAnswer {
        let address = self
            .business
            .address
            .as_deref()
            .map(|address| self.say(Phrase::Address { address }));
        let website = self.business.website.as_deref().map(|website| {
            let website = say::website(website, self.medium);
            self.say(Phrase::Website { website: &website })
        });
        // A website is no answer to "where are you".
        if address.is_none() && (website.is_none() || !asks_for_website(topic)) {
            return self.unknown(Phrase::AddressUnknown);
        }
        let sentences: Vec<_> = [address, website].into_iter().flatten().collect();
        ToolAnswer::new(ToolResult::Ok, sentences.join(" "))
    }
}

/// An utterance where it may go on to something else.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let sentences = text.split(['?', ';', '!', ',']);
    let parts = sentences.flat_map(|sentence| {
        JOINTS.iter().fold(vec![sentence], |parts, joint| {
            parts
                .into_iter()
                .flat_map(|part| part.split(joint))
                .collect()
        })
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

const JOINTS: &[&str] = &[" and ", " et ", " y ", " & ", " And ", " Et ", " Y "];

fn has_one(topic: &str, phrases: &[&str]) -> bool {
    let said = format!(" {} ", plain(topic));
    phrases
        .iter()
        .any(|phrase| said.contains(&format!(" {phrase} ")))
}

fn asks_how_long(topic: &str) -> bool {
    has_one(
        topic,
        &[
            "how long",
            "how much time",
            "duration",
            "combien de temps",
            "ca dure",
            "dure",
            "duree",
            "cuanto tiempo",
            "cuanto dura",
            "cuanto tarda",
            "cuanto se tarda",
            "duracion",
            "demora",
        ],
    )
}

/// Their own address, not the business's.
fn asks_for_theirs(topic: &str) -> bool {
    has_one(topic, &["my address", "mon adresse", "mi direccion"])
}

fn asks_for_website(topic: &str) -> bool {
    has_one(
        topic,
        &[
            "website", "web", "site", "internet", "online", "en ligne", "pagina", "sitio",
            "en linea",
        ],
    )
}

/// Whether they ask if some kind of work is done, and not for anything else that a business may have or accept.
fn asks_for_work(topic: &str) -> bool {
    has_one(
        topic,
        &[
            "you do",
            "guys do",
            "u do",
            "yall do",
            "fix",
            "repair",
            "install",
            "clean",
            "handle",
            "work on",
            "offer",
            "provide",
            "service",
            "services",
            "replace",
            "faites",
            "faire",
            "reparez",
            "reparer",
            "installez",
            "installer",
            "nettoyez",
            "nettoyer",
            "offrez",
            "occupez",
            "remplacez",
            "remplacer",
            "hacen",
            "hacer",
            "reparan",
            "reparar",
            "instalan",
            "instalar",
            "limpian",
            "limpiar",
            "arreglan",
            "arreglar",
            "ofrecen",
            "destapan",
            "destapar",
            "manejan",
        ],
    )
}

/// Nothing but the name of something, or a part of it.
fn is_bare(topic: &str) -> bool {
    telling_words(topic).len() <= MOST_BARE_WORDS
}

const MOST_BARE_WORDS: usize = 2;
