//! What must not get in: a clear problem, a counted refusal, nothing changed.
mod retell;
mod twilio;

use axum::{body::Body, http::Request};
use rocket_reception::kernel::metrics::METRICS;

use crate::support::{Subscriber, TestApp};

const ANNE: &str = "+15145550123";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn count_rejected(provider: &str) -> u64 {
    let kinds = ["unknown", "text", "text.status", "call_inbound"];
    let counted = kinds.map(|kind| {
        let labels = [provider, kind, "rejected"];
        METRICS.inbound_events.with_label_values(&labels).get()
    });
    counted.iter().sum()
}

/// Sends each request and expects its problem, its count, and that it leaves nothing behind.
async fn expect_refused(
    app: &TestApp,
    provider: &str,
    cases: Vec<(&str, Request<Body>, u16, &str)>,
) {
    let before = app.row_counts().await;
    for (name, request, status, code) in cases {
        let counted = count_rejected(provider);
        let answer = app.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.body);
        answer.expect_problem(status, code);
        assert!(count_rejected(provider) > counted, "{name} is not counted");
        assert_eq!(app.row_counts().await, before, "{name} left something");
    }
}

async fn hvac(app: &TestApp) -> Subscriber {
    app.subscriber("hvac").await
}

#[tokio::test]
async fn a_path_or_a_method_that_is_not_there_is_a_problem_too() {
    let app = TestApp::start().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    app.send(get("/api/nothing"))
        .await
        .expect_problem(404, "not_found");
    let answer = app.send(get("/api/webhooks/twilio/sms")).await;
    answer.expect_problem(405, "method_not_allowed");
}
