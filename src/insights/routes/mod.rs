//! The paths of insights.
mod admin;
mod analytics;
mod dashboard;

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(dashboard::router())
        .merge(analytics::router())
        .merge(admin::router())
}
