//! What owners do with their endpoints, and what they cannot.
use serde_json::{Value, json};

use super::{Scene, endpoint, happens};
use crate::{
    fakes::Receiver,
    support::{TestApp, at, minutes},
};

#[tokio::test]
async fn an_endpoint_is_made_shown_changed_and_deleted() {
    let scene = Scene::with(json!({"events": ["call.*"], "description": "n8n"})).await;
    let (admin, staff) = (
        scene.app.admin(&scene.shop).await,
        scene.app.staff(&scene.shop).await,
    );
    let shown = staff.get(&scene.path("")).await.expect(200).json();
    assert_eq!(shown["url"], scene.receiver.url());
    assert_eq!(shown["events"], json!(["call.*"]));
    assert_eq!(
        (&shown["format"], &shown["schedule"]),
        (&json!("STANDARD"), &json!("DEFAULT"))
    );
    assert_eq!(
        (&shown["enabled"], &shown["secret"]),
        (&json!(true), &Value::Null)
    );
    let changes =
        json!({"events": ["*"], "enabled": false, "schedule": "short", "description": "later"});
    let changed = admin.put(&scene.path(""), changes).await.expect(200).json();
    assert_eq!(
        (&changed["schedule"], &changed["description"]),
        (&json!("SHORT"), &json!("later"))
    );
    assert_eq!(
        (&changed["enabled"], &changed["disabled_because"]),
        (&json!(false), &json!("OWNER"))
    );
    assert_eq!(changed["created_at"], shown["created_at"]);
    scene.delivers().await;
    assert_eq!(scene.receiver.count(), 0);
    let listed = staff.get("/webhooks").await.expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    admin.delete(&scene.path("")).await.expect(204);
    staff
        .get(&scene.path(""))
        .await
        .expect_problem(404, "not_found");
    admin
        .delete(&scene.path(""))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_deleted_or_switched_off_is_not_sent() {
    let scene = Scene::new().await;
    let admin = scene.app.admin(&scene.shop).await;
    scene.happens().await;
    admin
        .put(&scene.path(""), json!({"enabled": false}))
        .await
        .expect(200);
    scene.app.run_jobs().await;
    assert_eq!(scene.delivery().await["status"], "CANCELLED");
    admin
        .put(&scene.path(""), json!({"enabled": true}))
        .await
        .expect(200);
    scene.happens().await;
    admin.delete(&scene.path("")).await.expect(204);
    scene.app.run_jobs().await;
    assert_eq!(scene.receiver.count(), 0);
}

#[tokio::test]
async fn what_is_no_endpoint_is_refused_by_name() {
    let scene = Scene::new().await;
    let admin = scene.app.admin(&scene.shop).await;
    let good = scene.receiver.url();
    let wrong = [
        (json!({"events": ["*"]}), "url"),
        (json!({"url": good}), "events"),
        (json!({"url": good, "events": []}), "events"),
        (json!({"url": good, "events": ["call.nothing"]}), "events"),
        (
            json!({"url": good, "events": ["*"], "secret": "short"}),
            "secret",
        ),
        (
            json!({"url": good, "events": ["*"], "secret": "whsec_short"}),
            "secret",
        ),
        (
            json!({"url": good, "events": ["*"], "format": "XML"}),
            "format",
        ),
        (
            json!({"url": good, "events": ["*"], "timeout_seconds": 60}),
            "timeout_seconds",
        ),
        (
            json!({"url": good, "events": ["*"], "max_per_second": 0}),
            "max_per_second",
        ),
        (
            json!({"url": good, "events": ["*"], "headers": {"Host": "a"}}),
            "headers",
        ),
        (
            json!({"url": good, "events": ["*"], "headers": {"webhook-id": "a"}}),
            "headers",
        ),
        (
            json!({"url": good, "events": ["*"], "colour": "red"}),
            "colour",
        ),
        (json!({"url": "ftp://example.com", "events": ["*"]}), "url"),
        (
            json!({"url": "https://example.com/#a", "events": ["*"]}),
            "url",
        ),
        (
            json!({"url": "https://example.com:5432/", "events": ["*"]}),
            "url",
        ),
        (json!({"url": "nonsense", "events": ["*"]}), "url"),
    ];
    for (request, field) in wrong {
        let answer = admin.post("/api/webhooks", request).await;
        let problem = answer.expect_problem(422, "invalid_request").json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

/// Also under the hand: what was saved before the rule was there.
#[tokio::test]
async fn no_address_that_is_not_public_is_reached_however_it_is_written() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let receiver = Receiver::start().await;
    let admin = app.admin(&shop).await;
    let port = receiver.port;
    let private = [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "localhost.",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "100.64.0.1",
    ];
    let made = admin
        .post(
            "/api/webhooks",
            json!({"url": "https://1.1.1.1/hook", "events": ["*"]}),
        )
        .await
        .expect(201)
        .json();
    let id = made["id"].as_str().unwrap();
    for host in private {
        let url = format!("http://{host}:{port}/hook");
        let request = json!({"url": url, "events": ["*"]});
        let refused = admin
            .post("/api/webhooks", request)
            .await
            .expect_problem(422, "invalid_request");
        assert!(!refused.body.contains("127.0.0.1"), "{}", refused.body);
        let changed = admin
            .put(&format!("/api/webhooks/{id}"), json!({"url": url}))
            .await;
        changed.expect_problem(422, "invalid_request");
        // Behind our back.
        let mut conn = app.database.superuser().await;
        sqlx::query("update webhook_endpoints set url = $1")
            .bind(&url)
            .execute(&mut conn)
            .await
            .unwrap();
        let tried = admin
            .post(&format!("/api/webhooks/{id}/test"), json!({}))
            .await;
        app.advance(minutes(2));
        let tried = tried.expect(200).json();
        assert_eq!(tried["error"], "blocked_address", "{host}: {tried}");
        assert!(tried["body"].is_null());
        happens(&app, &shop).await;
        app.run_jobs().await;
    }
    assert_eq!(receiver.connections(), 0);
    let deliveries = admin
        .get(&format!("/api/webhooks/{id}/deliveries"))
        .await
        .expect(200);
    let first = &deliveries.json()["data"][0];
    assert!(
        ["PENDING", "RETRYING"].contains(&first["status"].as_str().unwrap()),
        "{first}"
    );
    assert!(deliveries.body.contains("blocked_address"));
}

#[tokio::test]
async fn in_production_only_https_leads_out() {
    let mut settings = crate::support::PRODUCTION.to_vec();
    settings.push(("PUBLIC_URL", crate::support::PUBLIC_URL));
    let app = TestApp::with(&settings).await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let make = async |url: &str| {
        admin
            .post("/api/webhooks", json!({"url": url, "events": ["*"]}))
            .await
    };
    make("http://1.1.1.1/hook")
        .await
        .expect_problem(422, "invalid_request");
    make("https://1.1.1.1/hook").await.expect(201);
}

#[tokio::test]
async fn who_may_look_may_not_change_and_strangers_may_nothing() {
    let scene = Scene::new().await;
    scene.delivers().await;
    let other = scene.app.subscriber("other").await;
    let delivery = scene.delivery().await["id"].as_str().unwrap().to_owned();
    let since = json!({"since": scene.app.clock.now()});
    let changes = [
        ("PUT", scene.path(""), json!({"enabled": false})),
        ("DELETE", scene.path(""), json!({})),
        ("POST", scene.path("/rotate-secret"), json!({})),
        ("POST", scene.path("/test"), json!({})),
        ("POST", scene.path("/replay"), since),
        (
            "POST",
            format!("/api/webhooks/deliveries/{delivery}/replay"),
            json!({}),
        ),
        (
            "POST",
            format!("/api/dashboard/webhooks/deliveries/{delivery}/retry"),
            json!({}),
        ),
    ];
    let looks = [scene.path(""), scene.path("/deliveries")];
    let (staff, stranger) = (scene.app.staff(&scene.shop).await, scene.app.stranger());
    let others = scene.app.admin(&other).await;
    for (method, path, body) in &changes {
        let method: axum::http::Method = method.parse().unwrap();
        let send = async |client: &crate::support::Client<'_>| {
            client
                .request(method.clone(), path, Some(body.clone()))
                .await
        };
        send(&staff).await.expect_problem(403, "forbidden");
        send(&stranger).await.expect_problem(401, "unauthenticated");
        send(&others).await.expect_problem(404, "not_found");
    }
    for path in &looks {
        staff.get(path).await.expect(200);
        stranger
            .get(path)
            .await
            .expect_problem(401, "unauthenticated");
        others.get(path).await.expect_problem(404, "not_found");
    }
    staff
        .post(
            "/api/webhooks",
            json!({"url": "https://1.1.1.1/", "events": ["*"]}),
        )
        .await
        .expect_problem(403, "forbidden");
    let settings = json!({"outbound_webhook_url": null});
    staff
        .put("/api/dashboard/settings/webhook", settings)
        .await
        .expect_problem(403, "forbidden");
    for path in [
        "/api/webhooks",
        "/api/dashboard/webhooks/deliveries",
        "/api/dashboard/webhooks/stats",
        "/api/event-types",
    ] {
        stranger
            .get(path)
            .await
            .expect_problem(401, "unauthenticated");
        others.get(path).await.expect(200);
    }
    let mine = others
        .get("/api/dashboard/webhooks/deliveries")
        .await
        .json();
    assert_eq!(mine["data"], json!([]));
    assert_eq!(scene.receiver.count(), 1);
}

#[tokio::test]
async fn changes_stand_in_the_audit_log_without_secrets() {
    let scene = Scene::new().await;
    let admin = scene.app.admin(&scene.shop).await;
    admin
        .put(
            &scene.path(""),
            json!({"secret": "another-secret", "events": ["*"]}),
        )
        .await
        .expect(200);
    admin
        .post(&scene.path("/rotate-secret"), json!({}))
        .await
        .expect(200);
    admin.delete(&scene.path("")).await.expect(204);
    let mut conn = scene.app.database.superuser().await;
    let rows: Vec<(String, Value)> = sqlx::query_as(
        "select action, changes from audit_log where subscriber_id = $1 order by seq",
    )
    .bind(scene.shop.id)
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let actions: Vec<&str> = rows.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "webhook.created",
            "webhook.changed",
            "webhook.secret_rotated",
            "webhook.deleted"
        ]
    );
    assert_eq!(rows[1].1, json!({"fields": ["events", "secret"]}));
    let all = format!("{rows:?}");
    assert!(!all.contains("another-secret") && !all.contains("whsec_"));
}

#[tokio::test]
async fn secrets_rest_sealed() {
    let scene = Scene::with(json!({"events": ["*"], "headers": {"x-api-key": "key-of-ann"}})).await;
    let mut conn = scene.app.database.superuser().await;
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select s.secret_sealed, e.headers_sealed from webhook_secrets s join webhook_endpoints e on e.id = s.endpoint_id",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (secret, headers) in rows {
        assert!(secret.starts_with("v1.test.") && headers.starts_with("v1.test."));
    }
}

#[tokio::test]
async fn the_older_settings_page_keeps_one_endpoint_of_the_older_form() {
    let scene = Scene::with(json!({"events": ["call.*"]})).await;
    let admin = scene.app.admin(&scene.shop).await;
    let receiver = Receiver::start().await;
    let path = "/dashboard/settings/webhook";
    let set = json!({"outbound_webhook_url": receiver.url(), "outbound_webhook_secret": "an-older-secret"});
    let first = admin.put(path, set.clone()).await.expect(200).json();
    let second = admin.put(path, set).await.expect(200).json();
    assert_eq!(first["endpoint_id"], second["endpoint_id"]);
    scene.delivers().await;
    assert_eq!(receiver.last().json()["eventType"], "lead.created");
    let off = admin
        .put(path, json!({"outbound_webhook_url": null}))
        .await
        .expect(200)
        .json();
    assert!(off["outbound_webhook_url"].is_null());
    scene.delivers().await;
    assert_eq!(receiver.count(), 1);
    let blocked = json!({"outbound_webhook_url": "http://10.0.0.1/"});
    let problem = admin
        .put(path, blocked)
        .await
        .expect_problem(422, "invalid_request")
        .json();
    assert_eq!(problem["errors"][0]["field"], "outbound_webhook_url");
}

#[tokio::test]
async fn fifty_endpoints_are_enough() {
    let scene = Scene::new().await;
    for _ in 1..50 {
        endpoint(
            &scene.app,
            &scene.shop,
            &scene.receiver,
            json!({"events": ["call.*"]}),
        )
        .await;
    }
    let request = json!({"url": scene.receiver.url(), "events": ["*"]});
    scene
        .post("/api/webhooks", request)
        .await
        .expect_problem(409, "conflict");
}

#[tokio::test]
async fn deliveries_are_filtered_and_come_page_by_page() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.delivers().await;
    }
    super::emit(
        &scene.app,
        &scene.shop,
        &[super::call_ended()],
        at("2026-11-21T16:00:00Z"),
    )
    .await;
    let staff = scene.app.staff(&scene.shop).await;
    let list = async |query: &str| {
        let path = format!("{}?{query}", scene.path("/deliveries"));
        staff.get(&path).await.expect(200).json()
    };
    assert_eq!(
        list("status=pending").await["data"][0]["event_type"],
        "call.ended"
    );
    assert_eq!(
        list("event_type=lead.created").await["data"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let first = list("limit=3").await;
    let next = first["next_cursor"].as_str().unwrap();
    let second = list(&format!("limit=3&cursor={next}")).await;
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    assert!(second["next_cursor"].is_null());
    let mut ids: Vec<&str> = [&first, &second]
        .iter()
        .flat_map(|page| page["data"].as_array().unwrap())
        .map(|delivery| delivery["id"].as_str().unwrap())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    let path = scene.path("/deliveries?cursor=nonsense");
    staff
        .get(&path)
        .await
        .expect_problem(422, "invalid_request");
}
