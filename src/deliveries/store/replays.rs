//! Deliveries that begin anew: under another generation, so that the order before means nothing any more.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{DELIVER, DELIVER_RUNS, TenantTx, Tx},
    ids::{DeliveryId, EndpointId},
};

/// What became of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    Queued,
    NotFound,
    /// The event is no longer kept.
    Expired,
    /// The endpoint gets nothing.
    Disabled,
}

/// Begins one delivery anew, whatever became of it before, and orders its job in the same statement.
pub async fn replay_one(tx: &mut TenantTx, id: DeliveryId) -> sqlx::Result<Replayed> {
    let subscriber = tx.subscriber();
    let found = sqlx::query!(
        r#"
        select exists (select from events where subscriber_id = $1 and id = d.event_id) as "has_event!",
               exists (select from webhook_endpoints
                        where subscriber_id = $1 and id = d.endpoint_id and is_enabled) as "is_enabled!"
          from webhook_deliveries as d where subscriber_id = $1 and id = $2
        "#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(found) = found else {
        return Ok(Replayed::NotFound);
    };
    if !found.has_event {
        return Ok(Replayed::Expired);
    }
    if !found.is_enabled {
        return Ok(Replayed::Disabled);
    }
    restart(tx, &[id.0]).await?;
    Ok(Replayed::Queued)
}

/// Which deliveries of an endpoint are to begin anew.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub endpoint: EndpointId,
    pub since: DateTime<Utc>,
    /// What was ordered later than the replay is none of its business.
    pub until: DateTime<Utc>,
    /// Also what arrived.
    pub with_succeeded: bool,
}

/// How many there are, up to a limit.
pub async fn count_in(tx: &mut TenantTx, range: &Range, limit: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from (
            select from webhook_deliveries as d
             where subscriber_id = $1 and endpoint_id = $2 and created_at >= $3 and created_at <= $4
               and (status in ('DEAD', 'CANCELLED', 'RETRYING') or $5 and status = 'SUCCEEDED')
               and exists (select from events where subscriber_id = $1 and id = d.event_id)
             limit $6) as found
        "#,
        tx.subscriber() as _,
        range.endpoint as _,
        range.since,
        range.until,
        range.with_succeeded,
        limit,
    )
    .fetch_one(tx.conn())
    .await
}

/// Begins the next ones of them anew, in the order of their events, after the last one of the part before.
pub async fn replay_next(
    tx: &mut TenantTx,
    range: &Range,
    after: Option<DeliveryId>,
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    let subscriber = tx.subscriber();
    let ids = sqlx::query_scalar!(
        r#"
        select id from webhook_deliveries as d
         where subscriber_id = $1 and endpoint_id = $2 and created_at >= $3 and created_at <= $4
           and (status in ('DEAD', 'CANCELLED', 'RETRYING') or $5 and status = 'SUCCEEDED')
           and exists (select from events where subscriber_id = $1 and id = d.event_id)
           and ($6::uuid is null or id > $6)
         order by id
         limit $7
        "#,
        subscriber as _,
        range.endpoint as _,
        range.since,
        range.until,
        range.with_succeeded,
        after as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    restart(tx, &ids).await?;
    Ok(ids)
}

async fn restart(tx: &mut TenantTx, ids: &[Uuid]) -> sqlx::Result<()> {
    let now = tx.now();
    let jobs: Vec<Uuid> = ids.iter().map(|_| Uuid::now_v7()).collect();
    sqlx::query!(
        r#"
        with restarted as (
            update webhook_deliveries as d
               set status = 'PENDING', generation = generation + 1, step = 0, job_id = n.job_id,
                   next_attempt_at = coalesce($4, now()), slot_at = null, sending_until = null, finished_at = null
              from unnest($2::uuid[], $3::uuid[]) as n (id, job_id)
             where d.subscriber_id = $1 and d.id = n.id
            returning d.id, d.generation, d.job_id
        )
        insert into jobs (id, kind, lane, subscriber_id, payload, run_at, max_attempts, created_at)
        select job_id, $5, 'delivery', $1,
               jsonb_build_object('subscriber', $1::uuid, 'delivery', id, 'generation', generation),
               coalesce($4, now()), $6, coalesce($4, now())
          from restarted
        "#,
        tx.subscriber() as _,
        ids,
        &jobs,
        now,
        DELIVER,
        DELIVER_RUNS.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
