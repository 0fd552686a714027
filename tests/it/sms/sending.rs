//! A text goes out: at most once, and never against what Twilio or the person said.
use rust_decimal::Decimal;

use crate::support::{PRODUCTION, PUBLIC_URL, Subscriber, TestApp, minutes, seconds};

const ANNE: &str = "+15145550123";

async fn says(app: &TestApp, to: &Subscriber, words: &str) {
    app.text_from(ANNE)
        .to(&to.number)
        .says(words)
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
}

async fn text_state(app: &TestApp, subscriber: &Subscriber) -> String {
    let statement = "select text_state from contacts where subscriber_id = $1";
    app.value(subscriber, statement).await
}

#[tokio::test]
async fn a_text_that_went_out_says_what_it_was_and_what_it_cost() {
    let app = TestApp::start().await;
    app.twilio.rates_at("-0.00790");
    let hvac = app.subscriber("hvac").plan("FREE").await;
    says(&app, &hvac, "are you open today?").await;
    let (sent, kept) = (app.twilio.only_text(), app.only_outgoing(&hvac).await);
    assert_eq!(
        (kept.status.as_str(), kept.purpose.as_str()),
        ("SENT", "REPLY")
    );
    assert_eq!((kept.body, kept.to_number), (sent.body, sent.to));
    assert_eq!(kept.provider_message_id, Some(sent.sid.clone()));
    let callback = sent.status_callback.unwrap();
    assert!(
        callback.starts_with(&format!("{PUBLIC_URL}/webhooks/twilio/sms/status?")),
        "{callback}"
    );
    let charged = "select u.segments, u.price, u.currency, u.cost, u.cost_currency, o.price
                     from usage_records u
                     join outgoing_messages o on o.subscriber_id = $1 and u.source = 'TWILIO:' || o.provider_message_id
                    where u.subscriber_id = $1";
    let charged: Vec<(i32, Decimal, String, Decimal, String, Decimal)> =
        app.rows(&hvac, charged).await;
    let [(segments, price, currency, cost, cost_currency, shown)] = charged.try_into().unwrap();
    assert_eq!(Some(segments), kept.segments);
    assert_eq!(
        (price, shown),
        (Decimal::new(3, 2) * Decimal::from(segments), price)
    );
    assert_eq!((cost, cost_currency.as_str()), (Decimal::new(79, 4), "USD"));
    assert_eq!(currency, "CAD");
}

#[tokio::test]
async fn a_long_reply_is_charged_by_its_segments() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let long = "Nous sommes ouverts. ".repeat(20);
    app.retell.says_next(&[&long]);
    says(&app, &hvac, "bonjour").await;
    assert_eq!(app.only_outgoing(&hvac).await.segments, Some(3));
}

#[tokio::test]
async fn a_person_who_opted_out_at_the_carrier_is_never_texted_again() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.refuse_next(400, 21610);
    says(&app, &hvac, "hello").await;
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(
        (text.status.as_str(), text.error_code),
        ("FAILED", Some(21610))
    );
    assert_eq!(app.count_events(&hvac, "contact.opted_out").await, 1);
    says(&app, &hvac, "are you open?").await;
    app.advance(minutes(60));
    app.run_jobs().await;
    assert_eq!(app.twilio.attempts(), 1);
}

#[tokio::test]
async fn a_number_that_takes_no_texts_is_marked_and_not_tried_again() {
    for (code, state) in [
        (21211, "INVALID"),
        (21614, "NOT_MOBILE"),
        (21612, "INVALID"),
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        app.twilio.refuse_next(400, code);
        says(&app, &hvac, "hello").await;
        assert_eq!(app.only_outgoing(&hvac).await.status, "FAILED");
        assert_eq!(text_state(&app, &hvac).await, state, "{code}");
        assert_eq!(app.count_events(&hvac, "message.failed").await, 1);
        says(&app, &hvac, "hello?").await;
        assert_eq!(app.twilio.attempts(), 1, "{code}");
        let reason = app.outgoing(&hvac).await[1].reason.clone();
        assert_eq!(reason.as_deref(), Some("UNREACHABLE_NUMBER"));
    }
}

#[tokio::test]
async fn a_fault_of_the_account_calls_the_operator_and_is_not_retried() {
    let cases = [
        (20003, "CRITICAL"),
        (21606, "WARNING"),
        (21617, "WARNING"),
        (30034, "WARNING"),
    ];
    for (code, severity) in cases {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        app.twilio.refuse_next(400, code);
        says(&app, &hvac, "hello").await;
        app.advance(minutes(60));
        app.run_jobs().await;
        assert_eq!(
            app.alerts().await,
            [("texts.refused".to_owned(), severity.to_owned())]
        );
        assert_eq!(
            (
                app.twilio.attempts(),
                text_state(&app, &hvac).await.as_str()
            ),
            (1, "REACHABLE")
        );
    }
}

#[tokio::test]
async fn too_many_requests_wait_as_long_as_twilio_wants() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.limit_next(120);
    says(&app, &hvac, "hello").await;
    app.advance(seconds(90));
    app.run_jobs().await;
    assert_eq!(app.twilio.attempts(), 1, "too early");
    app.advance(seconds(60));
    app.run_jobs().await;
    app.twilio.only_text();
    assert_eq!(app.twilio.lookups(), 0, "a clear no needs no look");
}

#[tokio::test]
async fn a_full_queue_at_twilio_is_tried_again_later() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.refuse_next(429, 21611);
    app.twilio.refuse_next(400, 20503);
    says(&app, &hvac, "hello").await;
    for _ in 0..2 {
        app.advance(minutes(1));
        app.run_jobs().await;
    }
    app.twilio.only_text();
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn an_answer_that_got_lost_is_looked_up_and_the_text_not_sent_twice() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.lose_answer_next();
    says(&app, &hvac, "hello").await;
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENDING");
    app.advance(seconds(30));
    app.run_jobs().await;
    let (sent, kept) = (app.twilio.only_text(), app.only_outgoing(&hvac).await);
    assert_eq!(
        (kept.status.as_str(), kept.provider_message_id),
        ("SENT", Some(sent.sid))
    );
    assert_eq!(kept.segments, Some(1));
    assert_eq!(app.count_events(&hvac, "message.sent").await, 1);
}

#[tokio::test]
async fn a_text_that_was_not_taken_goes_out_after_a_second_look_a_minute_later() {
    let app = TestApp::impatient().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.hang_next();
    says(&app, &hvac, "hello").await;
    app.advance(seconds(20));
    app.run_jobs().await;
    assert_eq!(
        (app.twilio.attempts(), app.twilio.lookups()),
        (1, 1),
        "one look is not enough"
    );
    app.advance(seconds(60));
    app.run_jobs().await;
    assert_eq!((app.twilio.attempts(), app.twilio.lookups()), (2, 2));
    app.twilio.only_text();
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn the_look_does_not_take_another_text_of_the_same_words_for_this_one() {
    let app = TestApp::impatient().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    app.retell.says_next(&["Yes."]);
    says(&app, &hvac, "are you there?").await;
    app.retell.says_next(&["Yes."]);
    app.twilio.hang_next();
    says(&app, &hvac, "really?").await;
    for _ in 0..2 {
        app.advance(seconds(60));
        app.run_jobs().await;
    }
    assert_eq!(app.twilio.bodies(), ["Yes.", "Yes."]);
    let statuses: Vec<_> = app
        .outgoing(&hvac)
        .await
        .into_iter()
        .map(|text| text.status)
        .collect();
    assert_eq!(statuses, ["SENT", "SENT"]);
}

#[tokio::test]
async fn a_worker_that_dies_while_it_sends_leaves_a_text_that_is_looked_up() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let hold = app.twilio.hold_next();
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    let sending = app.run_jobs_meanwhile();
    hold.arrived().await;
    sending.abort();
    sending.await.unwrap_err();
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(text.status, "SENDING");
    app.twilio.knows_of(&hvac.number, ANNE, &text.body);
    app.advance(minutes(5));
    app.run_jobs().await;
    app.twilio.only_text();
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn without_a_key_development_keeps_texts_in_the_sandbox() {
    let app = TestApp::with(&[("TWILIO_ACCOUNT_SID", "")]).await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "hello").await;
    assert_eq!(app.twilio.attempts(), 0);
    let text = app.only_outgoing(&hvac).await;
    assert_eq!((text.status.as_str(), text.is_sandbox), ("SENT", true));
    assert_eq!(app.count_events(&hvac, "message.sent").await, 1);
}

#[tokio::test]
async fn the_sandbox_can_be_asked_for_although_there_is_a_key() {
    let app = TestApp::with(&[("RETELL_SMS_SANDBOX", "true")]).await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "hello").await;
    assert_eq!(app.twilio.attempts(), 0);
    assert!(app.only_outgoing(&hvac).await.is_sandbox);
}

#[tokio::test]
async fn production_without_twilio_answers_503_and_keeps_nothing() {
    let unset = [("TWILIO_ACCOUNT_SID", ""), ("TWILIO_AUTH_TOKEN", "")];
    let app = TestApp::with(&[&PRODUCTION[..], &unset].concat()).await;
    let hvac = app.subscriber("hvac").await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    let answer = text
        .send()
        .await
        .expect_problem(503, "provider_not_configured");
    assert!(answer.headers.contains_key("retry-after"));
    assert!(app.kept().await.is_empty());
}

#[tokio::test]
async fn production_that_cannot_send_says_so_and_claims_nothing() {
    let unset = [("TWILIO_ACCOUNT_SID", "")];
    let app = TestApp::with(&[&PRODUCTION[..], &unset].concat()).await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "hello").await;
    assert_eq!(app.only_outgoing(&hvac).await.status, "FAILED");
    assert_eq!(app.count_events(&hvac, "message.sent").await, 0);
    assert_eq!(app.count_events(&hvac, "message.failed").await, 1);
}

#[tokio::test]
async fn a_stop_after_an_unknown_outcome_is_heeded_before_the_second_try() {
    let app = TestApp::impatient().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.hang_next();
    says(&app, &hvac, "hello").await;
    says(&app, &hvac, "STOP").await;
    for _ in 0..3 {
        app.advance(seconds(60));
        app.run_jobs().await;
    }
    assert_eq!((app.twilio.attempts(), app.twilio.texts().len()), (1, 0));
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(
        (text.status.as_str(), text.reason.as_deref()),
        ("SUPPRESSED", Some("OPTED_OUT"))
    );
}

#[tokio::test]
async fn each_try_gets_two_looks_and_a_second_unknown_outcome_is_the_end() {
    let app = TestApp::impatient().await;
    let hvac = app.subscriber("hvac").await;
    for _ in 0..4 {
        app.twilio.hang_next();
    }
    says(&app, &hvac, "hello").await;
    for _ in 0..60 {
        app.advance(seconds(5));
        app.run_jobs().await;
    }
    assert_eq!((app.twilio.attempts(), app.twilio.lookups()), (2, 4));
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(
        (text.status.as_str(), text.reason.as_deref()),
        ("FAILED", Some("UNKNOWN"))
    );
    assert_eq!(app.count_events(&hvac, "message.failed").await, 1);
    assert_eq!(
        app.alerts().await,
        [("texts.unknown".to_owned(), "WARNING".to_owned())]
    );
}

#[tokio::test]
async fn a_clock_that_is_ahead_of_twilios_does_not_hide_what_went_out() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.lose_answer_next();
    says(&app, &hvac, "hello").await;
    let ahead = "update outgoing_messages set sending_at = sending_at + interval '4 minutes' where subscriber_id = $1";
    app.change(&hvac, ahead).await;
    for _ in 0..6 {
        app.advance(seconds(60));
        app.run_jobs().await;
    }
    app.twilio.only_text();
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn a_text_that_can_never_be_handed_over_fails_in_the_end() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for _ in 0..12 {
        app.twilio.limit_next(1);
    }
    says(&app, &hvac, "hello").await;
    for _ in 0..12 {
        app.advance(minutes(60));
        app.run_jobs().await;
    }
    assert_eq!(app.twilio.attempts(), 10);
    assert_eq!(app.only_outgoing(&hvac).await.status, "FAILED");
    assert_eq!(app.count_events(&hvac, "message.failed").await, 1);
}
