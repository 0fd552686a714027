//! Las citas, en español de América.
use super::{Booking, appointments, choices, either, format, in_sentence, with_more};
use crate::kernel::language::Language::Es;

pub(super) fn say(phrase: Booking<'_>) -> String {
    match phrase {
        Booking::AskService { names, has_more } => {
            let or = if has_more { "u" } else { "o" };
            let names = either(or, &with_more(names, has_more, "otra cosa"));
            format!("¿Para qué sería: {names}?")
        }
        Booking::AskWhen => "¿Qué día y a qué hora le conviene?".into(),
        Booking::AskWhenInstead => "¿Qué otro día y a qué hora le convendría?".into(),
        Booking::AskAmPm { early, late } => {
            format!(
                "¿Quiere decir a {} o a {}?",
                format::clock(Es, early),
                format::clock(Es, late)
            )
        }
        Booking::AskWhichDay { first, second } => {
            format!(
                "¿Quiere decir el {} o el {}?",
                format::date(Es, first),
                format::date(Es, second)
            )
        }
        Booking::WhenNotUnderstood => {
            "No entendí el día o la hora. ¿Me lo dice como \"el martes a las dos\"?".into()
        }
        Booking::AskWhichSlot { is_one: true } => "¿Le conviene?".into(),
        Booking::AskWhichSlot { is_one: false } => "¿Cuál le conviene?".into(),
        Booking::WhichSlotAgain { slots } => {
            format!("¿Cuál prefiere: {}?", choices(Es, "o", slots))
        }
        Booking::AskPhone => "¿Y a qué número le podemos llamar?".into(),
        Booking::PhoneNotUnderstood => "No entendí el número. ¿Me da los diez dígitos?".into(),
        Booking::AskCode => "¿Cuál es el código de confirmación, por favor?".into(),
        Booking::Chosen { at } => format!("De acuerdo, el {}.", format::moment(Es, at)),
        Booking::Confirm { at, service, name } => {
            let service = service.map(|service| format!(" para {}", in_sentence(service)));
            let name = name.map(|name| format!(", a nombre de {name}"));
            let (service, name) = (service.unwrap_or_default(), name.unwrap_or_default());
            format!(
                "Entonces el {}{service}{name}, ¿correcto?",
                format::moment(Es, at)
            )
        }
        Booking::ConfirmMove { from, at } => format!(
            "Entonces muevo su cita del {} al {}, ¿correcto?",
            format::moment(Es, from),
            format::moment(Es, at)
        ),
        Booking::WhichAppointment { of } => {
            let named = appointments(Es, "y", "el ", "para", of);
            format!("Tiene varias citas: {named}. ¿De cuál se trata?")
        }
        Booking::ConfirmCancel { at } => {
            format!("Tiene una cita el {}. ¿La cancelo?", format::moment(Es, at))
        }
        Booking::AskMove { at } => {
            format!(
                "Su cita es el {}. ¿Qué otro día y a qué hora le convendría?",
                format::moment(Es, at)
            )
        }
        Booking::OneAtATime => "Las veo de una en una, empezando por la primera.".into(),
        Booking::StaysAsItIs => "De acuerdo, su cita queda como está.".into(),
        Booking::IsFree { at } => format!("El {} está libre.", format::moment(Es, at)),
        Booking::Free { slots } => format!("Tengo {}.", choices(Es, "o", slots)),
        Booking::Nearest { slots } => format!(
            "Eso no está libre. Lo más cercano que tengo es {}.",
            choices(Es, "o", slots)
        ),
        Booking::ClosedDay { day, slots } => {
            let closed = format!("El {} está cerrado", format::date(Es, day));
            match slots {
                [] => format!("{closed}, y no tengo nada libre cerca de ese día, disculpe."),
                slots => format!(
                    "{closed}. Lo más cercano que tengo es {}.",
                    choices(Es, "o", slots)
                ),
            }
        }
        Booking::ClosedThen { slots: [] } => {
            "A esa hora está cerrado, y no tengo nada libre cerca, disculpe.".into()
        }
        Booking::ClosedThen { slots } => format!(
            "A esa hora está cerrado. Lo más cercano que tengo es {}.",
            choices(Es, "o", slots)
        ),
        Booking::NothingFree => "No tengo nada libre en ese momento, disculpe.".into(),
        Booking::Booked { at, code } => {
            format!(
                "Su cita quedó reservada para el {}. Su código de confirmación es {code}.",
                format::moment(Es, at)
            )
        }
        Booking::Moved { at, code } => {
            format!(
                "Su cita es ahora el {}. Su código de confirmación es {code}.",
                format::moment(Es, at)
            )
        }
        Booking::Cancelled { at } => {
            format!("Su cita del {} quedó cancelada.", format::moment(Es, at))
        }
        Booking::Found {
            at,
            service: Some(service),
        } => {
            format!(
                "Tiene una cita para {} el {}.",
                in_sentence(service),
                format::moment(Es, at)
            )
        }
        Booking::Found { at, service: None } => {
            format!("Tiene una cita el {}.", format::moment(Es, at))
        }
        Booking::FoundMore { slots } => format!("También tiene {}.", choices(Es, "y", slots)),
        Booking::NotFound => "No encuentro ninguna cita. ¿Tiene el código de confirmación?".into(),
        Booking::NeedsProof => {
            "Para eso necesito el código de confirmación, o una llamada del teléfono que reservó."
                .into()
        }
        Booking::Taken { slots: [] } => "Disculpe, esa hora acaba de ocuparse.".into(),
        Booking::Taken { slots } => format!(
            "Disculpe, esa hora acaba de ocuparse. Me queda {}.",
            choices(Es, "o", slots)
        ),
        Booking::OutsideHours => "No damos citas a esa hora.".into(),
        Booking::NotOffered { slots: [] } => "No puedo ofrecer esa hora.".into(),
        Booking::NotOffered { slots } => format!(
            "No puedo ofrecer esa hora. Tengo {}.",
            choices(Es, "o", slots)
        ),
        Booking::InThePast => "Esa hora ya pasó. ¿Qué hora más tarde le convendría?".into(),
        Booking::OfferIsOver => {
            "Tengo que volver a buscar esa hora. ¿Qué día y a qué hora le conviene?".into()
        }
        Booking::DetailsNotUnderstood => "No entendí esos datos. ¿Me los repite?".into(),
        Booking::CannotBookNow => {
            "En este momento no puedo reservar yo misma, pero puedo tomar un mensaje.".into()
        }
        Booking::TextSent => "Se lo envié por mensaje de texto.".into(),
        Booking::TextNotPossible => "No puedo enviarle mensajes de texto, disculpe.".into(),
        Booking::TextsTooMany => {
            "Ya le envié bastantes mensajes por hoy. Puedo tomar un mensaje.".into()
        }
        Booking::TextUnknown => {
            "No tengo eso para enviarle, disculpe. Puedo tomar un mensaje.".into()
        }
        Booking::TextOnItsWay => "Los datos de su cita se le envían por mensaje de texto.".into(),
        Booking::Menu => {
            "Para una cita marque 1; para dejar un mensaje, 2; para hablar con una persona, 0."
                .into()
        }
        Booking::PersonOrMessageKeys => "Marque 1 para una persona, 2 para un mensaje.".into(),
        Booking::TakeYourTime => "Claro, tómese su tiempo.".into(),
        Booking::CannotFollow => "Lamento no haberle podido ayudar yo misma.".into(),
        Booking::PressForEnglish => "For English, press 2.".into(),
        Booking::StillThere => "¿Sigue ahí?".into(),
        Booking::AnythingUnknown => {
            "No lo sé, pero puedo pedirle al equipo que le responda. ¿Quiere que lo haga?".into()
        }
    }
}
