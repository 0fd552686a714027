//! What receivers do, and what that means for a delivery.
use std::time::Duration;

use serde_json::json;

use super::Scene;
use crate::{
    fakes::{Answering, Hold},
    support::{seconds, soon},
};

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let scene = Scene::new().await;
    let elsewhere = crate::fakes::Receiver::start().await;
    let location: &'static str = Box::leak(elsewhere.url().into_boxed_str());
    let redirect = Answering::With(302, vec![("location", location)], String::new());
    scene.receiver.answers(redirect);
    scene.delivers().await;
    assert_eq!(elsewhere.connections(), 0);
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "RETRYING");
    assert_eq!(delivery["attempt_log"][0]["error"], "redirect");
    assert_eq!(delivery["last_status"], 302);
}

#[tokio::test]
async fn who_closes_early_is_tried_once_more_at_once_and_then_later() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::ClosesEarly);
    scene.delivers().await;
    assert_eq!(scene.receiver.count(), 2);
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "RETRYING");
    assert_eq!(delivery["attempts"], 1);
    assert_eq!(delivery["attempt_log"][0]["error"], "connection");
    let ids: Vec<String> = scene
        .receiver
        .received()
        .iter()
        .map(|received| received.header("webhook-id").to_owned())
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_connection_that_fails_at_once_may_succeed_the_second_time() {
    let scene = Scene::new().await;
    scene.receiver.answers_next([Answering::ClosesEarly]);
    scene.delivers().await;
    assert_eq!(scene.delivery().await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn an_answer_that_lies_about_its_length_is_an_answer_all_the_same() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::LiesAboutItsLength);
    scene.delivers().await;
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "SUCCEEDED");
    assert_eq!(delivery["attempt_log"][0]["response_body"], "little");
}

#[tokio::test]
async fn an_endless_body_is_cut_after_20_kb() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::EndlessBody);
    scene.delivers().await;
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "SUCCEEDED");
    let body = delivery["attempt_log"][0]["response_body"]
        .as_str()
        .unwrap();
    assert_eq!(body.len(), 20 * 1024);
    // What the sockets hold in between went out too, and no more.
    assert!(
        scene.receiver.sent() < 20_000_000,
        "{}",
        scene.receiver.sent()
    );
}

#[tokio::test]
async fn whatever_an_answer_holds_can_be_kept() {
    let scene = Scene::new().await;
    let odd = Answering::With(200, Vec::new(), "a\0b – ü".to_owned());
    scene.receiver.answers(odd);
    scene.delivers().await;
    let delivery = scene.delivery().await;
    assert_eq!(
        delivery["attempt_log"][0]["response_body"],
        "a\u{fffd}b – ü"
    );
}

#[tokio::test]
async fn who_hangs_is_given_up_after_the_timeout_and_tried_again_after_a_minute() {
    let scene = Scene::with(json!({"events": ["*"], "timeout_seconds": 5})).await;
    scene.receiver.answers(Answering::Held(Hold::default()));
    scene.delivers().await;
    let delivery = scene.delivery().await;
    assert_eq!(delivery["status"], "RETRYING");
    let attempt = &delivery["attempt_log"][0];
    assert_eq!(attempt["error"], "timeout");
    let took = attempt["duration_ms"].as_u64().unwrap();
    assert!((5_000..8_000).contains(&took), "{took}");
    scene.receiver.answers(Answering::status(200));
    scene.app.advance(seconds(59));
    scene.app.run_jobs().await;
    assert_eq!(scene.delivery().await["status"], "RETRYING");
    scene.app.advance(seconds(2));
    scene.app.run_jobs().await;
    assert_eq!(scene.delivery().await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_body_that_drips_is_left_at_the_deadline() {
    let scene = Scene::with(json!({"events": ["*"], "timeout_seconds": 5})).await;
    scene.receiver.answers(Answering::Drips);
    let begun = std::time::Instant::now();
    scene.delivers().await;
    assert!(begun.elapsed() < Duration::from_secs(9));
    // It said 200, and so it has the event.
    assert_eq!(scene.delivery().await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn who_is_gone_is_gone() {
    let scene = Scene::new().await;
    scene.receiver.answers_next([Answering::status(500)]);
    scene.delivers().await;
    scene.receiver.answers(Answering::status(410));
    scene.delivers().await;
    let staff = scene.app.staff(&scene.shop).await;
    let endpoint = staff.get(&scene.path("")).await.expect(200).json();
    assert_eq!(
        (&endpoint["enabled"], &endpoint["disabled_because"]),
        (&json!(false), &json!("GONE"))
    );
    let states: Vec<_> = scene
        .deliveries()
        .await
        .iter()
        .map(|delivery| delivery["status"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["DEAD", "CANCELLED"]);
    assert_eq!(scene.alerts().await, ["webhooks.endpoint_disabled"]);
    let before = scene.receiver.count();
    scene.app.advance(seconds(3_600));
    scene.delivers().await;
    assert_eq!(scene.receiver.count(), before);
}

#[tokio::test]
async fn a_receiver_that_wants_no_other_gets_no_other() {
    let scene = Scene::new().await;
    let abort = Answering::With(
        400,
        vec![("webhook-delivery", "abort-message")],
        String::new(),
    );
    scene.receiver.answers(abort);
    scene.delivers().await;
    assert_eq!(scene.delivery().await["status"], "DEAD");
    assert_eq!(scene.alerts().await, ["webhooks.dead_letter"]);
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_says_what_came_of_it() {
    let scene = Scene::new().await;
    let teapot = Answering::With(418, Vec::new(), "no coffee".to_owned());
    scene.receiver.answers_next([teapot]);
    let failed = scene
        .post(&scene.path("/test"), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(failed["delivered"], false);
    assert_eq!(
        (&failed["status"], &failed["body"]),
        (&json!(418), &json!("no coffee"))
    );
    let tried = scene
        .post(&scene.path("/test"), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(tried["delivered"], true);
    assert!(tried["latency_ms"].is_u64());
    let received = scene.receiver.last();
    assert_eq!(received.json()["type"], "webhook.test");
    let now = scene.app.clock.now();
    assert!(super::is_signed(&received, &scene.endpoint.secret, now));
    assert!(scene.deliveries().await.is_empty());
    soon(async {
        for _ in 0..18 {
            scene
                .post(&scene.path("/test"), json!({}))
                .await
                .expect(200);
        }
    })
    .await;
    scene
        .post(&scene.path("/test"), json!({}))
        .await
        .expect_problem(429, "rate_limited");
}
