//! Every statement on `audit_log` and `audit_heads`.
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Entry, Head, Who,
    chain::{BEGINNING, Link},
};
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::SubscriberId,
    page::Cursor,
    text::hex,
};

/// How many rows a verification reads at once.
const BATCH: i64 = 1_000;

pub(super) async fn append(
    tx: &mut impl Tx,
    subscriber: SubscriberId,
    who: &Who,
    entry: &Entry,
    ip_prefix: Option<String>,
    request_id: Option<String>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    // Locks the end of the chain, or makes it.
    let head = sqlx::query!(
        "insert into audit_heads as h (subscriber_id, id, seq, hash) values ($1, $2, 1, $3)
         on conflict (subscriber_id) do update set seq = h.seq + 1
         returning seq, hash",
        subscriber as _,
        Uuid::now_v7(),
        &BEGINNING,
    )
    .fetch_one(tx.conn())
    .await?;
    let link = Link {
        subscriber,
        id: Uuid::now_v7(),
        seq: head.seq,
        // As precise as the database keeps it.
        at: DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at),
        actor_kind: who.kind.to_owned(),
        actor: who.id,
        impersonator: who.impersonator.map(|user| user.0),
        action: entry.action.to_owned(),
        subject_kind: Some(entry.subject_kind.to_owned()),
        subject: entry.subject,
        changes: entry.changes.clone(),
        ip_prefix,
        request_id,
    };
    let hash = link.hash(&head.hash);
    sqlx::query!(
        "with head as (update audit_heads set hash = $16 where subscriber_id = $1)
         insert into audit_log
             (subscriber_id, id, seq, at, actor_kind, actor_id, impersonator_id, action, subject_kind, subject_id,
              changes, ip_prefix, request_id, prev_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        subscriber as _,
        link.id,
        link.seq,
        link.at,
        link.actor_kind,
        link.actor,
        link.impersonator,
        link.action,
        link.subject_kind,
        link.subject,
        link.changes,
        link.ip_prefix,
        link.request_id,
        head.hash,
        &hash,
        &hash,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A row, as its subscriber may see it.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub id: Uuid,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub impersonator_id: Option<Uuid>,
    pub action: String,
    pub subject_kind: Option<String>,
    pub subject_id: Option<Uuid>,
    pub changes: Value,
    pub ip_prefix: Option<String>,
    pub request_id: Option<String>,
    pub hash: Vec<u8>,
}

/// What of the log is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Who did it, under their own name or another's.
    pub actor: Option<Uuid>,
    /// The beginning of the action, such as `webhook.`.
    pub action: Option<String>,
    /// Days in the subscriber's zone, both of them included.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// The newest first.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<AuditRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        AuditRow,
        "select id, seq, at, actor_kind, actor_id, impersonator_id, action, subject_kind, subject_id, changes,
                ip_prefix, request_id, hash
           from audit_log
          where subscriber_id = $1
            and ($2::uuid is null
                 or seq < (select seq from audit_log where subscriber_id = $1 and id = $2))
            and ($4::uuid is null or actor_id = $4 or impersonator_id = $4)
            and ($5::text is null or starts_with(action, $5))
            and ($6::date is null or at >= $6::date::timestamp at time zone
                 coalesce((select timezone from subscriber_profiles where subscriber_id = $1), 'UTC'))
            and ($7::date is null or at < ($7::date + 1)::timestamp at time zone
                 coalesce((select timezone from subscriber_profiles where subscriber_id = $1), 'UTC'))
          order by seq desc limit $3",
        subscriber as _,
        after.map(|cursor| cursor.id),
        limit,
        filter.actor,
        filter.action,
        filter.from,
        filter.to,
    )
    .fetch_all(tx.conn())
    .await
}

/// The end of the chain: kept outside, it shows when rows were cut off.
pub async fn find_head(tx: &mut TenantTx) -> sqlx::Result<Option<Head>> {
    let subscriber = tx.subscriber();
    let head = sqlx::query!(
        "select seq, hash from audit_heads where subscriber_id = $1",
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(head.map(|head| Head {
        seq: head.seq,
        hash: hex(&head.hash),
    }))
}

/// Where each chain ends, and the chains that have rows and no end.
pub(super) async fn list_heads(
    tx: &mut impl Tx,
    only: Option<SubscriberId>,
) -> sqlx::Result<Vec<(SubscriberId, i64, Option<Vec<u8>>)>> {
    let heads = sqlx::query!(
        r#"select subscriber_id as "subscriber!: SubscriberId", seq as "seq!", hash
             from (select subscriber_id, seq, hash from audit_heads
                   union all
                   select distinct l.subscriber_id, 0::bigint, null::bytea from audit_log l
                    where not exists (select from audit_heads h where h.subscriber_id = l.subscriber_id)) as ends
            where $1::uuid is null or subscriber_id = $1 order by subscriber_id"#,
        only as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let heads = heads
        .into_iter()
        .map(|head| (head.subscriber, head.seq, head.hash));
    Ok(heads.collect())
}

/// Whether there are rows behind the end, which nobody but us may move.
pub(super) async fn has_rows_behind_the_end(
    tx: &mut impl Tx,
    subscriber: SubscriberId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from audit_log l
                           where l.subscriber_id = $1
                             and l.seq > coalesce((select seq from audit_heads where subscriber_id = $1), 0)) as "is_so!""#,
        subscriber as _,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// A row as it stands, with the hash of the one before it and its own.
pub(super) struct Stored {
    pub link: Link,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// The rows behind `seq`, up to the end as it was read: what is written meanwhile belongs to the next verification.
pub(super) async fn list_after(
    tx: &mut impl Tx,
    subscriber: SubscriberId,
    seq: i64,
    end: i64,
) -> sqlx::Result<Vec<Stored>> {
    let rows = sqlx::query!(
        "select id, seq, at, actor_kind, actor_id, impersonator_id, action, subject_kind, subject_id, changes,
                ip_prefix, request_id, prev_hash, hash
           from audit_log where subscriber_id = $1 and seq > $2 and seq <= $4 order by seq limit $3",
        subscriber as _,
        seq,
        BATCH,
        end,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Stored {
        link: Link {
            subscriber,
            id: row.id,
            seq: row.seq,
            at: row.at,
            actor_kind: row.actor_kind,
            actor: row.actor_id,
            impersonator: row.impersonator_id,
            action: row.action,
            subject_kind: row.subject_kind,
            subject: row.subject_id,
            changes: row.changes,
            ip_prefix: row.ip_prefix,
            request_id: row.request_id,
        },
        prev_hash: row.prev_hash,
        hash: row.hash,
    });
    Ok(rows.collect())
}
