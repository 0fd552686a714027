//! The phrases in Spanish, as spoken in the Americas.
use super::{Phrase, booking, format};
use crate::kernel::language::Language::Es;
use crate::receptionist::tools::arguments::Category;

pub(super) fn say(phrase: Phrase<'_>) -> String {
    match phrase {
        Phrase::Greeting { name } => format!("Hola, soy Rachel, la recepcionista virtual de {name}. ¿En qué le puedo ayudar?"),
        Phrase::Introduction { name } => format!("Le responde Rachel, de {name}."),
        Phrase::HowCanIHelp => "¿En qué le puedo ayudar?".into(),
        Phrase::YouAreWelcome => "¡Con mucho gusto! ¿Le puedo ayudar en algo más?".into(),
        Phrase::Goodbye { name } => format!("Gracias por comunicarse con {name}. ¡Hasta luego!"),
        Phrase::WrongNumber => "No se preocupe. ¡Hasta luego!".into(),
        Phrase::AnythingElse => "¿Le puedo ayudar en algo más?".into(),
        Phrase::AllRight => "De acuerdo.".into(),
        Phrase::NotCaught => "Disculpe, no entendí.".into(),
        Phrase::FactUnknown => booking::say(Es, booking::Booking::AnythingUnknown),
        Phrase::NotUnderstood => "Disculpe, no entendí. Puedo informarle de horarios, servicios y precios, darle una cita o tomar un mensaje.".into(),
        Phrase::StillNotUnderstood => "Sigo sin entender, disculpe. ¿Me lo dice en pocas palabras, como \"horario\", \"precios\" o \"cita\"?".into(),
        Phrase::PersonOrMessage => "¿Prefiere que le responda una persona o que tome un mensaje?".into(),
        Phrase::Trouble { phone: Some(phone) } => format!("Disculpe, eso no funcionó. Puede llamar al {phone}."),
        Phrase::Trouble { phone: None } => "Disculpe, eso no funcionó. Intente de nuevo en unos minutos.".into(),
        Phrase::AskMessage { category, name } => ask_message(category, name),
        Phrase::PassingOn => "Lo siento mucho. Lo paso de inmediato.".into(),
        Phrase::AskTrouble { is_told: true } => "¿En qué dirección es?".into(),
        Phrase::AskTrouble { is_told: false } => "¿Cuál es el problema?".into(),
        Phrase::SorryToHear => "Lo siento mucho.".into(),
        Phrase::AskAboutPicture => "Gracias. No puedo ver imágenes, pero puedo pasarla. ¿De qué se trata?".into(),
        Phrase::AskName => "¿Y cuál es su nombre, por favor?".into(),
        Phrase::AskMessageAgain => "¿Y qué mensaje debo pasar?".into(),
        Phrase::AskAddress => "¿Y cuál es la dirección, por favor?".into(),
        Phrase::OfferToAsk => "¿Quiere que le pida al equipo que le responda?".into(),
        Phrase::InCaseOfDanger { phone: Some(phone) } => format!("Si alguien está en peligro, llame al 911. Para una urgencia también puede llamar al {phone}."),
        Phrase::InCaseOfDanger { phone: None } => "Si alguien está en peligro, llame al 911.".into(),
        Phrase::MessageTaken { category, name } => message_taken(category, name),
        Phrase::HandingOver { name } => format!("Le pedí a alguien de {name} que le responda aquí lo antes posible."),
        Phrase::Transferring => "Un momento, le comunico.".into(),
        Phrase::NoOneToTransferTo => "En este momento no puedo comunicarle con nadie, pero puedo tomar un mensaje.".into(),
        Phrase::OptedOut { name } => format!("{name}: ya no recibirá más mensajes nuestros. Responda START para volver a recibirlos."),
        Phrase::AskNumberToStop => "¿En qué número no desea recibir más mensajes?".into(),
        Phrase::OptedIn { name } => format!("{name}: volverá a recibir nuestros mensajes. Responda AYUDA para ayuda, ALTO para terminar."),
        Phrase::KeywordHelp { name, phone: Some(phone) } => {
            format!("{name}: escriba su pregunta aquí o llame al {phone}. Pueden aplicar tarifas de mensajes. Responda ALTO para no recibir más.")
        }
        Phrase::KeywordHelp { name, phone: None } => {
            format!("{name}: escriba su pregunta aquí y le responderemos. Pueden aplicar tarifas de mensajes. Responda ALTO para no recibir más.")
        }
        Phrase::OpenNow { until } => format!("Estamos abiertos ahora, hasta {}.", format::spanish_time(until)),
        Phrase::ClosedNow => "En este momento estamos cerrados.".into(),
        Phrase::NextOpening { at, is_tomorrow: true, .. } => format!("Abrimos mañana a {}.", format::spanish_time(at)),
        Phrase::NextOpening { day, at, .. } => format!("Abrimos el {} a {}.", format::date(Es, day), format::spanish_time(at)),
        Phrase::OpenOn { day, spans } => format!("El {} abrimos {}.", format::date(Es, day), format::spans(Es, spans)),
        Phrase::ClosedOn { day, holiday: Some(holiday) } => format!("El {} está cerrado ({holiday}).", format::date(Es, day)),
        Phrase::ClosedOn { day, holiday: None } => format!("El {} está cerrado.", format::date(Es, day)),
        Phrase::Week { rows } => format!("Nuestro horario: {}.", format::week(Es, rows)),
        Phrase::HoursUnknown => "No tengo aquí nuestro horario, pero puedo pedirle al equipo que le responda. ¿Quiere que lo haga?".into(),
        Phrase::Services { services, medium } => format!("Ofrecemos: {}", format::services(Es, services, medium)),
        Phrase::ServicesUnknown => "No tengo aquí la lista de servicios. Dígame qué necesita y paso el mensaje.".into(),
        Phrase::OneService { service: one, medium } => format!("Sí, lo hacemos. {}", format::sentence(format::service(Es, one, medium))),
        Phrase::NotOnList => "No lo veo en nuestra lista, pero puedo pedirle al equipo que le responda. ¿Quiere que lo haga?".into(),
        Phrase::ServiceFacts { service, medium } => format::sentence(format::service(Es, service, medium)),
        Phrase::Fees { standard: Some(standard), emergency: Some(emergency) } => format!("La tarifa normal es de {standard}, y de {emergency} para emergencias."),
        Phrase::Fees { standard: Some(standard), emergency: None } => format!("La tarifa normal es de {standard}."),
        Phrase::Fees { standard: None, emergency } => format!("La tarifa de emergencia es de {}.", emergency.unwrap_or_default()),
        Phrase::PricesUnknown => "No tengo aquí los precios. Dígame qué necesita y le responderemos con un presupuesto.".into(),
        Phrase::Address { address } => format!("Nuestra dirección es {address}."),
        Phrase::Website { website } => format!("Más en {website}."),
        Phrase::AddressUnknown => "No tengo aquí nuestra dirección, pero puedo pedirle al equipo que le responda. ¿Quiere que lo haga?".into(),
        Phrase::Booking(phrase) => booking::say(Es, phrase),
    }
}

fn ask_message(category: Category, name: &str) -> String {
    match category {
        Category::Appointment => format!(
            "Puedo pasar su solicitud, y {name} confirmará la hora. ¿Qué día y a qué hora le conviene?"
        ),
        Category::Reschedule => format!(
            "Puedo pasarlo, y {name} confirmará la nueva hora. ¿Qué otro día y a qué hora le convendría?"
        ),
        Category::Cancel => {
            format!("Puedo pasarlo, y {name} se lo confirmará. ¿Qué día es la cita?")
        }
        Category::Quote => format!("Puedo pedir un presupuesto a {name}. ¿Qué necesita?"),
        Category::Support | Category::Confirm | Category::General => {
            format!("Claro que sí. ¿Qué le digo a {name}?")
        }
    }
}

fn message_taken(category: Category, name: &str) -> String {
    match category {
        Category::Confirm => format!("Gracias. Pasé su confirmación a {name}."),
        Category::Appointment | Category::Reschedule | Category::Cancel => {
            format!("Gracias. Pasé su solicitud a {name}. Le responderán para confirmar.")
        }
        Category::Quote | Category::Support | Category::General => {
            format!("Gracias. Pasé su mensaje a {name}. Le responderán.")
        }
    }
}
