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
    let reading = Limited::new(body, limit).collect();
    let Ok(read) = tokio::time::timeout(READ_DEADLINE, reading).await else {
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
