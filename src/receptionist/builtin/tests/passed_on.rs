//! Messages: what is one, what is not, and what they still lack.
use super::callers::{hears, heating, talk};
use super::stage::Conversation;
use crate::kernel::language::Language::{En, Es, Fr};
use crate::receptionist::turn::Medium;

#[test]
fn a_message_that_they_asked_to_leave_is_passed_on_whatever_it_speaks_of() {
    for (language, wish, message) in [
        (
            En,
            "I want to leave a message",
            "I'll be late for my appointment tomorrow",
        ),
        (
            Fr,
            "je veux laisser un message",
            "je serai en retard à mon rendez-vous demain",
        ),
        (
            Es,
            "quiero dejar un mensaje",
            "voy a llegar tarde a mi cita mañana",
        ),
    ] {
        let mut conversation = Conversation::new(language);
        conversation.text(wish);
        conversation.text(message);
        conversation.text("Ana Roy");
        assert_eq!(conversation.taken.len(), 1, "{language:?}");
        assert_eq!(conversation.taken[0].message, message);
    }
    let mut outright = Conversation::new(En);
    outright.has("2026-11-24T14:00:00");
    hears(
        &mut outright,
        &[
            ("I want to leave a message", "What would you like me"),
            ("cancel my appointment", "Shall I cancel it?"),
        ],
    );
}

#[test]
fn who_tells_a_trouble_and_a_time_gets_an_appointment() {
    for (language, said) in [
        (En, "Can someone fix my furnace monday at 2"),
        (En, "hey can u fix my AC mon 2pm"),
        (Fr, "pouvez-vous réparer ma fournaise lundi à 14 h"),
        (
            Es,
            "¿pueden arreglar mi calefacción el lunes a las 2 de la tarde?",
        ),
    ] {
        let mut conversation = talk(heating(), Medium::Text, language);
        conversation.text(said);
        assert!(
            conversation.state.plan.is_some(),
            "{said}: {}",
            conversation.state.last_said
        );
    }
    let mut since = talk(heating(), Medium::Text, En);
    hears(
        &mut since,
        &[("my furnace is broken since monday", "What is the address?")],
    );
}

#[test]
fn a_name_and_a_day_are_no_address() {
    for (language, trouble, asked, day, name, street) in [
        (
            En,
            "my furnace is dead",
            "the address",
            "tomorrow",
            "Tim",
            "12 Elm Street",
        ),
        (
            Fr,
            "ma fournaise ne marche plus",
            "adresse",
            "demain",
            "Luc",
            "12 rue des Ormes",
        ),
        (
            Es,
            "mi calefacción no funciona",
            "dirección",
            "mañana",
            "Luis",
            "calle 5 número 20",
        ),
    ] {
        let mut dated = talk(heating(), Medium::Text, language);
        hears(&mut dated, &[(trouble, asked), (day, asked)]);
        let mut named = talk(heating(), Medium::Text, language);
        hears(&mut named, &[(trouble, asked), (name, asked)]);
        named.text(street);
        let taken = &named.taken[0];
        assert_eq!(taken.message, format!("{trouble}\n{street}"));
        assert_eq!(taken.customer_name.as_deref(), Some(name));
    }
}

#[test]
fn of_a_trouble_that_is_not_told_first_the_trouble_is_asked_and_then_the_place() {
    for (language, lines) in [
        (
            En,
            [
                ("I have a problem", "What is wrong?"),
                ("water all over the kitchen", "the address"),
                ("12 Elm Street", "name"),
            ],
        ),
        (
            Fr,
            [
                ("j'ai un problème", "Quel est le problème?"),
                ("de l'eau partout dans la cuisine", "adresse"),
                ("12 rue des Ormes", "nom"),
            ],
        ),
        (
            Es,
            [
                ("tengo un problema", "¿Cuál es el problema?"),
                ("agua por toda la cocina", "dirección"),
                ("calle 5 número 20", "nombre"),
            ],
        ),
    ] {
        hears(&mut talk(heating(), Medium::Text, language), &lines);
    }
}

#[test]
fn a_message_is_dropped_by_a_mere_word_even_where_the_name_was_asked() {
    for (language, wish, message, word) in [
        (
            En,
            "I want to leave a message",
            "the dog bites",
            "never mind",
        ),
        (
            Fr,
            "je veux laisser un message",
            "le chien mord",
            "oubliez ça",
        ),
        (Es, "quiero dejar un mensaje", "el perro muerde", "olvídelo"),
    ] {
        let mut conversation = Conversation::new(language);
        conversation.text(wish);
        conversation.text(message);
        conversation.text(word);
        assert!(conversation.taken.is_empty(), "{word}");
        assert_eq!(conversation.state.unfinished(), None);
    }
}

#[test]
fn the_details_of_what_was_booked_are_sent_anyway_and_the_address_on_request() {
    for (language, booked, details, part, address) in [
        (
            En,
            ["book an inspection tomorrow at 2 pm", "Jo", "yes"],
            "can you send me a text with the details",
            "The details of your appointment are sent",
            "text me the address",
        ),
        (
            Fr,
            ["je voudrais une inspection demain à 14 h", "Jo", "oui"],
            "envoyez-moi les détails par texto",
            "Les détails de votre rendez-vous",
            "envoyez-moi l'adresse par texto",
        ),
        (
            Es,
            [
                "quiero una inspección mañana a las 2 de la tarde",
                "Jo",
                "sí",
            ],
            "mándeme los datos por mensaje de texto",
            "Los datos de su cita",
            "mándeme la dirección por mensaje de texto",
        ),
    ] {
        let mut call = Conversation::call(language);
        for said in booked {
            call.text(said);
        }
        hears(&mut call, &[(details, part)]);
        assert!(call.texted.is_empty(), "{language:?}");
        call.text(address);
        assert_eq!(call.texted, ["address"]);
    }
}

#[test]
fn several_appointments_are_told_and_taken_one_at_a_time() {
    for (language, lines) in [
        (
            En,
            [
                ("what appointments do I have", "You have an appointment"),
                ("cancel them both", "Which one do you mean?"),
                (
                    "both",
                    "one at a time, so the first one first. You have an appointment on Tuesday, November 24",
                ),
            ],
        ),
        (
            Fr,
            [
                ("quels sont mes rendez-vous", "Vous avez un rendez-vous"),
                ("annulez mes rendez-vous", "Duquel s'agit-il?"),
                ("les deux", "un à la fois"),
            ],
        ),
        (
            Es,
            [
                ("¿cuáles son mis citas?", "Tiene una cita"),
                ("cancele mis citas", "¿De cuál se trata?"),
                ("las dos", "de una en una"),
            ],
        ),
    ] {
        let mut conversation = Conversation::new(language);
        conversation.has_for("2026-11-24T09:00:00", "AFH234", Some("Drain cleaning"));
        conversation.has_for("2026-11-26T09:00:00", "K7M2QX", Some("Inspection"));
        hears(&mut conversation, &lines);
    }
}
