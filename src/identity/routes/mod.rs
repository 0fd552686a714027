//! The paths of sign-in.
mod keys;
mod me;
mod sessions;
mod sign_in;

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

pub use me::{SubscriberView, UserView};

/// Everything that a person does for herself, keys for tools, and the public keys.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(sign_in::router())
        .merge(me::router())
        .merge(sessions::router())
        .merge(keys::router())
}
