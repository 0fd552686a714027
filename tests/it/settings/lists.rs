//! Hours, holidays, services, questions, blocked callers.
use std::collections::HashSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::audited;
use crate::support::{Client, Subscriber, TestApp};

fn id_of(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// Every id of a list, page by page.
async fn all_ids(client: &Client<'_>, path: &str, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{path}?limit={limit}&cursor={cursor}");
        let page = client.get(&path).await.expect(200).json();
        ids.extend(page["data"].as_array().unwrap().iter().map(id_of));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn a_week_is_put_in_the_place_of_another() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let before = admin.get("/api/business-hours").await.expect(200).json();
    assert_eq!(before["data"].as_array().unwrap().len(), 5);
    assert_eq!(
        before["data"][0],
        json!({"day": "MON", "opens": "09:00", "closes": "17:00"})
    );
    let week = json!([
        {"day": "sun", "opens": "10:00", "closes": "12:00"},
        {"day": "MON", "opens": "13:00", "closes": "17:30"},
        {"day": "MON", "opens": "8:00", "closes": "13:00"},
    ]);
    let after = admin
        .put("/api/business-hours", week)
        .await
        .expect(200)
        .json();
    let expected = json!([
        {"day": "MON", "opens": "08:00", "closes": "13:00"},
        {"day": "MON", "opens": "13:00", "closes": "17:30"},
        {"day": "SUN", "opens": "10:00", "closes": "12:00"},
    ]);
    assert_eq!(after["data"], expected);
    assert_eq!(admin.get("/api/business-hours").await.json(), after);
    // What was answered can be put again.
    admin.put("/api/business-hours", after).await.expect(200);
    assert_eq!(audited(&app, &shop).await[0].1, r#"["MON", "SUN"]"#);
}

#[tokio::test]
async fn spans_that_overlap_or_end_before_they_begin_are_refused_and_nothing_is_written() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let answer = admin
        .put(
            "/api/business-hours",
            json!([
                {"day": "MON", "opens": "09:00", "closes": "12:00"},
                {"day": "MON", "opens": "11:59", "closes": "17:00"},
                {"day": "TUE", "opens": "18:00", "closes": "02:00"},
            ]),
        )
        .await
        .expect_problem(422, "invalid_request")
        .json();
    assert_eq!(answer["errors"][0]["field"], "[1].opens");
    assert_eq!(answer["errors"][1]["field"], "[2].closes");
    for wrong in [
        json!([{"day": "XXX", "opens": "09:00", "closes": "12:00"}]),
        json!([{"day": "MON", "opens": "nine", "closes": "12:00"}]),
        json!("always"),
        Value::Array(vec![
            json!({"day": "MON", "opens": "09:00", "closes": "12:00"});
            51
        ]),
    ] {
        admin
            .put("/api/business-hours", wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
    let after = admin.get("/api/business-hours").await.json();
    assert_eq!(after["data"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_holiday_is_added_changed_and_taken_away() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let christmas = json!({"date": "2026-12-25", "name": "Christmas"});
    let made = admin
        .post("/api/holidays", christmas.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(made["is_closed"], true);
    admin
        .post("/api/holidays", christmas)
        .await
        .expect_problem(409, "conflict");
    let path = format!("/api/holidays/{}", id_of(&made));
    let open = json!({"date": "2026-12-24", "name": "Eve", "opens": "09:00", "closes": "12:00"});
    let changed = admin.put(&path, open).await.expect(200).json();
    assert_eq!(changed["is_closed"], false);
    assert_eq!(changed["closes"], "12:00");
    for wrong in [
        json!({"date": "2026-12-24", "name": "Eve", "is_closed": false}),
        json!({"date": "2026-12-24", "name": "Eve", "is_closed": true, "opens": "09:00", "closes": "12:00"}),
        json!({"date": "2026-12-24", "name": "Eve", "opens": "12:00", "closes": "09:00"}),
        json!({"date": "2026-12-24", "name": ""}),
        json!({"date": "2026-02-30", "name": "never"}),
        json!({"date": "0026-12-24", "name": "slip"}),
    ] {
        admin
            .put(&path, wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.expect_problem(404, "not_found");
    let actions: Vec<String> = audited(&app, &shop)
        .await
        .into_iter()
        .map(|(action, _)| action)
        .collect();
    assert_eq!(
        actions,
        ["holiday.created", "holiday.updated", "holiday.deleted"]
    );
}

#[tokio::test]
async fn holidays_page_in_the_order_of_their_dates() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    for day in ["2026-12-26", "2026-12-25", "2027-01-01"] {
        let holiday = json!({"date": day, "name": "closed"});
        admin.post("/api/holidays", holiday).await.expect(201);
    }
    let first = admin.get("/api/holidays?limit=2").await.expect(200).json();
    assert_eq!(first["data"][0]["date"], "2026-12-25");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = admin
        .get(&format!("/api/holidays?cursor={cursor}"))
        .await
        .expect(200)
        .json();
    assert_eq!(second["data"][0]["date"], "2027-01-01");
    assert!(second["next_cursor"].is_null());
    for wrong in ["cursor=x", "limit=many", "colour=red"] {
        let path = format!("/api/holidays?{wrong}");
        admin
            .get(&path)
            .await
            .expect_problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn a_service_is_added_changed_and_taken_away() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let tune_up = json!({"name": "Tune-up", "duration_minutes": 60, "price": "149.5"});
    let made = admin
        .post("/api/services", tune_up.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(made["price"], "149.50");
    assert_eq!(made["currency"], "CAD");
    assert_eq!(made["buffer_minutes"], 0);
    assert_eq!(made["is_active"], true);
    admin
        .post("/api/services", tune_up)
        .await
        .expect_problem(409, "conflict");
    let path = format!("/api/services/{}", id_of(&made));
    let changed = admin
        .put(
            &path,
            json!({"price": null, "is_active": false, "currency": "usd"}),
        )
        .await
        .expect(200)
        .json();
    assert!(changed["price"].is_null());
    assert_eq!(changed["currency"], "USD");
    assert_eq!(changed["name"], "Tune-up");
    assert_eq!(
        app.staff(&shop).await.get(&path).await.expect(200).json(),
        changed
    );
    let active = admin
        .get("/api/services?is_active=true")
        .await
        .expect(200)
        .json();
    assert_eq!(active["data"], json!([]));
    for wrong in [
        json!({"duration_minutes": 0}),
        json!({"duration_minutes": 4}),
        json!({"duration_minutes": null}),
        json!({"price": "-1"}),
        json!({"price": "much"}),
        json!({"price": "1.23456"}),
        json!({"currency": "dollars"}),
        json!({"name": " "}),
    ] {
        admin
            .put(&path, wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
    // What may be saved can be booked.
    admin
        .put(&path, json!({"duration_minutes": 5}))
        .await
        .expect(200);
    let missing = admin.post("/api/services", json!({})).await;
    let missing = missing.expect_problem(422, "invalid_request").json();
    assert_eq!(missing["errors"].as_array().unwrap().len(), 2);
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn services_page_without_gap_or_repeat_while_some_are_added() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    add_services(&app, &shop, "a").await;
    let first = admin
        .get("/api/services?limit=100")
        .await
        .expect(200)
        .json();
    let mut seen: Vec<String> = first["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(id_of)
        .collect();
    let mut next = first["next_cursor"].as_str().map(str::to_owned);
    add_services(&app, &shop, "b").await;
    while let Some(cursor) = next {
        let page = admin
            .get(&format!("/api/services?limit=100&cursor={cursor}"))
            .await
            .json();
        seen.extend(page["data"].as_array().unwrap().iter().map(id_of));
        next = page["next_cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(seen.len(), 500);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 500);
    assert_eq!(all_ids(&admin, "/api/services", 7).await, seen);
}

async fn add_services(app: &TestApp, shop: &Subscriber, letter: &str) {
    let mut tx = rocket_reception::kernel::db::TenantTx::begin(&app.state.db, shop.id)
        .await
        .unwrap();
    for number in 0..250 {
        let service = rocket_reception::tenancy::store::services::Service {
            id: Uuid::now_v7(),
            name: format!("{letter} {number}"),
            duration_minutes: 30,
            buffer_minutes: 0,
            price: None,
            currency: "CAD".to_owned(),
            is_active: true,
        };
        let inserted =
            rocket_reception::tenancy::store::services::insert_service(&mut tx, &service);
        inserted.await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_question_is_added_changed_and_taken_away() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let question = json!({"question": "Do you come on Sundays?", "answer": "For emergencies."});
    let made = admin
        .post("/api/questions", question.clone())
        .await
        .expect(201)
        .json();
    admin
        .post("/api/questions", question)
        .await
        .expect_problem(409, "conflict");
    let path = format!("/api/questions/{}", id_of(&made));
    let other = json!({"question": "On Sundays?", "answer": "Yes."});
    let changed = admin.put(&path, other).await.expect(200).json();
    assert_eq!(changed["answer"], "Yes.");
    let listed = app
        .staff(&shop)
        .await
        .get("/api/questions")
        .await
        .expect(200)
        .json();
    assert_eq!(listed["data"], json!([changed]));
    let wrong = json!({"question": "", "answer": "x".repeat(2001)});
    let wrong = admin
        .put(&path, wrong)
        .await
        .expect_problem(422, "invalid_request")
        .json();
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 2);
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_gap_is_listed_until_it_is_closed() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    for statement in [
        "insert into knowledge_gaps (subscriber_id, id, question, created_at)
         values ($1, gen_random_uuid(), 'Do you sell filters?', '2026-11-20T10:00:00Z')",
        "insert into knowledge_gaps (subscriber_id, id, question, created_at)
         values ($1, gen_random_uuid(), 'Do you fix boilers?', '2026-11-20T11:00:00Z')",
    ] {
        app.change(&shop, statement).await;
    }
    let open = app
        .staff(&shop)
        .await
        .get("/api/questions/gaps")
        .await
        .expect(200)
        .json();
    assert_eq!(open["data"][0]["question"], "Do you fix boilers?");
    assert_eq!(open["data"].as_array().unwrap().len(), 2);
    let path = format!("/api/questions/gaps/{}/close", id_of(&open["data"][0]));
    for _ in 0..2 {
        let closed = admin.request(axum::http::Method::POST, &path, None).await;
        assert_eq!(closed.expect(200).json()["status"], "CLOSED");
    }
    let open = admin
        .get("/api/questions/gaps?status=open")
        .await
        .expect(200)
        .json();
    assert_eq!(open["data"].as_array().unwrap().len(), 1);
    let closed = admin
        .get("/api/questions/gaps?status=CLOSED")
        .await
        .expect(200)
        .json();
    assert_eq!(closed["data"][0]["question"], "Do you fix boilers?");
}

#[tokio::test]
async fn a_caller_is_blocked_and_let_through_again() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let robot = json!({"phone": "+12045550199", "reason": "sells carpets"});
    let made = admin
        .post("/api/blocked-callers", robot.clone())
        .await
        .expect(201)
        .json();
    admin
        .post("/api/blocked-callers", robot)
        .await
        .expect_problem(409, "conflict");
    admin
        .post("/api/blocked-callers", json!({"phone": "carpets"}))
        .await
        .expect_problem(422, "invalid_request");
    let listed = app
        .staff(&shop)
        .await
        .get("/api/blocked-callers")
        .await
        .expect(200)
        .json();
    assert_eq!(listed["data"], json!([made]));
    let path = format!("/api/blocked-callers/{}", id_of(&made));
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.expect_problem(404, "not_found");
    let log = format!("{:?}", audited(&app, &shop).await);
    assert!(
        !log.contains("5550199") && !log.contains("carpets"),
        "{log}"
    );
}
