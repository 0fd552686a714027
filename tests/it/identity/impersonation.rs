//! An operator acts as somebody: for a reason, for half an hour, under both names.
use chrono::Duration;
use serde_json::json;

use super::text;
use crate::support::TestApp;

#[tokio::test]
async fn an_operator_looks_as_somebody_and_each_look_is_in_the_log() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (owner, operator) = (app.owner(&shop).await, app.operator().await);
    let body = json!({"user_id": owner.user, "reason": "a call about a missing text"});
    let session = operator
        .post("/api/admin/impersonation/start", body)
        .await
        .expect(200)
        .json();
    assert!(session["refresh_token"].is_null());
    assert_eq!(session["expires_in"], 1800);
    let acting = app.with_token(text(&session, "access_token"));
    let me = acting.get("/api/me").await.expect(200).json();
    assert_eq!(me["user"]["id"], owner.user.to_string());
    assert_eq!(me["impersonator"]["id"], operator.user.to_string());
    // Only looks, and never touches keys or the password.
    acting.get("/api/api-keys").await.expect(200);
    let key = json!({"name": "x", "scopes": ["read"]});
    acting
        .post("/api/api-keys", key)
        .await
        .expect_problem(403, "forbidden");
    let change = json!({"current_password": "x", "new_password": "y"});
    acting
        .post("/api/auth/password/change", change)
        .await
        .expect_problem(403, "forbidden");
    let mut conn = app.database.superuser().await;
    let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select action, actor_id::text, impersonator_id::text from audit_log where subscriber_id = $1 order by seq",
    )
    .bind(shop.id)
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(rows[0].0, "impersonation.started");
    assert_eq!(rows[0].1, operator.user.to_string());
    assert_eq!(rows.len(), 5);
    for (action, actor, impersonator) in &rows[1..] {
        assert_eq!(action, "impersonation.request");
        assert_eq!(*actor, owner.user.to_string());
        assert_eq!(
            impersonator.as_deref(),
            Some(operator.user.to_string().as_str())
        );
    }
    // The person's own list of sessions does not show it; the token ends with the half hour.
    assert_eq!(
        owner.get("/api/sessions").await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.advance(Duration::minutes(31));
    acting.get("/api/me").await.expect(401);
}

#[tokio::test]
async fn it_ends_when_it_is_ended_and_when_the_operator_is_one_no_more() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (owner, operator) = (app.owner(&shop).await, app.operator().await);
    let body = json!({"user_id": owner.user, "reason": "to set up the hours", "write": true});
    let start = async || {
        let begun = operator
            .post("/api/admin/impersonation/start", body.clone())
            .await
            .expect(200)
            .json();
        app.with_token(text(&begun, "access_token"))
    };
    let acting = start().await;
    // Even with leave to write, keys are the owner's alone.
    let key = json!({"name": "x", "scopes": ["read"]});
    acting
        .post("/api/api-keys", key)
        .await
        .expect_problem(403, "forbidden");
    acting
        .post("/api/admin/impersonation/end", json!({}))
        .await
        .expect(204);
    acting.get("/api/me").await.expect(401);
    let acting = start().await;
    operator
        .post("/api/admin/impersonation/end", json!({}))
        .await
        .expect(204);
    acting.get("/api/me").await.expect(401);
    let acting = start().await;
    let mut conn = app.database.superuser().await;
    sqlx::query("update users set is_operator = false")
        .execute(&mut conn)
        .await
        .unwrap();
    acting.get("/api/me").await.expect(401);
}

#[tokio::test]
async fn it_needs_an_operator_who_just_signed_in_a_reason_and_somebody_who_is_none() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (owner, operator, other) = (
        app.owner(&shop).await,
        app.operator().await,
        app.operator().await,
    );
    let path = "/api/admin/impersonation/start";
    let body = json!({"user_id": owner.user, "reason": "a call about a text"});
    owner
        .post(path, body.clone())
        .await
        .expect_problem(403, "forbidden");
    let nameless = json!({"user_id": owner.user, "reason": " "});
    operator
        .post(path, nameless)
        .await
        .expect_problem(422, "invalid_request");
    let peer = json!({"user_id": other.user, "reason": "a call about a text"});
    operator
        .post(path, peer)
        .await
        .expect_problem(403, "forbidden");
    let nobody = json!({"user_id": uuid::Uuid::now_v7(), "reason": "a call about a text"});
    operator
        .post(path, nobody)
        .await
        .expect_problem(404, "not_found");
    app.advance(Duration::minutes(16));
    operator
        .post(path, body)
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn operators_come_from_their_networks_only() {
    let app = TestApp::with(&[("ADMIN_IP_ALLOWLIST", "203.0.113.0/24")]).await;
    let shop = app.subscriber("hvac").await;
    let (owner, operator) = (app.owner(&shop).await, app.operator().await);
    let body = json!({"user_id": owner.user, "reason": "a call about a text"});
    operator
        .post("/api/admin/impersonation/start", body)
        .await
        .expect_problem(403, "forbidden");
}
