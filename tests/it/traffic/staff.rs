//! What staff does with a conversation.
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ANNE, BORIS, details::called, each, ids, only_interaction, says};
use crate::support::{Client, Subscriber, TestApp};

async fn shown(client: &Client<'_>, id: Uuid) -> Value {
    client
        .get(&format!("/api/interactions/{id}"))
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn a_note_is_for_colleagues_and_nobody_else() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let path = format!("/api/interactions/{id}/note");
    let note = json!({"text": "She wants Tuesday."});
    let written = staff.post(&path, note.clone()).await.expect(201).json();
    assert_eq!(written["text"], "She wants Tuesday.");
    assert_eq!(written["user_id"], staff.user.to_string());
    let interaction = shown(&staff, id).await;
    assert_eq!(interaction["notes"], json!([written]));
    assert!(!interaction["messages"].to_string().contains("Tuesday"));
    assert!(!interaction["transcript"].to_string().contains("Tuesday"));
    app.run_jobs().await;
    assert!(
        app.twilio
            .texts()
            .iter()
            .all(|text| !text.body.contains("Tuesday"))
    );
    for wrong in [
        json!({"text": " "}),
        json!({}),
        json!({"text": "a", "to": "b"}),
    ] {
        let answer = staff.post(&path, wrong).await;
        answer.expect_problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn a_conversation_is_given_to_somebody_who_works_there() {
    let app = TestApp::start().await;
    let (hvac, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let (staff, stranger) = (app.staff(&hvac).await, app.staff(&other).await);
    let path = format!("/api/interactions/{id}/assign");
    let own = json!({"user_id": staff.user});
    let given = staff.post(&path, own).await.expect(200).json();
    assert_eq!(given["assigned_user_id"], staff.user.to_string());
    for nobody in [json!(stranger.user), json!(Uuid::now_v7())] {
        let answer = staff.post(&path, json!({"user_id": nobody})).await;
        answer.expect_problem(422, "invalid_request");
    }
    assert_eq!(
        shown(&staff, id).await["assigned_user_id"],
        staff.user.to_string()
    );
    // It is somebody's now: the receptionist leaves it alone.
    let sent = app.twilio.texts().len();
    says(&app, ANNE, &hvac, "anybody there?").await;
    assert_eq!(app.twilio.texts().len(), sent);
    let given = staff
        .post(&path, json!({"user_id": null}))
        .await
        .expect(200)
        .json();
    assert!(given["assigned_user_id"].is_null());
    staff
        .post(&path, json!({}))
        .await
        .expect_problem(422, "invalid_request");
    let audited: i64 = app
        .value(
            &hvac,
            "select count(*) from audit_log where subscriber_id = $1 and action = 'interaction.assigned'",
        )
        .await;
    assert_eq!(audited, 2);
}

#[tokio::test]
async fn a_conversation_is_ended_and_the_days_sums_know_it() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let path = format!("/api/interactions/{id}/close");
    for _ in 0..2 {
        let closed = staff.post(&path, json!({})).await.expect(200).json();
        assert_eq!(
            (
                &closed["status"],
                &closed["outcome_type"],
                &closed["is_unread"]
            ),
            (&json!("COMPLETED"), &json!("ANSWERED"), &json!(false))
        );
        assert!(closed["ended_at"].is_string());
    }
    let inbox = staff.get("/api/inbox").await.expect(200);
    assert!(ids(&inbox).is_empty());
    let sums: Vec<(i32, i32)> = app
        .rows(
            &hvac,
            "select interactions, answered from usage_rollups where subscriber_id = $1 and channel = 'SMS'",
        )
        .await;
    assert_eq!(sums, [(1, 1)]);
    // Who writes again begins another conversation.
    says(&app, ANNE, &hvac, "one more thing").await;
    let list = staff.get("/api/interactions").await.expect(200);
    assert_eq!(each(&list, "status"), ["OPEN", "COMPLETED"]);
}

#[tokio::test]
async fn what_waited_in_an_ended_conversation_is_not_answered_any_more() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    let id = only_interaction(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let closed = staff
        .post(&format!("/api/interactions/{id}/close"), json!({}))
        .await;
    assert_eq!(closed.expect(200).json()["outcome_type"], "OTHER");
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn a_call_that_goes_on_is_not_ended_by_a_click() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    super::plant(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let calls = staff
        .get("/api/dashboard/calls?status=OPEN")
        .await
        .expect(200);
    let id = ids(&calls).remove(0);
    staff
        .post(&format!("/api/interactions/{id}/close"), json!({}))
        .await
        .expect_problem(409, "conflict");
}

#[tokio::test]
async fn staff_answers_a_text_and_the_receptionist_does_not() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").sms_mode("SHADOW").await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    let id = only_interaction(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let path = format!("/api/interactions/{id}/reply");
    let queued = staff
        .post(&path, json!({"text": "On our way!"}))
        .await
        .expect(202)
        .json();
    assert_eq!(queued["interaction_id"], id.to_string());
    assert_eq!(
        (&queued["status"], &queued["segments"]),
        (&json!("QUEUED"), &json!(1))
    );
    assert!(queued["price"].is_null());
    app.run_jobs().await;
    let sent = app.twilio.only_text();
    assert_eq!(
        (sent.body.as_str(), sent.to.as_str()),
        ("On our way!", ANNE)
    );
    let kept = app.only_outgoing(&hvac).await;
    assert_eq!(
        (kept.purpose.as_str(), kept.status.as_str()),
        ("STAFF", "SENT")
    );
    let interaction = shown(&staff, id).await;
    let turn = &interaction["messages"][1];
    assert_eq!(
        (&turn["role"], &turn["status"]),
        (&json!("STAFF"), &json!("SENT"))
    );
    assert_eq!(
        (&interaction["ai_handled"], &interaction["is_unread"]),
        (&json!(false), &json!(false))
    );
}

#[tokio::test]
async fn a_call_is_answered_by_a_text_and_who_withheld_the_number_by_none() {
    let app = TestApp::start().await;
    let boreale = called(&app).await;
    app.change(
        &boreale,
        "update subscriber_channels set provider_number_e164 = '+14385550117' where subscriber_id = $1",
    )
    .await;
    let call = only_interaction(&app, &boreale).await;
    let staff = app.staff(&boreale).await;
    let path = format!("/api/interactions/{call}/reply");
    let queued = staff
        .post(&path, json!({"text": "Sorry we missed you"}))
        .await
        .expect(202)
        .json();
    assert_ne!(queued["interaction_id"], call.to_string());
    app.run_jobs().await;
    assert_eq!(app.twilio.only_text().to, ANNE);
    app.change(
        &boreale,
        "update interactions set counterpart = null where subscriber_id = $1 and channel = 'VOICE'",
    )
    .await;
    let answer = staff.post(&path, json!({"text": "hello"})).await;
    answer.expect_problem(409, "conflict");
}

/// Everything that can be done with one conversation.
fn acts(user: &str) -> [(&'static str, Value); 8] {
    [
        ("read", json!({})),
        ("note", json!({"text": "hello"})),
        ("assign", json!({"user_id": user})),
        ("close", json!({})),
        ("reply", json!({"text": "hello"})),
        ("take-over", json!({})),
        ("hand-back", json!({})),
        ("approve", json!({"text": "hello"})),
    ]
}

#[tokio::test]
async fn nobody_acts_on_a_conversation_of_another_subscriber() {
    let app = TestApp::start().await;
    let (hvac, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    says(&app, BORIS, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let before = state_of(&app, &hvac).await;
    let stranger = app.owner(&other).await;
    for (act, body) in acts(&stranger.user.to_string()) {
        for id in [id, Uuid::now_v7()] {
            let path = format!("/api/interactions/{id}/{act}");
            let answer = stranger.post(&path, body.clone()).await;
            answer.expect_problem(404, "not_found");
        }
        let path = format!("/api/interactions/{id}/{act}");
        let answer = app.stranger().post(&path, body.clone()).await;
        answer.expect_problem(401, "unauthenticated");
        let reader = app.api_key(&hvac, &["read"]).await;
        let answer = reader.post(&path, body.clone()).await;
        answer.expect_problem(403, "forbidden");
    }
    assert_eq!(state_of(&app, &hvac).await, before);
}

async fn state_of(app: &TestApp, subscriber: &Subscriber) -> Value {
    let statement = "select jsonb_build_object(
            'interactions', (select jsonb_agg(i) from interactions i where subscriber_id = $1),
            'outgoing', (select count(*) from outgoing_messages where subscriber_id = $1),
            'lines', (select count(*) from black_box_events where subscriber_id = $1))";
    app.value(subscriber, statement).await
}
