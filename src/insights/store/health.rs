//! Facts of many subscribers at once, and their scores.
use chrono::{DateTime, Duration, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    insights::rules::{Facts, Health},
    kernel::{
        db::{OperatorTx, SystemTx, Tx},
        ids::SubscriberId,
        page::Cursor,
    },
};

/// What is known of these subscribers. Days are UTC's: a score is about weeks, and they end alike for everybody.
pub async fn find_facts(
    tx: &mut SystemTx,
    subscribers: &[SubscriberId],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(SubscriberId, Facts)>> {
    let today: NaiveDate = now.date_naive();
    let rows = sqlx::query!(
        r#"select s.id as "subscriber: SubscriberId", s.created_at as began_at,
                  b.status as "subscription_status?", coalesce(a.balance, 0) as "balance!",
                  coalesce(sums.last, 0) as "last!", coalesce(sums.before, 0) as "before!",
                  coalesce(sums.failed, 0) as "failed!", texts.count as "texts!", dead.count as "dead!",
                  (select i.started_at from interactions i where i.subscriber_id = s.id
                    order by i.started_at desc, i.id desc limit 1) as last_conversation_at,
                  (select max(r.signed_in_at) from memberships m join refresh_sessions r on r.user_id = m.user_id
                    where m.subscriber_id = s.id and r.subscriber_id = s.id and r.impersonator_id is null)
                    as last_sign_in_at
             from subscribers s
             left join subscriptions b on b.subscriber_id = s.id
             left join credit_accounts a on a.subscriber_id = s.id
             cross join lateral (
               select sum(u.interactions) filter (where u.day > $2) as last,
                      sum(u.interactions) filter (where u.day <= $2) as before,
                      sum(u.outcome_failed) filter (where u.day > $2 and u.channel = 'VOICE') as failed
                 from usage_rollups u where u.subscriber_id = s.id and u.day > $3) sums
             cross join lateral (
               select count(*) from outgoing_messages o
                where o.subscriber_id = s.id and o.created_at >= $4 and o.status in ('UNDELIVERED', 'FAILED')) texts
             cross join lateral (
               select count(*) from jobs j
                where j.subscriber_id = s.id and j.state = 'DEAD' and j.finished_at >= $4) dead
            where s.id = any($1)
            order by s.id"#,
        subscribers as _,
        today - Duration::days(7),
        today - Duration::days(35),
        now - Duration::days(7),
    )
    .fetch_all(tx.conn())
    .await?;
    let facts = rows.into_iter().map(|row| {
        let facts = Facts {
            conversations_last_7_days: row.last,
            conversations_28_days_before: row.before,
            failed_calls: row.failed,
            undelivered_texts: row.texts,
            dead_jobs: row.dead,
            failed_deliveries: 0,
            subscription_status: row.subscription_status,
            balance: row.balance,
            began_at: row.began_at,
            last_conversation_at: row.last_conversation_at,
            last_sign_in_at: row.last_sign_in_at,
        };
        (row.subscriber, facts)
    });
    Ok(facts.collect())
}

/// A score to be written.
pub struct Score {
    pub subscriber: SubscriberId,
    pub facts: Facts,
    pub health: Health,
}

/// Writes the scores of a tick and makes them the latest. One that was written before stays as it is.
pub async fn insert_scores(
    tx: &mut SystemTx,
    scores: &[Score],
    scored_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = scores.iter().map(|_| Uuid::now_v7()).collect();
    let subscribers: Vec<Uuid> = scores.iter().map(|score| score.subscriber.0).collect();
    let statuses: Vec<Option<String>> = scores
        .iter()
        .map(|score| score.facts.subscription_status.clone())
        .collect();
    let balances: Vec<Decimal> = scores.iter().map(|score| score.facts.balance).collect();
    // An array of arrays has one length in PostgreSQL, so reasons travel as one text each.
    let reasons: Vec<String> = scores
        .iter()
        .map(|score| score.health.reasons.join(" "))
        .collect();
    let column = |value: fn(&Score) -> i64| -> Vec<i32> {
        let values = scores.iter().map(value);
        values
            .map(|value| i32::try_from(value).unwrap_or(i32::MAX))
            .collect()
    };
    let days = |value: fn(&Facts) -> Option<DateTime<Utc>>| -> Vec<Option<i32>> {
        let dates = scores.iter().map(|score| value(&score.facts));
        dates
            .map(|at| at.map(|at| (scored_at - at).num_days().max(0)))
            .map(|days| days.map(|days| i32::try_from(days).unwrap_or(i32::MAX)))
            .collect()
    };
    sqlx::query!(
        "update health_scores set is_latest = false
          where subscriber_id = any($1) and is_latest and scored_at < $2",
        &subscribers,
        scored_at,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into health_scores
             (subscriber_id, id, scored_at, is_latest, score, usage_points, failure_points, payment_points,
              activity_points, reasons, conversations_last_7_days, conversations_28_days_before, failed_calls,
              undelivered_texts, dead_jobs, failed_deliveries, subscription_status, balance,
              days_since_conversation, days_since_sign_in)
         select subscriber_id, id, $18, true, usage_points + failure_points + payment_points + activity_points,
                usage_points, failure_points, payment_points, activity_points, string_to_array(reasons, ' '),
                last, before, calls, texts, jobs, deliveries, status, balance, silent, unseen
           from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::int[], $7::text[], $8::int[],
                       $9::int[], $10::int[], $11::int[], $12::int[], $13::int[], $14::text[], $15::numeric[],
                       $16::int[], $17::int[])
                as n (id, subscriber_id, usage_points, failure_points, payment_points, activity_points, reasons,
                      last, before, calls, texts, jobs, deliveries, status, balance, silent, unseen)
          where not exists (select from health_scores h
                             where h.subscriber_id = n.subscriber_id and h.scored_at >= $18)",
        &ids,
        &subscribers,
        &column(|score| score.health.usage.into()),
        &column(|score| score.health.failures.into()),
        &column(|score| score.health.payment.into()),
        &column(|score| score.health.activity.into()),
        &reasons,
        &column(|score| score.facts.conversations_last_7_days),
        &column(|score| score.facts.conversations_28_days_before),
        &column(|score| score.facts.failed_calls),
        &column(|score| score.facts.undelivered_texts),
        &column(|score| score.facts.dead_jobs),
        &column(|score| score.facts.failed_deliveries),
        &statuses as _,
        &balances,
        &days(|facts| facts.last_conversation_at) as _,
        &days(|facts| facts.last_sign_in_at) as _,
        scored_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Scores of these subscribers from before this moment go.
pub async fn delete_old_scores(
    tx: &mut SystemTx,
    subscribers: &[SubscriberId],
    before: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from health_scores where subscriber_id = any($1) and scored_at < $2 and not is_latest",
        subscribers as _,
        before,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A score with its parts, its reasons and the figures behind them.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthScore {
    pub id: Uuid,
    pub subscriber_id: Uuid,
    pub slug: String,
    pub scored_at: DateTime<Utc>,
    /// 0 to 100: the sum of the four parts.
    pub score: i32,
    /// Of 40: the last 7 days against the 28 before.
    pub usage_points: i32,
    /// Of 25.
    pub failure_points: i32,
    /// Of 20.
    pub payment_points: i32,
    /// Of 15.
    pub activity_points: i32,
    /// Why points are missing, such as `USAGE_DOWN`.
    pub reasons: Vec<String>,
    pub conversations_last_7_days: i32,
    pub conversations_28_days_before: i32,
    pub failed_calls: i32,
    pub undelivered_texts: i32,
    pub dead_jobs: i32,
    pub failed_deliveries: i32,
    pub subscription_status: Option<String>,
    #[schema(value_type = String)]
    pub balance: Decimal,
    pub days_since_conversation: Option<i32>,
    pub days_since_sign_in: Option<i32>,
}

/// The latest score of everybody, the worst first; after a score and the subscriber that has it.
pub async fn list_worst(
    tx: &mut OperatorTx,
    after: Option<(i32, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<HealthScore>> {
    let (score, subscriber) = after.unzip();
    sqlx::query_as!(
        HealthScore,
        r#"select h.id, h.subscriber_id, s.slug, scored_at, score, usage_points, failure_points, payment_points,
                  activity_points, reasons, conversations_last_7_days, conversations_28_days_before, failed_calls,
                  undelivered_texts, dead_jobs, failed_deliveries, subscription_status,
                  trim_scale(balance) as "balance!", days_since_conversation, days_since_sign_in
             from health_scores h join subscribers s on s.id = h.subscriber_id
            where is_latest and (score, h.subscriber_id) > (coalesce($1, -1), coalesce($2, h.subscriber_id))
            order by score, h.subscriber_id
            limit $3"#,
        score,
        subscriber,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The scores of one subscriber, the newest first.
pub async fn list_history(
    tx: &mut OperatorTx,
    subscriber: SubscriberId,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<HealthScore>> {
    sqlx::query_as!(
        HealthScore,
        r#"select h.id, h.subscriber_id, s.slug, scored_at, score, usage_points, failure_points, payment_points,
                  activity_points, reasons, conversations_last_7_days, conversations_28_days_before, failed_calls,
                  undelivered_texts, dead_jobs, failed_deliveries, subscription_status,
                  trim_scale(balance) as "balance!", days_since_conversation, days_since_sign_in
             from health_scores h join subscribers s on s.id = h.subscriber_id
            where h.subscriber_id = $1 and scored_at < coalesce($2, 'infinity'::timestamptz)
            order by scored_at desc
            limit $3"#,
        subscriber as _,
        after.map(|cursor| cursor.at),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}
