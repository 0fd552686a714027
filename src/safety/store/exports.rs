//! The statements on `exports` and `export_parts`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    identity::audit::Head,
    kernel::{
        db::{TenantTx, Tx},
        ids::{ContactId, UserId},
        page::Cursor,
        text::text_enum,
    },
    safety::exports::ExportView,
};

text_enum! {
    /// How far an export is.
    ExportState { Wanted, Ready, Failed, Expired }
}

/// Wants an export. None: there is no such contact.
pub async fn insert(
    tx: &mut TenantTx,
    contact: Option<ContactId>,
    by: Option<UserId>,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "insert into exports (subscriber_id, id, contact_id, requested_by, state, requested_at)
         select $1, $2, (select coalesce(merged_into, id) from contacts where subscriber_id = $1 and id = $3), $4,
                'WANTED', $5
          where $3::uuid is null or exists (select from contacts where subscriber_id = $1 and id = $3)
         returning id",
        subscriber as _,
        Uuid::now_v7(),
        contact as _,
        by as _,
        at,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The newest first; with `only`, that one.
pub async fn list(
    tx: &mut TenantTx,
    only: Option<Uuid>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<ExportView>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        ExportView,
        r#"select id, contact_id, state as "state: ExportState", row_count as rows, byte_count as bytes, audit_seq,
                  audit_hash, requested_at, completed_at, expires_at
             from exports
            where subscriber_id = $1 and ($2::uuid is null or id = $2) and ($3::uuid is null or id < $3)
            order by id desc limit $4"#,
        subscriber as _,
        only,
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Throws away what was written of an export that is still wanted, and says whose it is.
pub async fn begin_again(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<Option<ContactId>>> {
    let subscriber = tx.subscriber();
    let found = sqlx::query!(
        r#"with parts as (delete from export_parts where subscriber_id = $1 and export_id = $2)
           select contact_id as "contact: ContactId" from exports
            where subscriber_id = $1 and id = $2 and state = 'WANTED'"#,
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|row| row.contact))
}

pub async fn insert_part(
    tx: &mut TenantTx,
    export: Uuid,
    position: i32,
    content: &str,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into export_parts (subscriber_id, id, export_id, position, content) values ($1, $2, $3, $4, $5)",
        subscriber as _,
        Uuid::now_v7(),
        export,
        position,
        content,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The export is whole. False, and nothing left of it: it is of no use any more, because somebody was erased meanwhile.
pub async fn finish(
    tx: &mut TenantTx,
    id: Uuid,
    rows: i64,
    bytes: i64,
    head: Option<&Head>,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let finished = sqlx::query!(
        "update exports
            set state = 'READY', row_count = $3, byte_count = $4, audit_seq = $5, audit_hash = $6, completed_at = $7,
                expires_at = requested_at + interval '7 days'
          where subscriber_id = $1 and id = $2 and state = 'WANTED'",
        subscriber as _,
        id,
        rows,
        bytes,
        head.map(|head| head.seq),
        head.map(|head| head.hash.as_str()),
        at,
    )
    .execute(tx.conn())
    .await?;
    if finished.rows_affected() == 1 {
        return Ok(true);
    }
    sqlx::query!(
        "delete from export_parts where subscriber_id = $1 and export_id = $2",
        subscriber as _,
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(false)
}

/// All of an export, in its order.
pub async fn list_parts(tx: &mut TenantTx, export: Uuid) -> sqlx::Result<Vec<String>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "select content from export_parts where subscriber_id = $1 and export_id = $2 order by position",
        subscriber as _,
        export,
    )
    .fetch_all(tx.conn())
    .await
}
