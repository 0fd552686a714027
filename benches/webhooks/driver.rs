//! The driver: HTTP/1.1 over connections that stay open, with as little work as possible between two requests.
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    task::LocalSet,
};

use crate::requests::{Requests, Who};

/// What a run came to.
pub struct Load {
    latencies: Vec<Duration>,
    took: Duration,
}

impl Load {
    pub fn of(mut latencies: Vec<Duration>, took: Duration) -> Self {
        latencies.sort();
        Self { latencies, took }
    }

    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    pub fn count_in(&self, length: Duration) -> usize {
        (self.per_second() * length.as_secs_f64()) as usize
    }

    /// The latency that this share of the requests did not exceed.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies
            .get(at)
            .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }
}

/// Requests that several connections take from.
pub type Shared = Rc<RefCell<Requests>>;

/// As fast as they are answered.
pub async fn closed_loop(
    port: u16,
    requests: &Shared,
    connections: usize,
    length: Duration,
) -> Result<Load> {
    drive(port, requests, connections, length, |_| None).await
}

/// At this rate, whatever the answers take: each latency counts from when its request was due.
pub async fn open_loop(
    port: u16,
    requests: &Shared,
    connections: usize,
    rate: f64,
    length: Duration,
) -> Result<Load> {
    let due = move |serial: u32| Some(Duration::from_secs_f64(f64::from(serial) / rate));
    drive(port, requests, connections, length, due).await
}

async fn drive(
    port: u16,
    requests: &Shared,
    connections: usize,
    length: Duration,
    due: impl Fn(u32) -> Option<Duration> + Copy + 'static,
) -> Result<Load> {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(port).await?);
    }
    let serial = Rc::new(Cell::new(0));
    let mut clients = JoinSet::new();
    let begun = Instant::now();
    let run = async {
        for connection in opened {
            let client = Client {
                connection,
                requests: requests.clone(),
                serial: serial.clone(),
                begun,
                length,
            };
            clients.spawn_local(client.run(due));
        }
        let mut latencies = Vec::new();
        while let Some(ended) = clients.join_next().await {
            latencies.append(&mut ended.context("a client panicked")??);
        }
        latencies.sort_unstable();
        Ok(Load {
            latencies,
            took: begun.elapsed(),
        })
    };
    LocalSet::new().run_until(run).await
}

struct Client {
    connection: Connection,
    requests: Shared,
    /// How many requests have been taken by all clients together.
    serial: Rc<Cell<u32>>,
    begun: Instant,
    length: Duration,
}

impl Client {
    async fn run(mut self, due: impl Fn(u32) -> Option<Duration>) -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        loop {
            let serial = self.serial.replace(self.serial.get() + 1);
            let due_after = due(serial);
            if due_after.unwrap_or(self.begun.elapsed()) >= self.length {
                return Ok(latencies);
            }
            let taken = self
                .requests
                .borrow_mut()
                .next(&mut self.connection.request);
            if taken.is_none() {
                return Ok(latencies);
            }
            let counted_from = match due_after {
                Some(due_after) => {
                    let due_at = self.begun + due_after;
                    tokio::time::sleep_until(due_at.into()).await;
                    due_at
                }
                None => Instant::now(),
            };
            let status = self.connection.exchange().await?;
            ensure!((200..300).contains(&status), "the server answered {status}");
            latencies.push(counted_from.elapsed());
        }
    }
}

/// One request, and whose it was.
pub async fn send_one(port: u16, requests: &Shared) -> Result<Who> {
    let mut connection = Connection::open(port).await?;
    let taken = requests.borrow_mut().next(&mut connection.request);
    let who = taken.context("a signed request is left")?;
    let status = connection.exchange().await?;
    ensure!((200..300).contains(&status), "the server answered {status}");
    Ok(who)
}

/// The status that a GET is answered with.
pub async fn ask(port: u16, path: &str) -> Result<u16> {
    let mut connection = Connection::open(port).await?;
    connection.request = format!("GET {path} HTTP/1.1\r\nhost: bench.example\r\n\r\n").into();
    connection.exchange().await
}

/// One request, and the body of its answer.
pub async fn exchange_once(port: u16, request: Vec<u8>) -> Result<(u16, Vec<u8>)> {
    let mut connection = Connection::open(port).await?;
    connection.request = request;
    let status = connection.exchange().await?;
    let end = connection
        .answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n");
    let body = end.map_or(&[][..], |end| &connection.answer[end + 4..]);
    Ok((status, body.to_vec()))
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            request: Vec::new(),
            answer: Vec::new(),
        })
    }

    /// Sends the request and reads the answer to its end.
    async fn exchange(&mut self) -> Result<u16> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some((status, length)) = parse(&self.answer)?
                && self.answer.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// Status and whole length of an answer, once its head is there.
fn parse(answer: &[u8]) -> Result<Option<(u16, usize)>> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    let status = head.get(9..12).context("a status line")?.parse()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(Ok(0), str::parse)?;
    Ok(Some((status, end + 4 + length)))
}
