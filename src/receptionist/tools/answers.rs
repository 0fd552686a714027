//! The sentences that go with an effect, for whoever runs the tools.
use super::arguments::Category;
use super::{ToolAnswer, ToolName, ToolResult};
use crate::kernel::language::Language;
use crate::receptionist::business::Business;
use crate::receptionist::say::{self, Booking, Phrase, say};
use crate::receptionist::turn::Medium;

pub use super::{
    facts::{Asker, business_info, list_services},
    slots::{Told, appointment, free, instead, nearest, spelled, taken, times},
};

/// What is said once `take_message` has kept the message.
pub fn message_taken(business: &Business, category: Category, language: Language) -> ToolAnswer {
    ToolAnswer::new(
        ToolResult::MessageTaken,
        say(
            language,
            Phrase::MessageTaken {
                category,
                name: &business.name,
            },
        ),
    )
}

/// What is said when `take_message` came without a message.
pub fn message_missing(language: Language) -> ToolAnswer {
    ToolAnswer::new(ToolResult::Invalid, say(language, Phrase::AskMessageAgain))
}

/// What is said while `transfer_call` puts a caller through, or asks staff to answer in writing.
pub fn transferring(business: &Business, medium: Medium, language: Language) -> ToolAnswer {
    let phrase = match medium {
        Medium::Voice => Phrase::Transferring,
        Medium::Text => Phrase::HandingOver {
            name: &business.name,
        },
    };
    ToolAnswer::new(ToolResult::Transferring, say(language, phrase))
}

/// What is said if there is nobody to transfer to.
pub fn no_one_to_transfer_to(language: Language) -> ToolAnswer {
    ToolAnswer::new(
        ToolResult::Unavailable,
        say(language, Phrase::NoOneToTransferTo),
    )
}

/// What is said when nobody knows whose texts `opt_out` shall stop.
pub fn number_to_stop_missing(language: Language) -> ToolAnswer {
    ToolAnswer::new(ToolResult::Invalid, say(language, Phrase::AskNumberToStop))
}

/// What is said once `opt_out` has stopped all texts.
pub fn opted_out(business: &Business, language: Language) -> ToolAnswer {
    ToolAnswer::new(
        ToolResult::OptedOut,
        say(
            language,
            Phrase::OptedOut {
                name: &business.name,
            },
        ),
    )
}

/// What is said if a tool failed: never an error, but where to go next.
pub fn unavailable(business: &Business, medium: Medium, language: Language) -> ToolAnswer {
    let phone = business.transfer_number.as_deref();
    let phone = phone.map(|phone| say::phone(phone, medium));
    ToolAnswer::new(
        ToolResult::Unavailable,
        say(
            language,
            Phrase::Trouble {
                phone: phone.as_deref(),
            },
        ),
    )
}

/// What is said if the arguments of a call cannot be read.
pub fn not_understood(language: Language) -> ToolAnswer {
    let message = say(language, Booking::DetailsNotUnderstood.into());
    ToolAnswer::new(ToolResult::Invalid, message)
}

/// What a brain is answered where it only drafts: nothing is booked or sent.
pub fn only_a_draft(tool: ToolName, language: Language) -> ToolAnswer {
    let phrase = match tool {
        ToolName::SendText => Booking::TextNotPossible,
        _ => Booking::CannotBookNow,
    };
    ToolAnswer::new(ToolResult::Unavailable, say(language, phrase.into())).because("shadow_mode")
}
