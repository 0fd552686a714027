//! How much one network address may ask.
use axum::{body::Body, http::Request};

use crate::support::{Answer, TestApp, seconds};

const ANNE: &str = "+15145550123";

async fn get(app: &TestApp, path: &str, forwarded: &str) -> Answer {
    let request = Request::get(path).header("x-forwarded-for", forwarded);
    app.send(request.body(Body::empty()).unwrap()).await
}

async fn forge(app: &TestApp, path: &str, forwarded: &str) -> Answer {
    let request = Request::post(path)
        .header("x-forwarded-for", forwarded)
        .header("x-twilio-signature", "forged")
        .header("x-retell-signature", "v=1,d=00")
        .header(
            "content-type",
            if path.contains("twilio") {
                "application/x-www-form-urlencoded"
            } else {
                "application/json"
            },
        );
    app.send(request.body(Body::from("{}")).unwrap()).await
}

#[tokio::test]
async fn an_address_that_asks_too_much_waits_and_no_other_does() {
    let app = TestApp::with(&[
        ("LIMIT_REQUESTS_PER_SECOND", "5"),
        ("TRUSTED_PROXY_HOPS", "1"),
    ])
    .await;
    for _ in 0..10 {
        get(&app, "/api/health", "203.0.113.9").await.expect(200);
    }
    // Also what does not exist is asked, and what stands left of our proxy's word is not believed.
    for path in ["/api/health", "/nowhere", "/openapi.json", "/"] {
        let refused = get(&app, path, "198.51.100.7, 203.0.113.9").await;
        let refused = refused.expect_problem(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(refused.header("ratelimit"), r#""address";r=0;t=1"#);
        assert_eq!(refused.header("ratelimit-policy"), r#""address";q=10;w=2"#);
    }
    get(&app, "/api/health", "203.0.113.10").await.expect(200);
    app.advance(seconds(1));
    for _ in 0..5 {
        get(&app, "/api/health", "203.0.113.9").await.expect(200);
    }
    get(&app, "/api/health", "203.0.113.9").await.expect(429);
}

#[tokio::test]
async fn who_has_no_address_shares_one_bucket() {
    let app = TestApp::with(&[
        ("LIMIT_REQUESTS_PER_SECOND", "1"),
        ("TRUSTED_PROXY_HOPS", "2"),
    ])
    .await;
    // One proxy less than there must be, and no address at all.
    get(&app, "/health", "203.0.113.9").await.expect(200);
    get(&app, "/health", "not an address, 203.0.113.9")
        .await
        .expect(200);
    get(&app, "/health", "203.0.113.10").await.expect(429);
    get(&app, "/health", "203.0.113.9, 203.0.113.10")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_refused_request_costs_the_database_nothing() {
    let app = TestApp::with(&[("LIMIT_REQUESTS_PER_SECOND", "1")]).await;
    for _ in 0..2 {
        get(&app, "/ready", "").await.expect(200);
    }
    app.lose_database().await;
    get(&app, "/ready", "").await.expect(429);
}

#[tokio::test]
async fn wrong_signatures_are_counted_and_right_ones_never_refused() {
    let app = TestApp::with(&[
        ("LIMIT_FORGED_PER_MINUTE", "3"),
        ("LIMIT_REQUESTS_PER_SECOND", "1"),
    ])
    .await;
    let hvac = app.subscriber("hvac").await;
    for path in [
        "/webhooks/twilio/sms",
        "/api/webhooks/retell",
        "/retell/webhook",
    ] {
        forge(&app, path, "")
            .await
            .expect_problem(401, "invalid_signature");
    }
    for path in [
        "/webhooks/twilio",
        "/retell-webhook",
        "/webhooks/retell-inbound",
    ] {
        let refused = forge(&app, path, "")
            .await
            .expect_problem(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), "20");
        assert_eq!(refused.header("ratelimit-policy"), r#""forged";q=3;w=60"#);
    }
    // From the same address, more at once than anybody else may ask.
    for _ in 0..12 {
        let text = app.text_from(ANNE).to(&hvac.number).says("hello");
        text.send().await.expect(200);
    }
    app.advance(seconds(20));
    forge(&app, "/webhooks/twilio", "").await.expect(401);
    forge(&app, "/webhooks/twilio", "").await.expect(429);
}
