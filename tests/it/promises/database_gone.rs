//! The database goes away under load and comes back: refused is refused, accepted is kept, callers are answered.
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use rocket_reception::embedded::StopMode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::house::House;
use crate::support::eventually;

const SENDERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_gone_texts_are_refused_and_callers_answered_and_then_all_is_well() {
    let (house, replica) = House::build().await;
    let (house, url) = (Arc::new(house), replica.to_string());
    let counts = Arc::new(Counts::default());
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (house, url, counts) = (house.clone(), url.clone(), counts.clone());
        senders.spawn(async move { keep_texting(&house, &url, sender, &counts).await });
    }
    eventually("texts are accepted", || {
        counts.accepted.load(Ordering::SeqCst) > 20
    })
    .await;
    house
        .cluster
        .stop_server(StopMode::Immediate)
        .await
        .unwrap();
    eventually("texts are refused", || {
        counts.refused.load(Ordering::SeqCst) >= SENDERS
    })
    .await;
    assert_eq!(
        call_in(&house, &url).await,
        json!({"call_inbound": {}}),
        "a caller hears the default words"
    );
    let ready = reqwest::get(format!("{url}/ready")).await.unwrap();
    assert_eq!(ready.status(), 503);
    let alive = reqwest::get(format!("{url}/health")).await.unwrap();
    assert_eq!(alive.status(), 200);
    house.cluster.start_server().await.unwrap();
    let before = counts.accepted.load(Ordering::SeqCst);
    eventually("texts are accepted again", || {
        counts.accepted.load(Ordering::SeqCst) > before + 20
    })
    .await;
    counts.is_enough.store(true, Ordering::SeqCst);
    senders.join_all().await;
    let called = call_in(&house, &url).await;
    assert!(
        called["call_inbound"]["dynamic_variables"]["business_name"].is_string(),
        "{called}"
    );
    let kept = house
        .value("select count(*)::text from interaction_messages where role = 'CALLER'")
        .await;
    assert_eq!(kept, counts.accepted.load(Ordering::SeqCst).to_string());
}

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    refused: AtomicUsize,
    is_enough: AtomicBool,
}

/// Sends one text after the other, each until it is accepted.
async fn keep_texting(house: &House, url: &str, sender: usize, counts: &Counts) {
    for number in 0.. {
        let sid = format!("SM{sender:04}{number:028}");
        loop {
            let from = format!("+1514555{sender:04}");
            let answer = house.text(url, &sid, &from, "Hello").await.unwrap();
            if answer.status().is_success() {
                counts.accepted.fetch_add(1, Ordering::SeqCst);
                break;
            }
            assert_eq!(answer.status(), 503);
            assert!(answer.headers().contains_key("retry-after"));
            counts.refused.fetch_add(1, Ordering::SeqCst);
        }
        if counts.is_enough.load(Ordering::SeqCst) {
            return;
        }
    }
}

async fn call_in(house: &House, url: &str) -> Value {
    let question = json!({
        "event": "call_inbound",
        "call_inbound": {"from_number": "+15145550123", "to_number": house.number},
    });
    let answer = house
        .retell(url, "/webhooks/retell-inbound", &question)
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}
