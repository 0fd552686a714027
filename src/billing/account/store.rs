//! The statements that only look at usage and money.
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    billing::model::{ChargedFrom, Leg, UsageType},
    kernel::{
        db::{TenantTx, Tx},
        page::Cursor,
    },
};

/// The plan, this month's units, the balance.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The zone's name, as it stands in the profile.
    pub timezone: String,
    pub plan: String,
    /// Null without a subscription: then it is the free plan.
    pub status: Option<String>,
    pub is_overage_enabled: bool,
    pub per_minute: Decimal,
    pub currency: String,
    pub included_minutes: i32,
    pub used_minutes: i32,
    pub included_texts: i32,
    pub used_texts: i32,
    pub balance: Decimal,
}

/// How the subscriber stands in the month that begins on this day. A month in which nothing was used yet has what the
/// plan includes.
pub async fn find_standing(tx: &mut TenantTx, month: NaiveDate) -> sqlx::Result<Option<Standing>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Standing,
        r#"select f.timezone, p.code as plan, s.status as "status?",
                  coalesce(s.is_overage_enabled, true) as "is_overage_enabled!", p.per_minute, p.currency,
                  coalesce(m.included_minutes, p.included_minutes) as "included_minutes!",
                  coalesce(m.used_minutes, 0) as "used_minutes!",
                  coalesce(m.included_texts, p.included_texts) as "included_texts!",
                  coalesce(m.used_texts, 0) as "used_texts!",
                  coalesce(a.balance, 0) as "balance!"
             from subscriber_profiles f
             left join subscriptions s on s.subscriber_id = $1
             join plans p on p.code = case when s.plan is null or s.status = 'CANCELLED' then 'FREE' else s.plan end
             left join usage_periods m on m.subscriber_id = $1 and m.starts_on = $2
             left join credit_accounts a on a.subscriber_id = $1
            where f.subscriber_id = $1"#,
        subscriber as _,
        month,
    )
    .fetch_optional(tx.conn())
    .await
}

/// What was used since the beginning.
#[derive(Clone, Debug)]
pub struct Spent {
    pub minutes: i64,
    pub price: Decimal,
    pub last_usage_at: Option<DateTime<Utc>>,
}

/// From the sums of days, not from what they are the sums of.
pub async fn find_spent(tx: &mut TenantTx) -> sqlx::Result<Spent> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Spent,
        r#"select coalesce(sum(billed_minutes), 0) as "minutes!", coalesce(sum(price), 0) as "price!",
                  (select u.occurred_at from usage_records u where u.subscriber_id = $1
                    order by u.created_at desc, u.id desc limit 1) as last_usage_at
             from usage_rollups where subscriber_id = $1"#,
        subscriber as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// From when to when (without it), after which row, how many.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub after: Option<Cursor>,
    pub limit: i64,
}

/// A usage and what it came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRow {
    pub id: Uuid,
    pub usage_type: UsageType,
    pub interaction_id: Option<Uuid>,
    pub duration_seconds: Option<i32>,
    pub billed_minutes: i32,
    pub segments: i32,
    /// What it costs the subscriber.
    #[schema(value_type = String)]
    pub cost: Decimal,
    pub currency: String,
    pub charged_from: ChargedFrom,
    #[schema(value_type = String)]
    pub balance_before: Decimal,
    #[schema(value_type = String)]
    pub balance_after: Decimal,
    pub free_minutes_before: i32,
    pub free_minutes_after: i32,
    pub created_at: DateTime<Utc>,
}

/// Usage, newest first: of each the last revision, which the earlier ones led to.
pub async fn list_usage(
    tx: &mut TenantTx,
    usage_type: Option<UsageType>,
    window: Window,
) -> sqlx::Result<Vec<UsageRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        UsageRow,
        r#"select id, usage_type as "usage_type: UsageType", interaction_id, duration_seconds, billed_minutes, segments,
                  trim_scale(price) as "cost!", currency, charged_from as "charged_from: ChargedFrom",
                  trim_scale(balance_before) as "balance_before!", trim_scale(balance_after) as "balance_after!",
                  free_minutes_before, free_minutes_after, created_at
             from usage_records u
            where subscriber_id = $1 and ($2::text is null or usage_type = $2)
              and created_at >= coalesce($3, '-infinity'::timestamptz)
              and created_at < coalesce($4, 'infinity'::timestamptz)
              and (created_at, id) < (coalesce($5, 'infinity'::timestamptz),
                                      coalesce($6, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
              and not exists (select from usage_records n
                               where n.subscriber_id = $1 and n.source = u.source and n.revision = u.revision + 1)
            order by created_at desc, id desc
            limit $7"#,
        subscriber as _,
        usage_type as _,
        window.from,
        window.until,
        window.after.map(|cursor| cursor.at),
        window.after.map(|cursor| cursor.id),
        window.limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// An entry of the ledger: positive is credit, negative a charge.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerRow {
    pub id: Uuid,
    pub leg: Leg,
    /// `CHARGE`, `CORRECTION` or `CREDIT`.
    pub kind: String,
    #[schema(value_type = String)]
    pub amount: Decimal,
    pub currency: String,
    pub usage_record_id: Option<Uuid>,
    /// The entry that this one corrects.
    pub corrects_id: Option<Uuid>,
    pub reason: Option<String>,
    pub source_event: Option<String>,
    #[schema(value_type = String)]
    pub balance_after: Decimal,
    pub created_at: DateTime<Utc>,
}

/// Entries of the ledger, newest first.
pub async fn list_ledger(tx: &mut TenantTx, window: Window) -> sqlx::Result<Vec<LedgerRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        LedgerRow,
        r#"select id, leg as "leg: Leg", kind, trim_scale(amount) as "amount!", currency, usage_record_id, corrects_id,
                  reason, source_event, trim_scale(balance_after) as "balance_after!", created_at
             from ledger_entries
            where subscriber_id = $1
              and created_at >= coalesce($2, '-infinity'::timestamptz)
              and created_at < coalesce($3, 'infinity'::timestamptz)
              and (created_at, id) < (coalesce($4, 'infinity'::timestamptz),
                                      coalesce($5, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
            order by created_at desc, id desc
            limit $6"#,
        subscriber as _,
        window.from,
        window.until,
        window.after.map(|cursor| cursor.at),
        window.after.map(|cursor| cursor.id),
        window.limit,
    )
    .fetch_all(tx.conn())
    .await
}
