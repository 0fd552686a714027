//! The statements on `users`, `credentials` and `memberships`.
use crate::{
    identity::model::Role,
    kernel::{
        db::{IdentityTx, Tx},
        ids::{SubscriberId, UserId},
    },
};

/// A person with an account.
#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub is_operator: bool,
}

/// The business that somebody belongs to.
#[derive(Clone, Debug)]
pub struct Business {
    pub id: SubscriberId,
    pub slug: String,
    pub business_name: String,
}

/// What somebody is to a business.
#[derive(Clone, Debug)]
pub struct Membership {
    pub subscriber: Business,
    pub role: Role,
}

pub async fn find_user(tx: &mut IdentityTx, user: UserId) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        User,
        r#"select id as "id: UserId", email, first_name, last_name, is_operator from users where id = $1"#,
        user as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The oldest first: the one that somebody who does not choose gets.
pub async fn list_memberships(tx: &mut IdentityTx, user: UserId) -> sqlx::Result<Vec<Membership>> {
    let rows = sqlx::query!(
        r#"select s.id as "id: SubscriberId", s.slug, s.business_name, m.role as "role: Role"
             from memberships m join subscribers s on s.id = m.subscriber_id
            where m.user_id = $1 and s.status <> 'CLOSED'
            order by m.created_at, m.id limit 200"#,
        user as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Membership {
        subscriber: Business {
            id: row.id,
            slug: row.slug,
            business_name: row.business_name,
        },
        role: row.role,
    });
    Ok(rows.collect())
}
