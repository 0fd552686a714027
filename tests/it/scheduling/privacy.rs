//! Appointments belong to people: merged with them, given to them, and forgotten.
use serde_json::json;

use super::{ANNE, AT_NINE, AT_TEN, book, data, path_of, wish};
use crate::support::{TestApp, hours};

#[tokio::test]
async fn two_contacts_that_are_one_have_their_appointments_together() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let first = book(&staff, AT_TEN).await;
    let mut other = wish(AT_NINE);
    other["customer_phone"] = json!(super::BORIS);
    let second = staff
        .post("/api/appointments", other)
        .await
        .expect(201)
        .json();
    let path = format!(
        "/api/contacts/{}/merge",
        second["contact_id"].as_str().unwrap()
    );
    admin
        .post(&path, json!({"into": first["contact_id"]}))
        .await
        .expect(200);
    let shown = staff.get(&path_of(&second)).await.expect(200).json();
    assert_eq!(shown["contact_id"], first["contact_id"]);
    let customers = data(staff.get("/api/customers").await);
    let ours = customers
        .iter()
        .find(|row| row["contact_id"] == first["contact_id"]);
    assert_eq!(ours.unwrap()["appointments"], 2);
}

#[tokio::test]
async fn a_person_who_is_forgotten_leaves_a_time_that_was_taken_and_nothing_else() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (owner, staff) = (app.owner(&shop).await, app.staff(&shop).await);
    let mut body = wish(AT_TEN);
    body["customer_email"] = json!("anne@people.example");
    body["notes"] = json!("the blue door");
    body["purpose"] = json!("a leak");
    let booked = staff
        .post("/api/appointments", body)
        .await
        .expect(201)
        .json();
    app.run_jobs().await;
    let path = format!(
        "/api/contacts/{}/erase",
        booked["contact_id"].as_str().unwrap()
    );
    owner.post(&path, json!({})).await.expect(202);
    app.run_jobs().await;
    let shown = staff.get(&path_of(&booked)).await.expect(200).json();
    for member in [
        "customer_name",
        "customer_phone",
        "customer_email",
        "notes",
        "purpose",
    ] {
        assert!(shown[member].is_null(), "{member}: {shown}");
    }
    assert_eq!(
        (&shown["starts_at"], &shown["status"]),
        (&json!(AT_TEN), &json!("CONFIRMED"))
    );
    let before = app.twilio.texts().len();
    app.advance(hours(24));
    app.run_schedules().await;
    assert_eq!(app.twilio.texts().len(), before, "nobody is reminded");
}

#[tokio::test]
async fn what_is_said_of_a_visit_is_not_kept_where_health_data_is_handled() {
    let app = TestApp::start().await;
    let shop = app.subscriber("clinic").await;
    let (owner, staff) = (app.owner(&shop).await, app.staff(&shop).await);
    let mut body = wish(AT_TEN);
    body["purpose"] = json!("a rash");
    body["notes"] = json!("on the arm");
    let before = staff
        .post("/api/appointments", body.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(before["purpose"], "a rash");
    let on = json!({"handles_health_data": true});
    owner.put("/api/settings/privacy", on).await.expect(200);
    app.run_jobs().await;
    body["starts_at"] = json!(AT_NINE);
    let after = staff
        .post("/api/appointments", body)
        .await
        .expect(201)
        .json();
    let update = json!({"notes": "on the leg"});
    staff.patch(&path_of(&after), update).await.expect(200);
    for appointment in [before, after] {
        let shown = staff.get(&path_of(&appointment)).await.expect(200).json();
        assert!(
            shown["purpose"].is_null() && shown["notes"].is_null(),
            "{shown}"
        );
        assert_eq!(shown["customer_phone"], ANNE);
    }
}

#[tokio::test]
async fn visits_of_long_ago_lose_their_names() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let old = book(&staff, AT_NINE).await;
    app.advance(hours(24 * 365 * 3 + 24 * 4));
    let day = app.clock.now().date_naive();
    let monday = (0..7)
        .filter_map(|ahead| day.checked_add_days(chrono::Days::new(ahead + 1)))
        .find(|date| chrono::Datelike::weekday(date) == chrono::Weekday::Mon)
        .unwrap();
    let staff = app.staff(&shop).await;
    let new = book(&staff, &format!("{monday}T16:00:00Z")).await;
    app.run_schedules().await;
    app.run_jobs().await;
    assert!(staff.get(&path_of(&old)).await.json()["customer_name"].is_null());
    assert_eq!(
        staff.get(&path_of(&new)).await.json()["customer_name"],
        "Anne Roy"
    );
}
