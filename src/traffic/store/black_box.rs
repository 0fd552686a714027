//! The black box: what happened in an interaction, in its order.
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{
    db::{OnConstraint, TenantTx, Tx},
    ids::InteractionId,
    page::Cursor,
};

/// One line of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TraceView {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub kind: String,
    /// `PROVIDER`, `DECISION`, `TOOL_CALL`, `JOB`, `STAFF` or `EXTERNAL`.
    pub source: String,
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl TraceView {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.at,
            id: self.id,
        }
    }
}

/// Writes a line and gives it back; most are collected instead and written with the commit ([`Tx::trace`]).
///
/// # Errors
/// `RowNotFound` when the subscriber has no such interaction.
pub async fn insert(
    tx: &mut TenantTx,
    interaction: InteractionId,
    source: &str,
    kind: &str,
    detail: &Value,
    at: DateTime<Utc>,
) -> sqlx::Result<TraceView> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        TraceView,
        "insert into black_box_events (subscriber_id, id, interaction_id, at, source, kind, detail)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id, at, kind, source, detail",
        subscriber as _,
        Uuid::now_v7(),
        interaction as _,
        at,
        source,
        kind,
        detail,
    )
    .fetch_one(tx.conn())
    .await
    .on_constraint(
        "black_box_events_interaction_fkey",
        sqlx::Error::RowNotFound,
    )
}

/// The lines after this place, the oldest first, one more than asked for. None: there is no such interaction.
pub async fn list(
    tx: &mut TenantTx,
    interaction: InteractionId,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Option<Vec<TraceView>>> {
    let subscriber = tx.subscriber();
    let is_there = sqlx::query_scalar!(
        r#"select exists (select from interactions where subscriber_id = $1 and id = $2) as "is_there!""#,
        subscriber as _,
        interaction as _,
    )
    .fetch_one(tx.conn())
    .await?;
    if !is_there {
        return Ok(None);
    }
    let (at, id) = after.map_or((DateTime::UNIX_EPOCH, Uuid::nil()), |after| {
        (after.at, after.id)
    });
    let traces = sqlx::query_as!(
        TraceView,
        "select id, at, kind, source, detail
           from black_box_events
          where subscriber_id = $1 and interaction_id = $2 and (at, id) > ($3, $4)
          order by at, id
          limit $5",
        subscriber as _,
        interaction as _,
        at,
        id,
        limit + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Some(traces))
}
