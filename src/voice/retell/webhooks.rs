//! What Retell posts to us.
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    calls, chats,
    inbound::{__path_retell_inbound, retell_inbound},
    normalise::{Parties, is_final},
    tool_calls::{self, Asked},
};
use crate::{
    app::AppState,
    inbound::{self, EventKey, Kept, Proof, Received, RetellBody, outcome_of},
    kernel::{ids::SubscriberId, text::sha256_hex},
    providers::retell::{CallEvent, CallEventKind, ChatEvent, FunctionCall, WebhookEvent},
    traffic,
    voice::{
        intake::{Effect, take_in},
        resolve::{Owner, Signs, find_owner},
    },
    web::{ApiError, Problem},
};

/// The paths that Retell calls: today's and the two older ones.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(retell_inbound))
        .routes(routes!(retell_event))
        .routes(routes!(retell_tool))
        .route("/retell-webhook", post(retell_event))
        .route("/retell/webhook", post(retell_event))
}

/// Receives what happened to a call or chat (204), or runs a tool for an agent (200 with its answer).
#[utoipa::path(post, path = "/webhooks/retell", tag = "providers", request_body(content = serde_json::Value),
    responses((status = 200, description = "the answer of a tool"), (status = 204),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn retell_event(
    State(app): State<AppState>,
    RetellBody {
        body,
        proof,
        connected,
    }: RetellBody,
) -> Result<Response, ApiError> {
    let event = parse(&body).inspect_err(|_| inbound::count("retell", "unknown", "rejected"))?;
    if let WebhookEvent::Function(call) = &event {
        let asked = Asked {
            call,
            proof,
            connected,
            call_id: None,
        };
        let answer = tool_calls::call_tool(&app, &asked).await;
        inbound::count("retell", "tool_call", "done");
        return Ok(Json(answer).into_response());
    }
    if let WebhookEvent::UnreadableFunction(error) = &event {
        tracing::error!(
            provider = "retell",
            "a tool call cannot be answered: {error}"
        );
        inbound::count("retell", "tool_call", "rejected");
        return Ok(Json(tool_calls::not_understood()).into_response());
    }
    let received = receive(&app, &event, &body, None, proof).await;
    inbound::count("retell", kind_of(&event), outcome_of(&received));
    received.map(|_| StatusCode::NO_CONTENT.into_response())
}

/// The conversation of a body that names none; what stands behind the question mark is not signed, so it only says
/// which of the subscriber's own is meant.
#[derive(Deserialize)]
struct OfCall {
    call_id: Option<String>,
}

/// Runs a tool whose body is its arguments alone: the path says whose it is and which, `call_id` in which call.
#[utoipa::path(post, path = "/webhooks/retell/tools/{connection}/{name}", tag = "providers",
    request_body(content = serde_json::Value),
    params(("connection" = String, Path, description = "an own account's connection, or a subscriber's id"),
        ("name" = String, Path, description = "the tool"),
        ("call_id" = Option<String>, Query, description = "`{{call_id}}`, as Retell fills it in")),
    responses((status = 200, description = "the answer of the tool"), (status = "4XX", body = Problem),
        (status = 503, body = Problem)))]
async fn retell_tool(
    State(app): State<AppState>,
    path: Path<(String, String)>,
    query: Result<Query<OfCall>, QueryRejection>,
    RetellBody {
        body,
        proof,
        connected,
    }: RetellBody,
) -> Response {
    let Path((_, name)) = path;
    let answer = match FunctionCall::at_path(&name, &body) {
        Ok(call) => {
            let call_id = query.ok().and_then(|Query(of)| of.call_id);
            let asked = Asked {
                call: &call,
                proof,
                connected,
                call_id: call_id.as_deref(),
            };
            inbound::count("retell", "tool_call", "done");
            tool_calls::call_tool(&app, &asked).await
        }
        Err(error) => {
            tracing::error!(
                provider = "retell",
                "a tool call cannot be answered: {error}"
            );
            inbound::count("retell", "tool_call", "rejected");
            tool_calls::not_understood()
        }
    };
    Json(answer).into_response()
}

/// Receives an event that was proved before, when it first came: one whose handling failed by a fault of ours.
pub async fn receive_raw(app: &AppState, kept: &Kept) -> Result<Received, ApiError> {
    let (raw, received_at, proof) = (&kept.raw_body, kept.received_at, kept.proof());
    let event = parse(raw)?;
    // It may have failed before anybody knew whose it is.
    let owner = owner_of(app, &event, proof).await?;
    let key = key_of(&event, raw, received_at, proof);
    inbound::give_kept(&app.db, owner, &key).await?;
    receive(app, &event, raw, Some(received_at), proof).await
}

fn parse(body: &[u8]) -> Result<WebhookEvent, ApiError> {
    WebhookEvent::parse(body).map_err(|error| ApiError::malformed(error.to_string()))
}

/// `kept_since`: when an event that is taken up again came first.
async fn receive(
    app: &AppState,
    event: &WebhookEvent,
    raw: &[u8],
    kept_since: Option<DateTime<Utc>>,
    proof: Proof,
) -> Result<Received, ApiError> {
    let received_at = kept_since.unwrap_or_else(|| app.clock.now());
    let key = key_of(event, raw, received_at, proof);
    if let WebhookEvent::UnreadableEvent(error) = event {
        tracing::error!(provider = "retell", "an event is kept unread: {error}");
        inbound::keep_unreadable(&app.db, &key, &error.to_string()).await?;
        return Ok(Received::Failed);
    }
    let owner = owner_of(app, event, proof).await;
    take_in(app, &key, owner, kept_since.is_some(), event).await
}

fn key_of<'a>(
    event: &WebhookEvent,
    raw: &'a [u8],
    received_at: DateTime<Utc>,
    proof: Proof,
) -> EventKey<'a> {
    EventKey {
        provider: "RETELL",
        external_id: external_id(event, raw),
        kind: kind_of(event),
        raw,
        received_at,
        proof,
    }
}

impl Effect for WebhookEvent {
    async fn take_effect(
        &self,
        app: &AppState,
        subscriber: SubscriberId,
        key: &EventKey<'_>,
    ) -> Result<Received, traffic::Error> {
        match self {
            Self::Call(event) => calls::receive(&app.db, subscriber, key, event).await,
            Self::Chat(event) => chats::receive(&app.db, subscriber, key, event).await,
            _ => Ok(Received::Done),
        }
    }
}

async fn owner_of(
    app: &AppState,
    event: &WebhookEvent,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    match event {
        WebhookEvent::Call(event) => owner_of_call(app, event, proof).await,
        WebhookEvent::Chat(event) => owner_of_chat(app, event, proof).await,
        _ => Ok(None),
    }
}

async fn owner_of_call(
    app: &AppState,
    event: &CallEvent,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    let call = &event.call;
    let parties = Parties::of(call);
    let signs = Signs {
        proof,
        hint: call.subscriber_hint(),
        number: parties.ours(),
        agent: call.agent_id.as_deref(),
    };
    Ok(match find_owner(app, &signs).await? {
        Owner::Subscriber(subscriber) => Some(subscriber),
        // While the gatekeeper speaks nobody is chosen yet; only the end tells that nobody was.
        Owner::SharedDefault(_) if is_undecided(app, event) => None,
        Owner::SharedDefault(default) => default,
        Owner::Nobody => None,
    })
}

fn is_undecided(app: &AppState, event: &CallEvent) -> bool {
    let gatekeeper = app.settings.retell.gatekeeper_agent_id.as_deref();
    gatekeeper.is_some() && event.call.agent_id.as_deref() == gatekeeper && !is_final(event.kind)
}

async fn owner_of_chat(
    app: &AppState,
    event: &ChatEvent,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    let signs = Signs {
        proof,
        hint: event.chat.subscriber_hint(),
        number: None,
        agent: event.chat.agent_id.as_deref(),
    };
    Ok(match find_owner(app, &signs).await? {
        Owner::Subscriber(subscriber) => Some(subscriber),
        Owner::SharedDefault(_) | Owner::Nobody => None,
    })
}

/// What Retell keeps the same when it sends an event again, and different for another event.
fn external_id(event: &WebhookEvent, raw: &[u8]) -> String {
    match event {
        WebhookEvent::Call(call) => {
            let id = &call.call.call_id;
            let name = kind_of(event);
            match call.kind {
                CallEventKind::Started | CallEventKind::Ended | CallEventKind::Analyzed => {
                    format!("{name}:{id}")
                }
                CallEventKind::TranscriptUpdated => sha256_hex(raw),
                CallEventKind::TransferStarted
                | CallEventKind::TransferBridged
                | CallEventKind::TransferCancelled
                | CallEventKind::TransferEnded => {
                    let start = call.call.start_timestamp.map(|at| at.timestamp_millis());
                    let to = call.transfer_destination.as_ref();
                    // Ids go into the names of jobs, and a phone number has no business there.
                    let to = to.map(|to| sha256_hex(&to.number));
                    format!(
                        "{name}:{id}:{}:{}",
                        start.unwrap_or_default(),
                        to.unwrap_or_default()
                    )
                }
            }
        }
        WebhookEvent::Chat(chat) => format!("{}:{}", kind_of(event), chat.chat.chat_id),
        _ => sha256_hex(raw),
    }
}

fn kind_of(event: &WebhookEvent) -> &'static str {
    match event {
        WebhookEvent::Call(event) => event.kind.as_str(),
        WebhookEvent::Chat(event) => event.kind.as_str(),
        WebhookEvent::Function(_) | WebhookEvent::UnreadableFunction(_) => "tool_call",
        WebhookEvent::UnreadableEvent(_) => "unreadable",
        WebhookEvent::Unknown { .. } => "unknown",
    }
}
