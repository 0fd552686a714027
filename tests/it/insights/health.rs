//! Scores: of everybody, once for each tick, with their reasons.
use rocket_reception::insights::ScoreHealth;
use serde_json::{Value, json};

use super::run;
use crate::support::{Subscriber, TestApp, at, hours};

/// Sums of some days, by how many conversations each had.
async fn put_days(app: &TestApp, shop: &Subscriber, days: &[(&str, i32)]) {
    for (day, interactions) in days {
        sqlx::query(
            "insert into usage_rollups (subscriber_id, id, day, channel, interactions)
             values ($1, gen_random_uuid(), $2::date, 'VOICE', $3)",
        )
        .bind(shop.id)
        .bind(day)
        .bind(interactions)
        .execute(&mut app.database.superuser().await)
        .await
        .unwrap();
    }
}

/// The subscriber has been here for a year.
async fn age(app: &TestApp, shop: &Subscriber) {
    app.change(
        shop,
        "update subscribers set created_at = '2025-11-21' where id = $1",
    )
    .await;
}

/// Scores everybody as of this moment, and runs nothing else: reconciliation would put sums right that only a test made.
async fn score(app: &TestApp) {
    run(app, &ScoreHealth::of(app.clock.now())).await;
}

async fn scores(app: &TestApp, path: &str) -> Vec<Value> {
    let operator = app.operator().await;
    let page = operator.get(path).await.expect(200).json();
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_six_hours_everybody_gets_a_score_with_its_reasons() {
    let app = TestApp::start().await;
    let (well, ill) = (app.subscriber("well").await, app.subscriber("ill").await);
    age(&app, &ill).await;
    put_days(&app, &well, &[("2026-11-20", 30), ("2026-11-01", 100)]).await;
    put_days(&app, &ill, &[("2026-11-20", 5), ("2026-11-01", 100)]).await;
    app.change(
        &ill,
        "update usage_rollups set outcome_failed = 2 where subscriber_id = $1 and day = '2026-11-20'",
    )
    .await;
    app.change(
        &ill,
        "update subscriptions set status = 'PAST_DUE' where subscriber_id = $1",
    )
    .await;
    score(&app).await;
    let latest = scores(&app, "/api/admin/health-scores").await;
    assert_eq!(latest.len(), 2);
    let first = &latest[0];
    assert_eq!(first["subscriber_id"], ill.id.to_string());
    assert_eq!(first["slug"], "ill");
    assert_eq!(
        first["reasons"],
        json!([
            "USAGE_HALVED",
            "CALLS_FAIL",
            "PAST_DUE",
            "SILENT",
            "NOBODY_SIGNS_IN"
        ])
    );
    let parts = [
        "usage_points",
        "failure_points",
        "payment_points",
        "activity_points",
    ];
    assert_eq!(
        parts.map(|part| first[part].as_i64().unwrap()),
        [8, 0, 5, 0]
    );
    assert_eq!(first["score"], 13);
    for (member, value) in [
        ("conversations_last_7_days", json!(5)),
        ("conversations_28_days_before", json!(100)),
        ("failed_calls", json!(2)),
        ("undelivered_texts", json!(0)),
        ("dead_jobs", json!(0)),
        ("subscription_status", json!("PAST_DUE")),
        ("balance", json!("0")),
        ("days_since_conversation", json!(null)),
        ("scored_at", json!("2026-11-21T16:00:00Z")),
    ] {
        assert_eq!(first[member], value, "{member}");
    }
    assert_eq!(
        (&latest[1]["score"], &latest[1]["reasons"]),
        (&json!(100), &json!([]))
    );
}

#[tokio::test]
async fn what_fails_and_who_signs_in_counts() {
    let mut app = TestApp::start().await;
    app.expect_dead_jobs();
    let shop = app.subscriber("hvac").await;
    age(&app, &shop).await;
    put_days(&app, &shop, &[("2026-11-20", 10)]).await;
    app.owner(&shop).await;
    app.change(
        &shop,
        "insert into jobs (id, kind, subscriber_id, lane, payload, state, run_at, max_attempts, created_at, finished_at)
         values (gen_random_uuid(), 'test.gone', $1, 'bulk', '{}', 'DEAD', '2026-11-20', 1, '2026-11-20', '2026-11-20'),
                (gen_random_uuid(), 'test.gone', $1, 'bulk', '{}', 'DEAD', '2026-11-01', 1, '2026-11-01', '2026-11-01')",
    )
    .await;
    app.text_from("+15145550123")
        .to(&shop.number)
        .says("Are you open?")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    app.change(
        &shop,
        "update outgoing_messages set status = 'UNDELIVERED' where subscriber_id = $1",
    )
    .await;
    app.advance(hours(6));
    score(&app).await;
    let score = scores(&app, "/api/admin/health-scores").await.remove(0);
    assert_eq!(score["reasons"], json!(["TEXTS_FAIL", "JOBS_DIED"]));
    assert_eq!(
        (&score["dead_jobs"], &score["undelivered_texts"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(score["days_since_sign_in"], 0);
    assert_eq!(score["days_since_conversation"], 0);
}

#[tokio::test]
async fn the_history_of_one_is_kept_for_ninety_days() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    for _ in 0..3 {
        app.run_schedules().await;
        app.advance(hours(6));
    }
    let path = format!("/api/admin/health-scores?subscriber={}", shop.id);
    let history = scores(&app, &path).await;
    let times: Vec<&str> = history
        .iter()
        .map(|score| score["scored_at"].as_str().unwrap())
        .collect();
    assert_eq!(
        times,
        [
            "2026-11-22T00:00:00Z",
            "2026-11-21T18:00:00Z",
            "2026-11-21T12:00:00Z"
        ]
    );
    assert_eq!(scores(&app, "/api/admin/health-scores").await.len(), 1);
    app.advance(at("2027-02-19T19:00:00Z") - app.clock.now());
    app.run_schedules().await;
    let history = scores(&app, &path).await;
    assert_eq!(
        history.len(),
        3,
        "the two of the first day are gone: {history:#?}"
    );
}

#[tokio::test]
async fn the_list_goes_from_the_worst_to_the_best_page_by_page() {
    let app = TestApp::start().await;
    let mut conn = app.database.superuser().await;
    for number in 0..7 {
        let shop = app.subscriber(&format!("shop-{number}")).await;
        sqlx::query(
            "insert into health_scores (subscriber_id, id, scored_at, is_latest, score, usage_points, failure_points,
                 payment_points, activity_points, reasons, conversations_last_7_days, conversations_28_days_before,
                 failed_calls, undelivered_texts, dead_jobs, balance)
             values ($1, gen_random_uuid(), '2026-11-21', true, $2, 0, 0, 0, 0, '{}', 0, 0, 0, 0, 0, 0)",
        )
        .bind(shop.id)
        .bind([50, 0, 50, 100, 50, 7, 0][number])
        .execute(&mut conn)
        .await
        .unwrap();
    }
    let operator = app.operator().await;
    let (mut found, mut path) = (Vec::new(), "/api/admin/health-scores?limit=2".to_owned());
    loop {
        let page = operator.get(&path).await.expect(200).json();
        let rows = page["data"].as_array().unwrap();
        found.extend(rows.iter().map(|row| row["score"].as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/admin/health-scores?limit=2&cursor={cursor}");
    }
    assert_eq!(found, [0, 0, 7, 50, 50, 50, 100]);
    let problem = operator.get("/api/admin/health-scores?cursor=x").await;
    problem.expect_problem(422, "invalid_request");
}

/// Subscribers by the thousand, as a seed would make them.
async fn many(app: &TestApp, count: i32) {
    sqlx::query(
        "insert into subscribers (id, slug, business_name, created_at)
         select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'business-' || n, 'Plomberie ' || n,
                '2026-11-01'
           from generate_series(1, $1) n",
    )
    .bind(count)
    .execute(&mut app.database.superuser().await)
    .await
    .unwrap();
}

async fn count(app: &TestApp, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(&mut app.database.superuser().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn ten_thousand_are_scored_in_parts_and_a_tick_that_is_tried_again_scores_nobody_twice() {
    let app = TestApp::start().await;
    many(&app, 10_000).await;
    let tick = ScoreHealth::of(at("2026-11-21T12:00:00Z"));
    run(&app, &tick).await;
    let scored =
        "select count(*) from health_scores where is_latest and scored_at = '2026-11-21 12:00+00'";
    assert_eq!(count(&app, scored).await, 10_000);
    let jobs = "select count(*) from jobs where kind = 'insights.score_health' and state = 'DONE'";
    let parts = count(&app, jobs).await;
    assert!((10..=11).contains(&parts), "{parts} jobs");
    // The process died and the job begins anew, and half of the scores were never written.
    sqlx::query("delete from health_scores where subscriber_id::text like '%5'")
        .execute(&mut app.database.superuser().await)
        .await
        .unwrap();
    run(&app, &tick).await;
    assert_eq!(count(&app, scored).await, 10_000);
    assert_eq!(
        count(&app, "select count(*) from health_scores").await,
        10_000
    );
}

#[tokio::test]
async fn health_is_for_the_operator() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    for path in ["/api/admin/health-scores", "/api/admin/churn-alerts"] {
        app.stranger()
            .get(path)
            .await
            .expect_problem(401, "unauthenticated");
        let owner = app.owner(&shop).await;
        owner.get(path).await.expect_problem(403, "forbidden");
        let operator = app.operator().await;
        operator.get(path).await.expect(200);
    }
    let looked: i64 = count(
        &app,
        "select count(*) from audit_log where action in ('health_scores.listed', 'churn_alerts.listed')",
    )
    .await;
    assert_eq!(looked, 2);
}
