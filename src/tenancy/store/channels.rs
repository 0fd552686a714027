//! The channels as their settings show them, and what a channel may name.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::model::{AiProvider, Channel, ChannelMode, Transport};
use crate::kernel::{
    db::{TenantTx, Tx},
    phone::E164,
};

/// One channel.
#[derive(Clone, Debug)]
pub struct ChannelRow {
    pub id: Uuid,
    pub channel: Channel,
    pub is_enabled: bool,
    pub transport: Transport,
    pub ai_provider: AiProvider,
    pub number: Option<E164>,
    pub agent: Option<String>,
    pub inbox: Option<String>,
    pub mode: ChannelMode,
}

pub async fn list_channels(tx: &mut TenantTx) -> sqlx::Result<Vec<ChannelRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        ChannelRow,
        r#"select id, channel as "channel: _", is_enabled, transport_provider as "transport: _",
                  ai_provider as "ai_provider: _", provider_number_e164 as "number: _", provider_agent_id as agent,
                  provider_inbox_id as inbox, mode as "mode: _"
             from subscriber_channels
            where subscriber_id = $1
            order by array_position(array['VOICE', 'SMS', 'CHAT', 'EMAIL'], channel) limit 10"#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// The channel, kept from others until the transaction ends.
pub async fn lock_channel(tx: &mut TenantTx, channel: Channel) -> sqlx::Result<Option<ChannelRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        ChannelRow,
        r#"select id, channel as "channel: _", is_enabled, transport_provider as "transport: _",
                  ai_provider as "ai_provider: _", provider_number_e164 as "number: _", provider_agent_id as agent,
                  provider_inbox_id as inbox, mode as "mode: _"
             from subscriber_channels
            where subscriber_id = $1 and channel = $2
              for no key update"#,
        subscriber as _,
        channel as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Writes the channel. A version was pinned for the agent that it had, so it goes with it.
pub async fn save_channel(
    tx: &mut TenantTx,
    to: &ChannelRow,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into subscriber_channels as c
             (subscriber_id, id, channel, is_enabled, transport_provider, ai_provider, provider_number_e164,
              provider_agent_id, provider_inbox_id, mode, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         on conflict (subscriber_id, channel) do update
            set is_enabled = excluded.is_enabled, transport_provider = excluded.transport_provider,
                ai_provider = excluded.ai_provider, provider_number_e164 = excluded.provider_number_e164,
                provider_agent_version =
                    case when c.provider_agent_id is not distinct from excluded.provider_agent_id
                         then c.provider_agent_version end,
                provider_agent_id = excluded.provider_agent_id, provider_inbox_id = excluded.provider_inbox_id,
                mode = excluded.mode, updated_at = excluded.updated_at",
        subscriber as _,
        to.id,
        to.channel as _,
        to.is_enabled,
        to.transport as _,
        to.ai_provider as _,
        to.number.as_ref() as _,
        to.agent,
        to.inbox,
        to.mode as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The subscriber's own number, if it holds it now; it stays held until the transaction ends.
pub async fn hold_number(tx: &mut TenantTx, number: &E164) -> sqlx::Result<Option<Uuid>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "select id from phone_numbers
          where subscriber_id = $1 and e164 = $2 and state = 'ACTIVE' and not is_shared
            for share",
        subscriber as _,
        number as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The plan that counts: whoever has none, or cancelled it, is on FREE.
pub async fn find_plan(tx: &mut TenantTx) -> sqlx::Result<String> {
    let subscriber = tx.subscriber();
    let plan = sqlx::query_scalar!(
        "select plan from subscriptions where subscriber_id = $1 and status <> 'CANCELLED'",
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(plan.unwrap_or_else(|| "FREE".to_owned()))
}
