//! Whole conversations by text with the built-in receptionist, against the real calendar.
use super::{count_appointments, says};
use crate::support::{Subscriber, TestApp};

/// Plays the lines of a script: `<` is what the person writes, `>` how the reply begins or what stands in it.
async fn plays(app: &TestApp, with: &Subscriber, script: &str) {
    let lines: Vec<_> = script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    for pair in lines.chunks(2) {
        let said = pair[0].strip_prefix("< ").unwrap();
        let expected = pair[1].strip_prefix("> ").unwrap();
        let reply = says(app, with, said).await;
        assert!(
            reply.contains(expected),
            "after {said:?}: {reply:?} lacks {expected:?}"
        );
    }
}

async fn code(app: &TestApp, of: &Subscriber) -> String {
    let statement = "select confirmation_code from appointments where subscriber_id = $1";
    app.value(of, statement).await
}

#[tokio::test]
async fn an_appointment_is_booked_moved_and_cancelled_in_english() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .service("Furnace tune-up", 60, 149)
        .await;
    plays(
        &app,
        &hvac,
        "< i'd like to book a furnace tune-up
         > Rachel from The hvac shop here. Which day and time suit you?
         < tuesday morning
         > I have Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m. Which one suits you?
         < how much is it?
         > $149
         < the second one
         > And what is your name, please?
         < Anne Roy
         > So that's Tuesday, November 24 at 10 a.m. for furnace tune-up, under the name Anne Roy, right?
         < yes
         > You are booked for Tuesday, November 24 at 10 a.m. Your confirmation code is",
    )
    .await;
    let code = code(&app, &hvac).await;
    let told = says(&app, &hvac, "when is my appointment?").await;
    assert!(told.contains("Tuesday, November 24 at 10 a.m."), "{told}");
    plays(
        &app,
        &hvac,
        "< can i move my appointment to wednesday at 2 pm
         > So I move your appointment from Tuesday, November 24 at 10 a.m. to Wednesday, November 25 at 2 p.m., right?
         < yes please
         > Your appointment is now on Wednesday, November 25 at 2 p.m.
         < i need to cancel my appointment
         > You have an appointment on Wednesday, November 25 at 2 p.m. Shall I cancel it?
         < yes
         > is cancelled",
    )
    .await;
    assert_eq!(count_appointments(&app, &hvac).await, 0);
    assert_eq!(code.len(), 6);
    let outcome = "select outcome_type from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&hvac, outcome).await, "BOOKED");
}

#[tokio::test]
async fn un_rendez_vous_est_pris_en_francais() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").language("fr").await;
    plays(
        &app,
        &hvac,
        "< bonjour je voudrais un rendez-vous mardi après-midi
         > J'ai le mardi 24 novembre à 12 h, 14 h ou 16 h 30. Laquelle vous convient?
         < plutôt 15 h
         > Le mardi 24 novembre à 15 h, c'est libre. Et quel est votre nom
         < Élodie Côté
         > Donc le mardi 24 novembre à 15 h, au nom d'Élodie Côté, c'est bien cela?
         < oui
         > Votre rendez-vous est réservé pour le mardi 24 novembre à 15 h.",
    )
    .await;
    assert_eq!(count_appointments(&app, &hvac).await, 1);
    let language = "select language from appointments where subscriber_id = $1";
    assert_eq!(app.value::<String>(&hvac, language).await, "fr");
}

#[tokio::test]
async fn una_cita_se_reserva_y_se_cancela_en_espanol() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").language("es").await;
    plays(
        &app,
        &hvac,
        "< hola quiero una cita el martes a las tres de la tarde
         > El martes 24 de noviembre a las 3 de la tarde está libre. ¿Y cuál es su nombre
         < soy María Núñez
         > ¿correcto?
         < sí
         > Su cita quedó reservada para el martes 24 de noviembre a las 3 de la tarde.
         < necesito cancelar mi cita
         > Tiene una cita el martes 24 de noviembre a las 3 de la tarde. ¿La cancelo?
         < sí
         > quedó cancelada",
    )
    .await;
    assert_eq!(count_appointments(&app, &hvac).await, 0);
}

#[tokio::test]
async fn a_slot_that_somebody_takes_in_the_middle_brings_others() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    plays(
        &app,
        &hvac,
        "< book an appointment tuesday at 10 am
         > Tuesday, November 24 at 10 a.m. is free.
         < Anne Roy
         > So that's Tuesday, November 24 at 10 a.m., under the name Anne Roy, right?",
    )
    .await;
    let bob = super::Talk::by_text(&app, &hvac, "+15145550199").await;
    let slot = bob.slot("tuesday at 10 am").await;
    assert_eq!(bob.book(&slot).await["result"], "booked");
    plays(
        &app,
        &hvac,
        "< yes
         > Sorry, that time has just been taken. I still have
         < the last one
         > So that's
         < yes
         > You are booked for",
    )
    .await;
    assert_eq!(count_appointments(&app, &hvac).await, 2);
}

#[tokio::test]
async fn who_answers_an_hour_later_still_gets_the_time_if_it_is_free() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "book an appointment tuesday at 10 am").await;
    says(&app, &hvac, "Anne Roy").await;
    app.advance(crate::support::hours(1));
    let booked = says(&app, &hvac, "yes").await;
    assert!(booked.starts_with("You are booked"), "{booked}");
}

#[tokio::test]
async fn a_person_or_an_opt_out_ends_it_wherever_it_stands() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "book an appointment tuesday at 10 am").await;
    let handed = says(&app, &hvac, "i want to talk to a human").await;
    assert!(handed.contains("I have asked someone"), "{handed}");
    assert_eq!(app.count_events(&hvac, "handoff.requested").await, 1);
    let clinic = app.subscriber("clinic").await;
    says(&app, &clinic, "book an appointment tuesday at 10 am").await;
    says(&app, &clinic, "please stop texting me").await;
    let sent = app.twilio.texts().len();
    says(&app, &clinic, "tuesday").await;
    assert_eq!(app.twilio.texts().len(), sent);
    assert_eq!(count_appointments(&app, &clinic).await, 0);
}
