//! Tokens rotate: one at a time takes the next pair.
use rocket_reception::jobs::{Outcome, Ran, Runner};
use std::sync::Arc;

use super::{TUESDAY_AT_NINE, at};
use crate::support::{TestApp, hours, minutes, soon};

#[tokio::test]
async fn two_replicas_that_need_a_token_at_once_take_one() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    let first = app.book(&shop, TUESDAY_AT_NINE).await;
    app.book(&shop, "2026-11-24T17:00:00Z").await;
    app.advance(minutes(40));
    let held = app.calcom.hold_next("token");
    let replica = app.replica().await;
    let registry = Arc::new(rocket_reception::worker::registry());
    let other = Runner::new(replica, registry);
    let here = app.run_jobs_meanwhile();
    held.arrived().await;
    // The other replica finds the work taken or the token being taken; it must not take one itself.
    let there = soon(other.run_due()).await.unwrap();
    held.release();
    soon(here).await.unwrap();
    drop(there);
    app.advance(minutes(1));
    app.run_jobs().await;
    assert_eq!(app.calcom.refreshed(), 1);
    assert_eq!(app.calcom.standing().len(), 2);
    assert!(first["id"].is_string());
}

#[tokio::test]
async fn a_token_is_used_until_five_minutes_before_its_end() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.advance(minutes(25));
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    assert_eq!(app.calcom.refreshed(), 0);
    app.advance(minutes(1));
    app.book(&shop, "2026-11-24T17:00:00Z").await;
    app.run_jobs().await;
    assert_eq!(app.calcom.refreshed(), 1);
    assert_eq!(app.calcom.standing().len(), 2);
}

#[tokio::test]
async fn a_permission_that_was_taken_back_is_told_once_and_given_again() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    app.connect(&shop).await;
    app.calcom.revokes_everything();
    app.advance(hours(1));
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    let status = owner.get("/api/calcom/status").await.expect(200).json();
    assert_eq!(status["state"], "RECONNECT");
    let alerts: i64 = app
        .value(&shop, "select count(*) from ops_alerts where subscriber_id = $1 and kind = 'calcom.reconnect'")
        .await;
    assert_eq!(alerts, 1);
    // The appointment stands without the calendar.
    assert_eq!(app.appointments(&shop).await[0].1, "CONFIRMED");
    app.run_schedules().await;
    app.connect(&shop).await;
    let status = owner.get("/api/calcom/status").await.expect(200).json();
    assert_eq!(status["state"], "ACTIVE");
    let open: i64 = app
        .value(
            &shop,
            "select count(*) from ops_alerts where subscriber_id = $1 and resolved_at is null",
        )
        .await;
    assert_eq!(open, 0);
}

#[tokio::test]
async fn an_access_token_that_is_refused_before_its_time_is_replaced() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.calcom.fail_next("book", 401, "Unauthorized");
    app.book(&shop, TUESDAY_AT_NINE).await;
    let ran: Vec<Ran> = app.run_jobs().await;
    assert!(
        ran.iter()
            .any(|ran| matches!(ran.outcome, Outcome::Retried)),
        "{ran:?}"
    );
    app.advance(minutes(5));
    app.run_jobs().await;
    assert_eq!(app.calcom.refreshed(), 1);
    assert_eq!(app.calcom.standing()[0].start, at(TUESDAY_AT_NINE));
}

#[tokio::test]
async fn tokens_stand_sealed_and_in_no_answer_and_no_job() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    app.book(&shop, TUESDAY_AT_NINE).await;
    app.run_jobs().await;
    let asked = app.calcom.asked();
    assert!(asked.iter().any(|(_, path, _)| path == "/v2/bookings"));
    let sealed: (String, String) = app
        .rows(
            &shop,
            "select access_token_sealed, refresh_token_sealed from calendar_connections
                       where subscriber_id = $1",
        )
        .await
        .remove(0);
    for text in [&sealed.0, &sealed.1] {
        assert!(text.starts_with("v1."), "{text}");
    }
    let status = app
        .staff(&shop)
        .await
        .get("/api/calcom/status")
        .await
        .expect(200);
    let jobs: Vec<(String,)> = app
        .rows(
            &shop,
            "select payload::text || coalesce(last_error, '') || coalesce(dedupe_key, '') from jobs
                       where subscriber_id = $1",
        )
        .await;
    for token in ["access_0", "refresh_0", "calsec_"] {
        assert!(!status.body.contains(token));
        assert!(!jobs.iter().any(|(job,)| job.contains(token)), "{token}");
    }
}

#[tokio::test]
async fn a_calendar_that_nobody_uses_stays_connected() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    app.connect(&shop).await;
    for day in 1..=40 {
        app.advance(hours(24));
        app.run_schedules().await;
        let state: String = app
            .value(
                &shop,
                "select state from calendar_connections where subscriber_id = $1",
            )
            .await;
        assert_eq!(state, "ACTIVE", "day {day}");
    }
}
