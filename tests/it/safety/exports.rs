//! Exports: everything of a person or a business, and nothing of anybody else's.
use serde_json::{Value, json};

use super::{CALLER, assert_guarded, boreale, call, contact};
use crate::support::{Client, TestApp, World};

async fn build(app: &TestApp, client: &Client<'_>, request: Value) -> (String, Vec<Value>) {
    let wanted = client
        .post("/api/exports", request)
        .await
        .expect(202)
        .json();
    assert_eq!(wanted["state"], "WANTED");
    app.run_jobs().await;
    let id = wanted["id"].as_str().unwrap().to_owned();
    let ready = client
        .get(&format!("/api/exports/{id}"))
        .await
        .expect(200)
        .json();
    assert_eq!(ready["state"], "READY");
    assert!(ready["audit_hash"].as_str().unwrap().len() == 64);
    let file = client
        .get(&format!("/api/exports/{id}/download"))
        .await
        .expect(200);
    assert_eq!(file.header("content-type"), "application/x-ndjson");
    assert_eq!(file.header("cache-control"), "no-store");
    let lines: Vec<Value> = file
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let rows = lines.len() as u64 - 2;
    assert_eq!(lines.last().unwrap(), &json!({"end": true, "rows": rows}));
    (id, lines)
}

#[tokio::test]
async fn an_export_of_a_contact_holds_what_is_theirs() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "ANNOUNCED").await;
    call(&app).await;
    app.text_from("+14315550199")
        .to(&shop.number)
        .says("somebody else")
        .send()
        .await;
    let admin = app.admin(&shop).await;
    let id = contact(&app, &shop).await;
    let (_, lines) = build(&app, &admin, json!({"contact_id": id})).await;
    assert_eq!(lines[0]["contact_id"], id.as_str());
    let tables: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["table"].as_str())
        .collect();
    for table in [
        "contacts",
        "interactions",
        "interaction_messages",
        "recordings",
        "consent_logs",
    ] {
        assert!(tables.contains(&table), "{table} of {tables:?}");
    }
    let text = Value::from(lines).to_string();
    assert!(text.contains(CALLER) && text.contains("dégât d'eau"));
    assert!(!text.contains("somebody else") && !text.contains("+14315550199"));
}

#[tokio::test]
async fn an_export_of_a_business_holds_every_given_column_of_it_and_nothing_of_another() {
    let app = TestApp::start().await;
    let world = World::planted(&app.state.db).await;
    let shop = crate::support::Subscriber {
        id: world.a,
        number: String::new(),
    };
    let owner = app.owner(&shop).await;
    let (_, lines) = build(&app, &owner, json!({})).await;
    let text = Value::from(lines).to_string();
    let mut findings = Vec::new();
    for column in rocket_reception::people::personal_data::personal_data() {
        use rocket_reception::people::personal_data::OnExport;
        if !world.has_planted(column.table) {
            continue;
        }
        for (subscriber, is_expected) in [
            (world.a, column.on_export == OnExport::Give),
            (world.b, false),
        ] {
            let row = world.row(column.table, subscriber);
            let value = row[column.column].clone().unwrap_or_default();
            let Some(canary) = super::erasure::canary_in(&value) else {
                continue;
            };
            if text.contains(&canary) != is_expected {
                findings.push(format!("{}.{}", column.table, column.column));
            }
        }
    }
    assert!(findings.is_empty(), "{findings:?}");
    assert!(text.contains("\"members\""));
}

#[tokio::test]
async fn an_export_is_gone_after_a_week_and_is_nobody_elses() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "OFF").await;
    let other = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let (id, _) = build(&app, &owner, json!({})).await;
    for path in [
        format!("/api/exports/{id}"),
        format!("/api/exports/{id}/download"),
    ] {
        assert_guarded(&app, &shop, &other, &path, None).await;
    }
    app.advance(chrono::Duration::days(8));
    app.run_schedules().await;
    let shown = owner.get(&format!("/api/exports/{id}")).await.json();
    assert_eq!(shown["state"], "EXPIRED");
    owner
        .get(&format!("/api/exports/{id}/download"))
        .await
        .expect_problem(409, "conflict");
    let list = owner.get("/api/exports").await.expect(200).json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn exports_are_asked_for_by_admins_and_of_the_own_contacts() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "OFF").await;
    call(&app).await;
    let other = app.subscriber("hvac").await;
    let request = json!({"contact_id": contact(&app, &shop).await});
    assert_guarded(&app, &shop, &other, "/api/exports", Some(request)).await;
}
