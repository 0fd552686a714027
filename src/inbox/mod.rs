//! What the business's people do in conversations: what waits for them, and what they answer, note, assign, take over
//! and end.
//!
//! Owns no table: it puts together what `traffic`, `messaging` and `billing` keep. Every act is a line of the
//! interaction's black box; who was given a conversation stands in the audit log as well.
mod routes;
mod takeover;

pub use takeover::{ResumeDue, resume_due};

/// What the business's people call.
pub fn router() -> utoipa_axum::router::OpenApiRouter<crate::app::AppState> {
    routes::router().merge(takeover::router())
}
