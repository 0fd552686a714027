//! What came of a conversation, told while it still goes on.
use chrono::NaiveDate;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::InteractionId,
    },
    tenancy::Channel,
    traffic::{
        model::{HandledBy, Outcome, Status},
        rules::{Contribution, Facts},
    },
};

/// What a better outcome changes in the sums of the conversation's day.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    pub day: NaiveDate,
    pub channel: Channel,
    pub before: Option<Outcome>,
    pub change: Contribution,
}

/// Says what came of the conversation, unless more is known already. The change belongs into the same transaction.
pub async fn raise_outcome(
    tx: &mut TenantTx,
    interaction: InteractionId,
    outcome: Outcome,
) -> sqlx::Result<Option<Raised>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"with before as materialized (
               select id, outcome_type from interactions where subscriber_id = $1 and id = $2
                  for no key update
           )
           update interactions i set outcome_type = $3, updated_at = now()
             from before
            where i.subscriber_id = $1 and i.id = before.id
              and coalesce(array_position($4::text[], before.outcome_type), 0) < array_position($4::text[], $3)
        returning i.day, i.channel as "channel: Channel", i.status as "status: Status",
                  i.handled_by as "handled_by: HandledBy", i.duration_seconds as duration_s,
                  before.outcome_type as "before?: Outcome""#,
        subscriber as _,
        interaction as _,
        outcome as _,
        &Outcome::BY_RANK as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let before = Facts {
            is_voice: row.channel == Channel::Voice,
            status: row.status,
            outcome: row.before,
            handled_by: row.handled_by,
            duration_s: row.duration_s,
        };
        let after = Facts {
            outcome: Some(outcome),
            ..before
        };
        Raised {
            day: row.day,
            channel: row.channel,
            before: row.before,
            change: Contribution::of(&after).since(Some(Contribution::of(&before))),
        }
    }))
}
