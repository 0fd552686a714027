//! The statements on contacts, opt_outs and leads.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{ContactId, InteractionId, LeadId},
    language::Language,
    phone::E164,
    text::text_enum,
};

text_enum! {
    /// Whether a number can take a text at all.
    TextState { Reachable, Invalid, NotMobile, Blocked }
}

/// The person at the other end.
#[derive(Clone, Debug)]
pub struct Caller {
    pub contact: ContactId,
    pub is_new: bool,
    pub language: Option<Language>,
    pub text_state: TextState,
    pub is_opted_out: bool,
}

/// Finds or makes the contact with this number. Its row stays locked until the transaction ends: what is said to
/// one person is said in one order.
///
/// Whether the person opted out is read as of the statement's beginning: who waited for the row here may have missed
/// a STOP. So it only says whether an answer is worth queueing; the sending function decides again.
pub async fn touch_contact(
    tx: &mut TenantTx,
    phone: &E164,
    source: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<Caller> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"insert into contacts as c (subscriber_id, id, phone, source, last_contacted_at)
           values ($1, $2, $3, $4, $5)
           on conflict (subscriber_id, phone) do update
              set last_contacted_at = greatest(c.last_contacted_at, excluded.last_contacted_at)
           returning c.id as "id: ContactId", (xmax = 0) as "is_new!",
                     c.language as "language: Language", c.text_state as "text_state: TextState",
                     exists (select from opt_outs o where o.subscriber_id = $1 and o.phone = $3
                                and o.ended_at is null) as "is_opted_out!""#,
        subscriber as _,
        ContactId::new() as _,
        phone as _,
        source,
        at,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Caller {
        contact: row.id,
        is_new: row.is_new,
        language: row.language,
        text_state: row.text_state,
        is_opted_out: row.is_opted_out,
    })
}

/// From now on this person is not texted. False when that was so already. The contact is locked first, whoever says
/// it: a text that is being decided has either gone out or sees this.
pub async fn start_opt_out(
    tx: &mut TenantTx,
    phone: &E164,
    source: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from contacts where subscriber_id = $1 and phone = $2 for no key update",
        subscriber as _,
        phone as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    let written = sqlx::query!(
        "insert into opt_outs (subscriber_id, id, phone, source, started_at) values ($1, $2, $3, $4, $5)
         on conflict (subscriber_id, phone) where ended_at is null do nothing",
        subscriber as _,
        Uuid::now_v7(),
        phone as _,
        source,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// This person may be texted again. False when that was so already.
pub async fn end_opt_out(tx: &mut TenantTx, phone: &E164, at: DateTime<Utc>) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let ended = sqlx::query!(
        "update opt_outs set ended_at = $3 where subscriber_id = $1 and phone = $2 and ended_at is null",
        subscriber as _,
        phone as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Remembers what a provider said of a number, so that it is not tried for ever.
pub async fn mark_text_state(
    tx: &mut TenantTx,
    phone: &E164,
    state: TextState,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update contacts set text_state = $3, updated_at = now() where subscriber_id = $1 and phone = $2",
        subscriber as _,
        phone as _,
        state as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

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
