//! Channels, and the numbers they may stand on.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{
    places::{KnownNumber, Place},
    report::Change,
};
use crate::{
    kernel::{
        db::{SystemTx, Tx},
        ids::SubscriberId,
        phone::E164,
    },
    tenancy::{AiProvider, Channel, Transport},
};

/// A channel that is there.
#[derive(Clone, Debug)]
pub struct Held {
    pub subscriber: SubscriberId,
    pub channel: Channel,
    pub transport: Transport,
    pub ai_provider: AiProvider,
    pub place: Place,
}

/// A channel as it is made.
#[derive(Clone, Debug)]
pub struct NewChannel {
    pub channel: Channel,
    pub is_enabled: bool,
    pub transport: Transport,
    pub ai_provider: AiProvider,
    pub place: Place,
}

/// The numbers that the subscriber holds now, the oldest first, and the shared ones that its channels stand on.
pub async fn list_numbers(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
) -> sqlx::Result<Vec<KnownNumber>> {
    sqlx::query_as!(
        KnownNumber,
        r#"(select e164 as "e164!: E164", provider = 'TWILIO' as "carries_texts!", false as "is_shared!"
              from phone_numbers
             where subscriber_id = $1 and state = 'ACTIVE'
             order by created_at, id limit 100)
           union all
           select e164, provider = 'TWILIO', true from phone_numbers
            where is_shared and state = 'ACTIVE'
              and e164 in (select provider_number_e164 from subscriber_channels where subscriber_id = $1)"#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// The channels that are there, kept from others until the commit.
pub async fn lock_channels(tx: &mut SystemTx, subscriber: SubscriberId) -> sqlx::Result<Vec<Held>> {
    let rows = sqlx::query!(
        r#"select channel as "channel: Channel", transport_provider as "transport: Transport",
                  ai_provider as "ai_provider: AiProvider", provider_number_e164 as "number: E164",
                  provider_agent_id
             from subscriber_channels
            where subscriber_id = $1
            order by channel for update"#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let held = rows.into_iter().map(|row| Held {
        subscriber,
        channel: row.channel,
        transport: row.transport,
        ai_provider: row.ai_provider,
        place: Place {
            number: row.number,
            agent: row.provider_agent_id,
        },
    });
    Ok(held.collect())
}

/// Creates the channel, unless somebody did in the meantime.
pub async fn insert_channel(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    new: &NewChannel,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into subscriber_channels
               (subscriber_id, id, channel, is_enabled, transport_provider, ai_provider, provider_number_e164,
                provider_agent_id, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
           on conflict (subscriber_id, channel) do nothing
           returning true as "is_new!""#,
        subscriber as _,
        Uuid::now_v7(),
        new.channel as _,
        new.is_enabled,
        new.transport as _,
        new.ai_provider as _,
        new.place.number.as_ref() as _,
        new.place.agent,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}

/// Brings a channel to another number or agent. A version was pinned for the agent before, so it goes with it.
pub async fn move_channel(
    tx: &mut SystemTx,
    held: &Held,
    place: &Place,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"update subscriber_channels
              set provider_number_e164 = $3, provider_agent_id = $4, updated_at = $5,
                  provider_agent_version =
                      case when provider_agent_id is not distinct from $4 then provider_agent_version end
            where subscriber_id = $1 and channel = $2
              and (provider_number_e164, provider_agent_id) is distinct from ($3, $4)
           returning false as "is_new!""#,
        held.subscriber as _,
        held.channel as _,
        place.number.as_ref() as _,
        place.agent,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}
