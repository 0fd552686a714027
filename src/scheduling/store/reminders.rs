//! What a person is to be told of an appointment, and when.
use chrono::{DateTime, Utc};

use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::{AppointmentId, OutgoingId, ReminderId, SubscriberId},
        language::Language,
    },
    scheduling::model::{Notice, NoticeKind},
};

/// Orders that something be told of this start. A confirmation is ordered again when somebody comes back to a start that
/// was confirmed before; a reminder that went out is not.
pub async fn insert_reminder(
    tx: &mut TenantTx,
    appointment: AppointmentId,
    kind: NoticeKind,
    starts_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<ReminderId>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"insert into reminders as r (subscriber_id, id, appointment_id, kind, starts_at, due_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (subscriber_id, appointment_id, kind, starts_at) do update
              set state = 'WAITING', due_at = excluded.due_at, reason = null
            where r.state = 'DROPPED' or r.kind = 'CONFIRMATION'
           returning id as "id: ReminderId""#,
        subscriber as _,
        ReminderId::new() as _,
        appointment as _,
        kind as _,
        starts_at,
        due_at,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Nothing of this appointment that still waits is told.
pub async fn drop_reminders(
    tx: &mut TenantTx,
    appointment: AppointmentId,
    reason: &str,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update reminders set state = 'DROPPED', reason = $3
          where subscriber_id = $1 and appointment_id = $2 and state = 'WAITING'",
        subscriber as _,
        appointment as _,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Somebody else confirms it; the reminders stay.
pub async fn drop_confirmation(
    tx: &mut TenantTx,
    appointment: AppointmentId,
    reason: &str,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update reminders set state = 'DROPPED', reason = $3
          where subscriber_id = $1 and appointment_id = $2 and state = 'WAITING' and kind = 'CONFIRMATION'",
        subscriber as _,
        appointment as _,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is due, of everybody, the longest waiting first.
pub async fn list_due(
    tx: &mut SystemTx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<(SubscriberId, ReminderId)>> {
    let rows = sqlx::query!(
        r#"select subscriber_id as "subscriber: SubscriberId", id as "id: ReminderId" from reminders
            where state = 'WAITING' and due_at <= $1 order by due_at limit $2"#,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.subscriber, row.id))
        .collect())
}

/// The reminder, if it still waits.
pub async fn find_reminder(tx: &mut TenantTx, id: ReminderId) -> sqlx::Result<Option<Notice>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Notice,
        r#"select id as "id: _", appointment_id as "appointment: _", kind as "kind: _", starts_at from reminders
            where subscriber_id = $1 and id = $2 and state = 'WAITING'"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Whether the appointment had another start, of which the person was to be told.
pub async fn was_moved(tx: &mut TenantTx, appointment: AppointmentId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from reminders r join appointments a on a.subscriber_id = $1 and a.id = r.appointment_id
                           where r.subscriber_id = $1 and r.appointment_id = $2 and r.kind = 'CONFIRMATION'
                             and r.starts_at <> a.starts_at) as "was!""#,
        subscriber as _,
        appointment as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// The reminder, locked, if it still waits: of two runs one tells it.
pub async fn lock_waiting(tx: &mut TenantTx, id: ReminderId) -> sqlx::Result<Option<Notice>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Notice,
        r#"select id as "id: _", appointment_id as "appointment: _", kind as "kind: _", starts_at from reminders
            where subscriber_id = $1 and id = $2 and state = 'WAITING' for no key update"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// It is told, by this text: the appointment says so from now on.
pub async fn set_queued(
    tx: &mut TenantTx,
    notice: &Notice,
    outgoing: OutgoingId,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "with told as (
             update reminders set state = 'QUEUED', outgoing_id = $4 where subscriber_id = $1 and id = $2
         )
         update appointments
            set confirmation_sent = confirmation_sent or $5 = 'CONFIRMATION',
                reminder_sent = reminder_sent or $5 <> 'CONFIRMATION'
          where subscriber_id = $1 and id = $3",
        subscriber as _,
        notice.id as _,
        notice.appointment as _,
        outgoing as _,
        notice.kind.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The person is told by this text that the start is in doubt: it goes out as long as that is so.
pub async fn insert_doubt(
    tx: &mut TenantTx,
    appointment: AppointmentId,
    starts_at: DateTime<Utc>,
    outgoing: OutgoingId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into reminders
             (subscriber_id, id, appointment_id, kind, starts_at, due_at, state, outgoing_id, created_at)
         values ($1, $2, $3, 'OTHER_TIMES', $4, $6, 'QUEUED', $5, $6)
         on conflict (subscriber_id, appointment_id, kind, starts_at) do update set outgoing_id = excluded.outgoing_id",
        subscriber as _,
        ReminderId::new() as _,
        appointment as _,
        starts_at,
        outgoing as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// It is not told, because.
pub async fn set_dropped(tx: &mut TenantTx, id: ReminderId, reason: &str) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update reminders set state = 'DROPPED', reason = $3
          where subscriber_id = $1 and id = $2 and state = 'WAITING'",
        subscriber as _,
        id as _,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The zone and the language of the person who has the appointment, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct PersonFacts {
    pub timezone: Option<String>,
    pub language: Option<Language>,
}

pub async fn find_person(
    tx: &mut TenantTx,
    appointment: AppointmentId,
) -> sqlx::Result<PersonFacts> {
    let subscriber = tx.subscriber();
    let found = sqlx::query_as!(
        PersonFacts,
        r#"select c.timezone, coalesce(a.language, c.language) as "language: _"
             from appointments a
             left join contacts c on c.subscriber_id = a.subscriber_id and c.id = a.contact_id
            where a.subscriber_id = $1 and a.id = $2"#,
        subscriber as _,
        appointment as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.unwrap_or_default())
}
