//! What came of a conversation, told by whoever brought it about.
use chrono::NaiveDate;

use super::{
    model::Outcome,
    rules::{Contribution, Facts},
    store::staff,
};
use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::InteractionId,
    },
    tenancy::Channel,
};

/// What a more telling outcome changes in the sums of the conversation's day; they belong into the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    pub day: NaiveDate,
    pub channel: Channel,
    pub change: Contribution,
}

/// Gives the conversation this outcome, unless it has a more telling one ([`Outcome::BY_RANK`]) or is not there.
pub async fn raise_outcome(
    tx: &mut TenantTx,
    interaction: InteractionId,
    outcome: Outcome,
) -> sqlx::Result<Option<Raised>> {
    let Some(before) = staff::lock_closing(tx, interaction).await? else {
        return Ok(None);
    };
    let rank = |of: Outcome| Outcome::BY_RANK.iter().position(|other| *other == of);
    if before.outcome.and_then(rank) >= rank(outcome) {
        return Ok(None);
    }
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update interactions set outcome_type = $3, updated_at = now() where subscriber_id = $1 and id = $2",
        subscriber as _,
        interaction as _,
        outcome as _,
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
        outcome: Some(outcome),
        ..facts
    };
    Ok(Some(Raised {
        day: before.day,
        channel: before.channel,
        change: Contribution::of(&after).since(Some(Contribution::of(&facts))),
    }))
}
