//! Who is let in: nobody without a token, staff to look, admins to change, nobody to what is another's.
use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Method, path, body, whether staff may.
fn doors() -> Vec<(Method, String, Option<Value>, bool)> {
    let id = Uuid::now_v7();
    let look = |path: &str| (Method::GET, path.to_owned(), None, true);
    let change =
        |method: Method, path: &str, body: Value| (method, path.to_owned(), Some(body), false);
    let take = |path: String| (Method::DELETE, path, None, false);
    let holiday = json!({"date": "2026-12-25", "name": "Christmas"});
    let question = json!({"question": "q", "answer": "a"});
    vec![
        look("/api/settings"),
        look("/api/dashboard/settings"),
        change(Method::PUT, "/api/settings", json!({})),
        look("/api/channels"),
        change(Method::PUT, "/api/channels/VOICE", json!({})),
        look("/api/business-hours"),
        change(Method::PUT, "/api/business-hours", json!([])),
        look("/api/holidays"),
        change(Method::POST, "/api/holidays", holiday.clone()),
        change(Method::PUT, &format!("/api/holidays/{id}"), holiday),
        take(format!("/api/holidays/{id}")),
        look("/api/services"),
        change(
            Method::POST,
            "/api/services",
            json!({"name": "n", "duration_minutes": 5}),
        ),
        change(Method::PUT, &format!("/api/services/{id}"), json!({})),
        take(format!("/api/services/{id}")),
        look("/api/questions"),
        look("/api/questions/gaps"),
        change(Method::POST, "/api/questions", question.clone()),
        change(Method::PUT, &format!("/api/questions/{id}"), question),
        take(format!("/api/questions/{id}")),
        (
            Method::POST,
            format!("/api/questions/gaps/{id}/close"),
            None,
            false,
        ),
        look("/api/blocked-callers"),
        change(
            Method::POST,
            "/api/blocked-callers",
            json!({"phone": "+12045550199"}),
        ),
        take(format!("/api/blocked-callers/{id}")),
        look("/api/client/rachel-status/hvac"),
        change(
            Method::PUT,
            "/api/client/rachel-status/hvac",
            json!({"rachel_enabled": true}),
        ),
    ]
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_and_staff_may_only_look() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let reader = app.api_key(&shop, &["read"]).await;
    let writer = app.api_key(&shop, &["write"]).await;
    for (method, path, body, is_for_staff) in doors() {
        let ask =
            async |client: &Client<'_>| client.request(method.clone(), &path, body.clone()).await;
        ask(&app.stranger())
            .await
            .expect_problem(401, "unauthenticated");
        if is_for_staff {
            ask(&staff).await.expect(200);
            ask(&reader).await.expect(200);
        } else {
            ask(&staff).await.expect_problem(403, "forbidden");
            ask(&reader).await.expect_problem(403, "forbidden");
            ask(&writer).await.expect_problem(403, "forbidden");
        }
    }
}

#[tokio::test]
async fn a_key_of_the_scope_admin_changes_settings() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let key = app.api_key(&shop, &["admin"]).await;
    key.put("/api/settings", json!({"industry": "trades"}))
        .await
        .expect(200);
    let actor: String = app
        .value(
            &shop,
            "select actor_kind from audit_log where subscriber_id = $1",
        )
        .await;
    assert_eq!(actor, "API_KEY");
}

#[tokio::test]
async fn what_is_another_businesss_is_not_there() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let (admin, theirs) = (app.admin(&shop).await, app.admin(&other).await);
    let holiday = json!({"date": "2026-12-25", "name": "Christmas"});
    let service = json!({"name": "Tune-up", "duration_minutes": 60});
    let question = json!({"question": "q", "answer": "a"});
    let caller = json!({"phone": "+12045550199"});
    for (path, body) in [
        ("/api/holidays", holiday),
        ("/api/services", service),
        ("/api/questions", question),
        ("/api/blocked-callers", caller),
    ] {
        let made = theirs.post(path, body.clone()).await.expect(201).json();
        let own = format!("{path}/{}", made["id"].as_str().unwrap());
        if path != "/api/blocked-callers" {
            admin
                .put(&own, body.clone())
                .await
                .expect_problem(404, "not_found");
        }
        admin.delete(&own).await.expect_problem(404, "not_found");
        assert_eq!(admin.get(path).await.expect(200).json()["data"], json!([]));
        // The same date, name or number is free to everybody.
        admin.post(path, body).await.expect(201);
        assert_eq!(
            theirs.get(path).await.json()["data"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    app.change(
        &other,
        "insert into knowledge_gaps (subscriber_id, id, question, created_at)
         values ($1, gen_random_uuid(), 'theirs', now())",
    )
    .await;
    let gap: Uuid = app
        .value(
            &other,
            "select id from knowledge_gaps where subscriber_id = $1",
        )
        .await;
    admin
        .request(
            Method::POST,
            &format!("/api/questions/gaps/{gap}/close"),
            None,
        )
        .await
        .expect_problem(404, "not_found");
}
