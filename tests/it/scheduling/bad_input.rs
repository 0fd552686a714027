//! What makes no sense is refused with its reason, and changes nothing.
use rocket_reception::{
    kernel::ids::ResourceId,
    scheduling::token::{self, Claim},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AT_NINE, AT_TEN, book, data, path_of, service, slots, wish};
use crate::support::{TestApp, at};

fn with(members: Value) -> Value {
    let mut body = wish(AT_TEN);
    let object = body.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
    body
}

#[tokio::test]
async fn no_time_that_is_not_offered_can_be_booked() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    for (start, status, code) in [
        ("2026-11-21T15:00:00Z", 422, "in_the_past"),
        ("1970-01-01T00:00:00Z", 422, "in_the_past"),
        ("2026-11-21T16:30:00Z", 422, "outside_hours"),
        ("2026-11-22T16:00:00Z", 422, "outside_hours"),
        ("2026-11-23T14:30:00Z", 422, "outside_hours"),
        ("2026-11-23T23:00:00Z", 422, "outside_hours"),
        ("2027-03-01T16:00:00Z", 422, "outside_hours"),
        ("9999-12-31T23:59:59Z", 422, "outside_hours"),
        ("2026-11-23T16:07:00Z", 422, "slot_invalid"),
        ("2026-11-23T16:00:01Z", 422, "slot_invalid"),
        ("2026-13-40T16:00:00Z", 422, "invalid_request"),
        ("tomorrow", 422, "invalid_request"),
    ] {
        let answer = staff.post("/api/appointments", wish(start)).await;
        answer.expect_problem(status, code);
    }
    for (date, time, code) in [
        ("2026-11-23", "24:30", "invalid_request"),
        ("2026-02-30", "10:00", "invalid_request"),
        ("2026-11-22", "10:00", "outside_hours"),
        // The clocks are put forward then; and it is a Sunday.
        ("2027-03-14", "02:30", "outside_hours"),
        ("2020-11-23", "10:00", "in_the_past"),
        ("9999-12-31", "10:00", "outside_hours"),
    ] {
        let body =
            with(json!({"starts_at": null, "appointment_date": date, "appointment_time": time}));
        let answer = staff.post("/api/appointments", body).await;
        answer.expect_problem(422, code);
    }
    assert!(data(staff.get("/api/appointments").await).is_empty());
}

#[tokio::test]
async fn a_token_that_is_forged_foreign_or_of_another_service_books_nothing() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let repair = service(&admin, "Repair", 60, 0).await;
    let offered = slots(&staff, "from=2026-11-23&to=2026-11-23").await;
    let of_repair = format!("from=2026-11-23&to=2026-11-23&service_id={repair}");
    let of_repair = slots(&staff, &of_repair).await[0]["slot"].clone();
    let token = offered[0]["slot"].as_str().unwrap();
    let flipped = format!(
        "{}{}",
        if token.starts_with('A') { 'B' } else { 'A' },
        &token[1..]
    );
    let strangers = slots(&app.staff(&other).await, "from=2026-11-23&to=2026-11-23").await;
    for slot in [
        flipped.as_str(),
        strangers[0]["slot"].as_str().unwrap(),
        "",
        "AAAA",
        "2026-11-23T16:00:00Z",
        &"A".repeat(5_000),
        "\u{0}",
    ] {
        let body = with(json!({"starts_at": null, "slot": slot}));
        let answer = staff.post("/api/appointments", body).await;
        answer.expect_problem(422, "slot_invalid");
    }
    let check = service(&admin, "Check", 60, 0).await;
    let body = with(json!({"starts_at": null, "slot": of_repair, "service_id": check}));
    let answer = staff.post("/api/appointments", body).await;
    answer.expect_problem(422, "slot_invalid");
    // Signed by us, for a time that is not offered: what is offered decides, and not the token.
    let claim = Claim {
        resource: ResourceId(offered[0]["resource_id"].as_str().unwrap().parse().unwrap()),
        is_named: false,
        service: None,
        starts_at: at("2026-11-22T16:00:00Z"),
        duration_minutes: 30,
    };
    let sunday = token::write(&app.state.keyring, shop.id, &claim, app.clock.now());
    let body = with(json!({"starts_at": null, "slot": sunday}));
    let answer = staff.post("/api/appointments", body).await;
    answer.expect_problem(422, "outside_hours");
    assert!(data(staff.get("/api/appointments").await).is_empty());
}

#[tokio::test]
async fn a_request_says_who_when_and_in_one_way() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    let staff = app.staff(&shop).await;
    let others = service(&app.admin(&other).await, "Theirs", 30, 0).await;
    let theirs = slots(&app.staff(&other).await, "from=2026-11-23&to=2026-11-23").await;
    let theirs = theirs[0]["resource_id"].clone();
    for members in [
        json!({"starts_at": null}),
        json!({"appointment_date": "2026-11-23", "appointment_time": "10:00"}),
        json!({"starts_at": null, "appointment_date": "2026-11-23"}),
        json!({"starts_at": null, "appointment_time": "10:00"}),
        json!({"slot": "x"}),
        json!({"customer_name": null}),
        json!({"customer_name": "  "}),
        json!({"customer_name": "x".repeat(201)}),
        json!({"customer_name": "a\u{0}b"}),
        json!({"customer_phone": null}),
        json!({"customer_phone": "anonymous"}),
        json!({"customer_email": "nobody"}),
        json!({"service_id": others}),
        json!({"service_id": Uuid::now_v7()}),
        json!({"service_id": "x"}),
        json!({"resource_id": theirs}),
        json!({"resource_id": Uuid::now_v7()}),
        json!({"duration": 0}),
        json!({"duration": -30}),
        json!({"duration": 1441}),
        json!({"duration": 99_999_999_999_i64}),
        json!({"source": "PIGEON"}),
        json!({"notes": "x".repeat(2001)}),
        json!({"starts": AT_NINE}),
    ] {
        let answer = staff.post("/api/appointments", with(members)).await;
        answer.expect_problem(422, "invalid_request");
    }
    assert!(data(staff.get("/api/appointments").await).is_empty());
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    for query in [
        "",
        "from=2026-11-23",
        "from=2026-11-24&to=2026-11-23",
        "from=x&to=2026-11-23",
        "from=%2B262142-12-31&to=%2B262142-12-31",
        "from=-262143-01-01&to=2026-11-23",
        "from=2026-11-23&to=2026-11-23&timezone=Mars/Olympus",
        "from=2026-11-23&to=2026-11-23&duration=0",
        "from=2026-11-23&to=2026-11-23&service_id=x",
        "from=2026-11-23&to=2026-11-23&service_id=01993b3e-0000-7000-8000-000000000000",
        "from=2026-11-23&to=2026-11-23&resource_id=01993b3e-0000-7000-8000-000000000000",
    ] {
        let answer = staff.get(&format!("/api/availability?{query}")).await;
        answer.expect_problem(422, "invalid_request");
    }
    assert!(
        slots(&staff, "from=1999-01-01&to=1999-02-01")
            .await
            .is_empty()
    );
    assert!(
        slots(&staff, "from=2190-01-01&to=2190-02-01")
            .await
            .is_empty()
    );
    for query in [
        "from=x",
        "status=GONE",
        "resource_id=x",
        "cursor=%F0",
        "from=2026-11-24&to=2026-11-23",
    ] {
        let answer = staff.get(&format!("/api/appointments?{query}")).await;
        answer.expect_problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn an_appointment_of_another_business_is_not_there() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    let (staff, stranger) = (app.staff(&shop).await, app.staff(&other).await);
    let path = path_of(&book(&staff, AT_TEN).await);
    stranger.get(&path).await.expect_problem(404, "not_found");
    stranger
        .delete(&path)
        .await
        .expect_problem(404, "not_found");
    stranger
        .patch(&path, json!({"notes": "x"}))
        .await
        .expect_problem(404, "not_found");
    let moving = json!({"starts_at": AT_NINE});
    let moved = stranger.patch(&format!("{path}/reschedule"), moving).await;
    moved.expect_problem(404, "not_found");
    // Both have their own time.
    book(&stranger, AT_TEN).await;
}

#[tokio::test]
async fn where_booking_is_off_staff_books_and_nobody_else() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let off = json!({"booking_enabled": false});
    admin.put("/api/settings", off).await.expect(200);
    let by_web = with(json!({"source": "WEB"}));
    let answer = staff.post("/api/appointments", by_web).await;
    answer.expect_problem(409, "conflict");
    book(&staff, AT_TEN).await;
}
