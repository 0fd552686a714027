//! What many attempts came to, written together.
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::kernel::{
    db::{SystemTx, Tx},
    ids::{EndpointId, SubscriberId},
};

use super::{
    super::model::{DeliveryStatus, DisabledBecause, Order, Trigger},
    sending::{OwnedState, StateColumns, keys},
};

/// One attempt, and what becomes of its delivery.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub order: Order,
    pub endpoint: EndpointId,
    pub number: i32,
    pub trigger: Trigger,
    pub at: DateTime<Utc>,
    pub url: String,
    pub request_headers: Value,
    pub duration_ms: i32,
    pub http_status: Option<i32>,
    pub error: Option<&'static str>,
    pub response_body: Option<String>,
    pub status: DeliveryStatus,
    pub step: i32,
    /// To the next attempt, if there is one.
    pub delay_s: Option<f64>,
}

/// Writes the attempts, what the deliveries became, and how their endpoints do. A delivery that was deleted meanwhile
/// has no attempts; one that was begun anew keeps its state.
pub async fn record_outcomes(
    tx: &mut SystemTx,
    outcomes: &[Outcome],
    states: &[OwnedState],
) -> sqlx::Result<()> {
    let orders: Vec<Order> = outcomes.iter().map(|outcome| outcome.order).collect();
    let (subscribers, ids) = keys(&orders);
    let columns = StateColumns::of(states);
    let now = tx.now();
    sqlx::query!(
        r#"
        with o as (
            select o.*, coalesce($3, now()) + make_interval(secs => delay_s) as next_attempt_at
              from unnest($1::uuid[], $2::uuid[], $4::int[], $5::uuid[], $6::int[], $7::text[], $8::timestamptz[],
                          $9::text[], $10::jsonb[], $11::int[], $12::int[], $13::text[], $14::text[], $15::text[],
                          $16::int[], $17::float8[], $18::uuid[])
                   as o (subscriber_id, delivery_id, generation, endpoint_id, number, trigger, at, url,
                         request_headers, duration_ms, http_status, error, response_body, status, step, delay_s, id)
        ), attempt as (
            insert into webhook_attempts (subscriber_id, id, delivery_id, endpoint_id, number, trigger, at, url,
                                          request_headers, duration_ms, status, error, response_body,
                                          next_attempt_at)
            select o.subscriber_id, o.id, o.delivery_id, o.endpoint_id, o.number, o.trigger, o.at, o.url,
                   o.request_headers, o.duration_ms, o.http_status, o.error, o.response_body, o.next_attempt_at
              from o
              join webhook_deliveries as d on d.subscriber_id = o.subscriber_id and d.id = o.delivery_id
        ), state as (
            update webhook_endpoint_states as s
               set failures_in_row = n.failures_in_row, failing_since = n.failing_since,
                   failing_attempts = n.failing_attempts, open_until = n.open_until,
                   owner_warned_at = n.owner_warned_at
              from unnest($19::uuid[], $20::uuid[], $21::int[], $22::timestamptz[], $23::int[], $24::timestamptz[],
                          $25::timestamptz[])
                   as n (subscriber_id, id, failures_in_row, failing_since, failing_attempts, open_until,
                         owner_warned_at)
             where s.subscriber_id = n.subscriber_id and s.id = n.id
        )
        update webhook_deliveries as d
           set status = o.status, attempts = o.number, step = o.step, next_attempt_at = o.next_attempt_at,
               slot_at = null, sending_until = null, last_status = o.http_status, last_error = o.error,
               finished_at = case when o.next_attempt_at is null then coalesce($3, now()) end
          from o
         where d.subscriber_id = o.subscriber_id and d.id = o.delivery_id and d.generation = o.generation
           and d.status = 'SENDING'
        "#,
        &subscribers,
        &ids,
        now,
        &orders.iter().map(|order| order.generation).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.endpoint.0).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.number).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.trigger).collect::<Vec<_>>() as _,
        &outcomes.iter().map(|o| o.at).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.url.clone()).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.request_headers.clone()).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.duration_ms).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.http_status).collect::<Vec<_>>() as _,
        &outcomes.iter().map(|o| o.error).collect::<Vec<_>>() as _,
        &outcomes.iter().map(|o| o.response_body.clone()).collect::<Vec<_>>() as _,
        &outcomes.iter().map(|o| o.status).collect::<Vec<_>>() as _,
        &outcomes.iter().map(|o| o.step).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.delay_s).collect::<Vec<_>>() as _,
        &outcomes.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>(),
        &columns.subscribers,
        &columns.ids,
        &states.iter().map(|owned| owned.state.failures_in_row).collect::<Vec<_>>(),
        &states.iter().map(|owned| owned.state.failing_since).collect::<Vec<_>>() as _,
        &states.iter().map(|owned| owned.state.failing_attempts).collect::<Vec<_>>(),
        &columns.open_untils as _,
        &states.iter().map(|owned| owned.state.owner_warned_at).collect::<Vec<_>>() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Disables an endpoint and takes what waits for it out of the queue; the jobs find nothing to do. Says how it is
/// called, unless it was disabled already.
pub async fn disable_endpoint(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    endpoint: EndpointId,
    because: DisabledBecause,
) -> sqlx::Result<Option<String>> {
    let now = tx.now();
    sqlx::query_scalar!(
        r#"
        with stopped as (
            update webhook_endpoints
               set is_enabled = false, disabled_at = coalesce($4, now()), disabled_because = $3,
                   updated_at = coalesce($4, now())
             where subscriber_id = $1 and id = $2 and is_enabled
            returning url
        ), cancelled as (
            update webhook_deliveries
               set status = 'CANCELLED', next_attempt_at = null, slot_at = null, finished_at = coalesce($4, now())
             where subscriber_id = $1 and endpoint_id = $2 and status in ('PENDING', 'RETRYING')
        )
        select url from stopped
        "#,
        subscriber as _,
        endpoint as _,
        because as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}
