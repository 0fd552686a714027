//! Two contacts that turn out to be one person.
//!
//! The one that is merged keeps its row, with `merged_into`, and its number. The rows that point to it are of other
//! rooms (`interactions`, `outgoing_messages`, `appointments`); they are moved here and not there, because a merge is one statement
//! after the other under the locks of both contacts, and those rooms stand below this one.
use chrono::{DateTime, Utc};

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ContactId,
};

/// One of the two.
#[derive(Clone, Debug)]
pub struct Side {
    pub id: ContactId,
    pub merged_into: Option<ContactId>,
}

/// Locks both, and before them the numbers that were merged into them: a call from such a number takes its locks in
/// the same order (`touch_contact`). What was merged into what changes with every merge, and with it the order, so
/// that of one subscriber's merges one is at work at a time.
pub async fn lock_both(
    tx: &mut TenantTx,
    one: ContactId,
    other: ContactId,
) -> sqlx::Result<Vec<Side>> {
    let subscriber = tx.subscriber();
    let both = [one.0, other.0];
    sqlx::query!(
        r#"select pg_advisory_xact_lock(hashtextextended('merge ' || $1::uuid::text, 0)) as "locked: ()""#,
        subscriber as _,
    )
    .fetch_one(tx.conn())
    .await?;
    let locked = sqlx::query_as!(
        Side,
        r#"select id as "id: _", merged_into as "merged_into: _" from contacts
            where subscriber_id = $1 and (id = any($2) or merged_into = any($2))
            order by merged_into is null, id
              for update"#,
        subscriber as _,
        &both,
    )
    .fetch_all(tx.conn())
    .await?;
    let is_meant = |side: &Side| both.contains(&side.id.0);
    Ok(locked.into_iter().filter(is_meant).collect())
}

/// Merges `from` into `into`; both are locked. What the other one has not is taken over, what both have stays: names,
/// phone, e-mail, language, zone; the notes of both are kept.
pub async fn merge_contacts(
    tx: &mut TenantTx,
    from: ContactId,
    into: ContactId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    // A number or address that goes along leaves its old row first: it is unique.
    let gone = sqlx::query!(
        r#"update contacts f
              set merged_into = $3, status = 'ARCHIVED', updated_at = $4,
                  phone = case when s.phone is null then null else f.phone end,
                  email = case when s.email is null then null else f.email end
             from contacts s, contacts before
            where f.subscriber_id = $1 and f.id = $2
              and s.subscriber_id = $1 and s.id = $3
              and before.subscriber_id = $1 and before.id = $2
        returning before.phone, before.email, before.first_name, before.last_name, before.notes, before.language,
                  before.timezone, before.status, before.text_state, before.last_contacted_at"#,
        subscriber as _,
        from as _,
        into as _,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    sqlx::query!(
        "update contacts
            set first_name = coalesce(first_name, $3), last_name = coalesce(last_name, $4),
                text_state = case when phone is null and $5::text is not null then $6 else text_state end,
                phone = coalesce(phone, $5), email = coalesce(email, $7),
                notes = nullif(concat_ws(E'\\n', notes, $8::text), ''),
                language = coalesce(language, $9), timezone = coalesce(timezone, $10),
                status = case when 'CUSTOMER' in (status, $11) then 'CUSTOMER'
                              when 'ACTIVE' in (status, $11) then 'ACTIVE' else status end,
                last_contacted_at = greatest(last_contacted_at, $12), updated_at = $13
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        into as _,
        gone.first_name,
        gone.last_name,
        gone.phone,
        gone.text_state,
        gone.email,
        gone.notes,
        gone.language,
        gone.timezone,
        gone.status,
        gone.last_contacted_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    // Whoever was merged into it before means the other one now: one step is always enough.
    sqlx::query!(
        "update contacts set merged_into = $3 where subscriber_id = $1 and merged_into = $2",
        subscriber as _,
        from as _,
        into as _,
    )
    .execute(tx.conn())
    .await?;
    move_rows(tx, from, into).await
}

/// What was said with the one was said with the other.
async fn move_rows(tx: &mut TenantTx, from: ContactId, into: ContactId) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "with moved as (
             update interactions set contact_id = $3 where subscriber_id = $1 and contact_id = $2
         ), sent as (
             update outgoing_messages set contact_id = $3 where subscriber_id = $1 and contact_id = $2
         ), booked as (
             update appointments set contact_id = $3 where subscriber_id = $1 and contact_id = $2
         )
         update leads set contact_id = $3 where subscriber_id = $1 and contact_id = $2",
        subscriber as _,
        from as _,
        into as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
