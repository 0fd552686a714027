//! Deliveries, as they are looked at.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{DeliveryId, EndpointId, EventId},
};

use super::super::model::{Delivery, DeliveryStatus};

/// Which deliveries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub endpoint: Option<EndpointId>,
    pub status: Option<DeliveryStatus>,
    pub event_type: Option<String>,
    /// Only those before this one.
    pub before: Option<DeliveryId>,
}

/// The newest first: their ids are in the order of their events.
pub async fn list_deliveries(
    tx: &mut TenantTx,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<Delivery>> {
    sqlx::query_as!(
        Delivery,
        r#"
        select id as "id: DeliveryId", endpoint_id as "endpoint: EndpointId", event_id as "event: EventId", event_type,
               status as "status: DeliveryStatus", attempts, next_attempt_at, last_status, created_at
          from webhook_deliveries
         where subscriber_id = $1 and ($2::uuid is null or endpoint_id = $2) and ($3::text is null or status = $3)
           and ($4::text is null or event_type = $4) and ($5::uuid is null or id < $5)
         order by id desc
         limit $6
        "#,
        tx.subscriber() as _,
        filter.endpoint as _,
        filter.status as _,
        filter.event_type,
        filter.before as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn find_delivery(tx: &mut TenantTx, id: DeliveryId) -> sqlx::Result<Option<Delivery>> {
    sqlx::query_as!(
        Delivery,
        r#"
        select id as "id: DeliveryId", endpoint_id as "endpoint: EndpointId", event_id as "event: EventId", event_type,
               status as "status: DeliveryStatus", attempts, next_attempt_at, last_status, created_at
          from webhook_deliveries where subscriber_id = $1 and id = $2
        "#,
        tx.subscriber() as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// An attempt, as it is shown.
#[derive(Clone, Debug)]
pub struct ShownAttempt {
    pub delivery: DeliveryId,
    pub number: i32,
    pub at: DateTime<Utc>,
    pub status: Option<i32>,
    pub duration_ms: i32,
    pub response_body: Option<String>,
    pub error: Option<String>,
    pub request_headers: serde_json::Value,
}

/// The last attempts at each of these deliveries, in their order.
pub async fn list_attempts(
    tx: &mut TenantTx,
    deliveries: &[Uuid],
    limit_each: i64,
) -> sqlx::Result<Vec<ShownAttempt>> {
    sqlx::query_as!(
        ShownAttempt,
        r#"
        select a.delivery_id as "delivery: DeliveryId", a.number, a.at, a.status, a.duration_ms, a.response_body,
               a.error, a.request_headers
          from unnest($2::uuid[]) as wanted (id)
         cross join lateral (
               select * from webhook_attempts
                where subscriber_id = $1 and delivery_id = wanted.id
                order by number desc limit $3) as a
         order by a.delivery_id, a.number
        "#,
        tx.subscriber() as _,
        deliveries,
        limit_each,
    )
    .fetch_all(tx.conn())
    .await
}

/// How deliveries went.
#[derive(Clone, Copy, Debug)]
pub struct Statistics {
    pub succeeded: i64,
    /// Failed at least once, and will be tried again.
    pub failed: i64,
    pub dead: i64,
    /// Not tried yet.
    pub pending: i64,
    pub p95_ms: Option<f64>,
}

/// Of everything that was to be delivered since a time.
pub async fn sum_up(tx: &mut TenantTx, since: DateTime<Utc>) -> sqlx::Result<Statistics> {
    sqlx::query_as!(
        Statistics,
        r#"
        select count(*) filter (where status = 'SUCCEEDED') as "succeeded!",
               count(*) filter (where status = 'RETRYING' or status = 'SENDING' and step > 0) as "failed!",
               count(*) filter (where status = 'DEAD') as "dead!",
               count(*) filter (where status = 'PENDING' or status = 'SENDING' and step = 0) as "pending!",
               (select percentile_cont(0.95) within group (order by duration_ms)
                  from webhook_attempts where subscriber_id = $1 and at >= $2) as "p95_ms"
          from webhook_deliveries
         where subscriber_id = $1 and created_at >= $2
        "#,
        tx.subscriber() as _,
        since,
    )
    .fetch_one(tx.conn())
    .await
}
