//! What a client has already is not sent again.
use axum::{body::Body, http::Request};

use crate::support::{Answer, TestApp};

async fn get(app: &TestApp, path: &str, known: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(known) = known {
        request = request.header("if-none-match", known);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let app = TestApp::start().await;
    let first = get(&app, "/api/health", None).await.expect(200);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "a proxy may compress the bytes");
    let lists = [
        tag.clone(),
        tag.replace("W/", ""),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ];
    for known in lists {
        let again = get(&app, "/api/health", Some(&known)).await.expect(304);
        assert_eq!(again.body, "");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("cache-control"), "private, no-cache");
        assert!(again.headers.get("content-type").is_none());
    }
    let other = get(&app, "/api/health", Some("\"other\""))
        .await
        .expect(200);
    assert_eq!(other.body, first.body);
}

#[tokio::test]
async fn only_json_that_was_found_has_a_tag() {
    let app = TestApp::start().await;
    for (path, status) in [("/nowhere", 404), ("/metrics", 200)] {
        let answer = get(&app, path, Some("*")).await.expect(status);
        assert!(answer.headers.get("etag").is_none(), "{path}");
    }
    let request = Request::post("/webhooks/twilio/sms").header("if-none-match", "*");
    let answer = app
        .send(request.body(Body::empty()).unwrap())
        .await
        .expect(401);
    assert!(answer.headers.get("etag").is_none());
}
