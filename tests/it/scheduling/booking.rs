//! Booking, and what stands afterwards.
use rocket_reception::{
    kernel::{db::TenantTx, ids::InteractionId},
    scheduling::{Error, Proof, find_for},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ANNE, AT_NINE, AT_TEN, BORIS, book, book_by_tool, booking, data, each, path_of, slots, wish,
};
use crate::support::{Subscriber, TestApp, at};

#[tokio::test]
async fn a_slot_a_start_and_a_local_time_are_three_ways_to_book() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let offered = slots(&staff, "from=2026-11-23&to=2026-11-23").await;
    let ways = [
        json!({"slot": offered[0]["slot"]}),
        json!({"starts_at": AT_TEN}),
        json!({"appointment_date": "2026-11-23", "appointment_time": "14:30"}),
    ];
    for (way, time) in ways.into_iter().zip(["09:00", "10:00", "14:30"]) {
        let mut body = wish(AT_NINE);
        body.as_object_mut().unwrap().remove("starts_at");
        body.as_object_mut()
            .unwrap()
            .extend(way.as_object().unwrap().clone());
        let booked = staff
            .post("/api/appointments", body)
            .await
            .expect(201)
            .json();
        assert_eq!(booked["appointment_time"], time);
        assert_eq!(booked["appointment_date"], "2026-11-23");
        assert_eq!(booked["timezone"], "America/Winnipeg");
        assert_eq!(
            (&booked["status"], &booked["source"]),
            (&json!("CONFIRMED"), &json!("MANUAL"))
        );
        assert_eq!(booked["duration"], 30);
        assert_eq!(booked["customer_phone"], ANNE);
        assert_eq!(booked["confirmation_code"].as_str().unwrap().len(), 6);
        assert_eq!(booked["contact_id"].as_str().map(str::len), Some(36));
        for member in [
            "purpose",
            "service_id",
            "customer_email",
            "call_sid",
            "interaction_id",
            "notes",
        ] {
            assert_eq!(booked.get(member), Some(&Value::Null), "{member}");
        }
    }
    assert_eq!(app.count_events(&shop, "appointment.booked").await, 3);
    assert_eq!(app.count_events(&shop, "contact.created").await, 1);
    let customers = data(staff.get("/api/customers").await);
    assert_eq!(
        (&customers[0]["appointments"], &customers[0]["name"]),
        (&json!(3), &json!("Anne Roy"))
    );
}

#[tokio::test]
async fn a_time_that_is_taken_is_refused_with_the_nearest_others() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    book(&staff, AT_TEN).await;
    let refused = staff.post("/api/appointments", wish(AT_TEN)).await;
    let problem = refused.expect_problem(409, "slot_taken").json();
    let others = problem["alternatives"].as_array().unwrap();
    assert_eq!(
        each(others, "starts_at"),
        [
            "2026-11-23T15:00:00Z",
            "2026-11-23T15:30:00Z",
            "2026-11-23T16:30:00Z",
            "2026-11-23T17:00:00Z",
            "2026-11-23T17:30:00Z"
        ]
    );
    let mut instead = wish(AT_TEN);
    instead.as_object_mut().unwrap().remove("starts_at");
    instead["slot"] = others[1]["slot"].clone();
    staff.post("/api/appointments", instead).await.expect(201);
}

#[tokio::test]
async fn the_same_key_books_once() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let send = async || {
        let mut request = staff.prepare(
            axum::http::Method::POST,
            "/api/appointments",
            Some(wish(AT_TEN)),
        );
        request
            .headers_mut()
            .insert("idempotency-key", "one".parse().unwrap());
        app.send(request).await.expect(201).json()
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first, second);
    assert_eq!(data(staff.get("/api/appointments").await).len(), 1);
}

#[tokio::test]
async fn lists_are_filtered_paged_and_todays_are_in_order() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let mut ids = Vec::new();
    for start in [AT_TEN, AT_NINE, "2026-11-24T15:00:00Z"] {
        ids.push(book(&staff, start).await["id"].clone());
    }
    let boris = json!({"starts_at": "2026-11-25T15:00:00Z", "customer_name": "Boris", "customer_phone": BORIS});
    let boris = staff
        .post("/api/appointments", boris)
        .await
        .expect(201)
        .json();
    let of = async |query: &str| {
        let rows = data(staff.get(&format!("/api/appointments{query}")).await);
        each(&rows, "starts_at")
    };
    let all = [
        "2026-11-25T15:00:00Z",
        "2026-11-24T15:00:00Z",
        AT_TEN,
        AT_NINE,
    ];
    assert_eq!(of("").await, all);
    assert_eq!(of("?from=2026-11-24&to=2026-11-24").await, all[1..2]);
    assert_eq!(
        of(&format!("?phone={}", BORIS.replace('+', "%2B"))).await,
        all[..1]
    );
    let resource = boris["resource_id"].as_str().unwrap();
    assert_eq!(of(&format!("?resource_id={resource}")).await, all);
    assert!(
        of(&format!("?resource_id={}", Uuid::now_v7()))
            .await
            .is_empty()
    );
    staff.delete(&path_of(&boris)).await.expect(200);
    assert_eq!(of("?status=cancelled").await, all[..1]);
    let page = staff
        .get("/api/appointments?limit=3")
        .await
        .expect(200)
        .json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(of(&format!("?limit=3&cursor={cursor}")).await, all[3..]);
    // On Monday.
    app.advance(crate::support::hours(45));
    let today = data(staff.get("/api/appointments/today").await);
    assert_eq!(each(&today, "starts_at"), [AT_NINE, AT_TEN]);
    let stats = staff.get("/api/dashboard/stats").await.expect(200).json();
    assert_eq!(stats["appointments_today"], 2);
    let operator = app.operator().await;
    let everybodys = data(operator.get("/api/admin/appointments").await);
    assert_eq!(everybodys.len(), 4);
    let cancelled = data(
        operator
            .get("/api/admin/appointments?status=cancelled")
            .await,
    );
    assert_eq!(cancelled[0]["subscriber_id"], json!(shop.id));
}

/// A text conversation that is open.
async fn conversation(app: &TestApp, shop: &Subscriber) -> InteractionId {
    let text = app.text_from(ANNE).to(&shop.number).says("hello");
    text.send().await.expect(200);
    app.run_jobs().await;
    let statement = "select id from interactions where subscriber_id = $1";
    InteractionId(app.value(shop, statement).await)
}

#[tokio::test]
async fn a_booking_in_a_conversation_is_its_outcome_and_stands_in_its_black_box() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let interaction = conversation(&app, &shop).await;
    let new = booking(ANNE, AT_TEN, Some(interaction));
    book_by_tool(&app.state, &shop, &new).await.unwrap();
    let outcome = "select outcome_type from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&shop, outcome).await, "BOOKED");
    let sums = "select sum(booked)::bigint from usage_rollups where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&shop, sums).await, 1);
    // Another one changes no sum.
    let new = booking(ANNE, AT_NINE, Some(interaction));
    book_by_tool(&app.state, &shop, &new).await.unwrap();
    assert_eq!(app.value::<i64>(&shop, sums).await, 1);
    let lines = "select count(*) from black_box_events where subscriber_id = $1 and kind = 'appointment.booked'";
    assert_eq!(app.value::<i64>(&shop, lines).await, 2);
}

#[tokio::test]
async fn who_speaks_of_an_appointment_has_its_code_or_calls_from_its_number() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    let booked = book_by_tool(&app.state, &shop, &booking(ANNE, AT_TEN, None))
        .await
        .unwrap();
    let find = async |who: &Subscriber, caller: Option<&str>, code: Option<&str>| {
        let mut tx = TenantTx::begin(&app.state.db, who.id).await.unwrap();
        let proof = Proof {
            caller: caller.map(|text| text.parse().unwrap()),
            code: code.map(str::to_owned),
        };
        find_for(&mut tx, &proof, app.clock.now()).await
    };
    let code = booked.confirmation_code.to_lowercase();
    let spelled: Vec<String> = code.chars().map(String::from).collect();
    for (caller, code) in [
        (Some(ANNE), None),
        (None, Some(code.as_str())),
        (Some(BORIS), Some(spelled.join(" ").as_str())),
    ] {
        let found = find(&shop, caller, code).await.unwrap();
        assert_eq!(found[0].id, booked.id);
    }
    assert!(matches!(
        find(&shop, Some(BORIS), None).await,
        Err(Error::NeedsProof)
    ));
    assert!(matches!(
        find(&shop, None, None).await,
        Err(Error::NeedsProof)
    ));
    assert!(matches!(
        find(&shop, None, Some("AFH234")).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        find(&other, Some(ANNE), Some(&code)).await,
        Err(Error::NotFound)
    ));
    // One that is over is of no more use.
    app.clock
        .advance(at("2026-11-24T00:00:00Z") - app.clock.now());
    assert!(matches!(
        find(&shop, Some(ANNE), None).await,
        Err(Error::NeedsProof)
    ));
}
