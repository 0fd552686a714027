//! The receptionist's switch and the operator's list.
use serde_json::json;
use uuid::Uuid;

use super::audited;
use crate::support::{PUBLIC_URL, TestApp};

#[tokio::test]
async fn the_receptionist_is_switched_off_and_on_at_once() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let status = app
        .staff(&shop)
        .await
        .get("/api/client/rachel-status/hvac")
        .await
        .expect(200)
        .json();
    assert_eq!(status["subscriber_id"], shop.id.to_string());
    assert_eq!(status["business_name"], "The hvac shop");
    assert_eq!(status["rachel_enabled"], true);
    assert_eq!(status["forwarding_status"], "PENDING");
    assert_eq!(status["phone_number"], shop.number);
    for member in ["owner_phone", "twilio_number_sid", "custom_greeting"] {
        assert!(status.as_object().unwrap().contains_key(member), "{member}");
    }
    let path = format!("/api/client/rachel-status/{}", shop.id);
    for wanted in [false, false, true] {
        let status = admin
            .put(&path, json!({"rachel_enabled": wanted}))
            .await
            .expect(200)
            .json();
        assert_eq!(status["rachel_enabled"], wanted);
        let is_enabled: bool = app
            .value(&shop, "select is_enabled from subscriber_channels where subscriber_id = $1 and channel = 'VOICE'")
            .await;
        assert_eq!(is_enabled, wanted);
    }
    // What was so already is no change.
    let log = audited(&app, &shop).await;
    assert_eq!(log.len(), 2);
    assert_eq!(log[0].0, "receptionist.switched");
    admin
        .put(&path, json!({}))
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn another_businesss_switch_is_not_there_but_for_an_operator() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let owner = app.owner(&shop).await;
    let off = json!({"rachel_enabled": false});
    for named in [
        "other".to_owned(),
        other.id.to_string(),
        Uuid::now_v7().to_string(),
        "NOBODY".to_owned(),
    ] {
        let path = format!("/api/client/rachel-status/{named}");
        owner.get(&path).await.expect_problem(404, "not_found");
        owner
            .put(&path, off.clone())
            .await
            .expect_problem(404, "not_found");
    }
    let operator = app.operator().await;
    let status = operator
        .get("/api/client/rachel-status/other")
        .await
        .expect(200)
        .json();
    assert_eq!(status["rachel_enabled"], true);
    let status = operator
        .put("/api/client/rachel-status/other", off)
        .await
        .expect(200)
        .json();
    assert_eq!(status["rachel_enabled"], false);
    operator
        .get(&format!("/api/client/rachel-status/{}", Uuid::now_v7()))
        .await
        .expect_problem(404, "not_found");
    // The platform's log names the operator and the business.
    let statement = "select action from audit_log
                      where subscriber_id = '00000000-0000-0000-0000-000000000000' and subject_id = $1
                        and actor_kind = 'OPERATOR' order by seq";
    let log: Vec<(String,)> = app.rows(&other, statement).await;
    let log: Vec<&str> = log.iter().map(|(action,)| action.as_str()).collect();
    assert_eq!(log, ["receptionist.looked_at", "receptionist.switched"]);
}

#[tokio::test]
async fn only_an_operator_sees_all_businesses() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").plan("ELITE").await;
    app.subscriber("gone").status("CLOSED").await;
    app.owner(&shop)
        .await
        .get("/api/client/list")
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .get("/api/client/list")
        .await
        .expect_problem(401, "unauthenticated");
    let operator = app.operator().await;
    let first = operator
        .get("/api/client/list?limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(first["data"][0]["slug"], "gone");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = operator
        .get(&format!("/api/client/list?cursor={cursor}"))
        .await
        .expect(200)
        .json();
    assert_eq!(second["data"][0]["slug"], "hvac");
    assert_eq!(second["data"][0]["plan"], "ELITE");
    assert_eq!(second["data"][0]["rachel_enabled"], true);
    assert!(second["next_cursor"].is_null());
    let active = operator
        .get("/api/client/list?status=active")
        .await
        .expect(200)
        .json();
    assert_eq!(active["data"].as_array().unwrap().len(), 1);
}

const NUMBER: &str = "PN00000000000000000000000000000001";

#[tokio::test]
async fn the_switch_tells_twilio_where_calls_go_now() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.twilio.has_number(NUMBER, &shop.number);
    let admin = app.admin(&shop).await;
    let path = "/api/client/rachel-status/hvac";
    for (is_on, url) in [
        (
            false,
            format!("{PUBLIC_URL}/voice/forward-to-owner/{}", shop.id),
        ),
        (true, format!("{PUBLIC_URL}/voice/webhook/voice")),
    ] {
        let status = admin
            .put(path, json!({ "rachel_enabled": is_on }))
            .await
            .expect(200)
            .json();
        let forwarding = if is_on { "PENDING" } else { "INACTIVE" };
        assert_eq!(status["forwarding_status"], forwarding);
        app.run_jobs().await;
        let number = app.twilio.number(NUMBER);
        assert_eq!(number.voice_url, url);
        assert_eq!(
            number.voice_fallback_url,
            format!("{PUBLIC_URL}/voice/fallback")
        );
        assert_eq!(
            number.status_callback,
            format!("{PUBLIC_URL}/webhooks/twilio/voice/status#rc=3&rp=ct,rt,5xx")
        );
    }
}

#[tokio::test]
async fn twilio_failing_delays_what_it_shows_and_not_what_callers_get() {
    let app = TestApp::with(&[(
        "VOICE_FALLBACK_URL",
        "https://files.example/{subscriber}.xml",
    )])
    .await;
    let shop = app.subscriber("hvac").transfer_number("+12045550177").await;
    app.twilio.has_number(NUMBER, &shop.number);
    app.twilio.fail_number(500);
    app.twilio.fail_number(503);
    let admin = app.admin(&shop).await;
    let off = json!({ "rachel_enabled": false });
    admin
        .put("/api/client/rachel-status/hvac", off)
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.twilio.number(NUMBER).voice_url, "");
    let call = app.call_from("+15145550142").calls(&shop.number).await;
    assert_eq!(call.does(), ["Dial"]);
    for _ in 0..4 {
        app.advance(crate::support::minutes(10));
        app.run_jobs().await;
    }
    let number = app.twilio.number(NUMBER);
    assert!(
        number.voice_url.ends_with(&shop.id.to_string()),
        "{}",
        number.voice_url
    );
    assert_eq!(
        number.voice_fallback_url,
        format!("https://files.example/{}.xml", shop.id)
    );
}

#[tokio::test]
async fn a_number_that_twilio_does_not_have_is_told_to_an_operator() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let switch = async |is_on: bool| {
        let wanted = json!({ "rachel_enabled": is_on });
        admin
            .put("/api/client/rachel-status/hvac", wanted)
            .await
            .expect(200);
        app.run_jobs().await;
    };
    switch(false).await;
    let missing = [("twilio.number_missing".to_owned(), "WARNING".to_owned())];
    assert_eq!(app.alerts().await, missing);
    app.twilio.has_number(NUMBER, &shop.number);
    switch(true).await;
    assert_eq!(app.alerts().await, []);
}

#[tokio::test]
async fn a_call_that_the_owners_line_forwards_shows_that_forwarding_works() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").transfer_number("+12045550177").await;
    let staff = app.staff(&shop).await;
    let status = async || {
        let shown = staff
            .get("/api/client/rachel-status/hvac")
            .await
            .expect(200)
            .json();
        shown["forwarding_status"].as_str().unwrap().to_owned()
    };
    app.call_from("+15145550142").calls(&shop.number).await;
    assert_eq!(status().await, "PENDING");
    let forwarded = app
        .call_from("+15145550143")
        .with("ForwardedFrom", "+12045550177");
    forwarded.calls(&shop.number).await;
    assert_eq!(status().await, "ACTIVE");
}
