//! The lists that a subscriber begins with. Where a list has a row it is its owner's, and is not added to: what is
//! missing from it may have been taken out.
use uuid::Uuid;

use super::super::business::{Holiday, Hours, Service};
use crate::kernel::{
    db::{SystemTx, Tx},
    ids::SubscriberId,
};

/// How many rows were made: all of them or none.
pub async fn insert_hours(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    hours: &[Hours],
) -> sqlx::Result<u64> {
    let spans = || {
        hours
            .iter()
            .flat_map(|hours| hours.days.iter().map(move |day| (*day, hours)))
    };
    let done = sqlx::query!(
        "insert into business_hours (subscriber_id, id, day, opens, closes)
         select $1, h.id, h.day, h.opens::time, h.closes::time
           from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as h (id, day, opens, closes)
          where not exists (select from business_hours b where b.subscriber_id = $1)",
        subscriber as _,
        &ids(spans()),
        &texts(spans(), |(day, _)| day),
        &texts(spans(), |(_, hours)| hours.opens),
        &texts(spans(), |(_, hours)| hours.closes),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// How many rows were made: all of them or none.
pub async fn insert_holidays(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    holidays: &[Holiday],
) -> sqlx::Result<u64> {
    let opens = holidays
        .iter()
        .map(|holiday| Some(holiday.open?.0.to_owned()));
    let closes = holidays
        .iter()
        .map(|holiday| Some(holiday.open?.1.to_owned()));
    let done = sqlx::query!(
        "insert into holidays (subscriber_id, id, date, name, is_closed, opens, closes)
         select $1, h.id, h.date::date, h.name, h.opens is null, h.opens::time, h.closes::time
           from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) as h (id, date, name, opens, closes)
          where not exists (select from holidays b where b.subscriber_id = $1)",
        subscriber as _,
        &ids(holidays.iter()),
        &texts(holidays.iter(), |holiday| holiday.date),
        &texts(holidays.iter(), |holiday| holiday.name),
        &opens.collect::<Vec<_>>() as _,
        &closes.collect::<Vec<_>>() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// How many rows were made: all of them or none.
pub async fn insert_services(
    tx: &mut SystemTx,
    subscriber: SubscriberId,
    services: &[Service],
) -> sqlx::Result<u64> {
    let durations = services.iter().map(|service| service.duration_minutes);
    let buffers = services.iter().map(|service| service.buffer_minutes);
    let prices = services.iter().map(|service| service.price_cad);
    let done = sqlx::query!(
        "insert into services (subscriber_id, id, name, duration_minutes, buffer_minutes, price, currency)
         select $1, s.id, s.name, s.duration, s.buffer, s.price, 'CAD'
           from unnest($2::uuid[], $3::text[], $4::int[], $5::int[], $6::bigint[])
                as s (id, name, duration, buffer, price)
          where not exists (select from services b where b.subscriber_id = $1)",
        subscriber as _,
        &ids(services.iter()),
        &texts(services.iter(), |service| service.name),
        &durations.collect::<Vec<_>>(),
        &buffers.collect::<Vec<_>>(),
        &prices.collect::<Vec<_>>() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

fn ids<T>(rows: impl Iterator<Item = T>) -> Vec<Uuid> {
    rows.map(|_| Uuid::now_v7()).collect()
}

fn texts<T>(rows: impl Iterator<Item = T>, text: impl Fn(T) -> &'static str) -> Vec<String> {
    rows.map(|row| text(row).to_owned()).collect()
}
