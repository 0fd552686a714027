//! Promise 1: an accepted webhook takes effect exactly once. Held under `kill -9` of one of two replicas.
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinSet;

use super::house::House;
use crate::support::eventually;

const TEXTS: usize = 240;
const SENDERS: usize = 8;
const PEOPLE: usize = 60;
const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_text_is_lost_or_doubled_while_replicas_are_killed() {
    let (house, first) = House::build().await;
    let second = house.replica();
    let urls = Arc::new(Mutex::new([first.to_string(), second.to_string()]));
    let house = Arc::new(house);
    let (next, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (house, urls, next, accepted) =
            (house.clone(), urls.clone(), next.clone(), accepted.clone());
        senders.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= TEXTS {
                    return;
                }
                deliver(&house, &urls, number).await;
                accepted.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    let mut replicas = [Some(first), Some(second)];
    for kill in 0..KILLS {
        let enough = (kill + 1) * TEXTS / (KILLS + 2);
        eventually("texts are accepted", || {
            accepted.load(Ordering::SeqCst) >= enough
        })
        .await;
        let victim = kill % 2;
        replicas[victim].take().unwrap().kill();
        let reborn = house.replica();
        urls.lock().unwrap()[victim] = reborn.to_string();
        replicas[victim] = Some(reborn);
    }
    senders.join_all().await;
    assert_each_text_took_effect_once(&house).await;
    assert_every_order_was_carried_out(&house).await;
}

/// As a carrier with retries: the same text again, at either replica, until one accepts it. Every third one comes
/// twice although it was accepted.
async fn deliver(house: &House, urls: &Mutex<[String; 2]>, number: usize) {
    let sid = format!("SM{number:032}");
    let from = format!("+1514555{:04}", number % PEOPLE);
    let mut copies = if number.is_multiple_of(3) { 2 } else { 1 };
    for attempt in 0.. {
        assert!(attempt < 2_000, "text {number} is never accepted");
        let url = urls.lock().unwrap()[(number + attempt) % 2].clone();
        let answer = house
            .text(&url, &sid, &from, "Are you open tomorrow?")
            .await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                copies -= 1;
                if copies == 0 {
                    return;
                }
            }
            Ok(answer) => assert_eq!(answer.status(), 503),
            // Killed while it answered, or not up again yet.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn assert_each_text_took_effect_once(house: &House) {
    let count = TEXTS.to_string();
    for (what, query) in [
        (
            "turns",
            "select count(*)::text from interaction_messages where role = 'CALLER'",
        ),
        (
            "texts with one turn each",
            "select count(distinct provider_message_id)::text from interaction_messages where role = 'CALLER'",
        ),
        (
            "claims",
            "select count(*)::text from inbound_events where kind = 'text' and state = 'DONE'",
        ),
        (
            "charges",
            "select count(*)::text from usage_records where source like 'TWILIO:SM0%' and revision = 0",
        ),
        (
            "events",
            "select count(*)::text from events where type = 'message.received'",
        ),
        ("sums", "select sum(messages_in)::text from usage_rollups"),
    ] {
        assert_eq!(house.value(query).await, count, "{what}");
    }
    let conversations = "select count(*)::text from interactions where status = 'OPEN'";
    assert_eq!(house.value(conversations).await, PEOPLE.to_string());
    let drift = "select count(*)::text from credit_accounts a where balance <>
                    (select coalesce(sum(amount), 0) from ledger_entries e where e.subscriber_id = a.subscriber_id)";
    assert_eq!(
        house.value(drift).await,
        "0",
        "balance is the sum of its ledger"
    );
}

/// Jobs of a killed process come due when its lease ends.
async fn assert_every_order_was_carried_out(house: &House) {
    for _ in 0..1200 {
        let waiting = house
            .value(
                "select count(*)::text from jobs where lane = 'interactive' and state = 'QUEUED'",
            )
            .await;
        if waiting == "0" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (what, query) in [
        (
            "orders that wait",
            "select count(*)::text from jobs where lane = 'interactive' and state = 'QUEUED'",
        ),
        (
            "dead jobs",
            "select count(*)::text from jobs where state = 'DEAD'",
        ),
        (
            "texts without an answer",
            "select count(*)::text from interaction_messages where needs_answer",
        ),
        (
            "texts under way",
            "select count(*)::text from outgoing_messages where status in ('QUEUED', 'SENDING')",
        ),
        (
            "texts sent twice",
            "select count(*)::text from (select message_id from outgoing_messages group by 1 having count(*) > 1) x",
        ),
    ] {
        assert_eq!(house.value(query).await, "0", "{what}");
    }
}
