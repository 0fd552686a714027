//! The statements on `refresh_sessions` and `spent_refresh_tokens`.
use chrono::{DateTime, Utc};

use crate::{
    identity::{model::Role, tokens::Claims},
    kernel::{
        db::{SystemTx, Tx},
        ids::UserId,
    },
};

/// A session that is still good, with what its person is at this moment.
#[derive(Clone, Debug)]
pub struct Live {
    pub impersonator: Option<UserId>,
    pub can_write: bool,
    pub is_operator: bool,
    pub signed_in_at: DateTime<Utc>,
    /// To the subscriber of the token.
    pub role: Option<Role>,
}

/// The session that a token claims, unless it has ended, its person is disabled, or the operator behind it is one no
/// more. Asked with every request; of people it sees ids and times alone.
pub async fn find_live(
    tx: &mut SystemTx,
    claims: &Claims,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Live>> {
    sqlx::query_as!(
        Live,
        r#"select s.impersonator_id as "impersonator: UserId", s.can_write, u.is_operator, s.signed_in_at,
                  m.role as "role: Role"
             from refresh_sessions s
             join users u on u.id = s.user_id and u.disabled_at is null
             left join users o on o.id = s.impersonator_id
             left join memberships m on m.subscriber_id = $3 and m.user_id = s.user_id
            where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > $4
              and (s.impersonator_id is null or (o.is_operator and o.disabled_at is null))"#,
        claims.sid as _,
        claims.sub as _,
        claims.subscriber as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}
