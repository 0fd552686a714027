//! Bodies and time: what a client may take of us.
use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Extensions, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::ApiError;

/// What a body of our own API may hold.
pub const API_LIMIT: usize = 1024 * 1024;

/// Who sends a body more slowly than this has another purpose; providers give up on us after 10 to 15 s.
const READ_DEADLINE: Duration = Duration::from_secs(10);

/// When an answer must have begun. Longer than the longest wait that is meant (25 s of a long poll), and than what a
/// statement may take. A stream that has begun may last.
const ANSWER_DEADLINE: Duration = Duration::from_secs(35);

/// Reads the body, whole, before anything else happens: a handler that holds a connection to the database never
/// waits for a client. Where providers call (`has_own_reader`), the extractor that checks the signature reads instead.
pub async fn layer(
    State(has_own_reader): State<fn(&Extensions) -> bool>,
    request: Request,
    next: Next,
) -> Response {
    if has_own_reader(request.extensions()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let declared = parts.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // Said honestly, so that nothing of it need be read.
    if declared.is_some_and(|length| length > API_LIMIT) {
        return ApiError::too_large(API_LIMIT).into_response();
    }
    match read(body, API_LIMIT).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(error) => error.into_response(),
    }
}

/// The whole body, if it is not too long and comes in time.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    read_within(body, limit, READ_DEADLINE).await
}

async fn read_within(body: Body, limit: usize, deadline: Duration) -> Result<Bytes, ApiError> {
    let reading = Limited::new(body, limit).collect();
    let Ok(read) = tokio::time::timeout(deadline, reading).await else {
        return Err(ApiError::malformed("the body came too slowly"));
    };
    match read {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::too_large(limit)),
        Err(_) => Err(ApiError::malformed("the body ended early")),
    }
}

/// Gives up on an answer that does not come; what it held is given back.
pub async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a request took longer than {} s", ANSWER_DEADLINE.as_secs());
            ApiError::unavailable().into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use axum::body::HttpBody;
    use hyper::body::Frame;

    use super::*;

    /// So many bytes, one at a time, and then silence.
    struct Trickle(usize);

    impl HttpBody for Trickle {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.0 == 0 {
                return Poll::Pending;
            }
            self.0 -= 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    async fn code_of(body: Body) -> &'static str {
        match read_within(body, 10, Duration::from_millis(20)).await {
            Err(ApiError::Client { code, .. }) => code,
            other => panic!("it was read: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_body_comes_in_time_and_within_its_limit_or_not_at_all() {
        assert_eq!(code_of(Body::new(Trickle(5))).await, "malformed");
        assert_eq!(code_of(Body::new(Trickle(11))).await, "body_too_large");
        let whole = read(Body::from("0123456789"), 10).await.unwrap();
        assert_eq!(whole, "0123456789");
    }
}
