//! One request to a provider and what it tells us for certain.
//!
//! Most of what we ask of providers is not idempotent, so the useful question after a failure is not "what went wrong"
//! but "can it have happened": [`Failure`] answers that, and every client builds its own error on it.
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode, header::HeaderMap};
use serde::de::DeserializeOwned;

use super::Pulse;

/// A whole answer of a provider, of any status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

/// Why there is no whole answer.
pub(super) enum Failure {
    /// The request never left: no connection was made.
    NotSent(reqwest::Error),
    /// The request may have been carried out; the text says how the answer was lost.
    NoAnswer(&'static str),
}

/// The longest answer that we read: a whole chat with its tool calls is far below it.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Sends a request and reads its answer to the end, all within `deadline`; says to `pulse` how it went.
pub(super) async fn run(
    request: RequestBuilder,
    deadline: Duration,
    pulse: &Pulse,
) -> Result<Answer, Failure> {
    let outcome = exchange(request.timeout(deadline)).await;
    pulse.note(&outcome);
    outcome
}

async fn exchange(request: RequestBuilder) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(failure)?;
    let status = response.status();
    let headers = response.headers().clone();
    let retry_after = retry_after(&headers);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Failure::NoAnswer("answered without end"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        retry_after,
        headers,
        body,
    })
}

impl Answer {
    /// Reads the body as JSON. What serde has to say about a misfit is dropped: it quotes the body.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as it came.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.body
    }
}

/// Without its URL, because a query string can hold phone numbers, and errors are logged.
fn failure(error: reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent(error.without_url())
    } else if error.is_timeout() {
        Failure::NoAnswer("timed out")
    } else {
        Failure::NoAnswer("connection lost")
    }
}

/// Reads `Retry-After` in seconds. Its other form, a date, would need a clock and counts as absent.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// Providers for the tests of clients: an axum router on a port of its own.
#[cfg(test)]
pub(super) mod testing {
    use axum::Router;
    use tokio::net::{TcpListener, TcpSocket};

    /// Serves until the test's runtime ends; gives the base URL.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server lives exactly as long as the runtime of its test"
    )]
    pub(in crate::providers) async fn serve(router: Router) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        base_url
    }

    /// A base URL where nobody listens. The socket keeps its port from other tests for as long as it is held.
    pub(in crate::providers) fn nobody() -> (String, TcpSocket) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        (format!("http://{}", socket.local_addr().unwrap()), socket)
    }

    /// A client without the machine's proxy settings.
    pub(in crate::providers) fn http() -> reqwest::Client {
        reqwest::Client::builder().no_proxy().build().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_and_a_date_is_not() {
        let cases = [
            ("7", Some(7)),
            ("0", Some(0)),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("-1", None),
            ("soon", None),
        ];
        for (text, expected) in cases {
            let headers =
                HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(
                retry_after(&headers),
                expected.map(Duration::from_secs),
                "{text}"
            );
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
