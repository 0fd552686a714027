//! Who may be about to leave: one open alert for each cause, gone when the cause is.
use chrono::Duration;
use rocket_reception::insights::{LookForChurn, ScoreHealth};
use serde_json::{Value, json};
use uuid::Uuid;

use super::run;
use crate::support::{Subscriber, TestApp};

async fn alerts(app: &TestApp, query: &str) -> Vec<Value> {
    let operator = app.operator().await;
    let path = format!("/api/admin/churn-alerts?{query}");
    let page = operator.get(&path).await.expect(200).json();
    page["data"].as_array().unwrap().clone()
}

/// A day later there is a score and a look.
async fn look(app: &TestApp) {
    app.advance(Duration::days(1));
    run(app, &ScoreHealth::of(app.clock.now())).await;
    run(app, &LookForChurn::of(app.clock.now())).await;
}

/// A conversation that began so many days ago.
async fn put_conversation(app: &TestApp, shop: &Subscriber, days_ago: i64) {
    sqlx::query(
        "insert into interactions (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, day,
                                   started_at, status)
         values ($1, gen_random_uuid(), 'VOICE', 'INBOUND', 'RETELL', 'RETELL', 'RETELL', $2::date, $2, 'COMPLETED')",
    )
    .bind(shop.id)
    .bind(app.clock.now() - Duration::days(days_ago))
    .execute(&mut app.database.superuser().await)
    .await
    .unwrap();
}

async fn begin_long_ago(app: &TestApp, shop: &Subscriber) {
    let statement = "update subscribers set created_at = '2025-11-21' where id = $1";
    app.change(shop, statement).await;
}

#[tokio::test]
async fn silence_opens_one_alert_that_closes_itself_when_somebody_calls() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    begin_long_ago(&app, &shop).await;
    put_conversation(&app, &shop, 14).await;
    look(&app).await;
    let open = alerts(&app, "open=true").await;
    let inactive: Vec<&Value> = open
        .iter()
        .filter(|alert| alert["cause"] == "INACTIVE")
        .collect();
    assert_eq!(inactive.len(), 1, "{open:#?}");
    assert_eq!(
        (&inactive[0]["days_silent"], &inactive[0]["days_allowed"]),
        (&json!(15), &json!(14))
    );
    let ops = ("churn.inactive".to_owned(), "WARNING".to_owned());
    assert!(app.alerts().await.contains(&ops));
    // Still silent: nothing new.
    look(&app).await;
    let inactive = alerts(&app, "").await.into_iter();
    assert_eq!(
        inactive
            .filter(|alert| alert["cause"] == "INACTIVE")
            .count(),
        1
    );
    // Somebody calls.
    put_conversation(&app, &shop, 0).await;
    look(&app).await;
    let all = alerts(&app, &format!("subscriber={}", shop.id)).await;
    let over = all
        .iter()
        .find(|alert| alert["cause"] == "INACTIVE")
        .unwrap();
    assert_eq!(over["resolution"], "OVER");
    assert!(over["resolved_at"].is_string());
    assert!(!app.alerts().await.contains(&ops));
    // Silence again is another alert.
    app.advance(Duration::days(20));
    look(&app).await;
    let open = alerts(&app, "open=true").await.into_iter();
    assert_eq!(open.filter(|alert| alert["cause"] == "INACTIVE").count(), 1);
}

#[tokio::test]
async fn how_long_silence_may_last_depends_on_the_plan() {
    let app = TestApp::start().await;
    for (slug, plan, days) in [
        ("scale", "SCALE", 8),
        ("pro", "PRO", 8),
        ("free", "FREE", 20),
        ("gone", "SCALE", 100),
    ] {
        let shop = app.subscriber(slug).plan(plan).await;
        begin_long_ago(&app, &shop).await;
        put_conversation(&app, &shop, days).await;
        if slug == "gone" {
            let closed = "update subscribers set status = 'CLOSED' where id = $1";
            app.change(&shop, closed).await;
        }
    }
    app.advance(Duration::days(1));
    app.run_schedules().await;
    let open = alerts(&app, "open=true").await;
    let slugs: Vec<&str> = open
        .iter()
        .filter(|alert| alert["cause"] == "INACTIVE")
        .map(|alert| alert["slug"].as_str().unwrap())
        .collect();
    assert_eq!(slugs, ["scale"]);
}

#[tokio::test]
async fn a_score_that_fell_by_thirty_within_a_week_opens_an_alert() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    put_conversation(&app, &shop, 0).await;
    run(&app, &ScoreHealth::of(app.clock.now())).await;
    app.change(
        &shop,
        "update health_scores set score = 90 where subscriber_id = $1",
    )
    .await;
    // A week without a call, of a business that had some.
    app.change(
        &shop,
        "insert into usage_rollups (subscriber_id, id, day, channel, interactions)
         values ($1, gen_random_uuid(), '2026-11-01', 'VOICE', 50)",
    )
    .await;
    look(&app).await;
    let open = alerts(&app, "open=true").await;
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(
        (&open[0]["cause"], &open[0]["score_before"]),
        (&json!("SCORE_FELL"), &json!(90))
    );
    assert_eq!(open[0]["score"], 60);
    // It stays there: after a week it has not fallen any more.
    app.advance(Duration::days(7));
    look(&app).await;
    let all = alerts(&app, &format!("subscriber={}", shop.id)).await;
    let fell = all
        .iter()
        .find(|alert| alert["cause"] == "SCORE_FELL")
        .unwrap();
    assert_eq!(fell["resolution"], "OVER", "{all:#?}");
}

#[tokio::test]
async fn an_operator_ends_an_alert_by_hand() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    begin_long_ago(&app, &shop).await;
    put_conversation(&app, &shop, 40).await;
    look(&app).await;
    let alert = alerts(&app, "open=true")
        .await
        .into_iter()
        .find(|alert| alert["cause"] == "INACTIVE")
        .unwrap();
    let path = format!(
        "/api/admin/churn-alerts/{}/resolve",
        alert["id"].as_str().unwrap()
    );
    let owner = app.owner(&shop).await;
    owner
        .post(&path, json!({}))
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .post(&path, json!({}))
        .await
        .expect_problem(401, "unauthenticated");
    let operator = app.operator().await;
    let resolved = operator.post(&path, json!({})).await.expect(200).json();
    assert_eq!(resolved["resolution"], "OPERATOR");
    assert_eq!(resolved["resolved_by"], operator.user.to_string());
    assert!(
        app.alerts()
            .await
            .iter()
            .all(|(kind, _)| kind != "churn.inactive")
    );
    // Again, it stays as it was.
    let again = operator.post(&path, json!({})).await.expect(200).json();
    assert_eq!(again, resolved);
    let nobody = format!("/api/admin/churn-alerts/{}/resolve", Uuid::now_v7());
    operator
        .post(&nobody, json!({}))
        .await
        .expect_problem(404, "not_found");
}
