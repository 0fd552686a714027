//! The statements on `api_keys`.
use chrono::{DateTime, Utc};
use ipnet::IpNet;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ApiKeyId,
};

/// A key that may be used.
#[derive(Clone, Debug)]
pub struct Usable {
    pub id: ApiKeyId,
    pub scopes: Vec<String>,
    pub networks: Vec<IpNet>,
}

/// The key with this hash, unless it was revoked or has expired. Its last use is noted once a minute.
pub async fn find_usable(
    tx: &mut TenantTx,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Usable>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"with used as (
               update api_keys set last_used_at = $3
                where subscriber_id = $1 and key_hash = $2 and revoked_at is null
                  and coalesce(last_used_at < $3::timestamptz - interval '1 minute', true)
           )
           select id as "id: ApiKeyId", scopes, cidrs from api_keys
            where subscriber_id = $1 and key_hash = $2 and revoked_at is null
              and (expires_at is null or expires_at > $3)"#,
        subscriber as _,
        hash,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Usable {
        id: row.id,
        scopes: row.scopes,
        // They were checked when the key was made.
        networks: row
            .cidrs
            .iter()
            .filter_map(|cidr| cidr.parse().ok())
            .collect(),
    }))
}
