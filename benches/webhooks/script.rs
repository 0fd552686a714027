//! From what the server sent to what pgbench sends: the same statements, with another subscriber, caller and id each time.
use std::fmt::Write;

use anyhow::{Context, Result};
use sqlx::AssertSqlSafe;

use crate::{
    bare::in_one_statement,
    capture::{Capture, Statement},
    requests::{Kind, Who},
    world::World,
};

/// `SET LOCAL` takes no parameter, so pgbench chooses among this many prepared ones; every nineteenth subscriber.
const SUBSCRIBERS: usize = 512;
const STEP: usize = 19;
const FIRST: usize = 10_000_000;

/// A script of pgbench, and the values that it is given by `-D`.
pub struct Program {
    pub text: String,
    pub values: Vec<(String, String)>,
}

/// The statements with pgbench's variables in the places of their parameters.
pub struct Script {
    before: Vec<String>,
    begin: Vec<String>,
    inside: Vec<String>,
    end: String,
    values: Vec<(String, String)>,
    subscriber: String,
    /// The first digit of this script's ids.
    run: usize,
}

impl Script {
    pub async fn of(kind: Kind, capture: &Capture, world: &mut World) -> Result<Self> {
        let mut variables = Variables {
            who: capture.who,
            ids: Vec::new(),
            values: Vec::new(),
        };
        let mut before = Vec::new();
        for statement in &capture.before {
            before.push(variables.put_into(statement, world).await?);
        }
        let mut inside = Vec::new();
        for statement in &capture.inside {
            inside.push(variables.put_into(statement, world).await?);
        }
        Ok(Self {
            before,
            begin: capture.begin.clone(),
            inside,
            end: capture.end.clone(),
            values: variables.values,
            subscriber: capture.who.subscriber.to_string(),
            // Those of the driver begin with 1.
            run: 2 + 2 * kind as usize,
        })
    }

    /// As the server sends it: `begin` and its settings in one round trip, every other statement in one of its own.
    pub fn transaction(&self) -> Program {
        let mut text = format!("\\set k random(0, {})\n", SUBSCRIBERS - 1);
        text += &format!("\\set s {FIRST} + {STEP} * :k\n");
        text += &new_ids(self.run);
        for statement in &self.before {
            text += &format!("{statement};\n");
        }
        text += "\\startpipeline\n";
        for statement in &self.begin {
            if statement.contains(&self.subscriber) {
                let of = |place: usize| {
                    let subscriber = (FIRST + STEP * place).to_string();
                    statement.replace(&self.subscriber, &subscriber)
                };
                choose(&mut text, 0, SUBSCRIBERS, &of);
            } else {
                text += &format!("{statement};\n");
            }
        }
        text += "\\endpipeline\n";
        for statement in &self.inside {
            text += &format!("{statement};\n");
        }
        text += &format!("{};\n", self.end);
        self.program(text)
    }

    /// All of it in one statement: no transaction, and a login that no policy binds.
    pub fn bare(&self) -> Program {
        let last = FIRST + 9999;
        let mut text = format!("\\set s random({FIRST}, {last})\n");
        text += &new_ids(self.run + 1);
        let all = self.before.iter().chain(&self.inside);
        text += &in_one_statement(all.map(String::as_str));
        text += ";\n";
        self.program(text)
    }

    fn program(&self, text: String) -> Program {
        Program {
            text,
            values: self.values.clone(),
        }
    }
}

/// Ids that no other client and no other run makes, and a caller who never called before.
fn new_ids(run: usize) -> String {
    format!(
        "\\set n :n + 1\n\\set caller random(10000000, 99999999)\n\
         \\set id {run}000000000000000 + :client_id * 100000000000 + :n\n\
         \\set u {run}000000000000000000 + :client_id * 100000000000000 + :n\n"
    )
}

/// Halves the choice until one is left: pgbench has no other way to a text that depends on a number.
fn choose(text: &mut String, from: usize, to: usize, of: &impl Fn(usize) -> String) {
    if to - from == 1 {
        *text += &format!("{};\n", of(from));
        return;
    }
    let middle = (from + to) / 2;
    *text += &format!("\\if :k < {middle}\n");
    choose(text, from, middle, of);
    *text += "\\else\n";
    choose(text, middle, to, of);
    *text += "\\endif\n";
}

struct Variables {
    who: Who,
    /// Ids that the server made for this request, in the order in which they appeared.
    ids: Vec<String>,
    values: Vec<(String, String)>,
}

/// A part of a parameter's text.
enum Piece {
    Fixed(String),
    Variable(&'static str),
}

impl Variables {
    async fn put_into(&mut self, statement: &Statement, world: &mut World) -> Result<String> {
        let types = types(statement, world).await?;
        let mut text = String::new();
        let mut rest = statement.sql.as_str();
        while let Some((sql, after)) = rest.split_once('$') {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = after[..digits].parse().context("a parameter's number")?;
            let value = statement.parameters.get(number - 1).cloned().flatten();
            text += sql;
            text += &self.expression(value.as_deref(), &types[number - 1]);
            rest = &after[digits..];
        }
        Ok(text + rest)
    }

    fn expression(&mut self, value: Option<&str>, of_type: &str) -> String {
        let Some(value) = value else {
            return format!("null::{of_type}");
        };
        // Bodies are hex there; the same one each time is as long as any other.
        let pieces = if of_type == "bytea" {
            vec![Piece::Fixed(value.to_owned())]
        } else {
            self.pieces(value)
        };
        if let [Piece::Fixed(value)] = pieces.as_slice() {
            return format!("{}::{of_type}", self.fixed(value));
        }
        let mut text = String::new();
        for piece in &pieces {
            let piece = match piece {
                Piece::Fixed(value) => self.fixed(value),
                Piece::Variable(name) => format!(":{name}"),
            };
            let joint = if text.is_empty() { "" } else { " || " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{joint}{piece}::text");
        }
        format!("({text})::{of_type}")
    }

    /// Parts what is the same for every request from what is not.
    fn pieces(&mut self, value: &str) -> Vec<Piece> {
        let marks = [
            (self.who.id.to_string(), "id"),
            (self.who.subscriber.to_string(), "s"),
            (self.who.caller.to_string(), "caller"),
        ];
        let subscriber = format!("00000000-0000-4000-8000-0000{}", self.who.subscriber);
        let mut pieces = Vec::new();
        let (mut fixed, mut rest) = (String::new(), value);
        while let Some(letter) = rest.chars().next() {
            let found = marks.iter().find(|(mark, _)| rest.starts_with(mark));
            if let Some((mark, name)) = found {
                pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
                pieces.push(Piece::Variable(name));
                rest = &rest[mark.len()..];
            } else if let Some(id) = leading_uuid(rest).filter(|id| *id != subscriber) {
                let place = self.ids.iter().position(|known| known == id);
                let place = place.unwrap_or_else(|| {
                    self.ids.push(id.to_owned());
                    self.ids.len() - 1
                });
                // Thirty-two digits: eleven, nineteen of pgbench's, two.
                pieces.push(Piece::Fixed(std::mem::take(&mut fixed) + "01990000700"));
                pieces.push(Piece::Variable("u"));
                fixed = format!("{place:02}");
                rest = &rest[id.len()..];
            } else {
                fixed.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        pieces.push(Piece::Fixed(fixed));
        pieces.retain(|piece| !matches!(piece, Piece::Fixed(text) if text.is_empty()));
        if pieces.is_empty() {
            pieces.push(Piece::Fixed(String::new()));
        }
        pieces
    }

    /// Short texts as literals; the others, and those with a colon, which pgbench would take for a variable, by `-D`.
    fn fixed(&mut self, value: &str) -> String {
        if value.len() <= 40 && !value.contains([':', '\\']) {
            return format!("'{}'", value.replace('\'', "''"));
        }
        let known = self.values.iter().find(|(_, known)| known == value);
        if let Some((name, _)) = known {
            return format!(":{name}");
        }
        let name = format!("v{}", self.values.len());
        self.values.push((name.clone(), value.to_owned()));
        format!(":{name}")
    }
}

fn leading_uuid(text: &str) -> Option<&str> {
    let id = text.get(..36)?;
    let fits = id.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    fits.then_some(id)
}

/// The types of the parameters, as PostgreSQL finds them.
pub async fn types(statement: &Statement, world: &mut World) -> Result<Vec<String>> {
    if statement.parameters.is_empty() {
        return Ok(Vec::new());
    }
    world
        .execute(format!("prepare captured as {}", statement.sql))
        .await?;
    let query =
        "select parameter_types::text[] from pg_prepared_statements where name = 'captured'";
    let types = sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_one(&mut world.conn)
        .await?;
    world.execute("deallocate captured".to_owned()).await?;
    Ok(types)
}
