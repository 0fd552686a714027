//! The statements on runs and on the differences that they found.
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::model::{Cause, Difference, Error, Report, RunState};
use crate::kernel::{
    db::{SystemTx, TenantTx, Tx},
    ids::{RunId, SubscriberId},
};

/// A run that was silent for this long has lost its process. A job may take ten minutes and is silent for a moment
/// at a time; what waits between two attempts at it goes up to this.
const GIVEN_UP_AFTER: Duration = Duration::minutes(60);

/// Begins a run, or takes up again the one of the same tick. None while another one is under way.
pub(super) async fn begin_run(
    tx: &mut SystemTx,
    cause: Cause,
    due_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<RunId>> {
    sqlx::query!(
        "update reconciliation_runs set state = 'FAILED', finished_at = $1
          where state = 'RUNNING' and progressed_at < $2",
        now,
        now - GIVEN_UP_AFTER,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query_scalar!(
        r#"insert into reconciliation_runs as r (id, cause, due_at, state, started_at, progressed_at)
           values ($1, $2, $3, 'RUNNING', $4, $4)
           on conflict (state) where state = 'RUNNING' do update set progressed_at = excluded.progressed_at
              where r.cause = excluded.cause and r.due_at = excluded.due_at
           returning id as "id: RunId""#,
        RunId::new() as _,
        cause as _,
        due_at,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// A run and where it stands.
pub(super) struct Standing {
    pub(super) state: RunState,
    pub(super) position: Option<SubscriberId>,
    pub(super) report: Report,
}

pub(super) async fn find_run(tx: &mut SystemTx, id: RunId) -> sqlx::Result<Option<Standing>> {
    let row = sqlx::query!(
        r#"select state as "state: RunState", position as "position: SubscriberId", checked, differences, corrected
             from reconciliation_runs where id = $1"#,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Standing {
        state: row.state,
        position: row.position,
        report: Report {
            run_id: id,
            checked: row.checked,
            differences: row.differences,
            corrected: row.corrected,
        },
    }))
}

/// Ends the run, unless somebody else did.
pub(super) async fn end_run(
    tx: &mut SystemTx,
    id: RunId,
    state: RunState,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reconciliation_runs set state = $2, finished_at = $3, progressed_at = $3
          where id = $1 and state = 'RUNNING'",
        id as _,
        state as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Proves that the run is still the one, and keeps others from correcting the same until the transaction ends.
pub(super) async fn hold_run(
    tx: &mut TenantTx,
    id: RunId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let held = sqlx::query!(
        "update reconciliation_runs set progressed_at = greatest(progressed_at, $2)
          where id = $1 and state = 'RUNNING'",
        id as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    if held.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::GivenUp(id))
    }
}

/// Counts the subscriber as checked: the run goes on behind it. False: it was counted before.
pub(super) async fn pass_subscriber(
    tx: &mut TenantTx,
    id: RunId,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    hold_run(tx, id, now).await?;
    let subscriber = tx.subscriber();
    let passed = sqlx::query!(
        "update reconciliation_runs set checked = checked + 1, position = $2
          where id = $1 and (position is null or position < $2)",
        id as _,
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(passed.rows_affected() == 1)
}

/// Writes differences down and counts them.
pub(super) async fn insert_differences(
    tx: &mut TenantTx,
    run: RunId,
    differences: &[Difference],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let ids: Vec<Uuid> = differences.iter().map(|_| Uuid::now_v7()).collect();
    let column = |value: fn(&Difference) -> &str| -> Vec<String> {
        differences
            .iter()
            .map(|one| value(one).to_owned())
            .collect()
    };
    let are_corrected: Vec<bool> = differences.iter().map(|one| one.is_corrected).collect();
    sqlx::query!(
        "with written as (
             insert into reconciliation_differences
                 (subscriber_id, id, run_id, subject, expected, found, is_corrected, created_at)
             select $1, d.id, $2, d.subject, d.expected, d.found, d.is_corrected, $8
               from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bool[])
                    as d (id, subject, expected, found, is_corrected)
             returning is_corrected
         )
         update reconciliation_runs
            set differences = differences + (select count(*) from written),
                corrected = corrected + (select count(*) from written where written.is_corrected)
          where id = $2",
        subscriber as _,
        run as _,
        &ids,
        &column(|one| &one.subject),
        &column(|one| &one.expected),
        &column(|one| &one.found),
        &are_corrected,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
