//! All routers in one, and the sockets on which they are served.
mod docs;
mod document;
mod listen;
mod paced;

use std::{sync::Arc, time::Instant};

use axum::{Json, Router, extract::MatchedPath, http::Extensions, middleware, routing::get};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    admin,
    app::AppState,
    billing, deliveries, identity, inbox, insights, messaging, ops, people, safety, scheduling,
    settings, sms, traffic, voice,
    web::{
        body, cors, etag,
        flood::{self, Shield},
        layers, limits, request_id, security,
    },
    worker,
};

pub use document::document;
pub use listen::{Deadlines, serve, serve_with};

/// The routes that answer under `/api` and, for clients of the older systems, without it.
fn api() -> OpenApiRouter<AppState> {
    let programme = ops::Programme {
        schedules: Arc::new(worker::schedules()),
        started: Instant::now(),
    };
    OpenApiRouter::new()
        .merge(ops::router(programme))
        .merge(identity::router())
        .merge(settings::router())
        .merge(people::router())
        .merge(traffic::router())
        .merge(billing::router())
        .merge(scheduling::router())
        .merge(insights::router())
        .merge(sms::router())
        .merge(messaging::router())
        .merge(inbox::router())
        .merge(voice::router())
        .merge(safety::router())
        .merge(admin::router())
        .merge(deliveries::router())
}

/// Where providers call, under `/api` and without it. What they send is counted by its signature alone.
const PROVIDER_PATHS: [&str; 11] = [
    "/webhooks/twilio",
    "/webhooks/sms-inbound",
    "/webhooks/retell",
    "/webhooks/retell-inbound",
    "/webhooks/vapi",
    "/webhooks/calcom",
    "/webhooks/stripe",
    "/webhooks/resend",
    "/voice",
    "/retell",
    "/retell-webhook",
];

/// Whether the route that was found is one that a provider calls.
fn is_called_by_providers(request: &Extensions) -> bool {
    request
        .get::<MatchedPath>()
        .is_some_and(|path| is_provider_path(path.as_str()))
}

/// A path of the list, or one below it.
pub fn is_provider_path(path: &str) -> bool {
    let path = path.strip_prefix("/api").unwrap_or(path);
    PROVIDER_PATHS.iter().any(|known| {
        let rest = path.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The whole of the HTTP surface.
pub fn router(app: AppState) -> Router {
    let (api, _) = api().split_for_parts();
    let document = Arc::new(document());
    let settings = &app.settings;
    let shield = Shield::new(&app, is_called_by_providers);
    let insists_on_https = security::insists_on_https(settings);
    let cors = option_layer(cors::layer(&settings.network.cors_origins));
    Router::new()
        .merge(ops::metrics_router())
        .route("/openapi.json", get(async move || Json(document.clone())))
        .merge(docs::router())
        .merge(api.clone())
        .nest("/api", api)
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        // From the inside out: what stands lower sees a request earlier and its answer later.
        .layer(middleware::from_fn(etag::layer))
        .layer(CatchPanicLayer::custom(layers::answer_panic))
        .layer(middleware::from_fn(body::deadline))
        .layer(middleware::from_fn_with_state(
            is_called_by_providers as fn(&Extensions) -> bool,
            body::layer,
        ))
        .layer(middleware::from_fn_with_state(shield, flood::layer))
        .layer(middleware::from_fn(limits::layer))
        .layer(middleware::from_fn_with_state(app.clone(), layers::observe))
        .layer(cors)
        .layer(middleware::from_fn_with_state(
            insists_on_https,
            security::layer,
        ))
        .layer(middleware::from_fn(request_id::layer))
        .with_state(app)
}
