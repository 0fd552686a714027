//! A receiver that says yes to everything, and remembers when each request came. On a thread of its own, so that its
//! times are true while the driver is busy.
use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

pub struct Sink {
    pub port: u16,
    arrivals: Arc<Mutex<Vec<Instant>>>,
}

impl Sink {
    /// Starts it; it ends with the program.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listen")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let arrivals: Arc<Mutex<Vec<Instant>>> = Arc::default();
        let kept = arrivals.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::spawn(move || runtime.block_on(serve(listener, kept)));
        Ok(Self { port, arrivals })
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    pub fn first(&self) -> Option<Instant> {
        self.lock().first().copied()
    }

    /// The arrivals after the first so many.
    pub fn after(&self, count: usize) -> Vec<Instant> {
        self.lock().iter().skip(count).copied().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Instant>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, arrivals: Arc<Mutex<Vec<Instant>>>) -> Option<()> {
    let listener = tokio::net::TcpListener::from_std(listener).ok()?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.ok()?;
        connections.spawn(answer(stream, arrivals.clone()));
    }
}

async fn answer(mut stream: TcpStream, arrivals: Arc<Mutex<Vec<Instant>>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut bytes = Vec::with_capacity(8192);
    loop {
        let end = loop {
            if let Some(end) = end_of_request(&bytes) {
                break end;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        bytes.drain(..end);
        note(&arrivals);
        stream.write_all(ANSWER).await.ok()?;
    }
}

fn note(arrivals: &Mutex<Vec<Instant>>) {
    let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    arrivals.push(Instant::now());
}

/// Once head and body are there.
fn end_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let end = head + 4 + length.parse::<usize>().ok()?;
    (bytes.len() >= end).then_some(end)
}
