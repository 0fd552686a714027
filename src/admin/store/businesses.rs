//! The statements on businesses, leads and texts.
use uuid::Uuid;

use super::super::model::{AppointmentRow, LeadRow, MessageRow, SubscriberRow};
use crate::kernel::{
    db::{OperatorTx, Tx},
    page::Cursor,
};

/// `text` is looked for in name and slug.
pub async fn list_subscribers(
    tx: &mut OperatorTx,
    text: Option<&str>,
    status: Option<&str>,
    plan: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<SubscriberRow>> {
    sqlx::query_as!(
        SubscriberRow,
        r#"
        select s.id, s.slug, s.business_name, s.status, p.plan as "plan?", p.status as "subscription_status?",
               s.created_at,
               (select max(i.started_at) from interactions i where i.subscriber_id = s.id) as last_activity_at
          from subscribers s
          left join subscriptions p on p.subscriber_id = s.id
         where ($1::text is null or strpos(lower(s.business_name), lower($1)) > 0 or strpos(s.slug, lower($1)) > 0)
           and ($2::text is null or s.status = upper($2))
           and ($3::text is null or p.plan = upper($3))
           and ($4::timestamptz is null or (s.created_at, s.id) < ($4, $5::uuid))
         order by s.created_at desc, s.id desc
         limit $6::bigint + 1
        "#,
        text,
        status,
        plan,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list_leads(
    tx: &mut OperatorTx,
    subscriber: Option<Uuid>,
    status: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<LeadRow>> {
    sqlx::query_as!(
        LeadRow,
        r#"
        select l.id, l.subscriber_id, s.business_name, l.contact_id, l.interaction_id, l.category, l.urgency,
               l.summary, l.status, l.flag, l.created_at
          from leads l join subscribers s on s.id = l.subscriber_id
         where ($1::uuid is null or l.subscriber_id = $1)
           and ($2::text is null or l.status = upper($2))
           and ($3::timestamptz is null or (l.created_at, l.id) < ($3, $4::uuid))
         order by l.created_at desc, l.id desc
         limit $5::bigint + 1
        "#,
        subscriber,
        status,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list_appointments(
    tx: &mut OperatorTx,
    subscriber: Option<Uuid>,
    status: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<AppointmentRow>> {
    sqlx::query_as!(
        AppointmentRow,
        r#"
        select a.id, a.subscriber_id, s.business_name, a.confirmation_code, a.status, a.source, a.starts_at, a.ends_at,
               a.timezone, a.service_id, a.resource_id, a.contact_id, a.interaction_id, a.customer_name,
               a.customer_phone, a.customer_email, a.confirmation_sent, a.reminder_sent, a.created_at, a.updated_at
          from appointments a join subscribers s on s.id = a.subscriber_id
         where ($1::uuid is null or a.subscriber_id = $1)
           and ($2::text is null or a.status = upper($2))
           and ($3::timestamptz is null or (a.created_at, a.id) < ($3, $4::uuid))
         order by a.created_at desc, a.id desc
         limit $5::bigint + 1
        "#,
        subscriber,
        status,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list_messages(
    tx: &mut OperatorTx,
    subscriber: Option<Uuid>,
    status: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<MessageRow>> {
    sqlx::query_as!(
        MessageRow,
        r#"
        select m.id, m.subscriber_id, s.business_name, m.interaction_id, m.purpose, m.from_number, m.to_number,
               m.body, m.status, m.reason, m.error_code, m.segments, m.price, m.currency, m.created_at, m.sent_at
          from outgoing_messages m join subscribers s on s.id = m.subscriber_id
         where ($1::uuid is null or m.subscriber_id = $1)
           and ($2::text is null or m.status = upper($2))
           and ($3::timestamptz is null or (m.created_at, m.id) < ($3, $4::uuid))
         order by m.created_at desc, m.id desc
         limit $5::bigint + 1
        "#,
        subscriber,
        status,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}
