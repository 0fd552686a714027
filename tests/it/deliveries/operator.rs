//! What an operator sees and does for a subscriber.
use serde_json::json;

use super::Scene;
use crate::support::hours;

#[tokio::test]
async fn an_operator_looks_and_replays_also_what_arrived() {
    let scene = Scene::new().await;
    scene.delivers().await;
    let operator = scene.app.operator().await;
    let whose = format!("subscriber={}", scene.shop.id);
    let listed = operator
        .get(&format!("/api/admin/webhooks/deliveries?{whose}"))
        .await
        .expect(200)
        .json();
    let id = listed["data"][0]["id"].as_str().unwrap();
    let path = format!("/api/admin/webhooks/deliveries/{id}/replay?{whose}");
    operator.post(&path, json!({})).await.expect(202);
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 2);
    let path = format!("/api/admin/webhooks/{}/replay?{whose}", scene.endpoint.id);
    let since = scene.app.clock.now() - hours(1);
    let failed = operator
        .post(&path, json!({"since": since}))
        .await
        .expect(202)
        .json();
    assert_eq!(failed["queued"], 0);
    let all = json!({"since": since, "include_succeeded": true});
    let all = operator.post(&path, all).await.expect(202).json();
    assert_eq!(all["queued"], 1);
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 3);
}

#[tokio::test]
async fn nobody_else_does_and_a_delivery_is_found_by_its_own_subscriber_only() {
    let scene = Scene::new().await;
    scene.delivers().await;
    let id = scene.delivery().await["id"].as_str().unwrap().to_owned();
    let other = scene.app.subscriber("other").await;
    let operator = scene.app.operator().await;
    let path = |whose| format!("/api/admin/webhooks/deliveries/{id}/replay?subscriber={whose}");
    operator
        .post(&path(other.id), json!({}))
        .await
        .expect_problem(404, "not_found");
    let owner = scene.app.owner(&scene.shop).await;
    owner
        .post(&path(scene.shop.id), json!({}))
        .await
        .expect_problem(403, "forbidden");
    let stranger = scene.app.stranger();
    stranger
        .post(&path(scene.shop.id), json!({}))
        .await
        .expect_problem(401, "unauthenticated");
    owner
        .get("/api/admin/webhooks/deliveries")
        .await
        .expect_problem(403, "forbidden");
}
