//! Leases by key: one holder until a time.
use std::time::Duration;

use uuid::Uuid;

use crate::kernel::db::Tx;

/// Who holds what, for how long from now.
pub(crate) struct Hold<'a> {
    pub(crate) key: &'a str,
    pub(crate) holder: Uuid,
    pub(crate) length: Duration,
}

/// Takes the lease if nobody has it. False: somebody does.
pub(crate) async fn take_lease(tx: &mut impl Tx, hold: &Hold<'_>) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        insert into leases (key, holder, until) values ($1, $2, coalesce($3, now()) + make_interval(secs => $4))
        on conflict (key) do update set holder = excluded.holder, until = excluded.until
          where leases.until <= coalesce($3, now())
        "#,
        hold.key,
        hold.holder,
        now,
        hold.length.as_secs_f64(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Moves its end away. False: somebody else has taken it since.
pub(crate) async fn renew_lease(tx: &mut impl Tx, hold: &Hold<'_>) -> sqlx::Result<bool> {
    let now = tx.now();
    let result = sqlx::query!(
        r#"
        update leases set until = coalesce($3, now()) + make_interval(secs => $4)
         where key = $1 and holder = $2
        "#,
        hold.key,
        hold.holder,
        now,
        hold.length.as_secs_f64(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives it back, if it is still this holder's.
pub(crate) async fn give_back_lease(
    tx: &mut impl Tx,
    key: &str,
    holder: Uuid,
) -> sqlx::Result<bool> {
    let result = sqlx::query!(
        "delete from leases where key = $1 and holder = $2",
        key,
        holder
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// How long somebody still holds it; none if nobody does.
pub(crate) async fn lease_left(tx: &mut impl Tx, key: &str) -> sqlx::Result<Option<Duration>> {
    let now = tx.now();
    let left_s = sqlx::query_scalar!(
        r#"
        select extract(epoch from until - coalesce($2, now()))::float8 as "left_s!"
          from leases where key = $1 and until > coalesce($2, now())
        "#,
        key,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(left_s.map(Duration::from_secs_f64))
}

/// Deletes what has run out: it means as much as no row.
pub(crate) async fn clear_leases(tx: &mut impl Tx) -> sqlx::Result<u64> {
    let now = tx.now();
    let result = sqlx::query!("delete from leases where until <= coalesce($1, now())", now)
        .execute(tx.conn())
        .await?;
    Ok(result.rows_affected())
}
