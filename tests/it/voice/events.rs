//! What Retell tells of a call becomes one interaction, charged once.
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{BOREALE, CALLER, boreale, parse, sample, tell, with, without};
use crate::support::{Subscriber, TestApp};

/// The only interaction, as JSON.
async fn interaction(app: &TestApp, subscriber: &Subscriber) -> Value {
    let statement = "select to_jsonb(i) from interactions i where subscriber_id = $1";
    app.value(subscriber, statement).await
}

async fn count_interactions(app: &TestApp, subscriber: &Subscriber) -> i64 {
    let statement = "select count(*) from interactions where subscriber_id = $1";
    app.value(subscriber, statement).await
}

#[tokio::test]
async fn a_call_from_its_first_ring_to_its_analysis_is_one_interaction() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    for event in [
        sample!("call_started"),
        sample!("call_ended"),
        sample!("call_analyzed"),
    ] {
        tell(&app, &event).await;
    }
    let call = interaction(&app, &boreale).await;
    let expected = [
        ("channel", json!("VOICE")),
        ("direction", json!("INBOUND")),
        ("status", json!("COMPLETED")),
        ("outcome_type", json!("BOOKED")),
        ("handled_by", json!("AI")),
        ("from_number", json!(CALLER)),
        ("to_number", json!(BOREALE)),
        ("counterpart", json!(CALLER)),
        ("external_id", json!("call_5b0e1f7a2c9d4e63a8b7c6d5e4f")),
        ("duration_seconds", json!(94)),
        ("provider_cost_cents", json!(14.68)),
        ("provider_cost_currency", json!("USD")),
        ("sentiment", json!("Positive")),
        ("disconnection_reason", json!("agent_hangup")),
        ("day", json!("2026-11-16")),
    ];
    for (name, value) in expected {
        assert_eq!(call[name], value, "{name}");
    }
    assert!(
        call["summary"]
            .as_str()
            .unwrap()
            .starts_with("La cliente signale")
    );
    assert_eq!(call["analysis"]["urgency"], "high");
    let events = [
        "call.analyzed",
        "call.ended",
        "call.started",
        "contact.created",
    ];
    let mut emitted = app.events(&boreale).await;
    emitted.sort_unstable();
    assert_eq!(emitted, events);
}

#[tokio::test]
async fn its_turns_and_its_recordings_are_kept_in_their_order() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("transcript_updated")).await;
    tell(&app, &sample!("call_ended")).await;
    let turns =
        "select role, text from interaction_messages where subscriber_id = $1 order by position";
    let turns: Vec<(String, String)> = app.rows(&boreale, turns).await;
    let roles: Vec<_> = turns.iter().map(|(role, _)| role.as_str()).collect();
    let expected = [
        "AI", "CALLER", "AI", "TOOL", "TOOL", "AI", "CALLER", "TOOL", "TOOL", "AI",
    ];
    assert_eq!(roles, expected);
    assert!(turns[1].1.contains("dégât d'eau"), "{turns:?}");
    assert!(
        turns[3].1.starts_with("check_calendar_availability: {"),
        "{turns:?}"
    );
    let sounds =
        "select kind, duration_seconds from recordings where subscriber_id = $1 order by kind";
    let sounds: Vec<(String, Option<i32>)> = app.rows(&boreale, sounds).await;
    assert_eq!(
        sounds,
        [
            ("MIXED".to_owned(), Some(94)),
            ("MULTI_CHANNEL".to_owned(), Some(94))
        ]
    );
}

#[tokio::test]
async fn a_call_is_charged_in_whole_minutes_once() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    for event in [
        sample!("call_started"),
        sample!("call_ended"),
        sample!("call_analyzed"),
    ] {
        tell(&app, &event).await;
        tell(&app, &event).await;
    }
    let usage = "select to_jsonb(u) from usage_records u where subscriber_id = $1";
    let usage: Value = app.value(&boreale, usage).await;
    let expected = [
        ("source", json!("RETELL:call_5b0e1f7a2c9d4e63a8b7c6d5e4f")),
        ("billed_minutes", json!(2)),
        ("duration_seconds", json!(94)),
        ("cost", json!(0.1468)),
        ("cost_currency", json!("USD")),
        ("charged_from", json!("INCLUDED")),
        ("free_minutes_before", json!(500)),
        ("free_minutes_after", json!(498)),
    ];
    for (name, value) in expected {
        assert_eq!(usage[name], value, "{name}");
    }
    let entries = "select amount, leg, kind from ledger_entries where subscriber_id = $1";
    let entries: Vec<(Decimal, String, String)> = app.rows(&boreale, entries).await;
    assert_eq!(
        entries,
        [(Decimal::ZERO, "AI".to_owned(), "CHARGE".to_owned())]
    );
    let sums = "select interactions, answered, booked, ai_handled, duration_s, billed_minutes
                  from usage_rollups where subscriber_id = $1 and channel = 'VOICE' and day = '2026-11-16'";
    let sums: Vec<(i32, i32, i32, i32, i64, i32)> = app.rows(&boreale, sums).await;
    assert_eq!(sums, [(1, 1, 1, 1, 94, 2)]);
}

#[tokio::test]
async fn without_included_minutes_the_balance_pays() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    app.change(
        &boreale,
        "update subscriptions set plan = 'FREE' where subscriber_id = $1",
    )
    .await;
    let statement = "insert into usage_periods (subscriber_id, id, starts_on, included_minutes, used_minutes, included_texts)
                     values ($1, gen_random_uuid(), '2026-11-01', 100, 99, 0)";
    app.change(&boreale, statement).await;
    tell(&app, &sample!("call_ended")).await;
    let usage =
        "select charged_from, price, balance_after from usage_records where subscriber_id = $1";
    let usage: Vec<(String, Decimal, Decimal)> = app.rows(&boreale, usage).await;
    let (price, balance) = (Decimal::new(10, 2), Decimal::new(-10, 2));
    assert_eq!(usage, [("MIXED".to_owned(), price, balance)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_copies_of_an_event_at_once_are_one_event() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let event = app.retell_event(&sample!("call_ended"));
    for answer in event.send_at_once(50).await {
        answer.expect(204);
    }
    assert_eq!(count_interactions(&app, &boreale).await, 1);
    assert_eq!(app.count_events(&boreale, "call.ended").await, 1);
    let charges = "select count(*) from ledger_entries where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, charges).await, 1);
    let turns = "select count(*) from interaction_messages where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, turns).await, 10);
}

#[tokio::test]
async fn the_older_paths_take_events_too() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let event = sample!("call_ended");
    for path in [
        "/webhooks/retell",
        "/retell-webhook",
        "/api/retell/webhook",
        "/api/webhooks/retell",
    ] {
        app.retell_event(&event)
            .posted_to(path)
            .send()
            .await
            .expect(204);
    }
    assert_eq!(count_interactions(&app, &boreale).await, 1);
    assert_eq!(app.kept().await.len(), 1);
}

#[tokio::test]
async fn a_web_call_has_no_numbers_and_is_found_by_its_metadata() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_started_web")).await;
    let call = interaction(&app, &boreale).await;
    assert_eq!(
        (&call["from_number"], &call["contact_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(app.events(&boreale).await, ["call.started"]);
}

#[tokio::test]
async fn metadata_that_names_nobody_here_is_ignored_and_the_number_decides() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let event = with(
        sample!("call_ended"),
        "/call/metadata/tenant_id",
        "somebody-else",
    );
    tell(&app, &event).await;
    assert_eq!(count_interactions(&app, &boreale).await, 1);
}

#[tokio::test]
async fn metadata_of_another_subscriber_counts_more_than_the_number() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let clinic = app.subscriber("clinic").await;
    let event = with(
        sample!("call_ended"),
        "/call/metadata/subscriber_id",
        clinic.id.to_string(),
    );
    tell(&app, &event).await;
    assert_eq!(count_interactions(&app, &clinic).await, 1);
    assert_eq!(count_interactions(&app, &boreale).await, 0);
}

#[tokio::test]
async fn an_event_that_we_do_not_know_is_kept_and_acknowledged() {
    let app = TestApp::start().await;
    boreale(&app).await;
    tell(
        &app,
        &json!({ "event": "call_dreamt", "call": { "call_id": "call_1" } }),
    )
    .await;
    assert_eq!(
        app.kept().await,
        [("unknown".to_owned(), "UNROUTED".to_owned())]
    );
}

#[tokio::test]
async fn what_belongs_to_nobody_here_is_kept_and_acknowledged() {
    let app = TestApp::start().await;
    for event in [sample!("call_ended"), sample!("chat_ended")] {
        tell(&app, &event).await;
        tell(&app, &event).await;
    }
    let kept = [("call_ended", "UNROUTED"), ("chat_ended", "UNROUTED")];
    assert_eq!(
        app.kept().await,
        kept.map(|(kind, state)| (kind.to_owned(), state.to_owned()))
    );
}

#[tokio::test]
async fn a_call_of_a_subscriber_that_was_deleted_is_kept_for_the_operator() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    app.delete(&boreale).await;
    tell(&app, &sample!("call_ended")).await;
    assert_eq!(
        app.kept().await,
        [("call_ended".to_owned(), "UNROUTED".to_owned())]
    );
}

#[tokio::test]
async fn while_the_database_is_away_the_event_is_asked_for_again_and_then_taken_once() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    app.lose_database().await;
    let away = app.retell_event(&sample!("call_ended")).send().await;
    let away = away.expect_problem(503, "unavailable");
    assert!(away.header("retry-after").parse::<u32>().unwrap() > 0);
    let app = app.regain_database().await;
    for _ in 0..3 {
        tell(&app, &sample!("call_ended")).await;
    }
    assert_eq!(app.count_events(&boreale, "call.ended").await, 1);
}

#[tokio::test]
async fn a_withheld_caller_is_an_interaction_without_a_contact() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    tell(
        &app,
        &with(sample!("call_ended"), "/call/from_number", "anonymous"),
    )
    .await;
    let call = interaction(&app, &boreale).await;
    assert_eq!(
        (&call["counterpart"], &call["contact_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(app.count_events(&boreale, "contact.created").await, 0);
}

#[tokio::test]
async fn every_sample_of_an_event_is_accepted() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let samples = [
        include_str!("../../data/retell/call_started.json"),
        include_str!("../../data/retell/call_started_web.json"),
        include_str!("../../data/retell/transcript_updated.json"),
        include_str!("../../data/retell/transfer_started.json"),
        include_str!("../../data/retell/transfer_bridged.json"),
        include_str!("../../data/retell/transfer_cancelled.json"),
        include_str!("../../data/retell/transfer_ended.json"),
        include_str!("../../data/retell/call_ended.json"),
        include_str!("../../data/retell/call_ended_concurrency_error.json"),
        include_str!("../../data/retell/call_ended_not_connected.json"),
        include_str!("../../data/retell/call_ended_opt_out.json"),
        include_str!("../../data/retell/call_analyzed.json"),
        include_str!("../../data/retell/chat_started.json"),
        include_str!("../../data/retell/chat_ended.json"),
        include_str!("../../data/retell/chat_analyzed.json"),
    ];
    for sample in samples {
        tell(&app, &parse(sample)).await;
    }
    let kept = app.kept().await;
    assert_eq!(kept.len(), samples.len());
    assert!(kept.iter().all(|(_, state)| state == "DONE"), "{kept:?}");
    assert_eq!(
        count_interactions(&app, &boreale).await,
        6,
        "five calls and a chat"
    );
}

#[tokio::test]
async fn a_chat_is_one_interaction_with_its_summary() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    for event in [
        sample!("chat_started"),
        sample!("chat_ended"),
        sample!("chat_analyzed"),
    ] {
        tell(&app, &event).await;
    }
    let chat = interaction(&app, &boreale).await;
    assert_eq!(
        (&chat["channel"], &chat["status"]),
        (&json!("CHAT"), &json!("COMPLETED"))
    );
    assert!(
        chat["summary"]
            .as_str()
            .unwrap()
            .starts_with("Le visiteur demande")
    );
}

#[tokio::test]
async fn what_retell_leaves_out_is_not_missed() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let bare = without(sample!("call_ended"), "/call/metadata");
    let bare = without(bare, "/call/transcript_with_tool_calls");
    let bare = without(bare, "/call/recording_url");
    let bare = without(bare, "/call/call_cost");
    tell(&app, &bare).await;
    let call = interaction(&app, &boreale).await;
    assert_eq!(
        (&call["status"], &call["provider_cost_cents"]),
        (&json!("COMPLETED"), &Value::Null)
    );
    let turns = "select count(*) from interaction_messages where subscriber_id = $1";
    assert_eq!(
        app.value::<i64>(&boreale, turns).await,
        6,
        "from the plain transcript"
    );
}
