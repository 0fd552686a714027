//! Each event takes effect once: the first transaction to insert its key has it.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Proof;
use crate::kernel::{
    db::{Db, OperatorTx, SystemToken, SystemTx, TenantTx, Tx},
    ids::SubscriberId,
    text::text_enum,
};

/// An event, by what its provider keeps the same across retries and different across events.
#[derive(Clone, Debug)]
pub struct EventKey<'a> {
    pub provider: &'static str,
    pub external_id: String,
    pub kind: &'a str,
    pub raw: &'a [u8],
    pub received_at: DateTime<Utc>,
    /// By whose secret it was proved; decides for whom it may act.
    pub proof: Proof,
}

impl EventKey<'_> {
    /// The key under which it is kept.
    pub fn kept_id(&self) -> String {
        self.proof.kept_id(&self.external_id)
    }

    /// The same event, without what was said in it where that is not kept. The row stays, so that it takes effect once.
    pub fn as_kept_for(&self, keeps_words: bool) -> Self {
        let raw = if keeps_words { self.raw } else { &[] };
        Self {
            raw,
            ..self.clone()
        }
    }
}

/// Whether the event is ours to handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    New,
    /// It took effect before; a concurrent one has committed by the time we know.
    Duplicate,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Done,
    Duplicate,
    /// Kept: it belongs to nobody here.
    Unrouted,
    /// Kept: it cannot be read, or it failed by a fault of ours and is taken up again.
    Failed,
    /// Kept: its subscriber has had many in this minute, and it takes effect when its turn comes.
    Waiting,
}

/// Claims the event within the transaction of its effects. Nobody claims for a subscriber what another one's own
/// secret proved: handlers route by [`Proof::admits`], and this holds it should one of them forget.
pub async fn claim(
    tx: &mut impl Tx,
    subscriber: Option<SubscriberId>,
    event: &EventKey<'_>,
) -> sqlx::Result<Claim> {
    if !event.proof.admits(subscriber) {
        let wrong = "an event acts only for the subscriber whose own secret proved it";
        return Err(sqlx::Error::Protocol(wrong.to_owned()));
    }
    write(tx, subscriber, event, "DONE", None).await
}

/// Keeps what is well signed but belongs to nobody here, for the operator.
pub async fn keep_unrouted(db: &Db, event: &EventKey<'_>) -> sqlx::Result<Claim> {
    let mut tx = SystemTx::begin(db, SystemToken::InboundRouter).await?;
    let claim = write(&mut tx, None, event, "UNROUTED", None).await?;
    tx.commit().await?;
    Ok(claim)
}

/// Keeps what is well signed and cannot be read, for the operator. Trying again would read the same.
pub async fn keep_unreadable(db: &Db, event: &EventKey<'_>, error: &str) -> sqlx::Result<Claim> {
    let mut tx = SystemTx::begin(db, SystemToken::InboundRouter).await?;
    let claim = write(&mut tx, None, event, "FAILED", Some(error)).await?;
    tx.commit().await?;
    Ok(claim)
}

/// Keeps what we failed to handle by a fault of ours: it is visible and can be replayed.
pub async fn keep_failed(
    tx: &mut SystemTx,
    subscriber: Option<SubscriberId>,
    event: &EventKey<'_>,
    error: &str,
) -> sqlx::Result<Claim> {
    write(tx, subscriber, event, "FAILED", Some(error)).await
}

/// Whose an event was that took effect before: a later one may name nothing else that we know.
pub async fn find_taker(
    db: &Db,
    provider: &str,
    external_id: &str,
    proof: Proof,
) -> sqlx::Result<Option<SubscriberId>> {
    let kept_id = proof.kept_id(external_id);
    let mut tx = SystemTx::begin(db, SystemToken::InboundRouter).await?;
    let taker = sqlx::query_scalar!(
        r#"select subscriber_id as "subscriber: SubscriberId" from inbound_events
            where provider = $1 and external_id = $2 and state = 'DONE'"#,
        provider,
        kept_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(taker.flatten())
}

/// Which of these events we have, by the keys under which they are kept, whatever became of them.
pub async fn list_had(db: &Db, provider: &str, kept_ids: &[String]) -> sqlx::Result<Vec<String>> {
    let mut tx = SystemTx::begin(db, SystemToken::InboundRouter).await?;
    let had = sqlx::query_scalar!(
        "select external_id from inbound_events where provider = $1 and external_id = any($2)",
        provider,
        kept_ids,
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(had)
}

/// Says whose a kept event is that is taken up again: only their transaction can do so.
pub async fn give_kept(
    db: &Db,
    subscriber: Option<SubscriberId>,
    event: &EventKey<'_>,
) -> sqlx::Result<()> {
    let mut tx = SystemTx::begin(db, SystemToken::InboundRouter).await?;
    sqlx::query!(
        "update inbound_events set subscriber_id = $3
          where provider = $1 and external_id = $2 and state in ('FAILED', 'WAITING')
            and subscriber_id is distinct from $3",
        event.provider,
        event.kept_id(),
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await
}

/// Keeps an event that must wait for its turn; a duplicate of one that was met before is left as it is.
pub(super) async fn keep_waiting(tx: &mut TenantTx, event: &EventKey<'_>) -> sqlx::Result<Claim> {
    let written = sqlx::query!(
        "insert into inbound_events (provider, external_id, subscriber_id, kind, raw_body, received_at, state, id,
              proved_by)
         values ($1, $2, $3, $4, $5, $6, 'WAITING', $7, $8)
         on conflict (provider, external_id) do nothing",
        event.provider,
        event.kept_id(),
        tx.subscriber() as _,
        event.kind,
        event.raw,
        event.received_at,
        Uuid::now_v7(),
        event.proof.own() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(if written.rows_affected() == 1 {
        Claim::New
    } else {
        Claim::Duplicate
    })
}

/// How many of the subscriber's events wait; more than a few thousand are told as so many.
pub(super) async fn count_waiting(tx: &mut TenantTx) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "waiting!"
          from (select from inbound_events where subscriber_id = $1 and state = 'WAITING' limit 5000) as waiting
        "#,
        tx.subscriber() as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// Which of the subscriber's waiting events came first. One whose job is gone (`$2` is how the keys of those jobs
/// begin) waits for the operator, and nobody waits for it.
pub(super) async fn find_first_waiting(
    tx: &mut TenantTx,
    job_kind: &str,
) -> sqlx::Result<Option<(String, String)>> {
    let first = sqlx::query!(
        "select provider, external_id from inbound_events e
          where subscriber_id = $1 and state = 'WAITING'
            and exists (select from jobs
                         where state = 'QUEUED' and dedupe_key = $2 || ':' || e.provider || ':' || e.external_id)
          order by received_at, id limit 1",
        tx.subscriber() as _,
        job_kind,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(first.map(|first| (first.provider, first.external_id)))
}

async fn write(
    tx: &mut impl Tx,
    subscriber: Option<SubscriberId>,
    event: &EventKey<'_>,
    state: &str,
    error: Option<&str>,
) -> sqlx::Result<Claim> {
    let written = sqlx::query!(
        "insert into inbound_events as e
             (provider, external_id, subscriber_id, kind, raw_body, received_at, state, error, id, proved_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         -- what failed by a fault of ours, or waited, is taken up again by the same road, and keeps no more words than
         -- it needs then; another's row is no business of ours
         on conflict (provider, external_id) do update
            set state = excluded.state, error = excluded.error, raw_body = excluded.raw_body
          where e.state in ('FAILED', 'WAITING') and e.state <> excluded.state
            and e.subscriber_id is not distinct from excluded.subscriber_id",
        event.provider,
        event.kept_id(),
        subscriber as _,
        event.kind,
        event.raw,
        event.received_at,
        state,
        error,
        Uuid::now_v7(),
        event.proof.own() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(if written.rows_affected() == 1 {
        Claim::New
    } else {
        Claim::Duplicate
    })
}

text_enum! {
    /// How an event stands, as its row says it.
    KeptState { Done, Unrouted, Failed, Waiting }
}

/// What is needed to take an event up again.
pub(super) struct Named {
    pub(super) provider: String,
    pub(super) external_id: String,
    pub(super) kind: String,
    pub(super) subscriber: Option<SubscriberId>,
}

/// A kept event by the name that operators call it by; none if it took effect or is another's.
pub(super) async fn lock_named(
    tx: &mut OperatorTx,
    id: Uuid,
    subscriber: Option<SubscriberId>,
) -> sqlx::Result<Option<Named>> {
    sqlx::query_as!(
        Named,
        r#"select provider, external_id, kind, subscriber_id as "subscriber: SubscriberId" from inbound_events
          where id = $1 and state <> 'DONE' and ($2::uuid is null or subscriber_id = $2) for update"#,
        id,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Only what failed is taken up, whoever's it turns out to be; what waits keeps its turn.
pub(super) async fn mark_for_replay(tx: &mut OperatorTx, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbound_events set state = 'FAILED', error = 'an operator asked for it again'
          where id = $1 and state in ('UNROUTED', 'FAILED')",
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An event that was kept.
#[derive(Debug)]
pub struct Kept {
    pub subscriber: Option<SubscriberId>,
    pub state: KeptState,
    pub kind: String,
    pub raw_body: Vec<u8>,
    pub received_at: DateTime<Utc>,
    /// None: the platform's secret.
    pub proved_by: Option<SubscriberId>,
}

impl Kept {
    /// By whose secret it was proved when it came.
    pub fn proof(&self) -> Proof {
        self.proved_by.map_or(Proof::Platform, Proof::Own)
    }
}

pub async fn find_kept(
    tx: &mut impl Tx,
    provider: &str,
    kept_id: &str,
) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(
        Kept,
        r#"
        select subscriber_id as "subscriber: SubscriberId", state as "state: KeptState", kind, raw_body, received_at,
               proved_by as "proved_by: _"
          from inbound_events where provider = $1 and external_id = $2
        "#,
        provider,
        kept_id,
    )
    .fetch_optional(tx.conn())
    .await
}
