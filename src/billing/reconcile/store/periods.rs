//! Months beside their usage records, the latest revision of each.
use chrono::NaiveDate;
use uuid::Uuid;

use crate::kernel::db::{TenantTx, Tx};

/// A month that is not the sum of its records.
pub struct PeriodDrift {
    pub starts_on: NaiveDate,
    pub minutes_expected: i32,
    pub minutes_found: i32,
    pub texts_expected: i32,
    pub texts_found: i32,
}

pub async fn list_period_drifts(tx: &mut TenantTx) -> sqlx::Result<Vec<PeriodDrift>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        PeriodDrift,
        r#"
        with latest as (
            select distinct on (source) period, billed_minutes, segments
              from usage_records
             where subscriber_id = $1
             order by source, revision desc
        ),
        used as (
            select period as starts_on, sum(billed_minutes)::int as minutes, sum(segments)::int as texts
              from latest group by period
        ),
        kept as (
            select starts_on, used_minutes as minutes, used_texts as texts from usage_periods where subscriber_id = $1
        ),
        both_sides as (
            select starts_on, coalesce(used.minutes, 0) as minutes_expected, coalesce(kept.minutes, 0) as minutes_found,
                   coalesce(used.texts, 0) as texts_expected, coalesce(kept.texts, 0) as texts_found
              from used full join kept using (starts_on)
        )
        select starts_on as "starts_on!", minutes_expected as "minutes_expected!", minutes_found as "minutes_found!",
               texts_expected as "texts_expected!", texts_found as "texts_found!"
          from both_sides
         where minutes_expected <> minutes_found or texts_expected <> texts_found
         order by starts_on
        "#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// Adds what is missing. A month that is gone begins anew with what the plan includes now.
pub async fn add_to_periods(tx: &mut TenantTx, drifts: &[PeriodDrift]) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let ids: Vec<Uuid> = drifts.iter().map(|_| Uuid::now_v7()).collect();
    let months: Vec<NaiveDate> = drifts.iter().map(|drift| drift.starts_on).collect();
    let minutes: Vec<i32> = drifts
        .iter()
        .map(|drift| drift.minutes_expected - drift.minutes_found)
        .collect();
    let texts: Vec<i32> = drifts
        .iter()
        .map(|drift| drift.texts_expected - drift.texts_found)
        .collect();
    sqlx::query!(
        "insert into usage_periods as p
             (subscriber_id, id, starts_on, included_minutes, used_minutes, included_texts, used_texts)
         select $1, drift.id, drift.starts_on, plan.included_minutes, drift.minutes, plan.included_texts, drift.texts
           from unnest($2::uuid[], $3::date[], $4::int[], $5::int[]) as drift (id, starts_on, minutes, texts)
           join plans as plan
             on plan.code = coalesce((select s.plan from subscriptions s
                                       where s.subscriber_id = $1 and s.status <> 'CANCELLED'), 'FREE')
          order by drift.starts_on
         on conflict (subscriber_id, starts_on) do update
            set used_minutes = p.used_minutes + excluded.used_minutes, used_texts = p.used_texts + excluded.used_texts",
        subscriber as _,
        &ids,
        &months,
        &minutes,
        &texts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
