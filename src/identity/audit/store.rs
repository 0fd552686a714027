//! Every statement on `audit_log` and `audit_heads`.
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Entry, Who,
    chain::{BEGINNING, Broken, Link, Report},
};
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::SubscriberId,
    page::Cursor,
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

/// The newest first.
pub async fn list(
    tx: &mut TenantTx,
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
          order by seq desc limit $3",
        subscriber as _,
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Walks every chain, or one, and says where it is broken: a row that was changed, is missing, or was cut off at the end.
pub async fn verify(tx: &mut impl Tx, only: Option<SubscriberId>) -> sqlx::Result<Report> {
    let mut report = Report::default();
    let heads = sqlx::query!(
        r#"select subscriber_id as "subscriber: SubscriberId", seq, hash from audit_heads
            where $1::uuid is null or subscriber_id = $1 order by subscriber_id"#,
        only as _,
    )
    .fetch_all(&mut *tx.conn())
    .await?;
    for head in heads {
        report.chains += 1;
        let (mut seq, mut hash) = (0, BEGINNING.to_vec());
        let mut broken = None;
        while broken.is_none() {
            let rows = list_after(tx, head.subscriber, seq).await?;
            if rows.is_empty() {
                break;
            }
            for (link, stored, before) in rows {
                report.rows += 1;
                let what = if link.seq != seq + 1 {
                    Some("a row is missing")
                } else if before != hash || link.hash(&before).as_slice() != stored {
                    Some("the row was changed")
                } else {
                    None
                };
                if let Some(what) = what {
                    broken = Some((seq + 1, what));
                    break;
                }
                (seq, hash) = (link.seq, stored);
            }
        }
        if broken.is_none() && (seq, &hash) != (head.seq, &head.hash) {
            broken = Some((seq + 1, "the end was cut off"));
        }
        if let Some((seq, what)) = broken {
            report.broken.push(Broken {
                subscriber_id: head.subscriber,
                seq,
                what,
            });
        }
    }
    Ok(report)
}

async fn list_after(
    tx: &mut impl Tx,
    subscriber: SubscriberId,
    seq: i64,
) -> sqlx::Result<Vec<(Link, Vec<u8>, Vec<u8>)>> {
    let rows = sqlx::query!(
        "select id, seq, at, actor_kind, actor_id, impersonator_id, action, subject_kind, subject_id, changes,
                ip_prefix, request_id, prev_hash, hash
           from audit_log where subscriber_id = $1 and seq > $2 order by seq limit $3",
        subscriber as _,
        seq,
        BATCH,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| {
        let link = Link {
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
        };
        (link, row.hash, row.prev_hash)
    });
    Ok(rows.collect())
}
