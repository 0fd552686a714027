//! Around every request: its line in the log, its time in the metrics, an answer even when a handler panics.
use std::{any::Any, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{ApiError, request_id};
use crate::kernel::metrics::METRICS;

const PROBES: [&str; 4] = ["/health", "/ready", "/metrics", "/"];

/// Measures and logs: one line per request, with the matched route and never the raw path.
pub async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let begun = Instant::now();
    let span = tracing::info_span!("request", request.id = %request_id::current(), route);
    let response = next.run(request).instrument(span.clone()).await;
    let elapsed = begun.elapsed();
    METRICS
        .http_server_request_duration
        .with_label_values(&[route.as_str(), method.as_str(), response.status().as_str()])
        .observe(elapsed.as_secs_f64());
    let (_entered, status) = (span.entered(), response.status().as_u16());
    let duration_ms = elapsed.as_secs_f64() * 1e3;
    // Probes ask every few seconds; their lines would hide the others.
    if PROBES.contains(&route.as_str()) {
        tracing::debug!(status, duration_ms, "{method} {route} answered {status}");
    } else {
        tracing::info!(status, duration_ms, "{method} {route} answered {status}");
    }
    response
}

/// What a panic of a handler is answered with; its words go to the log alone.
pub fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    ApiError::Internal(anyhow::anyhow!("a handler panicked: {text}")).into_response()
}

/// There is no such path.
pub async fn not_found() -> ApiError {
    ApiError::not_found()
}

/// There is, but not for this method.
pub async fn method_not_allowed() -> ApiError {
    ApiError::client(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path has other methods",
    )
}
