//! The error log: what failed, grouped, without anybody's words.
use rocket_reception::{
    kernel::faults::{Fault, Source, describe},
    safety::error_log,
};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::support::{TestApp, hours};

async fn listed(app: &TestApp) -> Vec<Value> {
    let page = app
        .operator()
        .await
        .get("/api/admin/error-logs")
        .await
        .expect(200)
        .json();
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_answer_of_500_is_in_the_log_once_with_its_count() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let mut conn = app.database.superuser().await;
    sqlx::raw_sql(AssertSqlSafe(
        "alter table retention_settings rename to retention_settings_away".to_owned(),
    ))
    .execute(&mut conn)
    .await
    .unwrap();
    let mut last = String::new();
    for _ in 0..3 {
        let answer = owner.get("/api/settings/retention").await;
        last = answer.header("x-request-id").to_owned();
        answer.expect_problem(500, "internal");
    }
    error_log::write_down(&app.state).await;
    let rows = listed(&app).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["occurrences"], 3);
    assert_eq!(rows[0]["source"], "REQUEST");
    assert_eq!(rows[0]["place"], "GET /api/settings/retention");
    assert_eq!(rows[0]["last_request_id"], last);
    assert!(
        rows[0]["what"].as_str().unwrap().contains("does not exist"),
        "{rows:?}"
    );
}

#[tokio::test]
async fn alike_failures_of_two_processes_are_one_row() {
    let app = TestApp::start().await;
    for round in 0..2 {
        app.state.faults.note(Fault {
            source: Source::Job,
            place: "sms.reply_to_text".to_owned(),
            what: describe(&format!("text {round} \"hello there\" failed")),
            subscriber: None,
            request_id: None,
            at: app.clock.now(),
        });
        error_log::write_down(&app.state).await;
        app.advance(hours(1));
    }
    let rows = listed(&app).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["occurrences"], 2);
    assert!(!rows[0]["what"].as_str().unwrap().contains("hello"));
}

#[tokio::test]
async fn a_job_that_dies_is_in_the_log_under_its_kind() {
    let mut app = TestApp::start().await;
    app.expect_dead_jobs();
    let shop = app.subscriber("hvac").await;
    app.change(
        &shop,
        "insert into jobs (id, kind, subscriber_id, lane, payload, run_at, max_attempts, created_at)
         values (gen_random_uuid(), 'safety.build_export', $1, 'bulk', '{}', '2026-11-21', 1, '2026-11-21')",
    )
    .await;
    app.run_jobs().await;
    error_log::write_down(&app.state).await;
    let rows = listed(&app).await;
    assert_eq!(rows[0]["place"], "safety.build_export");
    assert_eq!(rows[0]["subscriber_id"], shop.id.to_string());
}

#[tokio::test]
async fn without_a_database_failures_are_dropped_and_nobody_waits() {
    let app = TestApp::start().await;
    app.state.faults.note(Fault {
        source: Source::Job,
        place: "x".to_owned(),
        what: String::new(),
        subscriber: None,
        request_id: None,
        at: app.clock.now(),
    });
    app.lose_database().await;
    error_log::write_down(&app.state).await;
    assert!(app.state.faults.take().is_empty());
}

#[tokio::test]
async fn the_error_log_is_for_operators() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    owner
        .get("/api/admin/error-logs")
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .get("/api/admin/error-logs")
        .await
        .expect_problem(401, "unauthenticated");
}
