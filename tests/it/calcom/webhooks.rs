//! What Cal.com posts: proved, parsed, kept when it is nobody's.
use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use super::{TUESDAY_AT_NINE, at};
use crate::support::{CALCOM_SECRET, TestApp};

const BARE: &str = "/api/webhooks/calcom";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../data/calcom/", $name, ".json"))
    };
}

#[tokio::test]
async fn every_vector_is_answered_as_it_is_judged() {
    let secret = "calsec_rr_0123456789abcdef0123456789abcdef";
    let app = TestApp::with(&[("CALCOM_WEBHOOK_SECRET", secret)]).await;
    let data: Value = serde_json::from_str(fixture!("signature")).unwrap();
    for case in data["cases"].as_array().unwrap() {
        let mut request = Request::post(BARE);
        for (name, value) in case["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        let body = case["payload"].as_str().unwrap().to_owned();
        let answer = app.send(request.body(Body::from(body)).unwrap()).await;
        let name = case["name"].as_str().unwrap();
        let expected = match (case["expect_valid"].as_bool().unwrap(), name) {
            (true, "custom_template_form_body") => 400,
            (true, _) => 200,
            (false, _) => 401,
        };
        assert_eq!(answer.status.as_u16(), expected, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn every_fixture_is_followed_from_the_first_booking_to_its_end() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").zone("America/Toronto").await;
    app.connect(&shop).await;
    let tell = async |body: &str| {
        let (path, secret) = app.webhook();
        app.tell(&path, &secret, body.to_owned()).await.expect(200);
    };
    let one = |start: &str, status: &str| vec![(at(start), status.to_owned(), "CALCOM".to_owned())];
    tell(fixture!("BOOKING_REQUESTED")).await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-24T14:00:00Z", "PENDING")
    );
    tell(fixture!("BOOKING_CREATED")).await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-24T14:00:00Z", "CONFIRMED")
    );
    tell(fixture!("BOOKING_RESCHEDULED")).await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-25T15:00:00Z", "CONFIRMED")
    );
    for nothing in [fixture!("PING"), fixture!("UNKNOWN_TRIGGER")] {
        tell(nothing).await;
    }
    app.clock.advance(chrono::Duration::days(5));
    tell(fixture!("MEETING_ENDED")).await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-25T15:00:00Z", "COMPLETED")
    );
    tell(fixture!("BOOKING_NO_SHOW_UPDATED")).await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-25T15:00:00Z", "NO_SHOW")
    );
    let person: (Option<String>, String, Option<String>) = app
        .rows(&shop, "select customer_name, customer_phone, language from appointments where subscriber_id = $1")
        .await
        .remove(0);
    let (name, phone) = (Some("Jean Dupont".to_owned()), "+15145551234".to_owned());
    assert_eq!(person, (name, phone, Some("fr".to_owned())));
    let known = app
        .rows::<(String,)>(
            &shop,
            "select kind from inbound_events where subscriber_id = $1 and provider = 'CALCOM'",
        )
        .await;
    assert_eq!(known.len(), 5);
}

#[tokio::test]
async fn a_cancelled_and_a_rejected_booking_leave_the_time_to_others() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let (path, secret) = app.webhook();
    for (made, ended) in [
        (
            fixture!("BOOKING_RESCHEDULED"),
            fixture!("BOOKING_CANCELLED"),
        ),
        (fixture!("BOOKING_CREATED.phone_only_attendee"), ""),
    ] {
        for body in [made, ended].into_iter().filter(|body| !body.is_empty()) {
            app.tell(&path, &secret, body).await.expect(200);
        }
    }
    let found = app.appointments(&shop).await;
    let states: Vec<&str> = found.iter().map(|(_, status, _)| status.as_str()).collect();
    assert_eq!(states, ["CONFIRMED", "CANCELLED"]);
    let emails: Vec<(Option<String>,)> = app
        .rows(
            &shop,
            "select customer_email from appointments where subscriber_id = $1 order by starts_at",
        )
        .await;
    // Nobody reads an address that Cal.com made of a number.
    assert_eq!(emails, [(None,), (Some("jean@example.com".to_owned()),)]);
}

#[tokio::test]
async fn a_rejected_request_is_cancelled() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let (path, secret) = app.webhook();
    for body in [fixture!("BOOKING_REQUESTED"), fixture!("BOOKING_REJECTED")] {
        app.tell(&path, &secret, body).await.expect(200);
    }
    assert_eq!(app.appointments(&shop).await[0].1, "CANCELLED");
}

#[tokio::test]
async fn a_booking_whose_host_is_nobodys_is_kept_and_shown_and_taken_up_when_he_connects() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.tell(BARE, CALCOM_SECRET, fixture!("BOOKING_CREATED"))
        .await
        .expect(200);
    let kept = app.kept().await;
    assert_eq!(
        kept,
        [("BOOKING_CREATED".to_owned(), "UNROUTED".to_owned())]
    );
    let operator = app.operator().await;
    let queue = operator
        .get("/api/admin/webhook-queue")
        .await
        .expect(200)
        .json();
    assert_eq!(queue["data"][0]["provider"], "CALCOM");
    app.connect(&shop).await;
    let path = format!(
        "/api/admin/webhook-queue/{}/replay",
        queue["data"][0]["id"].as_str().unwrap()
    );
    operator.post(&path, json!({})).await.expect(202);
    app.run_jobs().await;
    assert_eq!(app.appointments(&shop).await.len(), 1);
}

#[tokio::test]
async fn the_bare_path_finds_the_business_by_the_host() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    app.connect(&shop).await;
    let booking = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    let body = booking.webhook("BOOKING_CREATED").to_string();
    app.tell(BARE, CALCOM_SECRET, body).await.expect(200);
    assert_eq!(app.appointments(&shop).await.len(), 1);
    // Who came is told without a host.
    app.clock.advance(chrono::Duration::days(4));
    let news = json!({ "triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2026-11-25T16:00:00.000Z",
        "payload": { "attendees": [{ "email": "a@b.example", "noShow": true }], "bookingUid": booking.uid } });
    app.tell(BARE, CALCOM_SECRET, news.to_string())
        .await
        .expect(200);
    assert_eq!(app.appointments(&shop).await[0].1, "NO_SHOW");
    assert_eq!(app.appointments(&other).await, []);
}

#[tokio::test]
async fn the_bare_path_knows_a_booking_whose_host_is_another_of_the_team() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    let of_team = |mut body: serde_json::Value| {
        body["payload"]["organizer"] =
            json!({ "id": 9009, "email": "paul@example.com", "username": "paul" });
        body.to_string()
    };
    let ours = app.calcom.standing().remove(0);
    app.advance(crate::support::minutes(1));
    let moved = app.calcom.moves(&ours.uid, at("2026-11-25T16:00:00Z"));
    let told = of_team(moved.webhook("BOOKING_RESCHEDULED"));
    app.tell(BARE, CALCOM_SECRET, told).await.expect(200);
    assert_eq!(
        app.appointments(&shop).await[0].0,
        at("2026-11-25T16:00:00Z")
    );
    app.advance(crate::support::minutes(1));
    let cancelled = app.calcom.cancels(&moved.uid, "ill");
    let told = of_team(cancelled.webhook("BOOKING_CANCELLED"));
    app.tell(BARE, CALCOM_SECRET, told).await.expect(200);
    assert_eq!(app.appointments(&shop).await[0].1, "CANCELLED");
    let done = |kind: &str| (kind.to_owned(), "DONE".to_owned());
    assert_eq!(
        app.kept().await,
        [done("BOOKING_RESCHEDULED"), done("BOOKING_CANCELLED")]
    );
}

#[tokio::test]
async fn a_host_whom_nobody_knows_leaves_it_to_what_is_written_into_the_booking() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    app.connect(&shop).await;
    let told = |name: &str, whose: String| {
        let booking = app
            .calcom
            .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
        let mut body = booking.webhook("BOOKING_CREATED");
        body["payload"]["organizer"] = json!({ "id": 9009 });
        body["payload"]["metadata"] = json!({ name: whose });
        body.to_string()
    };
    // One without a calendar, and none at all.
    for whose in [other.id.to_string(), "hvac".to_owned()] {
        let body = told("subscriber_id", whose);
        app.tell(BARE, CALCOM_SECRET, body).await.expect(200);
    }
    let unrouted = async || {
        let mut kept = app.kept().await;
        kept.retain(|(_, state)| state == "UNROUTED");
        kept.len()
    };
    assert_eq!(unrouted().await, 2);
    for name in ["subscriber_id", "tenant_id"] {
        let body = told(name, shop.id.to_string());
        app.tell(BARE, CALCOM_SECRET, body).await.expect(200);
    }
    assert_eq!(unrouted().await, 2);
    assert_eq!(app.links(&shop).await.len(), 2);
    assert_eq!(app.appointments(&other).await, []);
}

#[tokio::test]
async fn a_connections_secret_acts_for_its_business_alone_and_on_its_path_alone() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    app.connect(&shop).await;
    let (shops_path, shops_secret) = app.webhook();
    app.calcom.knows_person(2002, "other", "other@example.com");
    app.connect_as(&other, 2002).await.expect(200);
    app.run_jobs().await;
    let (others_path, others_secret) = app.webhook();
    assert_ne!(shops_path, others_path);
    let booking = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    let body = booking.webhook("BOOKING_CREATED").to_string();
    for (path, secret) in [
        (&shops_path, &others_secret),
        (&others_path, &shops_secret),
        (&shops_path, &CALCOM_SECRET.to_owned()),
        (&BARE.to_owned(), &shops_secret),
        (&format!("{BARE}/{}", uuid::Uuid::now_v7()), &shops_secret),
        (&format!("{BARE}/odd"), &shops_secret),
    ] {
        app.tell(path, secret, body.clone())
            .await
            .expect_problem(401, "invalid_signature");
    }
    // Its host is the first one's; what the other's secret proves is the other's all the same.
    app.tell(&others_path, &others_secret, body)
        .await
        .expect(200);
    assert_eq!(app.appointments(&shop).await, []);
    assert_eq!(app.appointments(&other).await.len(), 1);
}

#[tokio::test]
async fn bad_bodies_change_nothing() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let (path, secret) = app.webhook();
    let before = app.row_counts().await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "status=1",
        "{}",
        r#"{"triggerEvent":"BOOKING_CREATED","payload":{}}"#,
    ] {
        app.tell(&path, &secret, body)
            .await
            .expect_problem(400, "malformed");
    }
    let huge = vec![b' '; 1024 * 1024 + 1];
    app.tell(&path, &secret, huge)
        .await
        .expect_problem(413, "body_too_large");
    assert_eq!(app.row_counts().await, before);
}
