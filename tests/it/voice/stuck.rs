//! A call that never gets its end is found, asked of its provider, and closed.
use serde_json::{Value, json};

use super::{BOREALE, CALLER, boreale, parse, sample, tell, with, without};
use crate::support::{RETELL_KEY, Subscriber, TestApp, minutes};

const RETELL_CALL: &str = "call_5b0e1f7a2c9d4e63a8b7c6d5e4f";
const TWILIO_CALL: &str = "CA00000000000000000000000000000142";

/// The call as Retell's API shows it once it is over.
fn at_retell() -> Value {
    let mut call = sample!("call_analyzed")["call"].clone();
    call["call_status"] = json!("ended");
    call
}

fn at_vapi() -> Value {
    parse(include_str!("../../data/vapi/api_get_call.response.json"))
}

fn at_twilio(status: &str) -> Value {
    json!({ "sid": TWILIO_CALL, "status": status, "to": BOREALE, "from": CALLER,
            "start_time": "Sat, 21 Nov 2026 16:00:02 +0000", "end_time": "Sat, 21 Nov 2026 16:01:36 +0000",
            "duration": "94", "price": "-0.0085", "price_unit": "USD" })
}

/// The call of the samples began just now.
async fn begun_at_retell(app: &TestApp) {
    let at = app.clock.now().timestamp_millis();
    let event = with(sample!("call_started"), "/call/start_timestamp", at);
    tell(app, &with(event, "/event_timestamp", at)).await;
}

async fn begun_at_vapi(app: &TestApp) {
    let message = parse(include_str!(
        "../../data/vapi/status_update_in_progress.json"
    ));
    let now = app.clock.now();
    let message = with(message, "/message/call/createdAt", now.to_rfc3339());
    let message = with(message, "/message/call/startedAt", now.to_rfc3339());
    app.vapi_message(&message).send().await.expect(200);
}

async fn begun_at_twilio(app: &TestApp, subscriber: &Subscriber) {
    app.change(
        subscriber,
        "insert into interactions (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider,
                                   external_id, from_number, to_number, counterpart, day, started_at)
         values ($1, gen_random_uuid(), 'VOICE', 'INBOUND', 'TWILIO', 'BUILTIN', 'TWILIO',
                 'CA00000000000000000000000000000142', '+15145550142', '+14385550117', '+15145550142',
                 '2026-11-21', '2026-11-21T16:00:00Z')",
    )
    .await;
}

async fn ending(app: &TestApp, subscriber: &Subscriber) -> (String, Option<String>) {
    let statement = "select status, outcome_type from interactions where subscriber_id = $1";
    app.rows(subscriber, statement).await.remove(0)
}

/// A quarter of an hour and a little passes, and the clock does its work.
async fn later(app: &TestApp) {
    app.advance(minutes(16));
    app.run_schedules().await;
}

fn ended(status: &str, outcome: &str) -> (String, Option<String>) {
    (status.to_owned(), Some(outcome.to_owned()))
}

#[tokio::test]
async fn what_retell_says_of_a_call_is_told_as_the_event_that_we_missed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    begun_at_retell(&app).await;
    app.retell.holds_call(&at_retell());
    app.run_schedules().await;
    assert_eq!(app.retell.calls_asked(), [], "it has just begun");
    later(&app).await;
    assert_eq!(ending(&app, &boreale).await, ended("COMPLETED", "BOOKED"));
    assert_eq!(
        app.events(&boreale).await,
        [
            "contact.created",
            "call.started",
            "call.ended",
            "call.analyzed"
        ]
    );
    let billed = "select sum(billed_minutes)::bigint from usage_records where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, billed).await, 2);
    let turns = "select count(*) > 0 from interaction_messages where subscriber_id = $1";
    assert!(app.value::<bool>(&boreale, turns).await);
    // The events that were late after all change nothing any more.
    for event in [sample!("call_ended"), sample!("call_analyzed")] {
        tell(&app, &event).await;
    }
    assert_eq!(app.count_events(&boreale, "call.ended").await, 1);
    assert_eq!(app.value::<i64>(&boreale, billed).await, 2);
    later(&app).await;
    assert_eq!(app.retell.calls_asked().len(), 1, "it has its end");
}

#[tokio::test]
async fn what_vapi_says_of_a_call_is_told_as_the_report_that_we_missed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    begun_at_vapi(&app).await;
    app.vapi.holds(&at_vapi());
    later(&app).await;
    assert_eq!(ending(&app, &boreale).await, ended("COMPLETED", "BOOKED"));
    let cost = "select provider_cost_cents::text from interactions where subscriber_id = $1";
    assert!(
        app.value::<String>(&boreale, cost)
            .await
            .starts_with("15.04")
    );
    assert_eq!(app.count_events(&boreale, "call.analyzed").await, 1);
    let late = parse(include_str!("../../data/vapi/end_of_call_report.json"));
    app.vapi_message(&late).send().await.expect(200);
    assert_eq!(app.count_events(&boreale, "call.analyzed").await, 1);
}

/// What we had asked, or decided for want of an answer, gives way to the report that comes after all.
#[tokio::test]
async fn a_report_that_was_on_its_way_tells_what_vapi_did_not_know_yet() {
    for is_known in [true, false] {
        let app = TestApp::start().await;
        let boreale = boreale(&app).await;
        begun_at_vapi(&app).await;
        if is_known {
            let mut call = at_vapi();
            for late in ["analysis", "artifact", "cost", "costs", "costBreakdown"] {
                call.as_object_mut().unwrap().remove(late);
            }
            app.vapi.holds(&call);
        }
        later(&app).await;
        let meanwhile = match is_known {
            true => ended("COMPLETED", "ANSWERED"),
            false => ended("FAILED", "OTHER"),
        };
        assert_eq!(ending(&app, &boreale).await, meanwhile);
        assert_eq!(app.count_events(&boreale, "call.analyzed").await, 0);
        let report = parse(include_str!("../../data/vapi/end_of_call_report.json"));
        for _ in 0..2 {
            app.vapi_message(&report).send().await.expect(200);
        }
        assert_eq!(ending(&app, &boreale).await, ended("COMPLETED", "BOOKED"));
        let told = "select summary is not null and provider_cost_cents > 15 and analysis is not null
                       and disconnection_reason = 'customer-ended-call' and ended_at < '2026-11-17' from interactions where subscriber_id = $1";
        assert!(app.value::<bool>(&boreale, told).await);
        let turns = "select count(*) from interaction_messages where subscriber_id = $1";
        assert_eq!(app.value::<i64>(&boreale, turns).await, 7);
        let billed =
            "select sum(billed_minutes)::bigint from usage_rollups where subscriber_id = $1";
        assert_eq!(app.value::<i64>(&boreale, billed).await, 2);
        for (event, times) in [("call.ended", 1), ("call.analyzed", 1)] {
            assert_eq!(app.count_events(&boreale, event).await, times, "{event}");
        }
    }
}

#[tokio::test]
async fn operators_see_whether_vapi_answers() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let operator = app.operator().await;
    let state = async || {
        let health = operator
            .get("/api/health/detailed")
            .await
            .expect(200)
            .json();
        health["providers"]["vapi"]["state"].clone()
    };
    assert_eq!(state().await, "on");
    begun_at_vapi(&app).await;
    app.vapi.fail_next(500);
    later(&app).await;
    assert_eq!(state().await, "failing");
    app.vapi.holds(&at_vapi());
    later(&app).await;
    assert_eq!(state().await, "on");
    let off = TestApp::with(&[("VAPI_API_KEY", "")]).await;
    let health = off.operator().await.get("/api/health/detailed").await;
    assert_eq!(
        health.expect(200).json()["providers"]["vapi"]["state"],
        "off"
    );
}

#[tokio::test]
async fn what_twilio_says_of_a_call_is_told_as_the_callback_that_we_missed() {
    for (status, expected) in [
        ("completed", ended("COMPLETED", "OTHER")),
        ("no-answer", ended("FAILED", "MISSED")),
        ("canceled", ended("FAILED", "MISSED")),
    ] {
        let app = TestApp::start().await;
        let boreale = boreale(&app).await;
        begun_at_twilio(&app, &boreale).await;
        app.twilio.holds_call(&at_twilio(status));
        later(&app).await;
        assert_eq!(ending(&app, &boreale).await, expected, "{status}");
        assert_eq!(app.count_events(&boreale, "call.ended").await, 1);
        let kept = "select duration_seconds from interactions where subscriber_id = $1";
        assert_eq!(app.value::<i32>(&boreale, kept).await, 94);
    }
}

#[tokio::test]
async fn a_call_that_its_provider_does_not_know_is_closed_and_the_black_box_says_why() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    begun_at_retell(&app).await;
    begun_at_vapi(&app).await;
    begun_at_twilio(&app, &boreale).await;
    later(&app).await;
    let calls = "select status, outcome_type from interactions where subscriber_id = $1";
    let calls: Vec<(String, Option<String>)> = app.rows(&boreale, calls).await;
    assert_eq!(calls, vec![ended("FAILED", "OTHER"); 3]);
    let lines = "select source, detail ->> 'because' from black_box_events
                  where subscriber_id = $1 and kind = 'call.closed_without_end'";
    let lines: Vec<(String, String)> = app.rows(&boreale, lines).await;
    assert_eq!(
        lines,
        vec![("JOB".to_owned(), "unknown_to_provider".to_owned()); 3]
    );
    assert_eq!(app.count_events(&boreale, "call.ended").await, 3);
    let charged = "select coalesce(sum(billed_minutes), 0)::bigint from usage_records where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, charged).await, 0);
}

#[tokio::test]
async fn a_call_that_goes_on_is_asked_about_ever_less_often_and_left_alone() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    begun_at_retell(&app).await;
    let mut call = without(sample!("call_started")["call"].clone(), "/call_id");
    call["call_id"] = json!(RETELL_CALL);
    call["call_status"] = json!("ongoing");
    app.retell.holds_call(&call);
    later(&app).await;
    assert_eq!(app.retell.calls_asked().len(), 1);
    for _ in 0..9 {
        app.advance(minutes(5));
        app.run_schedules().await;
    }
    let asked = app.retell.calls_asked().len();
    assert!((3..=5).contains(&asked), "an hour, {asked} questions");
    assert_eq!(ending(&app, &boreale).await.0, "OPEN");
    // It ends, and its end is lost as well.
    app.retell.holds_call(&at_retell());
    app.advance(minutes(31));
    app.run_schedules().await;
    assert_eq!(ending(&app, &boreale).await, ended("COMPLETED", "BOOKED"));
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_asked_again_and_after_four_hours_no_more() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    begun_at_retell(&app).await;
    app.retell.is_down();
    for _ in 0..8 {
        app.advance(minutes(29));
        app.run_schedules().await;
    }
    assert_eq!(ending(&app, &boreale).await.0, "OPEN");
    app.advance(minutes(31));
    app.run_schedules().await;
    assert_eq!(ending(&app, &boreale).await, ended("FAILED", "OTHER"));
    let because = "select detail ->> 'because' from black_box_events
                    where subscriber_id = $1 and kind = 'call.closed_without_end'";
    assert_eq!(app.value::<String>(&boreale, because).await, "too_old");
}

#[tokio::test]
async fn an_own_account_is_asked_first_and_what_is_anothers_at_the_platforms_is_not_taken() {
    const OWN_KEY: &str = "own-retell-key-of-the-subscriber";
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let spa = app.subscriber("spa").await;
    let admin = app.admin(&spa).await;
    let account = json!({ "account_id": "workspace_1", "api_key": OWN_KEY });
    admin
        .put("/api/settings/providers/RETELL", account)
        .await
        .expect(200);
    app.retell.knows_key(OWN_KEY);
    // SPA names Boréale's call as its own, and lets it hang.
    let at = app.clock.now().timestamp_millis();
    let forged = json!({ "event": "call_started", "call": {
        "call_id": RETELL_CALL, "direction": "inbound", "from_number": CALLER, "to_number": spa.number,
        "start_timestamp": at,
    }});
    app.retell_event(&forged)
        .signed_by(OWN_KEY)
        .send()
        .await
        .expect(204);
    app.retell.holds_call(&at_retell());
    later(&app).await;
    assert_eq!(ending(&app, &spa).await, ended("FAILED", "OTHER"));
    let words = "select count(*) from interaction_messages where subscriber_id = $1";
    for subscriber in [&spa, &boreale] {
        assert_eq!(app.value::<i64>(subscriber, words).await, 0);
    }
    let call = |key: &str| (key.to_owned(), RETELL_CALL.to_owned());
    assert_eq!(app.retell.calls_asked(), [call(OWN_KEY), call(RETELL_KEY)]);
    // What its own workspace has is its own.
    let own = with(
        with(forged, "/call/call_id", "call_own"),
        "/call/start_timestamp",
        app.clock.now().timestamp_millis(),
    );
    app.retell_event(&own)
        .signed_by(OWN_KEY)
        .send()
        .await
        .expect(204);
    let mut call = at_retell();
    call["call_id"] = json!("call_own");
    call["metadata"] = json!({});
    call["to_number"] = json!(spa.number);
    app.retell.holds_call_for(OWN_KEY, &call);
    later(&app).await;
    let status =
        "select status from interactions where subscriber_id = $1 and external_id = 'call_own'";
    assert_eq!(app.value::<String>(&spa, status).await, "COMPLETED");
}
