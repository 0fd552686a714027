//! Conversations by voice: what a carrier or an agent provider asks before a call and tells during and after it.
//!
//! Whoever waits on the line gets an answer inside a deadline, whatever is broken here. Events come in any order and
//! any number of times; they make one interaction (`news`). Each provider has its folder.
mod forwarding;
mod line;
mod news;
mod resolve;
mod retell;

pub use forwarding::{PlaceTestCall, place_test_call};
pub use retell::{ForgetConversation, Held, forget_conversation, receive_raw};

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// The paths that providers of voice call.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(retell::router())
        .merge(forwarding::router())
}
