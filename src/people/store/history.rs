//! Customers, and everything that was ever said with one of them.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ContactId,
    page::Cursor,
    phone::E164,
};

/// Somebody with whom there was contact.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: ContactId,
    pub phone: Option<E164>,
    pub name: Option<String>,
    pub last_contacted_at: DateTime<Utc>,
    pub interactions: i64,
    /// Those that were not cancelled.
    pub appointments: i64,
}

/// Customers, the last one first. Who calls while somebody turns the pages goes to the first one.
pub async fn list_customers(
    tx: &mut TenantTx,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Customer>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Customer,
        r#"select c.id as "id: _", c.phone as "phone: _", nullif(concat_ws(' ', c.first_name, c.last_name), '') as name,
                  c.last_contacted_at as "last_contacted_at!",
                  (select count(*) from interactions i
                    where i.subscriber_id = $1 and i.contact_id = c.id) as "interactions!",
                  -- of a room below, like the rows that a merge moves
                  (select count(*) from appointments a
                    where a.subscriber_id = $1 and a.contact_id = c.id and a.status <> 'CANCELLED') as "appointments!"
             from contacts c
            where c.subscriber_id = $1 and c.merged_into is null and c.last_contacted_at is not null
              and ($2::timestamptz is null or (c.last_contacted_at, c.id) < ($2, $3::uuid))
            order by c.last_contacted_at desc, c.id desc limit $4"#,
        subscriber as _,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The contact of this number and all that were merged into it; nobody when the number is unknown.
pub async fn list_same_person(tx: &mut TenantTx, phone: &E164) -> sqlx::Result<Vec<Uuid>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"with whose as (
               select coalesce(merged_into, id) as id from contacts where subscriber_id = $1 and phone = $2
           )
           select id as "id!" from whose
           union
           select c.id from contacts c join whose w on c.merged_into = w.id where c.subscriber_id = $1"#,
        subscriber as _,
        phone as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// One thing that happened with a customer: a conversation, one text of one, or a lead.
#[derive(Clone, Debug)]
pub struct Happened {
    pub kind: String,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub interaction_id: Option<Uuid>,
    pub channel: Option<String>,
    pub direction: Option<String>,
    pub status: Option<String>,
    pub outcome_type: Option<String>,
    pub summary: Option<String>,
    /// Who spoke last, or wrote the text.
    pub role: Option<String>,
    pub text: Option<String>,
}

/// What happened with these contacts, who are one person, on all channels, the newest first.
pub async fn list_history(
    tx: &mut TenantTx,
    person: &[Uuid],
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Happened>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Happened,
        r#"select kind as "kind!", id as "id!", at as "at!", interaction_id, channel, direction, status, outcome_type,
                  summary, role, text
             from (
               (select 'INTERACTION' as kind, i.id, i.started_at as at, i.id as interaction_id, i.channel, i.direction,
                       i.status, i.outcome_type, i.summary, last.role, last.text
                  from interactions i
                  left join lateral (
                      select m.role, m.text from interaction_messages m
                       where m.subscriber_id = $1 and m.interaction_id = i.id and m.role in ('CALLER', 'AI', 'STAFF')
                       order by m.created_at desc, m.position desc nulls last, m.id desc limit 1) last on true
                 where i.subscriber_id = $1 and i.contact_id = any($2)
                   and ($3::timestamptz is null or (i.started_at, i.id) < ($3, $4::uuid))
                 order by i.started_at desc, i.id desc limit $5)
               union all
               (select 'TEXT', m.id, m.created_at, m.interaction_id, i.channel,
                       case when m.role = 'CALLER' then 'INBOUND' else 'OUTBOUND' end, null, null, null, m.role, m.text
                  from interactions i
                  join interaction_messages m on m.subscriber_id = i.subscriber_id and m.interaction_id = i.id
                 where i.subscriber_id = $1 and i.contact_id = any($2) and i.channel = 'SMS'
                   and m.role in ('CALLER', 'AI', 'STAFF')
                   and ($3::timestamptz is null or (m.created_at, m.id) < ($3, $4::uuid))
                 order by m.created_at desc, m.id desc limit $5)
               union all
               (select 'LEAD', l.id, l.created_at, l.interaction_id, null, null, l.status, null, l.summary, null, null
                  from leads l
                 where l.subscriber_id = $1 and l.contact_id = any($2)
                   and ($3::timestamptz is null or (l.created_at, l.id) < ($3, $4::uuid))
                 order by l.created_at desc, l.id desc limit $5)
             ) as happened
            order by at desc, id desc limit $5"#,
        subscriber as _,
        person,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}
