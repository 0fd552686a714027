//! Which pages may call us from a browser.
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{
    limits::{RATE_LIMIT, RATE_LIMIT_POLICY},
    request_id,
};

/// How long a browser may remember the answer; no browser does so for longer than two hours.
const REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);

/// Lets the pages of these origins call us and read what a client needs; nothing where the list is empty.
///
/// Never with credentials: who calls shows a bearer token, and no request is authorised by a cookie of another site.
/// Routes that any page may call (chats) get a layer of their own on their own router: the innermost one answers.
pub fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_NONE_MATCH,
                HeaderName::from_static("idempotency-key"),
                request_id::HEADER,
            ])
            .expose_headers([
                request_id::HEADER,
                RATE_LIMIT,
                RATE_LIMIT_POLICY,
                header::ETAG,
                header::RETRY_AFTER,
                header::CONTENT_DISPOSITION,
                super::csv::NEXT_CURSOR,
            ])
            .max_age(REMEMBERED),
    )
}
