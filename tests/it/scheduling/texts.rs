//! What the person is told.
use rocket_reception::kernel::ids::ResourceId;
use serde_json::json;

use super::{ANNE, AT_NINE, AT_TEN, book, path_of, wish};
use crate::support::{Subscriber, TestApp, at, hours, minutes};

/// Until this moment, minute schedules and all.
async fn go_to(app: &TestApp, moment: &str) {
    app.advance(at(moment) - app.clock.now());
    app.run_schedules().await;
    app.run_jobs().await;
}

/// What stands in `reminders`: kind, state, when it is due, why it was dropped.
async fn reminders(app: &TestApp, shop: &Subscriber) -> Vec<String> {
    let statement = "select concat_ws(' ', kind, state, to_char(due_at at time zone 'UTC', 'DD HH24:MI'), reason)
                       from reminders where subscriber_id = $1 order by starts_at, due_at, kind";
    let rows = app.rows::<(String,)>(shop, statement).await;
    rows.into_iter().map(|(text,)| text).collect()
}

#[tokio::test]
async fn a_booking_is_confirmed_at_once_and_reminded_of_a_day_and_two_hours_before() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").name("Northern Heating").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    assert_eq!(booked["confirmation_sent"], false);
    app.run_jobs().await;
    let sent = app.twilio.only_text();
    let code = booked["confirmation_code"].as_str().unwrap();
    assert!(sent.body.starts_with(
        "Northern Heating: your appointment is booked for Monday, November 23 at 10 am. Your code: "
    ));
    assert!(
        sent.body.contains(code) && sent.body.ends_with(".ics"),
        "{}",
        sent.body
    );
    let path = path_of(&booked);
    let shown = staff.get(&path).await.json();
    assert_eq!(
        (&shown["confirmation_sent"], &shown["reminder_sent"]),
        (&json!(true), &json!(false))
    );
    go_to(&app, "2026-11-22T15:59:00Z").await;
    assert_eq!(app.twilio.texts().len(), 1);
    go_to(&app, "2026-11-22T16:00:00Z").await;
    assert_eq!(app.twilio.texts().len(), 2);
    assert!(
        app.twilio.bodies()[1]
            .contains("a reminder of your appointment on Monday, November 23 at 10 am")
    );
    assert_eq!(staff.get(&path).await.json()["reminder_sent"], true);
    go_to(&app, "2026-11-23T14:00:00Z").await;
    go_to(&app, "2026-11-23T15:30:00Z").await;
    assert_eq!(app.twilio.texts().len(), 3);
    let purposes: Vec<String> = app
        .outgoing(&shop)
        .await
        .into_iter()
        .map(|text| text.purpose)
        .collect();
    assert_eq!(purposes, ["CONFIRMATION", "REMINDER", "REMINDER"]);
}

#[tokio::test]
async fn nobody_is_reminded_at_night_and_the_night_is_the_persons() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    book(&staff, AT_NINE).await;
    // Two hours before nine is seven: the evening before, at half past eight.
    let expected = [
        "CONFIRMATION WAITING 21 16:00",
        "REMINDER_24H WAITING 22 15:00",
        "REMINDER_2H WAITING 23 02:30",
    ];
    assert_eq!(reminders(&app, &shop).await, expected);
    let far = app.subscriber("far").await;
    app.change(
        &far,
        "insert into contacts (subscriber_id, id, phone, source, timezone)
         values ($1, gen_random_uuid(), '+15145550123', 'CALL', 'America/Vancouver')",
    )
    .await;
    // Noon in Winnipeg is ten in Vancouver: nine o'clock is seven, a day before as well.
    let staff = app.staff(&far).await;
    book(&staff, AT_NINE).await;
    let expected = [
        "CONFIRMATION WAITING 21 16:00",
        "REMINDER_24H WAITING 22 04:30",
        "REMINDER_2H WAITING 23 04:30",
    ];
    assert_eq!(reminders(&app, &far).await, expected);
}

#[tokio::test]
async fn one_that_was_moved_or_cancelled_is_reminded_of_no_more() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let path = path_of(&book(&staff, AT_TEN).await);
    app.run_jobs().await;
    let moving = json!({"starts_at": "2026-11-24T20:00:00Z"});
    staff
        .patch(&format!("{path}/reschedule"), moving)
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(
        app.twilio.bodies()[1].contains("your appointment is now on Tuesday, November 24 at 2 pm")
    );
    go_to(&app, "2026-11-23T15:00:00Z").await;
    assert_eq!(app.twilio.texts().len(), 2, "nothing of Monday");
    go_to(&app, "2026-11-23T20:00:00Z").await;
    assert_eq!(app.twilio.texts().len(), 3);
    staff.delete(&path).await.expect(200);
    go_to(&app, "2026-11-24T19:00:00Z").await;
    assert_eq!(app.twilio.texts().len(), 3, "nothing after the end of it");
    let expected = [
        "CONFIRMATION QUEUED 21 16:00",
        "REMINDER_24H DROPPED 22 16:00 MOVED",
        "REMINDER_2H DROPPED 23 14:00 MOVED",
        "CONFIRMATION QUEUED 21 16:00",
        "REMINDER_24H QUEUED 23 20:00",
        "REMINDER_2H DROPPED 24 18:00 CANCELLED",
    ];
    assert_eq!(reminders(&app, &shop).await, expected);
}

#[tokio::test]
async fn who_opted_out_is_told_nothing() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    app.run_jobs().await;
    let stop = app.text_from(ANNE).to(&shop.number).says("STOP");
    stop.send().await.expect(200);
    app.run_jobs().await;
    let before = app.twilio.texts().len();
    for moment in ["2026-11-22T16:00:00Z", "2026-11-23T14:00:00Z"] {
        go_to(&app, moment).await;
    }
    assert_eq!(app.twilio.texts().len(), before);
    let dropped = reminders(&app, &shop).await;
    assert_eq!(
        dropped[1..],
        [
            "REMINDER_24H DROPPED 22 16:00 OPTED_OUT",
            "REMINDER_2H DROPPED 23 14:00 OPTED_OUT"
        ]
    );
    assert_eq!(
        staff.get(&path_of(&booked)).await.json()["reminder_sent"],
        false
    );
}

#[tokio::test]
async fn where_texts_are_off_or_there_is_no_number_nothing_is_queued() {
    let app = TestApp::start().await;
    let (quiet, mute) = (
        app.subscriber("quiet").await,
        app.subscriber("mute").sms_off().await,
    );
    let off = json!({"sms_notifications": false});
    app.admin(&quiet)
        .await
        .put("/api/settings", off)
        .await
        .expect(200);
    for (shop, reason) in [(&quiet, "TEXTS_OFF"), (&mute, "NO_NUMBER")] {
        let staff = app.staff(shop).await;
        let booked = book(&staff, AT_TEN).await;
        app.run_jobs().await;
        assert!(app.outgoing(shop).await.is_empty());
        assert_eq!(
            reminders(&app, shop).await[0],
            format!("CONFIRMATION DROPPED 21 16:00 {reason}")
        );
        let order = json!({"appointment_id": booked["id"]});
        let answer = staff
            .post("/api/messages/appointment-confirmation", order)
            .await;
        answer.expect_problem(409, "conflict");
    }
}

#[tokio::test]
async fn a_text_is_in_the_language_of_the_person() {
    let app = TestApp::start().await;
    let shop = app
        .subscriber("boreale")
        .language("fr")
        .name("Boréale")
        .await;
    let staff = app.staff(&shop).await;
    book(&staff, AT_TEN).await;
    app.change(
        &shop,
        "update contacts set language = 'es' where subscriber_id = $1",
    )
    .await;
    app.run_jobs().await;
    let text = app.twilio.only_text().body;
    assert!(
        text.starts_with("Boréale: su cita queda reservada para el lunes 23 de noviembre, 10 am."),
        "{text}"
    );
    app.change(
        &shop,
        "update contacts set language = null where subscriber_id = $1",
    )
    .await;
    book(&staff, AT_NINE).await;
    app.run_jobs().await;
    let text = app.twilio.bodies()[1].clone();
    // The conversation goes on in the business's language.
    assert!(
        text.starts_with("Boréale : votre rendez-vous est pris pour le lundi 23 novembre à 9 h."),
        "{text}"
    );
}

#[tokio::test]
async fn staff_may_confirm_again_once_per_key_and_only_what_still_stands() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    app.run_jobs().await;
    let order = json!({"appointment_id": booked["id"]});
    let path = "/api/messages/appointment-confirmation";
    for _ in 0..2 {
        let mut request = staff.prepare(axum::http::Method::POST, path, Some(order.clone()));
        request
            .headers_mut()
            .insert("idempotency-key", "again".parse().unwrap());
        let answer = app.send(request).await.expect(202).json();
        assert_eq!(answer["status"], "QUEUED");
        assert!(answer["segments"].as_i64().unwrap() >= 1);
        assert_eq!(answer["interaction_id"].as_str().map(str::len), Some(36));
    }
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 2);
    staff.delete(&path_of(&booked)).await.expect(200);
    staff
        .post(path, order)
        .await
        .expect_problem(409, "conflict");
    let unknown = json!({"appointment_id": ResourceId::new()});
    staff
        .post(path, unknown)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_text_that_waits_is_not_sent_when_its_appointment_is_cancelled_meanwhile() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    app.twilio.limit_next(60);
    app.run_jobs().await;
    assert_eq!(app.only_outgoing(&shop).await.status, "QUEUED");
    staff.delete(&path_of(&booked)).await.expect(200);
    app.advance(minutes(10));
    app.run_jobs().await;
    let text = app.only_outgoing(&shop).await;
    assert_eq!(
        (text.status.as_str(), text.reason.as_deref()),
        ("SUPPRESSED", Some("OUTDATED"))
    );
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn every_replica_looks_and_each_reminder_goes_out_once() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    for start in [AT_NINE, AT_TEN] {
        book(&staff, start).await;
    }
    let mut by_mail = wish("2026-11-23T17:00:00Z");
    by_mail["customer_phone"] = json!("+12045550177");
    staff.post("/api/appointments", by_mail).await.expect(201);
    app.run_jobs().await;
    app.advance(at("2026-11-22T17:00:00Z") - app.clock.now());
    app.run_schedules().await;
    app.run_schedules().await;
    app.advance(hours(1));
    app.run_schedules().await;
    assert_eq!(app.twilio.texts().len(), 6);
}
