//! Somebody's endpoint, on the wire: answers as a test says, remembers every request byte by byte, and misbehaves in
//! ways that no decent server would.
use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::{Hold, Memory};

/// How it answers.
#[derive(Clone, Debug)]
pub enum Answering {
    /// Status, headers, body.
    With(u16, Vec<(&'static str, &'static str)>, String),
    /// Never, until the test lets it go.
    Held(Hold),
    /// Reads the request and closes.
    ClosesEarly,
    /// Promises more than it sends.
    LiesAboutItsLength,
    /// Does not stop sending.
    EndlessBody,
    /// Sends a byte now and then.
    Drips,
}

impl Answering {
    pub fn status(status: u16) -> Self {
        Self::With(status, Vec::new(), String::new())
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Debug)]
struct State {
    usual: Answering,
    next: Vec<Answering>,
    received: Vec<Received>,
    connections: usize,
    sent: u64,
}

/// The endpoint.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub port: u16,
    state: Memory<Option<State>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            state: Memory::default(),
        };
        *receiver.state.lock() = Some(State {
            usual: Answering::status(200),
            next: Vec::new(),
            received: Vec::new(),
            connections: 0,
            sent: 0,
        });
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.with(|state| state.connections += 1);
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// From now on.
    pub fn answers(&self, answering: Answering) {
        self.with(|state| state.usual = answering);
    }

    /// These first, one request each.
    pub fn answers_next(&self, answers: impl IntoIterator<Item = Answering>) {
        self.with(|state| state.next.extend(answers));
    }

    pub fn received(&self) -> Vec<Received> {
        self.with(|state| state.received.clone())
    }

    pub fn count(&self) -> usize {
        self.with(|state| state.received.len())
    }

    /// The last request.
    pub fn last(&self) -> Received {
        self.with(|state| state.received.last().cloned()).unwrap()
    }

    pub fn connections(&self) -> usize {
        self.with(|state| state.connections)
    }

    /// Bytes of endless bodies that went out.
    pub fn sent(&self) -> u64 {
        self.with(|state| state.sent)
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(self.state.lock().as_mut().unwrap())
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut rest = Vec::new();
        loop {
            let received = read(&mut stream, &mut rest).await?;
            let answering = self.with(|state| {
                state.received.push(received);
                if state.next.is_empty() {
                    state.usual.clone()
                } else {
                    state.next.remove(0)
                }
            });
            self.answer(&mut stream, answering).await?;
        }
    }

    async fn answer(&self, stream: &mut TcpStream, answering: Answering) -> Option<()> {
        match answering {
            Answering::With(status, headers, body) => {
                let mut head = format!(
                    "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n",
                    body.len()
                );
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                let text = format!("{head}\r\n{body}");
                stream.write_all(text.as_bytes()).await.ok()
            }
            Answering::Held(hold) => {
                hold.pass().await;
                let text = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(text.as_bytes()).await.ok()
            }
            Answering::ClosesEarly => None,
            Answering::LiesAboutItsLength => {
                let text = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nlittle";
                stream.write_all(text.as_bytes()).await.ok();
                None
            }
            Answering::EndlessBody => {
                let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
                loop {
                    stream.write_all(chunk.as_bytes()).await.ok()?;
                    self.with(|state| state.sent += 0x1000);
                }
            }
            Answering::Drips => {
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                loop {
                    stream.write_all(b"x").await.ok()?;
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// Reads one request, and leaves what came after it.
async fn read(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<Received> {
    let head_ends = loop {
        if let Some(at) = rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at;
        }
        more(stream, rest).await?;
    };
    let head = String::from_utf8(rest[..head_ends].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |text| text.parse().unwrap());
    let end = head_ends + 4 + length;
    while rest.len() < end {
        more(stream, rest).await?;
    }
    let body = String::from_utf8(rest[head_ends + 4..end].to_vec()).ok()?;
    rest.drain(..end);
    Some(Received {
        method,
        path,
        headers,
        body,
    })
}

async fn more(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<()> {
    let mut bytes = [0; 4096];
    let count = stream.read(&mut bytes).await.ok()?;
    rest.extend(&bytes[..count]);
    (count > 0).then_some(())
}
