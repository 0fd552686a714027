//! What Retell posts to us.
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    calls, chats,
    inbound::{__path_retell_inbound, retell_inbound},
    normalise::{Parties, is_final},
    tool_calls,
};
use crate::{
    app::AppState,
    inbound::{self, Claim, EventKey, Kept, Proof, Received, RetellBody, outcome_of},
    kernel::{db::TenantTx, ids::SubscriberId, text::hex},
    providers::retell::{CallEvent, CallEventKind, ChatEvent, WebhookEvent},
    traffic,
    voice::resolve::{Owner, Signs, find_owner},
    web::{ApiError, Problem},
};

/// Another event of the same new call may win the race to make it; then we begin again.
const TRIES: usize = 3;

/// The paths that Retell calls: today's and the two older ones.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(retell_inbound))
        .routes(routes!(retell_event))
        .route("/retell-webhook", post(retell_event))
        .route("/retell/webhook", post(retell_event))
}

/// Receives what happened to a call or chat (204), or runs a tool for an agent (200 with its answer).
#[utoipa::path(post, path = "/webhooks/retell", tag = "providers", request_body(content = serde_json::Value),
    responses((status = 200, description = "the answer of a tool"), (status = 204),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn retell_event(
    State(app): State<AppState>,
    RetellBody { body, proof }: RetellBody,
) -> Result<Response, ApiError> {
    let event = parse(&body).inspect_err(|_| inbound::count("retell", "unknown", "rejected"))?;
    if let WebhookEvent::Function(call) = &event {
        let answer = tool_calls::call_tool(&app, call, proof).await;
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
    let owner = owner_of(app, event, proof).await;
    let subscriber = owner.as_ref().ok().copied().flatten();
    let handled = async {
        let owner = owner?;
        if kept_since.is_none()
            && let Some(subscriber) = owner
            && let Some(kept) = inbound::pace(app, subscriber, &key).await?
        {
            return Ok(kept);
        }
        follow(app, owner, &key, event).await
    };
    inbound::own_or_answer(app, subscriber, &key, handled.await).await
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

async fn follow(
    app: &AppState,
    owner: Option<SubscriberId>,
    key: &EventKey<'_>,
    event: &WebhookEvent,
) -> Result<Received, ApiError> {
    if let WebhookEvent::UnreadableEvent(error) = event {
        tracing::error!(provider = "retell", "an event is kept unread: {error}");
        inbound::keep_unreadable(&app.db, key, &error.to_string()).await?;
        return Ok(Received::Failed);
    }
    let Some(subscriber) = owner else {
        inbound::keep_unrouted(&app.db, key).await?;
        return Ok(Received::Unrouted);
    };
    let mut handled = receive_once(app, subscriber, key, event).await;
    for _ in 1..TRIES {
        if !matches!(handled, Err(traffic::Error::Raced)) {
            break;
        }
        handled = receive_once(app, subscriber, key, event).await;
    }
    if matches!(handled, Err(traffic::Error::Cleared)) {
        return note_without_words(app, subscriber, key).await;
    }
    Ok(handled?)
}

/// News of a conversation whose words were taken away: it is noted that it came, and not what it says.
async fn note_without_words(
    app: &AppState,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
) -> Result<Received, ApiError> {
    let empty = EventKey {
        raw: b"",
        ..key.clone()
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let claim = inbound::claim(&mut tx, Some(subscriber), &empty).await?;
    tx.commit().await?;
    Ok(match claim {
        Claim::New => Received::Done,
        Claim::Duplicate => Received::Duplicate,
    })
}

async fn receive_once(
    app: &AppState,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
    event: &WebhookEvent,
) -> Result<Received, traffic::Error> {
    match event {
        WebhookEvent::Call(event) => calls::receive(&app.db, subscriber, key, event).await,
        WebhookEvent::Chat(event) => chats::receive(&app.db, subscriber, key, event).await,
        _ => Ok(Received::Done),
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
                CallEventKind::TranscriptUpdated => digest(raw),
                CallEventKind::TransferStarted
                | CallEventKind::TransferBridged
                | CallEventKind::TransferCancelled
                | CallEventKind::TransferEnded => {
                    let start = call.call.start_timestamp.map(|at| at.timestamp_millis());
                    let to = call.transfer_destination.as_ref();
                    // Ids go into the names of jobs, and a phone number has no business there.
                    let to = to.map(|to| digest(to.number.as_bytes()));
                    format!(
                        "{name}:{id}:{}:{}",
                        start.unwrap_or_default(),
                        to.unwrap_or_default()
                    )
                }
            }
        }
        WebhookEvent::Chat(chat) => format!("{}:{}", kind_of(event), chat.chat.chat_id),
        _ => digest(raw),
    }
}

fn digest(raw: &[u8]) -> String {
    hex(&Sha256::digest(raw))
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
