//! What is said in a call beside what a brain says: while somebody is rung, before a tone, when nobody was heard.
use crate::kernel::language::Language::{self, En, Es, Fr};

/// Something to say.
#[derive(Clone, Copy, Debug)]
pub enum Words<'a> {
    /// To whoever is rung for a caller.
    PressOne {
        name: &'a str,
    },
    /// In it, where nobody can look up the name.
    YourBusiness,
    Ringing,
    NobodyFree,
    BeforeTone {
        name: &'a str,
    },
    AfterTone,
    /// A message is all that can be had now.
    MessageOnly {
        name: &'a str,
    },
    TellMessage,
    /// Before the question that was not answered.
    NotHeard,
    StillNotHeard,
    /// Where nothing was asked.
    HowCanIHelp,
    TellNeed,
    /// What the keys do.
    Menu,
    Goodbye,
    NotInService,
    TurnedAway,
    /// A call is recorded; or may it be?
    Recorded,
    MayRecord,
    MayRecordKeys,
    /// A text to who was missed.
    TextBack {
        name: &'a str,
    },
}

pub fn words(language: Language, words: Words<'_>) -> String {
    match (words, language) {
        (Words::PressOne { name }, En) => format!("A call for {name}. To take it, press 1."),
        (Words::PressOne { name }, Fr) => {
            format!("Un appel pour {name}. Pour le prendre, appuyez sur le 1.")
        }
        (Words::PressOne { name }, Es) => {
            format!("Una llamada para {name}. Para tomarla, marque 1.")
        }
        (Words::YourBusiness, En) => "your business".into(),
        (Words::YourBusiness, Fr) => "votre entreprise".into(),
        (Words::YourBusiness, Es) => "su negocio".into(),
        (Words::Ringing, En) => "One moment, please.".into(),
        (Words::Ringing, Fr) => "Un instant, s'il vous plaît.".into(),
        (Words::Ringing, Es) => "Un momento, por favor.".into(),
        (Words::NobodyFree, En) => "Nobody is free to take your call right now.".into(),
        (Words::NobodyFree, Fr) => "Personne n'est libre pour prendre votre appel en ce moment.".into(),
        (Words::NobodyFree, Es) => "Nadie puede atender su llamada en este momento.".into(),
        (Words::BeforeTone { name }, En) => format!(
            "You have reached {name}. Please leave your name, your number and your message after the tone."
        ),
        (Words::BeforeTone { name }, Fr) => format!(
            "Vous avez joint {name}. Laissez votre nom, votre numéro et votre message après le signal."
        ),
        (Words::BeforeTone { name }, Es) => format!(
            "Ha llamado a {name}. Deje su nombre, su número y su mensaje después del tono."
        ),
        (Words::AfterTone, En) => "Thank you. We will get back to you. Goodbye.".into(),
        (Words::AfterTone, Fr) => "Merci. Nous vous rappellerons. Au revoir.".into(),
        (Words::AfterTone, Es) => "Gracias. Le devolveremos la llamada. Adiós.".into(),
        (Words::MessageOnly { name }, En) => {
            format!("Thank you for calling {name}. We cannot help you in person right now.")
        }
        (Words::MessageOnly { name }, Fr) => format!(
            "Merci d'appeler {name}. Nous ne pouvons pas vous aider en personne en ce moment."
        ),
        (Words::MessageOnly { name }, Es) => format!(
            "Gracias por llamar a {name}. No podemos atenderle en persona en este momento."
        ),
        (Words::TellMessage, En) => {
            "Please tell me your message, and we will get back to you.".into()
        }
        (Words::TellMessage, Fr) => "Dites-moi votre message, et nous vous rappellerons.".into(),
        (Words::TellMessage, Es) => "Dígame su mensaje y le devolveremos la llamada.".into(),
        (Words::NotHeard, En) => "Sorry, I did not hear you.".into(),
        (Words::NotHeard, Fr) => "Pardon, je ne vous ai pas entendu.".into(),
        (Words::NotHeard, Es) => "Perdón, no le he oído.".into(),
        (Words::StillNotHeard, En) => "I still cannot hear you.".into(),
        (Words::StillNotHeard, Fr) => "Je ne vous entends toujours pas.".into(),
        (Words::StillNotHeard, Es) => "Sigo sin oírle.".into(),
        (Words::HowCanIHelp, En) => "How can I help you?".into(),
        (Words::HowCanIHelp, Fr) => "Comment puis-je vous aider?".into(),
        (Words::HowCanIHelp, Es) => "¿En qué puedo ayudarle?".into(),
        (Words::TellNeed, En) => "Please say in a few words what you need.".into(),
        (Words::TellNeed, Fr) => "Dites en quelques mots ce qu'il vous faut.".into(),
        (Words::TellNeed, Es) => "Diga en pocas palabras qué necesita.".into(),
        (Words::Menu, En) => {
            "For an appointment, press 1. To leave a message, press 2. For a person, press 0.".into()
        }
        (Words::Menu, Fr) => "Pour un rendez-vous, appuyez sur le 1. Pour laisser un message, sur le 2. Pour parler à quelqu'un, sur le 0.".into(),
        (Words::Menu, Es) => "Para una cita, marque 1. Para dejar un mensaje, marque 2. Para hablar con una persona, marque 0.".into(),
        (Words::Goodbye, En) => "Thank you for calling. Goodbye.".into(),
        (Words::Goodbye, Fr) => "Merci de votre appel. Au revoir.".into(),
        (Words::Goodbye, Es) => "Gracias por llamar. Adiós.".into(),
        (Words::NotInService, En) => "The number that you have called is not in service.".into(),
        (Words::NotInService, Fr) => "Le numéro que vous avez composé n'est pas en service.".into(),
        (Words::NotInService, Es) => "El número que ha marcado no está en servicio.".into(),
        (Words::TurnedAway, En) => {
            "We cannot take calls from a number that your carrier does not vouch for. Goodbye.".into()
        }
        (Words::TurnedAway, Fr) => "Nous ne prenons pas d'appels d'un numéro que votre opérateur ne peut confirmer. Au revoir.".into(),
        (Words::TurnedAway, Es) => "No aceptamos llamadas de un número que su operador no puede confirmar. Adiós.".into(),
        (Words::Recorded, En) => "This call is recorded.".into(),
        (Words::Recorded, Fr) => "Cet appel est enregistré.".into(),
        (Words::Recorded, Es) => "Esta llamada se graba.".into(),
        (Words::MayRecord, En) => "May we record this call?".into(),
        (Words::MayRecord, Fr) => "Pouvons-nous enregistrer cet appel?".into(),
        (Words::MayRecord, Es) => "¿Podemos grabar esta llamada?".into(),
        (Words::MayRecordKeys, En) => "Say yes or press 1; to go on without, say no or press 2.".into(),
        (Words::MayRecordKeys, Fr) => "Dites oui ou appuyez sur le 1; pour continuer sans, dites non ou appuyez sur le 2.".into(),
        (Words::MayRecordKeys, Es) => "Diga sí o marque 1; para seguir sin grabar, diga no o marque 2.".into(),
        (Words::TextBack { name }, En) => format!(
            "Sorry we missed your call. This is {name}: how can we help? Just reply here. Reply STOP to end texts."
        ),
        (Words::TextBack { name }, Fr) => format!(
            "Désolé d'avoir manqué votre appel. Ici {name}: comment pouvons-nous vous aider? Répondez ici. ARRET pour ne plus recevoir de textos."
        ),
        (Words::TextBack { name }, Es) => format!(
            "Perdón por no atender su llamada. Somos {name}: ¿en qué podemos ayudarle? Responda aquí. STOP para no recibir más textos."
        ),
    }
}

/// What a caller may say, told to the speech recognition.
pub fn usual_answers(language: Language) -> &'static [&'static str] {
    match language {
        En => &[
            "yes",
            "no",
            "appointment",
            "message",
            "a person",
            "hours",
            "prices",
            "cancel",
            "tomorrow",
        ],
        Fr => &[
            "oui",
            "non",
            "rendez-vous",
            "message",
            "une personne",
            "heures",
            "prix",
            "annuler",
            "demain",
        ],
        Es => &[
            "sí",
            "no",
            "cita",
            "mensaje",
            "una persona",
            "horario",
            "precios",
            "cancelar",
            "mañana",
        ],
    }
}
