//! The statements on sounds and on what was billed for them.
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::kernel::db::{SystemTx, TenantTx, Tx};

/// A sound to be kept.
pub struct NewAudio<'a> {
    /// None: said to one person.
    pub key: Option<&'a [u8]>,
    pub audio: &'a [u8],
    pub content_type: &'a str,
    /// What was billed.
    pub characters: i32,
    pub expires_at: DateTime<Utc>,
}

/// A sound that is kept for all callers.
pub struct KeptAudio {
    pub id: Uuid,
    /// That it is in use was written down.
    pub is_touched: bool,
}

/// A sound, as it is served.
pub struct Audio {
    pub audio: Vec<u8>,
    pub content_type: String,
    pub is_personal: bool,
}

/// The sound of this key. One that nobody has used since `idle_since` is in use again, and lives until `expires_at`;
/// the others are only read, so that most uses write nothing.
pub async fn find_kept(
    tx: &mut TenantTx,
    key: &[u8],
    idle_since: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<KeptAudio>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        KeptAudio,
        r#"with touched as (
               update audio_cache set last_used_at = $5, expires_at = $4
                where subscriber_id = $1 and key = $2 and last_used_at < $3
               returning id)
           select id as "id!", true as "is_touched!" from touched
           union all
           select id, false from audio_cache where subscriber_id = $1 and key = $2 and last_used_at >= $3"#,
        subscriber as _,
        key,
        idle_since,
        expires_at,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Keeps a sound and counts what it cost; gives its id. Of two that made the same one, the first one's is kept.
pub async fn insert_audio(
    tx: &mut TenantTx,
    new: &NewAudio<'_>,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"with kept as (
               insert into audio_cache (subscriber_id, id, key, audio, content_type, is_personal, characters,
                                        created_at, last_used_at, expires_at)
               values ($1, $2, $3, $4, $5, $3::bytea is null, $6, $7, $7, $8)
               on conflict (subscriber_id, key) do update
                  set last_used_at = excluded.last_used_at, expires_at = excluded.expires_at
               returning id
           ), counted as (
               insert into speech_usage as u (subscriber_id, id, day, requests, characters)
               values ($1, $9, $10, 1, $6)
               on conflict (subscriber_id, day) do update
                  set requests = u.requests + 1, characters = u.characters + excluded.characters
           )
           select id as "id!" from kept"#,
        subscriber as _,
        Uuid::now_v7(),
        new.key,
        new.audio,
        new.content_type,
        new.characters,
        now,
        new.expires_at,
        Uuid::now_v7(),
        day,
    )
    .fetch_one(tx.conn())
    .await
}

/// The sound, unless it was one person's and its time is over.
pub async fn find_audio(
    tx: &mut TenantTx,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Audio>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Audio,
        "select audio, content_type, is_personal from audio_cache
          where subscriber_id = $1 and id = $2 and (not is_personal or expires_at > $3)",
        subscriber as _,
        id,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Deletes what nobody may or wants to hear any more, of everybody; so many at most.
pub async fn delete_expired(
    tx: &mut SystemTx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "delete from audio_cache
          where (subscriber_id, id) in
                (select subscriber_id, id from audio_cache where expires_at <= $1
                  order by expires_at limit $2 for update skip locked)",
        now,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected())
}
