//! Whole conversations in three languages, told as scripts.
use super::super::{DialogueState, Input, Step, advance};
use super::stage::{Conversation, at, monday_noon};
use crate::kernel::language::Language;
use crate::receptionist::business::Business;
use crate::receptionist::intent::Intent;
use crate::receptionist::sample::plumber;
use crate::receptionist::tools::arguments::Urgency;
use crate::receptionist::tools::{ToolAnswer, ToolCall, ToolName, ToolResult};
use crate::receptionist::turn::{Heard, Medium, Turn};

#[test]
fn an_english_texter_asks_and_leaves_a_message() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< hi
         > Hello, this is Rachel, the virtual receptionist of Plomberie Roy. How can I help you?
         < r u open sunday
         > We are closed on Sunday, November 29. [get_business_info]
         < how much for drain cleaning
         > Yes, we do that. Drain cleaning (60 min, $129). [get_business_info]
         < ok can someone come tuesday morning for drain cleaning
         > I have Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m. Which one suits you? [check_calendar_availability]
         < what's your address?
         > Our address is 12 Main St, Montreal. More at plomberieroy.ca. Which one would you like: Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m.? [get_business_info]
         < 10 am
         > All right, Tuesday, November 24 at 10 a.m. And what is your name, please?
         < its Ana Roy
         > So that's Tuesday, November 24 at 10 a.m. for drain cleaning, under the name Ana Roy, right?
         < yes
         > You are booked for Tuesday, November 24 at 10 a.m. Your confirmation code is AFH234. [book_appointment]
         < thx bye
         > Thank you for contacting Plomberie Roy. Goodbye! (ends)",
    );
    assert_eq!(
        conversation.booked,
        [(at("2026-11-24T10:00:00"), "Ana Roy".to_owned())]
    );
}

#[test]
fn where_nobody_can_book_the_wish_is_passed_on() {
    let mut conversation = Conversation::new(Language::En);
    conversation.business.is_booking_enabled = false;
    conversation.plays(
        "< can someone come tuesday morning for drain cleaning
         > Rachel from Plomberie Roy here. I can pass on your request, and Plomberie Roy will confirm the time. Which day and time suit you?
         < drain cleaning, tuesday 9am
         > And what is your name, please?
         < what's your address?
         > Our address is 12 Main St, Montreal. More at plomberieroy.ca. And what is your name, please? [get_business_info]
         < its Ana Roy
         > Thank you. I have passed your request on to Plomberie Roy. They will get back to you to confirm. [take_message]",
    );
    let taken = &conversation.taken[0];
    assert_eq!(
        taken.message,
        "can someone come tuesday morning for drain cleaning\ndrain cleaning, tuesday 9am"
    );
    assert_eq!(taken.customer_name.as_deref(), Some("Ana Roy"));
}

#[test]
fn une_cliente_ecrit_en_francais_a_une_entreprise_anglaise() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< bonjour êtes-vous ouverts demain?
         > Ici Rachel, de Plomberie Roy. Le mardi 24 novembre, nous sommes ouverts de 9 h à 17 h. [get_business_info]
         < je dois annuler mon rdv
         > Je ne trouve pas de rendez-vous. Avez-vous le code de confirmation? [find_appointment]
         < non je ne l'ai pas
         > Je peux le transmettre, et Plomberie Roy vous le confirmera. Quel jour est le rendez-vous?
         < celui de jeudi à 8 h 30
         > Et quel est votre nom, s'il vous plaît?
         < Élodie Côté
         > Merci. J'ai transmis votre demande à Plomberie Roy, qui vous reviendra pour confirmer. [take_message]
         < je veux parler à quelqu'un
         > J'ai demandé à quelqu'un de Plomberie Roy de vous répondre ici, dès que possible. [transfer_call] (hands over)",
    );
}

#[test]
fn una_clienta_escribe_en_espanol() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< hola, tengo una fuga de agua, es urgente
         > Le responde Rachel, de Plomberie Roy. Lo siento mucho. Lo paso de inmediato. Si alguien está en peligro, llame al 911. ¿En qué dirección es?
         < se rompió el tubo, calle 5 numero 20
         > ¿Y cuál es su nombre, por favor?
         < soy María Núñez
         > Gracias. Pasé su mensaje a Plomberie Roy. Le responderán. [take_message]
         < confirmo mi cita de mañana
         > Gracias. Pasé su confirmación a Plomberie Roy. [take_message]
         < no me manden más mensajes
         > Plomberie Roy: ya no recibirá más mensajes nuestros. Responda START para volver a recibirlos. [opt_out] (ends)",
    );
    assert_eq!(conversation.taken[0].urgency, Urgency::High);
    assert_eq!(
        conversation.taken[1].customer_name.as_deref(),
        Some("María Núñez"),
        "told once, not asked again"
    );
}

#[test]
fn who_is_not_understood_gets_other_words_and_then_a_way_out() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< blorp
         > Rachel from Plomberie Roy here. Sorry, I did not get that. I can tell you about hours, services and prices, arrange an appointment or take a message.
         < blorp blorp
         > I still don't follow, sorry. Could you put it in a few words, such as \"hours\", \"prices\" or \"appointment\"?
         < the blorp of my grandmother
         > Would you like a person to answer you, or shall I take a message?
         < a message please
         > Of course. What would you like me to tell Plomberie Roy?
         < the blorp is purple
         > And what is your name, please?
         < no thanks
         > Thank you. I have passed your message on to Plomberie Roy. They will get back to you. [take_message]",
    );
    assert_eq!(
        (
            conversation.taken[0].message.as_str(),
            &conversation.taken[0].customer_name
        ),
        ("the blorp is purple", &None)
    );
}

#[test]
fn nobody_to_hand_over_to_becomes_a_message() {
    let mut conversation = Conversation::new(Language::En);
    conversation.is_staff_there = false;
    conversation.plays(
        "< human please
         > Rachel from Plomberie Roy here. I cannot reach anyone right now, but I can take a message. And what shall I pass on? [transfer_call]
         < call me about the invoice
         > And what is your name, please?
         < Bob
         > Thank you. I have passed your message on to Plomberie Roy. They will get back to you. [take_message]",
    );
}

#[test]
fn a_message_can_be_given_at_once_or_dropped() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< tell Marc the key is under the mat
         > Rachel from Plomberie Roy here. And what is your name, please?
         < Jo
         > Thank you. I have passed your message on to Plomberie Roy. They will get back to you. [take_message]
         < i want to leave a message
         > Of course. What would you like me to tell Plomberie Roy?
         < never mind
         > All right. Is there anything else I can help with?
         < no
         > Thank you for contacting Plomberie Roy. Goodbye! (ends)",
    );
    assert_eq!(conversation.taken.len(), 1);
}

#[test]
fn a_question_without_a_known_answer_is_passed_on() {
    let mut conversation = Conversation::new(Language::En);
    conversation.business = Business {
        services: vec![],
        standard_fee: None,
        emergency_fee: None,
        ..plumber()
    };
    conversation.plays(
        "< how much is a new faucet
         > Rachel from Plomberie Roy here. I do not have our prices here. Tell me what you need and we will get back to you with a quote. [get_business_info]
         < a kitchen faucet, brass
         > And what is your name, please?
         < Jo
         > Thank you. I have passed your message on to Plomberie Roy. They will get back to you. [take_message]",
    );
    assert_eq!(
        conversation.taken[0].message,
        "how much is a new faucet\na kitchen faucet, brass"
    );
}

#[test]
fn the_business_greets_in_its_own_words_and_its_own_language() {
    let greeting = Some("Roy's, what's up?".to_owned());
    let mut conversation = Conversation {
        business: Business {
            greeting: greeting.clone(),
            ..plumber()
        },
        ..Conversation::new(Language::En)
    };
    assert_eq!(conversation.hear(Heard::Silence).text, "Roy's, what's up?");
    let mut conversation = Conversation {
        business: Business {
            greeting,
            ..plumber()
        },
        ..Conversation::new(Language::En)
    };
    assert!(
        conversation
            .text("bonjour")
            .text
            .starts_with("Bonjour, ici Rachel")
    );
}

#[test]
fn silence_keys_pictures_and_keywords_are_turns_too() {
    let mut conversation = Conversation::new(Language::En);
    let turn = |heard, intent, has_media| Turn {
        heard,
        medium: Medium::Text,
        language: Language::En,
        intent,
        now: monday_noon(),
        has_media,
    };
    assert!(conversation.hear(Heard::Digits("0".into())).hands_over);
    assert!(
        conversation
            .turn(turn(Heard::Text(String::new()), None, true))
            .text
            .contains("pictures")
    );
    assert!(conversation.text("my leaking tap").text.contains("name"));
    assert_eq!(
        conversation.hear(Heard::Text("Jo".into())).tool_calls[0].name,
        ToolName::TakeMessage
    );
    let confirmed = conversation.turn(turn(Heard::Text("C".into()), Some(Intent::Confirm), false));
    assert_eq!(confirmed.tool_calls[0].args["category"], "CONFIRM");
    let replies: Vec<_> = (0..4).map(|_| conversation.hear(Heard::Silence)).collect();
    assert!(
        replies[3].ends && !replies[2].ends,
        "silence is not asked for ever"
    );
}

#[test]
fn a_tool_that_fails_without_words_still_leads_to_an_answer() {
    let business = plumber();
    for name in ToolName::ALL {
        let mut state = DialogueState::default();
        let call = ToolCall {
            id: "x".into(),
            name,
            args: serde_json::Value::Null,
        };
        let failed = ToolAnswer::new(ToolResult::Unavailable, "");
        let Step::Say(reply) = advance(&business, &mut state, Input::ToolAnswered(&call, &failed))
        else {
            panic!("{name:?}")
        };
        assert!(
            reply.text.contains("did not work") && !reply.ends && !reply.hands_over,
            "{name:?}: {}",
            reply.text
        );
    }
}

#[test]
fn whatever_is_sent_is_answered_within_three_segments() {
    let long = "why ".repeat(400);
    let nasty = [
        "",
        " ",
        "\u{200b}\u{200d}",
        "🏠🔥🏠",
        "https://example.com/x",
        &long,
        "{\"a\":1}",
        "'; drop table x;--",
        "\0\0",
        "ñandú çà où",
        "?",
        "hours",
        "no",
        "yes",
        "person",
    ];
    for language in [Language::En, Language::Fr, Language::Es] {
        for first in nasty {
            let mut conversation = Conversation::new(language);
            for next in nasty {
                for text in [first, next] {
                    let reply = conversation.text(text);
                    assert!(reply.text.chars().count() <= 201, "{}", reply.text);
                }
            }
        }
    }
}

#[test]
fn an_opt_out_as_first_words_is_confirmed_and_nothing_else() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< please take me off your list
         > Plomberie Roy: you are unsubscribed and will get no more texts. Reply START to get them again. [opt_out] (ends)",
    );
}
