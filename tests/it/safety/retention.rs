//! What is kept how long: chosen within bounds, cleared every night, class by class.
use serde_json::json;

use super::{boreale, call};
use crate::support::{Subscriber, TestApp, hours};

/// Class, days, and how many are left.
const CLASSES: [(&str, i64, &str); 9] = [
    (
        "IDEMPOTENCY_KEYS",
        1,
        "select count(*) from idempotency_keys where subscriber_id = $1",
    ),
    (
        "EXPORTS",
        7,
        "select count(*) from export_parts where subscriber_id = $1",
    ),
    (
        "RAW_WEBHOOKS",
        30,
        "select count(*) from inbound_events where subscriber_id = $1",
    ),
    (
        "UNROUTED_WEBHOOKS",
        30,
        "select count(*) from inbound_events where subscriber_id is null and $1::uuid is not null",
    ),
    (
        "ERROR_LOGS",
        30,
        "select count(*) from error_logs where subscriber_id = $1",
    ),
    (
        "SESSIONS",
        30,
        "select count(id) from refresh_sessions where subscriber_id = $1",
    ),
    (
        "RECORDINGS",
        90,
        "select count(*) from recordings where subscriber_id = $1",
    ),
    (
        "EVENTS",
        90,
        "select count(*) from events where subscriber_id = $1",
    ),
    (
        "TRANSCRIPTS",
        365,
        "select count(*) from interaction_messages where subscriber_id = $1 and text <> ''",
    ),
];

/// Something of every class, all of it of this moment.
async fn fill(app: &TestApp) -> Subscriber {
    let shop = boreale(app, "ANNOUNCED").await;
    call(app).await;
    app.owner(&shop).await;
    for statement in [
        "update interactions set started_at = '2026-11-21T16:00:00Z' where subscriber_id = $1",
        "update recordings set created_at = '2026-11-21T16:00:00Z' where subscriber_id = $1",
        "update events set occurred_at = '2026-11-21T16:00:00Z' where subscriber_id = $1",
        "insert into idempotency_keys (subscriber_id, id, key, request_hash, created_at)
         values ($1, gen_random_uuid(), 'k', '', '2026-11-21T16:00:00Z')",
        "insert into inbound_events (provider, external_id, kind, raw_body, received_at, state)
         values ('TWILIO', 'SM' || $1::text, 'text', 'x', '2026-11-21T16:00:00Z', 'UNROUTED')",
        "insert into error_logs (id, subscriber_id, source, place, what, fingerprint, occurrences, first_seen_at, last_seen_at)
         values (gen_random_uuid(), $1, 'JOB', 'x', 'x', 'x', 1, '2026-11-21T16:00:00Z', '2026-11-21T16:00:00Z')",
        "insert into exports (subscriber_id, id, state, requested_at)
         values ($1, gen_random_uuid(), 'READY', '2026-11-21T16:00:00Z')",
        "insert into export_parts (subscriber_id, id, export_id, position, content)
         select subscriber_id, gen_random_uuid(), id, 0, 'x' from exports where subscriber_id = $1",
    ] {
        // Rows of the application's own may not be changed: this is as if the clock had been set.
        app.force(&shop, statement).await;
    }
    app.force(
        &shop,
        "update refresh_sessions set ended_at = '2026-11-21T16:00:00Z', end_reason = 'LOGOUT' where subscriber_id = $1",
    )
    .await;
    shop
}

impl TestApp {
    /// A statement of the superuser, who may do anything; `$1` is the subscriber.
    async fn force(&self, subscriber: &Subscriber, statement: &'static str) {
        let mut conn = self.database.superuser().await;
        sqlx::query(statement)
            .bind(subscriber.id)
            .execute(&mut conn)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn each_class_is_kept_for_its_days_and_then_goes() {
    let app = TestApp::start().await;
    let shop = fill(&app).await;
    let begun = app.clock.now();
    for days in [0, 2, 8, 31, 91, 366] {
        let now = begun + hours(24) * days;
        app.advance(now - app.clock.now());
        app.run_schedules().await;
        for (class, kept_days, statement) in CLASSES {
            let left: i64 = app.value(&shop, statement).await;
            assert_eq!(
                left > 0,
                i64::from(days) <= kept_days,
                "{class} on day {days}: {left}"
            );
        }
    }
    // That there was a conversation, and what it cost, stays.
    let stays: i64 = app
        .value(
            &shop,
            "select count(*) from interactions where subscriber_id = $1 and summary is null and duration_seconds > 0",
        )
        .await;
    assert_eq!(stays, 1);
    let ledger: i64 = app
        .value(
            &shop,
            "select count(*) from usage_records where subscriber_id = $1",
        )
        .await;
    assert!(ledger > 0);
    // The recordings are gone where they were, too.
    assert_eq!(app.retell.deleted().len(), 1);
    let counted: i64 = app
        .value(
            &shop,
            "select count(*) from retention_runs where cleared > 0 and data_class in
             ('RECORDINGS', 'TRANSCRIPTS', 'EVENTS', 'RAW_WEBHOOKS', 'EXPORTS', 'SESSIONS', 'ERROR_LOGS') and $1::uuid is not null",
        )
        .await;
    assert_eq!(counted, 7);
}

#[tokio::test]
async fn a_business_chooses_within_bounds_and_its_choice_counts_for_it_alone() {
    let app = TestApp::start().await;
    let shop = fill(&app).await;
    let owner = app.owner(&shop).await;
    let choice = json!({"data": [{"data_class": "transcripts", "days": 7}]});
    let settings = owner
        .put("/api/settings/retention", choice)
        .await
        .expect(200)
        .json();
    let days = |settings: &serde_json::Value, class: &str| {
        let rows = settings["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["data_class"] == class);
        row.unwrap()["days"].clone()
    };
    assert_eq!(days(&settings, "TRANSCRIPTS"), 7);
    assert_eq!(days(&settings, "RECORDINGS"), 90);
    let shown = owner.get("/api/settings/retention").await.expect(200);
    assert_eq!(shown.json(), settings);
    let log = owner.get("/api/audit-log").await.json();
    assert_eq!(log["data"][0]["action"], "retention.changed");
    app.advance(hours(24) * 8);
    app.run_schedules().await;
    let left: i64 = app.value(&shop, CLASSES[8].2).await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_the_law_or_we_do_not_allow_is_refused_with_the_member() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    for (class, days) in [
        ("TRANSCRIPTS", 1),
        ("TRANSCRIPTS", 99_999),
        ("EXPORTS", 8),
        ("LEDGER", 30),
        ("SESSIONS", 30),
    ] {
        let choice = json!({"data": [{"data_class": class, "days": days}]});
        let answer = owner.put("/api/settings/retention", choice).await;
        answer.expect_problem(422, "invalid_request");
    }
    let admin = app.admin(&shop).await;
    admin
        .get("/api/settings/retention")
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .get("/api/settings/retention")
        .await
        .expect_problem(401, "unauthenticated");
}
