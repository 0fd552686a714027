//! Lists of appointments.
use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{AppointmentId, ContactId, InteractionId, ResourceId},
        language::Language,
        page::Cursor,
        phone::E164,
    },
    scheduling::model::{Appointment, AppointmentStatus, BookingSource},
};

/// Which appointments.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub from: Option<DateTime<Utc>>,
    /// Not in it.
    pub until: Option<DateTime<Utc>>,
    pub status: Option<AppointmentStatus>,
    pub phone: Option<String>,
    pub resource: Option<ResourceId>,
    pub order: Order,
    pub after: Option<Cursor>,
}

/// In which order of their starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    LatestFirst,
    EarliestFirst,
}

#[derive(FromRow)]
struct Row {
    id: AppointmentId,
    resource_id: ResourceId,
    service_id: Option<Uuid>,
    service_name: Option<String>,
    contact_id: Option<ContactId>,
    interaction_id: Option<InteractionId>,
    call_sid: Option<String>,
    source: BookingSource,
    status: AppointmentStatus,
    confirmation_code: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    buffer_minutes: i32,
    timezone: String,
    language: Option<Language>,
    customer_name: Option<String>,
    customer_phone: Option<E164>,
    customer_email: Option<String>,
    purpose: Option<String>,
    notes: Option<String>,
    sequence: i32,
    confirmation_sent: bool,
    reminder_sent: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Appointments by their starts, one more than asked for.
pub async fn list_appointments(
    tx: &mut TenantTx,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<Appointment>> {
    let subscriber = tx.subscriber();
    let mut query = QueryBuilder::<Postgres>::new(
        "select a.id, a.resource_id, a.service_id, s.name as service_name, a.contact_id, a.interaction_id, a.call_sid,
                a.source, a.status, a.confirmation_code, a.starts_at, a.ends_at, a.buffer_minutes, a.timezone,
                a.language, a.customer_name, a.customer_phone, a.customer_email, a.purpose, a.notes, a.sequence,
                a.confirmation_sent, a.reminder_sent, a.created_at, a.updated_at
           from appointments a
           left join services s on s.subscriber_id = a.subscriber_id and s.id = a.service_id
          where a.subscriber_id = ",
    );
    query.push_bind(subscriber);
    if let Some(from) = filter.from {
        query.push(" and a.starts_at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" and a.starts_at < ").push_bind(until);
    }
    if let Some(status) = filter.status {
        query.push(" and a.status = ").push_bind(status.as_str());
    }
    if let Some(phone) = &filter.phone {
        query
            .push(" and a.customer_phone = ")
            .push_bind(phone.clone());
    }
    if let Some(resource) = filter.resource {
        query.push(" and a.resource_id = ").push_bind(resource);
    }
    let (than, direction) = match filter.order {
        Order::LatestFirst => ("<", "desc"),
        Order::EarliestFirst => (">", "asc"),
    };
    if let Some(after) = filter.after {
        query
            .push(format!(" and (a.starts_at, a.id) {than} ("))
            .push_bind(after.at)
            .push(", ")
            .push_bind(after.id)
            .push(")");
    }
    query
        .push(format!(
            " order by a.starts_at {direction}, a.id {direction} limit "
        ))
        .push_bind(limit + 1);
    let rows: Vec<Row> = query.build_query_as().fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(Appointment::from).collect())
}

/// How many appointments begin between two moments and were not cancelled.
pub async fn count_appointments(
    tx: &mut TenantTx,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from appointments
            where subscriber_id = $1 and starts_at >= $2 and starts_at < $3 and status <> 'CANCELLED'"#,
        subscriber as _,
        from,
        until,
    )
    .fetch_one(tx.conn())
    .await
}

impl From<Row> for Appointment {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            resource: row.resource_id,
            service: row.service_id,
            service_name: row.service_name,
            contact: row.contact_id,
            interaction: row.interaction_id,
            call_sid: row.call_sid,
            source: row.source,
            status: row.status,
            confirmation_code: row.confirmation_code,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            buffer_minutes: row.buffer_minutes,
            timezone: row.timezone,
            language: row.language,
            customer_name: row.customer_name,
            customer_phone: row.customer_phone,
            customer_email: row.customer_email,
            purpose: row.purpose,
            notes: row.notes,
            sequence: row.sequence,
            confirmation_sent: row.confirmation_sent,
            reminder_sent: row.reminder_sent,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
