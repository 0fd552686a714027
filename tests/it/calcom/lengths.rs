//! An appointment takes as long there as it does here, where Cal.com lets us say so.
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{TUESDAY_AT_NINE, at};
use crate::{
    fakes::EVENT_TYPE,
    support::{Subscriber, TestApp, minutes},
};

const HALF_PAST_NINE: &str = "2026-11-24T15:30:00Z";
const WEDNESDAY_AT_TEN: &str = "2026-11-25T16:00:00Z";

/// What the business offers at Cal.com beside half an hour.
const CLEANING: i64 = 777;

async fn service_of(app: &TestApp, shop: &Subscriber) -> Uuid {
    app.value(shop, "select id from services where subscriber_id = $1")
        .await
}

/// What is booked there for the only service.
async fn choose(app: &TestApp, shop: &Subscriber, event_type: i64) -> crate::support::Answer {
    let service = service_of(app, shop).await;
    let chosen = json!({ "service_id": service, "event_type_id": event_type });
    let admin = app.admin(shop).await;
    admin.put("/api/calcom/event-types", chosen).await
}

async fn book(app: &TestApp, shop: &Subscriber, start: &str) -> Value {
    let service = service_of(app, shop).await;
    let request = json!({
        "starts_at": start, "service_id": service, "customer_name": "Ann Wood", "customer_phone": "+14315550142",
    });
    let staff = app.staff(shop).await;
    let booked = staff.post("/api/appointments", request).await;
    booked.expect(201).json()
}

/// How long the only appointment takes, in minutes.
async fn length(app: &TestApp, shop: &Subscriber) -> i64 {
    let statement = "select (extract(epoch from ends_at - starts_at) / 60)::bigint from appointments where subscriber_id = $1";
    app.value(shop, statement).await
}

#[tokio::test]
async fn a_long_service_is_asked_for_and_booked_as_long_as_it_is() {
    let app = TestApp::start().await;
    let shop = app
        .subscriber("hvac")
        .service("Duct cleaning", 180, 300)
        .await;
    app.calcom.offers(CLEANING, "Cleaning", 60);
    app.calcom.offers_lengths(CLEANING, &[60, 180]);
    app.connect(&shop).await;
    choose(&app, &shop, CLEANING).await.expect(200);
    // At noon somebody is there already: three hours from ten o'clock on are not free, one hour is.
    app.calcom
        .books(at("2026-11-24T18:00:00Z"), "Jean Dupont", "+15145551234");
    let service = service_of(&app, &shop).await;
    let path = format!("/api/availability?from=2026-11-24&to=2026-11-24&service_id={service}");
    let free = app.staff(&shop).await.get(&path).await.expect(200).json();
    let starts: Vec<_> = free["slots"].as_array().unwrap().iter().collect();
    let starts = starts.iter().map(|slot| &slot["starts_at"]);
    assert!(
        starts.clone().any(|start| start == TUESDAY_AT_NINE)
            && !starts.clone().any(|start| start == "2026-11-24T16:00:00Z"),
        "{free}"
    );
    book(&app, &shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    let there = app.calcom.standing().pop().unwrap();
    assert_eq!(there.start, at(TUESDAY_AT_NINE));
    assert_eq!(there.end - there.start, TimeDelta::hours(3));
}

#[tokio::test]
async fn where_there_is_only_one_length_none_is_said_and_ours_stays() {
    let app = TestApp::start().await;
    let shop = app
        .subscriber("hvac")
        .service("Duct cleaning", 180, 300)
        .await;
    app.connect(&shop).await;
    book(&app, &shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    let there = app.calcom.standing().remove(0);
    assert_eq!(there.end - there.start, TimeDelta::minutes(30));
    app.advance(minutes(1));
    let moved = app.calcom.moves(&there.uid, at(WEDNESDAY_AT_TEN));
    app.told(&moved.webhook("BOOKING_RESCHEDULED"))
        .await
        .expect(200);
    let ours = app.appointments(&shop).await;
    assert_eq!(ours[0].0, at(WEDNESDAY_AT_TEN));
    assert_eq!(length(&app, &shop).await, 180);
}

#[tokio::test]
async fn an_event_type_that_is_too_short_is_not_chosen_for_a_service_and_shown_where_it_is_the_usual_one()
 {
    let app = TestApp::start().await;
    let shop = app
        .subscriber("hvac")
        .service("Duct cleaning", 180, 300)
        .await;
    app.connect(&shop).await;
    choose(&app, &shop, EVENT_TYPE)
        .await
        .expect_problem(422, "invalid_request");
    let staff = app.staff(&shop).await;
    let service = service_of(&app, &shop).await;
    let view = staff
        .get("/api/calcom/event-types")
        .await
        .expect(200)
        .json();
    assert_eq!(
        view["data"][0]["too_short_for_service_ids"],
        json!([service])
    );
    // The owner lets bookers choose: that is known with the next poll.
    app.calcom.offers_lengths(EVENT_TYPE, &[30, 180]);
    app.advance(minutes(10));
    app.run_schedules().await;
    book(&app, &shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    let there = app.calcom.standing().remove(0);
    assert_eq!(there.end - there.start, TimeDelta::hours(3));
    let view = choose(&app, &shop, EVENT_TYPE).await.expect(200).json();
    assert_eq!(view["data"][0]["too_short_for_service_ids"], json!([]));
    assert_eq!(view["data"][0]["length_options"], json!([30, 180]));
}

#[tokio::test]
async fn an_appointment_moves_by_less_than_its_own_length() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").service("Repair", 60, 100).await;
    app.calcom.offers(CLEANING, "Repair", 60);
    app.connect(&shop).await;
    choose(&app, &shop, CLEANING).await.expect(200);
    let booked = book(&app, &shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    app.reschedule(&shop, &booked["id"], HALF_PAST_NINE)
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.calcom.standing()[0].start, at(HALF_PAST_NINE));
    // Its time is taken for everybody else.
    let path = "/api/availability?from=2026-11-24&to=2026-11-24";
    let free = app.staff(&shop).await.get(path).await.expect(200).json();
    assert_eq!(free["slots"][0]["starts_at"], TUESDAY_AT_NINE);
    assert_eq!(free["slots"][1]["starts_at"], "2026-11-24T16:30:00Z");
}
