//! The statements of tenancy that conversations need.
use uuid::Uuid;

use super::super::model::{
    AiProvider, CallSettings, Channel, ChannelMode, ClosedAnswer, Line, RecordingMode,
    SubscriberStatus, Transport, VoiceLine, zone,
};
use crate::kernel::{
    db::{SystemTx, TenantTx, Tx},
    ids::SubscriberId,
    language::Language,
    phone::E164,
};

/// The channel, with the subscriber's standing. None when the subscriber is gone or has no such channel.
pub async fn find_line(tx: &mut TenantTx, channel: Channel) -> sqlx::Result<Option<Line>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"select s.business_name, s.status as "status: SubscriberStatus",
                  p.timezone, p.language as "language: Language",
                  c.is_enabled, c.mode as "mode: ChannelMode",
                  c.transport_provider as "transport: Transport", c.ai_provider as "ai_provider: AiProvider",
                  c.provider_agent_id, c.provider_agent_version,
                  not s.handles_health_data as "keeps_words!"
             from subscribers s
             join subscriber_profiles p on p.subscriber_id = s.id
             join subscriber_channels c on c.subscriber_id = s.id and c.channel = $2
            where s.id = $1"#,
        subscriber as _,
        channel as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Line {
        business_name: row.business_name,
        status: row.status,
        zone: zone(&row.timezone),
        language: row.language,
        is_enabled: row.is_enabled,
        mode: row.mode,
        transport: row.transport,
        ai_provider: row.ai_provider,
        provider_agent_id: row.provider_agent_id,
        provider_agent_version: row.provider_agent_version,
        keeps_words: row.keeps_words,
    }))
}

/// Everything that an incoming call is answered with, in one statement: the caller hears it ring meanwhile.
pub async fn find_voice_line(
    tx: &mut TenantTx,
    caller: Option<&E164>,
) -> sqlx::Result<Option<VoiceLine>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"select s.business_name, s.status as "status: SubscriberStatus",
                  p.timezone, p.language as "language: Language", p.custom_greeting, p.agent_tone,
                  p.transfer_number as "transfer_number: E164", p.schedule_summary, p.standard_fee,
                  p.emergency_fee, p.cal_com_url, p.is_booking_enabled,
                  p.after_hours as "after_hours: ClosedAnswer", p.on_holidays as "on_holidays: ClosedAnswer",
                  p.staff_ring_seconds, p.owner_phone as "owner_phone: E164",
                  p.recording_mode as "recording_mode: RecordingMode", p.recording_consent_text, p.is_sms_enabled,
                  p.voice_id,
                  c.is_enabled, c.mode as "mode: ChannelMode",
                  c.transport_provider as "transport: Transport", c.ai_provider as "ai_provider: AiProvider",
                  c.provider_agent_id, c.provider_agent_version,
                  not s.handles_health_data as "keeps_words!",
                  exists (select from blocked_callers b
                           where b.subscriber_id = $1 and b.phone = $2) as "is_caller_blocked!",
                  (select nullif(concat_ws(' ', coalesce(m.first_name, k.first_name),
                                                coalesce(m.last_name, k.last_name)), '')
                     from contacts k
                     left join contacts m on m.subscriber_id = k.subscriber_id and m.id = k.merged_into
                    where k.subscriber_id = $1 and k.phone = $2) as caller_name
             from subscribers s
             join subscriber_profiles p on p.subscriber_id = s.id
             join subscriber_channels c on c.subscriber_id = s.id and c.channel = 'VOICE'
            where s.id = $1"#,
        subscriber as _,
        caller as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| VoiceLine {
        line: Line {
            business_name: row.business_name,
            status: row.status,
            zone: zone(&row.timezone),
            language: row.language,
            is_enabled: row.is_enabled,
            mode: row.mode,
            transport: row.transport,
            ai_provider: row.ai_provider,
            provider_agent_id: row.provider_agent_id,
            provider_agent_version: row.provider_agent_version,
            keeps_words: row.keeps_words,
        },
        is_caller_blocked: row.is_caller_blocked,
        caller_name: row.caller_name,
        greeting: row.custom_greeting,
        agent_tone: row.agent_tone,
        transfer_number: row.transfer_number,
        schedule_summary: row.schedule_summary,
        standard_fee: row.standard_fee,
        emergency_fee: row.emergency_fee,
        cal_com_url: row.cal_com_url,
        is_booking_enabled: row.is_booking_enabled,
        settings: CallSettings {
            after_hours: row.after_hours,
            on_holidays: row.on_holidays,
            staff_ring_s: row.staff_ring_seconds,
            owner_phone: row.owner_phone,
            recording_mode: row.recording_mode,
            recording_consent_text: row.recording_consent_text,
            is_sms_enabled: row.is_sms_enabled,
            voice_id: row.voice_id,
        },
    }))
}

/// The subscribers behind this one, in the order of their ids: for what visits all of them.
pub async fn list_subscribers(
    tx: &mut SystemTx,
    after: Option<SubscriberId>,
    limit: i64,
) -> sqlx::Result<Vec<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select id as "id: SubscriberId" from subscribers where id > $1 order by id limit $2"#,
        after.map_or_else(Uuid::nil, |after| after.0),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The number from which the subscriber's texts go out.
pub async fn find_text_number(tx: &mut TenantTx) -> sqlx::Result<Option<E164>> {
    let subscriber = tx.subscriber();
    let number = sqlx::query_scalar!(
        r#"select provider_number_e164 as "number: E164" from subscriber_channels
            where subscriber_id = $1 and channel = 'SMS'"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(number.flatten())
}
