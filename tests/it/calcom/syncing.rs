//! Appointments of ours are booked, moved and cancelled at Cal.com.
use rocket_reception::jobs::Outcome;
use serde_json::json;

use super::{TUESDAY_AT_NINE, at};
use crate::support::{TestApp, minutes, seconds};

const WEDNESDAY_AT_TEN: &str = "2026-11-25T16:00:00Z";

async fn connected() -> (TestApp, crate::support::Subscriber) {
    let app = TestApp::impatient().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    (app, shop)
}

#[tokio::test]
async fn an_appointment_is_booked_moved_and_cancelled_there() {
    let (app, shop) = connected().await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    assert_eq!(booked["status"], "CONFIRMED");
    assert!(app.calcom.bookings().is_empty());
    app.run_jobs().await;
    let there = app.calcom.standing().remove(0);
    assert_eq!(there.start, at(TUESDAY_AT_NINE));
    assert_eq!(there.attendee["name"], "Ann Wood");
    assert_eq!(there.attendee["phoneNumber"], "+14315550142");
    assert_eq!(there.attendee["timeZone"], "America/Winnipeg");
    assert_eq!(there.metadata["subscriber_id"], shop.id.to_string());
    // What Cal.com tells of it is known.
    app.told(&there.webhook("BOOKING_CREATED"))
        .await
        .expect(200);
    app.reschedule(&shop, &booked["id"], WEDNESDAY_AT_TEN)
        .await
        .expect(200);
    app.run_jobs().await;
    let moved = app.calcom.standing().remove(0);
    assert_eq!(moved.moved_from, Some(there.uid));
    assert_eq!(moved.start, at(WEDNESDAY_AT_TEN));
    app.told(&moved.webhook("BOOKING_RESCHEDULED"))
        .await
        .expect(200);
    app.cancel(&shop, &booked["id"]).await;
    app.run_jobs().await;
    assert!(app.calcom.standing().is_empty());
    let last = app.calcom.bookings().pop().unwrap();
    app.told(&last.webhook("BOOKING_CANCELLED"))
        .await
        .expect(200);
    let one = (
        at(WEDNESDAY_AT_TEN),
        "CANCELLED".to_owned(),
        "MANUAL".to_owned(),
    );
    assert_eq!(app.appointments(&shop).await, [one]);
    assert_eq!(app.calcom.how_often_asked("POST", "/v2/bookings"), 3);
}

#[tokio::test]
async fn what_is_cancelled_before_it_was_booked_there_never_is() {
    let (app, shop) = connected().await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.cancel(&shop, &booked["id"]).await;
    app.run_jobs().await;
    assert!(app.calcom.bookings().is_empty());
}

#[tokio::test]
async fn a_booking_whose_answer_was_lost_is_looked_for_and_not_made_twice() {
    let (app, shop) = connected().await;
    app.calcom.lose_next_answer("book");
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    assert_eq!(app.calcom.standing().len(), 1);
    for _ in 0..4 {
        app.advance(minutes(2));
        app.run_jobs().await;
    }
    assert_eq!(app.calcom.how_often_asked("POST", "/v2/bookings"), 1);
    let state = (Some("ACCEPTED".to_owned()), "DONE".to_owned());
    assert_eq!(app.links(&shop).await, [state]);
}

#[tokio::test]
async fn a_request_that_was_never_heard_is_made_again_after_a_second_look() {
    let (app, shop) = connected().await;
    app.calcom.hang_next("book");
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    app.advance(seconds(30));
    app.run_jobs().await;
    assert_eq!(app.calcom.how_often_asked("POST", "/v2/bookings"), 1);
    for _ in 0..4 {
        app.advance(minutes(2));
        app.run_jobs().await;
    }
    assert_eq!(app.calcom.how_often_asked("POST", "/v2/bookings"), 2);
    assert_eq!(app.calcom.standing().len(), 1);
}

#[tokio::test]
async fn a_move_and_a_cancellation_whose_answers_were_lost_are_looked_for_as_well() {
    let (app, shop) = connected().await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    app.calcom.lose_next_answer("move");
    app.reschedule(&shop, &booked["id"], WEDNESDAY_AT_TEN)
        .await
        .expect(200);
    for _ in 0..4 {
        app.run_jobs().await;
        app.advance(minutes(2));
    }
    assert_eq!(app.calcom.standing()[0].start, at(WEDNESDAY_AT_TEN));
    assert_eq!(app.calcom.bookings().len(), 2);
    app.calcom.lose_next_answer("cancel");
    app.cancel(&shop, &booked["id"]).await;
    for _ in 0..4 {
        app.run_jobs().await;
        app.advance(minutes(2));
    }
    assert!(app.calcom.standing().is_empty());
    let state = (Some("CANCELLED".to_owned()), "DONE".to_owned());
    assert_eq!(app.links(&shop).await, [state]);
}

#[tokio::test]
async fn too_much_at_once_waits_as_long_as_it_is_told() {
    let (app, shop) = connected().await;
    app.calcom.fail_next("book", 429, "Too many requests");
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    app.advance(seconds(20));
    app.run_jobs().await;
    assert!(app.calcom.bookings().is_empty());
    app.advance(seconds(60));
    app.run_jobs().await;
    assert_eq!(app.calcom.standing().len(), 1);
}

#[tokio::test]
async fn a_time_that_is_gone_there_is_in_doubt_here_and_everybody_is_told() {
    let (app, shop) = connected().await;
    app.calcom
        .is_free_at(&[at(TUESDAY_AT_NINE), at(WEDNESDAY_AT_TEN)]);
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.calcom.fail_next(
        "book",
        400,
        "User either already has booking at this time or is not available",
    );
    app.calcom.is_free_at(&[at(WEDNESDAY_AT_TEN)]);
    app.run_jobs().await;
    assert_eq!(app.appointments(&shop).await[0].1, "PENDING");
    let status = app
        .staff(&shop)
        .await
        .get("/api/calcom/status")
        .await
        .expect(200)
        .json();
    assert_eq!(status["trouble"][0]["state"], "CONFLICT");
    assert_eq!(status["trouble"][0]["appointment_id"], booked["id"]);
    assert!(
        app.alerts()
            .await
            .iter()
            .any(|(kind, _)| kind == "calcom.conflict")
    );
    let texts = app.outgoing(&shop).await;
    let text = texts
        .iter()
        .find(|text| text.body.contains("not to be free"));
    let text = text.unwrap_or_else(|| panic!("{texts:?}"));
    assert!(
        text.body.contains("Wednesday, November 25 at 10"),
        "{}",
        text.body
    );
    // It is not asked for again until it is moved; then it is booked like any other.
    app.advance(minutes(10));
    app.run_schedules().await;
    assert_eq!(app.calcom.how_often_asked("POST", "/v2/bookings"), 1);
    app.reschedule(&shop, &booked["id"], WEDNESDAY_AT_TEN)
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.calcom.standing()[0].start, at(WEDNESDAY_AT_TEN));
    let status = app
        .staff(&shop)
        .await
        .get("/api/calcom/status")
        .await
        .expect(200)
        .json();
    assert_eq!(status["trouble"], json!([]));
}

#[tokio::test]
async fn what_cal_com_does_not_take_at_all_stands_and_the_owner_is_told() {
    let (app, shop) = connected().await;
    app.calcom
        .fail_next("book", 400, "responses - {address}error_required_field");
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    assert_eq!(app.appointments(&shop).await[0].1, "CONFIRMED");
    let status = app
        .staff(&shop)
        .await
        .get("/api/calcom/status")
        .await
        .expect(200)
        .json();
    assert_eq!(status["trouble"][0]["state"], "FAILED");
    assert!(
        app.alerts()
            .await
            .iter()
            .any(|(kind, _)| kind == "calcom.conflict")
    );
}

#[tokio::test]
async fn bookings_of_one_event_type_are_made_one_after_the_other() {
    let (app, shop) = connected().await;
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.book(&shop, WEDNESDAY_AT_TEN).await;
    let held = app.calcom.hold_next("book");
    let running = app.run_jobs_meanwhile();
    held.arrived().await;
    assert_eq!(app.calcom.how_often_asked("POST", "/v2/bookings"), 1);
    held.release();
    let ran = crate::support::soon(running).await.unwrap();
    assert!(
        ran.iter().any(|ran| matches!(ran.outcome, Outcome::PutOff))
            || app.calcom.standing().len() == 2
    );
    app.advance(seconds(5));
    app.run_jobs().await;
    assert_eq!(app.calcom.standing().len(), 2);
}

#[tokio::test]
async fn a_business_without_a_calendar_asks_nobody() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.reschedule(&shop, &booked["id"], WEDNESDAY_AT_TEN)
        .await
        .expect(200);
    app.cancel(&shop, &booked["id"]).await;
    app.run_jobs().await;
    assert_eq!(app.calcom.asked(), []);
}
