//! Taking jobs, keeping them, handing them back.
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::kernel::{
    db::Tx,
    ids::{JobId, SubscriberId},
};

use super::super::{Lane, run::Fence};

/// What a worker asks for.
pub(crate) struct Claim<'a> {
    pub(crate) lane: Lane,
    pub(crate) limit: usize,
    /// The subscribers of the runs that this worker has already, one entry per run.
    pub(crate) running: &'a [SubscriberId],
    pub(crate) per_subscriber: usize,
}

/// A job that is ours until its lease ends.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) fence: Fence,
    pub(crate) kind: String,
    pub(crate) subscriber: Option<SubscriberId>,
    pub(crate) payload: Value,
    pub(crate) attempt: u32,
    pub(crate) max_attempts: u32,
}

/// A claimed job stays `QUEUED` and its `run_at` moves to the end of the lease: after a crash it becomes due again
/// by itself. Attempts count here, so that a job which kills the process dies after its attempts as well.
///
/// `any(array(…))` and not `in (…)`: the plan is made without knowing the limit, and a join could then read the
/// whole table; an array of ids is always looked up by the primary key.
pub(crate) async fn claim(tx: &mut impl Tx, claim: Claim<'_>) -> sqlx::Result<Vec<Claimed>> {
    let now = tx.now();
    let running: Vec<Uuid> = claim.running.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        with due as (
            select id, subscriber_id, run_at
              from jobs
             where lane = $1 and state = 'QUEUED' and run_at <= coalesce($2, now()) and attempts < max_attempts
               and cardinality(array_positions($3::uuid[], subscriber_id)) < $4
             order by run_at
             limit $5
               for update skip locked
        ), placed as (
            select id, subscriber_id,
                   cardinality(array_positions($3::uuid[], subscriber_id))
                   + row_number() over (partition by subscriber_id order by run_at) as place
              from due
        )
        update jobs
           set run_lease = run_lease + 1, attempts = attempts + 1,
               run_at = coalesce($2, now()) + make_interval(secs => $6)
         where id = any (array(select id from placed where subscriber_id is null or place <= $4))
        returning id as "id: JobId", kind, subscriber_id as "subscriber: SubscriberId", payload, attempts,
                  max_attempts, run_lease
        "#,
        claim.lane.as_str(),
        now,
        &running,
        i32::try_from(claim.per_subscriber).unwrap_or(i32::MAX),
        i64::try_from(claim.limit).unwrap_or(i64::MAX),
        claim.lane.lease().as_secs_f64(),
    )
    .fetch_all(tx.conn())
    .await?;
    let claimed = rows.into_iter().map(|row| Claimed {
        fence: Fence {
            job: row.id,
            lease: row.run_lease,
        },
        kind: row.kind,
        subscriber: row.subscriber,
        payload: row.payload,
        attempt: row.attempts.unsigned_abs(),
        max_attempts: row.max_attempts.unsigned_abs(),
    });
    Ok(claimed.collect())
}

/// Moves the end of the lease away. False: the job is not ours any more.
pub(crate) async fn renew(tx: &mut impl Tx, fence: Fence, lease: Duration) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        update jobs set run_at = coalesce($3, now()) + make_interval(secs => $4)
         where id = $1 and run_lease = $2 and state = 'QUEUED'
        "#,
        fence.job as _,
        fence.lease,
        now,
        lease.as_secs_f64(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Hands jobs back at a stop: due at once, and the attempt that we cut off is not counted. What may run once keeps
/// its attempt, for it may have done its work: the sweep then buries it, where an operator sees it.
pub(crate) async fn release(tx: &mut impl Tx, fences: &[Fence]) -> sqlx::Result<u64> {
    let now = tx.now();
    let ids: Vec<Uuid> = fences.iter().map(|fence| fence.job.0).collect();
    let leases: Vec<i64> = fences.iter().map(|fence| fence.lease).collect();
    let result = sqlx::query!(
        r#"
        update jobs set run_at = coalesce($3, now()), 
               attempts = case max_attempts when 1 then attempts else greatest(attempts - 1, 0) end
          from unnest($1::uuid[], $2::bigint[]) as ours (id, run_lease)
         where jobs.id = ours.id and jobs.run_lease = ours.run_lease and state = 'QUEUED'
        "#,
        &ids,
        &leases,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
