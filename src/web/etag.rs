//! `ETag` and `If-None-Match`: what a dashboard has already is not sent again.
use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};

/// Longer answers are not worth holding and hashing: a page of 200 rows is far below.
const LIMIT: u64 = 1024 * 1024;

/// Gives JSON that was asked for with GET a tag of its bytes, and answers 304 to somebody who has them.
///
/// The tag is weak: a proxy may compress the bytes, and then drops or spoils a strong one. Streams and everything
/// whose length is not known pass through.
pub async fn layer(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let known: Vec<HeaderValue> = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .cloned()
        .collect();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let response = with_tag(response).await;
    match response.headers().get(header::ETAG) {
        Some(tag) if known.iter().any(|known| has(known, tag)) => not_modified(&response),
        _ => response,
    }
}

async fn with_tag(response: Response) -> Response {
    let is_short = response
        .body()
        .size_hint()
        .exact()
        .is_some_and(|length| length <= LIMIT);
    if response.headers().contains_key(header::ETAG) || !is_json(response.headers()) || !is_short {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A body of known length that is in memory does not fail; if it did, its end would be missing.
    let Ok(body) = body.collect().await else {
        return Response::from_parts(parts, Body::empty());
    };
    let bytes = body.to_bytes();
    let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..16]);
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{hash}\"")) {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

/// Whether the list of an `If-None-Match` names the tag; `*` names all.
fn has(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else {
        return false;
    };
    let tag = tag.trim_start_matches("W/");
    known
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*")
}

/// The headers of the answer, without those that tell of its body.
fn not_modified(response: &Response) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    *answer.headers_mut() = response.headers().clone();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        answer.headers_mut().remove(name);
    }
    answer
}
