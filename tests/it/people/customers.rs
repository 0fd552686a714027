//! Customers and their history.
use serde_json::{Value, json};

use super::{ANNE, BEN};
use crate::support::TestApp;

const HISTORY: &str = "/api/customers/+12045550142/history";

#[tokio::test]
async fn customers_are_those_with_whom_there_was_contact() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    staff
        .post(
            "/api/contacts",
            json!({"first_name": "Never", "phone": "+12045550149"}),
        )
        .await
        .expect(201);
    app.text_from(ANNE)
        .to(&shop.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.advance(chrono::Duration::minutes(1));
    app.text_from(BEN)
        .to(&shop.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let page = staff.get("/api/customers").await.expect(200).json();
    let customers = page["data"].as_array().unwrap();
    let phones: Vec<&str> = customers
        .iter()
        .map(|row| row["phone"].as_str().unwrap())
        .collect();
    assert_eq!(phones, [BEN, ANNE]);
    assert_eq!(customers[0]["interactions"], 1);
    assert_eq!(customers[0]["appointments"], 0);
    assert!(customers[0]["name"].is_null());
    let first = staff.get("/api/customers?limit=1").await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = staff
        .get(&format!("/api/customers?cursor={cursor}"))
        .await
        .expect(200)
        .json();
    assert_eq!(second["data"][0]["phone"], ANNE);
}

#[tokio::test]
async fn the_history_has_conversations_with_their_last_words_texts_and_leads() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    app.text_from(ANNE)
        .to(&shop.number)
        .says("what are your hours?")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    app.change(
        &shop,
        "insert into interactions (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider,
                                   counterpart, contact_id, status, outcome_type, summary, day, started_at)
         select $1, gen_random_uuid(), 'VOICE', 'INBOUND', 'RETELL', 'RETELL', 'RETELL', c.phone, c.id, 'COMPLETED',
                'ANSWERED', 'asked for a quote', '2026-11-20', '2026-11-20T10:00:00Z'
           from contacts c where c.subscriber_id = $1",
    )
    .await;
    app.advance(chrono::Duration::minutes(1));
    staff
        .post(
            "/api/leads",
            json!({"summary": "wants a quote", "phone": ANNE}),
        )
        .await
        .expect(201);
    let page = staff.get(HISTORY).await.expect(200).json();
    let rows = page["data"].as_array().unwrap();
    let kinds: Vec<&str> = rows
        .iter()
        .map(|row| row["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 5, "{page}");
    assert_eq!(kinds[0], "LEAD");
    assert_eq!(rows[0]["summary"], "wants a quote");
    let of =
        |kind: &str| -> Vec<&Value> { rows.iter().filter(|row| row["kind"] == kind).collect() };
    let texts = of("TEXT");
    assert_eq!(texts.len(), 2);
    assert!(
        texts
            .iter()
            .any(|text| text["text"] == "what are your hours?" && text["direction"] == "INBOUND")
    );
    let conversations = of("INTERACTION");
    assert_eq!(conversations[0]["channel"], "SMS");
    assert_eq!(conversations[0]["role"], "AI");
    assert!(conversations[0]["text"].is_string());
    let last = rows.last().unwrap();
    assert_eq!(
        (last["channel"].as_str(), last["outcome_type"].as_str()),
        (Some("VOICE"), Some("ANSWERED"))
    );
    // Page by page it is the same.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = staff
            .get(&format!("{HISTORY}?limit=2&cursor={cursor}"))
            .await
            .expect(200)
            .json();
        seen.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(&seen, rows);
}

#[tokio::test]
async fn a_number_that_only_another_business_knows_has_no_history_here() {
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
    let staff = app.staff(&shop).await;
    staff.get(HISTORY).await.expect_problem(404, "not_found");
    staff
        .get("/api/customers/nobody/history")
        .await
        .expect_problem(404, "not_found");
    let theirs = app
        .staff(&other)
        .await
        .get("/api/customers/%2B12045550142/history")
        .await;
    assert_eq!(
        theirs.expect(200).json()["data"].as_array().unwrap().len(),
        3
    );
    assert_eq!(staff.get("/api/customers").await.json()["data"], json!([]));
}
