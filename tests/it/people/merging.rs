//! Two contacts that turn out to be one person.
use axum::http::Method;
use serde_json::json;
use uuid::Uuid;

use super::{ANNE, BEN, id_of, ids, touch};
use crate::support::{Client, Subscriber, TestApp};

async fn contact_of(client: &Client<'_>, phone: &str) -> String {
    let path = format!("/api/contacts?phone={}", phone.replace('+', "%2B"));
    let page = client.get(&path).await.expect(200).json();
    ids(&page)[0].clone()
}

fn merge_path(id: &str) -> String {
    format!("/api/contacts/{id}/merge")
}

/// Anne and Ben wrote, each with a conversation.
async fn two(app: &TestApp, shop: &Subscriber) -> (String, String) {
    for (phone, words) in [(ANNE, "I am Anne"), (BEN, "I am Anne's other phone")] {
        app.text_from(phone)
            .to(&shop.number)
            .says(words)
            .send()
            .await
            .expect(200);
        app.run_jobs().await;
    }
    let staff = app.staff(shop).await;
    (
        contact_of(&staff, ANNE).await,
        contact_of(&staff, BEN).await,
    )
}

#[tokio::test]
async fn what_was_said_goes_along_and_the_number_means_the_other_one() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (anne, ben) = two(&app, &shop).await;
    let admin = app.admin(&shop).await;
    admin
        .post(
            "/api/leads",
            json!({"summary": "call back", "contact_id": ben}),
        )
        .await
        .expect(201);
    admin
        .put(
            &format!("/api/contacts/{anne}"),
            json!({"notes": "first", "first_name": "Anne"}),
        )
        .await
        .expect(200);
    admin
        .put(
            &format!("/api/contacts/{ben}"),
            json!({"notes": "second", "first_name": "Annie", "last_name": "Roy", "email": "anne@example.com",
                   "status": "CUSTOMER"}),
        )
        .await
        .expect(200);
    let merged = admin
        .post(&merge_path(&ben), json!({"into": anne}))
        .await
        .expect(200)
        .json();
    assert_eq!(merged["id"], anne);
    assert_eq!(merged["phone"], ANNE);
    assert_eq!(merged["other_phones"], json!([BEN]));
    assert_eq!(merged["first_name"], "Anne");
    assert_eq!(merged["last_name"], "Roy");
    assert_eq!(merged["email"], "anne@example.com");
    assert_eq!(merged["notes"], "first\nsecond");
    assert_eq!(merged["status"], "CUSTOMER");
    // In the lists there is one; the old id finds her.
    assert_eq!(
        ids(&admin.get("/api/contacts").await.json()),
        std::slice::from_ref(&anne)
    );
    assert_eq!(
        admin
            .get(&format!("/api/contacts/{ben}"))
            .await
            .expect(200)
            .json(),
        merged
    );
    let customers = admin.get("/api/customers").await.expect(200).json();
    assert_eq!(customers["data"].as_array().unwrap().len(), 1);
    assert_eq!(customers["data"][0]["interactions"], 2);
    let left: i64 = app
        .value(
            &shop,
            "select (select count(*) from interactions i join contacts c on c.id = i.contact_id
                      where i.subscriber_id = $1 and c.merged_into is not null)
                  + (select count(*) from leads i join contacts c on c.id = i.contact_id
                      where i.subscriber_id = $1 and c.merged_into is not null)
                  + (select count(*) from outgoing_messages i join contacts c on c.id = i.contact_id
                      where i.subscriber_id = $1 and c.merged_into is not null)",
        )
        .await;
    assert_eq!(left, 0);
    // A later text from the other number finds her, and makes nobody new.
    let events = app.count_events(&shop, "contact.created").await;
    let caller = touch(&app, &shop, BEN).await;
    assert_eq!(caller.contact.to_string(), anne);
    assert!(!caller.is_new);
    app.advance(chrono::Duration::minutes(5));
    app.text_from(BEN)
        .to(&shop.number)
        .says("me again")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.count_events(&shop, "contact.created").await, events);
    let shown = admin.get(&format!("/api/contacts/{anne}")).await.json();
    let now = app
        .clock
        .now()
        .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    assert_eq!(shown["last_contacted_at"], now);
    let both: i64 = app
        .value(
            &shop,
            "select count(distinct contact_id) from interactions where subscriber_id = $1",
        )
        .await;
    assert_eq!(both, 1);
}

#[tokio::test]
async fn a_text_is_still_answered_on_the_number_that_was_merged() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (anne, ben) = two(&app, &shop).await;
    let admin = app.admin(&shop).await;
    admin
        .post(&merge_path(&ben), json!({"into": anne}))
        .await
        .expect(200);
    let before = app.outgoing(&shop).await.len();
    app.text_from(BEN)
        .to(&shop.number)
        .says("what are your hours?")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let sent = app.outgoing(&shop).await;
    assert_eq!(sent.len(), before + 1);
    let last = sent.last().unwrap();
    assert_eq!(
        (last.to_number.as_str(), last.status.as_str()),
        (BEN, "SENT")
    );
}

#[tokio::test]
async fn an_opt_out_stays_with_its_number() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (anne, ben) = two(&app, &shop).await;
    app.text_from(BEN)
        .to(&shop.number)
        .says("STOP")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let admin = app.admin(&shop).await;
    admin
        .post(&merge_path(&ben), json!({"into": anne}))
        .await
        .expect(200);
    assert!(touch(&app, &shop, BEN).await.is_opted_out);
    assert!(!touch(&app, &shop, ANNE).await.is_opted_out);
}

#[tokio::test]
async fn a_contact_without_a_phone_takes_the_others() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let anne = admin
        .post("/api/contacts", json!({"first_name": "Anne"}))
        .await
        .expect(201)
        .json();
    let ben = admin
        .post("/api/contacts", json!({"phone": BEN}))
        .await
        .expect(201)
        .json();
    let merged = admin
        .post(&merge_path(&id_of(&ben)), json!({"into": id_of(&anne)}))
        .await;
    let merged = merged.expect(200).json();
    assert_eq!(merged["phone"], BEN);
    assert_eq!(merged["other_phones"], json!([]));
    assert_eq!(
        touch(&app, &shop, BEN).await.contact.to_string(),
        id_of(&anne)
    );
}

#[tokio::test]
async fn who_was_merged_once_is_merged_no_more_and_nobody_into_herself() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let admin = app.admin(&shop).await;
    let make = async |name: &str| {
        let made = admin
            .post("/api/contacts", json!({"first_name": name}))
            .await;
        id_of(&made.expect(201).json())
    };
    let (anne, ben, cleo) = (make("Anne").await, make("Ben").await, make("Cleo").await);
    admin
        .post(&merge_path(&anne), json!({"into": anne}))
        .await
        .expect_problem(422, "invalid_request");
    let theirs = app
        .admin(&other)
        .await
        .post("/api/contacts", json!({"first_name": "Theirs"}))
        .await;
    let theirs = id_of(&theirs.expect(201).json());
    for into in [theirs.clone(), Uuid::now_v7().to_string()] {
        admin
            .post(&merge_path(&anne), json!({"into": into}))
            .await
            .expect_problem(422, "invalid_request");
    }
    admin
        .post(&merge_path(&theirs), json!({"into": anne}))
        .await
        .expect_problem(404, "not_found");
    admin
        .post(&merge_path(&ben), json!({"into": anne}))
        .await
        .expect(200);
    for (from, into) in [(&ben, &anne), (&ben, &cleo), (&cleo, &ben)] {
        admin
            .post(&merge_path(from), json!({"into": into}))
            .await
            .expect_problem(409, "conflict");
    }
    // What was merged is changed and taken away through the other one only.
    admin
        .put(&format!("/api/contacts/{ben}"), json!({"notes": "x"}))
        .await
        .expect_problem(404, "not_found");
    admin
        .delete(&format!("/api/contacts/{ben}"))
        .await
        .expect_problem(404, "not_found");
    // One step is always enough.
    admin
        .post(&merge_path(&anne), json!({"into": cleo}))
        .await
        .expect(200);
    assert_eq!(
        id_of(&admin.get(&format!("/api/contacts/{ben}")).await.json()),
        cleo
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_merges_at_once_one_wins_and_nobody_is_lost() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (anne, ben) = two(&app, &shop).await;
    let admin = app.admin(&shop).await;
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.push(admin.prepare(Method::POST, &merge_path(&anne), Some(json!({"into": ben}))));
        requests.push(admin.prepare(Method::POST, &merge_path(&ben), Some(json!({"into": anne}))));
    }
    let answers = app.send_at_once(requests).await;
    let statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        9,
        "{statuses:?}"
    );
    let left = admin.get("/api/contacts").await.json();
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    for phone in [ANNE, BEN] {
        assert_eq!(
            touch(&app, &shop, phone).await.contact.to_string(),
            ids(&left)[0]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn texts_that_come_during_a_merge_are_the_survivors() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (anne, ben) = two(&app, &shop).await;
    let admin = app.admin(&shop).await;
    let mut requests: Vec<_> = (0..10)
        .map(|number| {
            app.text_from(BEN)
                .to(&shop.number)
                .says(&format!("number {number}"))
                .request()
        })
        .collect();
    let merge = admin.prepare(Method::POST, &merge_path(&ben), Some(json!({"into": anne})));
    requests.insert(5, merge);
    for answer in app.send_at_once(requests).await {
        answer.expect(200);
    }
    app.run_jobs().await;
    let whose: Vec<(String,)> = app
        .rows(
            &shop,
            "select distinct contact_id::text from interactions where subscriber_id = $1",
        )
        .await;
    assert_eq!(whose, [(anne,)]);
}

#[tokio::test]
async fn an_erasure_takes_the_numbers_along_that_were_merged() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (anne, ben) = two(&app, &shop).await;
    let admin = app.admin(&shop).await;
    for (id, email) in [(&anne, "anne@example.com"), (&ben, "ben@example.com")] {
        let address = json!({ "email": email });
        admin
            .put(&format!("/api/contacts/{id}"), address)
            .await
            .expect(200);
    }
    admin
        .post(&merge_path(&ben), json!({"into": anne}))
        .await
        .expect(200);
    // By the older id, too, it is the person that is meant.
    let path = format!("/api/contacts/{ben}/erase");
    admin.post(&path, json!({})).await.expect(202);
    app.run_jobs().await;
    let left: Vec<(String,)> = app
        .rows(
            &shop,
            "select c::text from contacts c
              where subscriber_id = $1 and (phone is not null or email is not null)
              union all
             select i::text from interactions i where subscriber_id = $1 and counterpart is not null
              union all
             select m::text from interaction_messages m where subscriber_id = $1 and text <> ''",
        )
        .await;
    assert_eq!(left, []);
}
