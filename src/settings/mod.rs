//! What a business sets: the routes of its settings. Who may change what is said at each of them.
//!
//! The tables are those of `tenancy`, which stands above sign-in and knows nobody; this room knows who asks.
mod privacy;
mod providers;

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// All settings.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(providers::router())
        .merge(privacy::router())
}
