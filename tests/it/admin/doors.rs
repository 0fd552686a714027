//! Who may come in.
use axum::{
    body::Body,
    http::{Method, Request},
};
use uuid::Uuid;

use crate::support::TestApp;

const LISTS: [&str; 8] = [
    "/api/admin/users",
    "/api/admin/subscribers",
    "/api/admin/leads",
    "/api/admin/messages",
    "/api/admin/webhook-queue",
    "/api/admin/jobs",
    "/api/admin/reconciliation-runs",
    "/api/admin/ops-alerts",
];

fn acts() -> Vec<String> {
    let id = Uuid::now_v7();
    vec![
        format!("/api/admin/webhook-queue/{id}/replay"),
        format!("/api/admin/jobs/{id}/retry"),
        format!("/api/admin/jobs/{id}/cancel"),
        format!("/api/admin/ops-alerts/{id}/resolve"),
        "/api/admin/reconciliation-runs/trigger".to_owned(),
    ]
}

#[tokio::test]
async fn only_operators_come_in_and_what_they_do_is_written_down() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let (owner, operator) = (app.owner(&hvac).await, app.operator().await);
    let gets = LISTS.map(|path| (Method::GET, path.to_owned()));
    let posts = acts().into_iter().map(|path| (Method::POST, path));
    let mut asked = 0;
    for (method, path) in gets.into_iter().chain(posts) {
        let stranger = app.stranger().request(method.clone(), &path, None).await;
        stranger.expect_problem(401, "unauthenticated");
        let refused = owner.request(method.clone(), &path, None).await;
        refused.expect_problem(403, "forbidden");
        let let_in = operator.request(method, &path, None).await;
        assert!(
            [200, 202, 404].contains(&let_in.status.as_u16()),
            "{path} {}",
            let_in.body
        );
        asked += 1;
    }
    let rows = "select count(*) from audit_log
                 where subscriber_id = '00000000-0000-0000-0000-000000000000' and $1 is not null";
    assert_eq!(app.value::<i64>(&hvac, rows).await, asked);
}

#[tokio::test]
async fn operators_come_from_where_they_may() {
    let app = TestApp::with(&[
        ("ADMIN_IP_ALLOWLIST", "203.0.113.0/24"),
        ("TRUSTED_PROXY_HOPS", "1"),
    ])
    .await;
    let operator = app.operator().await;
    for (address, status) in [("203.0.113.9", 200), ("198.51.100.1", 403)] {
        let mut request = operator.prepare(Method::GET, "/api/admin/users", None);
        request
            .headers_mut()
            .insert("x-forwarded-for", address.parse().unwrap());
        app.send(request).await.expect(status);
    }
}

#[tokio::test]
async fn health_in_detail_and_metrics_are_for_our_own_network_and_for_operators() {
    let app = TestApp::with(&[("TRUSTED_PROXY_HOPS", "1")]).await;
    let hvac = app.subscriber("hvac").await;
    let (owner, operator) = (app.owner(&hvac).await, app.operator().await);
    for path in ["/api/health/detailed", "/health/detailed", "/metrics"] {
        let from = |address: &str, mut request: Request<Body>| {
            request
                .headers_mut()
                .insert("x-forwarded-for", address.parse().unwrap());
            app.send(request)
        };
        let bare = || Request::get(path).body(Body::empty()).unwrap();
        from("10.0.0.7", bare()).await.expect(200);
        from("203.0.113.9", bare())
            .await
            .expect_problem(403, "forbidden");
        from("203.0.113.9", owner.prepare(Method::GET, path, None))
            .await
            .expect(403);
        from(
            "203.0.113.9",
            app.with_token("nonsense").prepare(Method::GET, path, None),
        )
        .await
        .expect(401);
        from("203.0.113.9", operator.prepare(Method::GET, path, None))
            .await
            .expect(200);
    }
}
