//! A business lets us use its calendar, and leaves.
use serde_json::json;

use super::{at, member};
use crate::{
    fakes::{EVENT_TYPE, USER},
    support::{TestApp, execute, minutes},
};

#[tokio::test]
async fn an_admin_connects_the_calendar_and_everything_is_set_up() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let before = staff.get("/api/calcom/status").await.expect(200).json();
    assert_eq!(before["is_connected"], false);
    assert_eq!(before["state"], json!(null));
    let page = app.connect_as(&shop, USER).await.expect(200);
    assert!(page.body.contains("connected"), "{}", page.body);
    app.run_jobs().await;
    let after = staff.get("/api/calcom/status").await.expect(200).json();
    assert_eq!(after["is_connected"], true);
    assert_eq!(after["state"], "ACTIVE");
    assert_eq!(after["username"], "plomberie-tremblay");
    assert_eq!(after["event_type"]["id"], EVENT_TYPE);
    assert_eq!(after["has_webhook"], true);
    let (path, secret) = app.webhook();
    assert!(path.starts_with("/api/webhooks/calcom/"), "{path}");
    assert!(secret.len() >= 32);
    assert!(!after.to_string().contains(&secret));
}

#[tokio::test]
async fn the_redirect_names_us_and_what_we_ask_for() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let answer = admin.get("/calcom/authorize").await.expect(303);
    let url = answer.header("location");
    assert!(
        url.starts_with("https://app.cal.com/auth/oauth2/authorize?"),
        "{url}"
    );
    assert_eq!(
        member(url, "client_id"),
        crate::fakes::FakeCalcom::CLIENT_ID
    );
    assert_eq!(
        member(url, "redirect_uri"),
        "https://reception.example/api/calcom/callback"
    );
    assert!(member(url, "scope").contains("WEBHOOK_WRITE"));
    let staff = app.staff(&shop).await;
    staff
        .get("/api/calcom/authorize-url")
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_state_is_good_once_for_ten_minutes_and_for_the_session_that_asked() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let code = || app.calcom.consents(USER);
    app.come_back(&format!("code={}&state=invented", code()))
        .await
        .expect(400);
    app.come_back(&format!("code={}", code())).await.expect(400);
    let late = app.ask_for_calendar(&shop).await;
    app.advance(minutes(10));
    app.come_back(&format!("code={}&state={late}", code()))
        .await
        .expect(400);
    let state = app.ask_for_calendar(&shop).await;
    app.come_back(&format!("code={}&state={state}", code()))
        .await
        .expect(200);
    app.come_back(&format!("code={}&state={state}", code()))
        .await
        .expect(400);
    let signed_out = app.ask_for_calendar(&shop).await;
    let mut conn = app.database.superuser().await;
    execute(&mut conn, "update refresh_sessions set ended_at = now()").await;
    let page = app
        .come_back(&format!("code={}&state={signed_out}", code()))
        .await
        .expect(400);
    assert!(page.body.contains("Sign in"), "{}", page.body);
    // Nothing in the database is the state itself.
    let keys: Vec<(String,)> = app
        .rows(&shop, "select key from directory where subscriber_id = $1")
        .await;
    assert!(
        !keys.iter().any(|(key,)| key.contains(&signed_out)),
        "{keys:?}"
    );
}

#[tokio::test]
async fn only_the_browser_that_was_sent_there_comes_back_with_a_calendar() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    for cookies in ["", "__Host-calcom=", "__Host-calcom=0123abcd"] {
        let state = app.ask_for_calendar(&shop).await;
        let code = app.calcom.consents(USER);
        let page = app
            .come_back_with(cookies, &format!("code={code}&state={state}"))
            .await
            .expect(400);
        assert!(page.body.contains("Sign in"), "{cookies}: {}", page.body);
    }
    let admin = app.admin(&shop).await;
    for path in ["/api/calcom/authorize-url", "/api/calcom/authorize"] {
        let sent = admin.get(path).await;
        let cookie = sent.header("set-cookie").to_owned();
        for part in ["__Host-calcom=", "; HttpOnly; Secure; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let url = match sent.status.as_u16() {
            303 => sent.header("location").to_owned(),
            _ => sent.json()["url"].as_str().unwrap().to_owned(),
        };
        let (code, state) = (app.calcom.consents(USER), member(&url, "state"));
        let kept = cookie.split(';').next().unwrap();
        app.come_back_with(kept, &format!("code={code}&state={state}"))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_dashboard_of_another_site_keeps_no_cookie_of_ours_and_connects_all_the_same() {
    let dashboard = "https://dash.example";
    for settings in [("FRONTEND_URL", dashboard), ("CORS_ORIGINS", dashboard)] {
        let app = TestApp::with(&[settings]).await;
        let shop = app.subscriber("hvac").await;
        let state = app.ask_for_calendar(&shop).await;
        let code = app.calcom.consents(USER);
        app.come_back_with("", &format!("code={code}&state={state}"))
            .await;
        let status = app.staff(&shop).await.get("/api/calcom/status").await;
        assert_eq!(status.json()["is_connected"], true, "{settings:?}");
    }
}

#[tokio::test]
async fn what_cal_com_answers_instead_is_shown() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let state = app.ask_for_calendar(&shop).await;
    let page = app
        .come_back(&format!("error=access_denied&state={state}"))
        .await
        .expect(400);
    assert!(page.body.contains("did not allow"), "{}", page.body);
    let state = app.ask_for_calendar(&shop).await;
    let page = app
        .come_back(&format!(
            "error=%3Cscript%3E&error_description=x&state={state}"
        ))
        .await
        .expect(400);
    assert!(!page.body.contains("script"), "{}", page.body);
    let state = app.ask_for_calendar(&shop).await;
    app.come_back(&format!("code=used&state={state}"))
        .await
        .expect(400);
    app.calcom.fail_next("token", 500, "no");
    let state = app.ask_for_calendar(&shop).await;
    let page = app
        .come_back(&format!("code=a&state={state}"))
        .await
        .expect(400);
    assert!(page.body.contains("cannot be reached"), "{}", page.body);
    let status = app.staff(&shop).await.get("/api/calcom/status").await;
    assert_eq!(status.json()["is_connected"], false);
}

#[tokio::test]
async fn where_the_scopes_of_webhooks_are_not_known_less_is_asked_for() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.calcom.knows_no_webhooks();
    let state = app.ask_for_calendar(&shop).await;
    let again = app
        .come_back(&format!("error=invalid_scope&state={state}"))
        .await
        .expect(303);
    let url = again.header("location").to_owned();
    assert!(!member(&url, "scope").contains("WEBHOOK"));
    let (code, state) = (app.calcom.consents(USER), member(&url, "state"));
    app.come_back(&format!("code={code}&state={state}"))
        .await
        .expect(200);
    app.run_jobs().await;
    let status = app
        .staff(&shop)
        .await
        .get("/api/calcom/status")
        .await
        .expect(200)
        .json();
    assert_eq!(status["is_connected"], true);
    assert_eq!(status["has_webhook"], false);
    let state = member(&url, "state");
    app.come_back(&format!("error=invalid_scope&state={state}"))
        .await
        .expect(400);
}

#[tokio::test]
async fn with_a_dashboard_the_person_comes_back_to_it() {
    let app = TestApp::with(&[("FRONTEND_URL", "https://dash.example/app")]).await;
    let shop = app.subscriber("hvac").await;
    let back = app.connect_as(&shop, USER).await.expect(303);
    assert_eq!(
        back.header("location"),
        "https://dash.example/app?calcom=connected"
    );
    let back = app.come_back("code=a&state=b").await.expect(303);
    assert_eq!(
        back.header("location"),
        "https://dash.example/app?calcom_error=state"
    );
}

#[tokio::test]
async fn one_calendar_is_one_businesss() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    app.connect(&shop).await;
    let page = app.connect_as(&other, USER).await.expect(400);
    assert!(page.body.contains("another business"), "{}", page.body);
    app.admin(&shop)
        .await
        .post("/api/calcom/disconnect", json!({}))
        .await
        .expect(200);
    app.connect_as(&other, USER).await.expect(200);
}

#[tokio::test]
async fn who_disconnects_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    admin
        .post("/api/calcom/disconnect", json!({}))
        .await
        .expect_problem(404, "not_found");
    app.connect(&shop).await;
    let (path, secret) = app.webhook();
    let booking = app
        .calcom
        .books(at(super::TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    let status = admin
        .post("/api/calcom/disconnect", json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(status["is_connected"], false);
    assert_eq!(status["state"], "DISCONNECTED");
    // What comes by the old webhook is believed no more, even before it is gone.
    let told = booking.webhook("BOOKING_CREATED").to_string();
    app.tell(&path, &secret, told)
        .await
        .expect_problem(401, "invalid_signature");
    app.run_jobs().await;
    assert!(app.calcom.webhooks().is_empty());
    let left: (Option<String>, Option<String>, Option<String>) = app
        .rows(
            &shop,
            "select access_token_sealed, refresh_token_sealed, webhook_secret_sealed
               from calendar_connections where subscriber_id = $1",
        )
        .await
        .remove(0);
    assert_eq!(left, (None, None, None));
    app.run_schedules().await;
    assert_eq!(app.appointments(&shop).await, []);
    admin
        .post("/api/calcom/disconnect", json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn what_is_booked_there_is_chosen_for_everything_or_for_a_service() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").service("Repair", 60, 100).await;
    let admin = app.admin(&shop).await;
    admin
        .get("/api/calcom/event-types")
        .await
        .expect_problem(409, "conflict");
    app.calcom.offers(777, "Repair", 60);
    app.connect(&shop).await;
    let service: uuid::Uuid = app
        .value(&shop, "select id from services where subscriber_id = $1")
        .await;
    let chosen = json!({ "service_id": service, "event_type_id": 777 });
    let view = admin
        .put("/api/calcom/event-types", chosen)
        .await
        .expect(200)
        .json();
    assert_eq!(view["data"][0]["is_default"], true);
    assert_eq!(view["data"][1]["service_ids"], json!([service]));
    let odd = json!({ "service_id": service, "event_type_id": 1 });
    admin
        .put("/api/calcom/event-types", odd)
        .await
        .expect_problem(422, "invalid_request");
    let foreign = json!({ "service_id": uuid::Uuid::now_v7(), "event_type_id": 777 });
    admin
        .put("/api/calcom/event-types", foreign)
        .await
        .expect_problem(404, "not_found");
    let none = json!({ "service_id": service, "event_type_id": null });
    admin.put("/api/calcom/event-types", none).await.expect(200);
    let default = json!({ "event_type_id": 777 });
    let view = admin
        .put("/api/calcom/event-types", default)
        .await
        .expect(200)
        .json();
    assert_eq!(view["data"][1]["is_default"], true);
}

#[tokio::test]
async fn without_our_application_there_is_nothing_to_connect() {
    let app = TestApp::with(&[
        ("CALCOM_CLIENT_ID", ""),
        ("CALCOM_CLIENT_SECRET", ""),
        ("CALCOM_WEBHOOK_SECRET", ""),
    ])
    .await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    for path in [
        "/api/calcom/authorize",
        "/api/calcom/authorize-url",
        "/api/calcom/event-types",
    ] {
        admin
            .get(path)
            .await
            .expect_problem(503, "provider_not_configured");
    }
    app.come_back("code=a&state=b")
        .await
        .expect_problem(503, "provider_not_configured");
    let named = format!("/api/webhooks/calcom/{}", uuid::Uuid::now_v7());
    for path in ["/api/webhooks/calcom", &named] {
        app.tell(path, "s", "{}")
            .await
            .expect_problem(503, "provider_not_configured");
    }
}
