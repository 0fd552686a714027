//! News of bookings come twice, late and in any order.
use serde_json::{Value, json};

use super::{TUESDAY_AT_NINE, at, signed_request};
use crate::support::{TestApp, minutes};

/// A booking that is made, moved and cancelled: the three things that are told.
fn told_of_one(app: &TestApp) -> Vec<Value> {
    let made = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    app.clock.advance(minutes(1));
    let moved = app.calcom.moves(&made.uid, at("2026-11-25T16:00:00Z"));
    app.clock.advance(minutes(1));
    let cancelled = app.calcom.cancels(&moved.uid, "ill");
    vec![
        made.webhook("BOOKING_CREATED"),
        moved.webhook("BOOKING_RESCHEDULED"),
        cancelled.webhook("BOOKING_CANCELLED"),
    ]
}

#[tokio::test]
async fn in_whatever_order_it_is_told_a_booking_ends_the_same() {
    let orders: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let app = TestApp::start().await;
    for (number, order) in orders.into_iter().enumerate() {
        let shop = app.subscriber(&format!("shop-{number}")).await;
        let user = 3000 + i64::try_from(number).unwrap();
        app.calcom.knows_person(user, "x", "x@example.com");
        app.connect_as(&shop, user).await.expect(200);
        app.run_jobs().await;
        let told = told_of_one(&app);
        for at in order {
            app.told(&told[at]).await.expect(200);
            app.told(&told[at]).await.expect(200);
        }
        let open = app.appointments(&shop).await;
        let open = open
            .iter()
            .filter(|(_, status, _)| status != "CANCELLED")
            .count();
        assert_eq!(open, 0, "{order:?}");
        assert_eq!(
            app.links(&shop).await,
            [(Some("CANCELLED".to_owned()), "DONE".to_owned())],
            "{order:?}"
        );
        let found = app.appointments(&shop).await.len();
        assert!(found <= 1, "{order:?}: {found} appointments");
    }
}

#[tokio::test]
async fn a_booking_that_was_moved_is_one_appointment_in_either_order() {
    let app = TestApp::start().await;
    for (slug, is_turned) in [("straight", false), ("turned", true)] {
        let shop = app.subscriber(slug).await;
        let user = if is_turned { 4001 } else { 4002 };
        app.calcom.knows_person(user, slug, "x@example.com");
        app.connect_as(&shop, user).await.expect(200);
        app.run_jobs().await;
        let mut told = told_of_one(&app);
        told.truncate(2);
        if is_turned {
            told.reverse();
        }
        for body in &told {
            app.told(body).await.expect(200);
        }
        let one = (
            at("2026-11-25T16:00:00Z"),
            "CONFIRMED".to_owned(),
            "CALCOM".to_owned(),
        );
        assert_eq!(app.appointments(&shop).await, [one], "{slug}");
    }
}

#[tokio::test]
async fn the_same_told_by_many_at_once_happens_once() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let booking = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    let (path, secret) = app.webhook();
    let body = booking.webhook("BOOKING_CREATED").to_string();
    let told = (0..10).map(|_| signed_request(&path, &secret, body.clone().into()));
    for answer in app.send_at_once(told.collect()).await {
        answer.expect(200);
    }
    assert_eq!(app.appointments(&shop).await.len(), 1);
    assert_eq!(app.count_events(&shop, "appointment.booked").await, 1);
}

#[tokio::test]
async fn who_did_not_come_to_an_unknown_booking_is_asked_of_cal_com() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let booking = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    let news = json!({ "triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2026-11-25T16:00:00.000Z",
        "payload": { "attendees": [{ "email": "a@b.example", "noShow": true }], "bookingUid": booking.uid } });
    app.told(&news).await.expect(200);
    assert_eq!(app.appointments(&shop).await, []);
    app.run_jobs().await;
    assert_eq!(app.appointments(&shop).await.len(), 1);
}

#[tokio::test]
async fn a_booking_of_a_time_that_is_taken_is_kept_and_entered_when_there_is_room() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let ours = app.book(&shop, TUESDAY_AT_NINE).await;
    app.connect(&shop).await;
    let theirs = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    app.told(&theirs.webhook("BOOKING_CREATED"))
        .await
        .expect(200);
    assert_eq!(app.appointments(&shop).await.len(), 1);
    let staff = app.staff(&shop).await;
    let status = staff.get("/api/calcom/status").await.expect(200).json();
    assert_eq!(status["trouble"][0]["state"], "UNPLACED");
    assert_eq!(status["trouble"][0]["booking_uid"], theirs.uid);
    assert!(
        app.alerts()
            .await
            .iter()
            .any(|(kind, _)| kind == "calcom.unplaced")
    );
    app.cancel(&shop, &ours["id"]).await;
    app.advance(minutes(10));
    app.run_schedules().await;
    let found = app.appointments(&shop).await;
    let theirs = (
        at(TUESDAY_AT_NINE),
        "CONFIRMED".to_owned(),
        "CALCOM".to_owned(),
    );
    assert!(found.contains(&theirs), "{found:?}");
    let status = staff.get("/api/calcom/status").await.expect(200).json();
    assert_eq!(status["trouble"], json!([]));
}

#[tokio::test]
async fn a_person_who_booked_there_is_reminded_and_not_told_twice() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let booking = app
        .calcom
        .books(at(TUESDAY_AT_NINE), "Jean Dupont", "+15145551234");
    app.told(&booking.webhook("BOOKING_CREATED"))
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.outgoing(&shop).await, []);
    let waiting: i64 = app
        .value(
            &shop,
            "select count(*) from reminders where subscriber_id = $1 and state = 'WAITING'",
        )
        .await;
    assert_eq!(waiting, 2);
}
