//! Texts that we send. **One** function decides whether a text goes out ([`sending::begin`]), in the transaction
//! that sets SENDING; everything else queues.
//!
//! A text is sent at most once per row of `outgoing_messages`. SENDING is written before the provider is called;
//! after an unknown outcome the provider is asked before a second try, and when in doubt nothing is sent.
pub mod appointments;
pub mod approval;
pub mod carrier;
mod forget;
mod jobs;
pub mod model;
mod outcome;
mod queue;
mod routes;
mod sending;
pub mod staff;
pub mod store;
mod webhooks;

pub use appointments::send_notice;
pub use forget::{ForgetText, forget_text, order_forgetting};
pub use jobs::send_text;
pub use model::{NewText, Purpose};
pub use queue::{SendText, queue};
pub use webhooks::text_status;

/// What Twilio and what the business's people call.
pub fn router() -> utoipa_axum::router::OpenApiRouter<crate::app::AppState> {
    webhooks::router().merge(routes::router())
}
