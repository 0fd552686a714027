//! Appointments in English.
use super::{Booking, appointments, choices, either, format, in_sentence, with_more};
use crate::kernel::language::Language::En;

pub(super) fn say(phrase: Booking<'_>) -> String {
    match phrase {
        Booking::AskService { names, has_more } => {
            let names = either("or", &with_more(names, has_more, "something else"));
            format!("What is it for: {names}?")
        }
        Booking::AskWhen => "Which day and time suit you?".into(),
        Booking::AskWhenInstead => "Which day and time would suit you instead?".into(),
        Booking::AskAmPm { early, late } => {
            format!(
                "Do you mean {} or {}?",
                format::clock(En, early),
                format::clock(En, late)
            )
        }
        Booking::AskWhichDay { first, second } => {
            format!(
                "Do you mean {} or {}?",
                format::date(En, first),
                format::date(En, second)
            )
        }
        Booking::WhenNotUnderstood => {
            "I did not get the day or the time. Could you say it like \"Tuesday at two\"?".into()
        }
        Booking::AskWhichSlot { is_one: true } => "Does that suit you?".into(),
        Booking::AskWhichSlot { is_one: false } => "Which one suits you?".into(),
        Booking::WhichSlotAgain { slots } => {
            format!("Which one would you like: {}?", choices(En, "or", slots))
        }
        Booking::AskPhone => "And at which number can we reach you?".into(),
        Booking::PhoneNotUnderstood => {
            "I did not get that number. Could you give me all ten digits?".into()
        }
        Booking::AskCode => "What is the confirmation code, please?".into(),
        Booking::Chosen { at } => sentence(format!("All right, {}", format::moment(En, at))),
        Booking::Confirm { at, service, name } => {
            let service = service.map(|service| format!(" for {}", in_sentence(service)));
            let name = name.map(|name| format!(", under the name {name}"));
            let (service, name) = (service.unwrap_or_default(), name.unwrap_or_default());
            format!(
                "So that's {}{service}{name}, right?",
                format::moment(En, at)
            )
        }
        Booking::ConfirmMove { from, at } => format!(
            "So I move your appointment from {} to {}, right?",
            format::moment(En, from),
            format::moment(En, at)
        ),
        Booking::WhichAppointment { of } => {
            let named = bare(appointments(En, "and", "", "for", of));
            format!("You have several appointments: {named}. Which one do you mean?")
        }
        Booking::ConfirmCancel { at } => {
            format!(
                "You have an appointment on {}. Shall I cancel it?",
                bare(format::moment(En, at))
            )
        }
        Booking::AskMove { at } => {
            format!(
                "Your appointment is on {}. Which day and time would suit you instead?",
                bare(format::moment(En, at))
            )
        }
        Booking::OneAtATime => "I can do one at a time, so the first one first.".into(),
        Booking::StaysAsItIs => "All right, your appointment stays as it is.".into(),
        Booking::IsFree { at } => sentence(format!("{} is free", format::moment(En, at))),
        Booking::Free { slots } => sentence(format!("I have {}", choices(En, "or", slots))),
        Booking::Nearest { slots } => sentence(format!(
            "That is not free. The nearest I have is {}",
            choices(En, "or", slots)
        )),
        Booking::ClosedDay { day, slots } => {
            let closed = format!("We are closed on {}", format::date(En, day));
            match slots {
                [] => format!("{closed}, and I have nothing free around it, sorry."),
                slots => sentence(format!(
                    "{closed}. The nearest I have is {}",
                    choices(En, "or", slots)
                )),
            }
        }
        Booking::ClosedThen { slots: [] } => {
            "We are closed then, and I have nothing free around it, sorry.".into()
        }
        Booking::ClosedThen { slots } => sentence(format!(
            "We are closed then. The nearest I have is {}",
            choices(En, "or", slots)
        )),
        Booking::NothingFree => "I have nothing free then, sorry.".into(),
        Booking::Booked { at, code } => {
            format!(
                "You are booked for {}. Your confirmation code is {code}.",
                bare(format::moment(En, at))
            )
        }
        Booking::Moved { at, code } => {
            format!(
                "Your appointment is now on {}. Your confirmation code is {code}.",
                bare(format::moment(En, at))
            )
        }
        Booking::Cancelled { at } => format!(
            "Your appointment on {} is cancelled.",
            format::moment(En, at)
        ),
        Booking::Found {
            at,
            service: Some(service),
        } => sentence(format!(
            "You have an appointment for {} on {}",
            in_sentence(service),
            format::moment(En, at)
        )),
        Booking::Found { at, service: None } => sentence(format!(
            "You have an appointment on {}",
            format::moment(En, at)
        )),
        Booking::FoundMore { slots } => {
            sentence(format!("You also have {}", choices(En, "and", slots)))
        }
        Booking::NotFound => {
            "I do not find an appointment. Do you have its confirmation code?".into()
        }
        Booking::NeedsProof => {
            "For that I need the confirmation code, or a call from the phone that booked.".into()
        }
        Booking::Taken { slots: [] } => "Sorry, that time has just been taken.".into(),
        Booking::Taken { slots } => sentence(format!(
            "Sorry, that time has just been taken. I still have {}",
            choices(En, "or", slots)
        )),
        Booking::OutsideHours => "We take no appointments at that time.".into(),
        Booking::NotOffered { slots: [] } => "I cannot offer that time.".into(),
        Booking::NotOffered { slots } => sentence(format!(
            "I cannot offer that time. I have {}",
            choices(En, "or", slots)
        )),
        Booking::InThePast => {
            "That time has already passed. Which later one would suit you?".into()
        }
        Booking::OfferIsOver => {
            "I have to look that time up again. Which day and time suit you?".into()
        }
        Booking::DetailsNotUnderstood => {
            "I did not understand these details. Could you tell me again?".into()
        }
        Booking::CannotBookNow => {
            "I cannot book that myself right now, but I can take a message.".into()
        }
        Booking::TextSent => "I have sent it to you by text.".into(),
        Booking::TextNotPossible => "I cannot send you a text, sorry.".into(),
        Booking::TextsTooMany => {
            "I have sent you enough texts for today. I can take a message instead.".into()
        }
        Booking::TextUnknown => "I do not have that to send, sorry. I can take a message.".into(),
        Booking::TextOnItsWay => "The details of your appointment are sent to you by text.".into(),
        Booking::Menu => {
            "For an appointment press 1, to leave a message press 2, for a person press 0.".into()
        }
        Booking::PersonOrMessageKeys => "Press 1 for a person, 2 for a message.".into(),
        Booking::TakeYourTime => "Of course, take your time.".into(),
        Booking::CannotFollow => "I am sorry that I could not help you myself.".into(),
        Booking::PressForEnglish => "For English, press 2.".into(),
        Booking::StillThere => "Are you still there?".into(),
        Booking::AnythingUnknown => {
            "I do not know that, but I can ask the team to get back to you. Shall I?".into()
        }
    }
}

/// "2 p.m." ends a sentence with the full stop that it has.
fn sentence(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

fn bare(text: String) -> String {
    text.trim_end_matches('.').to_owned()
}
