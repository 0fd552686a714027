//! Moving, cancelling, and what became of a visit.
use rocket_reception::{
    kernel::{db::TenantTx, ids::InteractionId},
    scheduling::{self, Proof},
};
use serde_json::json;

use super::{
    ANNE, AT_NINE, AT_TEN, BORIS, book, book_by_tool, booking, each, path_of, slots, wish,
};
use crate::support::{TestApp, hours};

const MONDAY: &str = "from=2026-11-23&to=2026-11-23";

#[tokio::test]
async fn one_that_is_moved_leaves_its_time_and_takes_another() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    let path = format!("{}/reschedule", path_of(&booked));
    let moved = staff
        .patch(&path, json!({"starts_at": AT_NINE}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&moved["starts_at"], &moved["id"]),
        (&json!(AT_NINE), &booked["id"])
    );
    assert_eq!(moved["confirmation_code"], booked["confirmation_code"]);
    let free = each(&slots(&staff, MONDAY).await, "starts_at");
    assert!(free.contains(&AT_TEN.to_owned()) && !free.contains(&AT_NINE.to_owned()));
    // Half an hour later: over a part of itself.
    let mut long = wish("2026-11-24T15:00:00Z");
    long["duration"] = json!(120);
    let long = staff
        .post("/api/appointments", long)
        .await
        .expect(201)
        .json();
    let path = format!("{}/reschedule", path_of(&long));
    let later = json!({"appointment_date": "2026-11-24", "appointment_time": "9:30"});
    let moved = staff.patch(&path, later).await.expect(200).json();
    assert_eq!(
        (&moved["starts_at"], &moved["duration"]),
        (&json!("2026-11-24T15:30:00Z"), &json!(120))
    );
    // To where it is: nothing happens.
    let same = json!({"starts_at": "2026-11-24T15:30:00Z"});
    staff.patch(&path, same).await.expect(200);
    assert_eq!(app.count_events(&shop, "appointment.rescheduled").await, 2);
    let taken = json!({"starts_at": AT_NINE});
    let refused = staff
        .patch(&path, taken)
        .await
        .expect_problem(409, "slot_taken")
        .json();
    assert_eq!(refused["alternatives"].as_array().unwrap().len(), 5);
    let closed = json!({"starts_at": "2026-11-28T16:00:00Z"});
    staff
        .patch(&path, closed)
        .await
        .expect_problem(422, "outside_hours");
    let offered = slots(&staff, "from=2026-11-25&to=2026-11-25").await;
    let by_token = json!({"slot": offered[2]["slot"]});
    let moved = staff.patch(&path, by_token).await.expect(200).json();
    assert_eq!(moved["starts_at"], offered[2]["starts_at"]);
}

#[tokio::test]
async fn whoever_wants_to_move_is_not_offered_the_time_that_is_theirs_already() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    let half_past = "2026-11-23T16:30:00Z";
    book(&staff, half_past).await;
    let path = format!("{}/reschedule", path_of(&booked));
    let refused = staff.patch(&path, json!({"starts_at": half_past})).await;
    let refused = refused.expect_problem(409, "slot_taken").json();
    let others = each(refused["alternatives"].as_array().unwrap(), "starts_at");
    assert_eq!(others.len(), 5);
    assert!(
        !others.contains(&AT_TEN.to_owned()) && others.contains(&AT_NINE.to_owned()),
        "{others:?}"
    );
}

#[tokio::test]
async fn the_phone_that_booked_for_somebody_else_proves_it_as_well() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let text = app.text_from(BORIS).to(&shop.number).says("hello");
    text.send().await.expect(200);
    let found = "select id from interactions where subscriber_id = $1";
    let conversation = InteractionId(app.value(&shop, found).await);
    let wish = booking(ANNE, AT_TEN, Some(conversation));
    let booked = book_by_tool(&app.state, &shop, &wish).await.unwrap();
    for (phone, is_theirs) in [(ANNE, true), (BORIS, true), ("+15145550177", false)] {
        let proof = Proof {
            caller: Some(phone.parse().unwrap()),
            code: None,
        };
        let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
        let found = scheduling::find_for(&mut tx, &proof, app.clock.now()).await;
        tx.end_reading();
        let found = found.map(|found| found[0].id).ok();
        assert_eq!(found == Some(booked.id), is_theirs, "{phone}");
    }
}

#[tokio::test]
async fn a_cancelled_one_stays_in_the_list_and_its_time_is_free_at_once() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    let path = path_of(&booked);
    for _ in 0..2 {
        let cancelled = staff.delete(&path).await.expect(200).json();
        assert_eq!(cancelled["status"], "CANCELLED");
    }
    assert_eq!(app.count_events(&shop, "appointment.cancelled").await, 1);
    staff.get(&path).await.expect(200);
    let again = book(&staff, AT_TEN).await;
    assert_ne!(again["id"], booked["id"]);
    let revive = json!({"status": "CONFIRMED"});
    staff
        .patch(&path, revive)
        .await
        .expect_problem(409, "conflict");
    let moving = json!({"starts_at": AT_NINE});
    let moved = staff.patch(&format!("{path}/reschedule"), moving).await;
    moved.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_visit_is_completed_or_missed_only_when_it_has_begun() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let path = path_of(&book(&staff, AT_TEN).await);
    for status in ["COMPLETED", "NO_SHOW", "PENDING"] {
        let refused = staff.patch(&path, json!({"status": status})).await;
        refused.expect_problem(409, "conflict");
    }
    app.advance(hours(48));
    for status in ["completed", "NO_SHOW", "CONFIRMED", "COMPLETED"] {
        let marked = staff
            .patch(&path, json!({"status": status}))
            .await
            .expect(200)
            .json();
        assert_eq!(marked["status"], status.to_uppercase());
    }
    staff.delete(&path).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn who_did_not_come_left_the_time_to_others_and_cannot_have_it_back() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let mut long = wish(AT_TEN);
    long["duration"] = json!(240);
    let long = staff
        .post("/api/appointments", long)
        .await
        .expect(201)
        .json();
    let path = path_of(&long);
    app.advance(hours(48) + hours(1));
    staff
        .patch(&path, json!({"status": "NO_SHOW"}))
        .await
        .expect(200);
    // It is eleven; at one somebody else comes, within what was booked until two.
    book(&staff, "2026-11-23T19:00:00Z").await;
    let refused = staff.patch(&path, json!({"status": "CONFIRMED"})).await;
    refused.expect_problem(409, "slot_taken");
    assert_eq!(staff.get(&path).await.json()["status"], "NO_SHOW");
}

#[tokio::test]
async fn what_is_said_of_a_visit_can_be_corrected() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    let path = path_of(&booked);
    let update = json!({
        "customer_name": "Boris", "customer_phone": super::BORIS, "customer_email": "B@X.example",
        "notes": "rings twice", "purpose": "a leak",
    });
    let changed = staff.patch(&path, update).await.expect(200).json();
    assert_eq!(changed["customer_email"], "b@x.example");
    assert_eq!(
        (&changed["notes"], &changed["purpose"]),
        (&json!("rings twice"), &json!("a leak"))
    );
    assert_ne!(changed["contact_id"], booked["contact_id"]);
    let cleared = staff
        .patch(&path, json!({"notes": null}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&cleared["notes"], &cleared["purpose"]),
        (&json!(null), &json!("a leak"))
    );
    let bad = json!({"customer_phone": "12345"});
    staff
        .patch(&path, bad)
        .await
        .expect_problem(422, "invalid_request");
    staff
        .patch(&path, json!({"starts_at": AT_NINE}))
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn moving_and_cancelling_in_a_conversation_are_its_outcomes_but_not_after_a_booking() {
    use rocket_reception::{
        kernel::{db::TenantTx, ids::InteractionId},
        scheduling::{Act, When, cancel, reschedule},
    };
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let booked = book_by_tool(&app.state, &shop, &booking(ANNE, AT_TEN, None))
        .await
        .unwrap();
    let text = app.text_from(ANNE).to(&shop.number).says("hello");
    text.send().await.expect(200);
    app.run_jobs().await;
    let statement =
        "select id from interactions where subscriber_id = $1 and direction = 'INBOUND'";
    let interaction = InteractionId(app.value(&shop, statement).await);
    let outcome =
        "select outcome_type from interactions where subscriber_id = $1 and direction = 'INBOUND'";
    let act = Act::of_tool(interaction);
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
    cancel(&mut tx, booked.id, act, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.value::<String>(&shop, outcome).await, "CANCELLED");
    let again = book_by_tool(&app.state, &shop, &booking(ANNE, AT_TEN, None))
        .await
        .unwrap();
    let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
    let when = When::Start(crate::support::at(AT_NINE));
    reschedule(&mut tx, &app.state.keyring, again.id, &when, act, now)
        .await
        .unwrap();
    cancel(&mut tx, again.id, act, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        app.value::<String>(&shop, outcome).await,
        "RESCHEDULED",
        "the more telling one"
    );
    let sums = "select (sum(outcome_rescheduled), sum(outcome_cancelled))::text from usage_rollups
                 where subscriber_id = $1";
    assert_eq!(app.value::<String>(&shop, sums).await, "(1,0)");
}
