//! What a dashboard asks for, of the subscriber with the longest history, beside what PostgreSQL alone does with the
//! same statements; first with 10,000 conversations in all, then with 1,000,000.
use std::{fmt, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    capture::{Entry, Statement, read},
    driver::{Load, Shared, closed_loop, open_loop, send_one},
    pgbench::{self, Pgbench},
    report::say,
    requests::Requests,
    script::{Program, types},
    server::Server,
    sign_in::{self, People},
    world::World,
};

const CONNECTIONS: usize = 32;
/// Requests a second of the open loop.
const RATE: f64 = 300.0;
const FEW: usize = 10_000;
const MANY: usize = 1_000_000;
const WARM_UP: Duration = Duration::from_secs(2);

const WANTED_SHARE: f64 = 0.4;
const MOST_P99_MS: f64 = 15.0;
const MOST_RATIO: f64 = 1.5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Calls,
    Metrics,
}

impl Read {
    const ALL: [Self; 2] = [Self::Calls, Self::Metrics];

    /// The heaviest subscriber has a tenth of all conversations, so the list is 50 of 100,000.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Calls => "/api/dashboard/calls?limit=50",
            Self::Metrics => "/api/dashboard/metrics?days=30",
        }
    }
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calls => "calls-list",
            Self::Metrics => "metrics",
        })
    }
}

/// What was measured of one of them.
struct Figures {
    read: Read,
    /// Per second, with few conversations and with many.
    few: f64,
    many: Load,
    open: Load,
    postgres: Option<f64>,
}

pub struct Options {
    pub length: Duration,
    pub is_brief: bool,
    pub is_server_only: bool,
}

pub async fn measure(options: &Options, pgbench: &Pgbench, world: &mut World) -> Result<()> {
    let server = Server::start(None, world).await?;
    let people = People::make(world).await?;
    let token = people.sign_in(server.port).await?;
    let request = |read: Read| Requests::fixed(vec![get(read.path(), &token)]);
    grow(world, 1, FEW).await?;
    let mut few = Vec::new();
    for read in Read::ALL {
        let load = load(&server, &request(read), options.length).await?;
        few.push(load.per_second());
    }
    grow(world, FEW + 1, MANY).await?;
    let mut measured = Vec::new();
    for (read, few) in Read::ALL.into_iter().zip(few) {
        // A token lasts ten minutes, and making a million conversations takes a part of them.
        let token = people.sign_in(server.port).await?;
        let requests = Requests::fixed(vec![get(read.path(), &token)]);
        let many = load(&server, &requests, options.length).await?;
        let open = open_loop(server.port, &requests, CONNECTIONS, RATE, options.length).await?;
        let program = script(&server, &requests, &people, world).await?;
        if !options.is_brief {
            println!(
                "\n-- {read}: what the server sends for one request\n{}",
                program.text
            );
        }
        let postgres = if options.is_server_only {
            None
        } else {
            Some(pgbench.run(world, &program, options.length).await?)
        };
        measured.push(Figures {
            read,
            few,
            many,
            open,
            postgres,
        });
    }
    let signing_in = sign_in::measure(options, &server, &people).await?;
    server.stop().await?;
    print(&measured);
    signing_in.print();
    Ok(())
}

async fn grow(world: &mut World, from: usize, to: usize) -> Result<()> {
    let statements = include_str!("reads.sql");
    let statements = statements
        .replace("$FROM", &from.to_string())
        .replace("$TO", &to.to_string());
    world.execute(statements).await.context("make history")?;
    world.checkpoint().await
}

async fn load(server: &Server, requests: &Shared, length: Duration) -> Result<Load> {
    closed_loop(server.port, requests, CONNECTIONS, WARM_UP).await?;
    closed_loop(server.port, requests, CONNECTIONS, length).await
}

pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench.example\r\nauthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// The transactions of one request, as the server sent them: those that name the person or the subscriber.
async fn script(
    server: &Server,
    requests: &Shared,
    people: &People,
    world: &mut World,
) -> Result<Program> {
    world.log_statements(true).await?;
    let sent = send_one(server.port, requests).await;
    let entries = read(&world.read_log().await?);
    world.log_statements(false).await?;
    sent?;
    let marks = people.marks();
    let mut text = String::new();
    let mut values = Vec::new();
    let mut count = 0;
    for transaction in transactions(entries) {
        if !transaction.names(&marks) {
            continue;
        }
        count += 1;
        text += "\\startpipeline\n";
        for part in transaction.begin.split(';') {
            text += &format!("{};\n", part.trim());
        }
        text += "\\endpipeline\n";
        for statement in &transaction.inside {
            text += &in_place(statement, world, &mut values).await?;
            text += ";\n";
        }
        text += &format!("{};\n", transaction.end);
    }
    ensure!(
        count == 2,
        "one transaction asks who it is and one reads; {count} were found"
    );
    Ok(Program { text, values })
}

struct Transaction {
    session: String,
    begin: String,
    inside: Vec<Statement>,
    end: String,
}

impl Transaction {
    fn names(&self, marks: &[String]) -> bool {
        let values = self
            .inside
            .iter()
            .flat_map(|statement| &statement.parameters);
        let mut texts = values.flatten().chain([&self.begin]);
        texts.any(|text| marks.iter().any(|mark| text.contains(mark)))
    }
}

fn transactions(entries: Vec<(String, Entry)>) -> Vec<Transaction> {
    let mut open: Vec<Transaction> = Vec::new();
    let mut ended = Vec::new();
    for (session, entry) in entries {
        let place = open.iter().position(|one| one.session == session);
        match (entry, place) {
            (Entry::Simple(begin), None) if begin.starts_with("begin") => open.push(Transaction {
                session,
                begin,
                inside: Vec::new(),
                end: String::new(),
            }),
            (Entry::Simple(end), Some(place)) => {
                let mut one = open.remove(place);
                one.end = end;
                ended.push(one);
            }
            (Entry::Execute(statement), Some(place)) => open[place].inside.push(statement),
            _ => {}
        }
    }
    ended
}

/// The statement with its values in the places of its parameters. They go by `-D`: pgbench would take a colon in them
/// for the beginning of a variable.
async fn in_place(
    statement: &Statement,
    world: &mut World,
    values: &mut Vec<(String, String)>,
) -> Result<String> {
    let types = types(statement, world).await?;
    let mut text = String::new();
    let mut rest = statement.sql.as_str();
    while let Some((sql, after)) = rest.split_once('$') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = after[..digits].parse().context("a parameter's number")?;
        text += sql;
        match statement.parameters.get(number - 1).cloned().flatten() {
            Some(value) => {
                let name = format!("v{}", values.len());
                text += &format!(":{name}::{}", types[number - 1]);
                values.push((name, value));
            }
            None => text += &format!("null::{}", types[number - 1]),
        }
        rest = &after[digits..];
    }
    Ok(text + rest)
}

fn print(measured: &[Figures]) {
    println!(
        "\n{:<15}{:>10}{:>10}{:>9}{:>9}{:>10}{:>10}{:>11}{:>7}",
        "",
        "10,000/s",
        "1 mio/s",
        "p50 ms",
        "p99 ms",
        "300/s p50",
        "300/s p99",
        "PostgreSQL",
        "share"
    );
    for figures in measured {
        let postgres = figures.postgres;
        println!(
            "{:<15}{:>10.0}{:>10.0}{:>9.1}{:>9.1}{:>10.1}{:>10.1}{:>11}{:>7}",
            figures.read.to_string(),
            figures.few,
            figures.many.per_second(),
            figures.many.quantile_ms(0.5),
            figures.many.quantile_ms(0.99),
            figures.open.quantile_ms(0.5),
            figures.open.quantile_ms(0.99),
            postgres.map_or("-".to_owned(), |rate| format!("{rate:.0}")),
            figures
                .share()
                .map_or("-".to_owned(), |share| format!("{share:.2}")),
        );
    }
    println!();
    for figures in measured {
        figures.judge();
    }
}

impl Figures {
    fn share(&self) -> Option<f64> {
        self.postgres.map(|rate| self.many.per_second() / rate)
    }

    fn judge(&self) {
        let name = self.read;
        if let Some(share) = self.share() {
            say(
                share >= WANTED_SHARE,
                &format!(
                    "{name}: {share:.2} of PostgreSQL's rate for its statements, wanted {WANTED_SHARE} \
                     ({CONNECTIONS} connections against {} of pgbench)",
                    pgbench::CLIENTS
                ),
            );
        }
        let p99 = self.open.quantile_ms(0.99);
        say(
            p99 < MOST_P99_MS,
            &format!(
                "{name}: p99 {p99:.1} ms at {RATE} requests a second, wanted under {MOST_P99_MS}"
            ),
        );
        let ratio = self.few / self.many.per_second();
        say(
            ratio < MOST_RATIO,
            &format!(
                "{name}: {ratio:.2} times slower with 1,000,000 conversations than with 10,000, wanted under {MOST_RATIO}"
            ),
        );
    }
}
