//! One number that several businesses share for texts: the conversation says which one is meant.
use crate::support::{Subscriber, TestApp, hours};

const ANNE: &str = "+15145550123";
const SHARED: &str = "+14315550000";

/// Two businesses on a shared number.
async fn share(app: &TestApp) -> (Subscriber, Subscriber) {
    app.shared_number(SHARED, None).await;
    let hvac = app
        .subscriber("demohvac")
        .name("Demo HVAC")
        .on_shared_number(SHARED)
        .await;
    let clinic = app
        .subscriber("clinic")
        .name("Clinique du Parc")
        .on_shared_number(SHARED)
        .await;
    (hvac, clinic)
}

async fn says(app: &TestApp, words: &str) {
    app.text_from(ANNE)
        .to(SHARED)
        .says(words)
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
}

async fn heard(app: &TestApp, subscriber: &Subscriber) -> Vec<String> {
    let statement = "select text from interaction_messages
                      where subscriber_id = $1 and role = 'CALLER' order by id";
    let rows = app.rows::<(String,)>(subscriber, statement).await;
    rows.into_iter().map(|(text,)| text).collect()
}

#[tokio::test]
async fn whoever_names_nobody_is_asked_and_the_answer_routes() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    says(&app, "Bonjour, êtes-vous ouverts?").await;
    let question = app.twilio.only_text();
    assert!(
        question.body.contains("Laquelle souhaitez-vous joindre"),
        "{}",
        question.body
    );
    assert_eq!(
        (question.from.as_str(), question.to.as_str()),
        (SHARED, ANNE)
    );
    assert!(heard(&app, &hvac).await.is_empty() && heard(&app, &clinic).await.is_empty());
    says(&app, "Clinique du Parc svp").await;
    says(&app, "êtes-vous ouverts?").await;
    assert_eq!(
        heard(&app, &clinic).await,
        ["Clinique du Parc svp", "êtes-vous ouverts?"]
    );
    assert!(heard(&app, &hvac).await.is_empty());
    assert_eq!(app.twilio.texts().len(), 3);
}

#[tokio::test]
async fn a_slug_alone_names_a_business() {
    let app = TestApp::start().await;
    let (hvac, _) = share(&app).await;
    says(&app, "demohvac").await;
    assert_eq!(heard(&app, &hvac).await, ["demohvac"]);
}

#[tokio::test]
async fn the_conversation_decides_even_after_a_week() {
    let app = TestApp::start().await;
    let (hvac, _) = share(&app).await;
    says(&app, "hello Demo HVAC").await;
    app.advance(hours(7 * 24));
    app.run_schedules().await;
    says(&app, "are you open?").await;
    assert_eq!(heard(&app, &hvac).await.len(), 2);
}

#[tokio::test]
async fn with_two_conversations_in_a_day_the_person_is_asked() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    says(&app, "hello Demo HVAC").await;
    app.change(&clinic, ANNE_WROTE_TO_THE_CLINIC).await;
    says(&app, "are you open?").await;
    let question = app.twilio.bodies().pop().unwrap();
    assert!(
        question.contains("Which one would you like to reach"),
        "{question}"
    );
    assert_eq!(heard(&app, &hvac).await.len(), 1);
    says(&app, "Clinique du Parc").await;
    assert_eq!(heard(&app, &clinic).await, ["Clinique du Parc"]);
}

const ANNE_WROTE_TO_THE_CLINIC: &str = "
    insert into interactions (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider,
                              external_id, from_number, to_number, counterpart, day, started_at, last_message_at)
    values ($1, gen_random_uuid(), 'SMS', 'INBOUND', 'TWILIO', 'BUILTIN', 'TWILIO', 'SM0', '+15145550123',
            '+14315550000', '+15145550123', '2026-11-21', '2026-11-21T15:00:00Z', '2026-11-21T15:00:00Z')";

#[tokio::test]
async fn the_same_person_is_asked_a_few_times_an_hour_at_most() {
    let app = TestApp::start().await;
    share(&app).await;
    for _ in 0..6 {
        says(&app, "hello").await;
    }
    assert_eq!(app.twilio.texts().len(), 3);
}

#[tokio::test]
async fn the_same_text_twice_is_asked_about_once() {
    let app = TestApp::start().await;
    share(&app).await;
    let text = app.text_from(ANNE).to(SHARED).says("hello");
    for _ in 0..2 {
        text.send().await.expect(200);
        app.run_jobs().await;
    }
    app.twilio.only_text();
}

#[tokio::test]
async fn silence_short_codes_and_keywords_are_not_asked_about() {
    let app = TestApp::start().await;
    share(&app).await;
    says(&app, "").await;
    says(&app, "STOP").await;
    says(&app, "HELP").await;
    app.text_from("72345")
        .to(SHARED)
        .says("Your code")
        .send()
        .await
        .expect(200);
    app.text_from("anonymous")
        .to(SHARED)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn a_stop_goes_to_the_business_of_the_conversation() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    says(&app, "hello Demo HVAC").await;
    says(&app, "STOP").await;
    says(&app, "are you open?").await;
    app.twilio.only_text();
    for (subscriber, opt_outs) in [(&hvac, 1), (&clinic, 0)] {
        assert_eq!(
            app.count_events(subscriber, "contact.opted_out").await,
            opt_outs
        );
    }
}

async fn is_opted_out(app: &TestApp, subscriber: &Subscriber) -> bool {
    let open = "select exists(select from opt_outs where subscriber_id = $1 and ended_at is null)";
    app.value(subscriber, open).await
}

#[tokio::test]
async fn a_stop_holds_for_every_business_that_the_person_wrote_with() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    says(&app, "hello Demo HVAC").await;
    app.change(&clinic, ANNE_WROTE_TO_THE_CLINIC).await;
    let stop = app.text_from(ANNE).to(SHARED).says("ARRET");
    for _ in 0..2 {
        stop.send().await.expect(200);
        app.run_jobs().await;
    }
    for subscriber in [&hvac, &clinic] {
        assert!(is_opted_out(&app, subscriber).await);
        assert_eq!(app.count_events(subscriber, "contact.opted_out").await, 1);
    }
    assert_eq!(heard(&app, &hvac).await, ["hello Demo HVAC", "ARRET"]);
    assert_eq!(app.twilio.texts().len(), 2, "one reply, one confirmation");
    says(&app, "Demo HVAC").await;
    says(&app, "Clinique du Parc").await;
    says(&app, "hm").await;
    assert_eq!(app.twilio.texts().len(), 2, "and then silence");
}

#[tokio::test]
async fn a_stop_to_one_business_reaches_those_of_last_week() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    says(&app, "hello Demo HVAC").await;
    app.change(&clinic, ANNE_WROTE_TO_THE_CLINIC).await;
    app.change(&clinic, A_WEEK_AGO).await;
    says(&app, "ARRET").await;
    assert!(is_opted_out(&app, &hvac).await && is_opted_out(&app, &clinic).await);
    assert_eq!(heard(&app, &hvac).await, ["hello Demo HVAC", "ARRET"]);
}

const A_WEEK_AGO: &str = "
    update interactions set last_message_at = last_message_at - interval '7 days' where subscriber_id = $1";

#[tokio::test]
async fn a_stop_that_twilio_answered_holds_for_all_without_a_text_of_ours() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    for subscriber in [&hvac, &clinic] {
        app.change(subscriber, ANNE_WROTE_TO_THE_CLINIC).await;
    }
    let stop = app.text_from(ANNE).to(SHARED).says("STOP");
    stop.field("OptOutType", "STOP").send().await.expect(200);
    app.run_jobs().await;
    assert!(is_opted_out(&app, &hvac).await && is_opted_out(&app, &clinic).await);
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn a_start_holds_for_every_business_as_a_stop_does() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    for subscriber in [&hvac, &clinic] {
        app.change(subscriber, ANNE_WROTE_TO_THE_CLINIC).await;
    }
    says(&app, "ARRET").await;
    says(&app, "DEBUT").await;
    assert!(!is_opted_out(&app, &hvac).await && !is_opted_out(&app, &clinic).await);
    assert_eq!(app.twilio.texts().len(), 2, "a confirmation of each");
}

#[tokio::test]
async fn whoever_opted_out_is_not_asked_which_business() {
    let app = TestApp::start().await;
    let (hvac, clinic) = share(&app).await;
    for subscriber in [&hvac, &clinic] {
        app.change(subscriber, ANNE_WROTE_TO_THE_CLINIC).await;
    }
    app.change(&clinic, ANNE_OPTED_OUT).await;
    says(&app, "hm").await;
    assert!(app.twilio.texts().is_empty());
}

const ANNE_OPTED_OUT: &str = "
    insert into opt_outs (subscriber_id, id, phone, source, started_at)
    values ($1, gen_random_uuid(), '+15145550123', 'KEYWORD', now())";

#[tokio::test]
async fn a_number_of_ours_is_not_asked_which_business() {
    let app = TestApp::start().await;
    share(&app).await;
    let robot = app.subscriber("robot").await;
    let text = app.text_from(&robot.number).to(SHARED).says("hello");
    text.send().await.expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn on_the_demo_line_the_default_answers_whoever_names_nobody() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("demohvac").name("Demo HVAC").await;
    app.shared_number(SHARED, Some(&hvac)).await;
    says(&app, "hello").await;
    assert_eq!(heard(&app, &hvac).await, ["hello"]);
    assert_eq!(app.twilio.only_text().from, SHARED);
}
