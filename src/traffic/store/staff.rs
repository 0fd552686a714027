//! What staff does with a conversation.
use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{ContactId, InteractionId, UserId},
        phone::E164,
    },
    tenancy::{Channel, Line},
    traffic::{
        model::{Error, HandledBy, Outcome, Status},
        rules::{Contribution, Facts},
    },
};

/// Whom staff writes to, and from which number unless they are talking already.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    pub line: &'a Line,
    pub from: &'a E164,
    pub to: &'a E164,
    pub contact: ContactId,
    pub day: NaiveDate,
}

/// The open text conversation with a person, and what making it added to its day's sums.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub interaction: InteractionId,
    pub is_new: bool,
    pub change: Contribution,
}

/// Finds or makes the open text conversation with this person, and locks it.
///
/// # Errors
/// [`Error::Raced`] when it was made by a text at this very moment: begin again.
pub async fn hold_text(
    tx: &mut TenantTx,
    addressee: &Addressee<'_>,
    at: DateTime<Utc>,
) -> Result<Held, Error> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"
        with held as materialized (
            select id from interactions
             where subscriber_id = $1 and channel = 'SMS' and status = 'OPEN' and counterpart = $7
               for no key update
        ),
        made as (
            insert into interactions
                (subscriber_id, id, channel, direction, provider, transport_provider, ai_provider, mode,
                 from_number, to_number, counterpart, contact_id, day, started_at, last_message_at, is_unread)
            select $1, $2, 'SMS', 'OUTBOUND', 'TWILIO', $3, $4, $5, $6, $7, $7, $8, $9, $10, $10, false
             where not exists (select from held)
            on conflict do nothing
            returning id
        )
        select id as "id!: InteractionId", false as "is_new!" from held
         union all select id, true from made
        "#,
        subscriber as _,
        InteractionId::new() as _,
        addressee.line.transport as _,
        addressee.line.ai_provider as _,
        addressee.line.mode as _,
        addressee.from as _,
        addressee.to as _,
        addressee.contact as _,
        addressee.day,
        at,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(Error::Raced)?;
    let begun = Contribution::of(&Facts {
        is_voice: false,
        status: Status::Open,
        outcome: None,
        handled_by: None,
        duration_s: None,
    });
    Ok(Held {
        interaction: row.id,
        is_new: row.is_new,
        change: if row.is_new {
            begun
        } else {
            Contribution::default()
        },
    })
}

/// Whether somebody who may sign in works for the subscriber.
pub async fn is_member(tx: &mut TenantTx, user: UserId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from memberships m join users u on u.id = m.user_id
                           where m.subscriber_id = $1 and m.user_id = $2 and u.disabled_at is null) as "is!""#,
        subscriber as _,
        user as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// Gives the conversation to somebody, or to nobody. False when there is none.
pub async fn assign(
    tx: &mut TenantTx,
    interaction: InteractionId,
    user: Option<UserId>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let assigned = sqlx::query!(
        "update interactions set assigned_user_id = $3, updated_at = now() where subscriber_id = $1 and id = $2",
        subscriber as _,
        interaction as _,
        user as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(assigned.rows_affected() == 1)
}

/// Somebody has seen it. False when there is no such conversation.
pub async fn mark_read(tx: &mut TenantTx, interaction: InteractionId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let marked = sqlx::query!(
        "update interactions set is_unread = false where subscriber_id = $1 and id = $2",
        subscriber as _,
        interaction as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// A conversation that is to be ended, locked.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    pub channel: Channel,
    pub day: NaiveDate,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub handled_by: Option<HandledBy>,
    pub duration_s: Option<i32>,
}

pub async fn lock_closing(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Option<Closing>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Closing,
        r#"select channel as "channel: _", day, status as "status: _", outcome_type as "outcome: _",
                  handled_by as "handled_by: _", duration_seconds as duration_s
             from interactions where subscriber_id = $1 and id = $2
              for no key update"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Ends it, and with it every wait for an answer. Gives the outcome, and what this changes in the day's sums.
pub async fn close(
    tx: &mut TenantTx,
    interaction: InteractionId,
    before: &Closing,
    at: DateTime<Utc>,
) -> sqlx::Result<(Outcome, Contribution)> {
    let subscriber = tx.subscriber();
    let outcome = before.outcome.unwrap_or(match before.handled_by {
        Some(_) => Outcome::Answered,
        None => Outcome::Other,
    });
    sqlx::query!(
        "with answered as (
             update interaction_messages set needs_answer = false
              where subscriber_id = $1 and interaction_id = $2 and needs_answer
         )
         update interactions
            set status = 'COMPLETED', ended_at = coalesce(ended_at, $4), outcome_type = $3, is_unread = false,
                updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        interaction as _,
        outcome as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    let facts = Facts {
        is_voice: before.channel == Channel::Voice,
        status: before.status,
        outcome: before.outcome,
        handled_by: before.handled_by,
        duration_s: before.duration_s,
    };
    let after = Facts {
        status: Status::Completed,
        outcome: Some(outcome),
        ..facts
    };
    let change = Contribution::of(&after).since(Some(Contribution::of(&facts)));
    Ok((outcome, change))
}
