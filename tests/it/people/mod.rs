//! The people whom a business knows.
mod contacts;
mod customers;
mod doors;
mod leads;
mod merging;
mod opt_outs;
mod plans;

use rocket_reception::{
    kernel::{
        db::{TenantTx, Tx},
        phone::E164,
    },
    people::{self, Caller},
};
use serde_json::Value;
use sqlx::query;

use crate::support::{Client, Subscriber, TestApp};

pub const ANNE: &str = "+12045550142";
pub const BEN: &str = "+12045550143";

pub fn id_of(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

pub fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(id_of).collect()
}

/// Somebody with this number calls or texts.
pub async fn touch(app: &TestApp, shop: &Subscriber, phone: &str) -> Caller {
    let phone: E164 = phone.parse().unwrap();
    let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
    let caller = people::touch_contact(&mut tx, &phone, "SMS", app.clock.now());
    let caller = caller.await.unwrap();
    tx.commit().await.unwrap();
    caller
}

/// So many contacts, from the given number on, one a second.
pub async fn plant(app: &TestApp, shop: &Subscriber, from: i64, count: i64) {
    let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
    query(
        "insert into contacts
             (subscriber_id, id, first_name, last_name, phone, source, created_at, last_contacted_at)
         select $1, gen_random_uuid(), 'Person', n::text, '+1204' || lpad((1000000 + n)::text, 7, '0'), 'SMS',
                timestamptz '2026-01-01' + make_interval(secs => n / 2),
                timestamptz '2026-01-01' + make_interval(secs => n / 2)
           from generate_series($2, $2 + $3 - 1) as n",
    )
    .bind(shop.id)
    .bind(from)
    .bind(count)
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

/// Every id of a list, page by page; `between` is called after each page.
pub async fn turn_pages(
    client: &Client<'_>,
    path: &str,
    member: &str,
    mut between: impl AsyncFnMut(usize),
) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for number in 0.. {
        let page = client.get(&format!("{path}limit=60&cursor={cursor}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|row| row[member].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
        between(number).await;
    }
    seen
}
