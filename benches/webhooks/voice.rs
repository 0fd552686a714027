//! The receptionist at work: one turn of a call on Twilio, free times, and many callers who want the same time.
//!
//! A turn is a whole one: Twilio's request, the dialogue of the built-in brain with its state in PostgreSQL, what the
//! tools do, the TwiML. The calls begin before the clock does; then every call takes its next turn, a hundred a second.
use std::{
    fs,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};
use rocket_reception::{
    kernel::{clock::Clock, ids::ResourceId},
    providers::twilio::{self, Form},
    scheduling::slots::{Busy, Lane, Plan, free_slots},
    tenancy::opening_hours::OpeningHours,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::{
    driver::{Load, exchange_once},
    requests::{PUBLIC_URL, TWILIO_TOKEN},
    server::Server,
    sign_in::People,
    world::World,
};

/// Calls, each to a business of its own.
const CALLS: u32 = 500;
const FIRST_SUBSCRIBER: u64 = 10_001_000;
const TURNS_PER_SECOND: f64 = 100.0;
/// What the caller says, turn by turn; the businesses speak French.
const SAYS: [&str; 5] = [
    "bonjour je voudrais prendre un rendez-vous pour un drain",
    "mardi avant-midi",
    "le premier",
    "Marie Tremblay",
    "oui c'est bon",
];
/// More than a durable commit.
const MOST_ABOVE_COMMIT_MS: f64 = 4.0;
const MOST_P99_MS: f64 = 25.0;

const APPOINTMENTS: i64 = 500;
const MOST_AVAILABILITY_MS: f64 = 3.0;

/// Who races for one time.
const RACERS: usize = 200;
const MOST_RACE: Duration = Duration::from_secs(2);

/// What was measured.
pub struct Figures {
    commit_p50_ms: f64,
    turns: Load,
    booked: i64,
    availability_ms: f64,
    slots: usize,
    race: Race,
}

struct Race {
    booked: usize,
    offered_others: usize,
    took: Duration,
}

pub async fn measure(server: &Server, world: &mut World) -> Result<Figures> {
    let commit_p50_ms = durable_commit(world).await?;
    world
        .execute(format!(
            "update subscriber_channels set ai_provider = 'BUILTIN', provider_agent_id = null
              where channel = 'VOICE' and provider_number_e164 >= '+1204{FIRST_SUBSCRIBER}'"
        ))
        .await?;
    let turns = turns(server).await?;
    let statement = "select count(*) from appointments";
    let booked = sqlx::query_scalar(statement)
        .fetch_one(&mut world.conn)
        .await?;
    let (availability_ms, slots) = availability()?;
    let race = race(server, world).await?;
    Ok(Figures {
        commit_p50_ms,
        turns,
        booked,
        availability_ms,
        slots,
        race,
    })
}

/// The median of one row written and waited for, alone.
async fn durable_commit(world: &mut World) -> Result<f64> {
    world
        .execute("create table bench_commits (n int)".to_owned())
        .await?;
    let mut took = Vec::new();
    for number in 0..300 {
        let begun = Instant::now();
        world
            .execute(format!("insert into bench_commits values ({number})"))
            .await?;
        took.push(begun.elapsed());
    }
    took.sort();
    Ok(took[took.len() / 2].as_secs_f64() * 1000.0)
}

/// A call that goes on.
#[derive(Clone)]
struct Call {
    sid: String,
    from: String,
    to: String,
    /// Where Twilio takes the next turn.
    action: String,
}

async fn turns(server: &Server) -> Result<Load> {
    let port = server.port;
    let mut calls = Vec::new();
    for number in 0..CALLS {
        let call = Call {
            sid: format!("CA{number:032x}"),
            from: format!("+1514{:07}", 5_000_000 + number),
            to: format!("+1204{}", FIRST_SUBSCRIBER + u64::from(number)),
            action: "/voice/webhook/voice".to_owned(),
        };
        let next = take_turn(port, &call, None).await?;
        calls.push(next.context("a call was not taken")?);
    }
    let mut latencies = Vec::new();
    let mut took = Duration::ZERO;
    for words in SAYS {
        let begun = Instant::now();
        let local = LocalSet::new();
        let mut tasks = JoinSet::new();
        for (number, call) in calls.drain(..).enumerate() {
            let due = Duration::from_secs_f64(number as f64 / TURNS_PER_SECOND);
            tasks.spawn_local_on(
                async move {
                    tokio::time::sleep_until((begun + due).into()).await;
                    let next = take_turn(port, &call, Some(words)).await;
                    (next, begun.elapsed() - due)
                },
                &local,
            );
        }
        let done = local.run_until(tasks.join_all()).await;
        took += begun.elapsed();
        for (next, latency) in done {
            latencies.push(latency);
            calls.extend(next?);
        }
    }
    Ok(Load::of(latencies, took))
}

/// Posts one turn as Twilio does. The call as it goes on; None when it was hung up.
async fn take_turn(port: u16, call: &Call, words: Option<&str>) -> Result<Option<Call>> {
    let status = if words.is_some() {
        "in-progress"
    } else {
        "ringing"
    };
    let mut fields = vec![
        ("CallSid", call.sid.as_str()),
        ("AccountSid", "AC00000000000000000000000000000000"),
        ("From", &call.from),
        ("To", &call.to),
        ("CallStatus", status),
        ("Direction", "inbound"),
        ("ApiVersion", "2010-04-01"),
    ];
    fields.extend(words.map(|words| ("SpeechResult", words)));
    fields.extend(words.map(|_| ("Confidence", "0.92")));
    let form: Form = fields.iter().copied().collect();
    let url = format!("{PUBLIC_URL}{}", call.action);
    let signature = twilio::signature::sign(&SecretString::from(TWILIO_TOKEN), &url, &form);
    let body = encode(&fields);
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: bench.example\r\nx-twilio-signature: {signature}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        call.action,
        body.len()
    );
    let (status, answer) = exchange_once(port, request.into_bytes()).await?;
    let answer = String::from_utf8(answer)?;
    ensure!(status == 200, "a turn was answered {status}: {answer}");
    let action = answer
        .split_once("<Gather")
        .and_then(|(_, rest)| rest.split_once("action=\""));
    Ok(action
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(action, _)| Call {
            action: path_of(&action.replace("&amp;", "&")),
            ..call.clone()
        }))
}

/// Twilio calls what the document says; the path of it is what we post to.
fn path_of(action: &str) -> String {
    action.strip_prefix(PUBLIC_URL).unwrap_or(action).to_owned()
}

fn encode(fields: &[(&str, &str)]) -> String {
    let mut encoded = String::new();
    for (name, value) in fields {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        encoded.push_str(name);
        encoded.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    encoded
}

/// Thirty days of free times beside 500 appointments: the processor's time for one look.
fn availability() -> Result<(f64, usize)> {
    let now: DateTime<Utc> = "2026-11-21T18:00:00Z".parse()?;
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).context("a time of day");
    let week = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
    ];
    let mut hours = Vec::new();
    for weekday in week {
        hours.push(OpeningHours {
            weekday,
            opens: time(8)?,
            closes: time(20)?,
        });
    }
    let plan = Plan {
        zone: chrono_tz::America::Toronto,
        hours,
        closures: Vec::new(),
        lead: TimeDelta::hours(1),
        horizon_days: 30,
        duration: TimeDelta::minutes(30),
        buffer: TimeDelta::minutes(10),
        elsewhere: None,
    };
    let busy = (0..APPOINTMENTS).map(|number| {
        let from = now + TimeDelta::minutes(number * 30 * 24 * 60 / APPOINTMENTS);
        Busy {
            from,
            until: from + TimeDelta::minutes(40),
        }
    });
    let lanes = [Lane {
        resource: ResourceId::new(),
        busy: busy.collect(),
    }];
    let until = now + TimeDelta::days(30);
    let begun = cpu_time()?;
    let mut slots = 0;
    for _ in 0..1000 {
        slots = free_slots(&plan, &lanes, now, until, now, usize::MAX).len();
    }
    // Seconds for a thousand are milliseconds for one.
    Ok(((cpu_time()? - begun).as_secs_f64(), slots))
}

/// What this process has had of the processor.
fn cpu_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/schedstat")
        .context("read the processor's time: this needs Linux")?;
    let nanoseconds = stat.split_whitespace().next().context("a number")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

async fn race(server: &Server, world: &mut World) -> Result<Race> {
    let people = People::make(world).await?;
    let token = Rc::new(people.sign_in(server.port).await?);
    let port = server.port;
    let day = Clock::System.now().date_naive();
    let get = format!(
        "GET /api/availability?from={}&to={} HTTP/1.1\r\nhost: bench.example\r\nauthorization: Bearer {token}\r\n\r\n",
        day + TimeDelta::days(1),
        day + TimeDelta::days(8)
    );
    let (status, body) = exchange_once(port, get.into_bytes()).await?;
    ensure!(status == 200, "availability was answered {status}");
    let free: Value = serde_json::from_slice(&body)?;
    let start = free["slots"][0]["starts_at"]
        .as_str()
        .context("a free time")?
        .to_owned();
    let local = LocalSet::new();
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for number in 0..RACERS {
        let body = json!({
            "starts_at": start, "customer_name": format!("Racer {number}"),
            "customer_phone": format!("+1438555{number:04}"),
        })
        .to_string();
        let post = format!(
            "POST /api/appointments HTTP/1.1\r\nhost: bench.example\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        tasks.spawn_local_on(exchange_once(port, post.into_bytes()), &local);
    }
    let answers = local.run_until(tasks.join_all()).await;
    let mut race = Race {
        booked: 0,
        offered_others: 0,
        took: begun.elapsed(),
    };
    for answer in answers {
        let (status, body) = answer?;
        let body: Value = serde_json::from_slice(&body)?;
        match status {
            201 => race.booked += 1,
            409 if body["alternatives"]
                .as_array()
                .is_some_and(|others| !others.is_empty()) =>
            {
                race.offered_others += 1;
            }
            _ => anyhow::bail!("a racer was answered {status}: {body}"),
        }
    }
    Ok(race)
}

impl Figures {
    pub fn print(&self, say: fn(bool, &str)) {
        let (p50, p99) = (self.turns.quantile_ms(0.5), self.turns.quantile_ms(0.99));
        println!(
            "\nvoice: {} turns at {TURNS_PER_SECOND} a second, {} of {CALLS} calls booked",
            CALLS as usize * SAYS.len(),
            self.booked
        );
        say(
            p50 - self.commit_p50_ms <= MOST_ABOVE_COMMIT_MS,
            &format!(
                "a turn: p50 {p50:.1} ms, {:.1} ms above one durable commit ({:.1} ms)",
                p50 - self.commit_p50_ms,
                self.commit_p50_ms
            ),
        );
        say(p99 < MOST_P99_MS, &format!("a turn: p99 {p99:.1} ms"));
        say(
            self.availability_ms < MOST_AVAILABILITY_MS,
            &format!(
                "availability: {:.3} ms of CPU for {} slots beside {APPOINTMENTS} appointments",
                self.availability_ms, self.slots
            ),
        );
        let race = &self.race;
        say(
            race.booked == 1 && race.offered_others == RACERS - 1 && race.took < MOST_RACE,
            &format!(
                "a race of {RACERS}: {} booked, {} offered others, {:.2} s",
                race.booked,
                race.offered_others,
                race.took.as_secs_f64()
            ),
        );
    }
}
