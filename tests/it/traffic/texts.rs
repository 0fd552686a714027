//! Texts that staff sends, and the list of all texts.
use axum::http::Method;
use serde_json::{Value, json};

use super::{ANNE, BORIS, each, ids, says};
use crate::support::{Client, Subscriber, TestApp, at, hours};

/// A business whose texts have a number.
async fn shop(app: &TestApp, slug: &str) -> Subscriber {
    app.subscriber(slug).await
}

async fn send(client: &Client<'_>, to: &str, body: &str) -> Value {
    let sent = client
        .post("/api/messages/send", json!({"to": to, "body": body}))
        .await;
    sent.expect(202).json()
}

#[tokio::test]
async fn staff_texts_somebody_for_the_first_time() {
    let app = TestApp::start().await;
    let hvac = shop(&app, "hvac").await;
    let staff = app.staff(&hvac).await;
    let queued = send(&staff, BORIS, "Your part has arrived.").await;
    app.run_jobs().await;
    let sent = app.twilio.only_text();
    assert_eq!(
        (sent.to.as_str(), sent.from.as_str()),
        (BORIS, hvac.number.as_str())
    );
    let id = queued["interaction_id"].as_str().unwrap();
    let shown = staff
        .get(&format!("/api/interactions/{id}"))
        .await
        .expect(200)
        .json();
    let expected = [
        ("channel", json!("SMS")),
        ("direction", json!("OUTBOUND")),
        ("from_number", json!(hvac.number)),
        ("to_number", json!(BORIS)),
        ("status", json!("OPEN")),
        ("is_unread", json!(false)),
        ("ai_handled", json!(false)),
        ("billed_minutes", json!(0)),
    ];
    for (member, value) in expected {
        assert_eq!(shown[member], value, "{member}");
    }
    assert!(shown["contact_id"].is_string());
    // The answer belongs to the same conversation, and so does what is written next.
    says(&app, BORIS, &hvac, "thanks").await;
    let again = send(&staff, BORIS, "You are welcome").await;
    assert_eq!(again["interaction_id"], id);
    let sums: Vec<(i32,)> = app
        .rows(
            &hvac,
            "select interactions from usage_rollups where subscriber_id = $1 and channel = 'SMS'",
        )
        .await;
    assert_eq!(sums, [(1,)]);
}

#[tokio::test]
async fn whoever_opted_out_gets_no_text_of_staff_either() {
    let app = TestApp::start().await;
    let hvac = shop(&app, "hvac").await;
    says(&app, ANNE, &hvac, "STOP").await;
    let before = app.twilio.texts().len();
    let staff = app.staff(&hvac).await;
    let queued = send(&staff, ANNE, "A word please").await;
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), before);
    let list = staff
        .get("/api/messages?status=suppressed")
        .await
        .expect(200);
    assert_eq!(ids(&list), [queued["id"].as_str().unwrap()]);
    let text = &list.json()["data"][0];
    assert_eq!(
        (&text["reason"], &text["purpose"]),
        (&json!("OPTED_OUT"), &json!("STAFF"))
    );
}

#[tokio::test]
async fn a_first_word_waits_for_the_morning() {
    let app = TestApp::start().await;
    let hvac = shop(&app, "hvac").await;
    // Eleven in the evening in Winnipeg.
    app.advance(hours(13));
    let staff = app.staff(&hvac).await;
    send(&staff, BORIS, "Your part has arrived.").await;
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    let kind = "select kind from black_box_events where subscriber_id = $1 and source = 'DECISION'";
    let kind: String = app.value(&hvac, kind).await;
    assert_eq!(kind, "text.waits");
    app.advance(at("2026-11-22T14:00:00Z") - app.clock.now());
    app.run_jobs().await;
    assert_eq!(app.twilio.only_text().to, BORIS);
}

#[tokio::test]
async fn the_same_request_again_is_the_same_text() {
    let app = TestApp::start().await;
    let hvac = shop(&app, "hvac").await;
    let staff = app.staff(&hvac).await;
    let send = |body: &str, path: &str| {
        let body = json!({"to": BORIS, "body": body});
        let mut request = staff.prepare(Method::POST, path, Some(body));
        request
            .headers_mut()
            .insert("idempotency-key", "once".parse().unwrap());
        request
    };
    let first = app
        .send(send("hello", "/api/messages/send"))
        .await
        .expect(202)
        .json();
    let again = app
        .send(send("hello", "/api/messages/send"))
        .await
        .expect(202)
        .json();
    assert_eq!(first, again);
    let other = app.send(send("goodbye", "/api/messages/send")).await;
    other.expect_problem(422, "idempotency_mismatch");
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 1);
    let alias = json!({"to": BORIS, "body": "by the older path"});
    staff.post("/messages/sms", alias).await.expect(202);
}

#[tokio::test]
async fn what_cannot_be_a_text_is_refused() {
    let app = TestApp::start().await;
    let hvac = shop(&app, "hvac").await;
    let staff = app.staff(&hvac).await;
    for (wrong, field) in [
        (json!({"to": "5550100", "body": "a"}), "to"),
        (json!({"to": hvac.number, "body": "a"}), "to"),
        (json!({"to": BORIS, "body": ""}), "body"),
        (json!({"to": BORIS, "body": "x".repeat(1601)}), "body"),
        (json!({"to": BORIS}), "body"),
        (
            json!({"to": BORIS, "body": "a", "from": "+12045550100"}),
            "from",
        ),
    ] {
        let answer = staff.post("/api/messages/send", wrong).await;
        let problem = answer.expect_problem(422, "invalid_request").json();
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let body = json!({"to": BORIS, "body": "a"});
    app.stranger()
        .post("/api/messages/send", body.clone())
        .await
        .expect_problem(401, "unauthenticated");
    let reader = app.api_key(&hvac, &["read"]).await;
    reader
        .post("/api/messages/send", body.clone())
        .await
        .expect_problem(403, "forbidden");
    app.change(
        &hvac,
        "update subscriber_channels set provider_number_e164 = null where subscriber_id = $1",
    )
    .await;
    let answer = staff.post("/api/messages/send", body).await;
    answer.expect_problem(409, "conflict");
    assert!(app.outgoing(&hvac).await.is_empty());
}

#[tokio::test]
async fn texts_in_and_out_are_one_list() {
    let app = TestApp::start().await;
    let (hvac, other) = (shop(&app, "hvac").await, shop(&app, "other").await);
    for (person, words) in [(ANNE, "are you open?"), (BORIS, "what does it cost?")] {
        says(&app, person, &hvac, words).await;
        app.advance(chrono::Duration::minutes(1));
    }
    let staff = app.staff(&hvac).await;
    let list = staff.get("/api/messages").await.expect(200);
    assert_eq!(each(&list, "direction").len(), 4, "{}", list.body);
    let rows = list.json();
    let times = each(&list, "created_at");
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let inbound = staff
        .get("/api/messages?direction=inbound")
        .await
        .expect(200);
    assert_eq!(each(&inbound, "from_number"), [BORIS, ANNE]);
    assert_eq!(
        each(&inbound, "body"),
        ["what does it cost?", "are you open?"]
    );
    let out = staff
        .get("/api/messages?direction=OUTBOUND&status=sent")
        .await
        .expect(200);
    assert_eq!(each(&out, "to_number"), [BORIS, ANNE]);
    assert!(out.json()["data"][0]["segments"].as_i64().unwrap() >= 1);
    let annes = staff
        .get("/api/messages?phone=%2B15145550142")
        .await
        .expect(200);
    assert_eq!(each(&annes, "status"), ["SENT", "RECEIVED"]);
    let received = staff.get("/api/messages?status=received").await.expect(200);
    assert_eq!(ids(&received).len(), 2);
    let nothing = staff
        .get("/api/messages?status=received&direction=outbound")
        .await;
    assert!(ids(&nothing.expect(200)).is_empty());
    let mut seen = Vec::new();
    let mut path = "/api/messages?limit=1".to_owned();
    loop {
        let page = staff.get(&path).await.expect(200);
        seen.extend(ids(&page));
        match page.json()["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/messages?limit=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ids(&list), "{rows}");
    let stranger = app
        .staff(&other)
        .await
        .get("/api/messages")
        .await
        .expect(200);
    assert!(ids(&stranger).is_empty());
    app.stranger()
        .get("/api/messages")
        .await
        .expect_problem(401, "unauthenticated");
    staff
        .get("/api/messages?cursor=x")
        .await
        .expect_problem(422, "invalid_request");
}
