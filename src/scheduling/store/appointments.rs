//! Appointments, one at a time; and the times that they take.
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Connection;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{AppointmentId, ContactId, ResourceId},
        phone::E164,
    },
    scheduling::model::{Appointment, AppointmentStatus, NewAppointment, Place},
};

/// By which two may not have the same time.
const NO_OVERLAP: &str = "appointments_no_overlap";

/// The longest appointment with its buffer: how far back one may have begun that is not over.
const LONGEST: TimeDelta = TimeDelta::days(8);

/// Writes an appointment. None: somebody has the time, or the code is another appointment's ([`code_exists`]). The
/// transaction goes on in both cases. Whoever is writing an appointment of this time is waited for.
pub async fn insert_appointment(
    tx: &mut TenantTx,
    new: &NewAppointment,
    code: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<AppointmentId>> {
    let subscriber = tx.subscriber();
    let busy_until = new.ends_at + TimeDelta::minutes(i64::from(new.buffer_minutes));
    sqlx::query_scalar!(
        r#"insert into appointments
               (subscriber_id, id, resource_id, service_id, contact_id, interaction_id, call_sid, source, status,
                confirmation_code, starts_at, ends_at, buffer_minutes, busy_until, timezone, language, customer_name,
                customer_phone, customer_email, purpose, notes, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                   case when keeps_words($1) then $20 end, case when keeps_words($1) then $21 end, $22, $22)
           on conflict do nothing
           returning id as "id: AppointmentId""#,
        subscriber as _,
        AppointmentId::new() as _,
        new.resource as _,
        new.service,
        new.contact as _,
        new.interaction as _,
        new.call_sid,
        new.source as _,
        new.status as _,
        code,
        new.starts_at,
        new.ends_at,
        new.buffer_minutes,
        busy_until,
        new.timezone,
        new.language as _,
        new.customer_name,
        new.customer_phone.as_ref() as _,
        new.customer_email,
        new.purpose,
        new.notes,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn code_exists(tx: &mut TenantTx, code: &str) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from appointments where subscriber_id = $1 and confirmation_code = $2) as "is!""#,
        subscriber as _,
        code,
    )
    .fetch_one(tx.conn())
    .await
}

pub async fn find_appointment(
    tx: &mut TenantTx,
    id: AppointmentId,
) -> sqlx::Result<Option<Appointment>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Appointment,
        r#"select a.id as "id: _", a.resource_id as "resource: _", a.service_id as service,
                  s.name as "service_name?", a.contact_id as "contact: _", a.interaction_id as "interaction: _",
                  a.call_sid, a.source as "source: _", a.status as "status: _", a.confirmation_code, a.starts_at,
                  a.ends_at, a.buffer_minutes, a.timezone, a.language as "language: _", a.customer_name,
                  a.customer_phone as "customer_phone: _", a.customer_email, a.purpose, a.notes, a.sequence,
                  a.confirmation_sent, a.reminder_sent, a.created_at, a.updated_at
             from appointments a
             left join services s on s.subscriber_id = a.subscriber_id and s.id = a.service_id
            where a.subscriber_id = $1 and a.id = $2"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The appointment, kept from others until the transaction ends.
pub async fn lock_appointment(
    tx: &mut TenantTx,
    id: AppointmentId,
) -> sqlx::Result<Option<Appointment>> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from appointments where subscriber_id = $1 and id = $2 for no key update",
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    find_appointment(tx, id).await
}

/// The open appointments from a moment on that this code names, or that this number booked, for itself or for somebody
/// else, the next one first.
pub async fn list_of_person(
    tx: &mut TenantTx,
    code: Option<&str>,
    phone: Option<&E164>,
    from: DateTime<Utc>,
) -> sqlx::Result<Vec<AppointmentId>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select a.id as "id: AppointmentId" from appointments a
            where a.subscriber_id = $1 and a.status in ('PENDING', 'CONFIRMED') and a.ends_at > $4
              and (a.confirmation_code = $2 or a.customer_phone = $3
                   or exists (select from interactions i
                               where i.subscriber_id = $1 and i.id = a.interaction_id and i.direction = 'INBOUND'
                                 and i.counterpart = $3)
                   or a.contact_id in (select coalesce(c.merged_into, c.id) from contacts c
                                        where c.subscriber_id = $1 and c.phone = $3))
            order by a.starts_at, a.id limit 20"#,
        subscriber as _,
        code,
        phone as _,
        from,
    )
    .fetch_all(tx.conn())
    .await
}

/// A time that is taken.
#[derive(Clone, Copy, Debug)]
pub struct BusyRow {
    pub resource: ResourceId,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// What is taken between two moments, in order: everything that an offer must leave alone.
pub async fn list_busy(
    tx: &mut TenantTx,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    except: Option<AppointmentId>,
) -> sqlx::Result<Vec<BusyRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        BusyRow,
        r#"select resource_id as "resource: _", starts_at as "from", busy_until as "until" from appointments
            where subscriber_id = $1 and status in ('PENDING', 'CONFIRMED', 'COMPLETED')
              and starts_at < $3 and starts_at > $4 and busy_until > $2 and id is distinct from $5
            order by starts_at, id"#,
        subscriber as _,
        from,
        until,
        from - LONGEST,
        except as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// Puts an appointment at another time. False: somebody has it, and nothing changed. The transaction goes on.
pub async fn move_appointment(
    tx: &mut TenantTx,
    id: AppointmentId,
    to: &Place,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let busy_until = to.ends_at + TimeDelta::minutes(i64::from(to.buffer_minutes));
    wait_for(tx, to.resource).await?;
    let mut savepoint = tx.conn().begin().await?;
    let moved = sqlx::query!(
        "update appointments
            set resource_id = $3, starts_at = $4, ends_at = $5, buffer_minutes = $6, busy_until = $7,
                sequence = sequence + 1, confirmation_sent = false, reminder_sent = false, updated_at = $8
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        to.resource as _,
        to.starts_at,
        to.ends_at,
        to.buffer_minutes,
        busy_until,
        now,
    )
    .execute(&mut *savepoint)
    .await;
    if is_taken(&moved) {
        savepoint.rollback().await?;
        return Ok(false);
    }
    savepoint.commit().await?;
    moved.map(|_| true)
}

/// Changes how an appointment stands. False: it would take a time again that somebody has by now.
pub async fn set_status(
    tx: &mut TenantTx,
    appointment: &Appointment,
    status: AppointmentStatus,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    wait_for(tx, appointment.resource).await?;
    let mut savepoint = tx.conn().begin().await?;
    let set = sqlx::query!(
        "update appointments
            set status = $3, cancelled_at = case when $3 = 'CANCELLED' then $4::timestamptz end,
                sequence = sequence + 1, updated_at = $4
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        appointment.id as _,
        status as _,
        now,
    )
    .execute(&mut *savepoint)
    .await;
    if is_taken(&set) {
        savepoint.rollback().await?;
        return Ok(false);
    }
    savepoint.commit().await?;
    set.map(|_| true)
}

/// Two who move appointments to one time at once would wait for each other: of the moves at one resource one comes
/// after the other. Who books anew does not wait here; an insertion gives way by itself.
async fn wait_for(tx: &mut TenantTx, resource: ResourceId) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from resources where subscriber_id = $1 and id = $2 for no key update",
        subscriber as _,
        resource as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

fn is_taken<T>(result: &sqlx::Result<T>) -> bool {
    let error = result
        .as_ref()
        .err()
        .and_then(|error| error.as_database_error());
    error.and_then(|error| error.constraint()) == Some(NO_OVERLAP)
}

/// What staff may correct beside the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub contact: Option<ContactId>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<E164>,
    pub customer_email: Option<String>,
    pub purpose: Option<String>,
    pub notes: Option<String>,
}

pub async fn set_details(
    tx: &mut TenantTx,
    id: AppointmentId,
    to: &Details,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update appointments
            set contact_id = $3, customer_name = $4, customer_phone = $5, customer_email = $6,
                purpose = case when keeps_words($1) then $7 end, notes = case when keeps_words($1) then $8 end,
                updated_at = $9
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        to.contact as _,
        to.customer_name,
        to.customer_phone.as_ref() as _,
        to.customer_email,
        to.purpose,
        to.notes,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
