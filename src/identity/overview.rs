//! People as operators see them.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::overview;
use crate::kernel::{
    db::{Db, IdentityTx},
    page::Cursor,
};

/// Somebody with an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub is_operator: bool,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub memberships: Vec<MembershipRow>,
}

/// What somebody is to a business.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MembershipRow {
    pub subscriber_id: Uuid,
    pub slug: String,
    pub business_name: String,
    /// `OWNER`, `ADMIN` or `STAFF`.
    pub role: String,
}

/// Everybody, the newest first, and one more than the limit. `text` is looked for in address and name.
pub async fn list_users(
    db: &Db,
    text: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<UserRow>> {
    let mut tx = IdentityTx::begin(db).await?;
    let users = overview::list_users(&mut tx, text, after, limit).await?;
    tx.commit().await?;
    Ok(users)
}
