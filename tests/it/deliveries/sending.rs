//! From an event to its receiver.
use rocket_reception::{
    deliveries::signature::{Secret, of_bytes},
    events,
    kernel::db::TenantTx,
};
use serde_json::json;

use super::{Scene, call_ended, emit, endpoint, happens, is_signed};
use crate::{fakes::Receiver, support::hours};

#[tokio::test]
async fn an_event_reaches_its_endpoint_signed_and_whole() {
    let scene = Scene::new().await;
    scene.delivers().await;
    let received = scene.receiver.last();
    assert_eq!(scene.receiver.count(), 1);
    assert_eq!(
        (received.method.as_str(), received.path.as_str()),
        ("POST", "/hook")
    );
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(
        received.header("user-agent"),
        "RocketReception-Webhooks/1.0"
    );
    assert_eq!(
        received.header("host"),
        format!("127.0.0.1:{}", scene.receiver.port)
    );
    let now = scene.app.clock.now();
    assert_eq!(
        received.header("webhook-timestamp"),
        now.timestamp().to_string()
    );
    assert!(is_signed(&received, &scene.endpoint.secret, now));
    let secret = Secret::import(&scene.endpoint.secret).unwrap();
    let expected = of_bytes(&secret, received.body.as_bytes());
    assert_eq!(received.header("x-signature-256"), expected);
    let body = received.json();
    assert_eq!(body["type"], "lead.created");
    assert_eq!(body["id"], received.header("webhook-id"));
    assert_eq!(body["subscriber_id"], scene.shop.id.to_string());
    assert_eq!(body["timestamp"], "2026-11-21T16:00:00.000Z");
    assert_eq!(body["data"]["summary"], "The furnace – très bruyant");
    assert!(body["data"]["contact_id"].is_null());
    let id = received.header("webhook-id").strip_prefix("msg_").unwrap();
    assert_eq!(id.len(), 26);
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "SUCCEEDED");
    assert_eq!(
        (&delivery["attempts"], &delivery["last_status"]),
        (&json!(1), &json!(200))
    );
    assert_eq!(delivery["attempt_log"][0]["status"], 200);
    assert!(delivery["attempt_log"][0]["error"].is_null());
    assert!(delivery["next_attempt_at"].is_null());
}

#[tokio::test]
async fn an_endpoint_gets_the_events_that_it_asked_for_and_no_others() {
    let scene = Scene::with(json!({"events": ["call.*", "message.sent"]})).await;
    let all = Receiver::start().await;
    endpoint(&scene.app, &scene.shop, &all, json!({"events": ["*"]})).await;
    let off = Receiver::start().await;
    let members = json!({"events": ["*"], "enabled": false});
    endpoint(&scene.app, &scene.shop, &off, members).await;
    scene.happens().await;
    emit(
        &scene.app,
        &scene.shop,
        &[call_ended()],
        scene.app.clock.now(),
    )
    .await;
    scene.app.run_jobs().await;
    let types = |receiver: &Receiver| {
        let mut types: Vec<String> = receiver
            .received()
            .iter()
            .map(|received| received.json()["type"].as_str().unwrap().to_owned())
            .collect();
        types.sort();
        types
    };
    assert_eq!(types(&scene.receiver), ["call.ended"]);
    assert_eq!(types(&all), ["call.ended", "lead.created"]);
    assert_eq!(off.count(), 0);
    let ids = |receiver: &Receiver| {
        receiver
            .received()
            .last()
            .unwrap()
            .header("webhook-id")
            .len()
    };
    assert_eq!(ids(&all), ids(&scene.receiver));
}

#[tokio::test]
async fn another_subscribers_events_go_elsewhere() {
    let scene = Scene::new().await;
    let other = scene.app.subscriber("other").await;
    happens(&scene.app, &other).await;
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 0);
}

#[tokio::test]
async fn an_event_of_a_transaction_that_failed_goes_nowhere() {
    let scene = Scene::new().await;
    let mut tx = TenantTx::begin(&scene.app.state.db, scene.shop.id)
        .await
        .unwrap();
    events::emit(&mut tx, &call_ended(), scene.app.clock.now());
    drop(tx);
    scene.app.run_jobs().await;
    assert!(scene.deliveries().await.is_empty());
}

#[tokio::test]
async fn a_fact_that_is_told_twice_is_delivered_once() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        let mut tx = TenantTx::begin(&scene.app.state.db, scene.shop.id)
            .await
            .unwrap();
        let at = scene.app.clock.now();
        events::emit_once(&mut tx, &call_ended(), at, "call_1:ended".to_owned());
        tx.commit().await.unwrap();
    }
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 1);
}

#[tokio::test]
async fn the_older_form_has_its_members_and_its_signature_inside() {
    let scene =
        Scene::with(json!({"events": ["*"], "format": "LEGACY", "secret": "an-older-secret"}))
            .await;
    assert_eq!(scene.endpoint.secret, "an-older-secret");
    emit(
        &scene.app,
        &scene.shop,
        &[call_ended()],
        scene.app.clock.now(),
    )
    .await;
    scene.app.run_jobs().await;
    let received = scene.receiver.last();
    let body = received.json();
    assert_eq!(body["eventType"], "call.call-ended");
    assert_eq!(body["eventId"], received.header("webhook-id"));
    assert_eq!(
        body["data"],
        json!({"direction": "inbound", "from": "+15145550123", "to": "+15145550124", "status": "completed",
               "duration": 180, "aiHandled": true, "transcript": "Bonjour", "outcome": "BOOKED"})
    );
    let secret = Secret::import("an-older-secret").unwrap();
    let (unsigned, _) = received.body.rsplit_once(",\"signature\"").unwrap();
    let expected = of_bytes(&secret, format!("{unsigned}}}").as_bytes());
    assert_eq!(body["signature"], expected);
    assert_eq!(
        received.header("x-signature-256"),
        of_bytes(&secret, received.body.as_bytes())
    );
    assert!(is_signed(
        &received,
        "an-older-secret",
        scene.app.clock.now()
    ));
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_until_the_overlap_is_over() {
    let scene = Scene::new().await;
    let old = scene.endpoint.secret.clone();
    let rotated = scene
        .post(&scene.path("/rotate-secret"), json!({"overlap_hours": 2}))
        .await;
    let new = rotated.expect(200).json()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(old, new);
    scene.delivers().await;
    let now = scene.app.clock.now();
    let received = scene.receiver.last();
    assert!(is_signed(&received, &old, now) && is_signed(&received, &new, now));
    assert_eq!(received.header("webhook-signature").split(' ').count(), 2);
    let newest = Secret::import(&new).unwrap();
    let expected = of_bytes(&newest, received.body.as_bytes());
    assert_eq!(
        received.header("x-signature-256"),
        expected,
        "the newest alone"
    );
    scene.app.advance(hours(3));
    scene.delivers().await;
    let received = scene.receiver.last();
    let now = scene.app.clock.now();
    assert!(is_signed(&received, &new, now) && !is_signed(&received, &old, now));
}

#[tokio::test]
async fn three_secrets_sign_at_most_and_one_may_end_at_once() {
    let scene = Scene::new().await;
    let rotate = async |body| scene.post(&scene.path("/rotate-secret"), body).await;
    for _ in 0..4 {
        rotate(json!({})).await.expect(200);
    }
    scene.delivers().await;
    let signatures = |scene: &Scene| {
        scene
            .receiver
            .last()
            .header("webhook-signature")
            .split(' ')
            .count()
    };
    assert_eq!(signatures(&scene), 3);
    let last = rotate(json!({"overlap_hours": 0})).await.expect(200).json();
    scene.delivers().await;
    assert_eq!(signatures(&scene), 1);
    let secret = last["secret"].as_str().unwrap();
    assert!(is_signed(
        &scene.receiver.last(),
        secret,
        scene.app.clock.now()
    ));
    rotate(json!({"overlap_hours": 169}))
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn user_password_and_headers_go_along_and_are_shown_to_nobody() {
    let receiver = Receiver::start().await;
    let scene = Scene::with(json!({
        "events": ["*"],
        "url": receiver.url().replace("http://", "http://ann:p%40ss@"),
        "headers": {"X-Api-Key": "key-of-ann"},
    }))
    .await;
    scene.delivers().await;
    let received = receiver.last();
    // ann:p@ss
    assert_eq!(received.header("authorization"), "Basic YW5uOnBAc3M=");
    assert_eq!(received.header("x-api-key"), "key-of-ann");
    let staff = scene.app.staff(&scene.shop).await;
    let shown = staff.get(&scene.path("")).await.expect(200);
    let listed = staff.get("/api/webhooks").await.expect(200);
    let deliveries = staff.get(&scene.path("/deliveries")).await.expect(200);
    for answer in [&shown, &listed, &deliveries] {
        for secret in ["ann:", "p@ss", "p%40ss", "YW5u", "key-of-ann", "whsec_"] {
            assert!(!answer.body.contains(secret), "{secret} in {}", answer.body);
        }
    }
    assert!(
        shown.json()["url"]
            .as_str()
            .unwrap()
            .starts_with("http://***@127.0.0.1")
    );
    assert_eq!(shown.json()["headers"], json!({"x-api-key": "***"}));
    let log = &deliveries.json()["data"][0]["attempt_log"][0]["request_headers"];
    assert_eq!(log["authorization"], "Basic ***");
    assert_eq!(log["webhook-id"], received.header("webhook-id"));
    // What was shown comes back, and means "as before".
    let admin = scene.app.admin(&scene.shop).await;
    let back = json!({"url": shown.json()["url"], "headers": shown.json()["headers"]});
    admin.put(&scene.path(""), back).await.expect(200);
    scene.delivers().await;
    assert_eq!(
        receiver.last().header("authorization"),
        "Basic YW5uOnBAc3M="
    );
    assert_eq!(receiver.last().header("x-api-key"), "key-of-ann");
    // But never at another host.
    let elsewhere = json!({"url": "http://***@127.0.0.2/hook"});
    admin
        .put(&scene.path(""), elsewhere)
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn what_is_too_large_goes_without_its_transcript() {
    let scene = Scene::new().await;
    let mut call = call_ended();
    if let events::Event::CallEnded(facts) = &mut call {
        facts.transcript = Some("x".repeat(300_000));
    }
    emit(&scene.app, &scene.shop, &[call], scene.app.clock.now()).await;
    scene.app.run_jobs().await;
    let received = scene.receiver.last();
    assert!(received.body.len() < 256 * 1024);
    assert!(received.json()["data"]["transcript"].is_null());
    assert_eq!(received.json()["data"]["outcome_type"], "BOOKED");
}
