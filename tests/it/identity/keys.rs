//! The keys of tools.
use chrono::Duration;
use serde_json::json;

use super::audited;
use crate::support::TestApp;

#[tokio::test]
async fn a_key_is_shown_once_and_lets_its_tool_in_until_it_is_revoked() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let body = json!({"name": "n8n", "scopes": ["read"]});
    let made = owner.post("/api/api-keys", body).await.expect(201).json();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("rr_live_") && key.len() == 40, "{key}");
    assert_eq!(made["last_four"], key[key.len() - 4..]);
    let list = owner.get("/api/api-keys").await.expect(200);
    assert!(!list.body.contains(key));
    assert!(list.json()["data"][0].get("key").is_none());
    assert!(list.json()["data"][0]["last_used_at"].is_null());
    // Known, though it is no person.
    app.with_token(key)
        .get("/api/me")
        .await
        .expect_problem(403, "forbidden");
    let used = owner.get("/api/api-keys").await.json();
    assert!(!used["data"][0]["last_used_at"].is_null());
    let id = made["id"].as_str().unwrap();
    owner
        .delete(&format!("/api/api-keys/{id}"))
        .await
        .expect(204);
    owner
        .delete(&format!("/api/api-keys/{id}"))
        .await
        .expect_problem(404, "not_found");
    app.with_token(key)
        .get("/api/me")
        .await
        .expect_problem(401, "unauthenticated");
    assert_eq!(audited(&app).await, ["api_key.created", "api_key.revoked"]);
    let mut conn = app.database.superuser().await;
    let everything: String = sqlx::query_scalar(
        "select (select string_agg(k::text, ' ') from api_keys k) || (select string_agg(d::text, ' ') from directory d)",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert!(!everything.contains(key));
}

#[tokio::test]
async fn a_key_ends_with_its_time_and_works_from_its_networks_only() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let expires_at = app.clock.now() + Duration::hours(1);
    let body = json!({"name": "soon gone", "scopes": ["read"], "expires_at": expires_at});
    let made = owner.post("/api/api-keys", body).await.expect(201).json();
    let tool = app.with_token(made["key"].as_str().unwrap());
    tool.get("/api/me").await.expect(403);
    app.advance(Duration::minutes(61));
    tool.get("/api/me")
        .await
        .expect_problem(401, "unauthenticated");
    let elsewhere = json!({"name": "far", "scopes": ["read"], "cidrs": ["203.0.113.0/24"]});
    let made = owner
        .post("/api/api-keys", elsewhere)
        .await
        .expect(201)
        .json();
    let tool = app.with_token(made["key"].as_str().unwrap());
    let refused = tool.get("/api/me").await.expect_problem(403, "forbidden");
    assert!(refused.body.contains("address"), "{}", refused.body);
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let cases = [
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["everything"]}), "scopes[0]"),
        (
            json!({"name": "x", "scopes": ["read"], "cidrs": ["everywhere"]}),
            "cidrs",
        ),
        (
            json!({"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}),
            "expires_at",
        ),
        (
            json!({"name": "x", "scopes": ["read"], "surprise": 1}),
            "surprise",
        ),
    ];
    for (body, field) in cases {
        let problem = owner
            .post("/api/api-keys", body)
            .await
            .expect_problem(422, "invalid_request");
        assert_eq!(problem.json()["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn keys_are_the_owners_and_stay_with_their_business() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    let body = json!({"name": "n8n", "scopes": ["admin"]});
    let made = app
        .owner(&shop)
        .await
        .post("/api/api-keys", body.clone())
        .await
        .expect(201)
        .json();
    app.admin(&shop)
        .await
        .post("/api/api-keys", body.clone())
        .await
        .expect_problem(403, "forbidden");
    app.staff(&shop)
        .await
        .get("/api/api-keys")
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .get("/api/api-keys")
        .await
        .expect_problem(401, "unauthenticated");
    // A key makes no keys.
    app.with_token(made["key"].as_str().unwrap())
        .post("/api/api-keys", body)
        .await
        .expect_problem(403, "forbidden");
    let theirs = app.owner(&other).await;
    let path = format!("/api/api-keys/{}", made["id"].as_str().unwrap());
    theirs.delete(&path).await.expect_problem(404, "not_found");
    assert_eq!(theirs.get("/api/api-keys").await.json()["data"], json!([]));
}

#[tokio::test]
async fn a_user_makes_a_hundred_requests_a_minute_and_is_told_how_many_are_left() {
    let app = TestApp::with(&[("LIMIT_API_PER_MINUTE", "5")]).await;
    let shop = app.subscriber("hvac").await;
    let (owner, staff) = (app.owner(&shop).await, app.staff(&shop).await);
    for _ in 0..5 {
        let answer = owner.get("/api/me").await.expect(200);
        assert!(
            answer.headers.contains_key("ratelimit"),
            "{:?}",
            answer.headers
        );
    }
    let limited = owner
        .get("/api/me")
        .await
        .expect_problem(429, "rate_limited");
    assert_eq!(limited.header("retry-after"), "12");
    staff.get("/api/me").await.expect(200);
    app.advance(Duration::seconds(12));
    owner.get("/api/me").await.expect(200);
}
