//! Contacts, as the dashboard keeps them. A contact that was merged is in none of these lists.
use chrono::{DateTime, Utc};
use sqlx::{Connection, QueryBuilder};

use super::super::model::ContactStatus;
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ContactId,
    language::Language,
    page::Cursor,
    phone::E164,
};

/// A person known to the business.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Contact {
    pub id: ContactId,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<E164>,
    pub email: Option<String>,
    pub notes: Option<String>,
    pub status: ContactStatus,
    pub source: String,
    pub language: Option<Language>,
    pub last_contacted_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// The numbers of the contacts that were merged into this one.
    pub other_phones: Vec<E164>,
}

/// Which contacts. Phone and e-mail find whoever has them, whatever the status.
#[derive(Clone, Debug, Default)]
pub struct ContactFilter {
    pub status: Option<ContactStatus>,
    pub phone: Option<E164>,
    pub email: Option<String>,
    /// How a name, the e-mail address or the phone begins.
    pub begins: Option<String>,
}

/// Contacts, the newest first.
pub async fn list_contacts(
    tx: &mut TenantTx,
    filter: &ContactFilter,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Contact>> {
    let subscriber = tx.subscriber();
    let mut query = QueryBuilder::new(
        "select c.id, c.first_name, c.last_name, c.phone, c.email, c.notes, c.status, c.source, c.language,
                c.last_contacted_at, c.created_at,
                array(select m.phone from contacts m
                       where m.subscriber_id = c.subscriber_id and m.merged_into = c.id and m.phone is not null
                       order by m.id) as other_phones
           from contacts c
          where c.merged_into is null and c.subscriber_id = ",
    );
    query.push_bind(subscriber);
    if let Some(status) = filter.status {
        query.push(" and c.status = ").push_bind(status);
    } else if filter.phone.is_none() && filter.email.is_none() {
        query.push(" and c.status <> 'ARCHIVED'");
    }
    // Through the unique keys, also of one that was merged.
    let whose = " and c.id = (select coalesce(k.merged_into, k.id) from contacts k where k.subscriber_id = ";
    if let Some(phone) = &filter.phone {
        query.push(whose).push_bind(subscriber);
        query.push(" and k.phone = ").push_bind(phone).push(")");
    }
    if let Some(email) = &filter.email {
        query.push(whose).push_bind(subscriber);
        query.push(" and k.email = ").push_bind(email).push(")");
    }
    if let Some(begins) = &filter.begins {
        let pattern = like_prefix(begins);
        query
            .push(" and (lower(c.first_name) like ")
            .push_bind(pattern.clone());
        query
            .push(" or lower(c.last_name) like ")
            .push_bind(pattern.clone());
        query
            .push(" or lower(concat_ws(' ', c.first_name, c.last_name)) like ")
            .push_bind(pattern.clone());
        query.push(" or c.email like ").push_bind(pattern.clone());
        query.push(" or c.phone like ").push_bind(pattern).push(")");
    }
    if let Some(after) = after {
        query
            .push(" and (c.created_at, c.id) < (")
            .push_bind(after.at);
        query.push(", ").push_bind(after.id).push(")");
    }
    query.push(" order by c.created_at desc, c.id desc limit ");
    query.push_bind(limit);
    query.build_query_as().fetch_all(tx.conn()).await
}

/// In lower case, and with what means something to LIKE meaning itself.
fn like_prefix(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The contact; of one that was merged, the other.
pub async fn find_contact(tx: &mut TenantTx, id: ContactId) -> sqlx::Result<Option<Contact>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Contact,
        r#"select c.id as "id: _", c.first_name, c.last_name, c.phone as "phone: _", c.email, c.notes,
                  c.status as "status: _", c.source, c.language as "language: _", c.last_contacted_at, c.created_at,
                  array(select m.phone from contacts m
                         where m.subscriber_id = $1 and m.merged_into = c.id and m.phone is not null
                         order by m.id) as "other_phones!: Vec<E164>"
             from contacts c
            where c.subscriber_id = $1
              and c.id = (select coalesce(k.merged_into, k.id) from contacts k
                           where k.subscriber_id = $1 and k.id = $2)"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Keeps the contact from others until the transaction ends. False when there is none, or it was merged.
pub async fn lock_contact(tx: &mut TenantTx, id: ContactId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let found = sqlx::query_scalar!(
        "select id from contacts where subscriber_id = $1 and id = $2 and merged_into is null for no key update",
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

pub async fn insert_contact(tx: &mut TenantTx, new: &Contact) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into contacts
             (subscriber_id, id, first_name, last_name, phone, email, notes, status, source, language, created_at,
              updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        subscriber as _,
        new.id as _,
        new.first_name,
        new.last_name,
        new.phone.as_ref() as _,
        new.email,
        new.notes,
        new.status as _,
        new.source,
        new.language as _,
        new.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes the contact as it shall be. What a provider said of its old number does not hold for a new one.
pub async fn update_contact(
    tx: &mut TenantTx,
    to: &Contact,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update contacts
            set first_name = $3, last_name = $4, phone = $5, email = $6, notes = $7, status = $8, language = $9,
                text_state = case when phone is not distinct from $5 then text_state else 'REACHABLE' end,
                updated_at = $10
          where subscriber_id = $1 and id = $2 and merged_into is null",
        subscriber as _,
        to.id as _,
        to.first_name,
        to.last_name,
        to.phone.as_ref() as _,
        to.email,
        to.notes,
        to.status as _,
        to.language as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What [`remove_contact`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Nothing pointed to it: the row is gone.
    Deleted,
    /// Conversations, leads or texts point to it: it is out of the lists, and they keep whose they are.
    Archived,
    /// There is no such contact.
    Nobody,
}

/// PostgreSQL's `foreign_key_violation`.
const IS_POINTED_TO: &str = "23503";

/// Takes the contact away. Whether something points to it is known to its foreign keys alone: so it is deleted, and
/// when they refuse, archived.
pub async fn remove_contact(
    tx: &mut TenantTx,
    id: ContactId,
    now: DateTime<Utc>,
) -> sqlx::Result<Removed> {
    let subscriber = tx.subscriber();
    let mut attempt = tx.conn().begin().await?;
    let deleted = sqlx::query!(
        "delete from contacts where subscriber_id = $1 and id = $2 and merged_into is null",
        subscriber as _,
        id as _,
    )
    .execute(&mut *attempt)
    .await;
    match deleted {
        Ok(deleted) => {
            attempt.commit().await?;
            Ok(match deleted.rows_affected() {
                0 => Removed::Nobody,
                _ => Removed::Deleted,
            })
        }
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IS_POINTED_TO) => {
            attempt.rollback().await?;
            archive_contact(tx, id, now).await?;
            Ok(Removed::Archived)
        }
        Err(error) => Err(error),
    }
}

async fn archive_contact(tx: &mut TenantTx, id: ContactId, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update contacts set status = 'ARCHIVED', updated_at = $3 where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::like_prefix;

    #[test]
    fn a_prefix_means_itself() {
        assert_eq!(like_prefix("An"), "an%");
        assert_eq!(like_prefix(r"5%_\"), r"5\%\_\\%");
    }
}
