//! Les rendez-vous, en français du Québec.
use super::{Booking, appointments, choices, either, format, in_sentence, with_more};
use crate::kernel::language::Language::Fr;

pub(super) fn say(phrase: Booking<'_>) -> String {
    match phrase {
        Booking::AskService { names, has_more } => {
            let names = either("ou", &with_more(names, has_more, "autre chose"));
            format!("C'est pour quoi : {names}?")
        }
        Booking::AskWhen => "Quel jour et quelle heure vous conviennent?".into(),
        Booking::AskWhenInstead => "Quel autre jour et quelle heure vous conviendraient?".into(),
        Booking::AskAmPm { early, late } => {
            format!("Voulez-vous dire {} ou {}?", format::clock(Fr, early), format::clock(Fr, late))
        }
        Booking::AskWhichDay { first, second } => {
            format!("Voulez-vous dire le {} ou le {}?", format::date(Fr, first), format::date(Fr, second))
        }
        Booking::WhenNotUnderstood => "Je n'ai pas saisi le jour ou l'heure. Pouvez-vous le dire comme «mardi à 14 h»?".into(),
        Booking::AskWhichSlot { is_one: true } => "Est-ce que cela vous convient?".into(),
        Booking::AskWhichSlot { is_one: false } => "Laquelle vous convient?".into(),
        Booking::WhichSlotAgain { slots } => format!("Laquelle préférez-vous : {}?", choices(Fr, "ou", slots)),
        Booking::AskPhone => "Et à quel numéro peut-on vous joindre?".into(),
        Booking::PhoneNotUnderstood => "Je n'ai pas saisi le numéro. Pouvez-vous me donner les dix chiffres?".into(),
        Booking::AskCode => "Quel est le code de confirmation, s'il vous plaît?".into(),
        Booking::Chosen { at } => format!("D'accord, le {}.", format::moment(Fr, at)),
        Booking::Confirm { at, service, name } => {
            let service = service.map(|service| format!(" pour {}", in_sentence(service))).unwrap_or_default();
            let name = name.map(|name| format!(", au nom {}", of(name))).unwrap_or_default();
            format!("Donc le {}{service}{name}, c'est bien cela?", format::moment(Fr, at))
        }
        Booking::ConfirmMove { from, at } => {
            format!("Je déplace donc votre rendez-vous du {} au {}, c'est bien cela?", format::moment(Fr, from), format::moment(Fr, at))
        }
        Booking::WhichAppointment { of } => {
            format!("Vous avez plusieurs rendez-vous : {}. Duquel s'agit-il?", appointments(Fr, "et", "le ", "pour", of))
        }
        Booking::ConfirmCancel { at } => {
            format!("Vous avez un rendez-vous le {}. Voulez-vous que je l'annule?", format::moment(Fr, at))
        }
        Booking::AskMove { at } => {
            format!("Votre rendez-vous est le {}. Quel autre jour et quelle heure vous conviendraient?", format::moment(Fr, at))
        }
        Booking::OneAtATime => "Je les prends un à la fois, en commençant par le premier.".into(),
        Booking::StaysAsItIs => "D'accord, votre rendez-vous reste tel quel.".into(),
        Booking::IsFree { at } => format!("Le {}, c'est libre.", format::moment(Fr, at)),
        Booking::Free { slots } => format!("J'ai {}.", choices(Fr, "ou", slots)),
        Booking::Nearest { slots } => format!("Ce n'est pas libre. Au plus près, j'ai {}.", choices(Fr, "ou", slots)),
        Booking::ClosedDay { day, slots } => {
            let closed = format!("Nous sommes fermés le {}", format::date(Fr, day));
            match slots {
                [] => format!("{closed}, et je n'ai rien de libre autour, désolée."),
                slots => format!("{closed}. Au plus près, j'ai {}.", choices(Fr, "ou", slots)),
            }
        }
        Booking::ClosedThen { slots: [] } => "Nous sommes fermés à ce moment-là, et je n'ai rien de libre autour, désolée.".into(),
        Booking::ClosedThen { slots } => {
            format!("Nous sommes fermés à ce moment-là. Au plus près, j'ai {}.", choices(Fr, "ou", slots))
        }
        Booking::NothingFree => "Je n'ai rien de libre à ce moment-là, désolée.".into(),
        Booking::Booked { at, code } => {
            format!("Votre rendez-vous est réservé pour le {}. Votre code de confirmation est {code}.", format::moment(Fr, at))
        }
        Booking::Moved { at, code } => {
            format!("Votre rendez-vous est maintenant le {}. Votre code de confirmation est {code}.", format::moment(Fr, at))
        }
        Booking::Cancelled { at } => format!("Votre rendez-vous du {} est annulé.", format::moment(Fr, at)),
        Booking::Found { at, service: Some(service) } => {
            format!("Vous avez un rendez-vous pour {} le {}.", in_sentence(service), format::moment(Fr, at))
        }
        Booking::Found { at, service: None } => format!("Vous avez un rendez-vous le {}.", format::moment(Fr, at)),
        Booking::FoundMore { slots } => format!("Vous avez aussi {}.", choices(Fr, "et", slots)),
        Booking::NotFound => "Je ne trouve pas de rendez-vous. Avez-vous le code de confirmation?".into(),
        Booking::NeedsProof => "Pour cela, il me faut le code de confirmation, ou un appel du téléphone qui a réservé.".into(),
        Booking::Taken { slots: [] } => "Désolée, cette heure vient d'être prise.".into(),
        Booking::Taken { slots } => format!("Désolée, cette heure vient d'être prise. Il me reste {}.", choices(Fr, "ou", slots)),
        Booking::OutsideHours => "Nous ne prenons pas de rendez-vous à cette heure-là.".into(),
        Booking::NotOffered { slots: [] } => "Je ne peux pas offrir cette heure-là.".into(),
        Booking::NotOffered { slots } => format!("Je ne peux pas offrir cette heure-là. J'ai {}.", choices(Fr, "ou", slots)),
        Booking::InThePast => "Cette heure est déjà passée. Quelle heure plus tard vous conviendrait?".into(),
        Booking::OfferIsOver => "Je dois revérifier cette heure. Quel jour et quelle heure vous conviennent?".into(),
        Booking::DetailsNotUnderstood => "Je n'ai pas compris ces détails. Pouvez-vous me les redonner?".into(),
        Booking::CannotBookNow => "Je ne peux pas réserver moi-même en ce moment, mais je peux prendre un message.".into(),
        Booking::TextSent => "Je vous l'ai envoyé par texto.".into(),
        Booking::TextNotPossible => "Je ne peux pas vous envoyer de texto, désolée.".into(),
        Booking::TextsTooMany => "Je vous ai envoyé assez de textos pour aujourd'hui. Je peux prendre un message.".into(),
        Booking::TextUnknown => "Je n'ai pas cela à vous envoyer, désolée. Je peux prendre un message.".into(),
        Booking::TextOnItsWay => "Les détails de votre rendez-vous vous sont envoyés par texto.".into(),
        Booking::Menu => "Pour un rendez-vous, faites le 1; pour laisser un message, le 2; pour parler à quelqu'un, le 0.".into(),
        Booking::PersonOrMessageKeys => "Faites le 1 pour une personne, le 2 pour un message.".into(),
        Booking::TakeYourTime => "Bien sûr, prenez votre temps.".into(),
        Booking::CannotFollow => "Je regrette de ne pas avoir pu vous aider moi-même.".into(),
        Booking::PressForEnglish => "For English, press 2.".into(),
        Booking::StillThere => "Êtes-vous toujours là?".into(),
        Booking::AnythingUnknown => "Je ne le sais pas, mais je peux demander à l'équipe de vous répondre. Voulez-vous que je le fasse?".into(),
    }
}

/// «de Marc», «d'Ana»; an H is silent more often than not.
fn of(name: &str) -> String {
    let first = crate::receptionist::plain::plain(name);
    match first.starts_with(['a', 'e', 'i', 'o', 'u', 'h']) {
        true => format!("d'{name}"),
        false => format!("de {name}"),
    }
}
