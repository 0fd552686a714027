//! What the doctor asks the database.
use uuid::Uuid;

use crate::kernel::db::Tx;

/// The server's version, such as 150018.
pub async fn server_version(tx: &mut impl Tx) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"select current_setting('server_version_num')::int as "version!""#)
        .fetch_one(tx.conn())
        .await
}

/// Somebody who is here; the oldest.
pub async fn find_first_subscriber(tx: &mut impl Tx) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from subscribers where status <> 'CLOSED' order by created_at, id limit 1"
    )
    .fetch_optional(tx.conn())
    .await
}

/// Numbers and subscribers that nobody outside can reach, because the directory does not name them.
pub async fn count_unlisted(tx: &mut impl Tx) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select (select count(*) from phone_numbers n
                    where n.state = 'ACTIVE'
                      and not exists (select from directory d where d.kind = 'NUMBER' and d.key = n.e164))
                + (select count(*) from subscribers s
                    where s.status <> 'CLOSED'
                      and not exists (select from directory d
                                       where d.kind = 'SUBSCRIBER' and d.key = s.id::text)) as "count!""#
    )
    .fetch_one(tx.conn())
    .await
}

/// Lists them.
pub async fn list_unlisted(tx: &mut impl Tx) -> sqlx::Result<u64> {
    let listed = sqlx::query!(
        "insert into directory (kind, key, subscriber_id, target_id)
         select 'NUMBER', n.e164, n.subscriber_id, n.id from phone_numbers n where n.state = 'ACTIVE'
         union all
         select 'SUBSCRIBER', s.id::text, s.id, s.id from subscribers s where s.status <> 'CLOSED'
         on conflict (kind, key) do nothing"
    )
    .execute(tx.conn())
    .await?;
    Ok(listed.rows_affected())
}

/// Subscribers without a profile or without one of the four channels: their calls get default words only.
pub async fn count_incomplete(tx: &mut impl Tx) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from subscribers s
            where s.status <> 'CLOSED'
              and (not exists (select from subscriber_profiles p where p.subscriber_id = s.id)
                or (select count(*) from subscriber_channels c where c.subscriber_id = s.id) < 4)"#
    )
    .fetch_one(tx.conn())
    .await
}

/// Accounts whose balance is not the sum of their ledger.
pub async fn count_drifted_balances(tx: &mut impl Tx) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from credit_accounts a
            where a.balance <> (select coalesce(sum(e.amount), 0) from ledger_entries e
                                 where e.subscriber_id = a.subscriber_id)"#
    )
    .fetch_one(tx.conn())
    .await
}

/// Events that belong to nobody here, and events that failed.
pub async fn count_kept_events(tx: &mut impl Tx) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 'UNROUTED') as "unrouted!",
                  count(*) filter (where state = 'FAILED') as "failed!"
             from inbound_events where state <> 'DONE'"#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.unrouted, row.failed))
}

/// Alerts that nobody has resolved: kind and detail, the gravest first.
pub async fn list_open_alerts(tx: &mut impl Tx) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        "select kind, detail from ops_alerts where resolved_at is null
          order by array_position(array['CRITICAL', 'WARNING', 'INFO'], severity), created_at desc limit 10"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.detail)).collect())
}
