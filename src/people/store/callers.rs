//! The person at the other end of a call or text: found or made, and whether we may text.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ContactId,
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
/// one person is said in one order. A number whose contact was merged means the other one; one that was put away and
/// comes back is in the lists again.
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
              set last_contacted_at = greatest(c.last_contacted_at, excluded.last_contacted_at),
                  status = case when c.status = 'ARCHIVED' and c.merged_into is null then 'ACTIVE' else c.status end
           returning c.id as "id: ContactId", c.merged_into as "merged_into: ContactId", (xmax = 0) as "is_new!",
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
    // What providers said of a number stays with the number.
    let (contact, language) = match row.merged_into {
        Some(other) => (other, touch_other(tx, other, at).await?),
        None => (row.id, row.language),
    };
    Ok(Caller {
        contact,
        is_new: row.is_new,
        language,
        text_state: row.text_state,
        is_opted_out: row.is_opted_out,
    })
}

/// The contact that the number's own was merged into.
async fn touch_other(
    tx: &mut TenantTx,
    contact: ContactId,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Language>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"update contacts
              set last_contacted_at = greatest(last_contacted_at, $3),
                  status = case when status = 'ARCHIVED' then 'ACTIVE' else status end
            where subscriber_id = $1 and id = $2
        returning language as "language: Language""#,
        subscriber as _,
        contact as _,
        at,
    )
    .fetch_one(tx.conn())
    .await
}

/// Remembers how somebody is called of whom no name is known.
pub async fn name_contact(
    tx: &mut TenantTx,
    contact: ContactId,
    name: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let name = name.trim();
    let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    sqlx::query!(
        "update contacts set first_name = nullif($3, ''), last_name = nullif($4, ''), updated_at = $5
          where subscriber_id = $1 and id = $2 and first_name is null and last_name is null",
        subscriber as _,
        contact as _,
        first,
        last.trim(),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
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
