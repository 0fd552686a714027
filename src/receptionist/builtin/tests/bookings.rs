//! Appointments in three languages, told as scripts: by voice and by text, booked, moved, cancelled, and everything that
//! comes between.
use super::stage::{CODE, Conversation, at};
use crate::kernel::language::Language;
use crate::receptionist::tools::arguments::Category;
use crate::receptionist::turn::Heard;

#[test]
fn a_caller_books_by_voice() {
    let mut call = Conversation::call(Language::En);
    call.plays(
        "<
         > Hello, this is Rachel, the virtual receptionist of Plomberie Roy. How can I help you?
         < I'd like to make an appointment
         > What is it for: Drain cleaning, Water heater or Inspection?
         < the drain cleaning please
         > Which day and time suit you?
         < tomorrow afternoon
         > I have Tuesday, November 24 at noon, 2 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]
         < the second one
         > All right, Tuesday, November 24 at 2 p.m. And what is your name, please?
         < my name is Ana Roy
         > So that's Tuesday, November 24 at 2 p.m. for drain cleaning, under the name Ana Roy, right?
         < that's right
         > You are booked for Tuesday, November 24 at 2 p.m. Your confirmation code is A F H 2 3 4. Is there anything else I can help with? [book_appointment]
         < no thank you
         > Thank you for contacting Plomberie Roy. Goodbye! (ends)",
    );
    assert_eq!(call.booked[0].0, at("2026-11-24T14:00:00"));
}

#[test]
fn who_says_everything_at_once_is_asked_only_what_is_missing() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< can i book an inspection on wednesday at 2:30 pm
         > Rachel from Plomberie Roy here. Wednesday, November 25 at 2:30 p.m. is free. And what is your name, please? [check_calendar_availability]
         < Bob
         > So that's Wednesday, November 25 at 2:30 p.m. for inspection, under the name Bob, right?
         < yep
         > You are booked for Wednesday, November 25 at 2:30 p.m. Your confirmation code is AFH234. [book_appointment]",
    );
}

#[test]
fn what_was_said_can_be_corrected_at_any_time() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< book an inspection tuesday at 10 am
         > Rachel from Plomberie Roy here. Tuesday, November 24 at 10 a.m. is free. And what is your name, please? [check_calendar_availability]
         < no, wednesday
         > I have Wednesday, November 25 at 9 a.m., 12:30 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]
         < do you have 11 am?
         > Wednesday, November 25 at 11 a.m. is free. And what is your name, please? [check_calendar_availability]
         < Jo Lee
         > So that's Wednesday, November 25 at 11 a.m. for inspection, under the name Jo Lee, right?
         < actually 11:30 am
         > So that's Wednesday, November 25 at 11:30 a.m. for inspection, under the name Jo Lee, right? [check_calendar_availability]
         < no
         > All right. Which day and time would suit you instead?
         < thursday at 9 am
         > So that's Thursday, November 26 at 9 a.m. for inspection, under the name Jo Lee, right? [check_calendar_availability]
         < yes please
         > You are booked for Thursday, November 26 at 9 a.m. Your confirmation code is AFH234. [book_appointment]",
    );
}

#[test]
fn what_is_taken_or_closed_brings_the_nearest_times() {
    let mut conversation = Conversation::new(Language::En);
    conversation
        .booked
        .push((at("2026-11-24T14:00:00"), "x".into()));
    conversation.is_raced.push(at("2026-11-24T14:30:00"));
    conversation.plays(
        "< book an inspection tomorrow at 2 pm
         > Rachel from Plomberie Roy here. That is not free. The nearest I have is Tuesday, November 24 at 1 p.m., 1:30 p.m. or 2:30 p.m. Which one suits you? [check_calendar_availability]
         < 2:30
         > All right, Tuesday, November 24 at 2:30 p.m. And what is your name, please?
         < Jo
         > So that's Tuesday, November 24 at 2:30 p.m. for inspection, under the name Jo, right?
         < yes
         > Sorry, that time has just been taken. I still have Tuesday, November 24 at 1:30 p.m., 3 p.m. or 3:30 p.m. Which one suits you? [book_appointment]
         < the last one
         > So that's Tuesday, November 24 at 3:30 p.m. for inspection, under the name Jo, right?
         < yes
         > You are booked for Tuesday, November 24 at 3:30 p.m. Your confirmation code is AFH234. [book_appointment]",
    );
    let mut sunday = Conversation::new(Language::En);
    sunday.plays(
        "< book an inspection on sunday
         > Rachel from Plomberie Roy here. We are closed on Sunday, November 29. The nearest I have is Monday, November 30 at 9 a.m., 9:30 a.m. or 10 a.m. Which one suits you? [check_calendar_availability]",
    );
}

#[test]
fn an_offer_that_has_run_out_is_tried_again_by_its_start() {
    let mut conversation = Conversation::new(Language::En);
    conversation.are_tokens_over = true;
    conversation.plays(
        "< book an inspection tomorrow at 2 pm
         > Rachel from Plomberie Roy here. Tuesday, November 24 at 2 p.m. is free. And what is your name, please? [check_calendar_availability]
         < Jo
         > So that's Tuesday, November 24 at 2 p.m. for inspection, under the name Jo, right?
         < yes
         > You are booked for Tuesday, November 24 at 2 p.m. Your confirmation code is AFH234. [book_appointment] [book_appointment]",
    );
}

#[test]
fn keys_answer_everything() {
    let mut call = Conversation::call(Language::En);
    call.is_anonymous = true;
    call.plays(
        "<
         > Hello, this is Rachel, the virtual receptionist of Plomberie Roy. How can I help you?
         <#1
         > What is it for: Drain cleaning, Water heater or Inspection?
         <#3
         > Which day and time suit you?
         < tomorrow
         > I have Tuesday, November 24 at 9 a.m., 12:30 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]
         <#2
         > All right, Tuesday, November 24 at 12:30 p.m. And what is your name, please?
         < Jo
         > So that's Tuesday, November 24 at 12:30 p.m. for inspection, under the name Jo, right?
         <#1
         > And at which number can we reach you? [book_appointment]
         <#5145550199#
         > You are booked for Tuesday, November 24 at 12:30 p.m. Your confirmation code is A F H 2 3 4. Is there anything else I can help with? [book_appointment]
         <#7
         > Sorry, I did not get that. I can tell you about hours, services and prices, arrange an appointment or take a message.
         <#8
         > Sorry, I did not get that. For an appointment press 1, to leave a message press 2, for a person press 0.
         <#2
         > Of course. What would you like me to tell Plomberie Roy?
         <#0
         > One moment, I am putting you through. [transfer_call] (hands over)",
    );
}

#[test]
fn an_appointment_is_moved_by_the_phone_that_booked_it() {
    let mut conversation = Conversation::new(Language::En);
    conversation.has("2026-11-26T09:00:00");
    conversation.plays(
        "< i need to reschedule my appointment
         > Rachel from Plomberie Roy here. Your appointment is on Thursday, November 26 at 9 a.m. Which day and time would suit you instead? [find_appointment]
         < friday at 3 pm
         > So I move your appointment from Thursday, November 26 at 9 a.m. to Friday, November 27 at 3 p.m., right? [check_calendar_availability]
         < yes
         > Your appointment is now on Friday, November 27 at 3 p.m. Your confirmation code is AFH234. [reschedule_appointment]
         < when is my appointment?
         > You have an appointment on Friday, November 27 at 3 p.m. [find_appointment]",
    );
}

#[test]
fn who_calls_from_another_phone_needs_the_code() {
    let mut call = Conversation::call(Language::En);
    call.has("2026-11-26T09:00:00");
    call.is_anonymous = true;
    call.plays(
        "< cancel my appointment please
         > Rachel from Plomberie Roy here. I do not find an appointment. Do you have its confirmation code? [find_appointment]
         < it is a f h 2 3 5
         > I do not find an appointment. Do you have its confirmation code? [find_appointment]
         < sorry it's a f h 2 3 4
         > You have an appointment on Thursday, November 26 at 9 a.m. Shall I cancel it? [find_appointment]
         < yes cancel it
         > Your appointment on Thursday, November 26 at 9 a.m. is cancelled. Is there anything else I can help with? [cancel_appointment]",
    );
    assert!(call.own.is_empty());
    assert_eq!(CODE, "AFH234");
}

#[test]
fn who_does_not_want_to_cancel_after_all_keeps_it() {
    let mut conversation = Conversation::new(Language::En);
    conversation.has("2026-11-26T09:00:00");
    conversation.plays(
        "< cancel my appointment
         > Rachel from Plomberie Roy here. You have an appointment on Thursday, November 26 at 9 a.m. Shall I cancel it? [find_appointment]
         < no
         > All right, your appointment stays as it is. Is there anything else I can help with?
         < cancel my appointment
         > You have an appointment on Thursday, November 26 at 9 a.m. Shall I cancel it? [find_appointment]
         < can i move it to friday instead
         > I have Friday, November 27 at 9 a.m., 12:30 p.m. or 4:30 p.m. Which one suits you? [find_appointment] [check_calendar_availability]",
    );
    assert_eq!(conversation.own.len(), 1);
}

#[test]
fn what_is_not_clear_is_asked_back() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< book an inspection next friday at 10 am
         > Rachel from Plomberie Roy here. Do you mean Friday, November 27 or Friday, December 4?
         < this friday
         > Friday, November 27 at 10 a.m. is free. And what is your name, please? [check_calendar_availability]",
    );
    let mut always_open = Conversation::new(Language::En);
    for hours in &mut always_open.business.hours {
        hours.opens = "06:00:00".parse().unwrap();
        hours.closes = "22:00:00".parse().unwrap();
    }
    always_open.plays(
        "< book an inspection tomorrow at 8
         > Rachel from Plomberie Roy here. Do you mean 8 a.m. or 8 p.m.?
         < in the evening
         > Tuesday, November 24 at 8 p.m. is free. And what is your name, please? [check_calendar_availability]",
    );
}

#[test]
fn who_is_not_understood_is_helped_along_and_then_handed_on() {
    let mut call = Conversation::call(Language::En);
    call.plays(
        "< i want to book an inspection
         > Rachel from Plomberie Roy here. Which day and time suit you?
         < blorp
         > Sorry, I did not get that. Which day and time suit you?
         <
         > I did not get the day or the time. Could you say it like \"Tuesday at two\"? Which day and time suit you?
         < blorp blorp
         > Would you like a person to answer you, or shall I take a message? Press 1 for a person, 2 for a message.
         < a message please
         > And what is your name, please?
         < Jo
         > Thank you. I have passed your request on to Plomberie Roy. They will get back to you to confirm. [take_message]",
    );
    assert_eq!(call.taken[0].category, Category::Appointment);
    assert!(
        call.taken[0]
            .message
            .starts_with("i want to book an inspection")
    );
}

#[test]
fn silence_is_asked_after_and_not_for_ever() {
    let mut call = Conversation::call(Language::En);
    call.plays(
        "< book an inspection
         > Rachel from Plomberie Roy here. Which day and time suit you?
         <
         > Are you still there? Which day and time suit you?
         <
         > I did not get the day or the time. Could you say it like \"Tuesday at two\"? Which day and time suit you?
         <
         > Would you like a person to answer you, or shall I take a message? Press 1 for a person, 2 for a message.
         <
         > I am sorry that I could not help you myself. (to the tone)",
    );
}

#[test]
fn a_wish_can_be_dropped_and_a_person_or_an_opt_out_ends_it() {
    let mut conversation = Conversation::new(Language::En);
    conversation.plays(
        "< book an inspection
         > Rachel from Plomberie Roy here. Which day and time suit you?
         < never mind
         > All right. Is there anything else I can help with?
         < book an inspection tomorrow at 2 pm
         > Tuesday, November 24 at 2 p.m. is free. And what is your name, please? [check_calendar_availability]
         < i want to talk to a human
         > I have asked someone at Plomberie Roy to answer you here. They will reply as soon as they can. [transfer_call] (hands over)
         < book an inspection tomorrow at 2 pm
         > Tuesday, November 24 at 2 p.m. is free. And what is your name, please? [check_calendar_availability]
         < stop texting me
         > Plomberie Roy: you are unsubscribed and will get no more texts. Reply START to get them again. [opt_out] (ends)",
    );
    assert!(conversation.booked.is_empty());
}

#[test]
fn the_language_is_changed_when_asked_and_the_question_goes_on() {
    let mut call = Conversation::call(Language::En);
    call.plays(
        "< book an inspection
         > Rachel from Plomberie Roy here. Which day and time suit you?
         < en français s'il vous plaît
         > D'accord. Quel jour et quelle heure vous conviennent?
         < hablan español?
         > De acuerdo. ¿Qué día y a qué hora le conviene?",
    );
    let mut french = Conversation::call(Language::Fr);
    french.business.language = Language::Fr;
    french.business.greeting = Some("Plomberie Roy, bonjour!".into());
    french.plays(
        "<
         > Plomberie Roy, bonjour! For English, press 2.
         <#2
         > All right. How can I help you?
         <#2
         > Of course. What would you like me to tell Plomberie Roy?",
    );
}

#[test]
fn une_cliente_reserve_en_francais() {
    let mut call = Conversation::call(Language::Fr);
    call.plays(
        "< bonjour, je voudrais un rendez-vous pour une inspection
         > Ici Rachel, de Plomberie Roy. Quel jour et quelle heure vous conviennent?
         < demain après-midi
         > J'ai le mardi 24 novembre à 12 h, 14 h ou 16 h 30. Laquelle vous convient? [check_calendar_availability]
         < plutôt 15 h
         > Le mardi 24 novembre à 15 h, c'est libre. Et quel est votre nom, s'il vous plaît? [check_calendar_availability]
         < Élodie Côté
         > Donc le mardi 24 novembre à 15 h pour inspection, au nom d'Élodie Côté, c'est bien cela?
         < oui c'est ça
         > Votre rendez-vous est réservé pour le mardi 24 novembre à 15 h. Votre code de confirmation est A F H 2 3 4. Puis-je faire autre chose pour vous? [book_appointment]",
    );
    call.has("2026-11-24T15:00:00");
    call.plays(
        "< je dois annuler mon rendez-vous
         > Vous avez un rendez-vous le mardi 24 novembre à 15 h. Voulez-vous que je l'annule? [find_appointment]
         < oui
         > Votre rendez-vous du mardi 24 novembre à 15 h est annulé. Puis-je faire autre chose pour vous? [cancel_appointment]",
    );
}

#[test]
fn una_clienta_reserva_en_espanol() {
    let mut conversation = Conversation::new(Language::Es);
    conversation.plays(
        "< hola, quiero una cita para una inspection mañana a las tres
         > Le responde Rachel, de Plomberie Roy. El martes 24 de noviembre a las 3 de la tarde está libre. ¿Y cuál es su nombre, por favor? [check_calendar_availability]
         < soy María Núñez
         > Entonces el martes 24 de noviembre a las 3 de la tarde para inspection, a nombre de María Núñez, ¿correcto?
         < sí
         > Su cita quedó reservada para el martes 24 de noviembre a las 3 de la tarde. Su código de confirmación es AFH234. [book_appointment]",
    );
    conversation.has("2026-11-24T15:00:00");
    conversation.plays(
        "< necesito cambiar mi cita
         > Su cita es el martes 24 de noviembre a las 3 de la tarde. ¿Qué otro día y a qué hora le convendría? [find_appointment]
         < el jueves por la mañana
         > Tengo el jueves 26 de noviembre a las 9 de la mañana, a las 10 de la mañana o a las 11:30 de la mañana. ¿Cuál le conviene? [check_calendar_availability]
         < la segunda
         > Entonces muevo su cita del martes 24 de noviembre a las 3 de la tarde al jueves 26 de noviembre a las 10 de la mañana, ¿correcto?
         < correcto
         > Su cita es ahora el jueves 26 de noviembre a las 10 de la mañana. Su código de confirmación es AFH234. [reschedule_appointment]",
    );
}

#[test]
fn whatever_comes_while_an_appointment_is_arranged_is_answered() {
    let nasty = [
        "",
        "?",
        "0",
        "2",
        "99999",
        "no",
        "yes",
        "tomorrow",
        "the second",
        "hours",
        "stop",
        "cancel",
        "human",
        "🔥🔥",
        "next friday",
        "at 8",
        "my code is afh234",
        "en français",
        "'; drop table x;--",
        "{\"a\": 1}",
        "ten",
        "pm",
        "Jo",
        "31 november",
        "message",
    ];
    let long = "tomorrow ".repeat(450);
    for start in ["book an inspection", "move my appointment"] {
        for (at_first, first) in nasty.iter().chain([&long.as_str()]).enumerate() {
            for second in nasty.iter().skip(at_first % 4).step_by(4) {
                let mut call = Conversation::call(Language::En);
                call.has("2026-11-26T09:00:00");
                call.text(start);
                for said in [first, second, first] {
                    let reply = call.text(said);
                    assert!(reply.text.chars().count() <= 480, "{}", reply.text);
                }
                call.hear(Heard::Digits("3".into()));
            }
        }
    }
}
