//! Where the scripts are played: a conversation kept between turns, with tools that need no database and a calendar
//! that is a list.
use chrono::{DateTime, Days, TimeDelta, TimeZone, Utc};

use super::super::{DialogueState, Input, Step, advance};
use crate::kernel::language::Language;
use crate::receptionist::business::Business;
use crate::receptionist::sample::plumber;
use crate::receptionist::say::{Booking, moment, say};
use crate::receptionist::tools::answers::Told;
use crate::receptionist::tools::arguments::{
    BookAppointment, BusinessInfo, CancelAppointment, CheckAvailability, FindAppointment,
    RescheduleAppointment, SendText, TakeMessage,
};
use crate::receptionist::tools::wanted::{self, Unclear};
use crate::receptionist::tools::{
    OfferedSlot, OwnAppointment, ToolAnswer, ToolCall, ToolName, ToolResult, answers,
};
use crate::receptionist::turn::{Heard, Medium, Reply, Turn};

/// The code of everything that is booked here.
pub(super) const CODE: &str = "AFH234";

/// A conversation with tools that work, except where a test says otherwise.
pub(super) struct Conversation {
    pub(super) business: Business,
    pub(super) language: Language,
    pub(super) medium: Medium,
    pub(super) state: DialogueState,
    pub(super) is_staff_there: bool,
    /// The number they call from is withheld.
    pub(super) is_anonymous: bool,
    pub(super) taken: Vec<TakeMessage>,
    /// The kinds of texts that were sent to them.
    pub(super) texted: Vec<String>,
    /// What was asked of the calendar.
    pub(super) orders: Vec<BookAppointment>,
    /// What was asked to be free.
    pub(super) checks: Vec<CheckAvailability>,
    /// What is booked, by whom.
    pub(super) booked: Vec<(DateTime<Utc>, String)>,
    /// Somebody else takes each of these at the moment at which it is booked.
    pub(super) is_raced: Vec<DateTime<Utc>>,
    /// Offers have run out by the time of the answer.
    pub(super) are_tokens_over: bool,
    /// Their own appointments.
    pub(super) own: Vec<OwnAppointment>,
}

impl Conversation {
    pub(super) fn new(language: Language) -> Self {
        Self {
            business: plumber(),
            language,
            medium: Medium::Text,
            state: DialogueState::default(),
            is_staff_there: true,
            is_anonymous: false,
            taken: Vec::new(),
            texted: Vec::new(),
            orders: Vec::new(),
            checks: Vec::new(),
            booked: Vec::new(),
            is_raced: Vec::new(),
            are_tokens_over: false,
            own: Vec::new(),
        }
    }

    pub(super) fn call(language: Language) -> Self {
        Self {
            medium: Medium::Voice,
            ..Self::new(language)
        }
    }

    /// They have an appointment already.
    pub(super) fn has(&mut self, local: &str) {
        self.has_for(local, CODE, None);
    }

    pub(super) fn has_for(&mut self, local: &str, code: &str, service: Option<&str>) {
        self.own.push(OwnAppointment {
            confirmation_code: code.to_owned(),
            start: at(local),
            service: service.map(str::to_owned),
            spoken: local.to_owned(),
        });
    }

    pub(super) fn hear(&mut self, heard: Heard) -> Reply {
        self.turn(Turn {
            heard,
            medium: self.medium,
            language: self.language,
            intent: None,
            now: monday_noon(),
            has_media: false,
        })
    }

    pub(super) fn text(&mut self, text: &str) -> Reply {
        self.hear(Heard::Text(text.into()))
    }

    pub(super) fn turn(&mut self, turn: Turn) -> Reply {
        // Kept and restored between turns, as in a database.
        self.state = DialogueState::restore(&serde_json::to_value(&self.state).unwrap());
        let mut step = advance(&self.business, &mut self.state, Input::Turn(&turn));
        while let Step::Call(call) = step {
            let answer = self.run(&call);
            step = advance(
                &self.business,
                &mut self.state,
                Input::ToolAnswered(&call, &answer),
            );
        }
        let Step::Say(reply) = step else {
            unreachable!("the loop ends with words")
        };
        assert!(!reply.text.trim().is_empty());
        reply
    }

    fn run(&mut self, call: &ToolCall) -> ToolAnswer {
        let language = self.state.language.unwrap();
        match call.name {
            ToolName::GetBusinessInfo => {
                let asked: BusinessInfo = call.arguments().unwrap();
                let asker = answers::Asker {
                    language,
                    medium: self.medium,
                    now: monday_noon(),
                };
                answers::business_info(&self.business, &asked, &asker)
            }
            ToolName::ListServices => answers::list_services(&self.business, self.medium, language),
            ToolName::TakeMessage => {
                let message: TakeMessage = call.arguments().unwrap();
                let category = message.category;
                self.taken.push(message);
                answers::message_taken(&self.business, category, language)
            }
            ToolName::TransferCall if self.is_staff_there => {
                answers::transferring(&self.business, self.medium, language)
            }
            ToolName::TransferCall => answers::no_one_to_transfer_to(language),
            ToolName::OptOut => answers::opted_out(&self.business, language),
            ToolName::CheckCalendarAvailability => self.check(call, language),
            ToolName::BookAppointment => self.book(call, language),
            ToolName::FindAppointment => self.find(call, language),
            ToolName::RescheduleAppointment => self.reschedule(call, language),
            ToolName::CancelAppointment => self.cancel(call, language),
            ToolName::SendText => {
                let asked: SendText = call.arguments().unwrap();
                self.texted.push(asked.kind);
                ToolAnswer::new(ToolResult::Sent, say(language, Booking::TextSent.into()))
            }
        }
    }

    fn check(&mut self, call: &ToolCall, language: Language) -> ToolAnswer {
        let asked: CheckAvailability = call.arguments().unwrap();
        self.checks.push(asked.clone());
        let wanted = match wanted::wanted(&asked, &self.business, language, monday_noon()) {
            Ok(wanted) => wanted,
            Err(Unclear::InThePast) => {
                return ToolAnswer::new(
                    ToolResult::InThePast,
                    say(language, Booking::InThePast.into()),
                );
            }
            Err(unclear) => panic!("{asked:?} was not clear: {unclear:?}"),
        };
        let local = |slot: &OfferedSlot| self.business.local(slot.start);
        let all = self.free();
        let within: Vec<_> = all
            .iter()
            .filter(|slot| (wanted.from..wanted.until).contains(&local(slot)))
            .cloned()
            .collect();
        answers::free(&self.business, language, &wanted, &within).unwrap_or_else(|| {
            let around = all
                .into_iter()
                .filter(|slot| local(slot).date() >= wanted.from.date());
            answers::instead(&self.business, language, &wanted, around.collect())
        })
    }

    /// Every half hour of the opening hours of three weeks, without what is booked.
    fn free(&self) -> Vec<OfferedSlot> {
        let today = self.business.date_at(monday_noon());
        let days = (0..21).map(|ahead| today + Days::new(ahead));
        let starts = days
            .flat_map(|day| self.business.openings_on(day))
            .flat_map(|opening| {
                let halves = (opening.until - opening.from).num_minutes() / 30;
                (0..halves).map(move |half| opening.from + TimeDelta::minutes(30 * half))
            });
        starts
            .filter(|start| *start > monday_noon() && self.booked.iter().all(|(at, _)| at != start))
            .map(|start| OfferedSlot {
                slot: format!("slot {start}"),
                start,
                spoken: moment(Language::En, self.business.local(start)),
            })
            .collect()
    }

    /// The start that is meant, or why it cannot be had.
    fn start(
        &mut self,
        slot: Option<&str>,
        start: Option<&str>,
        language: Language,
    ) -> Result<DateTime<Utc>, Box<ToolAnswer>> {
        let start = match (slot, start) {
            (Some(_), _) if self.are_tokens_over => {
                let message = say(language, Booking::OfferIsOver.into());
                return Err(Box::new(ToolAnswer::new(ToolResult::Invalid, message)));
            }
            (Some(slot), _) => slot.strip_prefix("slot ").unwrap().parse().unwrap(),
            (None, start) => start.unwrap().parse().unwrap(),
        };
        if self.is_raced.contains(&start) {
            self.booked.push((start, "somebody else".to_owned()));
        }
        if self.booked.iter().any(|(at, _)| *at == start) {
            let wanted = wanted::Wanted::moment(self.business.local(start));
            let others = answers::nearest(&self.business, &wanted, self.free());
            return Err(Box::new(answers::taken(&self.business, language, others)));
        }
        Ok(start)
    }

    fn book(&mut self, call: &ToolCall, language: Language) -> ToolAnswer {
        let asked: BookAppointment = call.arguments().unwrap();
        self.orders.push(asked.clone());
        if self.is_anonymous && asked.customer_phone.is_none() {
            let message = say(language, Booking::AskPhone.into());
            return ToolAnswer::new(ToolResult::Invalid, message).because("no_phone");
        }
        match self.start(asked.slot.as_deref(), asked.start.as_deref(), language) {
            Err(answer) => *answer,
            Ok(start) => {
                let name = asked.customer_name.unwrap();
                self.booked.push((start, name));
                let booked = OwnAppointment {
                    confirmation_code: CODE.to_owned(),
                    start,
                    service: None,
                    spoken: String::new(),
                };
                self.told(ToolResult::Booked, &booked, language)
            }
        }
    }

    fn find(&self, call: &ToolCall, language: Language) -> ToolAnswer {
        let asked: FindAppointment = call.arguments().unwrap();
        let own: Vec<_> = match &asked.confirmation_code {
            Some(code) => self.place_of(Some(code)).map(|at| self.own[at].clone()),
            None if self.is_anonymous => None,
            None => self.own.first().cloned(),
        }
        .into_iter()
        .collect();
        match own.as_slice() {
            [first, ..] => {
                let mut answer = self.told(ToolResult::Ok, first, language);
                if asked.confirmation_code.is_none() && self.own.len() > 1 {
                    answer.appointments = self.own.clone();
                }
                answer
            }
            [] => {
                let result = match asked.confirmation_code {
                    Some(_) => ToolResult::NotFound,
                    None => ToolResult::NeedsProof,
                };
                ToolAnswer::new(result, say(language, Booking::NotFound.into()))
            }
        }
    }

    fn place_of(&self, code: Option<&str>) -> Option<usize> {
        let mut codes = self.own.iter().map(|one| one.confirmation_code.as_str());
        codes.position(|one| Some(one) == code)
    }

    fn reschedule(&mut self, call: &ToolCall, language: Language) -> ToolAnswer {
        let asked: RescheduleAppointment = call.arguments().unwrap();
        match self.start(asked.slot.as_deref(), asked.start.as_deref(), language) {
            Err(answer) => *answer,
            Ok(start) => {
                let place = self.place_of(asked.confirmation_code.as_deref()).unwrap();
                self.own[place].start = start;
                self.told(ToolResult::Rescheduled, &self.own[place], language)
            }
        }
    }

    fn cancel(&mut self, call: &ToolCall, language: Language) -> ToolAnswer {
        let asked: CancelAppointment = call.arguments().unwrap();
        let place = self.place_of(asked.confirmation_code.as_deref()).unwrap();
        let cancelled = self.own.remove(place);
        self.told(ToolResult::Cancelled, &cancelled, language)
    }

    fn told(&self, result: ToolResult, of: &OwnAppointment, language: Language) -> ToolAnswer {
        let told = Told {
            start: of.start,
            code: &of.confirmation_code,
            service: of.service.as_deref(),
        };
        answers::appointment(&self.business, self.medium, language, result, &told)
    }

    /// Plays the lines of a script and compares every answer: `<` is what they say or write (`<#` the keys they press,
    /// `<` alone their silence), `>` is what Rachel answers, followed by what happened on the way: `[tool]` calls,
    /// `(hands over)`, `(ends)`, `(to the tone)`.
    pub(super) fn plays(&mut self, script: &str) {
        let lines: Vec<_> = script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        for pair in lines.chunks(2) {
            let said = pair[0].strip_prefix('<').unwrap();
            let heard = match (said.strip_prefix('#'), said.trim()) {
                (Some(digits), _) => Heard::Digits(digits.trim().to_owned()),
                (None, "") => Heard::Silence,
                (None, text) => Heard::Text(text.to_owned()),
            };
            let expected = pair[1].strip_prefix("> ").unwrap();
            assert_eq!(shown(&self.hear(heard)), expected, "after {said:?}");
        }
    }
}

fn shown(reply: &Reply) -> String {
    let calls = reply
        .tool_calls
        .iter()
        .map(|call| format!(" [{}]", call.name.as_str()));
    let ends = [
        (reply.hands_over, " (hands over)"),
        (reply.ends, " (ends)"),
        (reply.gives_up, " (to the tone)"),
    ];
    let ends = ends
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, shown)| shown.to_owned());
    [reply.text.clone()]
        .into_iter()
        .chain(calls)
        .chain(ends)
        .collect()
}

pub(super) fn monday_noon() -> DateTime<Utc> {
    "2026-11-23T17:00:00Z".parse().unwrap()
}

/// A moment of the plumber's clock.
pub(super) fn at(local: &str) -> DateTime<Utc> {
    let local = local.parse().unwrap();
    let moment = chrono_tz::America::Toronto.from_local_datetime(&local);
    moment.unwrap().to_utc()
}
