//! The week and the holidays.
use chrono::{NaiveDate, NaiveTime};
use uuid::Uuid;

use super::super::business::HoursRow;
use crate::kernel::db::{TenantTx, Tx};

pub async fn list_hours(tx: &mut TenantTx) -> sqlx::Result<Vec<HoursRow>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        HoursRow,
        "select day, opens, closes from business_hours
          where subscriber_id = $1
          order by array_position(array['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], day), opens limit 50",
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// Puts this week in the place of the one that was. Two who do so at once stand in line at the profile's row.
pub async fn replace_hours(tx: &mut TenantTx, week: &[HoursRow]) -> sqlx::Result<()> {
    super::settings::lock_settings(tx).await?;
    let subscriber = tx.subscriber();
    sqlx::query!(
        "delete from business_hours where subscriber_id = $1",
        subscriber as _
    )
    .execute(tx.conn())
    .await?;
    let ids: Vec<Uuid> = week.iter().map(|_| Uuid::now_v7()).collect();
    let days: Vec<String> = week.iter().map(|row| row.day.clone()).collect();
    let opens: Vec<NaiveTime> = week.iter().map(|row| row.opens).collect();
    let closes: Vec<NaiveTime> = week.iter().map(|row| row.closes).collect();
    sqlx::query!(
        "insert into business_hours (subscriber_id, id, day, opens, closes)
         select $1, id, day, opens, closes
           from unnest($2::uuid[], $3::text[], $4::time[], $5::time[]) as row (id, day, opens, closes)",
        subscriber as _,
        &ids,
        &days,
        &opens,
        &closes,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A day that is unlike its weekday.
#[derive(Clone, Debug)]
pub struct Holiday {
    pub id: Uuid,
    pub date: NaiveDate,
    pub name: String,
    pub is_closed: bool,
    pub opens: Option<NaiveTime>,
    pub closes: Option<NaiveTime>,
}

/// Holidays in the order of their dates, after the given one.
pub async fn list_holidays(
    tx: &mut TenantTx,
    after: Option<NaiveDate>,
    limit: i64,
) -> sqlx::Result<Vec<Holiday>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Holiday,
        "select id, date, name, is_closed, opens, closes from holidays
          where subscriber_id = $1 and ($2::date is null or date > $2)
          order by date limit $3",
        subscriber as _,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn insert_holiday(tx: &mut TenantTx, new: &Holiday) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into holidays (subscriber_id, id, date, name, is_closed, opens, closes)
         values ($1, $2, $3, $4, $5, $6, $7)",
        subscriber as _,
        new.id,
        new.date,
        new.name,
        new.is_closed,
        new.opens,
        new.closes,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// False when there is no such holiday.
pub async fn update_holiday(tx: &mut TenantTx, to: &Holiday) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let updated = sqlx::query!(
        "update holidays set date = $3, name = $4, is_closed = $5, opens = $6, closes = $7
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        to.id,
        to.date,
        to.name,
        to.is_closed,
        to.opens,
        to.closes,
    )
    .execute(tx.conn())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// False when there is no such holiday.
pub async fn delete_holiday(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from holidays where subscriber_id = $1 and id = $2",
        subscriber as _,
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected() == 1)
}
