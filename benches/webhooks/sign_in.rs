//! Signing in: as fast as Argon2 allows and no faster, and not at the cost of everybody else.
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rocket_reception::identity::password;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    driver::{Load, closed_loop, exchange_once, open_loop},
    reads::{Options, Read, get},
    report::say,
    requests::Requests,
    server::Server,
    world::World,
};

/// Who signs in at once.
const PEOPLE: usize = 8;
const PASSWORD: &str = "correct horse battery staple";
/// The heaviest one.
const SUBSCRIBER: &str = "00000000-0000-4000-8000-000010000000";
/// What others ask for meanwhile, a second.
const OTHERS: f64 = 200.0;
const OTHERS_CONNECTIONS: usize = 32;

const WANTED_SHARE: f64 = 0.8;
const MOST_P99_MS: f64 = 40.0;

/// Owners of the heaviest subscriber.
pub struct People {
    users: Vec<Uuid>,
}

/// What was measured.
pub struct Figures {
    /// Per second.
    sign_ins: f64,
    argon2: f64,
    others: Load,
}

impl People {
    pub async fn make(world: &mut World) -> Result<Self> {
        let hash = password::hash(SecretString::from(PASSWORD)).await;
        let users: Vec<Uuid> = (0..PEOPLE).map(|_| Uuid::now_v7()).collect();
        for (number, user) in users.iter().enumerate() {
            // Ids and a hash of our own: nothing that could be more than text.
            world
                .execute(format!(
                    "insert into users (id, email, created_at, updated_at)
                     values ('{user}', '{}', now(), now());
                     insert into credentials (user_id, password_hash, changed_at) values ('{user}', '{hash}', now());
                     insert into memberships (id, subscriber_id, user_id, role, created_at)
                     values (gen_random_uuid(), '{SUBSCRIBER}', '{user}', 'OWNER', now())",
                    email(number)
                ))
                .await?;
        }
        Ok(Self { users })
    }

    /// A new access token of the first of them.
    pub async fn sign_in(&self, port: u16) -> Result<String> {
        let (status, body) = exchange_once(port, sign_in(0)).await?;
        ensure!(status == 200, "sign-in was answered {status}");
        let session: Value = serde_json::from_slice(&body)?;
        let token = session["access_token"].as_str();
        Ok(token.context("an access token")?.to_owned())
    }

    /// By what statements on behalf of them are known.
    pub fn marks(&self) -> Vec<String> {
        let users = self.users.iter().map(Uuid::to_string);
        users.chain([SUBSCRIBER.to_owned()]).collect()
    }
}

pub async fn measure(options: &Options, server: &Server, people: &People) -> Result<Figures> {
    // While nobody asks the server anything.
    let argon2 = argon2_alone(options.length).await?;
    let all = || Requests::fixed((0..PEOPLE).map(sign_in).collect());
    let alone = closed_loop(server.port, &all(), PEOPLE, options.length).await?;
    let token = people.sign_in(server.port).await?;
    let others = Requests::fixed(vec![get(Read::Metrics.path(), &token)]);
    let waiting = all();
    let (signing_in, others) = tokio::join!(
        closed_loop(server.port, &waiting, PEOPLE, options.length),
        open_loop(
            server.port,
            &others,
            OTHERS_CONNECTIONS,
            OTHERS,
            options.length
        ),
    );
    signing_in?;
    Ok(Figures {
        sign_ins: alone.per_second(),
        argon2,
        others: others?,
    })
}

/// The same check of the same hash by as many at once, and nothing else.
async fn argon2_alone(length: Duration) -> Result<f64> {
    let hash = password::hash(SecretString::from(PASSWORD)).await;
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..PEOPLE {
        let hash = hash.clone();
        tasks.spawn(async move {
            let mut count = 0_u32;
            while begun.elapsed() < length {
                let checked =
                    password::check(SecretString::from(PASSWORD), Some(hash.clone())).await;
                count += u32::from(checked.is_right);
            }
            count
        });
    }
    let counts = tasks.join_all().await;
    let sum: u32 = counts.into_iter().sum();
    ensure!(sum > 0, "the password was not right");
    Ok(f64::from(sum) / begun.elapsed().as_secs_f64())
}

fn email(number: usize) -> String {
    format!("owner-{number}@bench.example")
}

fn sign_in(number: usize) -> Vec<u8> {
    let body = json!({"email": email(number), "password": PASSWORD}).to_string();
    format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: bench.example\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Figures {
    pub fn print(&self) {
        let Self {
            sign_ins, argon2, ..
        } = self;
        let share = sign_ins / argon2;
        say(
            share >= WANTED_SHARE,
            &format!(
                "sign-in: {sign_ins:.1} a second, {share:.2} of Argon2 alone ({argon2:.1}), wanted {WANTED_SHARE}"
            ),
        );
        let p99 = self.others.quantile_ms(0.99);
        say(
            p99 < MOST_P99_MS,
            &format!(
                "sign-in: while {PEOPLE} wait, others at {OTHERS} requests a second have a p99 of {p99:.1} ms, wanted \
                 under {MOST_P99_MS}"
            ),
        );
    }
}
