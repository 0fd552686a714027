//! The lists that are asked for all day are read from an index, in their order.
use rocket_reception::kernel::db::{TenantTx, Tx};
use sqlx::AssertSqlSafe;

use super::plant;
use crate::support::TestApp;

/// What the list asks, with the limit of a page, and the index that has its order.
const HOT: [(&str, &str); 4] = [
    (
        "select id from contacts c where c.merged_into is null and c.subscriber_id = $1 and c.status <> 'ARCHIVED'
          order by c.created_at desc, c.id desc limit 51",
        "contacts_created",
    ),
    (
        "select id from contacts c
          where c.subscriber_id = $1 and c.merged_into is null and c.last_contacted_at is not null
          order by c.last_contacted_at desc, c.id desc limit 51",
        "contacts_last_contacted",
    ),
    (
        "select id from contacts c where c.subscriber_id = $1 and c.id =
            (select coalesce(k.merged_into, k.id) from contacts k
              where k.subscriber_id = $1 and k.phone = '+12041000007')",
        "contacts_subscriber_phone_key",
    ),
    (
        "select id from leads where subscriber_id = $1 order by created_at desc, id desc limit 51",
        "leads_subscriber_created",
    ),
];

#[tokio::test]
async fn the_hot_lists_are_read_from_an_index_without_sorting() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    plant(&app, &shop, 0, 3000).await;
    plant(&app, &other, 0, 3000).await;
    for shop in [&shop, &other] {
        app.change(
            shop,
            "insert into leads (subscriber_id, id, summary, created_at)
             select $1, gen_random_uuid(), 'x', timestamptz '2026-01-01' + make_interval(secs => n)
               from generate_series(1, 3000) as n",
        )
        .await;
    }
    let mut conn = app.database.superuser().await;
    sqlx::query("analyze contacts")
        .execute(&mut conn)
        .await
        .unwrap();
    sqlx::query("analyze leads")
        .execute(&mut conn)
        .await
        .unwrap();
    for (statement, index) in HOT {
        let statement = statement.replace("$1", &format!("'{}'", shop.id));
        let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("explain {statement}")))
            .fetch_all(tx.conn())
            .await
            .unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{index} is not used:\n{plan}");
        assert!(!plan.contains("Sort"), "sorted:\n{plan}");
        assert!(!plan.contains("Seq Scan"), "read as a whole:\n{plan}");
    }
}
