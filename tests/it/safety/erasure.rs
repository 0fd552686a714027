//! Erasures: nothing is left of the one, everything of the other, and the providers are asked until they have done so.
use rocket_reception::{
    people::personal_data::{OnErasure, PersonalColumn, Subject, personal_data},
    safety::audit::verify_all,
};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::{CALLER, assert_guarded, boreale, call, contact, nothing};
use crate::support::{Subscriber, TestApp, World, execute, hours};

/// The canary word in a planted value.
pub fn canary_in(value: &str) -> Option<String> {
    let start = value.find("canary ")?;
    let rest = &value[start..];
    let end = rest.find('"').unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Every place where a word stands: all text, JSON and bytes of the database.
async fn places(app: &TestApp) -> Vec<(String, String)> {
    let mut conn = app.database.superuser().await;
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select relname::text, attname::text, format_type(atttypid, null)
           from pg_attribute join pg_class c on c.oid = attrelid
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and attnum > 0
            and not attisdropped and atttypid in ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype, 'text[]'::regtype)",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (table, column, kind) in columns {
        let text = match kind.as_str() {
            "bytea" => format!("encode({column}, 'escape')"),
            _ => format!("{column}::text"),
        };
        let statement = format!("select {text} from {table} where {text} like '%canary %'");
        let values: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_all(&mut conn)
            .await
            .unwrap();
        let place = format!("{table}.{column}");
        found.extend(values.into_iter().map(|value| (place.clone(), value)));
    }
    found
}

/// Where each registered column's word of a subscriber still stands.
fn left(
    world: &World,
    of: &Subscriber,
    found: &[(String, String)],
    column: &PersonalColumn,
) -> Vec<String> {
    let row = world.row(column.table, of.id);
    let value = row[column.column].clone().unwrap_or_default();
    let Some(canary) = canary_in(&value) else {
        return Vec::new();
    };
    let places = found.iter().filter(|(_, text)| text.contains(&canary));
    places.map(|(place, _)| place.clone()).collect()
}

/// Two planted businesses; what the generator cannot know leads from the contact to the rows that are about them.
async fn planted(app: &TestApp) -> (World, Subscriber, Subscriber) {
    let world = World::planted(&app.state.db).await;
    let mut conn = app.database.superuser().await;
    for statement in [
        "update opt_outs t set phone = c.phone from contacts c where c.subscriber_id = t.subscriber_id",
        "update blocked_callers t set phone = c.phone from contacts c where c.subscriber_id = t.subscriber_id",
        "update consent_logs t set subject_kind = 'CONTACT', subject_id = c.id from contacts c
          where c.subscriber_id = t.subscriber_id",
        "update events t set data = t.data || jsonb_build_object('contact_id', c.id) from contacts c
          where c.subscriber_id = t.subscriber_id",
        "update inbound_events t set raw_body = convert_to('From=' || c.phone || ' canary body ' || t.subscriber_id, 'UTF8')
           from contacts c where c.subscriber_id = t.subscriber_id",
    ] {
        assert_eq!(execute(&mut conn, statement).await, 2, "{statement}");
    }
    let business = |id| Subscriber {
        id,
        number: String::new(),
    };
    let (a, b) = (business(world.a), business(world.b));
    (world, a, b)
}

#[tokio::test]
async fn of_an_erased_contact_nothing_is_left_and_of_everybody_else_everything() {
    let app = TestApp::start().await;
    let (world, a, b) = planted(&app).await;
    let contact = world.id("contacts", a.id);
    let admin = app.admin(&a).await;
    let before = places(&app).await;
    let path = format!("/api/contacts/{contact}/erase");
    let wanted = admin.post(&path, nothing()).await.expect(202).json();
    assert_eq!(wanted["state"], "WANTED");
    app.run_jobs().await;
    let found = places(&app).await;
    let mut findings = Vec::new();
    for column in personal_data()
        .iter()
        .filter(|column| world.has_planted(column.table))
    {
        let name = format!("{}.{}", column.table, column.column);
        let goes = column.subject == Subject::Contact
            && matches!(column.on_erasure, OnErasure::Blank | OnErasure::DeleteRow);
        let (was, is) = (
            left(&world, &a, &before, column),
            left(&world, &a, &found, column),
        );
        if goes && !is.is_empty() {
            findings.push(format!("{name} is left in {is:?}"));
        }
        // What others' rows say of the same word (the phone of an opt-out) is not this column's.
        if !goes && was.contains(&name) && !is.contains(&name) {
            findings.push(format!("{name} is gone"));
        }
        if left(&world, &b, &before, column) != left(&world, &b, &found, column) {
            findings.push(format!("{name} of the other business changed"));
        }
    }
    let bodies = |subscriber: &Subscriber| {
        let body = format!("canary body {}", subscriber.id);
        found.iter().any(|(_, text)| text.contains(&body))
    };
    assert!(!bodies(&a) && bodies(&b), "raw bodies");
    // The number of somebody who opted out is kept where that is written, and nowhere else.
    let phone = world.value("contacts", "phone", a.id);
    let mut kept: Vec<&str> = found
        .iter()
        .filter(|(_, text)| text.contains(phone))
        .map(|(place, _)| place.as_str())
        .collect();
    kept.sort_unstable();
    assert_eq!(kept, ["blocked_callers.phone", "opt_outs.phone"]);
    findings.retain(|finding| !finding.starts_with("contacts.phone is left"));
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    let id = wanted["id"].as_str().unwrap();
    let receipt = admin.get(&format!("/api/erasures/{id}")).await.json();
    assert_eq!(receipt["state"], "DONE", "{receipt}");
    assert_eq!(receipt["counts"]["contacts"], 1);
    assert_eq!(receipt["counts"]["inbound_events"], 1);
    assert!(!receipt["kept"].as_array().unwrap().is_empty());
    let list = admin.get("/api/erasures").await.expect(200).json();
    assert_eq!(list["data"][0]["id"], id);
}

#[tokio::test]
async fn of_an_erased_business_nothing_is_left_but_ledger_and_audit_log() {
    let app = TestApp::start().await;
    let (world, a, b) = planted(&app).await;
    let before = places(&app).await;
    let operator = app.operator().await;
    let path = format!("/api/admin/subscribers/{}/erase", a.id);
    let wrong = operator.post(&path, json!({"slug": "another"})).await;
    wrong.expect_problem(422, "invalid_request");
    let slug = world.value("subscribers", "slug", a.id);
    let wanted = operator
        .post(&path, json!({"slug": slug}))
        .await
        .expect(202)
        .json();
    app.run_jobs().await;
    let found = places(&app).await;
    let mut findings = Vec::new();
    for column in personal_data()
        .iter()
        .filter(|column| world.has_planted(column.table))
    {
        let name = format!("{}.{}", column.table, column.column);
        let stays = matches!(column.on_erasure, OnErasure::Keep(_));
        let is = left(&world, &a, &found, column);
        if !stays && !is.is_empty() {
            findings.push(format!("{name} is left in {is:?}"));
        }
        if left(&world, &b, &before, column) != left(&world, &b, &found, column) {
            findings.push(format!("{name} of the other business changed"));
        }
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    for (statement, rows) in [
        (
            "select count(*) from ledger_entries where subscriber_id = $1",
            1,
        ),
        (
            "select count(*) from usage_records where subscriber_id = $1",
            1,
        ),
        ("select count(*) from directory where subscriber_id = $1", 0),
        (
            "select count(*) from memberships where subscriber_id = $1",
            0,
        ),
        (
            "select count(*) from subscribers where id = $1 and status = 'CLOSED'",
            1,
        ),
    ] {
        assert_eq!(app.value::<i64>(&a, statement).await, rows, "{statement}");
    }
    let id = wanted["id"].as_str().unwrap();
    let receipt = operator
        .get(&format!("/api/admin/subscribers/{}/erasures/{id}", a.id))
        .await
        .expect(200)
        .json();
    assert_eq!(receipt["state"], "DONE", "{receipt}");
}

/// A business with a call and a text conversation of the same person.
async fn known(app: &TestApp) -> (Subscriber, String) {
    let shop = boreale(app, "ANNOUNCED").await;
    call(app).await;
    let text = app.text_from(CALLER).to(&shop.number).says("Are you open?");
    text.send().await.expect(200);
    app.run_jobs().await;
    let id = contact(app, &shop).await;
    (shop, id)
}

async fn erase(app: &TestApp, shop: &Subscriber, contact: &str) -> String {
    let admin = app.admin(shop).await;
    let path = format!("/api/contacts/{contact}/erase");
    let wanted = admin.post(&path, nothing()).await.expect(202).json();
    app.run_jobs().await;
    wanted["id"].as_str().unwrap().to_owned()
}

async fn receipt(app: &TestApp, shop: &Subscriber, id: &str) -> Value {
    let admin = app.admin(shop).await;
    admin
        .get(&format!("/api/erasures/{id}"))
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn providers_delete_the_call_and_every_text_and_the_receipt_says_so() {
    let app = TestApp::start().await;
    let (shop, contact) = known(&app).await;
    let id = erase(&app, &shop, &contact).await;
    assert_eq!(app.retell.deleted().len(), 1);
    let texts = app.twilio.deleted();
    assert!(!texts.is_empty());
    assert!(
        texts.iter().all(|text| text.starts_with("Messages/SM")),
        "{texts:?}"
    );
    let receipt = receipt(&app, &shop, &id).await;
    assert_eq!(receipt["state"], "DONE");
    assert_eq!(receipt["providers"]["pending"], 0);
    assert_eq!(
        receipt["providers"]["done"].as_u64().unwrap() as usize,
        1 + texts.len()
    );
    assert!(verify_all(&app.state).await.unwrap().broken.is_empty());
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again() {
    let app = TestApp::start().await;
    let (shop, contact) = known(&app).await;
    app.retell.refuse_next_deletion(500);
    let id = erase(&app, &shop, &contact).await;
    assert_eq!(receipt(&app, &shop, &id).await["state"], "AT_PROVIDERS");
    app.advance(hours(1));
    app.run_jobs().await;
    assert_eq!(receipt(&app, &shop, &id).await["state"], "DONE");
    assert_eq!(app.retell.deleted().len(), 1);
}

#[tokio::test]
async fn what_a_provider_never_deletes_is_given_up_with_an_alert() {
    let app = TestApp::start().await;
    let (shop, contact) = known(&app).await;
    for _ in 0..20 {
        app.retell.refuse_next_deletion(500);
    }
    let id = erase(&app, &shop, &contact).await;
    for _ in 0..20 {
        app.advance(hours(13));
        app.run_jobs().await;
    }
    let receipt = receipt(&app, &shop, &id).await;
    assert_eq!(receipt["state"], "DONE");
    assert_eq!(receipt["providers"]["given_up"], 1);
    let alerts = app.alerts().await;
    assert!(
        alerts.iter().any(|(kind, _)| kind == "erasure.given_up"),
        "{alerts:?}"
    );
}

#[tokio::test]
async fn the_erased_person_who_calls_again_is_somebody_new_and_late_news_brings_nothing_back() {
    let app = TestApp::start().await;
    let (shop, old) = known(&app).await;
    let sums = "select coalesce(sum(price), 0)::text || ' ' || sum(billed_minutes) from usage_records where subscriber_id = $1";
    let before: String = app.value(&shop, sums).await;
    erase(&app, &shop, &old).await;
    // Retell tells the rest of the old call again, in other words.
    let mut late: Value =
        serde_json::from_str(include_str!("../../data/retell/call_ended.json")).unwrap();
    late["event"] = json!("call_started");
    app.retell_event(&late).send().await.expect(204);
    let words: i64 = app
        .value(
            &shop,
            "select count(*) from interaction_messages where subscriber_id = $1 and text <> ''",
        )
        .await;
    assert_eq!(words, 0);
    let bodies: i64 = app
        .value(
            &shop,
            "select count(*) from inbound_events where subscriber_id = $1 and raw_body <> ''",
        )
        .await;
    assert_eq!(bodies, 0);
    let people: i64 = app
        .value(
            &shop,
            "select count(*) from contacts where subscriber_id = $1 and phone is not null",
        )
        .await;
    assert_eq!(people, 0);
    assert_eq!(app.value::<String>(&shop, sums).await, before);
    let text = app
        .text_from(CALLER)
        .to(&shop.number)
        .says("It is me again");
    text.send().await.expect(200);
    app.run_jobs().await;
    let new = contact(&app, &shop).await;
    assert_ne!(new, old);
}

#[tokio::test]
async fn while_somebody_speaks_with_the_person_the_erasure_waits() {
    let app = TestApp::start().await;
    let (shop, contact) = known(&app).await;
    app.change(
        &shop,
        "update interactions set status = 'OPEN', started_at = '2026-11-21T15:59:00Z'
          where subscriber_id = $1 and channel = 'VOICE'",
    )
    .await;
    let id = erase(&app, &shop, &contact).await;
    assert_eq!(receipt(&app, &shop, &id).await["state"], "WANTED");
    app.change(
        &shop,
        "update interactions set status = 'COMPLETED' where subscriber_id = $1",
    )
    .await;
    app.advance(hours(1));
    app.run_jobs().await;
    assert_eq!(receipt(&app, &shop, &id).await["state"], "DONE");
}

#[tokio::test]
async fn an_erasure_makes_exports_worthless_that_may_hold_the_person() {
    let app = TestApp::start().await;
    let (shop, contact) = known(&app).await;
    let admin = app.admin(&shop).await;
    let export = admin
        .post("/api/exports", json!({}))
        .await
        .expect(202)
        .json();
    app.run_jobs().await;
    erase(&app, &shop, &contact).await;
    let path = format!("/api/exports/{}", export["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.json()["state"], "EXPIRED");
}

#[tokio::test]
async fn erasing_is_for_admins_and_for_the_own_contacts() {
    let app = TestApp::start().await;
    let (shop, contact) = known(&app).await;
    let other = app.subscriber("hvac").await;
    let path = format!("/api/contacts/{contact}/erase");
    assert_guarded(&app, &shop, &other, &path, Some(nothing())).await;
    let id = erase(&app, &shop, &contact).await;
    assert_guarded(&app, &shop, &other, &format!("/api/erasures/{id}"), None).await;
    let owner = app.owner(&shop).await;
    let path = format!("/api/admin/subscribers/{}/erase", shop.id);
    owner
        .post(&path, json!({"slug": "boreale"}))
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .post(&path, json!({"slug": "boreale"}))
        .await
        .expect_problem(401, "unauthenticated");
}
