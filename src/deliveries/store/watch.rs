//! How deliveries do as a whole, and those whose job died.
use crate::kernel::{
    db::{DELIVER, SystemTx, Tx},
    ids::SubscriberId,
};

/// Attempts of the last minutes and how many of them failed.
#[derive(Clone, Copy, Debug)]
pub struct FailureRate {
    /// None: everybody's together.
    pub subscriber: Option<SubscriberId>,
    pub attempts: i64,
    pub failed: i64,
}

/// By subscriber, and of all together.
pub async fn failure_rates(tx: &mut SystemTx, minutes: i32) -> sqlx::Result<Vec<FailureRate>> {
    let now = tx.now();
    sqlx::query_as!(
        FailureRate,
        r#"
        select subscriber_id as "subscriber?: SubscriberId", count(*) as "attempts!",
               count(*) filter (where error is not null) as "failed!"
          from webhook_attempts
         where at > coalesce($1, now()) - make_interval(mins => $2)
         group by grouping sets ((subscriber_id), ())
        "#,
        now,
        minutes,
    )
    .fetch_all(tx.conn())
    .await
}

/// Lays deliveries among the dead whose job died: a process that fell with it each time, or a key that is gone. The
/// subscribers whose they were.
pub async fn bury_stranded(tx: &mut SystemTx) -> sqlx::Result<Vec<SubscriberId>> {
    let now = tx.now();
    sqlx::query_scalar!(
        r#"
        update webhook_deliveries as d
           set status = 'DEAD', last_error = 'internal', next_attempt_at = null, slot_at = null, sending_until = null,
               finished_at = coalesce($1, now())
          from jobs as j
         where j.lane = 'delivery' and j.state = 'DEAD' and j.kind = $2
           and d.subscriber_id = j.subscriber_id and d.id = (j.payload ->> 'delivery')::uuid and d.job_id = j.id
           and d.status in ('PENDING', 'SENDING', 'RETRYING')
        returning d.subscriber_id as "subscriber: SubscriberId"
        "#,
        now,
        DELIVER,
    )
    .fetch_all(tx.conn())
    .await
}
