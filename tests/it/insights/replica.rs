//! Dashboards read from the replica while it is there, and nobody writes to it.
use chrono::Duration;
use rocket_reception::{
    app::App,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx, Tx},
        metrics::METRICS,
    },
    server,
};
use std::sync::Arc;

use crate::support::{Subscriber, TestApp, TestDb};

/// An application with a second database in the place of its replica.
struct Scene {
    app: TestApp,
    replica: TestDb,
    shop: Subscriber,
}

/// How many calls each of the two knows of, so that one sees which was asked.
const HERE: i64 = 11;
const THERE: i64 = 22;

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let replica = TestDb::new(app.clock.clone()).await;
        let shop = app.subscriber("hvac").await;
        let app = app.reading_from(&replica);
        let scene = Self { app, replica, shop };
        // What replication would have brought.
        scene.copy("subscribers", "id").await;
        scene.copy("subscriber_profiles", "subscriber_id").await;
        scene.put_calls(&scene.app.database, HERE).await;
        scene.put_calls(&scene.replica, THERE).await;
        scene
    }

    async fn copy(&self, table: &str, owner: &str) {
        let rows: serde_json::Value = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select jsonb_agg(t) from {table} t where {owner} = $1"
        )))
        .bind(self.shop.id)
        .fetch_one(&mut self.app.database.superuser().await)
        .await
        .unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "insert into {table} select * from jsonb_populate_recordset(null::{table}, $1)"
        )))
        .bind(rows)
        .execute(&mut self.replica.superuser().await)
        .await
        .unwrap();
    }

    async fn put_calls(&self, database: &TestDb, count: i64) {
        sqlx::query(
            "insert into usage_rollups (subscriber_id, id, day, channel, interactions)
             values ($1, gen_random_uuid(), '2026-11-20', 'VOICE', $2)",
        )
        .bind(self.shop.id)
        .bind(i32::try_from(count).unwrap())
        .execute(&mut database.superuser().await)
        .await
        .unwrap();
    }

    async fn calls_shown(&self) -> i64 {
        let staff = self.app.staff(&self.shop).await;
        let metrics = staff.get("/api/dashboard/calls/metrics").await.expect(200);
        metrics.json()["total_calls"].as_i64().unwrap()
    }

    /// The replica can be reached or not.
    async fn let_in(&self, may: bool) {
        self.replica.let_in(may).await;
    }
}

fn reads_from(source: &str) -> u64 {
    METRICS.db_reads.with_label_values(&[source]).get()
}

#[tokio::test]
async fn without_a_replica_dashboards_read_from_the_database() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let before = reads_from("main");
    staff.get("/api/dashboard/metrics").await.expect(200);
    assert!(reads_from("main") > before);
}

#[tokio::test]
async fn dashboards_read_from_the_replica_and_from_the_database_while_it_is_away() {
    let scene = Scene::new().await;
    let before = reads_from("replica");
    assert_eq!(scene.calls_shown().await, THERE);
    assert!(reads_from("replica") > before);

    scene.let_in(false).await;
    let before = reads_from("fallback");
    assert_eq!(scene.calls_shown().await, HERE);
    assert!(reads_from("fallback") > before);

    // It is not asked again at once, and then it is.
    scene.let_in(true).await;
    assert_eq!(scene.calls_shown().await, HERE);
    scene.app.advance(Duration::seconds(6));
    assert_eq!(scene.calls_shown().await, THERE);
}

#[tokio::test]
async fn a_transaction_that_reads_cannot_write_wherever_it_is() {
    let scene = Scene::new().await;
    let without = TestApp::start().await;
    for app in [&scene.app, &without] {
        let mut tx = TenantTx::begin(app.state.reading(), scene.shop.id)
            .await
            .unwrap();
        let written = sqlx::query("update subscriber_profiles set voice_id = 'x'")
            .execute(tx.conn())
            .await;
        let error = written.unwrap_err();
        let code = error.as_database_error().unwrap().code();
        assert_eq!(code.as_deref(), Some("25006"), "{error}");
    }
    // Those that may, still may.
    let mut tx = TenantTx::begin(&scene.app.state.db, scene.shop.id)
        .await
        .unwrap();
    sqlx::query("update subscriber_profiles set voice_id = 'x'")
        .execute(tx.conn())
        .await
        .unwrap();
}

#[tokio::test]
async fn policies_hold_on_the_replica_too() {
    let scene = Scene::new().await;
    let other = scene.app.subscriber("other").await;
    let mut tx = TenantTx::begin(scene.app.state.reading(), other.id)
        .await
        .unwrap();
    let count: i64 = sqlx::query_scalar("select count(*) from usage_rollups")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(count, 0);
    let mut tx = SystemTx::begin(scene.app.state.reading(), SystemToken::Health)
        .await
        .unwrap();
    let sum: i64 = sqlx::query_scalar("select sum(interactions) from usage_rollups")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(sum, THERE);
}

#[tokio::test]
async fn a_replica_that_is_away_keeps_nobody_from_starting() {
    let app = TestApp::with(&[(
        "DATABASE_READ_URL",
        // Nobody listens there.
        "postgres://reception@127.0.0.1:1/reception",
    )])
    .await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    staff.get("/api/dashboard/stats").await.expect(200);
    // Its type says who may be asked for what; both are there.
    let state: &Arc<App> = &app.state;
    drop(server::router(state.clone()));
}
