//! `/docs`: the OpenAPI document for people, from files in the binary. Nothing is fetched from elsewhere.
use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_swagger_ui::Config;

use crate::web::ApiError;

/// Scripts, styles and data of our own alone, and nothing inline; the pictures of the styles are in them.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The files change with a release, and no more.
const CACHING: HeaderValue = HeaderValue::from_static("public, max-age=3600");

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::new(["/openapi.json"]);
    // The usual one sends the document to a stranger who says whether it is valid.
    Arc::new(config.validator_url("none").use_base_layout())
});

pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/docs", get(async || file("index.html")))
        .route("/docs/", get(async || file("index.html")))
        .route(
            "/docs/{file}",
            get(async |Path(name): Path<String>| file(&name)),
        )
}

fn file(name: &str) -> Result<Response, ApiError> {
    let found = utoipa_swagger_ui::serve(name, CONFIG.clone());
    let found = found.map_err(|error| ApiError::Internal(anyhow::anyhow!("/docs: {error}")))?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let bytes = if name == "index.html" {
        // So that it finds its files with and without a slash at the end of its own path.
        String::from_utf8_lossy(&found.bytes)
            .replace("\"./", "\"/docs/")
            .replace("\"index.css", "\"/docs/index.css")
            .into_bytes()
    } else {
        found.bytes.into_owned()
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, CACHING),
    ];
    let content_type = [(header::CONTENT_TYPE, found.content_type)];
    Ok((headers, content_type, bytes).into_response())
}
