//! What an operator sees of the queue, and may do with it.
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kernel::{
    db::Tx,
    ids::{JobId, SubscriberId},
    page::Cursor,
};

use super::super::Lane;

/// A job that will not run again by itself.
#[derive(Clone, Debug)]
pub struct DeadJob {
    pub id: JobId,
    pub kind: String,
    pub lane: String,
    pub subscriber: Option<SubscriberId>,
    pub payload: Value,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
}

/// Dead jobs, the newest first; the cursor holds when and which.
pub async fn list_dead(
    tx: &mut impl Tx,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<DeadJob>> {
    sqlx::query_as!(
        DeadJob,
        r#"
        select id as "id: JobId", kind, lane, subscriber_id as "subscriber: SubscriberId", payload, attempts,
               last_error, created_at, finished_at as "finished_at!"
          from jobs
         where state = 'DEAD' and ($1::timestamptz is null or (finished_at, id) < ($1, $2::uuid))
         order by finished_at desc, id desc
         limit $3
        "#,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// What became of the wish to run a dead job again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryDead {
    Queued,
    /// There is no such job, or it is not dead.
    NotDead,
    /// A newer job with the same dedupe key waits already and does the same.
    Superseded,
}

/// Gives a dead job all its attempts back, due at once.
pub async fn retry_dead(tx: &mut impl Tx, job: JobId) -> sqlx::Result<RetryDead> {
    let now = tx.now();
    // The fence grows, so that a last run which still hangs somewhere cannot end the job that begins anew.
    let retried = sqlx::query!(
        r#"
        update jobs
           set state = 'QUEUED', attempts = 0, run_at = coalesce($2, now()), run_lease = run_lease + 1,
               finished_at = null
         where id = $1 and state = 'DEAD'
           and not exists (select from jobs as newer
                            where newer.dedupe_key = jobs.dedupe_key and newer.state = 'QUEUED')
        "#,
        job as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    if retried.rows_affected() == 1 {
        return Ok(RetryDead::Queued);
    }
    let is_dead = sqlx::query_scalar!(
        r#"select exists (select from jobs where id = $1 and state = 'DEAD') as "is_dead!""#,
        job as _,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(if is_dead {
        RetryDead::Superseded
    } else {
        RetryDead::NotDead
    })
}

/// Takes a waiting or dead job out. A run that is under way finds its fence gone and throws its result away.
pub async fn cancel(tx: &mut impl Tx, job: JobId) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        update jobs set state = 'CANCELLED', finished_at = coalesce($2, now())
         where id = $1 and state in ('QUEUED', 'DEAD')
        "#,
        job as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// How a lane stands.
#[derive(Clone, Debug)]
pub struct LaneStatistics {
    pub lane: String,
    /// Jobs that are due and that nobody has.
    pub ready: i64,
    /// How long the oldest of them has waited.
    pub oldest_s: f64,
    pub dead: i64,
}

/// How all lanes stand.
pub async fn lane_statistics(tx: &mut impl Tx) -> sqlx::Result<Vec<LaneStatistics>> {
    let now = tx.now();
    let lanes = Lane::ALL.map(|lane| lane.as_str().to_owned());
    sqlx::query_as!(
        LaneStatistics,
        r#"
        select lanes.name as "lane!", ready.jobs as "ready!", ready.oldest_s as "oldest_s!", dead.jobs as "dead!"
          from unnest($1::text[]) as lanes (name)
         cross join lateral (
               select count(*) as jobs,
                      coalesce(extract(epoch from coalesce($2, now()) - min(run_at)), 0)::float8 as oldest_s
                 from jobs
                where lane = lanes.name and state = 'QUEUED' and run_at <= coalesce($2, now())
                  and attempts < max_attempts) as ready
         cross join lateral (
               select count(*) as jobs from jobs where lane = lanes.name and state = 'DEAD') as dead
        "#,
        &lanes,
        now,
    )
    .fetch_all(tx.conn())
    .await
}
