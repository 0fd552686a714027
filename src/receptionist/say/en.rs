//! The phrases in English.
use super::{Phrase, booking, format};
use crate::kernel::language::Language::En;
use crate::receptionist::tools::arguments::Category;

pub(super) fn say(phrase: Phrase<'_>) -> String {
    match phrase {
        Phrase::Greeting { name } => format!("Hello, this is Rachel, the virtual receptionist of {name}. How can I help you?"),
        Phrase::Introduction { name } => format!("Rachel from {name} here."),
        Phrase::HowCanIHelp => "How can I help you?".into(),
        Phrase::YouAreWelcome => "You're welcome! Is there anything else?".into(),
        Phrase::Goodbye { name } => format!("Thank you for contacting {name}. Goodbye!"),
        Phrase::WrongNumber => "No problem at all. Goodbye!".into(),
        Phrase::AnythingElse => "Is there anything else I can help with?".into(),
        Phrase::AllRight => "All right.".into(),
        Phrase::NotCaught => "Sorry, I did not get that.".into(),
        Phrase::FactUnknown => booking::say(En, booking::Booking::AnythingUnknown),
        Phrase::NotUnderstood => "Sorry, I did not get that. I can tell you about hours, services and prices, arrange an appointment or take a message.".into(),
        Phrase::StillNotUnderstood => "I still don't follow, sorry. Could you put it in a few words, such as \"hours\", \"prices\" or \"appointment\"?".into(),
        Phrase::PersonOrMessage => "Would you like a person to answer you, or shall I take a message?".into(),
        Phrase::Trouble { phone: Some(phone) } => format!("Sorry, that did not work just now. Please call {phone}."),
        Phrase::Trouble { phone: None } => "Sorry, that did not work just now. Please try again in a few minutes.".into(),
        Phrase::AskMessage { category, name } => ask_message(category, name),
        Phrase::PassingOn => "I am sorry to hear that. I will pass it on right away.".into(),
        Phrase::AskTrouble { is_told: true } => "What is the address?".into(),
        Phrase::AskTrouble { is_told: false } => "What is wrong?".into(),
        Phrase::SorryToHear => "I am sorry to hear that.".into(),
        Phrase::AskAboutPicture => "Thank you. I cannot look at pictures, but I can pass it on. What is it about?".into(),
        Phrase::AskName => "And what is your name, please?".into(),
        Phrase::AskMessageAgain => "And what shall I pass on?".into(),
        Phrase::AskAddress => "And what is the address, please?".into(),
        Phrase::OfferToAsk => "Shall I ask the team to get back to you?".into(),
        Phrase::InCaseOfDanger { phone: Some(phone) } => format!("If anyone is in danger, call 911. For urgent help you can also call {phone}."),
        Phrase::InCaseOfDanger { phone: None } => "If anyone is in danger, call 911.".into(),
        Phrase::MessageTaken { category, name } => message_taken(category, name),
        Phrase::HandingOver { name } => format!("I have asked someone at {name} to answer you here. They will reply as soon as they can."),
        Phrase::Transferring => "One moment, I am putting you through.".into(),
        Phrase::NoOneToTransferTo => "I cannot reach anyone right now, but I can take a message.".into(),
        Phrase::OptedOut { name } => format!("{name}: you are unsubscribed and will get no more texts. Reply START to get them again."),
        Phrase::AskNumberToStop => "At which number do you want no more texts?".into(),
        Phrase::OptedIn { name } => format!("{name}: you will get our texts again. Reply HELP for help, STOP to end them."),
        Phrase::KeywordHelp { name, phone: Some(phone) } => format!("{name}: write your question here or call {phone}. Msg & data rates may apply. Reply STOP to end texts."),
        Phrase::KeywordHelp { name, phone: None } => format!("{name}: write your question here and we will answer. Msg & data rates may apply. Reply STOP to end texts."),
        Phrase::OpenNow { until } => format!("We are open now, until {}.", format::time(En, until)),
        Phrase::ClosedNow => "We are closed right now.".into(),
        Phrase::NextOpening { at, is_tomorrow: true, .. } => format!("We open tomorrow at {}.", format::time(En, at)),
        Phrase::NextOpening { day, at, .. } => format!("We open on {} at {}.", format::date(En, day), format::time(En, at)),
        Phrase::OpenOn { day, spans } => format!("On {} we are open {}.", format::date(En, day), format::spans(En, spans)),
        Phrase::ClosedOn { day, holiday: Some(holiday) } => format!("We are closed on {} ({holiday}).", format::date(En, day)),
        Phrase::ClosedOn { day, holiday: None } => format!("We are closed on {}.", format::date(En, day)),
        Phrase::Week { rows } => format!("Our hours: {}.", format::week(En, rows)),
        Phrase::HoursUnknown => "I do not have our hours here, but I can ask the team to get back to you. Shall I?".into(),
        Phrase::Services { services, medium } => format!("We offer: {}", format::services(En, services, medium)),
        Phrase::ServicesUnknown => "I do not have a list of services here. Tell me what you need and I will pass it on.".into(),
        Phrase::OneService { service: one, medium } => format!("Yes, we do that. {}", format::sentence(format::service(En, one, medium))),
        Phrase::NotOnList => "I don't see that on our list, but I can ask the team to get back to you. Shall I?".into(),
        Phrase::ServiceFacts { service, medium } => format::sentence(format::service(En, service, medium)),
        Phrase::Fees { standard: Some(standard), emergency: Some(emergency) } => format!("Our standard fee is {standard}, {emergency} for emergencies."),
        Phrase::Fees { standard: Some(standard), emergency: None } => format!("Our standard fee is {standard}."),
        Phrase::Fees { standard: None, emergency } => format!("Our emergency fee is {}.", emergency.unwrap_or_default()),
        Phrase::PricesUnknown => "I do not have our prices here. Tell me what you need and we will get back to you with a quote.".into(),
        Phrase::Address { address } => format!("Our address is {address}."),
        Phrase::Website { website } => format!("More at {website}."),
        Phrase::AddressUnknown => "I do not have our address here, but I can ask the team to get back to you. Shall I?".into(),
        Phrase::Booking(phrase) => booking::say(En, phrase),
    }
}

fn ask_message(category: Category, name: &str) -> String {
    match category {
        Category::Appointment => format!(
            "I can pass on your request, and {name} will confirm the time. Which day and time suit you?"
        ),
        Category::Reschedule => format!(
            "I can pass that on, and {name} will confirm the new time. Which day and time would suit you instead?"
        ),
        Category::Cancel => {
            format!("I can pass that on, and {name} will confirm. Which day is the appointment?")
        }
        Category::Quote => format!("I can ask {name} for a quote. What do you need done?"),
        Category::Support | Category::Confirm | Category::General => {
            format!("Of course. What would you like me to tell {name}?")
        }
    }
}

fn message_taken(category: Category, name: &str) -> String {
    match category {
        Category::Confirm => format!("Thank you. I have passed your confirmation on to {name}."),
        Category::Appointment | Category::Reschedule | Category::Cancel => format!(
            "Thank you. I have passed your request on to {name}. They will get back to you to confirm."
        ),
        Category::Quote | Category::Support | Category::General => format!(
            "Thank you. I have passed your message on to {name}. They will get back to you."
        ),
    }
}
