//! Everything the receptionist can say, as phrases with gaps.
//!
//! A phrase says what is meant; each language's file says how. A new phrase does not compile before all three
//! languages have it. Texts stay within one or two segments of an SMS.
mod booking;
mod en;
mod es;
mod fr;
mod format;

use chrono::{NaiveDate, NaiveTime};

pub use booking::Booking;
pub use format::{Days, clock, date, day, moment, money, phone, spoken_money, website};

use crate::kernel::language::Language;
use crate::receptionist::business::Service;
use crate::receptionist::tools::arguments::Category;
use crate::receptionist::turn::Medium;

/// Something to say.
#[derive(Clone, Copy, Debug)]
pub enum Phrase<'a> {
    // The course of a conversation.
    Greeting {
        name: &'a str,
    },
    /// Before the first answer to somebody who came straight to the point: who is answering.
    Introduction {
        name: &'a str,
    },
    HowCanIHelp,
    YouAreWelcome,
    Goodbye {
        name: &'a str,
    },
    /// They wanted somebody else.
    WrongNumber,
    AnythingElse,
    AllRight,
    /// First and second time that something was not understood; the second is put in other words.
    /// The same before a question that is asked again.
    NotCaught,
    FactUnknown,
    NotUnderstood,
    StillNotUnderstood,
    /// Then a person is offered, or a message.
    PersonOrMessage,
    Trouble {
        phone: Option<&'a str>,
    },
    // Messages.
    AskMessage {
        category: Category,
        name: &'a str,
    },
    /// Something is wrong: the business learns of it.
    PassingOn,
    /// Of a trouble what they have not told yet: what it is, then where.
    AskTrouble {
        is_told: bool,
    },
    SorryToHear,
    AskAboutPicture,
    AskName,
    /// After a question in between: back to what was asked.
    AskMessageAgain,
    AskAddress,
    /// What we do not know may be asked of the business.
    OfferToAsk,
    InCaseOfDanger {
        phone: Option<&'a str>,
    },
    MessageTaken {
        category: Category,
        name: &'a str,
    },
    // People and opt-out.
    HandingOver {
        name: &'a str,
    },
    Transferring,
    NoOneToTransferTo,
    OptedOut {
        name: &'a str,
    },
    /// They want no more texts, and nobody knows at which number.
    AskNumberToStop,
    OptedIn {
        name: &'a str,
    },
    KeywordHelp {
        name: &'a str,
        phone: Option<&'a str>,
    },
    // Hours.
    OpenNow {
        until: NaiveTime,
    },
    ClosedNow,
    NextOpening {
        day: NaiveDate,
        at: NaiveTime,
        is_tomorrow: bool,
    },
    OpenOn {
        day: NaiveDate,
        spans: &'a [(NaiveTime, NaiveTime)],
    },
    ClosedOn {
        day: NaiveDate,
        holiday: Option<&'a str>,
    },
    Week {
        rows: &'a [(Days, Vec<(NaiveTime, NaiveTime)>)],
    },
    HoursUnknown,
    // Services, prices, place.
    Services {
        services: &'a [Service],
        medium: Medium,
    },
    NotOnList,
    ServicesUnknown,
    OneService {
        service: &'a Service,
        medium: Medium,
    },
    /// The same of one that is under discussion already.
    ServiceFacts {
        service: &'a Service,
        medium: Medium,
    },
    Fees {
        standard: Option<&'a str>,
        emergency: Option<&'a str>,
    },
    PricesUnknown,
    Address {
        address: &'a str,
    },
    Website {
        website: &'a str,
    },
    AddressUnknown,
    /// Appointments have their own sentences.
    Booking(Booking<'a>),
}

impl<'a> From<Booking<'a>> for Phrase<'a> {
    fn from(phrase: Booking<'a>) -> Self {
        Self::Booking(phrase)
    }
}

/// The phrase in a language.
pub fn say(language: Language, phrase: Phrase<'_>) -> String {
    match language {
        Language::En => en::say(phrase),
        Language::Fr => fr::say(phrase),
        Language::Es => es::say(phrase),
    }
}
