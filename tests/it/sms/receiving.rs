//! A text comes in: once, whoever it is from and whatever is in it.
use rust_decimal::Decimal;

use crate::support::{Subscriber, TWILIO_TOKEN, TestApp, hours};

const ANNE: &str = "+15145550123";
const BOB: &str = "+15145550124";

/// Role and text of every turn, conversation by conversation.
async fn turns(app: &TestApp, subscriber: &Subscriber) -> Vec<(String, String)> {
    let statement =
        "select role, text from interaction_messages where subscriber_id = $1 order by id";
    app.rows(subscriber, statement).await
}

async fn count_conversations(app: &TestApp, subscriber: &Subscriber) -> i64 {
    let statement =
        "select count(*) from interactions where subscriber_id = $1 and channel = 'SMS'";
    app.value(subscriber, statement).await
}

/// Messages in and out, segments, conversations and those that the AI handled, summed over the days.
async fn sums(app: &TestApp, subscriber: &Subscriber) -> (i64, i64, i64, i64, i64) {
    let statement = "select sum(messages_in), sum(messages_out), sum(segments), sum(interactions), sum(ai_handled)
                       from usage_rollups where subscriber_id = $1 and channel = 'SMS'";
    app.rows(subscriber, statement).await.remove(0)
}

#[tokio::test]
async fn a_text_is_answered_recorded_and_charged() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").name("Demo HVAC").await;
    let question = "Are you open today?";
    let text = app.text_from(ANNE).to(&hvac.number).says(question);
    let answer = text.send().await.expect(200);
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert!(answer.body.ends_with("<Response/>"), "{}", answer.body);
    assert!(
        app.twilio.texts().is_empty(),
        "the webhook does not wait for the reply"
    );

    app.run_jobs().await;
    let reply = app.twilio.only_text();
    assert_eq!(
        (reply.from.as_str(), reply.to.as_str()),
        (hvac.number.as_str(), ANNE)
    );
    assert!(
        reply.body.starts_with("Rachel from Demo HVAC here."),
        "{}",
        reply.body
    );
    assert!(
        reply.body.contains("closed"),
        "it is Saturday: {}",
        reply.body
    );
    let said = [("CALLER", question), ("AI", &reply.body)];
    assert_eq!(
        turns(&app, &hvac).await,
        said.map(|(role, text)| (role.into(), text.into()))
    );
    let events = ["contact.created", "message.received", "message.sent"];
    assert_eq!(app.events(&hvac).await, events);
    assert_eq!(sums(&app, &hvac).await, (1, 1, 2, 1, 1));
}

#[tokio::test]
async fn every_text_in_and_out_has_its_usage_record_and_its_ledger_entry() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").plan("FREE").await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let charges = "select u.source, u.segments, u.charged_from, e.amount, e.leg
                     from usage_records u
                     join ledger_entries e on e.subscriber_id = $1 and e.usage_record_id = u.id
                    where u.subscriber_id = $1 order by u.id";
    let charges: Vec<(String, i32, String, Decimal, String)> = app.rows(&hvac, charges).await;
    assert_eq!(charges.len(), 2, "{charges:?}");
    for (source, segments, paid_by, amount, leg) in charges {
        assert!(source.starts_with("TWILIO:SM"), "{source}");
        assert_eq!(
            (segments, paid_by.as_str(), leg.as_str()),
            (1, "BALANCE", "SEGMENTS")
        );
        assert_eq!(amount, Decimal::new(-3, 2));
    }
    let balance = "select balance from credit_accounts where subscriber_id = $1";
    assert_eq!(
        app.value::<Decimal>(&hvac, balance).await,
        Decimal::new(-6, 2)
    );
}

#[tokio::test]
async fn the_same_text_twice_is_one_text() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    let first = text.send().await.expect(200);
    let before = app.row_counts().await;
    let second = text.send().await.expect(200);
    assert_eq!(first.body, second.body);
    assert_eq!(app.row_counts().await, before);
    app.run_jobs().await;
    text.send().await.expect(200);
    app.run_jobs().await;
    app.twilio.only_text();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_copies_at_once_are_one_text() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    for answer in text.send_at_once(50).await {
        answer.expect(200);
    }
    app.run_jobs().await;
    app.twilio.only_text();
    assert_eq!(turns(&app, &hvac).await.len(), 2);
    assert_eq!(sums(&app, &hvac).await, (1, 1, 2, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_texts_of_a_new_person_at_once_are_one_conversation() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let texts: Vec<_> = (0..20)
        .map(|number| {
            app.text_from(ANNE)
                .to(&hvac.number)
                .says(&format!("number {number}"))
                .request()
        })
        .collect();
    for answer in app.send_at_once(texts).await {
        answer.expect(200);
    }
    assert_eq!(count_conversations(&app, &hvac).await, 1);
    assert_eq!(turns(&app, &hvac).await.len(), 20);
    assert_eq!(app.count_events(&hvac, "contact.created").await, 1);
    assert_eq!(sums(&app, &hvac).await, (20, 0, 20, 1, 0));
}

#[tokio::test]
async fn the_older_paths_receive_texts_too() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for path in [
        "/webhooks/twilio/sms",
        "/webhooks/sms-inbound",
        "/api/webhooks/sms-inbound",
    ] {
        let text = app
            .text_from(ANNE)
            .to(&hvac.number)
            .says(path)
            .posted_to(path);
        text.send().await.expect(200);
    }
    assert_eq!(turns(&app, &hvac).await.len(), 3);
}

#[tokio::test]
async fn while_a_token_is_replaced_both_sign() {
    let both = format!("a-new-token, {TWILIO_TOKEN}");
    let app = TestApp::with(&[("TWILIO_AUTH_TOKEN", &both)]).await;
    let hvac = app.subscriber("hvac").await;
    for token in ["a-new-token", TWILIO_TOKEN] {
        let text = app.text_from(ANNE).to(&hvac.number).says("hello");
        text.signed_by(token).send().await.expect(200);
    }
    let text = app
        .text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .signed_by("the one before");
    text.send().await.expect_problem(401, "invalid_signature");
    assert_eq!(turns(&app, &hvac).await.len(), 2);
}

#[tokio::test]
async fn a_text_to_a_number_that_is_nobodys_is_kept_and_acknowledged() {
    let app = TestApp::start().await;
    app.subscriber("hvac").await;
    let text = app.text_from(ANNE).to("+14319990000").says("hello");
    text.send().await.expect(200);
    text.send().await.expect(200);
    app.run_jobs().await;
    assert_eq!(
        app.kept().await,
        [("text".to_owned(), "UNROUTED".to_owned())]
    );
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn a_text_to_a_subscriber_that_was_deleted_is_kept_for_the_operator() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.delete(&hvac).await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(
        app.kept().await,
        [("text".to_owned(), "UNROUTED".to_owned())]
    );
}

#[tokio::test]
async fn each_person_has_a_conversation_and_a_day_of_silence_ends_it() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for person in [ANNE, BOB, ANNE] {
        app.text_from(person)
            .to(&hvac.number)
            .says("hello")
            .send()
            .await
            .expect(200);
        app.run_jobs().await;
    }
    assert_eq!(count_conversations(&app, &hvac).await, 2);
    app.advance(hours(23));
    app.run_schedules().await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("one more thing")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(
        count_conversations(&app, &hvac).await,
        2,
        "23 hours are no day"
    );
    app.advance(hours(2));
    app.run_schedules().await;
    let ended = "select counterpart, outcome_type from interactions
                  where subscriber_id = $1 and status = 'COMPLETED'";
    let ended: Vec<(String, String)> = app.rows(&hvac, ended).await;
    assert_eq!(ended, [(BOB.to_owned(), "ANSWERED".to_owned())]);
    app.text_from(BOB)
        .to(&hvac.number)
        .says("hello again")
        .send()
        .await
        .expect(200);
    assert_eq!(count_conversations(&app, &hvac).await, 3);
}

#[tokio::test]
async fn two_businesses_with_the_same_caller_see_only_their_own_texts() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let clinic = app.subscriber("clinic").await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("my furnace is cold")
        .send()
        .await
        .expect(200);
    app.text_from(ANNE)
        .to(&clinic.number)
        .says("my knee hurts")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(turns(&app, &hvac).await[0].1, "my furnace is cold");
    assert_eq!(turns(&app, &clinic).await[0].1, "my knee hurts");
    let from: Vec<_> = app
        .twilio
        .texts()
        .into_iter()
        .map(|text| text.from)
        .collect();
    assert_eq!(from, [hvac.number, clinic.number]);
}

#[tokio::test]
async fn while_the_database_is_away_the_text_is_asked_for_again_and_then_taken_once() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.lose_database().await;
    let request = |app: &TestApp| {
        app.text_from(ANNE)
            .to(&hvac.number)
            .says("hello")
            .field("MessageSid", "SM1")
            .request()
    };
    let away = app
        .send(request(&app))
        .await
        .expect_problem(503, "unavailable");
    assert!(away.header("retry-after").parse::<u32>().unwrap() > 0);
    let app = app.regain_database().await;
    for _ in 0..2 {
        app.send(request(&app)).await.expect(200);
    }
    app.run_jobs().await;
    app.twilio.only_text();
}
