//! What Vapi tells of a call, and what the business sees of it.
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{CALL, boreale, sample, tell, with, without};
use crate::support::{TestApp, minutes, seconds};

#[tokio::test]
async fn a_call_is_told_from_its_ringing_to_its_report() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    for message in [
        sample!("status_update_ringing"),
        sample!("status_update_in_progress"),
        sample!("status_update_ended"),
        sample!("end_of_call_report"),
    ] {
        tell(&app, &message).await;
    }
    let call = "select to_jsonb(i) from interactions i where subscriber_id = $1";
    let call: Value = app.value(&boreale, call).await;
    assert_eq!(call["external_id"], CALL);
    assert_eq!(
        (&call["status"], &call["outcome_type"]),
        (&json!("COMPLETED"), &json!("BOOKED"))
    );
    assert_eq!(
        (&call["provider"], &call["handled_by"]),
        (&json!("VAPI"), &json!("AI"))
    );
    assert_eq!(call["duration_seconds"], 90);
    assert_eq!(call["disconnection_reason"], "customer-ended-call");
    assert!(call["summary"].as_str().unwrap().contains("chauffe-eau"));
    assert_eq!(call["analysis"]["outcome"], "booked");
    let cents = "select provider_cost_cents from interactions where subscriber_id = $1";
    assert_eq!(
        app.value::<Decimal>(&boreale, cents).await,
        Decimal::new(1504, 2)
    );
    let turns = "select role from interaction_messages where subscriber_id = $1 order by position";
    let turns: Vec<(String,)> = app.rows(&boreale, turns).await;
    let turns: Vec<&str> = turns.iter().map(|(role,)| role.as_str()).collect();
    assert_eq!(
        turns,
        ["AI", "CALLER", "TOOL", "TOOL", "AI", "CALLER", "AI"]
    );
    let sounds = "select count(*) from recordings where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, sounds).await, 2);
    let minutes = "select sum(billed_minutes)::bigint from usage_rollups where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, minutes).await, 2);
    assert_eq!(
        app.events(&boreale).await,
        [
            "contact.created",
            "call.started",
            "call.ended",
            "call.analyzed"
        ]
    );
}

#[tokio::test]
async fn every_sample_is_answered_and_chatter_is_not_kept() {
    let app = TestApp::start().await;
    boreale(&app).await;
    for message in [
        sample!("conversation_update"),
        sample!("speech_update"),
        sample!("transcript_final"),
        json!({ "message": { "type": "model-output", "call": { "id": CALL } } }),
        json!({ "message": { "type": "of next year" } }),
    ] {
        tell(&app, &message).await;
    }
    assert_eq!(app.kept().await, []);
    for message in [
        sample!("hang"),
        sample!("transfer_update"),
        sample!("status_update_forwarding"),
        sample!("end_of_call_report_minimal_error"),
    ] {
        tell(&app, &message).await;
    }
    let kept = app.kept().await;
    assert_eq!(kept.len(), 4, "{kept:?}");
    assert!(kept.iter().all(|(_, state)| state == "DONE"));
}

#[tokio::test]
async fn a_call_that_is_handed_over_says_to_whom() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("status_update_in_progress")).await;
    tell(&app, &sample!("status_update_forwarding")).await;
    tell(&app, &sample!("transfer_update")).await;
    let ended = with(
        sample!("status_update_ended"),
        "/message/endedReason",
        "assistant-forwarded-call",
    );
    tell(&app, &ended).await;
    let call =
        "select outcome_type, transfer_destination from interactions where subscriber_id = $1";
    let call: Vec<(String, String)> = app.rows(&boreale, call).await;
    assert_eq!(
        call,
        [("TRANSFERRED".to_owned(), "+15145550199".to_owned())]
    );
    let lines =
        "select kind from black_box_events where subscriber_id = $1 and source = 'PROVIDER'";
    let lines: Vec<(String,)> = app.rows(&boreale, lines).await;
    assert!(
        lines.contains(&("vapi.transfer-update".to_owned(),)),
        "{lines:?}"
    );
}

#[tokio::test]
async fn an_assistant_that_is_stuck_is_shown_to_the_operator_once() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("hang")).await;
    tell(
        &app,
        &with(sample!("hang"), "/message/timestamp", 1_794_841_231_000_i64),
    )
    .await;
    assert_eq!(
        app.alerts().await,
        [("vapi.hang".to_owned(), "WARNING".to_owned())]
    );
    let lines =
        "select count(*) from black_box_events where subscriber_id = $1 and kind = 'vapi.hang'";
    assert_eq!(app.value::<i64>(&boreale, lines).await, 2);
}

#[tokio::test]
async fn what_is_nobodys_is_kept_for_the_operator() {
    let app = TestApp::start().await;
    for message in [
        sample!("status_update_ended"),
        sample!("end_of_call_report"),
    ] {
        tell(&app, &message).await;
        tell(&app, &message).await;
    }
    assert!(
        app.kept()
            .await
            .iter()
            .all(|(_, state)| state == "UNROUTED")
    );
    assert_eq!(app.kept().await.len(), 2);
}

#[tokio::test]
async fn a_message_that_names_no_call_is_kept_unread() {
    let app = TestApp::start().await;
    boreale(&app).await;
    tell(
        &app,
        &without(sample!("status_update_ended"), "/message/call"),
    )
    .await;
    assert_eq!(
        app.kept().await,
        [("status-update".to_owned(), "FAILED".to_owned())]
    );
}

#[tokio::test]
async fn a_message_whose_owner_cannot_be_looked_up_is_kept_and_done_once_we_can() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let mut conn = app.database.superuser().await;
    let run = async |conn: &mut sqlx::PgConnection, statement: &'static str| {
        sqlx::query(statement).execute(conn).await.unwrap();
    };
    run(&mut conn, "alter table directory rename to elsewhere").await;
    tell(&app, &sample!("end_of_call_report")).await;
    let kept = |state: &str| [("end-of-call-report".to_owned(), state.to_owned())];
    assert_eq!(app.kept().await, kept("FAILED"));
    run(&mut conn, "alter table elsewhere rename to directory").await;
    app.advance(seconds(10));
    app.run_jobs().await;
    assert_eq!(app.kept().await, kept("DONE"));
    let count = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, count).await, 1);
}

#[tokio::test]
async fn while_the_database_is_away_vapi_keeps_its_news() {
    let app = TestApp::start().await;
    boreale(&app).await;
    app.lose_database().await;
    let answer = app
        .vapi_message(&sample!("end_of_call_report"))
        .send()
        .await;
    assert_eq!(answer.status.as_u16(), 503, "{}", answer.body);
}

#[tokio::test]
async fn a_recording_to_which_nobody_agreed_is_not_kept_and_is_deleted_there() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    app.change(
        &boreale,
        "update subscriber_profiles set recording_mode = 'OFF' where subscriber_id = $1",
    )
    .await;
    tell(&app, &sample!("end_of_call_report")).await;
    let sounds = "select count(*) from recordings where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, sounds).await, 0);
    let wanted = "select external_id, provider from provider_deletions where subscriber_id = $1";
    let wanted: Vec<(String, String)> = app.rows(&boreale, wanted).await;
    assert_eq!(wanted, [(CALL.to_owned(), "VAPI".to_owned())]);
}

#[tokio::test]
async fn of_a_business_that_handles_health_data_no_words_are_kept_here_or_there() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    app.change(
        &boreale,
        "update subscribers set handles_health_data = true where id = $1",
    )
    .await;
    for message in [
        sample!("status_update_in_progress"),
        sample!("status_update_ended"),
        sample!("end_of_call_report"),
    ] {
        tell(&app, &message).await;
    }
    let call = "select summary is null and analysis is null and status = 'COMPLETED' from interactions where subscriber_id = $1";
    assert!(app.value::<bool>(&boreale, call).await);
    let words = "select count(*) from interaction_messages where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, words).await, 0);
    let raw = "select coalesce(sum(length(raw_body)), 0)::bigint from inbound_events where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, raw).await, 0);
    let minutes_billed =
        "select sum(billed_minutes)::bigint from usage_rollups where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, minutes_billed).await, 2);
    assert_eq!(app.vapi.deleted(), Vec::<String>::new());
    app.advance(minutes(11));
    app.run_jobs().await;
    assert_eq!(app.vapi.deleted(), [CALL]);
}

#[tokio::test]
async fn a_web_call_without_numbers_is_known_by_its_assistant_or_its_metadata() {
    let app = TestApp::start().await;
    let spa = app.subscriber("spa").await;
    app.vapi_assistant(super::ASSISTANT, &spa).await;
    let web = |message| {
        let message = without(
            without(message, "/message/phoneNumber"),
            "/message/customer",
        );
        let message = without(message, "/message/call/customer");
        with(message, "/message/call/type", "webCall")
    };
    tell(&app, &web(sample!("status_update_in_progress"))).await;
    let named = with(
        web(sample!("status_update_ended")),
        "/message/call/id",
        "web-2",
    );
    let named = with(named, "/message/call/assistantId", Value::Null);
    let named = with(
        named,
        "/message/assistant",
        json!({ "metadata": { "subscriber_id": spa.id } }),
    );
    tell(&app, &named).await;
    let calls =
        "select count(*) from interactions where subscriber_id = $1 and counterpart is null";
    assert_eq!(app.value::<i64>(&spa, calls).await, 2);
}
