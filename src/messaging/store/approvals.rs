//! Replies that wait until a person lets them pass.
use chrono::{DateTime, Utc};

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{InteractionId, MessageId, OutgoingId, UserId},
    },
    messaging::model::Refusal,
};

/// The reply that waits in a conversation.
#[derive(Debug)]
pub struct Held {
    pub id: OutgoingId,
    pub message: Option<MessageId>,
    pub body: String,
}

/// The latest reply of the conversation that wants approval, locked with its conversation. None: nothing waits.
pub async fn lock_held(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Option<Held>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Held,
        r#"select o.id as "id: _", o.message_id as "message: _", o.body
             from outgoing_messages o
             join interactions i on i.subscriber_id = $1 and i.id = o.interaction_id
            where o.subscriber_id = $1 and o.interaction_id = $2 and o.status = 'SUPPRESSED' and o.reason = $3
            order by o.created_at desc, o.id desc limit 1
              for no key update of o, i"#,
        subscriber as _,
        interaction as _,
        Refusal::NeedsApproval.as_str(),
    )
    .fetch_optional(tx.conn())
    .await
}

/// Lets it pass, in these words; the turn that it carries says the same.
pub async fn approve(
    tx: &mut TenantTx,
    held: &Held,
    words: &str,
    by: Option<UserId>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "with said as (
             update interaction_messages set text = $3
              where subscriber_id = $1 and id = $4 and text <> '' and text <> $3
         )
         update outgoing_messages
            set status = 'QUEUED', reason = null, body = $3, approved_at = $5, approved_by = $6, updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        held.id as _,
        words,
        held.message as _,
        at,
        by as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
