//! What Cal.com refused, or could not be asked, is put right later; and what is in doubt is told as long as it is.
use serde_json::{Value, json};

use super::{TUESDAY_AT_NINE, at};
use crate::support::{Subscriber, TestApp, hours, minutes};

const WEDNESDAY_AT_TEN: &str = "2026-11-25T16:00:00Z";
const NOT_FREE: &str = "User either already has booking at this time or is not available";

async fn connected() -> (TestApp, Subscriber) {
    let app = TestApp::impatient().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    (app, shop)
}

async fn trouble(app: &TestApp, shop: &Subscriber) -> Value {
    let staff = app.staff(shop).await;
    let status = staff.get("/api/calcom/status").await.expect(200).json();
    status["trouble"].clone()
}

async fn status_of(app: &TestApp, shop: &Subscriber) -> String {
    app.appointments(shop).await.remove(0).1
}

async fn waiting_reminders(app: &TestApp, shop: &Subscriber) -> i64 {
    let statement = "select count(*) from reminders where subscriber_id = $1 and state = 'WAITING'";
    app.value(shop, statement).await
}

#[tokio::test]
async fn moved_out_of_a_conflict_an_appointment_is_confirmed_and_reminded_of() {
    let (app, shop) = connected().await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.calcom.fail_next("book", 400, NOT_FREE);
    app.run_jobs().await;
    assert_eq!(status_of(&app, &shop).await, "PENDING");
    assert_eq!(waiting_reminders(&app, &shop).await, 0);
    app.advance(minutes(10));
    app.reschedule(&shop, &booked["id"], WEDNESDAY_AT_TEN)
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(status_of(&app, &shop).await, "CONFIRMED");
    assert_eq!(waiting_reminders(&app, &shop).await, 2);
    let texts = app.outgoing(&shop).await;
    let last = texts.last().unwrap();
    assert!(
        last.body.contains("Wednesday, November 25 at 10"),
        "{texts:#?}"
    );
    assert_eq!(last.purpose, "CONFIRMATION");
}

#[tokio::test]
async fn moved_back_to_where_its_booking_is_an_appointment_is_in_doubt_no_more() {
    let (app, shop) = connected().await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    app.calcom.fail_next("move", 400, NOT_FREE);
    app.reschedule(&shop, &booked["id"], WEDNESDAY_AT_TEN)
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(status_of(&app, &shop).await, "PENDING");
    app.reschedule(&shop, &booked["id"], TUESDAY_AT_NINE)
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(status_of(&app, &shop).await, "CONFIRMED");
    assert_eq!(trouble(&app, &shop).await, json!([]));
    assert_eq!(app.calcom.standing()[0].start, at(TUESDAY_AT_NINE));
}

#[tokio::test]
async fn what_changed_while_the_permission_was_gone_is_there_when_it_is_given_again() {
    let (app, shop) = connected().await;
    let [cancelled, moved] = [TUESDAY_AT_NINE, "2026-11-24T17:00:00Z"].map(|start| {
        let (app, shop) = (&app, &shop);
        async move { app.book(shop, start).await }
    });
    let (cancelled, moved) = (cancelled.await, moved.await);
    app.run_jobs().await;
    app.advance(minutes(1));
    app.run_jobs().await;
    assert_eq!(app.calcom.standing().len(), 2);
    app.calcom.revokes_everything();
    app.advance(hours(1));
    app.run_schedules().await;
    app.cancel(&shop, &cancelled["id"]).await;
    app.reschedule(&shop, &moved["id"], "2026-11-24T19:00:00Z")
        .await
        .expect(200);
    app.book(&shop, WEDNESDAY_AT_TEN).await;
    app.run_jobs().await;
    app.connect(&shop).await;
    for _ in 0..2 {
        app.advance(minutes(1));
        app.run_jobs().await;
    }
    let mut there: Vec<_> = app.calcom.standing().iter().map(|one| one.start).collect();
    there.sort();
    assert_eq!(there, [at("2026-11-24T19:00:00Z"), at(WEDNESDAY_AT_TEN)]);
    assert_eq!(trouble(&app, &shop).await, json!([]));
}

#[tokio::test]
async fn what_was_booked_before_anybody_connected_is_entered_and_no_person_is_put_in_doubt() {
    let app = TestApp::impatient().await;
    let shop = app.subscriber("hvac").await;
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.book(&shop, WEDNESDAY_AT_TEN).await;
    app.run_jobs().await;
    let told = app.outgoing(&shop).await.len();
    // The owner wrote one of the two down there as well.
    app.calcom.is_free_at(&[at(WEDNESDAY_AT_TEN)]);
    app.advance(minutes(1));
    app.connect(&shop).await;
    app.advance(minutes(1));
    app.run_jobs().await;
    let there = app.calcom.standing();
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].start, at(WEDNESDAY_AT_TEN));
    let stand = app.appointments(&shop).await;
    assert!(
        stand.iter().all(|(_, status, _)| status == "CONFIRMED"),
        "{stand:?}"
    );
    assert_eq!(app.outgoing(&shop).await.len(), told);
    assert_eq!(trouble(&app, &shop).await[0]["state"], "CONFLICT");
}

#[tokio::test]
async fn what_got_no_answer_is_asked_again_by_the_polls_and_the_owner_is_told_once() {
    let (app, shop) = connected().await;
    for _ in 0..60 {
        app.calcom.fail_next("book", 503, "no");
    }
    app.book(&shop, TUESDAY_AT_NINE).await;
    for _ in 0..40 {
        app.run_jobs().await;
        app.advance(minutes(30));
    }
    assert_eq!(trouble(&app, &shop).await[0]["problem"], "NO_ANSWER");
    assert_eq!(status_of(&app, &shop).await, "CONFIRMED");
    app.calcom.recovers();
    app.run_schedules().await;
    for _ in 0..3 {
        app.advance(minutes(2));
        app.run_jobs().await;
    }
    assert_eq!(app.calcom.standing().len(), 1);
    assert_eq!(trouble(&app, &shop).await, json!([]));
}

#[tokio::test]
async fn trouble_is_over_with_its_appointment() {
    let (app, shop) = connected().await;
    let booked = app.book(&shop, TUESDAY_AT_NINE).await;
    app.book(&shop, WEDNESDAY_AT_TEN).await;
    for _ in 0..2 {
        app.calcom.fail_next("book", 400, NOT_FREE);
    }
    for _ in 0..3 {
        app.run_jobs().await;
        app.advance(minutes(1));
    }
    assert_eq!(trouble(&app, &shop).await.as_array().unwrap().len(), 2);
    app.cancel(&shop, &booked["id"]).await;
    let left = trouble(&app, &shop).await;
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["starts_at"], WEDNESDAY_AT_TEN);
    app.advance(hours(24 * 5));
    assert_eq!(trouble(&app, &shop).await, json!([]));
}

#[tokio::test]
async fn a_text_about_a_time_in_doubt_stays_unsent_when_somebody_has_decided() {
    for decision in ["cancelled", "confirmed", "none"] {
        let (app, shop) = connected().await;
        // At night nobody is texted.
        app.advance(hours(13));
        let booked = app.book(&shop, TUESDAY_AT_NINE).await;
        app.calcom.fail_next("book", 400, NOT_FREE);
        app.run_jobs().await;
        let statement =
            "select status from outgoing_messages where subscriber_id = $1 and purpose = 'NOTICE'";
        let status: String = app.value(&shop, statement).await;
        assert_eq!(status, "QUEUED");
        match decision {
            "cancelled" => app.cancel(&shop, &booked["id"]).await,
            "confirmed" => {
                let path = format!("/api/appointments/{}", booked["id"].as_str().unwrap());
                let staff = app.staff(&shop).await;
                let confirmed = staff.patch(&path, json!({ "status": "CONFIRMED" })).await;
                confirmed.expect(200);
            }
            _ => {}
        }
        app.advance(hours(12));
        app.run_jobs().await;
        let status: String = app.value(&shop, statement).await;
        let expected = if decision == "none" {
            "SENT"
        } else {
            "SUPPRESSED"
        };
        assert_eq!(status, expected, "{decision}");
    }
}

#[tokio::test]
async fn who_is_told_that_a_time_is_in_doubt_is_not_offered_it() {
    let (app, shop) = connected().await;
    app.book(&shop, TUESDAY_AT_NINE).await;
    // A second van is free then, and the calendar does not answer.
    let van = json!({ "name": "Second van" });
    app.admin(&shop)
        .await
        .post("/api/resources", van)
        .await
        .expect(201);
    app.calcom.fail_next("book", 400, NOT_FREE);
    app.calcom.fail_next("slots", 500, "no");
    app.run_jobs().await;
    let texts = app.outgoing(&shop).await;
    let doubt = texts.iter().find(|text| text.purpose == "NOTICE").unwrap();
    assert_eq!(doubt.body.matches("at 9 am").count(), 1, "{}", doubt.body);
    assert!(doubt.body.contains("at 9:30 am"), "{}", doubt.body);
}
