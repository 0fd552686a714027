//! Letting a reply pass that wants approval (`APPROVE_FIRST_REPLY`). After the first one the receptionist goes on by
//! itself in that conversation.
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    model::TextStatus,
    queue::SendText,
    staff::{QueuedText, Words},
    store::approvals,
};
use crate::{
    identity::Caller,
    jobs,
    kernel::{db::TenantTx, ids::InteractionId},
    providers::twilio::segments,
    traffic::{self, Source},
    web::ApiError,
};

/// Sends the reply that waits in the conversation, in other words if some are given.
pub async fn approve(
    tx: &mut TenantTx,
    caller: &Caller,
    interaction: InteractionId,
    words: Option<&Words>,
    now: DateTime<Utc>,
) -> Result<QueuedText, ApiError> {
    let Some(held) = approvals::lock_held(tx, interaction).await? else {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "no reply waits for approval in this conversation",
        ));
    };
    let body = words.map_or(held.body.as_str(), Words::as_str);
    if body.is_empty() {
        // Of a subscriber that handles health data the words were not kept.
        return Err(ApiError::invalid(
            "text",
            "is needed: the draft was not kept",
        ));
    }
    approvals::approve(tx, &held, body, caller.user(), now).await?;
    jobs::enqueue(
        tx,
        &SendText {
            subscriber: caller.subscriber,
            outgoing: held.id,
        },
    );
    let detail =
        json!({"user_id": caller.user(), "outgoing_id": held.id, "is_changed": words.is_some()});
    traffic::trace(
        tx,
        interaction,
        Source::Staff,
        "reply.approved",
        detail,
        now,
    );
    Ok(QueuedText {
        id: held.id.0,
        interaction_id: interaction.0,
        status: TextStatus::Queued,
        segments: i64::from(segments::count(body).segments),
        price: None,
    })
}
