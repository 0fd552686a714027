//! What is cleaned up: jobs whose last attempt took the process with it, and jobs that ended long ago.
use crate::kernel::{
    db::Tx,
    ids::{JobId, SubscriberId},
};

use super::endings::{Death, insert_alerts};

/// Marks as dead what has no attempts left and no run either: the last run crashed. A run that failed properly on
/// its last attempt has buried its job itself.
pub(crate) async fn bury_exhausted(tx: &mut impl Tx, limit: i64) -> sqlx::Result<usize> {
    let now = tx.now();
    let deaths = sqlx::query_as!(
        Death,
        r#"
        update jobs
           set state = 'DEAD', finished_at = coalesce($1, now()),
               last_error = concat_ws('; before that: ', 'the last run ended without a word (a crash)', last_error)
         where id = any (array(select id from jobs
                                where state = 'QUEUED' and run_at <= coalesce($1, now())
                                  and attempts >= max_attempts
                                limit $2 for update skip locked))
        returning id as "job: JobId", kind, subscriber_id as "subscriber: SubscriberId", attempts,
                  last_error as "error!"
        "#,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    if !deaths.is_empty() {
        insert_alerts(tx, &deaths).await?;
    }
    Ok(deaths.len())
}

/// Deletes jobs that ended a week ago. Dead ones stay until an operator has dealt with them.
pub(crate) async fn clear_ended(tx: &mut impl Tx, limit: i64) -> sqlx::Result<u64> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        delete from jobs
         where id = any (array(select id from jobs
                                where state <> 'QUEUED' and state <> 'DEAD'
                                  and finished_at < coalesce($1, now()) - interval '7 days'
                                order by finished_at
                                limit $2 for update skip locked))
        "#,
        now,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
