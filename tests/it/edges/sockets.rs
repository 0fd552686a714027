//! Real sockets: how many there may be, how slow a client, and how the server ends.
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::Request;
use http_body_util::BodyExt;
use rocket_reception::server::{Deadlines, serve_with};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::support::{TestApp, execute, soon};

const ANNE: &str = "+15145550123";
const HEALTH: &[u8] = b"GET /api/health HTTP/1.1\r\nhost: x\r\n\r\n";

/// The application on a socket.
struct Served {
    address: SocketAddr,
    ended: JoinHandle<anyhow::Result<()>>,
}

async fn serve(app: &TestApp, deadlines: Deadlines) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Served {
        address: listener.local_addr().unwrap(),
        ended: tokio::spawn(serve_with(app.state.clone(), listener, deadlines)),
    }
}

impl Served {
    async fn connect(&self) -> io::Result<Client> {
        Ok(Client(TcpStream::connect(self.address).await?))
    }

    async fn client(&self) -> Client {
        self.connect().await.unwrap()
    }
}

/// A connection of a client that may misbehave.
struct Client(TcpStream);

#[derive(Debug, PartialEq)]
struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl Client {
    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// One whole answer; none when the connection ended before its first byte.
    async fn hear(&mut self) -> io::Result<Option<Answered>> {
        let mut text = Vec::new();
        loop {
            let mut byte = [0];
            if self.0.read(&mut byte).await? == 0 {
                let nothing = text.is_empty();
                return if nothing {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            text.push(byte[0]);
            if text.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        let head = String::from_utf8(text).unwrap().to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).expect("a length");
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(Some(Answered {
            status: head[9..12].parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        }))
    }

    async fn ask(&mut self, request: &[u8]) -> Answered {
        self.say(request).await;
        soon(self.hear()).await.unwrap().expect("an answer")
    }

    /// The server closes, with or without an error, and says nothing more.
    async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = soon(self.0.read_to_end(&mut rest)).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

/// A signed text as it goes over the wire.
async fn wire(request: Request<axum::body::Body>) -> Vec<u8> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut text = format!("POST {} HTTP/1.1\r\nhost: x\r\n", parts.uri);
    for (name, value) in &parts.headers {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [text.as_bytes(), &body].concat()
}

#[tokio::test]
async fn a_head_that_dawdles_is_cut_off_and_a_connection_at_rest_is_not() {
    let app = TestApp::start().await;
    let head = Duration::from_millis(150);
    let served = serve(
        &app,
        Deadlines {
            head,
            ..Deadlines::default()
        },
    )
    .await;
    let (mut at_rest, mut slow) = (served.client().await, served.client().await);
    at_rest.ask(HEALTH).await;
    // Also the second request of a connection has its deadline.
    slow.ask(HEALTH).await;
    slow.say(b"GET /api/health HTTP/1.1\r\nhost").await;
    slow.is_closed().await;
    assert_eq!(at_rest.ask(HEALTH).await.status, 200);
}

#[tokio::test]
async fn a_connection_that_rests_too_long_is_closed() {
    let app = TestApp::start().await;
    let idle = Duration::from_millis(150);
    let served = serve(
        &app,
        Deadlines {
            idle,
            ..Deadlines::default()
        },
    )
    .await;
    let (mut never, mut once) = (served.client().await, served.client().await);
    once.ask(HEALTH).await;
    once.is_closed().await;
    never.is_closed().await;
}

#[tokio::test]
async fn who_does_not_take_an_answer_gives_up_the_place() {
    let app = TestApp::with(&[("LIMIT_CONNECTIONS", "1")]).await;
    let stall = Duration::from_millis(150);
    let served = serve(
        &app,
        Deadlines {
            stall,
            ..Deadlines::default()
        },
    )
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let greedy = Client(socket.connect(served.address).await.unwrap());
    for _ in 0..2_000 {
        let document = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
        if greedy.0.try_write(document).is_err() {
            break;
        }
    }
    soon(async {
        loop {
            let mut next = served.client().await;
            next.say(HEALTH).await;
            if next
                .hear()
                .await
                .is_ok_and(|heard| heard.is_some_and(|heard| heard.status == 200))
            {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn above_the_bound_a_connection_is_refused_and_told_so() {
    let app = TestApp::with(&[("LIMIT_CONNECTIONS", "2")]).await;
    let served = serve(&app, Deadlines::default()).await;
    let (mut first, mut second) = (served.client().await, served.client().await);
    first.ask(HEALTH).await;
    second.ask(HEALTH).await;
    let refused = served.client().await.ask(HEALTH).await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: ") && refused.head.contains("connection: close"));
    let problem: serde_json::Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(problem["code"], "unavailable");
    // Those who are there go on, and who leaves makes room.
    assert_eq!(first.ask(HEALTH).await.status, 200);
    drop(second);
    soon(async { while served.client().await.ask(HEALTH).await.status != 200 {} }).await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_on_its_first_word() {
    let app = TestApp::start().await;
    let served = serve(&app, Deadlines::default()).await;
    let mut client = served.client().await;
    let head = b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    client.say(head).await;
    let answer = client.ask(b"content-length: 1048577\r\n\r\n").await;
    assert_eq!(answer.status, 413);
    assert!(
        answer.head.contains("application/problem+json") && answer.body.contains("body_too_large")
    );
    // One that does not say how long it is, is read no further than it may be.
    let mut client = served.client().await;
    client.say(head).await;
    client.say(b"transfer-encoding: chunked\r\n\r\n").await;
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..17 {
        client.say(&chunk).await;
    }
    assert_eq!(soon(client.hear()).await.unwrap().unwrap().status, 413);
}

#[tokio::test]
async fn requests_under_way_end_with_their_answers_when_the_server_stops() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let served = serve(&app, Deadlines::default()).await;
    let mut at_rest = served.client().await;
    at_rest.ask(HEALTH).await;
    // Nobody can write an event down, so every text is under way.
    let mut holder = app.database.superuser().await;
    execute(&mut holder, "begin").await;
    execute(
        &mut holder,
        "lock table inbound_events in access exclusive mode",
    )
    .await;
    let mut clients = Vec::new();
    for number in 0..3 {
        let text = app
            .text_from(ANNE)
            .to(&hvac.number)
            .says(&format!("hello {number}"));
        let mut client = served.client().await;
        client.say(&wire(text.request()).await).await;
        clients.push(client);
    }
    app.until_somebody_waits_for_a_lock().await;
    app.state.tasks.stop();
    at_rest.is_closed().await;
    soon(async { while served.connect().await.is_ok() {} }).await;
    execute(&mut holder, "commit").await;
    for mut client in clients {
        let answer = soon(client.hear()).await.unwrap().expect("an answer");
        assert_eq!(answer.status, 200);
        client.is_closed().await;
    }
    soon(served.ended).await.unwrap().unwrap();
    let texts = "select count(*) from inbound_events where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&hvac, texts).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_answer_is_cut_when_the_server_stops() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "1000000")]).await;
    let hvac = app.subscriber("hvac").await;
    let served = serve(&app, Deadlines::default()).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut load = JoinSet::new();
    for number in 0..12 {
        let mut requests = Vec::new();
        for text in 0..400 {
            let from = format!("+1514555{number:02}{:02}", text % 100);
            let text = app.text_from(&from).to(&hvac.number).says("hello");
            requests.push(wire(text.request()).await);
        }
        let (address, answered) = (served.address, answered.clone());
        load.spawn(async move {
            let mut client = Client(TcpStream::connect(address).await.unwrap());
            for request in requests {
                // An error while sending, or an end before the first byte: it was not begun.
                if client.0.write_all(&request).await.is_err() {
                    return;
                }
                match client.hear().await {
                    Ok(Some(answer)) => assert_eq!(answer.status, 200, "{}", answer.body),
                    Ok(None) => return,
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
                    Err(error) => panic!("an answer was cut: {error}"),
                }
                answered.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    soon(async {
        while answered.load(Ordering::SeqCst) < 100 {
            tokio::task::yield_now().await
        }
    })
    .await;
    app.state.tasks.stop();
    soon(served.ended).await.unwrap().unwrap();
    soon(load.join_all()).await;
    let texts = "select count(*) from inbound_events where subscriber_id = $1";
    let handled = app.value::<i64>(&hvac, texts).await;
    assert!(handled < 4_800, "the load was over before the stop");
    assert_eq!(
        handled,
        i64::try_from(answered.load(Ordering::SeqCst)).unwrap()
    );
}

#[tokio::test]
async fn who_takes_longer_than_the_grace_is_cut_off() {
    let app = TestApp::start().await;
    let grace = Duration::from_millis(100);
    let served = serve(
        &app,
        Deadlines {
            grace,
            ..Deadlines::default()
        },
    )
    .await;
    let mut slow = served.client().await;
    slow.ask(HEALTH).await;
    slow.say(b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        .await;
    // The server has read that much once it answers somebody who came later.
    served.client().await.ask(HEALTH).await;
    app.state.tasks.stop();
    soon(served.ended).await.unwrap().unwrap();
    slow.is_closed().await;
}
