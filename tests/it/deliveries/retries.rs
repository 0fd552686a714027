//! Attempt after attempt, to the end.
use serde_json::json;

use super::Scene;
use crate::{
    fakes::Answering,
    support::{hours, minutes, seconds},
};

/// Moves the clock until the next attempt is due, as its delivery says, and lets it run.
async fn next_attempt(scene: &Scene) -> i64 {
    let delivery = scene.delivery().await;
    let due = crate::support::at(delivery["next_attempt_at"].as_str().unwrap());
    let pause: chrono::Duration = (due - scene.app.clock.now()).max(seconds(0));
    scene.app.advance(pause + seconds(1));
    scene.app.run_jobs().await;
    pause.num_seconds()
}

#[tokio::test]
async fn ten_attempts_over_three_days_and_then_it_is_dead() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::status(500));
    scene.delivers().await;
    let expected = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (number, pause_s) in expected.into_iter().enumerate() {
        assert_eq!(scene.receiver.count(), number + 1);
        let waited = next_attempt(&scene).await;
        let (least, most) = (pause_s * 8 / 10 - 2, pause_s * 12 / 10 + 1);
        assert!(
            (least..=most).contains(&waited),
            "{waited} s, not about {pause_s}"
        );
    }
    assert_eq!(scene.receiver.count(), 10);
    let delivery = scene.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["attempts"]),
        (&json!("DEAD"), &json!(10))
    );
    assert_eq!(delivery["attempt_log"].as_array().unwrap().len(), 10);
    let mut ids: Vec<String> = scene
        .receiver
        .received()
        .iter()
        .map(|received| received.header("webhook-id").to_owned())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "one message, one id");
    let mut stamps: Vec<String> = scene
        .receiver
        .received()
        .iter()
        .map(|received| received.header("webhook-timestamp").to_owned())
        .collect();
    stamps.dedup();
    assert_eq!(
        stamps.len(),
        10,
        "each attempt is signed for its own moment"
    );
    scene.app.advance(hours(100));
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 10);
}

#[tokio::test]
async fn the_older_schedule_has_five_attempts() {
    let scene = Scene::with(json!({"events": ["*"], "schedule": "SHORT"})).await;
    scene.receiver.answers(Answering::status(500));
    scene.delivers().await;
    for _ in 0..4 {
        next_attempt(&scene).await;
    }
    assert_eq!(scene.receiver.count(), 5);
    assert_eq!(scene.delivery().await["status"], "DEAD");
}

#[tokio::test]
async fn a_receiver_that_recovers_gets_the_event() {
    let scene = Scene::new().await;
    scene
        .receiver
        .answers_next([Answering::status(503), Answering::status(404)]);
    scene.delivers().await;
    next_attempt(&scene).await;
    next_attempt(&scene).await;
    let delivery = scene.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["attempts"]),
        (&json!("SUCCEEDED"), &json!(3))
    );
}

#[tokio::test]
async fn a_busy_receiver_gets_the_time_that_it_asks_for() {
    let scene = Scene::new().await;
    let busy = Answering::With(429, vec![("retry-after", "100")], String::new());
    scene.receiver.answers_next([busy]);
    scene.delivers().await;
    assert_eq!(next_attempt(&scene).await, 100);
    assert_eq!(scene.delivery().await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn after_ten_failures_in_a_row_one_attempt_a_minute_goes_out_until_one_succeeds() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::status(500));
    // While it fails one goes after the other.
    for _ in 0..12 {
        scene.happens().await;
    }
    for _ in 0..40 {
        scene.app.run_jobs().await;
        scene.app.advance(seconds(1));
        if scene.receiver.count() >= 10 {
            break;
        }
    }
    assert_eq!(scene.receiver.count(), 10);
    assert!(
        scene
            .alerts()
            .await
            .contains(&"webhooks.endpoint_failing".to_owned())
    );
    for _ in 0..50 {
        scene.app.advance(seconds(1));
        scene.app.run_jobs().await;
    }
    assert_eq!(scene.receiver.count(), 10, "the breaker is open");
    scene.app.advance(seconds(15));
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 11, "the probe");
    scene.receiver.answers(Answering::status(200));
    for _ in 0..20 {
        scene.app.advance(minutes(1));
        scene.app.run_jobs().await;
    }
    let states = scene.deliveries().await;
    assert!(
        states
            .iter()
            .all(|delivery| delivery["status"] == "SUCCEEDED"),
        "{states:?}"
    );
}

#[tokio::test]
async fn an_endpoint_that_only_fails_for_five_days_is_disabled_and_told_of() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::status(500));
    for _ in 0..12 {
        scene.delivers().await;
        scene.app.advance(hours(12));
    }
    scene.app.run_jobs().await;
    let staff = scene.app.staff(&scene.shop).await;
    let endpoint = staff.get(&scene.path("")).await.expect(200).json();
    assert_eq!(endpoint["enabled"], false);
    assert_eq!(endpoint["disabled_because"], "FAILING");
    assert!(
        scene
            .alerts()
            .await
            .contains(&"webhooks.endpoint_disabled".to_owned())
    );
    let waiting = scene.deliveries().await;
    assert!(
        waiting
            .iter()
            .all(|delivery| delivery["next_attempt_at"].is_null()),
        "{waiting:?}"
    );
    // Switched on again it begins with a clean slate.
    scene.receiver.answers(Answering::status(200));
    let admin = scene.app.admin(&scene.shop).await;
    let on = admin
        .put(&scene.path(""), json!({"enabled": true}))
        .await
        .expect(200)
        .json();
    assert!(on["disabled_because"].is_null());
    let before = scene.receiver.count();
    scene.delivers().await;
    assert_eq!(scene.receiver.count(), before + 1);
}
