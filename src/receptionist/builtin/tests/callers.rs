//! What callers ask, want and suffer, in three languages: each line is what they say and a part of what they hear.
use super::stage::Conversation;
use crate::kernel::language::Language;
use crate::receptionist::Business;
use crate::receptionist::business::Service;
use crate::receptionist::sample::plumber;
use crate::receptionist::tools::arguments::Urgency;
use crate::receptionist::turn::Medium;

fn offering(names: &[&str], visits_customers: bool) -> Business {
    let mut business = plumber();
    let pattern = business.services[0].clone();
    let service = |name: &&str| Service {
        name: (*name).to_owned(),
        ..pattern.clone()
    };
    business.services = names.iter().map(service).collect();
    Business {
        visits_customers,
        ..business
    }
}

pub(super) fn heating() -> Business {
    offering(
        &[
            "Air conditioner repair",
            "Air conditioner tune-up",
            "Duct cleaning",
            "Emergency visit",
            "Furnace repair",
            "Furnace tune-up",
        ],
        true,
    )
}

fn dentist() -> Business {
    offering(
        &[
            "Blanqueamiento",
            "Consulta de urgencia",
            "Empaste",
            "Extracción",
            "Limpieza dental",
        ],
        false,
    )
}

pub(super) fn talk(business: Business, medium: Medium, language: Language) -> Conversation {
    Conversation {
        business,
        medium,
        ..Conversation::new(language)
    }
}

/// Says each line and looks for a part of what is answered.
pub(super) fn hears(conversation: &mut Conversation, lines: &[(&str, &str)]) {
    for (said, part) in lines {
        let reply = conversation.text(said);
        assert!(
            reply.text.contains(part),
            "{said:?}: {} (without {part:?})",
            reply.text
        );
    }
}

#[test]
fn a_service_is_booked_by_the_word_that_people_use_for_it_and_with_what_they_said() {
    let drains = offering(&["Débouchage de drain", "Réparation de toilette"], true);
    for (business, language, lines, service, reason) in [
        (
            dentist(),
            Language::Es,
            [
                (
                    "buenas tardes quiero una cita para una limpieza",
                    "¿Qué día",
                ),
                ("mañana a las 10 de la mañana", "nombre"),
                ("María Fernández", "limpieza dental"),
                ("sí", "AFH234"),
            ],
            "Limpieza dental",
            "buenas tardes quiero una cita para una limpieza",
        ),
        (
            heating(),
            Language::En,
            [
                (
                    "I need someone to come look at my furnace",
                    "What is it for: Furnace repair, Furnace tune-up or something else?",
                ),
                (
                    "tomorrow at 10 am",
                    "What is it for: Furnace repair, Furnace tune-up or something else?",
                ),
                ("the repair I guess", "And what is your name"),
                ("Bob Smith", "furnace repair"),
            ],
            "Furnace repair",
            "I need someone to come look at my furnace",
        ),
        (
            drains,
            Language::Fr,
            [
                ("bonjour je voudrais faire deboucher mon drain", "Quel jour"),
                ("demain à 10 h", "nom"),
                ("Luc Roy", "débouchage de drain"),
                ("oui", "AFH234"),
            ],
            "Débouchage de drain",
            "bonjour je voudrais faire deboucher mon drain",
        ),
    ] {
        let mut conversation = talk(business, Medium::Text, language);
        hears(&mut conversation, &lines);
        if conversation.orders.is_empty() {
            conversation.text("yes");
        }
        let order = &conversation.orders[0];
        assert_eq!(order.service.as_deref(), Some(service));
        assert_eq!(order.reason.as_deref(), Some(reason));
    }
}

#[test]
fn what_was_asked_about_is_what_is_booked() {
    for (language, lines) in [
        (
            Language::En,
            [
                ("how much for drain cleaning", "$129"),
                ("ok book it", "Which day"),
                ("tomorrow at 2 pm", "name"),
                (
                    "how much is that?",
                    "Drain cleaning (60 min, $129). And what is your name",
                ),
            ],
        ),
        (
            Language::Fr,
            [
                ("c'est combien pour drain cleaning", "129 $"),
                ("je veux un rendez-vous", "Quel jour"),
                ("demain à 14 h", "nom"),
                (
                    "c'est combien?",
                    "Drain cleaning (60 min, 129 $). Et quel est votre nom",
                ),
            ],
        ),
        (
            Language::Es,
            [
                ("cuánto cuesta drain cleaning", "$129"),
                ("quiero una cita", "¿Qué día"),
                ("mañana a las 2 de la tarde", "nombre"),
                (
                    "¿cuánto cuesta?",
                    "Drain cleaning (60 min, $129). ¿Y cuál es su nombre",
                ),
            ],
        ),
    ] {
        hears(&mut Conversation::new(language), &lines);
    }
}

#[test]
fn an_order_is_done_and_not_passed_on() {
    for (language, lines, message) in [
        (
            Language::En,
            [
                ("book an inspection tomorrow at 2 pm", "name"),
                ("Jo Lee", "right?"),
                ("yes", "AFH234"),
                (
                    "when is it again",
                    "You are booked for Tuesday, November 24 at 2 p.m.",
                ),
                ("what's my confirmation code", "AFH234"),
                ("do you take bitcoin", "Shall I?"),
                ("cancel it", "Shall I cancel it?"),
                ("yes", "is cancelled"),
                (
                    "I'd like to leave a message for the technician",
                    "What would you like me to tell",
                ),
                ("the dog bites", "I have passed your message on"),
            ],
            "the dog bites",
        ),
        (
            Language::Fr,
            [
                ("je voudrais une inspection demain à 14 h", "nom"),
                ("Luc Roy", "c'est bien cela?"),
                ("oui", "AFH234"),
                (
                    "c'est quand déjà",
                    "réservé pour le mardi 24 novembre à 14 h",
                ),
                ("quel est mon code de confirmation", "AFH234"),
                ("prenez-vous les bitcoins", "Voulez-vous que je le fasse?"),
                ("annulez-le", "Voulez-vous que je l'annule?"),
                ("oui", "est annulé"),
                (
                    "j'aimerais laisser un message pour le technicien",
                    "Que dois-je transmettre",
                ),
                ("le chien mord", "J'ai transmis votre message"),
            ],
            "le chien mord",
        ),
        (
            Language::Es,
            [
                ("quiero una inspección mañana a las 2 de la tarde", "nombre"),
                ("Ana Roy", "inspection"),
                ("sí", "AFH234"),
                ("¿cuándo era?", "AFH234"),
                ("¿cuál es mi código?", "AFH234"),
                ("¿aceptan bitcoins?", "¿Quiere que lo haga?"),
                ("cancélela", "¿La cancelo?"),
                ("sí", "cancelada"),
                ("quiero dejar un mensaje para el técnico", "¿Qué le digo"),
                ("el perro muerde", "Pasé su mensaje"),
            ],
            "el perro muerde",
        ),
    ] {
        let mut conversation = Conversation::new(language);
        conversation.has("2026-11-24T14:00:00");
        hears(&mut conversation, &lines);
        assert_eq!(conversation.taken.len(), 1, "{language:?}");
        assert_eq!(conversation.taken[0].message, message);
    }
}

#[test]
fn what_we_do_not_know_is_asked_of_the_business_if_they_agree() {
    for (language, question, yes, no) in [
        (Language::En, "do you take bitcoin", "yes please", "no"),
        (
            Language::Fr,
            "prenez-vous les bitcoins",
            "oui s'il vous plaît",
            "non merci",
        ),
        (
            Language::Es,
            "¿aceptan bitcoins?",
            "sí por favor",
            "no gracias",
        ),
    ] {
        let mut agreed = Conversation::new(language);
        agreed.text(question);
        agreed.text(yes);
        agreed.text("Ana Roy");
        assert_eq!(agreed.taken[0].message, question);
        let mut refused = Conversation::new(language);
        refused.text(question);
        assert!(!refused.text(no).ends);
        assert!(refused.taken.is_empty());
    }
}

#[test]
fn who_has_the_wrong_number_is_let_go() {
    for (language, said, part) in [
        (Language::En, "sorry wrong number", "No problem"),
        (Language::Fr, "désolé j'ai le mauvais numéro", "pas de mal"),
        (Language::Es, "perdón, número equivocado", "No se preocupe"),
    ] {
        let reply = Conversation::call(language).text(said);
        assert!(reply.ends && reply.text.contains(part), "{}", reply.text);
    }
}

#[test]
fn of_a_trouble_only_what_is_missing_is_asked() {
    for (language, lines) in [
        (
            Language::En,
            [
                (
                    "my furnace is dead and its freezing and I have a baby",
                    "What is the address?",
                ),
                ("yes", "the address"),
                ("12 Elm Street", "name"),
            ],
        ),
        (
            Language::Fr,
            [
                (
                    "ma fournaise ne marche plus, on gèle, c'est urgent",
                    "À quelle adresse",
                ),
                ("oui", "adresse"),
                ("12 rue des Ormes", "nom"),
            ],
        ),
        (
            Language::Es,
            [
                (
                    "tengo una fuga de agua, es urgente",
                    "¿En qué dirección es?",
                ),
                ("sí", "dirección"),
                ("calle 5 número 20", "nombre"),
            ],
        ),
    ] {
        let mut conversation = Conversation::new(language);
        hears(&mut conversation, &lines);
        conversation.text("Ana Roy");
        let taken = &conversation.taken[0];
        assert_eq!(taken.urgency, Urgency::High);
        assert_eq!(taken.message, format!("{}\n{}", lines[0].0, lines[2].0));
    }
}

#[test]
fn who_hurts_gets_an_appointment_where_people_come_to_us() {
    for (language, said, part) in [
        (
            Language::Es,
            "me duele mucho una muela",
            "Lo siento mucho. ¿Qué día",
        ),
        (
            Language::Fr,
            "j'ai très mal aux dents",
            "Désolée de l'apprendre. Quel jour",
        ),
        (
            Language::En,
            "i have a toothache",
            "I am sorry to hear that. Which day",
        ),
    ] {
        let mut call = talk(dentist(), Medium::Voice, language);
        hears(&mut call, &[(said, part)]);
    }
}

#[test]
fn an_emergency_is_offered_a_person_and_an_emergency_visit_is_booked() {
    for (language, said, offered, message, address) in [
        (
            Language::En,
            "it's an emergency, my basement is flooding",
            "Would you like a person",
            "a message",
            "What is the address?",
        ),
        (
            Language::Fr,
            "c'est une urgence, mon sous-sol est inondé",
            "Préférez-vous qu'une personne",
            "un message",
            "À quelle adresse",
        ),
        (
            Language::Es,
            "es una emergencia, se inunda mi casa",
            "¿Prefiere que le responda una persona",
            "un mensaje",
            "¿En qué dirección es?",
        ),
    ] {
        let business = Business {
            transfer_number: Some("+15145550111".into()),
            ..plumber()
        };
        let mut call = talk(business, Medium::Voice, language);
        hears(&mut call, &[(said, offered), (message, address)]);
    }
    let mut call = talk(heating(), Medium::Voice, Language::En);
    hears(
        &mut call,
        &[("book emergency visit now", "Which one suits you?")],
    );
}

#[test]
fn a_caller_gets_a_text_and_hears_it_again() {
    for (language, again, text_me, sent) in [
        (
            Language::En,
            "can you repeat that",
            "can you text me the address",
            "by text",
        ),
        (
            Language::Fr,
            "pouvez-vous répéter",
            "envoyez-moi l'adresse par texto",
            "par texto",
        ),
        (
            Language::Es,
            "¿puede repetir?",
            "mándeme la dirección por mensaje de texto",
            "mensaje",
        ),
    ] {
        let mut call = Conversation::call(language);
        let said = call
            .text(if language == Language::Es {
                "horario"
            } else {
                "hours"
            })
            .text;
        let repeated = call.text(again).text;
        assert!(said.ends_with(&repeated), "{repeated}");
        let reply = call.text(text_me).text;
        assert!(reply.contains(sent), "{reply}");
        assert_eq!(call.texted, ["address"]);
    }
}

#[test]
fn what_was_just_booked_is_moved_by_a_mere_word() {
    for (language, booked, moved) in [
        (
            Language::En,
            [
                ("book an inspection tomorrow at 2 pm", "name"),
                ("Jo", "right?"),
                ("yes", "AFH234"),
            ],
            [
                ("I want to move it to thursday at 3 pm", "So I move"),
                ("yes", "is now on Thursday, November 26 at 3 p.m."),
            ],
        ),
        (
            Language::Fr,
            [
                ("je voudrais une inspection demain à 14 h", "nom"),
                ("Jo", "c'est bien cela?"),
                ("oui", "AFH234"),
            ],
            [
                ("déplacez-le à jeudi à 15 h", "Je déplace"),
                ("oui", "jeudi 26 novembre à 15 h"),
            ],
        ),
        (
            Language::Es,
            [
                ("quiero una inspección mañana a las 2 de la tarde", "nombre"),
                ("Jo", "inspection"),
                ("sí", "AFH234"),
            ],
            [
                (
                    "quiero cambiarla al jueves a las 3 de la tarde",
                    "muevo su cita",
                ),
                ("sí", "jueves 26 de noviembre a las 3"),
            ],
        ),
    ] {
        let mut conversation = Conversation::new(language);
        hears(&mut conversation, &booked);
        conversation.has("2026-11-24T14:00:00");
        hears(&mut conversation, &moved);
        assert_eq!(
            conversation.booked.len(),
            1,
            "it is moved, and not booked again"
        );
    }
}
