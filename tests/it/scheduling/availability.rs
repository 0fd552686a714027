//! What is offered.
use serde_json::json;

use super::{AT_NINE, AT_TEN, book, each, open, service, slots, wish};
use crate::support::{TestApp, hours, minutes};

const MONDAY: &str = "from=2026-11-23&to=2026-11-23";

#[tokio::test]
async fn a_day_is_offered_with_tokens_and_local_times() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let monday = slots(&staff, MONDAY).await;
    assert_eq!(monday.len(), 16, "nine to five in half hours");
    let first = &monday[0];
    assert_eq!(first["starts_at"], AT_NINE);
    assert_eq!(first["ends_at"], "2026-11-23T15:30:00Z");
    assert_eq!(first["local"], "2026-11-23T09:00:00-06:00");
    assert!(first["slot"].as_str().unwrap().len() < 160);
    assert!(
        slots(&staff, "from=2026-11-21&to=2026-11-22")
            .await
            .is_empty()
    );
    let week = slots(&staff, "from=2026-11-23&to=2026-11-29").await;
    assert_eq!(week.len(), 5 * 16);
}

#[tokio::test]
async fn the_zone_of_who_asks_changes_how_a_time_is_shown_and_nothing_else() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let own = slots(&staff, MONDAY).await;
    let asked = format!("{MONDAY}&timezone=Europe/Paris");
    let answer = staff.get(&format!("/api/availability?{asked}")).await;
    assert_eq!(answer.expect(200).json()["timezone"], "Europe/Paris");
    let paris = slots(&staff, &asked).await;
    assert_eq!(each(&own, "starts_at"), each(&paris, "starts_at"));
    assert_eq!(paris[0]["local"], "2026-11-23T16:00:00+01:00");
}

#[tokio::test]
async fn a_service_has_its_length_and_its_buffer() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let repair = service(&admin, "Repair", 60, 30).await;
    let asked = format!("{MONDAY}&service_id={repair}");
    let free = slots(&staff, &asked).await;
    assert_eq!(
        free.len(),
        15,
        "the last one ends at five, its buffer after it"
    );
    let mut ten = wish(AT_TEN);
    ten["service_id"] = json!(repair);
    let booked = staff
        .post("/api/appointments", ten)
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&booked["duration"], &booked["service_id"]),
        (&json!(60), &json!(repair))
    );
    let free = each(&slots(&staff, &asked).await, "starts_at");
    // Ten to eleven and its buffer; what would end, with its own, after ten.
    for taken in ["15:00", "15:30", "16:00", "16:30", "17:00"] {
        assert!(
            !free.contains(&format!("2026-11-23T{taken}:00Z")),
            "{taken}"
        );
    }
    assert!(free.contains(&"2026-11-23T17:30:00Z".to_owned()));
    // A short one without a buffer fits before.
    let short = each(&slots(&staff, MONDAY).await, "starts_at");
    assert!(short.contains(&"2026-11-23T15:30:00Z".to_owned()));
    assert!(!short.contains(&"2026-11-23T17:00:00Z".to_owned()));
}

#[tokio::test]
async fn holidays_lead_time_and_horizon_are_the_businesss_own() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let half_day =
        json!({"date": "2026-11-23", "name": "Inventory", "opens": "10:00", "closes": "11:00"});
    admin.post("/api/holidays", half_day).await.expect(201);
    let monday = each(&slots(&staff, MONDAY).await, "starts_at");
    assert_eq!(monday, [AT_TEN, "2026-11-23T16:30:00Z"]);
    let rules = json!({"booking_lead_minutes": 60 * 48 + 30, "booking_horizon_days": 3});
    let settings = admin.put("/api/settings", rules).await.expect(200).json();
    assert_eq!(settings["booking_lead_minutes"], 60 * 48 + 30);
    assert_eq!(settings["booking_horizon_days"], 3);
    // It is Saturday, ten o'clock: until Monday, half past ten; up to Tuesday.
    let all = each(
        &slots(&staff, "from=2026-11-21&to=2027-02-01").await,
        "starts_at",
    );
    assert_eq!(all[0], "2026-11-23T16:30:00Z");
    assert_eq!(all.last().unwrap(), "2026-11-24T22:30:00Z");
    assert_eq!(all.len(), 1 + 16);
}

#[tokio::test]
async fn the_days_on_which_clocks_change_are_whole() {
    let app = TestApp::start().await;
    for (slug, zone, night) in [
        ("east", "America/Toronto", "2027-03-14"),
        ("paris", "Europe/Paris", "2027-03-28"),
    ] {
        let shop = app.subscriber(slug).zone(zone).await;
        let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
        let week = json!([{"day": "SUN", "opens": "01:00", "closes": "05:00"}]);
        open(&admin, week).await;
        let far = json!({"booking_horizon_days": 365});
        admin.put("/api/settings", far).await.expect(200);
        let found = slots(&staff, &format!("from={night}&to={night}")).await;
        let times: Vec<String> = each(&found, "local")
            .iter()
            .map(|local| local[11..16].to_owned())
            .collect();
        assert_eq!(
            times,
            ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"],
            "{zone}"
        );
        for slot in &found {
            let start = slot["starts_at"].as_str().unwrap();
            book(&staff, start).await;
        }
        assert!(
            slots(&staff, &format!("from={night}&to={night}"))
                .await
                .is_empty()
        );
    }
}

#[tokio::test]
async fn what_was_booked_stays_when_the_hours_change() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let repair = service(&admin, "Repair", 60, 0).await;
    let mut ten = wish(AT_TEN);
    ten["service_id"] = json!(repair);
    let booked = staff
        .post("/api/appointments", ten)
        .await
        .expect(201)
        .json();
    open(
        &admin,
        json!([{"day": "TUE", "opens": "09:00", "closes": "12:00"}]),
    )
    .await;
    let path = format!("/api/services/{repair}");
    admin
        .put(&path, json!({"duration_minutes": 15}))
        .await
        .expect(200);
    let shown = staff.get(&super::path_of(&booked)).await.expect(200).json();
    assert_eq!(shown, booked);
    // What somebody is still to come for stays, so that they are told what for.
    admin.delete(&path).await.expect_problem(409, "conflict");
    admin
        .put(&path, json!({"is_active": false}))
        .await
        .expect(200);
    let shown = staff.get(&super::path_of(&booked)).await.expect(200).json();
    assert_eq!(shown, booked);
    staff.delete(&super::path_of(&booked)).await.expect(200);
    admin.delete(&path).await.expect(204);
    let shown = staff.get(&super::path_of(&booked)).await.expect(200).json();
    assert_eq!(
        (&shown["duration"], &shown["service_id"]),
        (&json!(60), &json!(null))
    );
    assert!(slots(&staff, MONDAY).await.is_empty());
}

#[tokio::test]
async fn a_token_is_good_for_a_quarter_of_an_hour_though_notice_is_short_meanwhile() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    app.advance(hours(46) + hours(1));
    // Monday, nine o'clock, an hour before ten.
    let offered = slots(&staff, MONDAY).await;
    assert_eq!(offered[0]["starts_at"], AT_TEN);
    app.advance(minutes(14));
    let mut bare = wish(AT_TEN);
    let refused = staff.post("/api/appointments", bare.clone()).await;
    refused.expect_problem(422, "outside_hours");
    bare.as_object_mut().unwrap().remove("starts_at");
    bare["slot"] = offered[0]["slot"].clone();
    let booked = staff
        .post("/api/appointments", bare)
        .await
        .expect(201)
        .json();
    assert_eq!(booked["starts_at"], AT_TEN);
    app.advance(minutes(1));
    let mut late = wish(AT_TEN);
    late.as_object_mut().unwrap().remove("starts_at");
    late["slot"] = offered[1]["slot"].clone();
    let refused = staff.post("/api/appointments", late).await;
    refused.expect_problem(422, "slot_invalid");
}
