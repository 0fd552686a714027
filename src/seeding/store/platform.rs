//! What belongs to the platform: shared numbers and agents.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{agents::PlatformAgent, report::Change};
use crate::kernel::{
    db::{SystemTx, Tx},
    ids::SubscriberId,
    phone::E164,
};

/// A number that is held, and by whom: without a subscriber it is shared.
#[derive(Clone, Copy, Debug)]
pub struct HeldNumber {
    pub id: Uuid,
    pub subscriber: Option<SubscriberId>,
}

pub async fn find_number(tx: &mut SystemTx, number: &E164) -> sqlx::Result<Option<HeldNumber>> {
    sqlx::query_as!(
        HeldNumber,
        r#"select id, subscriber_id as "subscriber: SubscriberId" from phone_numbers
            where e164 = $1 and state = 'ACTIVE'"#,
        number as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Makes a shared number. One that was given to a subscriber stays theirs.
pub async fn insert_shared_number(
    tx: &mut SystemTx,
    number: &E164,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into phone_numbers (id, e164, provider, is_shared, created_at, updated_at)
           values ($1, $2, 'TWILIO', true, $3, $3)
           on conflict (e164) where state = 'ACTIVE' do nothing
           returning true as "is_new!""#,
        Uuid::now_v7(),
        number as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}

/// Makes the agent of a role, or brings it to what the settings say: there is one for a role and an industry.
pub async fn upsert_agent(
    tx: &mut SystemTx,
    agent: &PlatformAgent,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into agents as a
               (id, provider, provider_agent_id, role, industry, name, version, llm_id, llm_version,
                created_at, updated_at)
           values ($1, 'RETELL', $2, $3, $4, $5, $6, $7, $8, $9, $9)
           on conflict (provider, role, coalesce(industry, '')) where subscriber_id is null do update
              set provider_agent_id = excluded.provider_agent_id, name = excluded.name, version = excluded.version,
                  llm_id = excluded.llm_id, llm_version = excluded.llm_version, updated_at = excluded.updated_at
            where (a.provider_agent_id, a.name, a.version, a.llm_id, a.llm_version) is distinct from
                  (excluded.provider_agent_id, excluded.name, excluded.version, excluded.llm_id, excluded.llm_version)
           returning (xmax = 0) as "is_new!""#,
        Uuid::now_v7(),
        agent.agent_id,
        agent.role,
        agent.industry,
        agent.name,
        agent.version,
        agent.llm_id,
        agent.llm_version,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}
