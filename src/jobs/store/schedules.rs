//! Ticks of schedules: the first replica to write one has it.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::kernel::{
    db::{NewJob, Tx},
    ids::JobId,
};

/// How the run of a tick ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunResult {
    Done,
    Failed,
    /// Nobody was there when it was due, or the run before it was still going on.
    Skipped,
}

/// The time that schedules go by: the database's, the same for all replicas.
pub(crate) async fn now(tx: &mut impl Tx) -> sqlx::Result<DateTime<Utc>> {
    let now = tx.now();
    sqlx::query_scalar!(r#"select coalesce($1::timestamptz, now()) as "now!""#, now)
        .fetch_one(tx.conn())
        .await
}

/// Writes the tick and its job, unless the tick is there already. True: this call won it.
///
/// A tick whose job is a duplicate of one that still runs is recorded as skipped.
pub(crate) async fn insert_tick(
    tx: &mut impl Tx,
    name: &str,
    due_at: DateTime<Utc>,
    job: NewJob,
) -> sqlx::Result<bool> {
    let now = tx.now();
    let inserted = sqlx::query!(
        r#"
        with tick as (
            insert into schedule_runs (name, due_at, job_id) values ($1, $2, $3)
            on conflict do nothing
            returning job_id
        ), job as (
            insert into jobs (id, kind, lane, subscriber_id, payload, run_at, max_attempts, dedupe_key, created_at)
            select job_id, $4, $5, $6, $7, coalesce($8, now()) + make_interval(secs => $9), $10, $11,
                   coalesce($8, now())
              from tick
            on conflict (dedupe_key) where state = 'QUEUED' do nothing
            returning id
        )
        select exists (select from tick) as "has_tick!", exists (select from job) as "has_job!"
        "#,
        name,
        due_at,
        JobId::new() as _,
        job.kind,
        job.lane,
        job.subscriber as _,
        job.payload,
        now,
        job.delay.as_seconds_f64(),
        job.max_attempts,
        job.dedupe_key,
    )
    .fetch_one(tx.conn())
    .await?;
    if inserted.has_tick && !inserted.has_job {
        sqlx::query!(
            r#"
            update schedule_runs set result = 'SKIPPED', finished_at = coalesce($3, now())
             where name = $1 and due_at = $2
            "#,
            name,
            due_at,
            now,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(inserted.has_tick)
}

/// Records the ticks between the last one that anybody saw and this one as skipped; a thousand of them at most,
/// because after a long pause nobody wants every minute of it.
pub(crate) async fn insert_missed(
    tx: &mut impl Tx,
    name: &str,
    due_at: DateTime<Utc>,
    interval: Duration,
) -> sqlx::Result<u64> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        with step as (
            select make_interval(secs => $3) as length
        ), last as (
            select max(due_at) as due_at from schedule_runs where name = $1 and due_at < $2
        )
        insert into schedule_runs (name, due_at, result, finished_at)
        select $1, missed.due_at, 'SKIPPED', coalesce($4, now())
          from step
         cross join last
         cross join lateral generate_series(
               $2 - step.length, greatest(last.due_at + step.length, $2 - 1000 * step.length), - step.length)
               as missed (due_at)
         where last.due_at is not null
        on conflict do nothing
        "#,
        name,
        due_at,
        interval.as_secs_f64(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}

/// Copies how jobs ended to the ticks that made them. The end of a job does not do it, so that jobs without a
/// schedule do not pay for it.
pub(crate) async fn settle_runs(tx: &mut impl Tx) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update schedule_runs as run
           set result = case job.state when 'DONE' then 'DONE' else 'FAILED' end, finished_at = job.finished_at
          from jobs as job
         where run.result is null and job.id = run.job_id and job.state <> 'QUEUED'
        "#
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The last tick of a schedule, and when it last succeeded.
pub(crate) struct LastRow {
    pub(crate) name: String,
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) result: Option<RunResult>,
    pub(crate) finished_at: Option<DateTime<Utc>>,
    pub(crate) succeeded_at: Option<DateTime<Utc>>,
}

/// One row per name, in the order of the names given.
pub(crate) async fn last_rows(tx: &mut impl Tx, names: &[String]) -> sqlx::Result<Vec<LastRow>> {
    sqlx::query_as!(
        LastRow,
        r#"
        select named.name as "name!", last.due_at as "due_at?", last.result as "result?: RunResult",
               last.finished_at as "finished_at?", success.finished_at as "succeeded_at?"
          from unnest($1::text[]) with ordinality as named (name, place)
          left join lateral (
               select due_at, result, finished_at from schedule_runs
                where name = named.name
                order by due_at desc limit 1) as last on true
          left join lateral (
               select finished_at from schedule_runs
                where name = named.name and result = 'DONE'
                order by due_at desc limit 1) as success on true
         order by named.place
        "#,
        names,
    )
    .fetch_all(tx.conn())
    .await
}

/// Deletes ticks of more than a week ago.
pub(crate) async fn clear_schedule_runs(tx: &mut impl Tx) -> sqlx::Result<u64> {
    let now = tx.now();
    let result = sqlx::query!(
        "delete from schedule_runs where due_at < coalesce($1, now()) - interval '7 days'",
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
