//! What a browser is told: which pages may call, and what must not be done with an answer.
use axum::{
    body::Body,
    http::{Method, Request},
};

use crate::support::{Answer, PRODUCTION, TestApp};

const PAGE: &str = "https://app.example.com";

async fn asks(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

fn list(answer: &Answer, name: &str) -> Vec<String> {
    let values = answer.headers.get_all(name).iter();
    values
        .flat_map(|value| value.to_str().unwrap().split(','))
        .map(|item| item.trim().to_ascii_lowercase())
        .collect()
}

#[tokio::test]
async fn a_listed_page_may_call_with_what_our_clients_use_and_without_cookies() {
    let app = TestApp::with(&[(
        "CORS_ORIGINS",
        "https://other.example.com, https://app.example.com",
    )])
    .await;
    let preflight = [
        ("origin", PAGE),
        ("access-control-request-method", "PUT"),
        (
            "access-control-request-headers",
            "authorization, idempotency-key",
        ),
    ];
    for path in ["/api/health", "/health", "/api/nowhere"] {
        let answer = asks(&app, Method::OPTIONS, path, &preflight)
            .await
            .expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), PAGE);
        assert!(
            answer
                .headers
                .get("access-control-allow-credentials")
                .is_none()
        );
        for method in ["get", "post", "put", "patch", "delete"] {
            assert!(list(&answer, "access-control-allow-methods").contains(&method.to_owned()));
        }
        for header in [
            "authorization",
            "content-type",
            "idempotency-key",
            "if-none-match",
        ] {
            assert!(list(&answer, "access-control-allow-headers").contains(&header.to_owned()));
        }
    }
    let answer = asks(&app, Method::GET, "/api/health", &[("origin", PAGE)])
        .await
        .expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    assert!(list(&answer, "vary").contains(&"origin".to_owned()));
    for header in [
        "x-request-id",
        "ratelimit",
        "ratelimit-policy",
        "etag",
        "retry-after",
    ] {
        assert!(list(&answer, "access-control-expose-headers").contains(&header.to_owned()));
    }
}

#[tokio::test]
async fn any_other_page_may_not_and_neither_may_any_when_none_is_listed() {
    let listed = TestApp::with(&[("CORS_ORIGINS", PAGE)]).await;
    let none = TestApp::start().await;
    let strangers = [
        "https://app.example.com.evil.example",
        "http://app.example.com",
        "null",
    ];
    let asked = strangers.map(|origin| (&listed, origin)).into_iter();
    for (app, origin) in asked.chain([(&none, PAGE)]) {
        let preflight = [("origin", origin), ("access-control-request-method", "GET")];
        for method in [Method::OPTIONS, Method::GET] {
            let answer = asks(app, method, "/api/health", &preflight).await;
            assert!(
                answer.headers.get("access-control-allow-origin").is_none(),
                "{origin}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_can_read_what_went_wrong() {
    let app = TestApp::with(&[("CORS_ORIGINS", PAGE), ("LIMIT_REQUESTS_PER_SECOND", "1")]).await;
    for _ in 0..2 {
        asks(&app, Method::GET, "/api/health", &[("origin", PAGE)])
            .await
            .expect(200);
    }
    let refused = asks(&app, Method::GET, "/api/health", &[("origin", PAGE)]).await;
    assert_eq!(refused.header("access-control-allow-origin"), PAGE);
    refused.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn every_answer_says_what_must_not_be_done_with_it() {
    let app = TestApp::start().await;
    let asked = [
        (Method::GET, "/api/health", 200),
        (Method::GET, "/openapi.json", 200),
        (Method::GET, "/metrics", 200),
        (Method::GET, "/nowhere", 404),
        (Method::DELETE, "/api/health", 405),
        (Method::POST, "/api/webhooks/twilio/sms", 401),
    ];
    for (method, path, status) in asked {
        let answer = asks(&app, method, path, &[]).await.expect(status);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let is_tagged = answer.headers.contains_key("etag");
        let caching = if is_tagged {
            "private, no-cache"
        } else {
            "no-store"
        };
        assert_eq!(answer.header("cache-control"), caching, "{path}");
        // Our test has no HTTPS to insist on.
        assert!(answer.headers.get("strict-transport-security").is_none());
    }
}

#[tokio::test]
async fn browsers_insist_on_https_where_production_is_reached_by_it() {
    let secure = TestApp::with(&PRODUCTION).await;
    let answer = asks(&secure, Method::GET, "/health", &[]).await.expect(200);
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000"
    );
    let mut plain = PRODUCTION.to_vec();
    plain.push(("PUBLIC_URL", "http://reception.example"));
    let plain = TestApp::with(&plain).await;
    let answer = asks(&plain, Method::GET, "/health", &[]).await.expect(200);
    assert!(answer.headers.get("strict-transport-security").is_none());
}
