//! The phrases in French, as written in Quebec.
use super::{Phrase, booking, format};
use crate::kernel::language::Language::Fr;
use crate::receptionist::tools::arguments::Category;

pub(super) fn say(phrase: Phrase<'_>) -> String {
    match phrase {
        Phrase::Greeting { name } => format!("Bonjour, ici Rachel, la réceptionniste virtuelle de {name}. Comment puis-je vous aider?"),
        Phrase::Introduction { name } => format!("Ici Rachel, de {name}."),
        Phrase::HowCanIHelp => "Comment puis-je vous aider?".into(),
        Phrase::YouAreWelcome => "Avec plaisir! Puis-je faire autre chose pour vous?".into(),
        Phrase::Goodbye { name } => format!("Merci d'avoir contacté {name}. Au revoir!"),
        Phrase::WrongNumber => "Il n'y a pas de mal. Au revoir!".into(),
        Phrase::AnythingElse => "Puis-je faire autre chose pour vous?".into(),
        Phrase::AllRight => "D'accord.".into(),
        Phrase::NotCaught => "Désolée, je n'ai pas compris.".into(),
        Phrase::FactUnknown => booking::say(Fr, booking::Booking::AnythingUnknown),
        Phrase::NotUnderstood => {
            "Désolée, je n'ai pas compris. Je peux vous renseigner sur les heures, les services et les prix, prendre un rendez-vous ou un message.".into()
        }
        Phrase::StillNotUnderstood => "Je ne saisis toujours pas, désolée. En quelques mots, par exemple «heures», «prix» ou «rendez-vous»?".into(),
        Phrase::PersonOrMessage => "Préférez-vous qu'une personne vous réponde, ou que je prenne un message?".into(),
        Phrase::Trouble { phone: Some(phone) } => format!("Désolée, cela n'a pas fonctionné. Vous pouvez appeler au {phone}."),
        Phrase::Trouble { phone: None } => "Désolée, cela n'a pas fonctionné. Veuillez réessayer dans quelques minutes.".into(),
        Phrase::AskMessage { category, name } => ask_message(category, name),
        Phrase::PassingOn => "Désolée de l'apprendre. Je le transmets tout de suite.".into(),
        Phrase::AskTrouble { is_told: true } => "À quelle adresse est-ce?".into(),
        Phrase::AskTrouble { is_told: false } => "Quel est le problème?".into(),
        Phrase::SorryToHear => "Désolée de l'apprendre.".into(),
        Phrase::AskAboutPicture => "Merci. Je ne peux pas voir les images, mais je peux la transmettre. De quoi s'agit-il?".into(),
        Phrase::AskName => "Et quel est votre nom, s'il vous plaît?".into(),
        Phrase::AskMessageAgain => "Et que dois-je transmettre?".into(),
        Phrase::AskAddress => "Et à quelle adresse, s'il vous plaît?".into(),
        Phrase::OfferToAsk => "Voulez-vous que je demande à l'équipe de vous répondre?".into(),
        Phrase::InCaseOfDanger { phone: Some(phone) } => format!("Si quelqu'un est en danger, faites le 911. En cas d'urgence, vous pouvez aussi appeler au {phone}."),
        Phrase::InCaseOfDanger { phone: None } => "Si quelqu'un est en danger, faites le 911.".into(),
        Phrase::MessageTaken { category, name } => message_taken(category, name),
        Phrase::HandingOver { name } => format!("J'ai demandé à quelqu'un de {name} de vous répondre ici, dès que possible."),
        Phrase::Transferring => "Un instant, je vous transfère.".into(),
        Phrase::NoOneToTransferTo => "Je ne peux joindre personne en ce moment, mais je peux prendre un message.".into(),
        Phrase::OptedOut { name } => format!("{name} : vous êtes désabonné et ne recevrez plus de textos. Répondez DEBUT pour en recevoir à nouveau."),
        Phrase::AskNumberToStop => "À quel numéro ne voulez-vous plus recevoir de textos?".into(),
        Phrase::OptedIn { name } => format!("{name} : vous recevrez de nouveau nos textos. Répondez AIDE pour de l'aide, ARRET pour y mettre fin."),
        Phrase::KeywordHelp { name, phone: Some(phone) } => {
            format!("{name} : écrivez votre question ici ou appelez au {phone}. Des frais de messagerie peuvent s'appliquer. Répondez ARRET pour ne plus recevoir de textos.")
        }
        Phrase::KeywordHelp { name, phone: None } => {
            format!("{name} : écrivez votre question ici, nous vous répondrons. Des frais de messagerie peuvent s'appliquer. Répondez ARRET pour ne plus recevoir de textos.")
        }
        Phrase::OpenNow { until } => format!("Nous sommes ouverts en ce moment, jusqu'à {}.", format::time(Fr, until)),
        Phrase::ClosedNow => "Nous sommes fermés en ce moment.".into(),
        Phrase::NextOpening { at, is_tomorrow: true, .. } => format!("Nous ouvrons demain à {}.", format::time(Fr, at)),
        Phrase::NextOpening { day, at, .. } => format!("Nous ouvrons le {} à {}.", format::date(Fr, day), format::time(Fr, at)),
        Phrase::OpenOn { day, spans } => format!("Le {}, nous sommes ouverts {}.", format::date(Fr, day), format::spans(Fr, spans)),
        Phrase::ClosedOn { day, holiday: Some(holiday) } => format!("Nous sommes fermés le {} ({holiday}).", format::date(Fr, day)),
        Phrase::ClosedOn { day, holiday: None } => format!("Nous sommes fermés le {}.", format::date(Fr, day)),
        Phrase::Week { rows } => format!("Nos heures : {}.", format::week(Fr, rows)),
        Phrase::HoursUnknown => "Je n'ai pas nos heures sous la main, mais je peux demander à l'équipe de vous répondre. Voulez-vous que je le fasse?".into(),
        Phrase::Services { services, medium } => format!("Nous offrons : {}", format::services(Fr, services, medium)),
        Phrase::ServicesUnknown => "Je n'ai pas la liste des services sous la main. Dites-moi ce qu'il vous faut et je le transmettrai.".into(),
        Phrase::OneService { service: one, medium } => format!("Oui, nous faisons cela. {}", format::sentence(format::service(Fr, one, medium))),
        Phrase::NotOnList => "Je ne le vois pas dans notre liste, mais je peux demander à l'équipe de vous répondre. Voulez-vous que je le fasse?".into(),
        Phrase::ServiceFacts { service, medium } => format::sentence(format::service(Fr, service, medium)),
        Phrase::Fees { standard: Some(standard), emergency: Some(emergency) } => format!("Nos frais de base sont de {standard}, et de {emergency} pour une urgence."),
        Phrase::Fees { standard: Some(standard), emergency: None } => format!("Nos frais de base sont de {standard}."),
        Phrase::Fees { standard: None, emergency } => format!("Nos frais d'urgence sont de {}.", emergency.unwrap_or_default()),
        Phrase::PricesUnknown => "Je n'ai pas nos prix sous la main. Dites-moi ce qu'il vous faut et nous vous reviendrons avec une soumission.".into(),
        Phrase::Address { address } => format!("Notre adresse : {address}."),
        Phrase::Website { website } => format!("Plus de détails sur {website}."),
        Phrase::AddressUnknown => "Je n'ai pas notre adresse sous la main, mais je peux demander à l'équipe de vous répondre. Voulez-vous que je le fasse?".into(),
        Phrase::Booking(phrase) => booking::say(Fr, phrase),
    }
}

fn ask_message(category: Category, name: &str) -> String {
    match category {
        Category::Appointment => format!(
            "Je peux transmettre votre demande, et {name} confirmera l'heure. Quel jour et quelle heure vous conviennent?"
        ),
        Category::Reschedule => format!(
            "Je peux le transmettre, et {name} confirmera la nouvelle heure. Quel autre jour et quelle heure vous conviendraient?"
        ),
        Category::Cancel => format!(
            "Je peux le transmettre, et {name} vous le confirmera. Quel jour est le rendez-vous?"
        ),
        Category::Quote => {
            format!("Je peux demander une soumission à {name}. De quoi avez-vous besoin?")
        }
        Category::Support | Category::Confirm | Category::General => {
            format!("Bien sûr. Que dois-je transmettre à {name}?")
        }
    }
}

fn message_taken(category: Category, name: &str) -> String {
    match category {
        Category::Confirm => format!("Merci. J'ai transmis votre confirmation à {name}."),
        Category::Appointment | Category::Reschedule | Category::Cancel => format!(
            "Merci. J'ai transmis votre demande à {name}, qui vous reviendra pour confirmer."
        ),
        Category::Quote | Category::Support | Category::General => {
            format!("Merci. J'ai transmis votre message à {name}, qui vous reviendra.")
        }
    }
}
