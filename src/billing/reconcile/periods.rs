//! Months: what was used in each is the sum of its usage records, the latest revision of each.
use chrono::NaiveDate;
use uuid::Uuid;

use super::model::Difference;
use crate::kernel::db::{TenantTx, Tx};

struct Drift {
    starts_on: NaiveDate,
    minutes_expected: i32,
    minutes_found: i32,
    texts_expected: i32,
    texts_found: i32,
}

impl Drift {
    fn differences(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (unit, expected, found) in [
            ("minutes", self.minutes_expected, self.minutes_found),
            ("texts", self.texts_expected, self.texts_found),
        ] {
            if expected != found {
                let subject = format!("period {}: {unit}", self.starts_on);
                differences.push(Difference::corrected(subject, expected, found));
            }
        }
        differences
    }
}

pub(super) async fn correct(tx: &mut TenantTx) -> sqlx::Result<Vec<Difference>> {
    let drifts = list_drifts(tx).await?;
    if !drifts.is_empty() {
        add(tx, &drifts).await?;
    }
    Ok(drifts.iter().flat_map(Drift::differences).collect())
}

async fn list_drifts(tx: &mut TenantTx) -> sqlx::Result<Vec<Drift>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Drift,
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

async fn add(tx: &mut TenantTx, drifts: &[Drift]) -> sqlx::Result<()> {
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
