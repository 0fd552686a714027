//! Once more: one delivery, all that failed since a time, all at all.
use chrono::Duration;
use serde_json::json;

use super::Scene;
use crate::{fakes::Answering, support::hours};

/// Dead letters, and the receiver well again.
async fn with_dead_letters(count: usize) -> Scene {
    let scene = Scene::with(json!({"events": ["*"], "schedule": "SHORT"})).await;
    let abort = Answering::With(
        400,
        vec![("webhook-delivery", "abort-message")],
        String::new(),
    );
    scene.receiver.answers(abort);
    for _ in 0..count {
        scene.delivers().await;
    }
    scene.receiver.answers(Answering::status(200));
    scene
}

#[tokio::test]
async fn a_dead_letter_is_replayed_under_the_id_that_it_had() {
    let scene = with_dead_letters(1).await;
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "DEAD");
    let path = format!(
        "/api/webhooks/deliveries/{}/replay",
        delivery["id"].as_str().unwrap()
    );
    let replayed = scene.post(&path, json!({})).await.expect(202).json();
    assert_eq!(
        (&replayed["status"], &replayed["id"]),
        (&json!("PENDING"), &delivery["id"])
    );
    scene.app.run_jobs().await;
    let delivery = scene.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["attempts"]),
        (&json!("SUCCEEDED"), &json!(2))
    );
    let received = scene.receiver.received();
    assert_eq!(
        received[0].header("webhook-id"),
        received[1].header("webhook-id")
    );
    assert_eq!(received[0].body, received[1].body);
    // Under its older path too, and also what arrived.
    let path = format!(
        "/dashboard/webhooks/deliveries/{}/retry",
        delivery["id"].as_str().unwrap()
    );
    scene.post(&path, json!({})).await.expect(202);
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 3);
}

#[tokio::test]
async fn a_replay_has_the_whole_schedule_before_it_and_the_order_before_means_nothing() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::status(500));
    scene.delivers().await;
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "RETRYING");
    let path = format!(
        "/api/webhooks/deliveries/{}/replay",
        delivery["id"].as_str().unwrap()
    );
    scene.post(&path, json!({})).await.expect(202);
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 2);
    scene.receiver.answers(Answering::status(200));
    scene.app.advance(hours(1));
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 3, "one order and not two");
}

#[tokio::test]
async fn everything_that_failed_since_a_time_is_replayed() {
    let scene = with_dead_letters(3).await;
    scene.app.advance(hours(2));
    let since = scene.app.clock.now() - Duration::hours(1);
    let nothing = scene
        .post(&scene.path("/replay"), json!({"since": since}))
        .await;
    assert_eq!(nothing.expect(202).json()["queued"], 0);
    scene.delivers().await;
    let since = scene.app.clock.now() - Duration::hours(3);
    let some = scene
        .post(&scene.path("/replay"), json!({"since": since}))
        .await;
    assert_eq!(some.expect(202).json()["queued"], 3);
    scene.app.run_jobs().await;
    assert_eq!(
        scene.receiver.count(),
        3 + 1 + 3,
        "what arrived is not sent again"
    );
    let deliveries = scene.deliveries().await;
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery["status"] == "SUCCEEDED")
    );
}

#[tokio::test]
async fn a_replay_reaches_back_two_weeks_and_needs_an_endpoint_that_is_on() {
    let scene = with_dead_letters(1).await;
    for since in [Duration::days(15), Duration::days(-1)] {
        let since = scene.app.clock.now() - since;
        let refused = scene
            .post(&scene.path("/replay"), json!({"since": since}))
            .await;
        refused.expect_problem(422, "invalid_request");
    }
    let admin = scene.app.admin(&scene.shop).await;
    admin
        .put(&scene.path(""), json!({"enabled": false}))
        .await
        .expect(200);
    let id = scene.delivery().await["id"].as_str().unwrap().to_owned();
    let since = json!({"since": scene.app.clock.now()});
    scene
        .post(&scene.path("/replay"), since)
        .await
        .expect_problem(409, "conflict");
    let path = format!("/api/webhooks/deliveries/{id}/replay");
    scene
        .post(&path, json!({}))
        .await
        .expect_problem(409, "conflict");
}

#[tokio::test]
async fn what_is_no_longer_kept_cannot_be_replayed_and_is_dead_when_it_waits() {
    let scene = with_dead_letters(1).await;
    scene.happens().await;
    let mut conn = scene.app.database.superuser().await;
    sqlx::query("delete from events")
        .execute(&mut conn)
        .await
        .unwrap();
    scene.app.run_jobs().await;
    let deliveries = scene.deliveries().await;
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery["status"] == "DEAD"),
        "{deliveries:?}"
    );
    let path = format!(
        "/api/webhooks/deliveries/{}/replay",
        deliveries[0]["id"].as_str().unwrap()
    );
    scene
        .post(&path, json!({}))
        .await
        .expect_problem(409, "conflict");
}
