//! `/leads`.
use std::collections::HashSet;

use axum::http::Method;
use rocket_reception::{
    kernel::db::TenantTx,
    people::{self, NewLead},
};
use serde_json::json;
use uuid::Uuid;

use super::{ANNE, id_of, ids, touch, turn_pages};
use crate::support::{Subscriber, TestApp};

#[tokio::test]
async fn a_tool_posts_a_lead_and_the_event_tells_it() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let tool = app.api_key(&shop, &["events:write"]).await;
    let lead =
        json!({"summary": "wants a quote", "category": "quote", "urgency": "high", "phone": ANNE});
    let made = tool.post("/api/leads", lead).await.expect(201).json();
    assert_eq!(made["category"], "QUOTE");
    assert_eq!(made["urgency"], "HIGH");
    assert_eq!(made["status"], "NEW");
    assert!(made["flag"].is_null() && made["interaction_id"].is_null());
    assert_eq!(
        made["contact_id"],
        touch(&app, &shop, ANNE).await.contact.to_string()
    );
    let mut events = app.events(&shop).await;
    events.sort();
    assert_eq!(events, ["contact.created", "lead.created"]);
    // Reading is not writing.
    tool.get("/api/leads")
        .await
        .expect_problem(403, "forbidden");
    let reader = app.api_key(&shop, &["read"]).await;
    reader
        .post("/api/leads", json!({"summary": "x"}))
        .await
        .expect_problem(403, "forbidden");
    assert_eq!(
        ids(&reader.get("/api/leads").await.expect(200).json()),
        [id_of(&made)]
    );
}

#[tokio::test]
async fn the_same_request_twice_is_one_lead() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let tool = app.api_key(&shop, &["events:write"]).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let mut request =
            tool.prepare(Method::POST, "/api/leads", Some(json!({"summary": "once"})));
        request
            .headers_mut()
            .insert("idempotency-key", "lead-1".parse().unwrap());
        answers.push(app.send(request).await.expect(201).json());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(app.count_events(&shop, "lead.created").await, 1);
}

#[tokio::test]
async fn a_lead_points_to_own_rows_only() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    app.text_from(ANNE)
        .to(&other.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let interaction: Uuid = app
        .value(
            &other,
            "select id from interactions where subscriber_id = $1",
        )
        .await;
    let contact: Uuid = app
        .value(&other, "select id from contacts where subscriber_id = $1")
        .await;
    let staff = app.staff(&shop).await;
    for (wrong, field) in [
        (
            json!({"summary": "x", "interaction_id": interaction}),
            "interaction_id",
        ),
        (json!({"summary": "x", "contact_id": contact}), "contact_id"),
        (json!({"summary": ""}), "summary"),
        (json!({"category": "QUOTE"}), "summary"),
        (json!({"summary": "x", "phone": "204"}), "phone"),
        (json!({"summary": "x", "urgency": "NOW"}), "urgency"),
    ] {
        let answer = staff.post("/api/leads", wrong.clone()).await;
        let answer = answer.expect_problem(422, "invalid_request").json();
        assert_eq!(answer["errors"][0]["field"], field, "{wrong}");
    }
    assert_eq!(staff.get("/api/leads").await.json()["data"], json!([]));
    assert_eq!(app.events(&shop).await.len(), 0);
}

#[tokio::test]
async fn a_lead_is_flagged_and_followed_up() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let mut made = Vec::new();
    for (summary, urgency) in [("first", "HIGH"), ("second", "LOW")] {
        let lead = json!({"summary": summary, "urgency": urgency});
        made.push(id_of(
            &staff.post("/api/leads", lead).await.expect(201).json(),
        ));
    }
    let path = format!("/api/leads/{}", made[0]);
    let flag = format!("{path}/flag");
    let flagged = staff
        .post(&flag, json!({"flag": "hot", "note": "call today"}))
        .await
        .expect(200)
        .json();
    assert_eq!(flagged["flag"], "HOT");
    assert_eq!(flagged["flag_note"], "call today");
    let won = staff
        .patch(&path, json!({"status": "won"}))
        .await
        .expect(200)
        .json();
    assert_eq!(won["status"], "WON");
    assert_eq!(staff.get(&path).await.expect(200).json(), won);
    for (query, expected) in [
        ("flag=Hot", vec![&made[0]]),
        ("status=won", vec![&made[0]]),
        ("urgency=low", vec![&made[1]]),
        ("status=NEW&urgency=HIGH", vec![]),
        ("flag=cold", vec![]),
    ] {
        let page = staff
            .get(&format!("/api/leads?{query}"))
            .await
            .expect(200)
            .json();
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(ids(&page), expected, "{query}");
    }
    let plain = staff
        .post(&flag, json!({"flag": null}))
        .await
        .expect(200)
        .json();
    assert!(plain["flag"].is_null() && plain["flag_note"].is_null());
    for wrong in [
        json!({"flag": "a;b"}),
        json!({"note": "alone"}),
        json!({"flag": "x".repeat(41)}),
    ] {
        staff
            .post(&flag, wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
    staff
        .patch(&path, json!({"status": "DEAD"}))
        .await
        .expect_problem(422, "invalid_request");
    let unknown = format!("/api/leads/{}", Uuid::now_v7());
    staff
        .patch(&unknown, json!({"status": "WON"}))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn leads_page_without_gap_or_repeat_while_some_are_added() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    plant(&app, &shop, 500).await;
    let staff = app.staff(&shop).await;
    let first: Vec<(String,)> = app
        .rows(&shop, "select id::text from leads where subscriber_id = $1")
        .await;
    let seen = turn_pages(&staff, "/api/leads?", "id", async |_| {
        app.advance(chrono::Duration::seconds(1));
        plant(&app, &shop, 10).await;
    })
    .await;
    let distinct: HashSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len());
    assert!(first.iter().all(|(id,)| distinct.contains(id)));
    assert_eq!(seen.len(), 500);
}

async fn plant(app: &TestApp, shop: &Subscriber, count: usize) {
    let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
    for _ in 0..count {
        let lead = NewLead {
            contact: None,
            interaction: None,
            category: "OTHER",
            urgency: "NORMAL",
            summary: "a request",
        };
        let inserted = people::insert_lead(&mut tx, &lead, app.clock.now()).await;
        inserted.unwrap();
    }
    tx.commit().await.unwrap();
}
