//! What can be booked.
use chrono::{DateTime, Utc};

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::ResourceId,
    },
    scheduling::model::Resource,
};

/// The name of the resource that a business without any is given; it may be changed.
const FIRST: &str = "Calendar";

/// Makes the one resource of a business that has none. Of two who do so at once one does.
pub async fn ensure_resource(tx: &mut TenantTx, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into resources (subscriber_id, id, name, created_at)
         select $1, $2, $3, $4 where not exists (select from resources where subscriber_id = $1)
         on conflict (subscriber_id, name) do nothing",
        subscriber as _,
        ResourceId::new() as _,
        FIRST,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Resources in the order in which they were made, after the given one.
pub async fn list_resources(
    tx: &mut TenantTx,
    after: Option<ResourceId>,
    is_active: Option<bool>,
    limit: i64,
) -> sqlx::Result<Vec<Resource>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Resource,
        r#"select id as "id: _", name, is_active from resources
            where subscriber_id = $1 and ($2::uuid is null or id > $2) and ($3::bool is null or is_active = $3)
            order by id limit $4"#,
        subscriber as _,
        after as _,
        is_active,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn find_resource(tx: &mut TenantTx, id: ResourceId) -> sqlx::Result<Option<Resource>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Resource,
        r#"select id as "id: _", name, is_active from resources where subscriber_id = $1 and id = $2"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The resource, kept from others until the transaction ends.
pub async fn lock_resource(tx: &mut TenantTx, id: ResourceId) -> sqlx::Result<Option<Resource>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Resource,
        r#"select id as "id: _", name, is_active from resources where subscriber_id = $1 and id = $2
            for no key update"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await
}

pub async fn insert_resource(
    tx: &mut TenantTx,
    new: &Resource,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into resources (subscriber_id, id, name, is_active, created_at) values ($1, $2, $3, $4, $5)",
        subscriber as _,
        new.id as _,
        new.name,
        new.is_active,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn update_resource(tx: &mut TenantTx, to: &Resource) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update resources set name = $3, is_active = $4 where subscriber_id = $1 and id = $2",
        subscriber as _,
        to.id as _,
        to.name,
        to.is_active,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// False when there is no such resource. One that ever had an appointment is kept by `appointments_resource_fkey`.
pub async fn delete_resource(tx: &mut TenantTx, id: ResourceId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from resources where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected() == 1)
}
