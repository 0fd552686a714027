//! The sockets: how many, how slow, and how they end.
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{
    paced::{Answering, Paced},
    router,
};
use crate::app::AppState;

/// How long a client may take, and how long we do.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For the head of a request, from its first byte.
    pub head: Duration,
    /// For a client to take any part of an answer.
    pub stall: Duration,
    /// Between two requests. Longer than the proxies before us wait (Render's 100 s), so that none sends on a
    /// connection that we are just closing.
    pub idle: Duration,
    /// For requests to end when the process stops.
    pub grace: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            grace: Duration::from_secs(10),
        }
    }
}

/// A head is a few hundred bytes; what is longer than this is answered 431.
const HEAD_LIMIT: usize = 64 * 1024;

/// Descriptors that are not connections of clients: the database's, providers', files.
const OTHER_DESCRIPTORS: u64 = 512;

/// So many refusals are spoken at once; with more, a connection is closed without a word.
const REFUSALS: usize = 64;

/// How long a refused client may take to read why.
const REFUSAL_DEADLINE: Duration = Duration::from_secs(2);

/// The problem of somebody for whom there is no room. No request was read, so there is no id of one.
const REFUSAL: &str = r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"too many connections are open","code":"unavailable","request_id":""}"#;

/// Serves until the application's tasks stop, then lets requests end.
pub async fn serve(app: AppState, listener: TcpListener) -> anyhow::Result<()> {
    serve_with(app, listener, Deadlines::default()).await
}

/// The same with other deadlines.
///
/// Above `LIMIT_CONNECTIONS` a new connection is refused with 503. It could wait instead, but who waits holds a socket
/// and learns nothing, while who is told comes again or goes to another replica: a provider does so by itself.
pub async fn serve_with(
    app: AppState,
    listener: TcpListener,
    deadlines: Deadlines,
) -> anyhow::Result<()> {
    let room = room(app.settings.limits.connections);
    let server = Arc::new(Server {
        router: router(app.clone()),
        app,
        deadlines,
    });
    let places = Arc::new(Semaphore::new(room));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    let mut open = JoinSet::new();
    let take_in = |open: &mut JoinSet<()>, stream: TcpStream, peer: SocketAddr| {
        if let Ok(place) = places.clone().try_acquire_owned() {
            open.spawn(server.clone().converse(stream, peer, place));
        } else if let Ok(place) = refusals.clone().try_acquire_owned() {
            open.spawn(refuse(stream, place));
        }
    };
    let stopping = server.app.tasks.clone();
    loop {
        tokio::select! {
            // Those that ended make room.
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => take_in(&mut open, stream, peer),
                Err(error) => wait_after(&error).await,
            },
            () = stopping.stopping() => break,
        }
    }
    // Who was connected before we stopped is served: the system has taken some in whom we did not look at yet.
    while let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await {
        take_in(&mut open, stream, peer);
    }
    drop(listener);
    let ended = async { while open.join_next().await.is_some() {} };
    if timeout(deadlines.grace, ended).await.is_err() {
        tracing::warn!(
            "{} connections that took longer than {} s are cut off",
            open.len(),
            deadlines.grace.as_secs()
        );
    }
    Ok(())
}

struct Server {
    router: Router,
    app: AppState,
    deadlines: Deadlines,
}

impl Server {
    /// One connection, from its first request to its last.
    async fn converse(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        _place: OwnedSemaphorePermit,
    ) {
        // An answer is written whole; waiting for more to send along would only delay it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("a connection was gone at once: {error}");
            return;
        }
        let Deadlines {
            head, stall, idle, ..
        } = self.deadlines;
        let answering = Answering::default();
        let stream = Paced::new(stream, answering.clone(), head, stall);
        let service = service_fn(|request: Request<Incoming>| {
            let (router, answering) = (self.router.clone(), answering.clone());
            answering.set(true);
            async move {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                let answer = router.oneshot(request).await;
                answering.set(false);
                answer.map_err(|never: Infallible| never)
            }
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(idle)
                .max_buf_size(HEAD_LIMIT)
                .serve_connection(TokioIo::new(stream), service)
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.app.tasks.stopping() => {
                // The request under way is answered, and the connection closed after it.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // A client that went away, or was too slow: nothing that an operator could mend.
        if let Err(error) = ended {
            tracing::debug!("a connection broke: {error}");
        }
    }
}

fn refusal() -> String {
    let length = REFUSAL.len();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 2\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{REFUSAL}"
    )
}

/// Says why, and waits until it was read: closing at once would take the words back.
async fn refuse(mut stream: TcpStream, _place: OwnedSemaphorePermit) {
    let told = async {
        stream.write_all(refusal().as_bytes()).await?;
        stream.shutdown().await?;
        let mut ignored = [0; 1024];
        while stream.read(&mut ignored).await? > 0 {}
        std::io::Result::Ok(())
    };
    // It is refused either way.
    let _ = timeout(REFUSAL_DEADLINE, told).await;
}

/// A client that went away meanwhile is no matter; without descriptors, a pause lets some come back.
async fn wait_after(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        return;
    }
    tracing::error!("no connection can be taken in: {error}");
    sleep(Duration::from_secs(1)).await;
}

/// How many connections there is room for: each needs a descriptor, of which the system often gives only 1,024 before
/// it is asked for more.
fn room(wanted: u32) -> usize {
    let needed = u64::from(wanted) + OTHER_DESCRIPTORS;
    let granted = rlimit::increase_nofile_limit(needed).unwrap_or(needed);
    let room = granted
        .saturating_sub(OTHER_DESCRIPTORS)
        .clamp(1, wanted.into());
    if room < u64::from(wanted) {
        tracing::warn!(
            "the system allows {granted} open files: {room} connections instead of {wanted} (LIMIT_CONNECTIONS)"
        );
    }
    usize::try_from(room).unwrap_or(usize::MAX)
}
