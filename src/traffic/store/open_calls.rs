//! Calls that go on, as far as we have heard.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::{InteractionId, SubscriberId},
        phone::E164,
    },
    traffic::Direction,
};

/// A call without an end.
#[derive(Clone, Debug)]
pub struct OpenCall {
    pub provider: String,
    pub external_id: String,
    pub agent: Option<String>,
    pub direction: Direction,
    pub from: Option<E164>,
    pub to: Option<E164>,
    pub started_at: DateTime<Utc>,
}

/// Those of everybody that began before this moment, the oldest first, behind the one that is named.
pub async fn list_open_calls(
    tx: &mut SystemTx,
    started_before: DateTime<Utc>,
    after: Option<(DateTime<Utc>, InteractionId)>,
    limit: i64,
) -> sqlx::Result<Vec<(SubscriberId, InteractionId, DateTime<Utc>)>> {
    let first = (DateTime::UNIX_EPOCH, Uuid::nil());
    let (after_at, after_id) = after.map_or(first, |(at, id)| (at, id.0));
    let rows = sqlx::query!(
        r#"select subscriber_id as "subscriber: SubscriberId", id as "id: InteractionId", started_at
             from interactions
            where channel = 'VOICE' and status = 'OPEN' and external_id is not null and started_at < $1
              and (started_at, id) > ($2, $3)
            order by started_at, id limit $4"#,
        started_before,
        after_at,
        after_id,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.subscriber, row.id, row.started_at))
        .collect())
}

/// None: it has its end by now.
pub async fn find_open_call(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Option<OpenCall>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        OpenCall,
        r#"select provider, external_id as "external_id!", provider_agent_id as agent, direction as "direction: _",
                  from_number as "from: _", to_number as "to: _", started_at
             from interactions
            where subscriber_id = $1 and id = $2 and channel = 'VOICE' and status = 'OPEN' and external_id is not null"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The provider's id of the only call that a provider holds for the subscriber right now. None of several.
pub async fn find_only_open_call(
    tx: &mut TenantTx,
    provider: &str,
    started_after: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    let subscriber = tx.subscriber();
    let ids = sqlx::query_scalar!(
        r#"select external_id as "external_id!" from interactions
            where subscriber_id = $1 and channel = 'VOICE' and status = 'OPEN' and provider = $2
              and external_id is not null and started_at > $3
            limit 2"#,
        subscriber as _,
        provider,
        started_after,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(match <[String; 1]>::try_from(ids) {
        Ok([only]) => Some(only),
        Err(_) => None,
    })
}
