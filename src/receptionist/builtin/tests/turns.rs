//! The turns that conversations take: a time that was not offered, one of several appointments, a name put right, a
//! question in between. Told as scripts, in three languages.
use super::stage::{Conversation, at};
use crate::kernel::language::Language::{self, En, Es, Fr};

const OFFERED: [&str; 3] = [
    "Rachel from Plomberie Roy here. I have Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m. Which one suits you? [check_calendar_availability]",
    "Ici Rachel, de Plomberie Roy. J'ai le mardi 24 novembre à 9 h, 10 h ou 11 h 30. Laquelle vous convient? [check_calendar_availability]",
    "Le responde Rachel, de Plomberie Roy. Tengo el martes 24 de noviembre a las 9 de la mañana, a las 10 de la mañana o a las 11:30 de la mañana. ¿Cuál le conviene? [check_calendar_availability]",
];

fn wish(language: Language) -> (&'static str, &'static str) {
    match language {
        En => ("book an inspection tomorrow morning", OFFERED[0]),
        Fr => (
            "je voudrais un rendez-vous pour une inspection demain matin",
            OFFERED[1],
        ),
        Es => (
            "quiero una cita para una inspection mañana por la mañana",
            OFFERED[2],
        ),
    }
}

/// Offered three times of a morning.
fn offered(language: Language) -> Conversation {
    let mut call = Conversation::call(language);
    let (wish, offer) = wish(language);
    call.plays(&format!("< {wish}\n> {offer}"));
    call
}

#[test]
fn a_time_that_was_not_offered_is_looked_up_and_none_of_the_offers_taken() {
    for (language, said, answer) in [
        (
            En,
            "2 pm",
            "Tuesday, November 24 at 2 p.m. is free. And what is your name, please? [check_calendar_availability]",
        ),
        (
            En,
            "monday 3",
            "Monday, November 23 at 3 p.m. is free. And what is your name, please? [check_calendar_availability]",
        ),
        (
            En,
            "what about november 30th",
            "I have Monday, November 30 at 9 a.m., 12:30 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]",
        ),
        (En, "hang on a second", "Of course, take your time."),
        (
            En,
            "two",
            "All right, Tuesday, November 24 at 10 a.m. And what is your name, please?",
        ),
        (
            En,
            "the 3rd one please",
            "All right, Tuesday, November 24 at 11:30 a.m. And what is your name, please?",
        ),
        (
            Fr,
            "trois heures",
            "Le mardi 24 novembre à 15 h, c'est libre. Et quel est votre nom, s'il vous plaît? [check_calendar_availability]",
        ),
        (Fr, "une seconde", "Bien sûr, prenez votre temps."),
        (
            Fr,
            "la deux",
            "D'accord, le mardi 24 novembre à 10 h. Et quel est votre nom, s'il vous plaît?",
        ),
        (
            Es,
            "las tres",
            "El martes 24 de noviembre a las 3 de la tarde está libre. ¿Y cuál es su nombre, por favor? [check_calendar_availability]",
        ),
        (Es, "un segundo", "Claro, tómese su tiempo."),
        (
            Es,
            "la dos",
            "De acuerdo, el martes 24 de noviembre a las 10 de la mañana. ¿Y cuál es su nombre, por favor?",
        ),
    ] {
        offered(language).plays(&format!("< {said}\n> {answer}"));
    }
}

#[test]
fn what_is_no_name_is_none_and_the_name_is_read_back_and_put_right() {
    for (language, script) in [
        (
            En,
            "< the first one
             > All right, Tuesday, November 24 at 9 a.m. And what is your name, please?
             < what
             > Sorry, I did not get that. And what is your name, please?
             < call me Pat
             > So that's Tuesday, November 24 at 9 a.m. for inspection, under the name Pat, right?
             < Pat Smith
             > So that's Tuesday, November 24 at 9 a.m. for inspection, under the name Pat Smith, right?
             < no the name is Phil
             > So that's Tuesday, November 24 at 9 a.m. for inspection, under the name Phil, right?
             < yeah yeah
             > You are booked for Tuesday, November 24 at 9 a.m. Your confirmation code is A F H 2 3 4. Is there anything else I can help with? [book_appointment]",
        ),
        (
            Fr,
            "< la première
             > D'accord, le mardi 24 novembre à 9 h. Et quel est votre nom, s'il vous plaît?
             < appelez-moi Luc
             > Donc le mardi 24 novembre à 9 h pour inspection, au nom de Luc, c'est bien cela?
             < non c'est Luc Roy
             > Donc le mardi 24 novembre à 9 h pour inspection, au nom de Luc Roy, c'est bien cela?
             < oui c'est bon
             > Votre rendez-vous est réservé pour le mardi 24 novembre à 9 h. Votre code de confirmation est A F H 2 3 4. Puis-je faire autre chose pour vous? [book_appointment]",
        ),
        (
            Es,
            "< la primera
             > De acuerdo, el martes 24 de noviembre a las 9 de la mañana. ¿Y cuál es su nombre, por favor?
             < Luis
             > Entonces el martes 24 de noviembre a las 9 de la mañana para inspection, a nombre de Luis, ¿correcto?
             < no, me llamo Luisa
             > Entonces el martes 24 de noviembre a las 9 de la mañana para inspection, a nombre de Luisa, ¿correcto?
             < sí
             > Su cita quedó reservada para el martes 24 de noviembre a las 9 de la mañana. Su código de confirmación es A F H 2 3 4. ¿Le puedo ayudar en algo más? [book_appointment]",
        ),
    ] {
        offered(language).plays(script);
    }
}

#[test]
fn a_name_in_the_first_words_is_not_asked_for_again() {
    let mut conversation = Conversation::new(En);
    conversation.plays(
        "< my name is Sarah and I'd like to book an inspection tomorrow at 10 am
         > Rachel from Plomberie Roy here. So that's Tuesday, November 24 at 10 a.m. for inspection, under the name Sarah, right? [check_calendar_availability]
         < yes
         > You are booked for Tuesday, November 24 at 10 a.m. Your confirmation code is AFH234. [book_appointment]",
    );
    assert_eq!(conversation.booked[0].1, "Sarah");
    let mut conversation = Conversation::new(Fr);
    conversation.plays(
        "< bonjour, je m'appelle Anne
         > Bonjour, ici Rachel, la réceptionniste virtuelle de Plomberie Roy. Comment puis-je vous aider?
         < je voudrais un rendez-vous pour une inspection demain à 10 h
         > Donc le mardi 24 novembre à 10 h pour inspection, au nom d'Anne, c'est bien cela? [check_calendar_availability]",
    );
}

#[test]
fn a_question_in_between_leaves_what_was_chosen() {
    for (language, script) in [
        (
            En,
            "< the first one
             > All right, Tuesday, November 24 at 9 a.m. And what is your name, please?
             < what is your cancellation policy
             > I do not know that, but I can ask the team to get back to you. And what is your name, please? [get_business_info]
             < is that the 24th of november
             > All right, Tuesday, November 24 at 9 a.m. And what is your name, please?
             < are you open on saturdays
             > On Saturday, November 28 we are open 10 am to 2 pm. And what is your name, please? [get_business_info]
             < Jo
             > So that's Tuesday, November 24 at 9 a.m. for inspection, under the name Jo, right?
             < tuesday the 24th
             > Sorry, I did not get that. So that's Tuesday, November 24 at 9 a.m. for inspection, under the name Jo, right?
             < yes
             > You are booked for Tuesday, November 24 at 9 a.m. Your confirmation code is A F H 2 3 4. Is there anything else I can help with? [book_appointment]",
        ),
        (
            Fr,
            "< la première
             > D'accord, le mardi 24 novembre à 9 h. Et quel est votre nom, s'il vous plaît?
             < quelle est votre politique d'annulation
             > Je ne le sais pas, mais je peux demander à l'équipe de vous répondre. Et quel est votre nom, s'il vous plaît? [get_business_info]
             < mardi le 24
             > D'accord, le mardi 24 novembre à 9 h. Et quel est votre nom, s'il vous plaît?
             < Luc Roy
             > Donc le mardi 24 novembre à 9 h pour inspection, au nom de Luc Roy, c'est bien cela?",
        ),
        (
            Es,
            "< la primera
             > De acuerdo, el martes 24 de noviembre a las 9 de la mañana. ¿Y cuál es su nombre, por favor?
             < cuál es su política de cancelación
             > No lo sé, pero puedo pedirle al equipo que le responda. ¿Y cuál es su nombre, por favor? [get_business_info]
             < el martes 24
             > De acuerdo, el martes 24 de noviembre a las 9 de la mañana. ¿Y cuál es su nombre, por favor?
             < Luis Gómez
             > Entonces el martes 24 de noviembre a las 9 de la mañana para inspection, a nombre de Luis Gómez, ¿correcto?",
        ),
    ] {
        offered(language).plays(script);
    }
}

/// A drain cleaning on Wednesday and an inspection on Friday week.
fn with_two(language: Language) -> Conversation {
    let mut call = Conversation::call(language);
    call.has_for("2026-11-25T14:00:00", "AFH234", Some("Drain cleaning"));
    call.has_for("2026-12-04T09:00:00", "KLM567", Some("Inspection"));
    call
}

#[test]
fn of_two_appointments_the_one_that_is_named_is_changed() {
    let mut call = with_two(En);
    call.plays(
        "< move my december 4th appointment to december 7 at 9 am
         > Rachel from Plomberie Roy here. So I move your appointment from Friday, December 4 at 9 a.m. to Monday, December 7 at 9 a.m., right? [find_appointment] [check_calendar_availability]
         < yes
         > Your appointment is now on Monday, December 7 at 9 a.m. Your confirmation code is K L M 5 6 7. Is there anything else I can help with? [reschedule_appointment]
         < cancel my drain cleaning
         > You have an appointment on Wednesday, November 25 at 2 p.m. Shall I cancel it? [find_appointment]
         < no the other one
         > You have an appointment on Monday, December 7 at 9 a.m. Shall I cancel it?
         < yes
         > Your appointment on Monday, December 7 at 9 a.m. is cancelled. Is there anything else I can help with? [cancel_appointment]",
    );
    assert_eq!(call.own[0].start, at("2026-11-25T14:00:00"));
    let mut call = with_two(Fr);
    call.plays(
        "< annulez mon rendez-vous du 4 décembre
         > Ici Rachel, de Plomberie Roy. Vous avez un rendez-vous le vendredi 4 décembre à 9 h. Voulez-vous que je l'annule? [find_appointment]
         < non, l'autre
         > Vous avez un rendez-vous le mercredi 25 novembre à 14 h. Voulez-vous que je l'annule?
         < oui
         > Votre rendez-vous du mercredi 25 novembre à 14 h est annulé. Puis-je faire autre chose pour vous? [cancel_appointment]",
    );
    let mut call = with_two(En);
    call.plays(
        "< cancel my friday appointment
         > Rachel from Plomberie Roy here. You have an appointment on Friday, December 4 at 9 a.m. Shall I cancel it? [find_appointment]",
    );
    let mut call = with_two(Es);
    call.plays(
        "< quiero cambiar mi cita del miércoles al jueves a las 10
         > Le responde Rachel, de Plomberie Roy. Entonces muevo su cita del miércoles 25 de noviembre a las 2 de la tarde al jueves 26 de noviembre a las 10 de la mañana, ¿correcto? [find_appointment] [check_calendar_availability]
         < no, la otra
         > Entonces muevo su cita del viernes 4 de diciembre a las 9 de la mañana al jueves 26 de noviembre a las 10 de la mañana, ¿correcto?",
    );
}

#[test]
fn of_two_appointments_without_a_name_it_is_asked_which() {
    let mut call = with_two(En);
    call.plays(
        "< cancel my appointment
         > Rachel from Plomberie Roy here. You have several appointments: Wednesday, November 25 at 2 p.m. for drain cleaning and Friday, December 4 at 9 a.m. for inspection. Which one do you mean? [find_appointment]
         < blorp
         > Sorry, I did not get that. You have several appointments: Wednesday, November 25 at 2 p.m. for drain cleaning and Friday, December 4 at 9 a.m. for inspection. Which one do you mean?
         < the friday one
         > You have an appointment on Friday, December 4 at 9 a.m. Shall I cancel it?
         < yes
         > Your appointment on Friday, December 4 at 9 a.m. is cancelled. Is there anything else I can help with? [cancel_appointment]",
    );
    let mut call = with_two(Fr);
    call.plays(
        "< je dois déplacer mon rendez-vous
         > Ici Rachel, de Plomberie Roy. Vous avez plusieurs rendez-vous : le mercredi 25 novembre à 14 h pour drain cleaning et le vendredi 4 décembre à 9 h pour inspection. Duquel s'agit-il? [find_appointment]
         < l'inspection
         > Votre rendez-vous est le vendredi 4 décembre à 9 h. Quel autre jour et quelle heure vous conviendraient?",
    );
    let mut call = with_two(Es);
    call.plays(
        "< cancele mi cita
         > Le responde Rachel, de Plomberie Roy. Tiene varias citas: el miércoles 25 de noviembre a las 2 de la tarde para drain cleaning y el viernes 4 de diciembre a las 9 de la mañana para inspection. ¿De cuál se trata? [find_appointment]
         < la primera
         > Tiene una cita el miércoles 25 de noviembre a las 2 de la tarde. ¿La cancelo?
         < sí
         > Su cita del miércoles 25 de noviembre a las 2 de la tarde quedó cancelada. ¿Le puedo ayudar en algo más? [cancel_appointment]",
    );
    let mut call = with_two(En);
    call.text("cancel my appointment");
    call.plays(
        "<#2
         > You have an appointment on Friday, December 4 at 9 a.m. Shall I cancel it?",
    );
}

#[test]
fn who_has_the_code_is_asked_for_it() {
    for (language, script) in [
        (
            En,
            "< I want to cancel an appointment
             > Rachel from Plomberie Roy here. I do not find an appointment. Do you have its confirmation code? [find_appointment]
             < yes I have it
             > What is the confirmation code, please?
             < A F H 2 3 4
             > You have an appointment on Thursday, November 26 at 9 a.m. Shall I cancel it? [find_appointment]",
        ),
        (
            En,
            "< I want to move my appointment
             > Rachel from Plomberie Roy here. I do not find an appointment. Do you have its confirmation code? [find_appointment]
             < I need to move it to monday at 3
             > What is the confirmation code, please?
             < A F H 2 3 4
             > So I move your appointment from Thursday, November 26 at 9 a.m. to Monday, November 23 at 3 p.m., right? [find_appointment] [check_calendar_availability]",
        ),
        (
            Fr,
            "< je veux annuler mon rendez-vous
             > Ici Rachel, de Plomberie Roy. Je ne trouve pas de rendez-vous. Avez-vous le code de confirmation? [find_appointment]
             < oui je l'ai
             > Quel est le code de confirmation, s'il vous plaît?
             < je ne le trouve pas
             > Je peux le transmettre, et Plomberie Roy vous le confirmera. Quel jour est le rendez-vous?
             < attendez c'est A F H 2 3 4
             > Vous avez un rendez-vous le jeudi 26 novembre à 9 h. Voulez-vous que je l'annule? [find_appointment]",
        ),
        (
            Es,
            "< quiero cancelar mi cita
             > Le responde Rachel, de Plomberie Roy. No encuentro ninguna cita. ¿Tiene el código de confirmación? [find_appointment]
             < sí lo tengo
             > ¿Cuál es el código de confirmación, por favor?
             < A F H 2 3 4
             > Tiene una cita el jueves 26 de noviembre a las 9 de la mañana. ¿La cancelo? [find_appointment]",
        ),
    ] {
        let mut call = Conversation::call(language);
        call.has("2026-11-26T09:00:00");
        call.is_anonymous = true;
        call.plays(script);
    }
}

#[test]
fn one_word_of_another_language_does_not_turn_the_conversation() {
    let mut call = Conversation::call(En);
    call.plays(
        "< book an inspection
         > Rachel from Plomberie Roy here. Which day and time suit you?
         < as early as possible on thursday
         > I have Thursday, November 26 at 9 a.m., 12:30 p.m. or 4:30 p.m. Which one suits you? [check_calendar_availability]
         < the first one
         > All right, Thursday, November 26 at 9 a.m. And what is your name, please?
         < Al
         > So that's Thursday, November 26 at 9 a.m. for inspection, under the name Al, right?",
    );
}

#[test]
fn the_keys_of_a_person_or_a_message_are_said_and_taken() {
    for (language, question, person) in [
        (
            En,
            "Would you like a person to answer you, or shall I take a message? Press 1 for a person, 2 for a message.",
            "One moment, I am putting you through.",
        ),
        (
            Fr,
            "Préférez-vous qu'une personne vous réponde, ou que je prenne un message? Faites le 1 pour une personne, le 2 pour un message.",
            "Un instant, je vous transfère.",
        ),
        (
            Es,
            "¿Prefiere que le responda una persona o que tome un mensaje? Marque 1 para una persona, 2 para un mensaje.",
            "Un momento, le comunico.",
        ),
    ] {
        let mut call = Conversation::call(language);
        for _ in 0..2 {
            call.text("blorp");
        }
        call.plays(&format!(
            "< blorp\n> {question}\n<#1\n> {person} [transfer_call] (hands over)"
        ));
    }
}
