//! What is answered.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    deliveries::{
        model::{Delivery, DeliveryStatus, DisabledBecause, Endpoint, Error, Format, Schedule},
        service,
        signature::Secret,
        store::{self, ShownAttempt},
    },
    kernel::{
        db::TenantTx,
        ids::{DeliveryId, SubscriberId},
        page::{Cursor, Page},
    },
};

/// More attempts at one delivery than this are not shown: the last ones are.
const SHOWN_ATTEMPTS: i64 = 20;

/// An address that gets events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointView {
    pub id: Uuid,
    /// User and password in it are shown as `***`.
    pub url: String,
    /// Names, beginnings such as `call.*`, or `*`.
    pub events: Vec<String>,
    pub description: Option<String>,
    pub enabled: bool,
    pub format: Format,
    pub schedule: Schedule,
    /// Only when it was made: at creation and rotation.
    pub secret: Option<String>,
    /// Headers of your own, without their values.
    #[schema(value_type = BTreeMap<String, String>)]
    pub headers: BTreeMap<String, &'static str>,
    pub timeout_seconds: i32,
    /// Null: as many as the service allows.
    pub max_per_second: Option<i32>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_because: Option<DisabledBecause>,
    #[schema(value_type = Vec<String>)]
    pub warnings: Vec<&'static str>,
    pub created_at: DateTime<Utc>,
}

impl EndpointView {
    pub fn of(
        app: &App,
        subscriber: SubscriberId,
        endpoint: Endpoint,
        secret: Option<&Secret>,
    ) -> Result<Self, Error> {
        Ok(Self {
            id: endpoint.id.0,
            url: service::shown_url(&endpoint),
            headers: service::shown_headers(app, subscriber, &endpoint)?,
            warnings: service::warnings(&endpoint),
            events: endpoint.events,
            description: endpoint.description,
            enabled: endpoint.is_enabled,
            format: endpoint.format,
            schedule: endpoint.schedule,
            secret: secret.map(|secret| secret.text().expose_secret().to_owned()),
            timeout_seconds: endpoint.timeout_s,
            max_per_second: endpoint.per_second,
            disabled_at: endpoint.disabled_at,
            disabled_because: endpoint.disabled_because,
            created_at: endpoint.created_at,
        })
    }
}

/// All endpoints; there are few.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointList {
    pub data: Vec<EndpointView>,
    pub next_cursor: Option<String>,
}

/// One event to one endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub event_id: Uuid,
    pub event_type: String,
    pub status: DeliveryStatus,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last answer; null when there was none.
    pub last_status: Option<i32>,
    pub created_at: DateTime<Utc>,
    /// The last attempts, the oldest first.
    pub attempt_log: Vec<AttemptView>,
}

/// One request.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    pub at: DateTime<Utc>,
    pub number: i32,
    pub status: Option<i32>,
    pub duration_ms: i32,
    /// Its first 20 kB.
    pub response_body: Option<String>,
    /// `blocked_address`, `unknown_host`, `connection`, `tls`, `timeout`, `redirect` or `refused`; null: it arrived.
    pub error: Option<String>,
    /// As sent, secrets masked.
    #[schema(value_type = BTreeMap<String, String>)]
    pub request_headers: serde_json::Value,
}

/// A page of deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryList {
    pub data: Vec<DeliveryView>,
    pub next_cursor: Option<String>,
}

/// A page with the attempts of its deliveries; `rows` has one more than the page when there is another.
pub async fn page(
    tx: &mut TenantTx,
    rows: Vec<Delivery>,
    limit: i64,
) -> Result<DeliveryList, Error> {
    let page = Page::new(rows, limit, |delivery| Cursor {
        at: delivery.created_at,
        id: delivery.id.0,
    });
    Ok(DeliveryList {
        data: with_attempts(tx, page.data).await?,
        next_cursor: page.next_cursor,
    })
}

/// One delivery with its attempts.
pub async fn one(tx: &mut TenantTx, id: DeliveryId) -> Result<DeliveryView, Error> {
    let found = store::find_delivery(tx, id).await?;
    let delivery = found.ok_or(Error::NotFound)?;
    let mut views = with_attempts(tx, vec![delivery]).await?;
    views.pop().ok_or(Error::NotFound)
}

async fn with_attempts(
    tx: &mut TenantTx,
    deliveries: Vec<Delivery>,
) -> Result<Vec<DeliveryView>, Error> {
    let ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.id.0).collect();
    let mut logs: BTreeMap<DeliveryId, Vec<AttemptView>> = BTreeMap::new();
    for attempt in store::list_attempts(tx, &ids, SHOWN_ATTEMPTS).await? {
        logs.entry(attempt.delivery)
            .or_default()
            .push(attempt.into());
    }
    let views = deliveries.into_iter().map(|delivery| DeliveryView {
        id: delivery.id.0,
        endpoint_id: delivery.endpoint.0,
        event_id: delivery.event.0,
        event_type: delivery.event_type,
        status: delivery.status,
        attempts: delivery.attempts,
        next_attempt_at: delivery.next_attempt_at,
        last_status: delivery.last_status,
        created_at: delivery.created_at,
        attempt_log: logs.remove(&delivery.id).unwrap_or_default(),
    });
    Ok(views.collect())
}

impl From<ShownAttempt> for AttemptView {
    fn from(attempt: ShownAttempt) -> Self {
        Self {
            at: attempt.at,
            number: attempt.number,
            status: attempt.status,
            duration_ms: attempt.duration_ms,
            response_body: attempt.response_body,
            error: attempt.error,
            request_headers: attempt.request_headers,
        }
    }
}
