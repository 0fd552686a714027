//! What can be booked once at a time.
use serde_json::{Value, json};

use super::{AT_TEN, book, data, each, slots, wish};
use crate::support::TestApp;

const MONDAY: &str = "from=2026-11-23&to=2026-11-23";

#[tokio::test]
async fn a_business_without_any_is_given_one_when_it_is_first_needed() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    assert!(data(staff.get("/api/resources").await).is_empty());
    let offered = slots(&staff, MONDAY).await;
    let resources = data(staff.get("/api/resources").await);
    assert_eq!(each(&resources, "name"), ["Calendar"]);
    assert_eq!(resources[0]["id"], offered[0]["resource_id"]);
    let path = format!("/api/resources/{}", resources[0]["id"].as_str().unwrap());
    admin.put(&path, json!({"name": "Anne"})).await.expect(200);
    let booked = book(&staff, AT_TEN).await;
    assert_eq!(booked["resource_id"], resources[0]["id"]);
    admin.delete(&path).await.expect_problem(409, "conflict");
    admin
        .put(&path, json!({"is_active": false}))
        .await
        .expect(200);
    assert!(
        slots(&staff, MONDAY).await.is_empty(),
        "and no other is made"
    );
    assert_eq!(data(staff.get("/api/resources").await).len(), 1);
}

#[tokio::test]
async fn a_time_is_offered_while_any_is_free_and_of_one_alone_when_it_is_named() {
    let app = TestApp::start().await;
    let shop = app.subscriber("salon").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let mut chairs = Vec::new();
    for name in ["One", "Two"] {
        let made = admin
            .post("/api/resources", json!({"name": name}))
            .await
            .expect(201)
            .json();
        chairs.push(made["id"].clone());
    }
    let of = |chair: &Value| format!("{MONDAY}&resource_id={}", chair.as_str().unwrap());
    let has_ten = async |query: &str| {
        each(&slots(&staff, query).await, "starts_at").contains(&AT_TEN.to_owned())
    };
    let named = slots(&staff, &of(&chairs[0])).await;
    let token = named
        .iter()
        .find(|slot| slot["starts_at"] == AT_TEN)
        .unwrap()["slot"]
        .clone();
    let first = book(&staff, AT_TEN).await;
    assert_eq!(first["resource_id"], chairs[0]);
    assert!(has_ten(MONDAY).await);
    assert!(!has_ten(&of(&chairs[0])).await && has_ten(&of(&chairs[1])).await);
    // Who asked for the first chair gets no other.
    let mut body = wish(AT_TEN);
    body.as_object_mut().unwrap().remove("starts_at");
    body["slot"] = token;
    let refused = staff.post("/api/appointments", body).await;
    let problem = refused.expect_problem(409, "slot_taken").json();
    let others = problem["alternatives"].as_array().unwrap();
    assert!(others.iter().all(|slot| slot["resource_id"] == chairs[0]));
    let mut second = wish(AT_TEN);
    second["resource_id"] = chairs[1].clone();
    staff.post("/api/appointments", second).await.expect(201);
    assert!(!has_ten(MONDAY).await);
    // One that is moved stays where it was if it can.
    let path = format!("{}/reschedule", super::path_of(&first));
    let nine = json!({"starts_at": super::AT_NINE});
    let moved = staff.patch(&path, nine).await.expect(200).json();
    assert_eq!(moved["resource_id"], chairs[0]);
}

#[tokio::test]
async fn a_slot_that_named_no_one_is_given_where_it_is_free() {
    let app = TestApp::start().await;
    let shop = app.subscriber("salon").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    for name in ["One", "Two"] {
        admin
            .post("/api/resources", json!({"name": name}))
            .await
            .expect(201);
    }
    let offered = slots(&staff, MONDAY).await;
    let mut found = Vec::new();
    for status in [201, 201, 409] {
        let mut body = wish(AT_TEN);
        body.as_object_mut().unwrap().remove("starts_at");
        body["slot"] = offered[0]["slot"].clone();
        let answer = staff
            .post("/api/appointments", body)
            .await
            .expect(status)
            .json();
        found.push(answer["resource_id"].clone());
    }
    assert_ne!(found[0], found[1]);
}

#[tokio::test]
async fn names_are_unique_and_staff_may_only_look() {
    let app = TestApp::start().await;
    let shop = app.subscriber("salon").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let made = admin
        .post("/api/resources", json!({"name": "Chair"}))
        .await
        .expect(201)
        .json();
    let again = admin.post("/api/resources", json!({"name": "Chair"})).await;
    again.expect_problem(409, "conflict");
    for body in [
        json!({}),
        json!({"name": " "}),
        json!({"name": null}),
        json!({"color": "red"}),
    ] {
        let refused = admin.post("/api/resources", body).await;
        refused.expect_problem(422, "invalid_request");
    }
    staff
        .post("/api/resources", json!({"name": "x"}))
        .await
        .expect_problem(403, "forbidden");
    let path = format!("/api/resources/{}", made["id"].as_str().unwrap());
    assert_eq!(staff.get(&path).await.expect(200).json(), made);
    admin.put(&path, made.clone()).await.expect(200);
    admin.delete(&path).await.expect(204);
    staff.get(&path).await.expect_problem(404, "not_found");
}
