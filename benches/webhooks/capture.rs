//! What the server sends to PostgreSQL for one request, read from PostgreSQL's own log.
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{
    driver::{closed_loop, send_one},
    requests::{Kind, Requests, Who},
    server::Server,
    world::World,
};

/// A prepared statement, with its parameters as PostgreSQL writes them.
#[derive(Clone, Debug)]
pub struct Statement {
    pub sql: String,
    pub parameters: Vec<Option<String>>,
}

/// Everything that one request caused.
pub struct Capture {
    pub who: Who,
    /// Before the transaction: whose is it?
    pub before: Vec<Statement>,
    /// `begin` and the settings of the transaction, which are sent as one.
    pub begin: Vec<String>,
    pub inside: Vec<Statement>,
    /// `COMMIT`, or `ROLLBACK` where nothing was written.
    pub end: String,
}

/// How many requests the look for statements that are parsed or planned again takes.
const LOOKED_AT: usize = 500;

/// An entry of the log, as far as it matters here.
pub enum Entry {
    Simple(String),
    Execute(Statement),
    /// A statement was parsed, or planned.
    Prepared,
}

impl Capture {
    pub async fn of_one(kind: Kind, server: &Server, world: &mut World) -> Result<Self> {
        let requests = Requests::of(kind);
        requests.borrow_mut().sign(1);
        world.log_statements(true).await?;
        let sent = send_one(server.port, &requests).await;
        let entries = read(&world.read_log().await?);
        world.log_statements(false).await?;
        Self::find(sent?, entries).context("find the request's statements in PostgreSQL's log")
    }

    fn find(who: Who, entries: Vec<(String, Entry)>) -> Result<Self> {
        let (id, subscriber) = (who.id.to_string(), who.subscriber.to_string());
        let begins =
            |entry: &Entry| matches!(entry, Entry::Simple(sql) if sql.contains(&subscriber));
        // The one that does most: others of the same request only look whether there is room.
        let weight = |place: usize| {
            let (session, _) = &entries[place];
            let rest = entries[place + 1..].iter().filter(|(of, _)| of == session);
            rest.take_while(|(_, entry)| !matches!(entry, Entry::Simple(_)))
                .filter(|(_, entry)| matches!(entry, Entry::Execute(_)))
                .count()
        };
        let places = (0..entries.len()).filter(|place| begins(&entries[*place].1));
        let place = places.max_by_key(|place| weight(*place));
        let place = place.context("no transaction of the subscriber")?;
        let session = entries[place].0.clone();
        let mut before = Vec::new();
        let (mut begin, mut inside) = (Vec::new(), Vec::new());
        let mut end = None;
        for (at, (of, entry)) in entries.into_iter().enumerate() {
            match entry {
                Entry::Execute(statement) if at < place => {
                    let mut values = statement.parameters.iter().flatten();
                    // The workers' own statements name neither.
                    if values.any(|value| value.contains(&subscriber) || value.contains(&id)) {
                        before.push(statement);
                    }
                }
                Entry::Simple(sql) if at == place => {
                    begin.extend(sql.split(';').map(|part| part.trim().to_owned()));
                }
                Entry::Simple(sql) if of == session && at > place && end.is_none() => {
                    end = Some(sql);
                }
                Entry::Execute(statement) if of == session && end.is_none() => {
                    inside.push(statement);
                }
                _ => {}
            }
        }
        Ok(Self {
            who,
            before,
            begin,
            inside,
            end: end.context("the transaction does not end")?,
        })
    }
}

/// How often, per request, a statement was parsed or planned again while the server was under load. PostgreSQL itself
/// plans again, once per connection, when it has analysed a table.
pub async fn prepared_again(kind: Kind, server: &Server, world: &mut World) -> Result<f64> {
    let requests = Requests::of(kind);
    requests.borrow_mut().sign(LOOKED_AT);
    world.log_statements(true).await?;
    let driven = closed_loop(server.port, &requests, 32, Duration::from_secs(60)).await;
    let entries = read(&world.read_log().await?);
    world.log_statements(false).await?;
    driven?;
    let count = |wanted: fn(&Entry) -> bool| entries.iter().filter(|(_, e)| wanted(e)).count();
    ensure!(
        count(|entry| matches!(entry, Entry::Execute(_))) >= LOOKED_AT,
        "the statements under load are not in PostgreSQL's log"
    );
    let prepared = count(|entry| matches!(entry, Entry::Prepared));
    Ok(prepared as f64 / LOOKED_AT as f64)
}

/// Each entry with its session.
pub fn read(lines: &[String]) -> Vec<(String, Entry)> {
    let mut entries: Vec<(String, Entry)> = Vec::new();
    // The parameters stand in the line after; those of a `bind`, which are the same, are passed over.
    let mut was_execute = false;
    for line in lines {
        let Some((session, text)) = line.split_once(' ') else {
            continue;
        };
        if let Some(values) = text.strip_prefix("DETAIL:  parameters: ") {
            if let Some((_, Entry::Execute(statement))) = entries.last_mut().filter(|_| was_execute)
            {
                statement.parameters = parameters(values);
            }
            continue;
        }
        was_execute = false;
        if text.starts_with("LOG:  PLANNER STATISTICS") {
            entries.push((session.to_owned(), Entry::Prepared));
            continue;
        }
        let Some((_, what)) = text.split_once(" ms  ") else {
            continue;
        };
        let entry = match what.split_once(": ") {
            Some(("statement", sql)) => Entry::Simple(sql.to_owned()),
            Some((verb, sql)) if verb.starts_with("execute ") => {
                was_execute = true;
                Entry::Execute(Statement {
                    sql: plain(sql),
                    parameters: Vec::new(),
                })
            }
            Some((verb, _)) if verb.starts_with("parse ") => Entry::Prepared,
            _ => continue,
        };
        entries.push((session.to_owned(), entry));
    }
    entries
}

/// On one line and without comments.
fn plain(sql: &str) -> String {
    let lines = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// `$1 = 'it''s', $2 = NULL`
fn parameters(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((_, value)) = rest.split_once(" = ") {
        let Some(quoted) = value.strip_prefix('\'') else {
            values.push(None);
            rest = value;
            continue;
        };
        let (mut text, mut end) = (String::new(), quoted.len());
        let mut letters = quoted.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if letter == '\'' && letters.next_if(|(_, next)| *next == '\'').is_none() {
                end = at;
                break;
            }
            text.push(letter);
        }
        values.push(Some(text));
        rest = &quoted[end..];
    }
    values
}
