//! Webhooks out: how fast a backlog goes, and how long one event takes to its receiver, from the replica that saw it
//! and from another one. PostgreSQL, the server, the driver and the receiver share the cores.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rocket_reception::{
    events::{self, Event, LeadFacts},
    kernel::{
        clock::Clock,
        db::{Db, TenantTx},
        ids::SubscriberId,
        secrets::{Keyring, Place},
    },
};
use sqlx::postgres::PgConnectOptions;
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use crate::{
    driver::send_one,
    requests::{Kind, Requests},
    server::{ENCRYPTION_KEY, Server},
    sink::Sink,
    world::World,
};

const BACKLOG: usize = 20_000;
const ENDPOINTS: usize = 500;
/// Events of one transaction: as when a day's business piles up, those of many subscribers lie between each other.
const AT_ONCE: usize = 5;
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SENT_ONE_BY_ONE: usize = 100;
const PATIENCE: Duration = Duration::from_secs(180);

/// What was measured.
pub struct Figures {
    pub per_second: f64,
    pub idle_ms: Vec<f64>,
    pub elsewhere_ms: Vec<f64>,
    pub memory_mb: f64,
}

pub async fn measure(world: &mut World) -> Result<Figures> {
    let sink = Sink::start()?;
    let subscribers = make_endpoints(world, sink.port).await?;
    let options: PgConnectOptions = world.url().parse()?;
    // Ours is a process of its own: what it commits, the server has to find.
    let db = Db::connect(options, 8, Clock::System).await?;
    let chosen: Vec<SubscriberId> = subscribers
        .iter()
        .step_by(19)
        .take(ENDPOINTS)
        .copied()
        .collect();
    ensure!(
        chosen.len() == ENDPOINTS,
        "there are not so many subscribers"
    );
    pile_up(&db, &chosen).await?;
    world.checkpoint().await?;
    let server = Server::start(None, world).await?;
    let per_second = drain(world, &sink).await?;
    let memory_mb = server.memory_mb()?;
    world.checkpoint().await?;
    let idle_ms = one_by_one(&server, &sink).await?;
    let elsewhere_ms = from_elsewhere(&db, &chosen, &sink).await?;
    server.stop().await?;
    Ok(Figures {
        per_second,
        idle_ms,
        elsewhere_ms,
        memory_mb,
    })
}

/// An endpoint for every subscriber.
async fn make_endpoints(world: &mut World, port: u16) -> Result<Vec<SubscriberId>> {
    let keyring = Keyring::parse(ENCRYPTION_KEY).context("the key of the benchmark")?;
    let subscribers: Vec<SubscriberId> =
        sqlx::query_scalar("select id from subscribers order by id")
            .fetch_all(&mut world.conn)
            .await?;
    let (mut owners, mut ids, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    for subscriber in &subscribers {
        let id = Uuid::now_v7();
        let place = Place {
            table: "webhook_secrets",
            column: "secret_sealed",
            subscriber: Some(*subscriber),
            row: id,
        };
        owners.push(subscriber.0);
        ids.push(id);
        sealed.push(keyring.seal(&place, &SECRET.to_owned().into()));
    }
    // The endpoint has the id of its secret: two tables, two ids that are alike.
    sqlx::query(
        "with made as (select * from unnest($1::uuid[], $2::uuid[], $3::text[]) as m (subscriber_id, id, secret)),
              endpoints as (
                insert into webhook_endpoints (subscriber_id, id, url, events, created_at, updated_at)
                select subscriber_id, id, 'http://127.0.0.1:' || $4 || '/hook', '{message.received,lead.created}',
                       now(), now() from made),
              secrets as (
                insert into webhook_secrets (subscriber_id, id, endpoint_id, secret_sealed, created_at)
                select subscriber_id, id, id, secret, now() from made)
         insert into webhook_endpoint_states (subscriber_id, id) select subscriber_id, id from made",
    )
    .bind(&owners)
    .bind(&ids)
    .bind(&sealed)
    .bind(port.to_string())
    .execute(&mut world.conn)
    .await
    .context("make the endpoints")?;
    Ok(subscribers)
}

async fn pile_up(db: &Db, subscribers: &[SubscriberId]) -> Result<()> {
    let rounds = BACKLOG / subscribers.len() / AT_ONCE;
    for _ in 0..rounds {
        for some in subscribers.chunks(8) {
            let mut transactions = JoinSet::new();
            for subscriber in some.iter().copied() {
                let db = db.clone();
                transactions.spawn(async move { happen(&db, subscriber, AT_ONCE).await });
            }
            while let Some(done) = transactions.join_next().await {
                done??;
            }
        }
    }
    Ok(())
}

async fn happen(db: &Db, subscriber: SubscriberId, count: usize) -> sqlx::Result<()> {
    let mut tx = TenantTx::begin(db, subscriber).await?;
    for _ in 0..count {
        let lead = Event::LeadCreated(LeadFacts {
            lead_id: Uuid::now_v7(),
            interaction_id: Some(Uuid::now_v7()),
            contact_id: Some(Uuid::now_v7()),
            category: "REPAIR".to_owned(),
            urgency: "NORMAL".to_owned(),
            summary: "Le chauffe-eau fuit depuis ce matin, merci de rappeler.".to_owned(),
        });
        events::emit(&mut tx, &lead, Clock::System.now());
    }
    tx.commit().await
}

/// From the first request to the last outcome that is written.
async fn drain(world: &mut World, sink: &Sink) -> Result<f64> {
    let begun = Instant::now();
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from jobs where lane = 'delivery' and state = 'QUEUED'",
        )
        .fetch_one(&mut world.conn)
        .await?;
        if waiting == 0 {
            break;
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "{waiting} deliveries still wait"
        );
        sleep(Duration::from_millis(100)).await;
    }
    let took = sink.first().context("something was delivered")?.elapsed();
    let states: Vec<(String, i64)> =
        sqlx::query_as("select status, count(*) from webhook_deliveries group by 1")
            .fetch_all(&mut world.conn)
            .await?;
    let states: BTreeMap<String, i64> = states.into_iter().collect();
    ensure!(
        states.get("SUCCEEDED").copied() == Some(BACKLOG as i64) && states.len() == 1,
        "the deliveries are {states:?}"
    );
    ensure!(sink.count() >= BACKLOG, "the sink got {}", sink.count());
    Ok(BACKLOG as f64 / took.as_secs_f64())
}

/// A text comes in, and its event goes out: from the request to the receiver.
async fn one_by_one(server: &Server, sink: &Sink) -> Result<Vec<f64>> {
    let requests = Requests::of(Kind::Sms);
    requests.borrow_mut().sign(SENT_ONE_BY_ONE);
    let mut latencies = Vec::new();
    for number in 0..SENT_ONE_BY_ONE {
        let before = sink.count();
        let begun = Instant::now();
        send_one(server.port, &requests).await?;
        let arrived = arrival(sink, before).await?;
        latencies.push(arrived.duration_since(begun).as_secs_f64() * 1000.0);
        pause(number).await;
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

/// Something happens in another process, and the server has to find it: from the commit to the receiver.
async fn from_elsewhere(db: &Db, subscribers: &[SubscriberId], sink: &Sink) -> Result<Vec<f64>> {
    let mut latencies = Vec::new();
    for number in 0..SENT_ONE_BY_ONE {
        let before = sink.count();
        happen(db, subscribers[number % subscribers.len()], 1).await?;
        let begun = Instant::now();
        let arrived = arrival(sink, before).await?;
        latencies.push(arrived.duration_since(begun).as_secs_f64() * 1000.0);
        pause(number).await;
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

/// So long that every look of the server is met at another moment.
async fn pause(number: usize) {
    sleep(Duration::from_millis(100 + (number as u64 * 37) % 150)).await;
}

async fn arrival(sink: &Sink, before: usize) -> Result<Instant> {
    let begun = Instant::now();
    loop {
        if let Some(arrived) = sink.after(before).first() {
            return Ok(*arrived);
        }
        ensure!(begun.elapsed() < Duration::from_secs(10), "nothing arrives");
        sleep(Duration::from_millis(1)).await;
    }
}

impl Figures {
    pub fn print(&self, say: impl Fn(bool, &str)) {
        let at = |latencies: &[f64], share: f64| {
            let last = latencies.len().saturating_sub(1);
            latencies[(last as f64 * share).round() as usize]
        };
        let rate = self.per_second;
        say(
            rate >= 1_000.0,
            &format!(
                "deliveries: {rate:.0} a second from a backlog of {BACKLOG} over {ENDPOINTS} endpoints, wanted 1000"
            ),
        );
        let (p50, p99) = (at(&self.idle_ms, 0.5), at(&self.idle_ms, 0.99));
        say(
            p50 < 50.0,
            &format!(
                "deliveries: p50 {p50:.1} ms from the text to the receiver when idle (p99 {p99:.1}), wanted under 50"
            ),
        );
        let (p50, p99) = (at(&self.elsewhere_ms, 0.5), at(&self.elsewhere_ms, 0.99));
        say(
            p99 < 600.0,
            &format!(
                "deliveries: p99 {p99:.1} ms when another replica has to find it (p50 {p50:.1}), wanted under 600"
            ),
        );
        println!(
            "      deliveries: server memory {:.0} MB at most",
            self.memory_mb
        );
    }
}
