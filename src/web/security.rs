//! What every answer tells a browser not to do.
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::kernel::config::{AppEnv, Settings};

/// For data: whoever opens it in a browser gets text that can load, run and frame nothing.
const DATA: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// May be kept by the caller's own browser, but is asked for again each time.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Whether we are reached by HTTPS for good, so that browsers may insist on it.
pub fn insists_on_https(settings: &Settings) -> bool {
    settings.env == AppEnv::Production && settings.public_url.starts_with("https://")
}

/// Adds to every answer what its handler did not say itself.
pub async fn layer(State(insists_on_https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut say = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    say(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    say(header::CONTENT_SECURITY_POLICY, DATA);
    say(header::X_FRAME_OPTIONS, DENY);
    say(header::REFERRER_POLICY, NO_REFERRER);
    say(RESOURCE_POLICY, SAME_ORIGIN);
    if insists_on_https {
        say(header::STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    let caching = caching(headers);
    headers.entry(header::CACHE_CONTROL).or_insert(caching);
    response
}

/// Nothing of ours is kept on the way or on a shared machine; what has an ETag may be compared.
fn caching(headers: &HeaderMap) -> HeaderValue {
    if headers.contains_key(header::ETAG) {
        ASK_AGAIN
    } else {
        NO_STORE
    }
}
