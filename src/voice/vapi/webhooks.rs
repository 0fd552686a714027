//! What Vapi posts to us, at one path or at one of a subscriber's own.
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{calls, inbound::assistant_request, normalise::Parties, tool_calls, transfer};
use crate::{
    app::AppState,
    inbound::{self, Connected, EventKey, Kept, Proof, Received, VapiBody, outcome_of},
    kernel::{ids::SubscriberId, phone::E164, text::sha256_hex},
    providers::vapi::{MessageKind, ParseError, ServerMessage},
    tenancy::directory::Key,
    traffic,
    voice::{
        intake::{Effect, take_in},
        resolve::{Owner, find_by, hinted},
    },
    web::{ApiError, Problem},
};

/// The paths that Vapi calls.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(vapi_message))
        .routes(routes!(vapi_message_of))
}

/// Receives what happened to a call, or answers who takes it, what tools come to, to whom it is put through.
#[utoipa::path(post, path = "/webhooks/vapi", tag = "providers", request_body(content = serde_json::Value),
    responses((status = 200, description = "the answer, if one is wanted"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn vapi_message(State(app): State<AppState>, body: VapiBody) -> Result<Response, ApiError> {
    handle(&app, &body).await
}

/// The same at the path of a subscriber's own.
#[utoipa::path(post, path = "/webhooks/vapi/{connection}", tag = "providers",
    request_body(content = serde_json::Value),
    params(("connection" = String, Path, description = "an own account's connection, or a subscriber's id")),
    responses((status = 200, description = "the answer, if one is wanted"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn vapi_message_of(
    State(app): State<AppState>,
    body: VapiBody,
) -> Result<Response, ApiError> {
    handle(&app, &body).await
}

async fn handle(app: &AppState, body: &VapiBody) -> Result<Response, ApiError> {
    let message = match ServerMessage::parse(&body.body) {
        Ok(message) => message,
        Err(ParseError::NotAnObject) => {
            inbound::count("vapi", "unknown", "rejected");
            return Err(ApiError::malformed(ParseError::NotAnObject.to_string()));
        }
        // It would come again, and read the same.
        Err(error) => {
            tracing::error!(provider = "vapi", "a message cannot be read: {error}");
            inbound::count("vapi", "unknown", "rejected");
            return Ok(Json(json!({})).into_response());
        }
    };
    let kind = message.kind.as_str();
    let (answer, outcome) = match message.kind {
        MessageKind::AssistantRequest => assistant_request(app, &message, body).await,
        MessageKind::ToolCalls => {
            let answer = tool_calls::call_tools(app, &message, body).await;
            (answer, "done")
        }
        MessageKind::TransferDestinationRequest => {
            transfer::transfer_destination(app, &message, body).await
        }
        // Chatter, most of it words of the call: nothing is kept of it.
        MessageKind::Other => (json!({}), "ignored"),
        MessageKind::StatusUpdate
        | MessageKind::EndOfCallReport
        | MessageKind::Hang
        | MessageKind::TransferUpdate => {
            let received = receive(app, &message, body).await;
            inbound::count("vapi", kind, outcome_of(&received));
            return received.map(|_| Json(json!({})).into_response());
        }
    };
    inbound::count("vapi", kind, outcome);
    Ok(Json(answer).into_response())
}

async fn receive(
    app: &AppState,
    message: &ServerMessage,
    body: &VapiBody,
) -> Result<Received, ApiError> {
    let key = key_of(message, &body.body, app.clock.now(), body.proof);
    if message.call_id().is_none() {
        tracing::error!(
            provider = "vapi",
            "a message names no call and is kept unread"
        );
        inbound::keep_unreadable(&app.db, &key, "it names no call").await?;
        return Ok(Received::Failed);
    }
    let owner = owner_of(app, message, body.connected, body.proof).await;
    take_in(app, &key, owner, false, message).await
}

/// Receives a message that was proved before, when it first came. Its path is forgotten: who was found by it is who it is
/// kept for, and of an own account's it was theirs.
pub async fn receive_raw(app: &AppState, kept: &Kept) -> Result<Received, ApiError> {
    let (raw, proof) = (&kept.raw_body, kept.proof());
    let message =
        ServerMessage::parse(raw).map_err(|error| ApiError::malformed(error.to_string()))?;
    let key = key_of(&message, raw, kept.received_at, proof);
    let connected = Connected(proof.own().map(|own| own.0));
    let owner = match kept.subscriber {
        Some(subscriber) => Some(subscriber),
        None => owner_of(app, &message, connected, proof).await?,
    };
    inbound::give_kept(&app.db, owner, &key).await?;
    take_in(app, &key, Ok(owner), true, &message).await
}

impl Effect for ServerMessage {
    async fn take_effect(
        &self,
        app: &AppState,
        subscriber: SubscriberId,
        key: &EventKey<'_>,
    ) -> Result<Received, traffic::Error> {
        calls::receive(&app.db, subscriber, key, self).await
    }
}

/// Everything that a message says about where it belongs: the path first, then what we gave the call to remember, the
/// number on our side, the assistant.
pub(in crate::voice) fn keys_of<'a>(
    message: &'a ServerMessage,
    connected: Connected,
    number: Option<&'a E164>,
) -> [Option<Key<'a>>; 9] {
    let [connection, subscriber] = connected.keys();
    let [by_id, by_older_id, by_slug] = hinted(message.subscriber_hint());
    [
        connection,
        subscriber,
        by_id,
        by_older_id,
        by_slug,
        message.number_id().map(Key::VapiNumber),
        number.map(Key::Number),
        message.assistant_id().map(Key::VapiAgent),
        number.map(Key::SharedDefault),
    ]
}

pub(super) async fn owner_of(
    app: &AppState,
    message: &ServerMessage,
    connected: Connected,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    let parties = Parties::of(message);
    let keys = keys_of(message, connected, parties.ours());
    Ok(match find_by(app, proof, &keys).await? {
        Owner::Subscriber(subscriber) => Some(subscriber),
        Owner::SharedDefault(default) => default,
        Owner::Nobody => None,
    })
}

fn key_of<'a>(
    message: &ServerMessage,
    raw: &'a [u8],
    received_at: DateTime<Utc>,
    proof: Proof,
) -> EventKey<'a> {
    EventKey {
        provider: "VAPI",
        external_id: external_id(message, raw),
        kind: message.kind.as_str(),
        raw,
        received_at,
        proof,
    }
}

/// What Vapi keeps the same when it sends a message again, and different for another one. Never a timestamp.
fn external_id(message: &ServerMessage, raw: &[u8]) -> String {
    let kind = message.kind.as_str();
    match (message.kind, message.call_id(), &message.status) {
        (MessageKind::EndOfCallReport, Some(id), _) => format!("{kind}:{id}"),
        (MessageKind::StatusUpdate, Some(id), Some(status)) => format!("{kind}:{id}:{status}"),
        _ => sha256_hex(raw),
    }
}
