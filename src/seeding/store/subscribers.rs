//! A subscriber and what it has exactly one of.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{
    business::{Business, Number, Profile},
    report::Change,
};
use crate::kernel::{
    db::{SystemTx, Tx},
    ids::SubscriberId,
};

/// Whose slug this is. In the transaction, so that what another seed has just committed is seen.
pub async fn find_slug(tx: &mut SystemTx, slug: &str) -> sqlx::Result<Option<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select subscriber_id as "id!: SubscriberId" from directory
            where kind = 'SLUG' and key = $1 and subscriber_id is not null"#,
        slug,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The next subscribers that are not closed, in the order of their ids.
pub async fn list_subscribers(
    tx: &mut SystemTx,
    after: Option<SubscriberId>,
    limit: i64,
) -> sqlx::Result<Vec<SubscriberId>> {
    sqlx::query_scalar!(
        r#"select id as "id: SubscriberId" from subscribers
            where status <> 'CLOSED' and ($1::uuid is null or id > $1)
            order by id limit $2"#,
        after as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Creates the subscriber; of one that is there, its names are the seed's own.
pub async fn upsert_subscriber(
    tx: &mut SystemTx,
    id: SubscriberId,
    business: &Business,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into subscribers as s
               (id, slug, older_id, business_name, business_type, industry, website_url, business_description, status,
                created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, 'ACTIVE', $9, $9)
           on conflict (id) do update
              set business_name = excluded.business_name,
                  older_id = coalesce(excluded.older_id, s.older_id), updated_at = excluded.updated_at
            where s.business_name <> excluded.business_name or s.older_id <> excluded.older_id
               or (s.older_id is null and excluded.older_id is not null)
           returning (xmax = 0) as "is_new!""#,
        id as _,
        business.slug,
        business.older_id,
        business.name,
        business.business_type,
        business.industry,
        business.website_url,
        business.description,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}

pub async fn insert_profile(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    profile: &Profile,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into subscriber_profiles
               (subscriber_id, id, timezone, language, custom_greeting, agent_tone, transfer_number, standard_fee,
                emergency_fee, schedule_summary, business_phone, owner_name, owner_email, area_code,
                appointment_duration_minutes, business_address, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
           on conflict (subscriber_id) do nothing
           returning true as "is_new!""#,
        subscriber as _,
        Uuid::now_v7(),
        profile.timezone,
        profile.language.code(),
        profile.greeting,
        profile.tone,
        profile.transfer_number,
        profile.standard_fee,
        profile.emergency_fee,
        profile.schedule_summary,
        profile.business_phone,
        profile.owner_name,
        profile.owner_email,
        profile.area_code,
        profile.appointment_minutes,
        profile.address,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}

pub async fn insert_credit_account(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    currency: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into credit_accounts (subscriber_id, id, currency, updated_at) values ($1, $2, $3, $4)
           on conflict (subscriber_id) do nothing
           returning true as "is_new!""#,
        subscriber as _,
        Uuid::now_v7(),
        currency,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}

pub async fn insert_subscription(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    plan: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into subscriptions (subscriber_id, id, plan, created_at, updated_at) values ($1, $2, $3, $4, $4)
           on conflict (subscriber_id) do nothing
           returning true as "is_new!""#,
        subscriber as _,
        Uuid::now_v7(),
        plan,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}

/// Makes a number the subscriber's, unless somebody holds it. One that it held before it has given back: that is decided.
pub async fn insert_number(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    number: &Number,
    now: DateTime<Utc>,
) -> sqlx::Result<Change> {
    let written = sqlx::query_scalar!(
        r#"insert into phone_numbers (id, subscriber_id, e164, provider, created_at, updated_at)
           select $1, $2, $3, $4, $5, $5
            where not exists (select from phone_numbers n where n.subscriber_id = $2 and n.e164 = $3)
           on conflict (e164) where state = 'ACTIVE' do nothing
           returning true as "is_new!""#,
        Uuid::now_v7(),
        subscriber as _,
        number.e164,
        number.provider,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Change::of_written(written))
}
