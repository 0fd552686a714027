//! Conversations, their sound and their black box, as the business's people see them.
mod black_box;
mod interactions;
mod recordings;
mod table;

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(interactions::router())
        .merge(recordings::router())
        .merge(black_box::router())
}
