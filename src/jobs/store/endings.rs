//! How runs end. Every write names its fence; false means that somebody else has the job, and the result goes.
use std::{collections::HashSet, time::Duration};

use uuid::Uuid;

use crate::kernel::{
    db::Tx,
    ids::{JobId, SubscriberId},
};

use super::super::run::Fence;

/// The job is done.
pub(crate) async fn finish(tx: &mut impl Tx, fence: Fence) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        update jobs set state = 'DONE', finished_at = coalesce($3, now())
         where id = $1 and run_lease = $2 and state = 'QUEUED'
        "#,
        fence.job as _,
        fence.lease,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The attempt failed; the job is due again after the delay.
pub(crate) async fn retry(
    tx: &mut impl Tx,
    fence: Fence,
    delay: Duration,
    error: &str,
) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        update jobs set run_at = coalesce($3, now()) + make_interval(secs => $4), last_error = $5
         where id = $1 and run_lease = $2 and state = 'QUEUED'
        "#,
        fence.job as _,
        fence.lease,
        now,
        delay.as_secs_f64(),
        error,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The job is due again after the delay, and the attempt is given back.
pub(crate) async fn put_off(tx: &mut impl Tx, fence: Fence, delay: Duration) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        update jobs
           set run_at = coalesce($3, now()) + make_interval(secs => $4), attempts = greatest(attempts - 1, 0)
         where id = $1 and run_lease = $2 and state = 'QUEUED'
        "#,
        fence.job as _,
        fence.lease,
        now,
        delay.as_secs_f64(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The ends of many runs at once: done, or, with a delay, put off. Which of them were still ours.
pub(crate) async fn end_together(
    tx: &mut impl Tx,
    ends: &[(Fence, Option<Duration>)],
) -> sqlx::Result<Vec<bool>> {
    let now = tx.now();
    let ids: Vec<Uuid> = ends.iter().map(|(fence, _)| fence.job.0).collect();
    let leases: Vec<i64> = ends.iter().map(|(fence, _)| fence.lease).collect();
    let delays: Vec<Option<f64>> = ends
        .iter()
        .map(|(_, delay)| delay.map(|delay| delay.as_secs_f64()))
        .collect();
    let ours = sqlx::query_scalar!(
        r#"
        update jobs
           set state = case when e.delay_s is null then 'DONE' else state end,
               finished_at = case when e.delay_s is null then coalesce($4, now()) end,
               run_at = coalesce(coalesce($4, now()) + make_interval(secs => e.delay_s), run_at),
               attempts = case when e.delay_s is null then attempts else greatest(attempts - 1, 0) end
          from unnest($1::uuid[], $2::bigint[], $3::float8[]) as e (id, run_lease, delay_s)
         where jobs.id = e.id and jobs.run_lease = e.run_lease and state = 'QUEUED'
        returning jobs.id
        "#,
        &ids,
        &leases,
        &delays as _,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    let ours: HashSet<Uuid> = ours.into_iter().collect();
    Ok(ids.iter().map(|id| ours.contains(id)).collect())
}

/// The job will not run again unless an operator says so; the alert says it to the operator.
pub(crate) async fn bury(tx: &mut impl Tx, fence: Fence, error: &str) -> sqlx::Result<bool> {
    let now = tx.now();
    let death = sqlx::query_as!(
        Death,
        r#"
        update jobs set state = 'DEAD', finished_at = coalesce($3, now()), last_error = $4
         where id = $1 and run_lease = $2 and state = 'QUEUED'
        returning id as "job: JobId", kind, subscriber_id as "subscriber: SubscriberId", attempts,
                  last_error as "error!"
        "#,
        fence.job as _,
        fence.lease,
        now,
        error,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(death) = death else {
        return Ok(false);
    };
    insert_alerts(tx, &[death]).await?;
    Ok(true)
}

/// What an alert tells of a job that died.
pub(crate) struct Death {
    pub(crate) job: JobId,
    pub(crate) kind: String,
    pub(crate) subscriber: Option<SubscriberId>,
    pub(crate) attempts: i32,
    pub(crate) error: String,
}

/// One open alert per kind and subscriber: an outage of a provider kills thousands of jobs for one reason.
pub(super) async fn insert_alerts(tx: &mut impl Tx, deaths: &[Death]) -> sqlx::Result<()> {
    let now = tx.now();
    let ids: Vec<Uuid> = deaths.iter().map(|_| Uuid::now_v7()).collect();
    let subscribers: Vec<Option<Uuid>> = deaths
        .iter()
        .map(|death| death.subscriber.map(|id| id.0))
        .collect();
    let details: Vec<String> = deaths.iter().map(Death::detail).collect();
    let keys: Vec<String> = deaths.iter().map(Death::alert_key).collect();
    sqlx::query!(
        r#"
        insert into ops_alerts (id, subscriber_id, kind, severity, detail, dedupe_key, created_at)
        select alert.id, alert.subscriber_id, 'job.dead', 'WARNING', alert.detail, alert.dedupe_key,
               coalesce($5, now())
          from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
               as alert (id, subscriber_id, detail, dedupe_key)
        on conflict (dedupe_key) where resolved_at is null do nothing
        "#,
        &ids,
        &subscribers as _,
        &details,
        &keys,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

impl Death {
    fn detail(&self) -> String {
        let Self {
            job,
            kind,
            attempts,
            error,
            ..
        } = self;
        format!("job {job} ({kind}) died after {attempts} attempts: {error}")
    }

    fn alert_key(&self) -> String {
        let whose = self
            .subscriber
            .map_or_else(|| "platform".to_owned(), |id| id.to_string());
        format!("job.dead:{}:{whose}", self.kind)
    }
}
