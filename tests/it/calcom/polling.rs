//! Webhooks come at most once: bookings are asked for as well.
use super::{TUESDAY_AT_NINE, at};
use crate::support::{TestApp, minutes};

#[tokio::test]
async fn what_no_webhook_told_is_found_within_ten_minutes() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let made = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    app.advance(minutes(10));
    app.run_schedules().await;
    let one = |start: &str, status: &str| vec![(at(start), status.to_owned(), "CALCOM".to_owned())];
    assert_eq!(
        app.appointments(&shop).await,
        one(TUESDAY_AT_NINE, "CONFIRMED")
    );
    let moved = app.calcom.moves(&made.uid, at("2026-11-25T16:00:00Z"));
    app.advance(minutes(10));
    app.run_schedules().await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-25T16:00:00Z", "CONFIRMED")
    );
    // The news of it come late.
    app.told(&made.webhook("BOOKING_CREATED")).await.expect(200);
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-25T16:00:00Z", "CONFIRMED")
    );
    app.calcom.cancels(&moved.uid, "ill");
    app.advance(minutes(10));
    app.run_schedules().await;
    assert_eq!(
        app.appointments(&shop).await,
        one("2026-11-25T16:00:00Z", "CANCELLED")
    );
}

#[tokio::test]
async fn what_is_booked_when_somebody_connects_is_there_at_once_but_not_what_is_past() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.calcom
        .books(at("2026-11-20T15:00:00Z"), "Gone By", "+15145551235");
    app.calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    app.connect(&shop).await;
    let found = app.appointments(&shop).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, at(TUESDAY_AT_NINE));
}

#[tokio::test]
async fn a_poll_leaves_bookings_of_ours_and_what_is_under_way_alone() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    app.advance(minutes(10));
    // Moved with us, and the poll comes before the job.
    app.reschedule(&shop, &booked["id"], "2026-11-25T16:00:00Z")
        .await
        .expect(200);
    app.run_schedules().await;
    app.run_schedules().await;
    let one = (
        at("2026-11-25T16:00:00Z"),
        "CONFIRMED".to_owned(),
        "MANUAL".to_owned(),
    );
    assert_eq!(app.appointments(&shop).await, [one]);
    assert_eq!(app.calcom.standing().len(), 1);
    assert_eq!(app.calcom.standing()[0].start, at("2026-11-25T16:00:00Z"));
}

#[tokio::test]
async fn one_calendar_that_fails_holds_up_no_other() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    app.connect(&shop).await;
    app.calcom.knows_person(2002, "other", "other@example.com");
    app.connect_as(&other, 2002).await.expect(200);
    app.run_jobs().await;
    app.calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    app.calcom.fail_next("list", 500, "no");
    app.advance(minutes(10));
    app.run_schedules().await;
    app.advance(minutes(5));
    app.run_jobs().await;
    assert_eq!(app.appointments(&shop).await.len(), 1);
    assert_eq!(app.appointments(&other).await, []);
}
