//! The look every quarter of an hour.
use serde_json::json;

use super::{LOOPBACK, Scene};
use crate::{fakes::Answering, support::minutes};

#[tokio::test]
async fn too_many_failures_raise_an_alert_of_the_platform_and_of_the_subscriber() {
    let settings = [LOOPBACK, ("LIMIT_DELIVERIES_PER_SECOND", "1000")];
    let scene = Scene::set(&settings, json!({"events": ["*"], "schedule": "SHORT"})).await;
    let abort = Answering::With(
        400,
        vec![("webhook-delivery", "abort-message")],
        String::new(),
    );
    scene.receiver.answers(abort);
    for _ in 0..9 {
        scene.delivers().await;
    }
    scene.receiver.answers(Answering::status(200));
    for _ in 0..10 {
        scene.delivers().await;
    }
    scene.app.run_schedules().await;
    assert!(
        !scene
            .alerts()
            .await
            .contains(&"webhooks.failure_rate".to_owned()),
        "19 attempts say nothing"
    );
    scene.app.advance(minutes(15));
    let abort = Answering::With(
        400,
        vec![("webhook-delivery", "abort-message")],
        String::new(),
    );
    scene.receiver.answers_next(vec![abort; 9]);
    for _ in 0..9 {
        scene.delivers().await;
    }
    scene.receiver.answers_next(vec![Answering::status(200)]);
    scene.delivers().await;
    let failing = Answering::With(
        400,
        vec![("webhook-delivery", "abort-message")],
        String::new(),
    );
    scene.receiver.answers_next(vec![failing; 8]);
    for _ in 0..12 {
        scene.delivers().await;
    }
    scene.app.run_schedules().await;
    let alerts = scene.alerts().await;
    let rates = alerts
        .iter()
        .filter(|kind| *kind == "webhooks.failure_rate")
        .count();
    assert_eq!(rates, 2, "{alerts:?}");
}

/// A process that falls with a delivery each time must not leave it waiting for ever.
#[tokio::test]
async fn a_delivery_whose_job_died_goes_among_the_dead_and_can_be_replayed() {
    let mut scene = Scene::new().await;
    scene.app.expect_dead_jobs();
    scene.happens().await;
    let mut conn = scene.app.database.superuser().await;
    sqlx::query("update jobs set attempts = max_attempts where kind = 'deliveries.deliver'")
        .execute(&mut conn)
        .await
        .unwrap();
    scene.app.run_schedules().await;
    scene.app.advance(minutes(15));
    scene.app.run_schedules().await;
    assert_eq!(scene.delivery().await["status"], "DEAD");
    assert!(
        scene
            .alerts()
            .await
            .contains(&"webhooks.stranded".to_owned())
    );
    let path = format!(
        "/api/webhooks/deliveries/{}/replay",
        scene.delivery().await["id"].as_str().unwrap()
    );
    scene.post(&path, json!({})).await.expect(202);
    scene.app.run_jobs().await;
    scene.app.advance(minutes(15));
    scene.app.run_schedules().await;
    assert_eq!(scene.delivery().await["status"], "SUCCEEDED");
}
