//! Promise 5: an event reaches its endpoint at least once. Held under `kill -9` of the only replica in the middle of
//! two thousand deliveries.
use std::collections::{BTreeMap, BTreeSet};

use rocket_reception::{
    events::{self, Event, TestFacts},
    kernel::{
        clock::Clock,
        db::{Db, TenantTx},
        ids::SubscriberId,
        secrets::{Keyring, Place},
    },
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

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
    let subscribers = make_endpoints(&house, receiver.port).await;
    happen(&house, &subscribers).await;
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
    let waiting = "select count(*)::text from jobs where lane = 'delivery' and state = 'QUEUED'";
    let begun = std::time::Instant::now();
    while house.value(waiting).await != "0" {
        assert!(begun.elapsed().as_secs() < 150, "deliveries still wait");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
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

/// An endpoint for each of the demo's subscribers.
async fn make_endpoints(house: &House, port: u16) -> Vec<SubscriberId> {
    let keyring = Keyring::parse(house.made("encryption-key").trim()).unwrap();
    let options = house.cluster.superuser_options("reception");
    let mut conn = PgConnection::connect_with(&options).await.unwrap();
    let subscribers: Vec<SubscriberId> = sqlx::query_scalar("select id from subscribers")
        .fetch_all(&mut conn)
        .await
        .unwrap();
    for subscriber in &subscribers {
        let id = Uuid::now_v7();
        let place = Place {
            table: "webhook_secrets",
            column: "secret_sealed",
            subscriber: Some(*subscriber),
            row: id,
        };
        let sealed = keyring.seal(&place, &"a-secret-of-the-test".to_owned().into());
        // The endpoint has the id of its secret: two tables, two ids that are alike.
        sqlx::query(
            "with e as (
                insert into webhook_endpoints (subscriber_id, id, url, events, created_at, updated_at)
                values ($1, $2, 'http://127.0.0.1:' || $3 || '/hook', '{*}', now(), now())),
             s as (
                insert into webhook_secrets (subscriber_id, id, endpoint_id, secret_sealed, created_at)
                values ($1, $2, $2, $4, now()))
             insert into webhook_endpoint_states (subscriber_id, id) values ($1, $2)",
        )
        .bind(subscriber)
        .bind(id)
        .bind(port.to_string())
        .bind(sealed)
        .execute(&mut conn)
        .await
        .unwrap();
    }
    subscribers
}

async fn happen(house: &House, subscribers: &[SubscriberId]) {
    let options = house.cluster.options("reception");
    let db = Db::connect(options, 2, Clock::System).await.unwrap();
    let mut left = DELIVERIES;
    for subscriber in subscribers.iter().cycle() {
        if left == 0 {
            return;
        }
        let count = left.min(20);
        let mut tx = TenantTx::begin(&db, *subscriber).await.unwrap();
        for _ in 0..count {
            let message = "this is one of two thousand".to_owned();
            events::emit(
                &mut tx,
                &Event::WebhookTest(TestFacts { message }),
                Clock::System.now(),
            );
        }
        tx.commit().await.unwrap();
        left -= count;
    }
}
