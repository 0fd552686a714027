//! What is free is free in both calendars.
use rocket_reception::receptionist::tools::ToolName;
use serde_json::{Value, json};

use super::{TUESDAY_AT_NINE, at};
use crate::{
    receptionist::Talk,
    support::{Subscriber, TestApp, minutes, seconds},
};

const PATH: &str = "/api/availability?from=2026-11-24&to=2026-11-24";

async fn free(app: &TestApp, shop: &Subscriber) -> Vec<String> {
    let staff = app.staff(shop).await;
    let answer = staff.get(PATH).await.expect(200).json();
    let slots = answer["slots"].as_array().unwrap().iter();
    let start = |slot: &Value| slot["starts_at"].as_str().unwrap().to_owned();
    slots.map(start).collect()
}

/// A business whose one service has an event type of its own.
async fn with_a_service_of_its_own() -> (TestApp, Subscriber) {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").service("Repair", 60, 100).await;
    app.calcom.offers(777, "Repair", 60);
    app.connect(&shop).await;
    let service: uuid::Uuid = app
        .value(&shop, "select id from services where subscriber_id = $1")
        .await;
    let chosen = json!({ "service_id": service, "event_type_id": 777 });
    let admin = app.admin(&shop).await;
    admin
        .put("/api/calcom/event-types", chosen)
        .await
        .expect(200);
    (app, shop)
}

#[tokio::test]
async fn only_what_is_free_in_both_is_offered_and_booked() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    assert_eq!(free(&app, &shop).await.len(), 16);
    app.connect(&shop).await;
    // The last one is before we open.
    let starts = [
        "2026-11-24T15:00:00Z",
        "2026-11-24T18:10:00Z",
        "2026-11-24T12:00:00Z",
    ];
    app.calcom.is_free_at(&starts.map(at));
    assert_eq!(
        free(&app, &shop).await,
        ["2026-11-24T15:00:00Z", "2026-11-24T18:10:00Z"]
    );
    let staff = app.staff(&shop).await;
    let request = |start: &str| json!({ "starts_at": start, "customer_name": "Ann", "customer_phone": "+14315550142" });
    let taken = staff
        .post("/api/appointments", request("2026-11-24T16:00:00Z"))
        .await;
    let taken = taken.expect(409).json();
    assert_eq!(taken["code"], "slot_taken");
    assert_eq!(taken["alternatives"][0]["starts_at"], TUESDAY_AT_NINE);
    staff
        .post("/api/appointments", request("2026-11-24T18:10:00Z"))
        .await
        .expect(201);
    assert_eq!(free(&app, &shop).await, [TUESDAY_AT_NINE]);
}

#[tokio::test]
async fn a_tool_asks_for_the_service_and_the_day_that_somebody_names() {
    let (app, shop) = with_a_service_of_its_own().await;
    // Three weeks ahead only eleven o'clock is free there.
    let far = "2026-12-15T17:00:00Z";
    app.calcom.is_free_at(&[at(far)]);
    let ann = Talk::by_text(&app, &shop, "+15145550123").await;
    let asked = json!({ "date": "2026-12-15", "service": "repair" });
    let found = ann.ask(ToolName::CheckCalendarAvailability, asked).await;
    assert_eq!(found["result"], "ok", "{found}");
    assert_eq!(found["slots"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["slots"][0]["start"], far);
    let asked: Vec<_> = app.calcom.asked();
    let slots: Vec<_> = asked
        .iter()
        .filter(|(_, path, _)| path.starts_with("/v2/slots"))
        .collect();
    assert!(
        slots
            .iter()
            .all(|(_, path, _)| path.contains("eventTypeId=777")),
        "{slots:?}"
    );
    // Somebody else is quicker there: it is not booked here.
    app.advance(seconds(61));
    app.calcom.is_free_at(&[at("2026-12-15T18:00:00Z")]);
    let wish = json!({ "start": "2026-12-15T11:00", "customer_name": "Ann", "service": "repair" });
    let refused = ann.ask(ToolName::BookAppointment, wish).await;
    assert_eq!(refused["result"], "slot_taken", "{refused}");
    let others = refused["alternatives"].as_array().unwrap();
    assert_eq!(others[0]["start"], "2026-12-15T18:00:00Z", "{refused}");
    assert_eq!(others.len(), 1, "{refused}");
}

#[tokio::test]
async fn the_poll_keeps_what_is_free_for_every_service() {
    let (app, shop) = with_a_service_of_its_own().await;
    app.advance(minutes(10));
    app.run_schedules().await;
    let kept: Vec<(i64,)> = app
        .rows(
            &shop,
            "select event_type_id from calendar_slots where subscriber_id = $1 order by 1",
        )
        .await;
    assert_eq!(kept, [(555,), (777,)]);
}

#[tokio::test]
async fn within_a_minute_nobody_asks_twice() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.calcom.is_free_at(&[at(TUESDAY_AT_NINE)]);
    for _ in 0..3 {
        free(&app, &shop).await;
    }
    assert_eq!(app.calcom.how_often_asked("GET", "/v2/slots"), 1);
    app.advance(seconds(61));
    free(&app, &shop).await;
    assert_eq!(app.calcom.how_often_asked("GET", "/v2/slots"), 2);
}

#[tokio::test]
async fn a_calendar_that_does_not_answer_is_believed_for_a_while_and_then_does_without() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.calcom.is_free_at(&[at(TUESDAY_AT_NINE)]);
    assert_eq!(free(&app, &shop).await, [TUESDAY_AT_NINE]);
    app.calcom.fail_next("slots", 500, "no");
    app.advance(minutes(10));
    assert_eq!(free(&app, &shop).await, [TUESDAY_AT_NINE]);
    app.calcom.fail_next("slots", 500, "no");
    app.advance(minutes(10));
    assert_eq!(free(&app, &shop).await.len(), 16);
}

#[tokio::test]
async fn a_calendar_that_hangs_holds_nobody_up_for_long() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.calcom.hang_next("slots");
    let timer = std::time::Instant::now();
    assert_eq!(free(&app, &shop).await.len(), 16);
    assert!(timer.elapsed().as_secs() < 4);
}

#[tokio::test]
async fn anothers_calendar_and_one_that_was_left_change_nothing() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    app.connect(&other).await;
    app.calcom.is_free_at(&[at(TUESDAY_AT_NINE)]);
    assert_eq!(free(&app, &shop).await.len(), 16);
    assert_eq!(free(&app, &other).await, [TUESDAY_AT_NINE]);
    let admin = app.admin(&other).await;
    admin
        .post("/api/calcom/disconnect", json!({}))
        .await
        .expect(200);
    assert_eq!(free(&app, &other).await.len(), 16);
}
