//! What Twilio tells of the texts that we sent.
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    routing::post,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    model::TextStatus,
    outcome,
    store::{self, Told},
};
use crate::{
    app::AppState,
    inbound::{self, Claim, EventKey, Proof, TwilioForm},
    kernel::{
        db::TenantTx,
        ids::{OutgoingId, SubscriberId},
        phone::E164,
    },
    providers::twilio::{MessageStatus, MessageStatusCallback},
    tenancy::directory::{self, Key},
    web::{ApiError, Problem},
};

/// The paths on which Twilio reports.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(text_status))
        .route("/webhooks/twilio/status", post(text_status))
}

/// A callback's URL, which is signed with the rest, names whose text it is.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
pub struct CallbackQuery {
    subscriber: Option<SubscriberId>,
    message: Option<OutgoingId>,
}

/// Follows a text to its end. Statuses come late, twice and in any order: only a later one counts.
#[utoipa::path(post, path = "/webhooks/twilio/sms/status", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn text_status(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    proved: TwilioForm,
) -> Result<StatusCode, ApiError> {
    let callback = MessageStatusCallback::parse(&proved.form).map_err(|error| {
        inbound::count("twilio", "text.status", "rejected");
        ApiError::malformed(error.to_string())
    })?;
    let query = read_query(query.as_deref().unwrap_or_default());
    let event = EventKey {
        provider: "TWILIO",
        external_id: format!("{}:{:?}", callback.message_sid, callback.status),
        kind: "text.status",
        raw: &proved.raw,
        received_at: app.clock.now(),
        proof: proved.proof,
    };
    let Some(subscriber) = find_subscriber(&app, query, &proved).await? else {
        inbound::keep_unrouted(&app.db, &event).await?;
        inbound::count("twilio", "text.status", "unrouted");
        return Ok(StatusCode::NO_CONTENT);
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let claim = inbound::claim(&mut tx, Some(subscriber), &event).await?;
    if claim == Claim::New
        && let Some(told) = store::lock_told(&mut tx, query.message, &callback.message_sid).await?
        // A text that the platform's account has is nothing that an own secret could tell of.
        && (proved.proof == Proof::Platform || told.account_id.is_some())
    {
        follow(&mut tx, &app, &told, &callback).await?;
    }
    tx.commit().await?;
    let outcome = if claim == Claim::New {
        "done"
    } else {
        "duplicate"
    };
    inbound::count("twilio", "text.status", outcome);
    Ok(StatusCode::NO_CONTENT)
}

/// A query of ours, or none: Twilio may also call a number's own callback without one.
fn read_query(query: &str) -> CallbackQuery {
    let value = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map(|pair| pair.1)
    };
    CallbackQuery {
        subscriber: value("subscriber").and_then(|id| id.parse().ok()),
        message: value("message").and_then(|id| id.parse().ok()),
    }
}

/// The URL's subscriber if it is one of ours, else whose number the text was sent from. What a subscriber's own secret
/// proved names nobody else, and no number that several share.
async fn find_subscriber(
    app: &AppState,
    query: CallbackQuery,
    proved: &TwilioForm,
) -> Result<Option<SubscriberId>, ApiError> {
    let from = proved
        .form
        .get("From")
        .map_err(|error| ApiError::malformed(error.to_string()))?;
    let from = from.and_then(E164::of_caller);
    let mut keys: Vec<Key<'_>> = query.subscriber.map(Key::Subscriber).into_iter().collect();
    keys.extend(from.as_ref().map(Key::Number));
    let found = directory::find(&app.db, &keys).await?;
    let mut known = found.iter().flatten();
    if !known.all(|entry| proved.proof.admits(entry.subscriber)) {
        return Ok(None);
    }
    Ok(found
        .into_iter()
        .flatten()
        .find_map(|entry| entry.subscriber))
}

async fn follow(
    tx: &mut TenantTx,
    app: &AppState,
    told: &Told,
    callback: &MessageStatusCallback,
) -> Result<(), ApiError> {
    // Also `queued` proves that Twilio has the text, whose answer may have been lost.
    store::set_provider_id(tx, told.id, &callback.message_sid).await?;
    let Some(status) = status_of(callback.status) else {
        return Ok(());
    };
    if rank(status) <= rank(told.status) {
        return Ok(());
    }
    let now = app.clock.now();
    match status {
        TextStatus::Undelivered | TextStatus::Failed => {
            if let Some(text) = store::lock_candidate(tx, told.id, now).await? {
                outcome::fail(tx, told.id, &text, status, callback.error_code, now).await?;
            }
        }
        _ => store::set_status(tx, told.id, status).await?,
    }
    Ok(())
}

fn status_of(status: MessageStatus) -> Option<TextStatus> {
    match status {
        MessageStatus::Sent => Some(TextStatus::Sent),
        MessageStatus::Delivered => Some(TextStatus::Delivered),
        MessageStatus::Undelivered => Some(TextStatus::Undelivered),
        MessageStatus::Failed | MessageStatus::Canceled => Some(TextStatus::Failed),
        MessageStatus::Accepted
        | MessageStatus::Scheduled
        | MessageStatus::Queued
        | MessageStatus::Sending
        | MessageStatus::Other => None,
    }
}

/// Of two endings the first one counts.
fn rank(status: TextStatus) -> u8 {
    match status {
        TextStatus::Queued => 0,
        TextStatus::Sending => 1,
        TextStatus::Sent => 2,
        TextStatus::Delivered
        | TextStatus::Undelivered
        | TextStatus::Failed
        | TextStatus::Suppressed => 3,
    }
}
