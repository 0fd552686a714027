//! What an operator finds of businesses and people.
use serde_json::Value;

use crate::support::{Client, TestApp, seconds};

const ANNE: &str = "+15145550123";

async fn list(operator: &Client<'_>, path: &str) -> Vec<Value> {
    let answer = operator.get(path).await.expect(200).json();
    answer["data"].as_array().unwrap().clone()
}

fn names<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn businesses_are_found_by_name_plan_and_status_page_by_page() {
    let app = TestApp::start().await;
    for slug in ["alpha", "beta", "gamma"] {
        let made = app.subscriber(slug).await;
        app.change(
            &made,
            "update subscribers set created_at = now() where id = $1",
        )
        .await;
    }
    let operator = app.operator().await;
    let all = list(&operator, "/api/admin/subscribers").await;
    assert_eq!(names(&all, "slug"), ["gamma", "beta", "alpha"]);
    assert_eq!(all[0]["plan"], "PRO");
    assert_eq!(all[0]["status"], "ACTIVE");
    assert_eq!(all[0]["last_activity_at"], Value::Null);
    for (query, found) in [
        ("q=ET", vec!["beta"]),
        ("q=the%20g", vec!["gamma"]),
        ("q=%25", vec![]),
        ("plan=pro&q=alpha", vec!["alpha"]),
        ("status=CLOSED", vec![]),
    ] {
        let rows = list(&operator, &format!("/api/admin/subscribers?{query}")).await;
        assert_eq!(names(&rows, "slug"), found, "{query}");
    }
    let first = operator
        .get("/api/admin/subscribers?limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(
        names(first["data"].as_array().unwrap(), "slug"),
        ["gamma", "beta"]
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = operator
        .get(&format!("/api/admin/subscribers?limit=2&cursor={cursor}"))
        .await;
    let second = second.expect(200).json();
    assert_eq!(names(second["data"].as_array().unwrap(), "slug"), ["alpha"]);
    assert_eq!(second["next_cursor"], Value::Null);
    operator
        .get("/api/admin/subscribers?cursor=x")
        .await
        .expect_problem(422, "invalid_request");
    operator
        .get("/api/admin/subscribers?colour=red")
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn people_are_found_with_what_they_are_to_which_business() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let owner = app.owner(&hvac).await;
    app.advance(seconds(1));
    let operator = app.operator().await;
    let all = list(&operator, "/api/admin/users").await;
    let ids = [operator.user.to_string(), owner.user.to_string()];
    assert_eq!(names(&all, "id"), ids);
    assert_eq!(all[1]["memberships"][0]["role"], "OWNER");
    assert_eq!(all[1]["memberships"][0]["slug"], "hvac");
    assert_eq!(all[0]["is_operator"], true);
    let found = list(&operator, &format!("/api/admin/users?q={}", owner.user)).await;
    assert_eq!(names(&found, "id"), [owner.user.to_string()]);
    assert!(
        all.iter()
            .all(|row| row.get("password").is_none() && row.get("hash").is_none())
    );
}

#[tokio::test]
async fn texts_and_leads_are_listed_of_all_and_of_one() {
    let app = TestApp::start().await;
    let (hvac, other) = (
        app.subscriber("hvac").await,
        app.subscriber("plumber").await,
    );
    for business in [&hvac, &other] {
        let text = app
            .text_from(ANNE)
            .to(&business.number)
            .says("Are you open tomorrow?");
        text.send().await.expect(200);
        app.advance(seconds(1));
        app.run_jobs().await;
        app.run_jobs().await;
        app.change(
            business,
            "insert into leads (subscriber_id, id, summary, created_at) values ($1, gen_random_uuid(), 'a leak', now())",
        )
        .await;
    }
    let operator = app.operator().await;
    for path in ["/api/admin/messages", "/api/admin/leads"] {
        let all = list(&operator, path).await;
        let ids = [other.id.to_string(), hvac.id.to_string()];
        assert_eq!(names(&all, "subscriber_id"), ids, "{path}");
        let of_one = list(&operator, &format!("{path}?subscriber={}", hvac.id)).await;
        assert_eq!(names(&of_one, "subscriber_id"), [hvac.id.to_string()]);
        assert!(
            list(&operator, &format!("{path}?status=LOST"))
                .await
                .is_empty()
        );
    }
    let active = list(&operator, "/api/admin/subscribers").await;
    assert!(active.iter().all(|row| row["last_activity_at"].is_string()));
}
