//! The statement on all people.
use sqlx::types::Json;

use crate::{
    identity::overview::{MembershipRow, UserRow},
    kernel::{
        db::{IdentityTx, Tx},
        page::Cursor,
    },
};

pub async fn list_users(
    tx: &mut IdentityTx,
    text: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<UserRow>> {
    let rows = sqlx::query!(
        r#"
        select u.id, u.email, u.first_name, u.last_name, u.is_operator, u.created_at, u.disabled_at,
               (select max(last_seen_at) from refresh_sessions where user_id = u.id) as last_seen_at,
               (select coalesce(jsonb_agg(jsonb_build_object('subscriber_id', s.id, 'slug', s.slug,
                                                             'business_name', s.business_name, 'role', m.role)
                                          order by m.created_at, m.id), '[]')
                  from memberships m join subscribers s on s.id = m.subscriber_id
                 where m.user_id = u.id) as "memberships!: Json<Vec<MembershipRow>>"
          from users u
         where ($1::text is null
                or strpos(lower(concat_ws(' ', u.email, u.first_name, u.last_name)), lower($1)) > 0)
           and ($2::timestamptz is null or (u.created_at, u.id) < ($2, $3::uuid))
         order by u.created_at desc, u.id desc
         limit $4::bigint + 1
        "#,
        text,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| UserRow {
        id: row.id,
        email: row.email,
        first_name: row.first_name,
        last_name: row.last_name,
        is_operator: row.is_operator,
        created_at: row.created_at,
        disabled_at: row.disabled_at,
        last_seen_at: row.last_seen_at,
        memberships: row.memberships.0,
    });
    Ok(rows.collect())
}
