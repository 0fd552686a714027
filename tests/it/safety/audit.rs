//! The audit chain: shown, whole, and broken where somebody broke it.
use rocket_reception::{
    identity::audit::{self, Entry, Report, Who},
    kernel::{db::TenantTx, ids::SubscriberId},
    safety::audit::verify_all,
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

use crate::support::{Subscriber, TestApp, hours};

async fn act(app: &TestApp, subscriber: &Subscriber, action: &'static str) {
    let mut tx = TenantTx::begin(&app.state.db, subscriber.id).await.unwrap();
    let entry = Entry {
        action,
        subject_kind: "thing",
        subject: None,
        changes: json!({"fields": ["b", "a"], "n": 1.5, "nested": {"z": null, "a": {}}}),
    };
    audit::record(&mut tx, subscriber.id, Who::SYSTEM, &entry, app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn two_chains(app: &TestApp) -> (Subscriber, Subscriber) {
    let (a, b) = (app.subscriber("a").await, app.subscriber("b").await);
    for _ in 0..4 {
        act(app, &a, "thing.made").await;
        act(app, &b, "thing.made").await;
    }
    (a, b)
}

async fn verify(app: &TestApp) -> Report {
    verify_all(&app.state).await.unwrap()
}

fn broken(report: &Report) -> Vec<(SubscriberId, i64, &'static str)> {
    let places = report.broken.iter();
    places
        .map(|place| (place.subscriber_id, place.seq, place.what))
        .collect()
}

/// What only somebody with the whole database in their hands can do.
async fn tamper(app: &TestApp, subscriber: &Subscriber, statement: &str) {
    let mut conn = app.database.superuser().await;
    let statement = format!(
        "alter table audit_log disable trigger append_only;
         {};
         alter table audit_log enable trigger append_only",
        statement.replace("$1", &format!("'{}'", subscriber.id))
    );
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut conn)
        .await
        .unwrap();
}

#[tokio::test]
async fn untouched_chains_are_whole() {
    let app = TestApp::start().await;
    two_chains(&app).await;
    let report = verify(&app).await;
    assert_eq!((report.chains, report.rows), (2, 8));
    assert_eq!(broken(&report), []);
}

#[tokio::test]
async fn a_changed_a_missing_and_a_cut_off_row_are_found_each_where_it_is() {
    for (statement, place) in [
        (
            "update audit_log set actor_kind = 'USER' where subscriber_id = $1 and seq = 2",
            (2, "the row was changed"),
        ),
        (
            "update audit_log set changes = '{}' where subscriber_id = $1 and seq = 4",
            (4, "the row was changed"),
        ),
        (
            "delete from audit_log where subscriber_id = $1 and seq = 1",
            (1, "a row is missing"),
        ),
        (
            "delete from audit_log where subscriber_id = $1 and seq = 3",
            (3, "a row is missing"),
        ),
        (
            "delete from audit_log where subscriber_id = $1 and seq >= 3",
            (3, "the end was cut off"),
        ),
        (
            "update audit_heads set seq = 3 where subscriber_id = $1",
            (3, "the end is not that of its last row"),
        ),
    ] {
        let app = TestApp::start().await;
        let (a, _) = two_chains(&app).await;
        tamper(&app, &a, statement).await;
        let found = broken(&verify(&app).await);
        assert_eq!(found[0], (a.id, place.0, place.1), "{statement}: {found:?}");
        assert!(found.iter().all(|(whose, ..)| *whose == a.id), "{found:?}");
    }
}

#[tokio::test]
async fn a_chain_without_its_end_is_found() {
    let app = TestApp::start().await;
    let (a, _) = two_chains(&app).await;
    tamper(&app, &a, "delete from audit_heads where subscriber_id = $1").await;
    let found = broken(&verify(&app).await);
    assert_eq!(found, [(a.id, 1, "there are rows behind the end")]);
}

#[tokio::test]
async fn several_breaks_of_a_chain_are_all_told() {
    let app = TestApp::start().await;
    let (a, _) = two_chains(&app).await;
    tamper(
        &app,
        &a,
        "update audit_log set action = 'x' where subscriber_id = $1 and seq = 2;
         delete from audit_log where subscriber_id = $1 and seq = 3",
    )
    .await;
    let found = broken(&verify(&app).await);
    let expected = [
        (a.id, 2, "the row was changed"),
        (a.id, 3, "a row is missing"),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn many_writers_at_once_leave_no_gap() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let (db, id, now) = (app.state.db.clone(), shop.id, app.clock.now());
        tasks.spawn(async move {
            let mut tx = TenantTx::begin(&db, id).await.unwrap();
            let entry = Entry {
                action: "thing.made",
                subject_kind: "thing",
                subject: None,
                changes: json!({"number": number}),
            };
            audit::record(&mut tx, id, Who::SYSTEM, &entry, now)
                .await
                .unwrap();
            // Some change their mind, and leave no hole.
            if number % 4 == 0 {
                drop(tx);
            } else {
                tx.commit().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let report = verify(&app).await;
    assert_eq!((report.rows, broken(&report)), (30, vec![]));
}

#[tokio::test]
async fn a_break_raises_an_alert_within_a_day_and_a_whole_log_raises_none() {
    let app = TestApp::start().await;
    let (a, _) = two_chains(&app).await;
    let count = |alerts: Vec<(String, String)>| {
        let broken = ("audit.broken".to_owned(), "CRITICAL".to_owned());
        alerts.iter().filter(|alert| **alert == broken).count()
    };
    app.advance(hours(24));
    app.run_schedules().await;
    assert_eq!(count(app.alerts().await), 0);
    tamper(
        &app,
        &a,
        "delete from audit_log where subscriber_id = $1 and seq = 3",
    )
    .await;
    app.advance(hours(24));
    app.run_schedules().await;
    assert_eq!(count(app.alerts().await), 1);
}

#[tokio::test]
async fn owner_and_admin_read_the_log_of_their_own_business_alone() {
    let app = TestApp::start().await;
    let (a, _) = two_chains(&app).await;
    act(&app, &a, "webhook.created").await;
    app.stranger()
        .get("/api/audit-log")
        .await
        .expect_problem(401, "unauthenticated");
    let staff = app.staff(&a).await;
    staff
        .get("/api/audit-log")
        .await
        .expect_problem(403, "forbidden");
    let owner = app.owner(&a).await;
    let page = owner.get("/api/audit-log?limit=2").await.expect(200).json();
    assert_eq!(page["data"][0]["action"], "webhook.created");
    assert_eq!(page["data"][0]["seq"], 5);
    assert_eq!(page["head"]["seq"], 5);
    assert_eq!(page["head"]["hash"].as_str().unwrap().len(), 64);
    let mut seen = 2;
    let mut cursor = page["next_cursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let path = format!("/api/audit-log?limit=2&cursor={next}");
        let page = owner.get(&path).await.expect(200).json();
        seen += page["data"].as_array().unwrap().len();
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, 5);
}

#[tokio::test]
async fn the_log_is_filtered_by_actor_action_and_day() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    act(&app, &shop, "thing.made").await;
    act(&app, &shop, "webhook.created").await;
    let owner = app.owner(&shop).await;
    let consent = json!({"data": []});
    owner
        .put("/api/settings/retention", consent)
        .await
        .expect(200);
    let count = async |query: &str| {
        let path = format!("/api/audit-log?{query}");
        let page = owner.get(&path).await.expect(200).json();
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("action=webhook.").await, 1);
    assert_eq!(count(&format!("actor={}", owner.user)).await, 1);
    assert_eq!(count("from=2026-11-21&to=2026-11-21").await, 3);
    assert_eq!(count("from=2026-11-22").await, 0);
    assert_eq!(count("to=2026-11-20").await, 0);
    let wrong = owner.get("/api/audit-log?from=yesterday").await;
    wrong.expect_problem(422, "invalid_request");
}
