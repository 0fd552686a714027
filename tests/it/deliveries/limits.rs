//! A slow or busy endpoint delays itself and nobody else.
use std::time::Duration;

use rocket_reception::{jobs::Runner, worker};
use serde_json::json;
use sqlx::Row;

use super::{LOOPBACK, Scene, endpoint, happens};
use crate::{
    fakes::{Answering, Hold, Receiver},
    support::{eventually, seconds},
};

#[tokio::test]
async fn a_second_of_its_rate_goes_at_once_and_the_rest_second_by_second() {
    let scene = Scene::with(json!({"events": ["*"], "max_per_second": 3})).await;
    for _ in 0..8 {
        scene.happens().await;
    }
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 3);
    let waiting = scene.deliveries().await;
    let pending = waiting
        .iter()
        .filter(|delivery| delivery["status"] == "PENDING")
        .count();
    assert_eq!(pending, 5);
    assert!(waiting.iter().all(|delivery| delivery["attempts"] != 2));
    scene.app.advance(seconds(1));
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 6);
    scene.app.advance(seconds(1));
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 8);
}

#[tokio::test]
async fn an_owner_may_lower_the_rate_and_not_raise_it() {
    let settings = [LOOPBACK, ("LIMIT_DELIVERIES_PER_SECOND", "2")];
    let scene = Scene::set(&settings, json!({"events": ["*"], "max_per_second": 100})).await;
    for _ in 0..4 {
        scene.happens().await;
    }
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 2);
}

/// Two replicas with their workers: five go to one endpoint at once, whoever sends them.
#[tokio::test]
async fn five_are_under_way_to_one_endpoint_from_all_replicas_together() {
    let scene = Scene::new().await;
    scene.receiver.answers(Answering::Held(Hold::default()));
    let other = scene.app.replica().await;
    for _ in 0..9 {
        scene.happens().await;
    }
    for state in [&scene.app.state, &other] {
        Runner::new(state.clone(), std::sync::Arc::new(worker::registry())).start();
    }
    eventually("five are under way", || scene.receiver.count() == 5).await;
    // Every job has been looked at: those five, and four that were given a later place.
    let mut conn = scene.app.database.superuser().await;
    loop {
        let row =
            sqlx::query("select count(*) as n from webhook_deliveries where slot_at is not null")
                .fetch_one(&mut conn)
                .await
                .unwrap();
        if row.get::<i64, _>("n") == 4 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.receiver.count(), 5);
    for state in [&scene.app.state, &other] {
        state.tasks.stop();
    }
}

/// Twenty endpoints that hang, with a backlog each, and one that does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_hanging_endpoints_do_not_delay_another_subscriber() {
    let scene = Scene::new().await;
    let hanging = Receiver::start().await;
    hanging.answers(Answering::Held(Hold::default()));
    for number in 0..20 {
        let shop = scene.app.subscriber(&format!("hanging-{number}")).await;
        endpoint(&scene.app, &shop, &hanging, json!({"events": ["*"]})).await;
        for _ in 0..12 {
            happens(&scene.app, &shop).await;
        }
    }
    Runner::new(
        scene.app.state.clone(),
        std::sync::Arc::new(worker::registry()),
    )
    .start();
    eventually("all of them hang", || hanging.count() >= 100).await;
    assert_eq!(hanging.count(), 100, "five of each");
    let begun = std::time::Instant::now();
    scene.happens().await;
    eventually("the other one is served", || scene.receiver.count() == 1).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    scene.app.state.tasks.stop();
}
