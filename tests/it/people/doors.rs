//! Who is let in to the people of a business.
use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ANNE, id_of};
use crate::support::{Client, TestApp};

/// Method, path, body, whether it is for admins alone.
fn doors(contact: &str, lead: &str) -> Vec<(Method, String, Option<Value>, bool)> {
    let look = |path: String| (Method::GET, path, None, false);
    vec![
        look("/api/contacts".to_owned()),
        look(format!("/api/contacts/{contact}")),
        look("/api/customers".to_owned()),
        look(format!("/api/customers/{ANNE}/history")),
        look("/api/leads".to_owned()),
        look(format!("/api/leads/{lead}")),
        look("/api/opt-outs".to_owned()),
        (
            Method::POST,
            "/api/contacts".to_owned(),
            Some(json!({"first_name": "Zoë"})),
            false,
        ),
        (
            Method::PUT,
            format!("/api/contacts/{contact}"),
            Some(json!({"notes": "x"})),
            false,
        ),
        (
            Method::POST,
            "/api/leads".to_owned(),
            Some(json!({"summary": "x"})),
            false,
        ),
        (
            Method::PATCH,
            format!("/api/leads/{lead}"),
            Some(json!({"status": "WON"})),
            false,
        ),
        (
            Method::POST,
            format!("/api/leads/{lead}/flag"),
            Some(json!({"flag": "HOT"})),
            false,
        ),
        (
            Method::POST,
            "/api/opt-outs".to_owned(),
            Some(json!({"phone": ANNE})),
            false,
        ),
        (
            Method::DELETE,
            format!("/api/contacts/{contact}"),
            None,
            true,
        ),
        (
            Method::POST,
            format!("/api/contacts/{contact}/merge"),
            Some(json!({"into": Uuid::nil()})),
            true,
        ),
        (
            Method::DELETE,
            format!("/api/opt-outs/{}", Uuid::now_v7()),
            Some(json!({"reason": "a signed form"})),
            true,
        ),
    ]
}

#[tokio::test]
async fn staff_work_with_people_admins_take_them_away_and_others_find_nobody() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let staff = app.staff(&shop).await;
    let contact = staff
        .post("/api/contacts", json!({"phone": ANNE}))
        .await
        .expect(201)
        .json();
    let lead = staff
        .post("/api/leads", json!({"summary": "x"}))
        .await
        .expect(201)
        .json();
    let theirs = app.owner(&other).await;
    let reader = app.api_key(&shop, &["read"]).await;
    let before = rows(&app, &shop).await;
    for (method, path, body, is_for_admins) in doors(&id_of(&contact), &id_of(&lead)) {
        let ask =
            async |client: &Client<'_>| client.request(method.clone(), &path, body.clone()).await;
        ask(&app.stranger())
            .await
            .expect_problem(401, "unauthenticated");
        if is_for_admins {
            ask(&staff).await.expect_problem(403, "forbidden");
        }
        if method != Method::GET {
            ask(&reader).await.expect_problem(403, "forbidden");
        }
        if path.contains(&id_of(&contact)) || path.contains(&id_of(&lead)) || path.contains(ANNE) {
            ask(&theirs).await.expect_problem(404, "not_found");
        }
    }
    assert_eq!(rows(&app, &shop).await, before);
    for (method, path, body, is_for_admins) in doors(&id_of(&contact), &id_of(&lead)) {
        if !is_for_admins {
            let answer = staff.request(method, &path, body).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.body);
        }
    }
    for list in [
        "/api/contacts",
        "/api/customers",
        "/api/leads",
        "/api/opt-outs",
    ] {
        assert_eq!(
            theirs.get(list).await.expect(200).json()["data"],
            json!([]),
            "{list}"
        );
    }
}

async fn rows(app: &TestApp, shop: &crate::support::Subscriber) -> Vec<(String,)> {
    app.rows(
        shop,
        "select c::text from contacts c where subscriber_id = $1
         union all select l::text from leads l where subscriber_id = $1
         union all select o::text from opt_outs o where subscriber_id = $1",
    )
    .await
}
