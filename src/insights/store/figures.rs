//! What a dashboard shows.
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::{
    insights::{
        model::{DaySums, HourCount, LanguageCount, Sums},
        range::Range,
    },
    kernel::db::{TenantTx, Tx},
    tenancy::{Channel, model::zone},
};

/// The subscriber's zone: it says which day is today.
pub async fn find_zone(tx: &mut TenantTx) -> sqlx::Result<Tz> {
    let subscriber = tx.subscriber();
    let name = sqlx::query_scalar!(
        "select timezone from subscriber_profiles where subscriber_id = $1",
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(name.map_or(Tz::UTC, |name| zone(&name)))
}

/// The sums of each day and channel, in the order of days. A row for each, so at most four for a day.
pub async fn list_sums(
    tx: &mut TenantTx,
    range: Range,
    channel: Option<Channel>,
) -> sqlx::Result<Vec<DaySums>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        r#"select day, channel as "channel: Channel", interactions, answered, missed, transferred, booked, ai_handled,
                  duration_s, billed_minutes, messages_in, messages_out, segments, cost, price,
                  array[outcome_rescheduled, outcome_cancelled, outcome_message_taken, outcome_answered,
                        outcome_voicemail, outcome_abandoned, outcome_blocked, outcome_failed, outcome_other]
                        as "outcomes!"
             from usage_rollups
            where subscriber_id = $1 and day between $2 and $3 and ($4::text is null or channel = $4)
            order by day, channel"#,
        subscriber as _,
        range.from,
        range.to,
        channel as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let sums = rows.into_iter().map(|row| {
        let mut outcomes = [0; 9];
        for (count, value) in outcomes.iter_mut().zip(row.outcomes) {
            *count = i64::from(value);
        }
        DaySums {
            day: row.day,
            channel: row.channel,
            sums: Sums {
                interactions: row.interactions.into(),
                answered: row.answered.into(),
                missed: row.missed.into(),
                transferred: row.transferred.into(),
                booked: row.booked.into(),
                ai_handled: row.ai_handled.into(),
                duration_s: row.duration_s,
                billed_minutes: row.billed_minutes.into(),
                messages_in: row.messages_in.into(),
                messages_out: row.messages_out.into(),
                segments: row.segments.into(),
                cost: row.cost,
                price: row.price,
                outcomes,
            },
        }
    });
    Ok(sums.collect())
}

/// Leads of these moments that nobody has taken up: an index holds no others.
pub async fn count_new_leads(
    tx: &mut TenantTx,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from leads
            where subscriber_id = $1 and status = 'NEW' and created_at >= $2 and created_at < $3"#,
        subscriber as _,
        from,
        until,
    )
    .fetch_one(tx.conn())
    .await
}

/// Conversations by the local hour at which they began, read from the index `interactions_day` alone: as many entries
/// as there were conversations in these days, and the route that asks says how many days at most.
pub async fn count_hours(
    tx: &mut TenantTx,
    range: Range,
    channel: Option<Channel>,
    zone: Tz,
) -> sqlx::Result<Vec<HourCount>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        r#"select extract(hour from started_at at time zone $5)::int as "hour!", count(*) as "interactions!"
             from interactions
            where subscriber_id = $1 and day between $2 and $3 and ($4::text is null or channel = $4)
            group by 1 order by 1"#,
        subscriber as _,
        range.from,
        range.to,
        channel as _,
        zone.name(),
    )
    .fetch_all(tx.conn())
    .await?;
    let counted = |hour: u32| {
        let row = rows.iter().find(|row| row.hour.cast_unsigned() == hour);
        row.map_or(0, |row| row.interactions)
    };
    let hours = (0..24).map(|hour| HourCount {
        hour,
        interactions: counted(hour),
    });
    Ok(hours.collect())
}

/// Conversations by their language, most of them first; from the same index.
pub async fn count_languages(
    tx: &mut TenantTx,
    range: Range,
    channel: Option<Channel>,
) -> sqlx::Result<Vec<LanguageCount>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        LanguageCount,
        r#"select language, count(*) as "interactions!"
             from interactions
            where subscriber_id = $1 and day between $2 and $3 and ($4::text is null or channel = $4)
            group by language order by 2 desc, 1"#,
        subscriber as _,
        range.from,
        range.to,
        channel as _,
    )
    .fetch_all(tx.conn())
    .await
}
