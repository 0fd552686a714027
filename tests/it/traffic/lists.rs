//! Which conversations a list holds.
use serde_json::json;

use super::{each, ids, plant};
use crate::support::TestApp;

/// What a list of this query holds, by its `external_call_id`.
macro_rules! assert_lists {
    ($client:expr, $path:literal, [$($name:literal),*]) => {
        let answer = $client.get($path).await.expect(200);
        let expected: Vec<&str> = vec![$($name),*];
        assert_eq!(each(&answer, "external_call_id"), expected, "{}", $path);
    };
}

#[tokio::test]
async fn a_list_holds_what_was_asked_for_in_any_case() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    plant(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    assert_lists!(
        staff,
        "/api/interactions",
        [
            "ringing", "texted", "missed", "booked", "outgoing", "failed", "chatted"
        ]
    );
    assert_lists!(
        staff,
        "/api/dashboard/calls",
        ["ringing", "missed", "booked", "outgoing", "failed"]
    );
    assert_lists!(staff, "/interactions?channel=sms", ["texted"]);
    assert_lists!(staff, "/interactions?channel=CHAT", ["chatted"]);
    assert_lists!(staff, "/interactions?direction=Outbound", ["outgoing"]);
    assert_lists!(staff, "/interactions?status=open", ["ringing", "texted"]);
    assert_lists!(staff, "/interactions?status=FAILED", ["failed"]);
    assert_lists!(staff, "/dashboard/calls?outcome_type=booked", ["booked"]);
    assert_lists!(
        staff,
        "/dashboard/calls?phone=%2B12045550188",
        ["missed", "failed"]
    );
    assert_lists!(
        staff,
        "/dashboard/calls?phone=+12045550188&outcome_type=MISSED",
        ["missed"]
    );
    assert_lists!(
        staff,
        "/dashboard/calls?phone=",
        ["ringing", "missed", "booked", "outgoing", "failed"]
    );
    assert_lists!(staff, "/interactions?phone=%2B19995550100", []);
}

#[tokio::test]
async fn days_are_the_subscribers_own() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    plant(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    // At three in the morning of the 21st in Greenwich it was still the 20th in Winnipeg.
    assert_lists!(
        staff,
        "/interactions?from=2026-11-20&to=2026-11-20",
        ["missed", "booked"]
    );
    assert_lists!(
        staff,
        "/interactions?from=2026-11-21",
        ["ringing", "texted"]
    );
    assert_lists!(staff, "/interactions?to=2026-11-18", ["failed", "chatted"]);
}

#[tokio::test]
async fn the_inbox_holds_what_is_open_or_unread_by_its_last_activity() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    plant(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    assert_lists!(
        staff,
        "/api/inbox",
        ["ringing", "texted", "booked", "failed", "chatted"]
    );
    assert_lists!(staff, "/api/inbox?channel=chat", ["chatted"]);
    app.change(
        &hvac,
        "update interactions set last_message_at = '2026-11-21T15:59:30Z'
          where subscriber_id = $1 and external_id = 'booked'",
    )
    .await;
    let answer = staff.get("/inbox?limit=2").await.expect(200);
    assert_eq!(each(&answer, "external_call_id"), ["ringing", "booked"]);
    let cursor = answer.json()["next_cursor"].as_str().unwrap().to_owned();
    let rest = staff.get(&format!("/inbox?cursor={cursor}")).await;
    assert_eq!(
        each(&rest.expect(200), "external_call_id"),
        ["texted", "failed", "chatted"]
    );
    let read = ids(&answer).remove(1);
    staff
        .post(&format!("/api/interactions/{read}/read"), json!({}))
        .await
        .expect(204);
    assert_lists!(staff, "/inbox", ["ringing", "texted", "failed", "chatted"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_the_name_of_its_member() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let staff = app.staff(&hvac).await;
    for (query, field) in [
        ("cursor=nonsense", "cursor"),
        ("channel=fax", "channel"),
        ("status=1", "status"),
        ("from=yesterday", "from"),
        ("limit=many", "limit"),
        ("colour=red", "colour"),
    ] {
        for path in ["/api/interactions", "/api/dashboard/calls", "/api/inbox"] {
            let answer = staff.get(&format!("{path}?{query}")).await;
            let problem = answer.expect_problem(422, "invalid_request").json();
            assert_eq!(problem["errors"][0]["field"], field, "{path}?{query}");
        }
    }
    let texts = staff.get("/api/dashboard/calls?channel=sms").await;
    texts.expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn nothing_of_another_subscriber_is_in_a_list() {
    let app = TestApp::start().await;
    let (hvac, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    plant(&app, &hvac).await;
    app.change(
        &hvac,
        "update interactions set summary = 'a planted word' where subscriber_id = $1",
    )
    .await;
    let (own, stranger) = (app.staff(&hvac).await, app.staff(&other).await);
    for path in [
        "/api/interactions",
        "/api/dashboard/calls",
        "/api/inbox",
        "/api/dashboard/calls?format=csv",
    ] {
        let shown = own.get(path).await.expect(200);
        assert!(shown.body.contains("a planted word"), "{path}");
        let shown = stranger.get(path).await.expect(200);
        assert!(!shown.body.contains("planted"), "{path}");
        app.stranger()
            .get(path)
            .await
            .expect_problem(401, "unauthenticated");
        let key = app.api_key(&hvac, &["events:write"]).await;
        key.get(path).await.expect_problem(403, "forbidden");
    }
    let key = app.api_key(&hvac, &["read"]).await;
    key.get("/api/interactions").await.expect(200);
}
