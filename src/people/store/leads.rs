//! Leads.
use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::super::model::{LeadStatus, Urgency};
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{ContactId, InteractionId, LeadId},
    page::Cursor,
};

/// A request worth following up.
pub struct NewLead<'a> {
    pub contact: Option<ContactId>,
    pub interaction: Option<InteractionId>,
    pub category: &'a str,
    pub urgency: &'a str,
    pub summary: &'a str,
}

pub async fn insert_lead(
    tx: &mut TenantTx,
    new: &NewLead<'_>,
    at: DateTime<Utc>,
) -> sqlx::Result<LeadId> {
    let (subscriber, id) = (tx.subscriber(), LeadId::new());
    sqlx::query!(
        "insert into leads (subscriber_id, id, contact_id, interaction_id, category, urgency, summary, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        subscriber as _,
        id as _,
        new.contact as _,
        new.interaction as _,
        new.category,
        new.urgency,
        new.summary,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Whether a conversation has made a lead.
pub async fn has_lead(tx: &mut TenantTx, interaction: InteractionId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from leads where subscriber_id = $1 and interaction_id = $2) as "is_so!""#,
        subscriber as _,
        interaction as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// A lead, with what became of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Lead {
    pub id: LeadId,
    pub contact_id: Option<ContactId>,
    pub interaction_id: Option<InteractionId>,
    pub category: String,
    pub urgency: Urgency,
    pub summary: String,
    pub status: LeadStatus,
    pub flag: Option<String>,
    pub flag_note: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Which leads.
#[derive(Clone, Debug, Default)]
pub struct LeadFilter {
    pub status: Option<LeadStatus>,
    pub urgency: Option<Urgency>,
    pub flag: Option<String>,
    pub contact: Option<ContactId>,
}

/// Leads, the newest first.
pub async fn list_leads(
    tx: &mut TenantTx,
    filter: &LeadFilter,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    let mut query = QueryBuilder::new(
        "select id, contact_id, interaction_id, category, urgency, summary, status, flag, flag_note, created_at
           from leads where subscriber_id = ",
    );
    query.push_bind(tx.subscriber());
    if let Some(status) = filter.status {
        query.push(" and status = ").push_bind(status);
    }
    if let Some(urgency) = filter.urgency {
        query.push(" and urgency = ").push_bind(urgency);
    }
    if let Some(flag) = &filter.flag {
        query.push(" and flag = ").push_bind(flag);
    }
    if let Some(contact) = filter.contact {
        query.push(" and contact_id = ").push_bind(contact);
    }
    if let Some(after) = after {
        query.push(" and (created_at, id) < (").push_bind(after.at);
        query.push(", ").push_bind(after.id).push(")");
    }
    query.push(" order by created_at desc, id desc limit ");
    query.push_bind(limit);
    query.build_query_as().fetch_all(tx.conn()).await
}

/// Flags the lead, or takes the flag away. None when there is no such lead.
pub async fn flag_lead(
    tx: &mut TenantTx,
    id: LeadId,
    flag: Option<&str>,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Lead>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Lead,
        r#"update leads set flag = $3, flag_note = $4, flagged_at = case when $3::text is not null then $5::timestamptz end,
                  updated_at = $5
            where subscriber_id = $1 and id = $2
        returning id as "id: _", contact_id as "contact_id: _", interaction_id as "interaction_id: _", category,
                  urgency as "urgency: _", summary, status as "status: _", flag, flag_note, created_at"#,
        subscriber as _,
        id as _,
        flag,
        note,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Says what became of the lead. None when there is no such lead.
pub async fn update_lead_status(
    tx: &mut TenantTx,
    id: LeadId,
    status: LeadStatus,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Lead>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Lead,
        r#"update leads set status = $3, updated_at = $4
            where subscriber_id = $1 and id = $2
        returning id as "id: _", contact_id as "contact_id: _", interaction_id as "interaction_id: _", category,
                  urgency as "urgency: _", summary, status as "status: _", flag, flag_note, created_at"#,
        subscriber as _,
        id as _,
        status as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn find_lead(tx: &mut TenantTx, id: LeadId) -> sqlx::Result<Option<Lead>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Lead,
        r#"select id as "id: _", contact_id as "contact_id: _", interaction_id as "interaction_id: _", category,
                  urgency as "urgency: _", summary, status as "status: _", flag, flag_note, created_at
             from leads where subscriber_id = $1 and id = $2"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}
