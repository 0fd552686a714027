//! What a business does, how long it takes and what it costs.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kernel::db::{TenantTx, Tx};

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    pub id: Uuid,
    pub name: String,
    pub duration_minutes: i32,
    pub buffer_minutes: i32,
    pub price: Option<Decimal>,
    pub currency: String,
    pub is_active: bool,
}

/// Services in the order in which they were made (ids are), after the given one.
pub async fn list_services(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    is_active: Option<bool>,
    limit: i64,
) -> sqlx::Result<Vec<Service>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Service,
        "select id, name, duration_minutes, buffer_minutes, price, currency, is_active from services
          where subscriber_id = $1 and ($2::uuid is null or id > $2) and ($3::bool is null or is_active = $3)
          order by id limit $4",
        subscriber as _,
        after,
        is_active,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn find_service(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<Service>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Service,
        "select id, name, duration_minutes, buffer_minutes, price, currency, is_active from services
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The service, kept from others until the transaction ends.
pub async fn lock_service(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<Service>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Service,
        "select id, name, duration_minutes, buffer_minutes, price, currency, is_active from services
          where subscriber_id = $1 and id = $2 for no key update",
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn insert_service(tx: &mut TenantTx, new: &Service) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into services
             (subscriber_id, id, name, duration_minutes, buffer_minutes, price, currency, is_active)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        subscriber as _,
        new.id,
        new.name,
        new.duration_minutes,
        new.buffer_minutes,
        new.price,
        new.currency,
        new.is_active,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn update_service(tx: &mut TenantTx, to: &Service) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update services
            set name = $3, duration_minutes = $4, buffer_minutes = $5, price = $6, currency = $7, is_active = $8
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        to.id,
        to.name,
        to.duration_minutes,
        to.buffer_minutes,
        to.price,
        to.currency,
        to.is_active,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether somebody is still to come for this service. Nobody can book it until the transaction ends.
pub async fn is_booked(tx: &mut TenantTx, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from services where subscriber_id = $1 and id = $2 for update",
        subscriber as _,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query_scalar!(
        r#"select exists (select from appointments
                           where subscriber_id = $1 and service_id = $2 and status in ('PENDING', 'CONFIRMED')
                             and ends_at > $3) as "is!""#,
        subscriber as _,
        id,
        now,
    )
    .fetch_one(tx.conn())
    .await
}

/// False when there is no such service.
pub async fn delete_service(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from services where subscriber_id = $1 and id = $2",
        subscriber as _,
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected() == 1)
}
