//! Who may be about to leave.
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    insights::churn::{Cause, Finding},
    kernel::{
        db::{OperatorTx, SystemTx, Tx},
        ids::{SubscriberId, UserId},
        page::Cursor,
    },
};

/// A subscriber as the look for churn sees it.
#[derive(Clone, Debug)]
pub struct Watched {
    pub subscriber: SubscriberId,
    pub is_closed: bool,
    pub plan: String,
    pub began_at: DateTime<Utc>,
    pub last_conversation_at: Option<DateTime<Utc>>,
    /// The newest score, and the highest of the seven days before it.
    pub score: Option<i32>,
    pub score_before: Option<i32>,
}

pub async fn find_watched(
    tx: &mut SystemTx,
    subscribers: &[SubscriberId],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Watched>> {
    sqlx::query_as!(
        Watched,
        r#"select s.id as "subscriber: SubscriberId", s.status = 'CLOSED' as "is_closed!",
                  case when b.plan is null or b.status = 'CANCELLED' then 'FREE' else b.plan end as "plan!",
                  s.created_at as began_at,
                  (select i.started_at from interactions i where i.subscriber_id = s.id
                    order by i.started_at desc, i.id desc limit 1) as last_conversation_at,
                  h.score as "score?",
                  (select max(w.score) from health_scores w
                    where w.subscriber_id = s.id and w.scored_at >= $2) as score_before
             from subscribers s
             left join subscriptions b on b.subscriber_id = s.id
             left join health_scores h on h.subscriber_id = s.id and h.is_latest
            where s.id = any($1)
            order by s.id"#,
        subscribers as _,
        now - Duration::days(7),
    )
    .fetch_all(tx.conn())
    .await
}

/// Opens an alert for each finding whose cause has none open. Those that were opened.
pub async fn open_alerts(
    tx: &mut SystemTx,
    findings: &[Finding],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(SubscriberId, Cause)>> {
    let ids: Vec<Uuid> = findings.iter().map(|_| Uuid::now_v7()).collect();
    let subscribers: Vec<Uuid> = findings.iter().map(|one| one.subscriber.0).collect();
    let causes: Vec<Cause> = findings.iter().map(|one| one.cause).collect();
    let column = |value: fn(&Finding) -> Option<i32>| -> Vec<Option<i32>> {
        findings.iter().map(value).collect()
    };
    let opened = sqlx::query!(
        r#"insert into churn_alerts
               (subscriber_id, id, cause, opened_at, days_silent, days_allowed, score, score_before)
           select subscriber_id, id, cause, $8, days_silent, days_allowed, score, score_before
             from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[], $7::int[])
                  as f (id, subscriber_id, cause, days_silent, days_allowed, score, score_before)
           on conflict (subscriber_id, cause) where resolved_at is null do nothing
           returning subscriber_id as "subscriber: SubscriberId", cause as "cause: Cause""#,
        &ids,
        &subscribers,
        &causes as _,
        &column(|one| one.days_silent) as _,
        &column(|one| one.days_allowed) as _,
        &column(|one| one.score) as _,
        &column(|one| one.score_before) as _,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    let opened = opened.into_iter();
    Ok(opened.map(|row| (row.subscriber, row.cause)).collect())
}

/// Closes the open alerts of these subscribers whose cause is not among the findings any more. Those that were closed.
pub async fn close_alerts(
    tx: &mut SystemTx,
    subscribers: &[SubscriberId],
    findings: &[Finding],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(SubscriberId, Cause)>> {
    let found: Vec<Uuid> = findings.iter().map(|one| one.subscriber.0).collect();
    let causes: Vec<Cause> = findings.iter().map(|one| one.cause).collect();
    let closed = sqlx::query!(
        r#"update churn_alerts c set resolved_at = $4, resolution = 'OVER'
            where c.subscriber_id = any($1) and c.resolved_at is null
              and not exists (select from unnest($2::uuid[], $3::text[]) as f (subscriber_id, cause)
                               where f.subscriber_id = c.subscriber_id and f.cause = c.cause)
           returning subscriber_id as "subscriber: SubscriberId", cause as "cause: Cause""#,
        subscribers as _,
        &found,
        &causes as _,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    let closed = closed.into_iter();
    Ok(closed.map(|row| (row.subscriber, row.cause)).collect())
}

/// Why somebody may be about to leave, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChurnAlert {
    pub id: Uuid,
    pub subscriber_id: Uuid,
    pub slug: String,
    pub cause: Cause,
    pub opened_at: DateTime<Utc>,
    /// Of `INACTIVE`, when it was opened.
    pub days_silent: Option<i32>,
    /// Of `INACTIVE`: how many the plan allows.
    pub days_allowed: Option<i32>,
    /// Of `SCORE_FELL`, when it was opened.
    pub score: Option<i32>,
    /// Of `SCORE_FELL`: the highest of the week before.
    pub score_before: Option<i32>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// `OVER` by itself, `OPERATOR` by somebody.
    pub resolution: Option<String>,
    pub resolved_by: Option<Uuid>,
}

/// Alerts of everybody or of one subscriber, the newest first.
pub async fn list_alerts(
    tx: &mut OperatorTx,
    subscriber: Option<SubscriberId>,
    is_open: Option<bool>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<ChurnAlert>> {
    sqlx::query_as!(
        ChurnAlert,
        r#"select c.id, c.subscriber_id, s.slug, cause as "cause: Cause", opened_at, days_silent, days_allowed, score,
                  score_before, resolved_at, resolution, resolved_by
             from churn_alerts c join subscribers s on s.id = c.subscriber_id
            where ($1::uuid is null or c.subscriber_id = $1)
              and ($2::bool is null or (resolved_at is null) = $2)
              and (opened_at, c.id) < (coalesce($3, 'infinity'::timestamptz),
                                       coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
            order by opened_at desc, c.id desc
            limit $5"#,
        subscriber as _,
        is_open,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Ends an alert by hand, if it is open, and shows it. None: there is no such alert.
pub async fn resolve_alert(
    tx: &mut OperatorTx,
    id: Uuid,
    by: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<ChurnAlert>> {
    sqlx::query!(
        "update churn_alerts set resolved_at = $2, resolution = 'OPERATOR', resolved_by = $3
          where id = $1 and resolved_at is null",
        id,
        now,
        by as _,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query_as!(
        ChurnAlert,
        r#"select c.id, c.subscriber_id, s.slug, cause as "cause: Cause", opened_at, days_silent, days_allowed, score,
                  score_before, resolved_at, resolution, resolved_by
             from churn_alerts c join subscribers s on s.id = c.subscriber_id
            where c.id = $1"#,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}
