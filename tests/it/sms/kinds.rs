//! Texts of every kind, from every kind of sender, on a channel in every mode.
use crate::support::{Subscriber, TestApp, hours};

const ANNE: &str = "+15145550123";

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

#[tokio::test]
async fn whoever_withholds_the_number_is_recorded_without_a_contact() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for body in ["hello", "and another one"] {
        app.text_from("anonymous")
            .to(&hvac.number)
            .says(body)
            .send()
            .await
            .expect(200);
    }
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(
        app.events(&hvac).await,
        ["message.received", "message.received"]
    );
    let held =
        "select counterpart, contact_id is not null from interactions where subscriber_id = $1";
    let held: Vec<(Option<String>, bool)> = app.rows(&hvac, held).await;
    assert_eq!(
        held,
        [(None, false), (None, false)],
        "nobody knows whether they are one person"
    );
}

#[tokio::test]
async fn a_short_code_is_recorded_and_never_answered() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for body in ["Your code is 1234", "STOP", "HELP"] {
        app.text_from("72345")
            .to(&hvac.number)
            .says(body)
            .send()
            .await
            .expect(200);
    }
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(turns(&app, &hvac).await.len(), 3);
    assert_eq!(count_conversations(&app, &hvac).await, 1);
    assert_eq!(app.count_events(&hvac, "contact.created").await, 0);
}

#[tokio::test]
async fn a_text_from_a_number_of_ours_is_recorded_and_never_answered() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let clinic = app.subscriber("clinic").await;
    for body in ["hello", "STOP", "ARRET", "HELP"] {
        app.text_from(&clinic.number)
            .to(&hvac.number)
            .says(body)
            .send()
            .await
            .expect(200);
    }
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(turns(&app, &hvac).await.len(), 4);
}

#[tokio::test]
async fn a_picture_without_words_is_kept_and_asked_about() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let url = "https://api.twilio.com/media/ME1";
    let text = app
        .text_from(ANNE)
        .to(&hvac.number)
        .media(url, "image/jpeg");
    text.send().await.expect(200);
    app.run_jobs().await;
    let media =
        "select media from interaction_messages where subscriber_id = $1 and role = 'CALLER'";
    let media: serde_json::Value = app.value(&hvac, media).await;
    assert_eq!(
        media,
        serde_json::json!([{"url": url, "content_type": "image/jpeg"}])
    );
    let reply = app.twilio.only_text().body;
    assert!(reply.contains("I cannot look at pictures"), "{reply}");
}

#[tokio::test]
async fn an_empty_text_is_kept_and_not_answered() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for body in ["", "  \n"] {
        app.text_from(ANNE)
            .to(&hvac.number)
            .says(body)
            .send()
            .await
            .expect(200);
    }
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(turns(&app, &hvac).await.len(), 2);
}

#[tokio::test]
async fn a_long_french_text_is_kept_whole_charged_by_its_segments_and_answered_in_french() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    let body: String = "Bonjour, êtes-vous ouverts demain à Noël? "
        .chars()
        .cycle()
        .take(1600)
        .collect();
    let text = app
        .text_from(ANNE)
        .to(&clinic.number)
        .says(&body)
        .field("NumSegments", "24");
    text.send().await.expect(200);
    app.run_jobs().await;
    assert_eq!(turns(&app, &clinic).await[0].1, body);
    let segments =
        "select segments from usage_records where subscriber_id = $1 order by id limit 1";
    assert_eq!(app.value::<i32>(&clinic, segments).await, 24);
    let reply = app.twilio.only_text().body;
    assert!(
        reply.contains("fermés") || reply.contains("ouvrons"),
        "{reply}"
    );
}

#[tokio::test]
async fn a_text_keeps_its_spaces_and_its_emoji() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let body = "  ça va? 🙂 + 100% & co = \"ok\"\n";
    app.text_from(ANNE)
        .to(&hvac.number)
        .says(body)
        .send()
        .await
        .expect(200);
    assert_eq!(turns(&app, &hvac).await[0].1, body);
}

#[tokio::test]
async fn a_channel_that_is_off_records_and_does_not_answer() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").sms_off().await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(turns(&app, &hvac).await.len(), 1);
    assert_eq!(app.count_events(&hvac, "message.received").await, 1);
}

#[tokio::test]
async fn the_mode_of_the_channel_decides_whether_the_receptionist_answers() {
    // Saturday at ten: closed, so that AFTER_HOURS answers.
    for (mode, texts) in [
        ("OFF", 0),
        ("AFTER_HOURS", 1),
        ("SHADOW", 0),
        ("STAFF_FIRST", 1),
        ("FULL", 1),
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").sms_mode(mode).await;
        app.text_from(ANNE)
            .to(&hvac.number)
            .says("hello")
            .send()
            .await
            .expect(200);
        app.run_jobs().await;
        assert_eq!(app.twilio.texts().len(), texts, "{mode}");
    }
}

#[tokio::test]
async fn a_reply_that_wants_approval_is_written_and_not_sent() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").sms_mode("APPROVE_FIRST_REPLY").await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(turns(&app, &hvac).await.len(), 2);
    let reason = app.only_outgoing(&hvac).await.reason;
    assert_eq!(reason.as_deref(), Some("NEEDS_APPROVAL"));
}

#[tokio::test]
async fn during_business_hours_an_after_hours_receptionist_leaves_the_text_to_staff() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").sms_mode("AFTER_HOURS").await;
    app.advance(hours(48));
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty(), "it is Monday at ten");
}
