//! What Cal.com posts to us. A webhook that we made has a path and a secret of its own, and acts for its subscriber
//! alone; one that somebody made by hand comes on the bare path under `CALCOM_WEBHOOK_SECRET`, and its host decides.
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, Utc};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    jobs::FetchBooking,
    model::ConnectionState,
    news::{self, Applied, News, Told},
    store::{bookings, connections},
    tokens,
};
use crate::{
    app::{App, AppState},
    inbound::{self, Claim, EventKey, Kept, Proof, Received, outcome_of},
    jobs,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
        text::sha256_hex,
    },
    providers::calcom::{Booking, WebhookEvent, signature},
    scheduling,
    tenancy::{
        directory::{self, Entry, Key},
        privacy,
    },
    web::{ApiError, Problem, body},
};

/// A booking with its answers is a few kilobytes.
const LIMIT: usize = 1024 * 1024;

const PROVIDER: &str = "CALCOM";

/// The paths that Cal.com calls.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(calcom_event))
        .routes(routes!(calcom_event_of_connection))
}

/// News of a booking, from a webhook that somebody made by hand.
#[utoipa::path(post, path = "/webhooks/calcom", tag = "providers", request_body(content = serde_json::Value),
    responses((status = 200), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn calcom_event(
    State(app): State<AppState>,
    headers: HeaderMap,
    unread: axum::body::Body,
) -> Result<StatusCode, ApiError> {
    let secrets = &app.settings.calcom.webhook_secrets;
    if secrets.is_empty() {
        return Err(ApiError::provider_not_configured("Cal.com"));
    }
    let raw = body::read(unread, LIMIT).await?;
    if !signature::is_valid(secrets, signed(&headers), &raw) {
        return Err(rejected(ApiError::invalid_signature()));
    }
    receive_proved(&app, &raw, Proof::Platform).await
}

/// News of a booking, from the webhook that we made for one calendar.
#[utoipa::path(post, path = "/webhooks/calcom/{connection}", tag = "providers",
    params(("connection" = Uuid, Path)), request_body(content = serde_json::Value),
    responses((status = 200), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn calcom_event_of_connection(
    State(app): State<AppState>,
    Path(connection): Path<String>,
    headers: HeaderMap,
    unread: axum::body::Body,
) -> Result<StatusCode, ApiError> {
    if app.calcom.is_none() {
        return Err(ApiError::provider_not_configured("Cal.com"));
    }
    let raw = body::read(unread, LIMIT).await?;
    let owner = prove(&app, &connection, signed(&headers), &raw).await?;
    let owner = owner.ok_or_else(|| rejected(ApiError::invalid_signature()))?;
    receive_proved(&app, &raw, Proof::Own(owner)).await
}

fn signed(headers: &HeaderMap) -> &str {
    let header = headers.get(signature::HEADER);
    header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn rejected(error: ApiError) -> ApiError {
    inbound::count("calcom", "unknown", "rejected");
    error
}

/// Whose connection the path names, if its secret signed the body. A path that is nobody's is told the same as a
/// signature that is wrong.
async fn prove(
    app: &App,
    connection: &str,
    header: &str,
    raw: &[u8],
) -> Result<Option<SubscriberId>, ApiError> {
    let Ok(id) = connection.parse::<Uuid>() else {
        return Ok(None);
    };
    let found = directory::find(&app.db, &[Key::CalcomConnection(id)]).await?;
    let Some(Entry {
        subscriber: Some(subscriber),
        ..
    }) = found.into_iter().flatten().next()
    else {
        return Ok(None);
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let connection = connections::find(&mut tx).await?;
    tx.end_reading();
    let Some(connection) = connection.filter(|connection| {
        connection.id == id && connection.state != ConnectionState::Disconnected
    }) else {
        return Ok(None);
    };
    let Some(sealed) = connection.webhook_secret_sealed else {
        return Ok(None);
    };
    let place = tokens::place(subscriber, &id, "webhook_secret_sealed");
    let secret = app.keyring.open(&place, &sealed);
    let secret = secret.map_err(|error| ApiError::Internal(error.into()))?;
    let is_proved = signature::is_valid(&[secret], header, raw);
    Ok(is_proved.then_some(subscriber))
}

async fn receive_proved(app: &AppState, raw: &[u8], proof: Proof) -> Result<StatusCode, ApiError> {
    let event = parse(raw).map_err(rejected)?;
    let received = receive(app, &event, raw, None, proof).await;
    inbound::count("calcom", kind_of(&event), outcome_of(&received));
    received.map(|_| StatusCode::OK)
}

/// Receives an event that was proved before, when it first came.
pub async fn receive_raw(app: &AppState, kept: &Kept) -> Result<Received, ApiError> {
    let (raw, received_at, proof) = (&kept.raw_body, kept.received_at, kept.proof());
    let event = parse(raw)?;
    let owner = owner_of(app, &event, proof).await?;
    inbound::give_kept(&app.db, owner, &key_of(&event, raw, received_at, proof)).await?;
    receive(app, &event, raw, Some(received_at), proof).await
}

fn parse(raw: &[u8]) -> Result<WebhookEvent, ApiError> {
    WebhookEvent::parse(raw).map_err(|error| ApiError::malformed(error.to_string()))
}

/// `kept_since`: when an event that is taken up again came first.
async fn receive(
    app: &AppState,
    event: &WebhookEvent,
    raw: &[u8],
    kept_since: Option<DateTime<Utc>>,
    proof: Proof,
) -> Result<Received, ApiError> {
    if let WebhookEvent::Other { .. } = event {
        return Ok(Received::Done);
    }
    let received_at = kept_since.unwrap_or_else(|| app.clock.now());
    let key = key_of(event, raw, received_at, proof);
    let owner = owner_of(app, event, proof).await;
    let subscriber = owner.as_ref().ok().copied().flatten();
    let handled = async {
        let Some(subscriber) = owner? else {
            inbound::keep_unrouted(&app.db, &key).await?;
            return Ok(Received::Unrouted);
        };
        if kept_since.is_none()
            && let Some(kept) = inbound::pace(app, subscriber, &key).await?
        {
            return Ok(kept);
        }
        follow(app, subscriber, &key, event).await
    };
    inbound::own_or_answer(app, subscriber, &key, handled.await).await
}

async fn follow(
    app: &AppState,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
    event: &WebhookEvent,
) -> Result<Received, ApiError> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let keeps_words = privacy::keeps_words(&mut tx).await?;
    let kept = key.as_kept_for(keeps_words);
    if inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    if let Some(news) = news_of(event) {
        let applied = news::apply(&mut tx, &news, app.clock.now()).await;
        match applied.map_err(internal)? {
            Applied::Unknown => {
                // Who came to a booking that we do not know: the booking itself tells more.
                let uid = news.uid().to_owned();
                jobs::enqueue(&mut tx, &FetchBooking { subscriber, uid });
            }
            Applied::Done | Applied::Stale | Applied::NotConnected => {}
        }
    }
    tx.commit().await?;
    Ok(Received::Done)
}

fn internal(error: scheduling::Error) -> ApiError {
    match error {
        scheduling::Error::Database(error) => error.into(),
        other => ApiError::Internal(other.into()),
    }
}

fn news_of(event: &WebhookEvent) -> Option<News> {
    let (booking, told) = match event {
        WebhookEvent::NoShow(news) => {
            return Some(News::NoShow {
                uid: news.uid.clone(),
                is_absent: news.is_absent,
            });
        }
        WebhookEvent::MeetingEnded(booking) => (booking, Told::Ended),
        _ => (event.booking()?, Told::Standing),
    };
    Some(News::Booking(Box::new(booking.clone()), told))
}

fn key_of<'a>(
    event: &'a WebhookEvent,
    raw: &'a [u8],
    received_at: DateTime<Utc>,
    proof: Proof,
) -> EventKey<'a> {
    EventKey {
        provider: PROVIDER,
        external_id: external_id(event, raw),
        kind: kind_of(event),
        raw,
        received_at,
        proof,
    }
}

/// The same news may come from two webhooks, with other ids of Cal.com's beside them.
fn external_id(event: &WebhookEvent, raw: &[u8]) -> String {
    let booking = event.booking();
    match booking.and_then(|booking| Some((&booking.uid, booking.updated_at?))) {
        Some((uid, said_at)) => {
            format!("{}:{uid}:{}", event.trigger(), said_at.timestamp_millis())
        }
        None => sha256_hex(raw),
    }
}

/// Ours and finite, because it labels a metric.
fn kind_of(event: &WebhookEvent) -> &'static str {
    match event {
        WebhookEvent::Created(_) => "BOOKING_CREATED",
        WebhookEvent::Requested(_) => "BOOKING_REQUESTED",
        WebhookEvent::Rescheduled(_) => "BOOKING_RESCHEDULED",
        WebhookEvent::Cancelled(_) => "BOOKING_CANCELLED",
        WebhookEvent::Rejected(_) => "BOOKING_REJECTED",
        WebhookEvent::MeetingEnded(_) => "MEETING_ENDED",
        WebhookEvent::NoShow(_) => "BOOKING_NO_SHOW_UPDATED",
        WebhookEvent::Other { .. } => "unknown",
    }
}

/// Whose calendar it is: on the bare path by its host, else by the booking, else by what we wrote into it. A host of a
/// team may be somebody whom nobody connected.
async fn owner_of(
    app: &App,
    event: &WebhookEvent,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    if let Some(own) = proof.own() {
        return Ok(Some(own));
    }
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    let owner = find_owner(&mut tx, event).await?;
    tx.commit().await?;
    Ok(owner)
}

async fn find_owner(tx: &mut SystemTx, event: &WebhookEvent) -> sqlx::Result<Option<SubscriberId>> {
    let booking = event.booking();
    if let Some(Booking { host, .. }) = booking {
        let (name, email) = (host.username.as_deref(), host.email.as_deref());
        let named = connections::find_host(tx, host.id, name, email).await?;
        if let Some(named) = named {
            return Ok(Some(named.subscriber));
        }
    }
    let before = booking.and_then(|booking| booking.moved_from.as_deref());
    for uid in event.uid().into_iter().chain(before) {
        let owner = bookings::find_owner(tx, uid).await?;
        if owner.is_some() {
            return Ok(owner);
        }
    }
    let written = booking.and_then(named_in);
    match written {
        Some(subscriber) if connections::is_connected(tx, subscriber).await? => {
            Ok(Some(subscriber))
        }
        _ => Ok(None),
    }
}

/// Whom the booking's metadata names; in a word that is older than ours as well.
fn named_in(booking: &Booking) -> Option<SubscriberId> {
    let mut names = ["subscriber_id", "tenant_id"].into_iter();
    names.find_map(|name| booking.metadata.get(name)?.parse().ok())
}
