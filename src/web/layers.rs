//! Around every request: its line in the log, its time in the metrics, an answer even when a handler panics.
use std::{any::Any, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{ApiError, InternalCause, request_id};
use crate::{
    app::AppState,
    kernel::{
        faults::{Fault, Source},
        metrics::METRICS,
    },
};

const PROBES: [&str; 4] = ["/health", "/ready", "/metrics", "/"];

/// Measures and logs: one line per request, with the matched route and never the raw path.
/// An answer of 500 leaves a note for the error log.
pub async fn observe(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let begun = Instant::now();
    let span = tracing::info_span!("request", request.id = %request_id::current(), route);
    let response = next.run(request).instrument(span.clone()).await;
    let elapsed = begun.elapsed();
    METRICS
        .http_server_request_duration
        .with_label_values(&[route.as_str(), method, response.status().as_str()])
        .observe(elapsed.as_secs_f64());
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        let cause = response.extensions().get::<InternalCause>();
        app.faults.note(Fault {
            source: Source::Request,
            place: format!("{method} {route}"),
            what: cause.map_or_else(String::new, |cause| cause.0.clone()),
            subscriber: None,
            request_id: Some(request_id::current()),
            at: app.clock.now(),
        });
    }
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

/// Any token is a method, and every new label is kept for ever: what no route has is one label.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// What a panic of a handler is answered with; its words go to the log alone.
pub fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    let error = anyhow::anyhow!("a handler panicked: {text}");
    let mut response = ApiError::Internal(error).into_response();
    // A literal message is ours; a formatted one may hold what a person wrote.
    if panic.is::<String>() {
        let cause = InternalCause("a handler panicked".to_owned());
        response.extensions_mut().insert(cause);
    }
    response
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
