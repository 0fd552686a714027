//! What must be known before many deliveries go out, and what is written then. Each statement is over many
//! subscribers at once and names each row by subscriber and id.
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::kernel::{
    db::{SystemTx, Tx},
    ids::{EndpointId, EventId, SubscriberId},
};

use super::super::model::{DeliveryStatus, EndpointState, Format, Order, Schedule};

/// A state, and whose.
#[derive(Clone, Copy, Debug)]
pub struct OwnedState {
    pub subscriber: SubscriberId,
    pub endpoint: EndpointId,
    pub state: EndpointState,
}

/// Locks the states of these endpoints, always in the same order: replicas that want the same ones wait for each
/// other and never in a circle.
pub async fn lock_states(
    tx: &mut SystemTx,
    endpoints: &[(SubscriberId, EndpointId)],
) -> sqlx::Result<Vec<OwnedState>> {
    let (subscribers, ids): (Vec<Uuid>, Vec<Uuid>) = endpoints
        .iter()
        .map(|(subscriber, id)| (subscriber.0, id.0))
        .unzip();
    let rows = sqlx::query!(
        r#"
        select subscriber_id as "subscriber: SubscriberId", id as "endpoint: EndpointId", next_slot_at,
               failures_in_row, failing_since, failing_attempts, open_until, owner_warned_at
          from webhook_endpoint_states
         where (subscriber_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))
         order by subscriber_id, id
           for update
        "#,
        &subscribers,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let states = rows.into_iter().map(|row| OwnedState {
        subscriber: row.subscriber,
        endpoint: row.endpoint,
        state: EndpointState {
            next_slot_at: row.next_slot_at,
            failures_in_row: row.failures_in_row,
            failing_since: row.failing_since,
            failing_attempts: row.failing_attempts,
            open_until: row.open_until,
            owner_warned_at: row.owner_warned_at,
        },
    });
    Ok(states.collect())
}

/// The endpoints of these deliveries, each once.
pub async fn list_endpoints_of(
    tx: &mut SystemTx,
    orders: &[Order],
) -> sqlx::Result<Vec<(SubscriberId, EndpointId)>> {
    let (subscribers, ids) = keys(orders);
    let rows = sqlx::query!(
        r#"
        select distinct d.subscriber_id as "subscriber: SubscriberId", d.endpoint_id as "endpoint: EndpointId"
          from unnest($1::uuid[], $2::uuid[]) as wanted (subscriber_id, id)
          join webhook_deliveries as d on d.subscriber_id = wanted.subscriber_id and d.id = wanted.id
        "#,
        &subscribers,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.subscriber, row.endpoint))
        .collect())
}

/// Everything that a delivery needs.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which of the orders it belongs to, from 0.
    pub place: usize,
    pub now: DateTime<Utc>,
    pub status: DeliveryStatus,
    pub step: i32,
    pub attempts: i32,
    pub generation: i32,
    pub slot_at: Option<DateTime<Utc>>,
    pub endpoint: EndpointId,
    pub event: EventId,
    pub event_type: String,
    /// None: the endpoint was deleted.
    pub to: Option<FoundEndpoint>,
    /// When it happened and what it says; none when that is no longer kept.
    pub event_data: Option<(DateTime<Utc>, Value)>,
    /// Other deliveries to the endpoint that are under way.
    pub in_flight: i64,
    /// Whether the endpoint failed last; known once its state was looked at.
    pub was_failing: bool,
}

/// The endpoint with its secrets, the newest first.
#[derive(Clone, Debug)]
pub struct FoundEndpoint {
    pub url: String,
    pub credentials: Option<String>,
    pub headers: Option<String>,
    pub format: Format,
    pub schedule: Schedule,
    pub timeout_s: i32,
    pub per_second: Option<i32>,
    pub is_enabled: bool,
    pub secrets: Vec<(Uuid, String)>,
}

/// Reads what the deliveries need. A statement of its own after the lock, so that it sees what those wrote who held
/// the lock before.
pub async fn find_parcels(tx: &mut SystemTx, orders: &[Order]) -> sqlx::Result<Vec<Found>> {
    let (subscribers, ids) = keys(orders);
    let now = tx.now();
    let rows = sqlx::query!(
        r#"
        select wanted.place as "place!", coalesce($3, now()) as "now!", d.status as "status: DeliveryStatus", d.step,
               d.attempts, d.generation, d.slot_at, d.endpoint_id as "endpoint: EndpointId",
               d.event_id as "event: EventId", d.event_type,
               e.url as "url?", e.credentials_sealed as credentials, e.headers_sealed as headers, e.format as "format?: Format",
               e.schedule as "schedule?: Schedule", e.timeout_s as "timeout_s?", e.per_second,
               e.is_enabled as "is_enabled?", secrets.ids, secrets.sealed,
               v.occurred_at as "occurred_at?", v.data as "data?",
               (select count(*) from webhook_deliveries as other
                 where other.subscriber_id = d.subscriber_id and other.endpoint_id = d.endpoint_id
                   and other.status = 'SENDING' and other.id <> d.id
                   and other.sending_until > coalesce($3, now())) as "in_flight!"
          from unnest($1::uuid[], $2::uuid[]) with ordinality as wanted (subscriber_id, id, place)
          join webhook_deliveries as d on d.subscriber_id = wanted.subscriber_id and d.id = wanted.id
          left join webhook_endpoints as e on e.subscriber_id = d.subscriber_id and e.id = d.endpoint_id
          left join events as v on v.subscriber_id = d.subscriber_id and v.id = d.event_id
         cross join lateral (
               select array_agg(s.id order by s.expires_at desc nulls first, s.id desc) as ids,
                      array_agg(s.secret_sealed order by s.expires_at desc nulls first, s.id desc) as sealed
                 from webhook_secrets as s
                where s.subscriber_id = d.subscriber_id and s.endpoint_id = d.endpoint_id
                  and (s.expires_at is null or s.expires_at > coalesce($3, now()))) as secrets
        "#,
        &subscribers,
        &ids,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    let found = rows.into_iter().map(|row| {
        let (ids, sealed) = (row.ids.unwrap_or_default(), row.sealed.unwrap_or_default());
        let (credentials, headers, per_second) = (row.credentials, row.headers, row.per_second);
        let to = row
            .url
            .zip(row.format)
            .zip(row.schedule)
            .map(|((url, format), schedule)| FoundEndpoint {
                url,
                credentials,
                headers,
                format,
                schedule,
                timeout_s: row.timeout_s.unwrap_or_default(),
                per_second,
                is_enabled: row.is_enabled.unwrap_or_default(),
                secrets: ids.into_iter().zip(sealed).collect(),
            });
        Found {
            place: usize::try_from(row.place - 1).unwrap_or_default(),
            now: row.now,
            status: row.status,
            step: row.step,
            attempts: row.attempts,
            generation: row.generation,
            slot_at: row.slot_at,
            endpoint: row.endpoint,
            event: row.event,
            event_type: row.event_type,
            to,
            event_data: row.occurred_at.zip(row.data),
            in_flight: row.in_flight,
            was_failing: false,
        }
    });
    Ok(found.collect())
}

/// What a delivery becomes before it goes out, or in place of that.
#[derive(Clone, Debug)]
pub struct Step {
    pub order: Order,
    pub status: DeliveryStatus,
    pub slot_at: Option<DateTime<Utc>>,
    /// While it is SENDING.
    pub sending_until: Option<DateTime<Utc>>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub error: Option<&'static str>,
}

/// Writes the steps and the states.
pub async fn write_steps(
    tx: &mut SystemTx,
    steps: &[Step],
    states: &[OwnedState],
) -> sqlx::Result<()> {
    let orders: Vec<Order> = steps.iter().map(|step| step.order).collect();
    let (subscribers, ids) = keys(&orders);
    let states = StateColumns::of(states);
    sqlx::query!(
        r#"
        with state as (
            update webhook_endpoint_states as s
               set next_slot_at = n.next_slot_at, open_until = n.open_until
              from unnest($9::uuid[], $10::uuid[], $11::timestamptz[], $12::timestamptz[])
                   as n (subscriber_id, id, next_slot_at, open_until)
             where s.subscriber_id = n.subscriber_id and s.id = n.id
        )
        update webhook_deliveries as d
           set status = n.status, slot_at = n.slot_at, sending_until = n.sending_until,
               next_attempt_at = n.next_attempt_at, finished_at = n.finished_at,
               last_error = coalesce(n.error, d.last_error)
          from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                      $7::timestamptz[], $8::text[])
               as n (subscriber_id, id, status, slot_at, sending_until, next_attempt_at, finished_at, error)
         where d.subscriber_id = n.subscriber_id and d.id = n.id
        "#,
        &subscribers,
        &ids,
        &steps.iter().map(|step| step.status).collect::<Vec<_>>() as _,
        &steps.iter().map(|step| step.slot_at).collect::<Vec<_>>() as _,
        &steps.iter().map(|step| step.sending_until).collect::<Vec<_>>() as _,
        &steps.iter().map(|step| step.next_attempt_at).collect::<Vec<_>>() as _,
        &steps.iter().map(|step| step.finished_at).collect::<Vec<_>>() as _,
        &steps.iter().map(|step| step.error).collect::<Vec<_>>() as _,
        &states.subscribers,
        &states.ids,
        &states.next_slots as _,
        &states.open_untils as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) fn keys(orders: &[Order]) -> (Vec<Uuid>, Vec<Uuid>) {
    orders
        .iter()
        .map(|order| (order.subscriber.0, order.delivery.0))
        .unzip()
}

/// States, column by column.
pub(super) struct StateColumns {
    pub(super) subscribers: Vec<Uuid>,
    pub(super) ids: Vec<Uuid>,
    pub(super) next_slots: Vec<Option<DateTime<Utc>>>,
    pub(super) open_untils: Vec<Option<DateTime<Utc>>>,
}

impl StateColumns {
    pub(super) fn of(states: &[OwnedState]) -> Self {
        Self {
            subscribers: states.iter().map(|owned| owned.subscriber.0).collect(),
            ids: states.iter().map(|owned| owned.endpoint.0).collect(),
            next_slots: states
                .iter()
                .map(|owned| owned.state.next_slot_at)
                .collect(),
            open_untils: states.iter().map(|owned| owned.state.open_until).collect(),
        }
    }
}
