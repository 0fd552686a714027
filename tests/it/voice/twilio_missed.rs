//! What Twilio could not tell us of is looked up: nobody's message is lost with our database.
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    CALLER,
    twilio::{the_call, usage},
};
use crate::support::{Subscriber, TestApp, hours, minutes};

/// A call as Twilio's list has it.
fn at_twilio(sid: &str, number: &str, ended_at: DateTime<Utc>) -> Value {
    json!({ "sid": sid, "status": "completed", "direction": "inbound", "from": CALLER, "to": number,
            "start_time": (ended_at - minutes(1)).to_rfc2822(), "end_time": ended_at.to_rfc2822(),
            "duration": "60", "price": null, "price_unit": "USD" })
}

fn sound_of(sid: &str, made_at: DateTime<Utc>) -> Value {
    json!({ "sid": format!("RE{}", &sid[2..]), "call_sid": sid, "status": "completed", "source": "RecordVerb",
            "duration": "11", "date_created": made_at.to_rfc2822() })
}

async fn counts(app: &TestApp, subscriber: &Subscriber) -> (i64, i64, i64) {
    let count = "select (select count(*) from interactions where subscriber_id = $1 and channel = 'VOICE'),
                        (select count(*) from recordings where subscriber_id = $1 and kind = 'VOICEMAIL'),
                        (select count(*) from leads where subscriber_id = $1)";
    app.rows(subscriber, count).await.remove(0)
}

#[tokio::test]
async fn a_message_that_was_left_while_the_database_was_away_is_found_and_kept_once() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.lose_database().await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    let callback = call.verb("Record").attribute("recordingStatusCallback");
    let callback = callback.to_owned();
    call.leaves_a_message("11").await;
    assert_eq!(call.does(), ["Say", "Say", "Say", "Hangup"]);
    call.recording_is_done(&callback, "RecordVerb")
        .await
        .expect(503);
    let (sid, now) = (call.sid.clone(), app.clock.now());
    drop(call);
    // Hours later. Twilio has long ceased to tell.
    let app = app.regain_database().await;
    app.twilio.holds_call(&at_twilio(&sid, &hvac.number, now));
    app.twilio.holds_recording(&sound_of(&sid, now));
    app.advance(hours(3));
    app.run_schedules().await;
    app.run_jobs().await;
    assert_eq!(counts(&app, &hvac).await, (1, 1, 1));
    assert_eq!(the_call(&app, &hvac).await.0, "VOICEMAIL");
    assert_eq!(usage(&app, &hvac).await, [(0, Some("FALLBACK".to_owned()))]);
    let called = "select from_number, started_at from interactions where subscriber_id = $1";
    let called: Vec<(String, DateTime<Utc>)> = app.rows(&hvac, called).await;
    assert_eq!(called[0].0, CALLER);
    assert!(
        called[0].1 <= now,
        "when they called, and not when we looked"
    );
    let rows = app.row_counts().await;
    app.advance(minutes(10));
    app.run_schedules().await;
    assert_eq!(counts(&app, &hvac).await, (1, 1, 1));
    for table in ["interactions", "leads", "usage_records", "domain_events"] {
        if let Some(before) = rows.get(table) {
            assert_eq!(app.row_counts().await[table], *before, "{table}");
        }
    }
}

#[tokio::test]
async fn a_call_that_nobody_here_heard_of_is_a_missed_one_and_is_texted_back_while_it_is_fresh() {
    for (age, texts) in [(minutes(20), 1), (hours(4), 0)] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        let ended_at = app.clock.now() - age;
        let sid = "CA00000000000000000000000000000171";
        app.twilio
            .holds_call(&at_twilio(sid, &hvac.number, ended_at));
        app.run_schedules().await;
        app.run_jobs().await;
        assert_eq!(the_call(&app, &hvac).await.0, "MISSED");
        assert_eq!(app.twilio.texts().len(), texts, "{age}");
    }
}

#[tokio::test]
async fn what_others_tell_of_or_nobody_here_is_called_by_is_left_alone() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let known = app.call_from(CALLER).calls(&hvac.number).await;
    known.ends_after("60").await.expect(204);
    let ended_at = app.clock.now() - minutes(5);
    app.twilio
        .holds_call(&at_twilio(&known.sid, &hvac.number, ended_at));
    let sid = |last: u8| format!("CA000000000000000000000000000000{last:02}");
    app.twilio
        .holds_call(&at_twilio(&sid(1), "+14319990000", ended_at));
    let mut outgoing = at_twilio(&sid(2), &hvac.number, ended_at);
    outgoing["direction"] = json!("outbound-dial");
    app.twilio.holds_call(&outgoing);
    let mut under_way = at_twilio(&sid(3), &hvac.number, ended_at);
    under_way["status"] = json!("in-progress");
    app.twilio.holds_call(&under_way);
    let just_now = at_twilio(&sid(4), &hvac.number, app.clock.now());
    app.twilio.holds_call(&just_now);
    let mut announced = sound_of(&known.sid, ended_at);
    announced["source"] = json!("StartCallRecordingAPI");
    app.twilio.holds_recording(&announced);
    let kept = app.kept().await;
    app.run_schedules().await;
    assert_eq!(counts(&app, &hvac).await, (1, 0, 0));
    assert_eq!(app.kept().await, kept, "nor is it kept as nobody's");
    let vapi = "update subscriber_channels set transport_provider = 'VAPI' where subscriber_id = $1 and channel = 'VOICE'";
    app.change(&hvac, vapi).await;
    app.twilio
        .holds_call(&at_twilio(&sid(5), &hvac.number, ended_at));
    app.advance(minutes(10));
    app.run_schedules().await;
    assert_eq!(counts(&app, &hvac).await, (1, 0, 0));
}
