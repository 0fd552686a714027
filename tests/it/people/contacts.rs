//! `/contacts`.
use std::collections::HashSet;

use axum::http::Method;
use serde_json::{Value, json};

use super::{ANNE, BEN, id_of, ids, plant, touch, turn_pages};
use crate::support::TestApp;

#[tokio::test]
async fn a_contact_is_added_changed_and_taken_away() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let anne = json!({"first_name": " Anne ", "phone": ANNE, "email": "Anne@Example.com", "language": "fr-CA"});
    let made = staff.post("/api/contacts", anne).await.expect(201).json();
    assert_eq!(made["first_name"], "Anne");
    assert_eq!(made["email"], "anne@example.com");
    assert_eq!(made["status"], "NEW");
    assert_eq!(made["source"], "MANUAL");
    assert_eq!(made["language"], "fr");
    assert!(made["last_contacted_at"].is_null());
    let path = format!("/api/contacts/{}", id_of(&made));
    let changes =
        json!({"last_name": "Roy", "notes": "Dog\nbites", "status": "customer", "email": null});
    let changed = staff.put(&path, changes).await.expect(200).json();
    assert_eq!(changed["first_name"], "Anne");
    assert_eq!(changed["status"], "CUSTOMER");
    assert!(changed["email"].is_null());
    assert_eq!(staff.get(&path).await.expect(200).json(), changed);
    assert_eq!(app.events(&shop).await, ["contact.created"]);
    app.admin(&shop).await.delete(&path).await.expect(204);
    staff.get(&path).await.expect_problem(404, "not_found");
    let log: Vec<(String, String)> = app
        .rows(
            &shop,
            "select action, changes::text from audit_log where subscriber_id = $1 order by seq",
        )
        .await;
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        ["contact.created", "contact.updated", "contact.deleted"]
    );
    assert!(!format!("{log:?}").contains("Roy"), "{log:?}");
}

#[tokio::test]
async fn a_phone_and_an_address_are_one_contacts() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let staff = app.staff(&shop).await;
    let anne = json!({"phone": ANNE, "email": "anne@example.com"});
    staff.post("/api/contacts", anne.clone()).await.expect(201);
    staff
        .post("/api/contacts", json!({"phone": ANNE}))
        .await
        .expect_problem(409, "duplicate_phone");
    staff
        .post(
            "/api/contacts",
            json!({"phone": BEN, "email": "ANNE@example.com"}),
        )
        .await
        .expect_problem(409, "conflict");
    let ben = staff
        .post("/api/contacts", json!({"phone": BEN}))
        .await
        .expect(201)
        .json();
    staff
        .put(
            &format!("/api/contacts/{}", id_of(&ben)),
            json!({"phone": ANNE}),
        )
        .await
        .expect_problem(409, "duplicate_phone");
    app.staff(&other)
        .await
        .post("/api/contacts", anne)
        .await
        .expect(201);
}

#[tokio::test]
async fn what_is_no_contact_is_refused() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    for (wrong, field) in [
        (json!({}), "phone"),
        (json!({"notes": "nobody"}), "phone"),
        (json!({"phone": "2045550142"}), "phone"),
        (json!({"phone": ANNE, "email": "anne"}), "email"),
        (json!({"first_name": "x".repeat(101)}), "first_name"),
        (json!({"first_name": "a\u{0}"}), "first_name"),
        (json!({"phone": ANNE, "language": "de"}), "language"),
        (json!({"phone": ANNE, "status": "DEAD"}), "status"),
        (json!({"phone": ANNE, "surprise": "ME"}), "surprise"),
    ] {
        let answer = staff.post("/api/contacts", wrong.clone()).await;
        let answer = answer.expect_problem(422, "invalid_request").json();
        assert_eq!(answer["errors"][0]["field"], field, "{wrong}");
    }
}

#[tokio::test]
async fn contacts_are_found_by_phone_address_status_and_how_they_begin() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let mut made = Vec::new();
    for contact in [
        json!({"first_name": "Anne", "last_name": "Roy", "phone": ANNE, "email": "anne@example.com"}),
        json!({"first_name": "Ben", "last_name": "Anders", "phone": BEN, "status": "ACTIVE"}),
        json!({"first_name": "100%", "last_name": "Zoë", "status": "ARCHIVED"}),
    ] {
        made.push(id_of(
            &staff
                .post("/api/contacts", contact)
                .await
                .expect(201)
                .json(),
        ));
    }
    let (anne, ben, zoe) = (&made[0], &made[1], &made[2]);
    for (query, expected) in [
        ("", vec![ben, anne]),
        ("phone=%2B12045550142", vec![anne]),
        ("email=Anne@EXAMPLE.com", vec![anne]),
        ("status=active", vec![ben]),
        ("status=Archived", vec![zoe]),
        ("q=AN", vec![ben, anne]),
        ("q=anne%20r", vec![anne]),
        ("q=%2B1204555014", vec![ben, anne]),
        ("q=nne", vec![]),
        ("q=%25", vec![]),
        ("q=100%25&status=ARCHIVED", vec![zoe]),
        ("q=zo%C3%8B&status=ARCHIVED", vec![zoe]),
        ("q=_nne", vec![]),
        ("phone=%2B12045550199", vec![]),
        ("status=&q=ben", vec![ben]),
    ] {
        let page = staff
            .get(&format!("/api/contacts?{query}"))
            .await
            .expect(200)
            .json();
        let mut found = ids(&page);
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
    for wrong in [
        "status=dead",
        "phone=abc",
        "email=abc",
        "cursor=abc",
        "q=%00",
        "colour=red",
        "limit=x",
    ] {
        let path = format!("/api/contacts?{wrong}");
        staff
            .get(&path)
            .await
            .expect_problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn contacts_page_without_gap_or_repeat_while_some_are_added() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    plant(&app, &shop, 0, 500).await;
    let staff = app.staff(&shop).await;
    let first: Vec<String> = app
        .rows::<(String,)>(
            &shop,
            "select id::text from contacts where subscriber_id = $1",
        )
        .await
        .into_iter()
        .map(|(id,)| id)
        .collect();
    for (path, member) in [("/api/contacts?", "id"), ("/api/customers?", "contact_id")] {
        let seen = turn_pages(&staff, path, member, async |page| {
            let from =
                1000 + i64::try_from(page).unwrap() * 10 + if member == "id" { 0 } else { 5000 };
            plant(&app, &shop, from, 10).await;
        })
        .await;
        let distinct: HashSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "a row came twice at {path}");
        assert!(
            first.iter().all(|id| distinct.contains(id)),
            "a row is missing at {path}"
        );
    }
    let page = staff
        .get("/api/contacts?limit=5000")
        .await
        .expect(200)
        .json();
    assert_eq!(page["data"].as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn whoever_is_pointed_to_is_archived_and_comes_back_with_the_next_call() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.text_from(ANNE)
        .to(&shop.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    let admin = app.admin(&shop).await;
    let page = admin.get("/api/contacts").await.expect(200).json();
    let path = format!("/api/contacts/{}", ids(&page)[0]);
    admin.delete(&path).await.expect(204);
    assert_eq!(
        admin.get(&path).await.expect(200).json()["status"],
        "ARCHIVED"
    );
    assert_eq!(admin.get("/api/contacts").await.json()["data"], json!([]));
    let by_phone = admin
        .get("/api/contacts?phone=%2B12045550142")
        .await
        .expect(200)
        .json();
    assert_eq!(by_phone["data"].as_array().unwrap().len(), 1);
    touch(&app, &shop, ANNE).await;
    assert_eq!(admin.get(&path).await.json()["status"], "ACTIVE");
}

#[tokio::test]
async fn contacts_are_given_as_a_table_in_which_nothing_is_a_formula() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let evil = json!({"first_name": "=HYPERLINK(\"x\")", "last_name": "Zoë, \"Z\"", "phone": ANNE, "notes": "a\nb"});
    staff.post("/api/contacts", evil).await.expect(201);
    staff
        .post("/api/contacts", json!({"first_name": "Ben"}))
        .await
        .expect(201);
    let mut request = staff.prepare(Method::GET, "/api/contacts", None);
    request
        .headers_mut()
        .insert("accept", "text/csv".parse().unwrap());
    let by_accept = app.send(request).await.expect(200);
    let answer = staff.get("/api/contacts?format=CSV").await.expect(200);
    assert_eq!(answer.body, by_accept.body);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"contacts.csv\""
    );
    assert!(answer.headers.get("x-next-cursor").is_none());
    let mut lines = answer.body.split("\r\n");
    assert_eq!(
        lines.next().unwrap(),
        "id,first_name,last_name,phone,email,notes,status,source,language,last_contacted_at,created_at"
    );
    assert!(
        answer
            .body
            .contains(r#","'=HYPERLINK(""x"")","Zoë, ""Z""",+12045550142,"#),
        "{}",
        answer.body
    );
    let first = staff
        .get("/api/contacts?format=csv&limit=1")
        .await
        .expect(200);
    let cursor = first.header("x-next-cursor").to_owned();
    let rest = staff
        .get(&format!("/api/contacts?format=csv&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(first.body.matches("\r\n").count(), 2);
    assert!(rest.headers.get("x-next-cursor").is_none());
}

#[tokio::test]
async fn a_new_number_is_not_what_a_provider_said_of_the_old_one() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    touch(&app, &shop, ANNE).await;
    app.change(
        &shop,
        "update contacts set text_state = 'INVALID' where subscriber_id = $1",
    )
    .await;
    let staff = app.staff(&shop).await;
    let page: Value = staff.get("/api/contacts").await.json();
    let path = format!("/api/contacts/{}", ids(&page)[0]);
    let state = "select text_state from contacts where subscriber_id = $1";
    staff.put(&path, json!({"notes": "x"})).await.expect(200);
    assert_eq!(app.value::<String>(&shop, state).await, "INVALID");
    staff.put(&path, json!({"phone": BEN})).await.expect(200);
    assert_eq!(app.value::<String>(&shop, state).await, "REACHABLE");
}
