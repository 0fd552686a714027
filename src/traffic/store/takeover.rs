//! Who speaks in a conversation: the receptionist, or a person who took it over.
use chrono::{DateTime, Utc};

use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::{InteractionId, SubscriberId, UserId},
    },
    traffic::model::Status,
};

/// Stops the receptionist in the conversation, until a moment or for good, and gives it to the person. What the
/// conversation's status was before; None when there is no such conversation. One that is over is left as it is.
///
/// Whoever writes or sends for the receptionist locks the same row first ([`lock_speaker`], and the one function that
/// sends), so that what it is writing at this moment either came before or is thrown away.
pub async fn take_over(
    tx: &mut TenantTx,
    interaction: InteractionId,
    user: Option<UserId>,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<Option<Status>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"with before as (
               select id, status from interactions where subscriber_id = $1 and id = $2 for no key update
           ),
           taken as (
               update interactions i
                  set is_ai_paused = true, ai_paused_until = $4, is_unread = false, updated_at = now(),
                      assigned_user_id = coalesce($3, i.assigned_user_id)
                 from before b
                where i.subscriber_id = $1 and i.id = b.id and b.status = 'OPEN'
           )
           select status as "status: Status" from before"#,
        subscriber as _,
        interaction as _,
        user as _,
        until,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Gives the conversation back to the receptionist. False when there is none.
pub async fn hand_back(tx: &mut TenantTx, interaction: InteractionId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let given = sqlx::query!(
        "update interactions
            set is_ai_paused = false, ai_paused_until = null, assigned_user_id = null, updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        interaction as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(given.rows_affected() == 1)
}

/// Whether the receptionist may still speak, with the conversation locked until the end of the transaction.
pub async fn lock_speaker(tx: &mut TenantTx, interaction: InteractionId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let may_speak = sqlx::query_scalar!(
        r#"select not is_ai_paused and assigned_user_id is null as "may!" from interactions
            where subscriber_id = $1 and id = $2 for no key update"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(may_speak.unwrap_or(false))
}

/// Gives back to the receptionist the conversations whose time is up.
pub async fn resume_due(
    tx: &mut SystemTx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<(SubscriberId, InteractionId)>> {
    let resumed = sqlx::query!(
        r#"update interactions i
              set is_ai_paused = false, ai_paused_until = null, assigned_user_id = null, updated_at = now()
             from (select subscriber_id, id from interactions
                    where is_ai_paused and ai_paused_until <= $1
                    order by ai_paused_until limit $2 for no key update skip locked) due
            where i.subscriber_id = due.subscriber_id and i.id = due.id
        returning i.subscriber_id as "subscriber: SubscriberId", i.id as "id: InteractionId""#,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let pairs = resumed.into_iter().map(|row| (row.subscriber, row.id));
    Ok(pairs.collect())
}
