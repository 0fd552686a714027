//! Callers whom a business does not want.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    page::Cursor,
    phone::E164,
};

/// A number that is not answered.
#[derive(Clone, Debug)]
pub struct BlockedCaller {
    pub id: Uuid,
    pub phone: E164,
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Blocked callers, the newest first.
pub async fn list_blocked(
    tx: &mut TenantTx,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<BlockedCaller>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        BlockedCaller,
        r#"select id, phone as "phone: _", reason, created_at from blocked_callers
            where subscriber_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
            order by created_at desc, id desc limit $4"#,
        subscriber as _,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn insert_blocked(tx: &mut TenantTx, new: &BlockedCaller) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into blocked_callers (subscriber_id, id, phone, reason, created_at) values ($1, $2, $3, $4, $5)",
        subscriber as _,
        new.id,
        &new.phone as _,
        new.reason,
        new.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// False when there is no such row.
pub async fn delete_blocked(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from blocked_callers where subscriber_id = $1 and id = $2",
        subscriber as _,
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected() == 1)
}
