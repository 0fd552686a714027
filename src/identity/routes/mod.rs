//! The paths of sign-in.
mod me;

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// Everything that a person does for herself, and the public keys.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(me::router())
}
