//! Promise 5: an event reaches its endpoint at least once. Held under `kill -9` of the only replica in the middle of
//! two thousand deliveries.
use std::collections::{BTreeMap, BTreeSet};

use super::house::House;
use crate::{fakes::Receiver, support::eventually};

const DELIVERIES: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_delivery_is_lost_when_the_process_is_killed_and_what_comes_twice_has_one_id() {
    let receiver = Receiver::start().await;
    let settings = [
        ("ALLOWED_PRIVATE_CIDRS", "127.0.0.0/8"),
        ("LIMIT_DELIVERIES_PER_SECOND", "100000"),
    ];
    let (house, first) = House::build_with(&settings).await;
    first.kill();
    house.endpoints_for_everybody(receiver.port).await;
    house.happen(DELIVERIES).await;
    let mut replica = house.replica();
    for share in [4, 2] {
        eventually("deliveries arrive", || {
            receiver.count() >= DELIVERIES / share
        })
        .await;
        replica.kill();
        replica = house.replica();
    }
    // What the killed process had under way comes due when its leases end.
    house
        .until("select (count(*) = 0)::text from jobs where lane = 'delivery' and state = 'QUEUED'")
        .await;
    let states = "select string_agg(distinct status, ' ') from webhook_deliveries";
    assert_eq!(house.value(states).await, "SUCCEEDED");
    let mut bodies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for received in receiver.received() {
        let id = received.header("webhook-id").to_owned();
        assert_eq!(received.json()["id"], id);
        bodies.entry(id).or_default().insert(received.body);
    }
    assert_eq!(
        bodies.len(),
        DELIVERIES,
        "each event has arrived, under one id"
    );
    assert!(
        bodies.values().all(|bodies| bodies.len() == 1),
        "what comes twice is the same"
    );
    let attempts = "select count(*)::text from webhook_attempts";
    let attempts: usize = house.value(attempts).await.parse().unwrap();
    assert!(attempts >= DELIVERIES && receiver.count() >= attempts);
    drop(replica);
}
