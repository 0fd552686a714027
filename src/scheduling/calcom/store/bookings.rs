//! The statements on `calendar_bookings`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{SystemTx, TenantTx, Tx},
        ids::{AppointmentId, SubscriberId},
    },
    scheduling::calcom::model::Link,
};

/// What a booking may be known by.
#[derive(Clone, Copy, Debug)]
pub struct Signs<'a> {
    pub uid: &'a str,
    pub moved_from: Option<&'a str>,
    pub ical_uid: Option<&'a str>,
    /// What we wrote into one of ours.
    pub ours: Option<Uuid>,
}

/// The row of a booking, by the surest of its signs.
pub async fn find(tx: &mut TenantTx, signs: &Signs<'_>) -> sqlx::Result<Option<Link>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Link,
        r#"select id, appointment_id as "appointment: _", origin as "origin: _", sync_state as "sync_state: _", uid,
                  ical_uid, sequence, event_type_id, status as "status: _", starts_at, ends_at, news_at, wanted_start,
                  attempted_at, problem
             from calendar_bookings
            where subscriber_id = $1 and (uid = $2 or uid = $3 or ical_uid = $4 or id = $5)
            order by uid is not distinct from $2 desc, uid is not distinct from $3 desc, id is not distinct from $5 desc, id
            limit 1"#,
        subscriber as _,
        signs.uid,
        signs.moved_from,
        signs.ical_uid,
        signs.ours,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The row of an appointment.
pub async fn find_of(tx: &mut TenantTx, appointment: AppointmentId) -> sqlx::Result<Option<Link>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Link,
        r#"select id, appointment_id as "appointment: _", origin as "origin: _", sync_state as "sync_state: _", uid,
                  ical_uid, sequence, event_type_id, status as "status: _", starts_at, ends_at, news_at, wanted_start,
                  attempted_at, problem
             from calendar_bookings where subscriber_id = $1 and appointment_id = $2"#,
        subscriber as _,
        appointment as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Those still to come with which something is wrong, the latest first. Of a cancelled appointment that is a booking that
/// still stands.
pub async fn list_trouble(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Link>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Link,
        r#"select b.id, b.appointment_id as "appointment: _", b.origin as "origin: _", b.sync_state as "sync_state: _",
                  b.uid, b.ical_uid, b.sequence, b.event_type_id, b.status as "status: _", b.starts_at, b.ends_at,
                  b.news_at, b.wanted_start, b.attempted_at, b.problem
             from calendar_bookings b
             left join appointments a on a.subscriber_id = b.subscriber_id and a.id = b.appointment_id
            where b.subscriber_id = $1 and b.sync_state in ('CONFLICT', 'FAILED', 'UNPLACED')
              and coalesce(a.ends_at, b.ends_at, 'infinity') > $2
              and (a.id is null or a.status in ('PENDING', 'CONFIRMED')
                   or (a.status = 'CANCELLED' and b.uid is not null
                       and coalesce(b.status, 'ACCEPTED') in ('ACCEPTED', 'PENDING')))
            order by b.id desc limit $3"#,
        subscriber as _,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Appointments still to come, with the count of their changes, that are not at Cal.com as they are here, though it never
/// said no: nobody could ask it when they were changed, or it did not answer.
pub async fn list_behind(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<(AppointmentId, i32)>> {
    let subscriber = tx.subscriber();
    let rows = sqlx::query!(
        r#"select a.id as "id: AppointmentId", a.sequence
             from appointments a
             left join calendar_bookings b on b.subscriber_id = a.subscriber_id and b.appointment_id = a.id
             cross join lateral (
                  select b.uid is not null and coalesce(b.status, 'ACCEPTED') in ('ACCEPTED', 'PENDING') as booked,
                         b.sync_state = 'WANTED' or (b.sync_state = 'FAILED' and b.problem = 'NO_ANSWER') as unanswered
             ) as there
            where a.subscriber_id = $1 and a.starts_at > $2
              and case when a.status in ('PENDING', 'CONFIRMED')
                       then b.id is null or there.unanswered
                            or (there.booked and b.sync_state = 'DONE' and b.starts_at <> a.starts_at)
                       when a.status = 'CANCELLED'
                       then (there.booked and b.sync_state <> 'FAILED')
                            or (there.unanswered and (there.booked or b.attempted_at is not null))
                       else false end
            order by a.starts_at, a.id limit $3"#,
        subscriber as _,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.sequence)).collect())
}

/// Bookings that are still to come and found no place with us.
pub async fn list_unplaced(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select uid as "uid!" from calendar_bookings
            where subscriber_id = $1 and sync_state = 'UNPLACED' and uid is not null and starts_at > $2
            order by starts_at limit $3"#,
        subscriber as _,
        now,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Writes the row as it is now.
pub async fn save(tx: &mut TenantTx, link: &Link, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into calendar_bookings
             (subscriber_id, id, appointment_id, origin, sync_state, uid, ical_uid, sequence, event_type_id, status,
              starts_at, ends_at, news_at, wanted_start, attempted_at, problem, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
         on conflict (subscriber_id, id) do update
            set appointment_id = $3, sync_state = $5, uid = $6, ical_uid = $7, sequence = $8, event_type_id = $9,
                status = $10, starts_at = $11, ends_at = $12, news_at = $13, wanted_start = $14, attempted_at = $15,
                problem = $16, updated_at = $17",
        subscriber as _,
        link.id,
        link.appointment as _,
        link.origin as _,
        link.sync_state as _,
        link.uid,
        link.ical_uid,
        link.sequence,
        link.event_type_id,
        link.status as _,
        link.starts_at,
        link.ends_at,
        link.news_at,
        link.wanted_start,
        link.attempted_at,
        link.problem,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose booking this is, where it is one subscriber's alone.
pub async fn find_owner(tx: &mut SystemTx, uid: &str) -> sqlx::Result<Option<SubscriberId>> {
    let mut found = sqlx::query_scalar!(
        r#"select subscriber_id as "subscriber: SubscriberId" from calendar_bookings where uid = $1 limit 2"#,
        uid,
    )
    .fetch_all(tx.conn())
    .await?;
    let only = found.pop();
    Ok(only.filter(|_| found.is_empty()))
}
