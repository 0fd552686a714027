//! Twilio tells how a text of ours fared: late, twice and in any order.
use crate::support::{Subscriber, TestApp, minutes, seconds};

const ANNE: &str = "+15145550123";

/// A reply of ours that Twilio has taken, and its id there.
async fn sent_reply(app: &TestApp) -> (Subscriber, String) {
    let hvac = app.subscriber("hvac").await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    (hvac, app.twilio.only_text().sid)
}

async fn fails(app: &TestApp, sid: &str, code: &str) {
    let status = app.status_of(sid, "undelivered").field("ErrorCode", code);
    status.send().await.expect(204);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_text_is_followed_to_its_end_in_whatever_order_the_news_come() {
    let orders = [
        ["queued", "sending", "sent", "delivered"],
        ["delivered", "sent", "sending", "queued"],
        ["sent", "delivered", "queued", "sending"],
    ];
    for order in orders {
        let app = TestApp::start().await;
        let (hvac, sid) = sent_reply(&app).await;
        for status in order {
            for _ in 0..2 {
                app.status_of(&sid, status).send().await.expect(204);
            }
        }
        assert_eq!(
            app.only_outgoing(&hvac).await.status,
            "DELIVERED",
            "{order:?}"
        );
    }
}

#[tokio::test]
async fn of_two_endings_the_first_one_counts() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    app.status_of(&sid, "delivered").send().await.expect(204);
    fails(&app, &sid, "30005").await;
    assert_eq!(app.only_outgoing(&hvac).await.status, "DELIVERED");
    assert_eq!(app.count_events(&hvac, "message.failed").await, 0);
}

#[tokio::test]
async fn news_that_come_before_twilios_own_answer_are_kept() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.lose_answer_next();
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let sid = app.twilio.only_text().sid;
    app.status_of(&sid, "delivered").send().await.expect(204);
    app.advance(seconds(60));
    app.run_jobs().await;
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(
        (text.status.as_str(), text.provider_message_id),
        ("DELIVERED", Some(sid))
    );
    let charges = "select count(*) from usage_records where subscriber_id = $1";
    assert_eq!(
        app.value::<i64>(&hvac, charges).await,
        2,
        "one text in, one text out"
    );
}

#[tokio::test]
async fn a_phone_that_is_off_gets_one_more_try_half_an_hour_later() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    fails(&app, &sid, "30003").await;
    app.advance(minutes(29));
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 1, "too early");
    app.advance(minutes(2));
    app.run_jobs().await;
    let texts = app.twilio.texts();
    assert_eq!((texts.len(), &texts[0].body), (2, &texts[1].body));
    fails(&app, &texts[1].sid, "30003").await;
    app.advance(minutes(60));
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 2, "there is no third try");
    assert_eq!(app.count_events(&hvac, "message.failed").await, 2);
}

#[tokio::test]
async fn a_fault_that_nobody_can_name_gets_one_more_try_soon() {
    let app = TestApp::start().await;
    let (_, sid) = sent_reply(&app).await;
    fails(&app, &sid, "30008").await;
    app.advance(minutes(2));
    app.run_jobs().await;
    let again = app.twilio.texts()[1].sid.clone();
    fails(&app, &again, "30008").await;
    app.advance(minutes(60));
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 2);
}

#[tokio::test]
async fn a_number_that_cannot_be_texted_is_marked_and_left_alone() {
    for (code, state) in [
        ("30004", "BLOCKED"),
        ("30005", "INVALID"),
        ("30006", "NOT_MOBILE"),
    ] {
        let app = TestApp::start().await;
        let (hvac, sid) = sent_reply(&app).await;
        fails(&app, &sid, code).await;
        app.advance(minutes(60));
        app.text_from(ANNE)
            .to(&hvac.number)
            .says("hello?")
            .send()
            .await
            .expect(200);
        app.run_jobs().await;
        assert_eq!(app.twilio.texts().len(), 1, "{code}");
        let marked = "select text_state from contacts where subscriber_id = $1";
        assert_eq!(app.value::<String>(&hvac, marked).await, state, "{code}");
    }
}

#[tokio::test]
async fn an_opt_out_that_only_the_carrier_knew_becomes_ours() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    let status = app.status_of(&sid, "failed").field("ErrorCode", "21610");
    status.send().await.expect(204);
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello?")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 1);
    assert_eq!(app.count_events(&hvac, "contact.opted_out").await, 1);
}

#[tokio::test]
async fn a_text_taken_for_spam_calls_the_operator_and_is_not_sent_again() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    fails(&app, &sid, "30007").await;
    app.advance(minutes(60));
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 1);
    assert_eq!(
        app.alerts().await,
        [("texts.refused".to_owned(), "WARNING".to_owned())]
    );
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(
        (text.status.as_str(), text.error_code),
        ("UNDELIVERED", Some(30007))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_copies_of_a_failure_at_once_are_one_failure() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    let status = app
        .status_of(&sid, "undelivered")
        .field("ErrorCode", "30003");
    for answer in status.send_at_once(50).await {
        answer.expect(204);
    }
    assert_eq!(app.count_events(&hvac, "message.failed").await, 1);
    assert_eq!(
        app.outgoing(&hvac).await.len(),
        2,
        "the text and its second try"
    );
}

#[tokio::test]
async fn the_numbers_own_callback_finds_the_text_by_twilios_id() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    app.bare_status_of(&sid, &hvac.number, "delivered")
        .send()
        .await
        .expect(204);
    assert_eq!(app.only_outgoing(&hvac).await.status, "DELIVERED");
}

#[tokio::test]
async fn the_older_path_takes_news_too() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    let status = app.bare_status_of(&sid, &hvac.number, "delivered");
    status
        .posted_to("/webhooks/twilio/status")
        .send()
        .await
        .expect(204);
    assert_eq!(app.only_outgoing(&hvac).await.status, "DELIVERED");
}

#[tokio::test]
async fn news_of_a_text_that_is_not_ours_are_kept_and_acknowledged() {
    let app = TestApp::start().await;
    let status = app.bare_status_of("SM404", "+14319990000", "delivered");
    status.send().await.expect(204);
    assert_eq!(
        app.kept().await,
        [("text.status".to_owned(), "UNROUTED".to_owned())]
    );
}

#[tokio::test]
async fn news_with_a_subscribers_id_that_is_not_the_senders_change_nothing_there() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    let clinic = app.subscriber("clinic").await;
    let path = format!("/webhooks/twilio/sms/status?subscriber={}", clinic.id);
    let status = app
        .bare_status_of(&sid, &hvac.number, "delivered")
        .posted_to(&path);
    status.send().await.expect(204);
    assert!(app.outgoing(&clinic).await.is_empty());
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn a_status_that_we_do_not_know_changes_nothing() {
    let app = TestApp::start().await;
    let (hvac, sid) = sent_reply(&app).await;
    for status in ["read", "something new", "accepted"] {
        app.status_of(&sid, status).send().await.expect(204);
    }
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn news_that_a_text_is_queued_prove_that_it_was_taken() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.lose_answer_next();
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let sid = app.twilio.only_text().sid;
    app.status_of(&sid, "queued").send().await.expect(204);
    app.advance(seconds(60));
    app.run_jobs().await;
    let text = app.only_outgoing(&hvac).await;
    assert_eq!(
        (text.status.as_str(), text.provider_message_id),
        ("SENT", Some(sid))
    );
    assert_eq!(app.twilio.lookups(), 0, "nobody needs to look");
    assert_eq!(app.count_events(&hvac, "message.sent").await, 1);
}

#[tokio::test]
async fn a_text_that_did_not_fit_into_twilios_queue_gets_one_more_try_later() {
    let app = TestApp::start().await;
    let (_, sid) = sent_reply(&app).await;
    fails(&app, &sid, "30001").await;
    app.advance(minutes(31));
    app.run_jobs().await;
    let again = app.twilio.texts()[1].sid.clone();
    fails(&app, &again, "30001").await;
    app.advance(minutes(60));
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 2);
}

#[tokio::test]
async fn the_confirmation_of_an_opt_out_gets_no_second_try() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").language("fr").await;
    app.text_from(ANNE)
        .to(&clinic.number)
        .says("ARRET")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let sid = app.twilio.only_text().sid;
    app.advance(minutes(120));
    fails(&app, &sid, "30008").await;
    app.advance(minutes(2));
    app.run_jobs().await;
    app.twilio.only_text();
}
