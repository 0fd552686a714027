//! The receptionist's switch, and the operator's list of all subscribers.
use chrono::{DateTime, Utc};

use super::super::model::{ForwardingStatus, SubscriberStatus};
use crate::kernel::{
    db::{OperatorTx, TenantTx, Tx},
    ids::SubscriberId,
    page::Cursor,
    phone::E164,
};

/// Whether the receptionist answers calls, and where.
#[derive(Clone, Debug)]
pub struct Switch {
    pub business_name: String,
    pub is_on: bool,
    pub forwarding_status: ForwardingStatus,
    pub owner_phone: Option<E164>,
    pub number: Option<E164>,
    pub twilio_number_sid: Option<String>,
    pub custom_greeting: Option<String>,
}

/// A subscriber without a VOICE channel has it off. The number is the channel's, else the first that is its own.
pub async fn find_switch(tx: &mut TenantTx) -> sqlx::Result<Option<Switch>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Switch,
        r#"select s.business_name, coalesce(c.is_enabled, false) as "is_on!",
                  p.forwarding_status as "forwarding_status: _", p.owner_phone as "owner_phone: _",
                  coalesce(c.provider_number_e164, own.e164) as "number: _",
                  (select n.provider_id from phone_numbers n
                    where n.subscriber_id = $1 and n.state = 'ACTIVE' and n.provider = 'TWILIO'
                      and n.e164 = coalesce(c.provider_number_e164, own.e164)) as twilio_number_sid,
                  p.custom_greeting
             from subscribers s
             join subscriber_profiles p on p.subscriber_id = s.id
             left join subscriber_channels c on c.subscriber_id = s.id and c.channel = 'VOICE'
             left join lateral (select e164 from phone_numbers n
                                 where n.subscriber_id = $1 and n.state = 'ACTIVE'
                                 order by n.created_at, n.id limit 1) own on true
            where s.id = $1"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Switches the VOICE channel; None when there is none, else whether it was otherwise before.
pub async fn switch_voice(
    tx: &mut TenantTx,
    is_on: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<bool>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"with before as (
               select id, is_enabled from subscriber_channels
                where subscriber_id = $1 and channel = 'VOICE' for no key update
           )
           update subscriber_channels c set is_enabled = $2, updated_at = $3
             from before b
            where c.subscriber_id = $1 and c.id = b.id
        returning b.is_enabled <> $2 as "was_otherwise!""#,
        subscriber as _,
        is_on,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Whether the owner's own line brings callers to the receptionist: not while it is off, and once it is on again only
/// a call shows it.
pub async fn note_forwarding(tx: &mut TenantTx, is_on: bool) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update subscriber_profiles
            set forwarding_status = case when $2 then 'PENDING' else 'INACTIVE' end
          where subscriber_id = $1",
        subscriber as _,
        is_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A call came that the owner's own line forwarded.
pub async fn see_forwarded(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update subscriber_profiles set forwarding_status = 'ACTIVE'
          where subscriber_id = $1 and forwarding_status <> 'ACTIVE'",
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A subscriber in the operator's list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: SubscriberId,
    pub slug: String,
    pub business_name: String,
    pub status: SubscriberStatus,
    pub plan: String,
    pub is_on: bool,
    pub number: Option<E164>,
    pub created_at: DateTime<Utc>,
}

/// All subscribers, the newest first.
pub async fn list_all(
    tx: &mut OperatorTx,
    status: Option<SubscriberStatus>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select s.id as "id: _", s.slug, s.business_name, s.status as "status: _",
                  coalesce(b.plan, 'FREE') as "plan!", coalesce(c.is_enabled, false) as "is_on!",
                  c.provider_number_e164 as "number: _", s.created_at
             from subscribers s
             left join subscriptions b on b.subscriber_id = s.id and b.status <> 'CANCELLED'
             left join subscriber_channels c on c.subscriber_id = s.id and c.channel = 'VOICE'
            where ($1::text is null or s.status = $1)
              and ($2::timestamptz is null or (s.created_at, s.id) < ($2, $3::uuid))
            order by s.created_at desc, s.id desc limit $4"#,
        status as _,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}
