//! The sound of conversations. Where it lies at the provider leaves this room for nobody but who fetches it.
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::{InteractionId, RecordingId},
    page::Cursor,
};

/// A recording, without where it lies.
#[derive(Clone, Debug)]
pub struct Recording {
    pub id: RecordingId,
    pub interaction: InteractionId,
    pub kind: String,
    pub duration_s: Option<i32>,
    pub created_at: DateTime<Utc>,
    pub from_number: Option<String>,
    pub to_number: Option<String>,
}

/// A recording, as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordingView {
    pub id: Uuid,
    pub interaction_id: Uuid,
    /// `MIXED`: all speakers in one track; `MULTI_CHANNEL`: each in one of their own.
    pub kind: String,
    pub duration_seconds: Option<i32>,
    /// A path of ours, for who is signed in; see `POST /call-recordings/{id}/link` for a player in a page.
    pub url: String,
    pub from_number: Option<String>,
    pub to_number: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl Recording {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.created_at,
            id: self.id.0,
        }
    }
}

/// The path on which the sound is fetched.
pub fn path_of(id: RecordingId) -> String {
    format!("/api/call-recordings/{id}/audio")
}

impl From<Recording> for RecordingView {
    fn from(recording: Recording) -> Self {
        Self {
            id: recording.id.0,
            interaction_id: recording.interaction.0,
            kind: recording.kind,
            duration_seconds: recording.duration_s,
            url: path_of(recording.id),
            from_number: recording.from_number,
            to_number: recording.to_number,
            created_at: recording.created_at,
        }
    }
}

/// The newest first, one more than the page holds.
pub async fn list(
    tx: &mut TenantTx,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Recording>> {
    let subscriber = tx.subscriber();
    let (at, id) = after.map_or((DateTime::<Utc>::MAX_UTC, Uuid::max()), |after| {
        (after.at, after.id)
    });
    // MAX_UTC is beyond what the database knows.
    let at = at.min(LATEST);
    sqlx::query_as!(
        Recording,
        r#"select r.id as "id: _", r.interaction_id as "interaction: _", r.kind, r.duration_seconds as duration_s,
                  r.created_at, i.from_number, i.to_number
             from recordings r
             join interactions i on i.subscriber_id = r.subscriber_id and i.id = r.interaction_id
            where r.subscriber_id = $1 and (r.created_at, r.id) < ($2, $3)
            order by r.created_at desc, r.id desc
            limit $4"#,
        subscriber as _,
        at,
        id,
        limit + 1,
    )
    .fetch_all(tx.conn())
    .await
}

/// After every recording.
const LATEST: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("the end of the year 9999");

pub async fn list_of(
    tx: &mut TenantTx,
    interaction: InteractionId,
) -> sqlx::Result<Vec<Recording>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Recording,
        r#"select r.id as "id: _", r.interaction_id as "interaction: _", r.kind, r.duration_seconds as duration_s,
                  r.created_at, null::text as from_number, null::text as to_number
             from recordings r
            where r.subscriber_id = $1 and r.interaction_id = $2
            order by r.kind"#,
        subscriber as _,
        interaction as _,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn find(tx: &mut TenantTx, id: RecordingId) -> sqlx::Result<Option<Recording>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Recording,
        r#"select r.id as "id: _", r.interaction_id as "interaction: _", r.kind, r.duration_seconds as duration_s,
                  r.created_at, i.from_number, i.to_number
             from recordings r
             join interactions i on i.subscriber_id = r.subscriber_id and i.id = r.interaction_id
            where r.subscriber_id = $1 and r.id = $2"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Where the sound lies.
#[derive(Debug)]
pub struct Source {
    pub provider: String,
    pub provider_url: String,
}

pub async fn find_source(tx: &mut TenantTx, id: RecordingId) -> sqlx::Result<Option<Source>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Source,
        "select provider, provider_url from recordings where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Whether this sound of a call over Twilio was left after a tone.
pub async fn is_voicemail(tx: &mut TenantTx, call_sid: &str, url: &str) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (
               select from recordings r
                 join interactions i on i.subscriber_id = r.subscriber_id and i.id = r.interaction_id
                where r.subscriber_id = $1 and i.provider = 'TWILIO' and i.external_id = $2
                  and r.kind = 'VOICEMAIL' and r.provider_url = $3) as "is_so!""#,
        subscriber as _,
        call_sid,
        url,
    )
    .fetch_one(tx.conn())
    .await
}
