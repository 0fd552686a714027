//! Each tool with everything that can be wrong: always an answer, and why it is that one.
use rocket_reception::receptionist::tools::ToolName;
use serde_json::{Value, json};

use super::{ANNE, Talk};
use crate::support::{Subscriber, TestApp};

/// Why the latest call of a tool was not what was wanted, from the black box.
async fn reason(app: &TestApp, of: &Subscriber) -> Option<String> {
    let statement = "select detail ->> 'reason' from black_box_events
                      where subscriber_id = $1 and source = 'TOOL_CALL' and detail ? 'tool_call_id'
                      order by id desc limit 1";
    app.value(of, statement).await
}

#[tokio::test]
async fn free_times_are_told_for_any_way_of_saying_when() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").service("Tune-up", 60, 149).await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    // It is Saturday, ten in the morning.
    for (args, message) in [
        (
            json!({"date": "2026-11-24"}),
            "I have Tuesday, November 24 at 9 a.m., 12:30 p.m. or 4 p.m.",
        ),
        (
            json!({"date": "tuesday"}),
            "I have Tuesday, November 24 at 9 a.m., 12:30 p.m. or 4 p.m.",
        ),
        (
            json!({"date": "tuesday morning"}),
            "I have Tuesday, November 24 at 9 a.m., 10 a.m. or 11:30 a.m.",
        ),
        (
            json!({"date": "mardi matin"}),
            "I did not get the day or the time.",
        ),
        (
            json!({"date": "2026-11-24", "part_of_day": "afternoon"}),
            "I have Tuesday, November 24 at noon, 2 p.m. or 4 p.m.",
        ),
        (
            json!({"from": "2026-11-24T14:30", "service": "tune-up"}),
            "Tuesday, November 24 at 2:30 p.m. is free.",
        ),
        (
            json!({"date": "tuesday at 2:30 pm"}),
            "Tuesday, November 24 at 2:30 p.m. is free.",
        ),
        (
            json!({"date": "2026-11-24", "from": "10:00", "to": "11:00"}),
            "I have Tuesday, November 24 at 10 a.m. or 10:30 a.m.",
        ),
        (
            json!({"from": "2026-11-24", "to": "2026-11-26"}),
            "I have Tuesday, November 24 at 9 a.m., Wednesday, November 25 at 9 a.m. or Thursday, November 26 at 9 a.m.",
        ),
        (
            json!({}),
            "I have Monday, November 23 at 9 a.m., 9:30 a.m. or 10 a.m.",
        ),
        (
            json!({"date": "tomorrow"}),
            "We are closed on Sunday, November 22. The nearest I have is Monday, November 23 at 9 a.m., 9:30 a.m. or 10 a.m.",
        ),
        (
            json!({"from": "2026-11-24T20:00"}),
            "We are closed then. The nearest I have is Tuesday, November 24 at 3 p.m., 3:30 p.m. or 4 p.m.",
        ),
        (
            json!({"date": "2026-11-24", "duration_minutes": "480"}),
            "I have Tuesday, November 24 at 9 a.m.",
        ),
    ] {
        let answer = anne
            .ask(ToolName::CheckCalendarAvailability, args.clone())
            .await;
        let told = answer["message"].as_str().unwrap();
        assert!(told.starts_with(message), "{args}: {told}");
    }
}

#[tokio::test]
async fn a_slot_is_a_token_a_start_and_words() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").language("fr").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("mardi après-midi").await;
    assert_eq!(slot["start"], "2026-11-24T18:00:00Z");
    assert_eq!(slot["spoken"], "mardi 24 novembre à 12 h");
    assert!(slot["slot"].as_str().unwrap().len() > 40, "{slot}");
}

#[tokio::test]
async fn whatever_is_asked_of_the_calendar_is_answered_and_the_reason_kept() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    for (args, result, because) in [
        (
            json!({"date": "blorp"}),
            "invalid",
            Some("when_not_understood"),
        ),
        (
            json!({"date": "2026-13-45"}),
            "invalid",
            Some("when_not_understood"),
        ),
        (
            json!({"date": "2026-11-31"}),
            "invalid",
            Some("when_not_understood"),
        ),
        (
            json!({"date": "2026-11-20"}),
            "in_the_past",
            Some("in_the_past"),
        ),
        (
            json!({"from": "2026-11-21T08:00"}),
            "in_the_past",
            Some("in_the_past"),
        ),
        (
            json!({"from": "2026-11-26", "to": "2026-11-24"}),
            "invalid",
            Some("when_not_understood"),
        ),
        (
            json!({"date": "2026-11-24", "part_of_day": "purple"}),
            "invalid",
            Some("when_not_understood"),
        ),
        (
            json!({"date": "2026-11-24", "duration_minutes": 100_000}),
            "invalid",
            Some("bad_duration"),
        ),
        (
            json!({"date": "2026-11-24", "duration_minutes": -5}),
            "ok",
            None,
        ),
        (json!({"date": "2028-01-01"}), "no_slot", None),
        (json!({"date": {"day": 24}}), "ok", None),
        (
            json!({"date": "x".repeat(4000)}),
            "invalid",
            Some("when_not_understood"),
        ),
        (
            json!({"date": "2026-11-24", "service": "unheard of"}),
            "ok",
            None,
        ),
        (
            json!("{\"date\": \"2026-11-24\""),
            "invalid",
            Some("unreadable_arguments"),
        ),
        (json!([1, 2]), "invalid", Some("unreadable_arguments")),
        (json!("{\"date\": \"2026-11-24\"}"), "ok", None),
        (Value::Null, "ok", None),
    ] {
        let answer = anne
            .ask(ToolName::CheckCalendarAvailability, args.clone())
            .await;
        assert_eq!(answer["result"], result, "{args}: {answer}");
        assert_eq!(reason(&app, &hvac).await.as_deref(), because, "{args}");
    }
}

#[tokio::test]
async fn the_businesss_own_answers_come_first_and_what_has_none_is_written_down_once() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.change(
        &hvac,
        "insert into questions (subscriber_id, id, question, answer, created_at, updated_at)
         values ($1, gen_random_uuid(), 'Do you have parking?', 'Behind the shop, free.', now(), now())",
    )
    .await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let ask = async |topic: &str| {
        anne.ask(ToolName::GetBusinessInfo, json!({"topic": topic}))
            .await
    };
    assert_eq!(
        ask("is there any parking?").await["message"],
        "Behind the shop, free."
    );
    assert_eq!(ask("are you open on monday?").await["result"], "ok");
    for question in ["do you fix rockets", "Do you fix ROCKETS"] {
        assert_eq!(ask(question).await["result"], "not_found");
    }
    let gaps =
        "select question, interaction_id is not null from knowledge_gaps where subscriber_id = $1";
    let gaps: Vec<(String, bool)> = app.rows(&hvac, gaps).await;
    assert_eq!(gaps, [("do you fix rockets".to_owned(), true)]);
}

#[tokio::test]
async fn a_caller_is_texted_what_they_ask_for() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.change(
        &hvac,
        "update subscribers set website_url = 'https://hvac.example' where id = $1",
    )
    .await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let send = async |args: Value| anne.ask(ToolName::SendText, args).await;
    assert_eq!(send(json!({"kind": "website"})).await["result"], "sent");
    assert_eq!(
        send(json!({"kind": "booking_link"})).await["result"],
        "sent"
    );
    for (args, because) in [
        (json!({"kind": "address"}), "nothing_to_send"),
        (json!({"kind": "free_text"}), "nothing_to_send"),
        (json!({}), "nothing_to_send"),
    ] {
        assert_eq!(send(args.clone()).await["result"], "invalid", "{args}");
        assert_eq!(reason(&app, &hvac).await.as_deref(), Some(because));
    }
    assert_eq!(
        send(json!({"kind": "free_text", "text": "See you Tuesday"})).await["result"],
        "sent"
    );
    assert_eq!(
        send(json!({"kind": "website"})).await["result"],
        "unavailable"
    );
    assert_eq!(reason(&app, &hvac).await.as_deref(), Some("too_many"));
    app.run_jobs().await;
    let bodies = app.twilio.bodies();
    for expected in [
        "The hvac shop: https://hvac.example",
        "The hvac shop: See you Tuesday",
    ] {
        assert!(bodies.iter().any(|body| body == expected), "{bodies:?}");
    }
    let turns = "select count(*) from interaction_messages where subscriber_id = $1 and text like 'The hvac shop:%'";
    assert_eq!(app.value::<i64>(&hvac, turns).await, 3, "they are turns");
}

#[tokio::test]
async fn nobody_is_texted_who_opted_out_or_whom_we_do_not_know_or_where_texts_are_off() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut anne = Talk::by_text(&app, &hvac, ANNE).await;
    let text = json!({"kind": "free_text", "text": "hello"});
    let refused = async |talk: &Talk<'_>, because: &str| {
        let answer = talk.ask(ToolName::SendText, text.clone()).await;
        assert_eq!(answer["result"], "unavailable", "{because}: {answer}");
        assert_eq!(reason(&app, &hvac).await.as_deref(), Some(because));
    };
    let caller = anne.errand.caller.take();
    refused(&anne, "caller_unknown").await;
    anne.errand.caller = caller;
    app.change(
        &hvac,
        "update subscriber_channels set is_enabled = false where subscriber_id = $1 and channel = 'SMS'",
    )
    .await;
    refused(&anne, "texts_off").await;
    app.change(
        &hvac,
        "update subscriber_channels set is_enabled = true where subscriber_id = $1 and channel = 'SMS'",
    )
    .await;
    anne.ask(ToolName::OptOut, json!({})).await;
    refused(&anne, "opted_out").await;
}

#[tokio::test]
async fn where_only_drafts_are_made_nothing_is_booked_or_sent() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").sms_mode("SHADOW").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday").await;
    for (name, args) in [
        (
            ToolName::BookAppointment,
            json!({"slot": slot["slot"], "customer_name": "Anne"}),
        ),
        (
            ToolName::RescheduleAppointment,
            json!({"slot": slot["slot"]}),
        ),
        (ToolName::CancelAppointment, json!({})),
        (
            ToolName::SendText,
            json!({"kind": "free_text", "text": "x"}),
        ),
    ] {
        assert_eq!(
            anne.ask(name, args).await["result"],
            "unavailable",
            "{name:?}"
        );
        assert_eq!(reason(&app, &hvac).await.as_deref(), Some("shadow_mode"));
    }
    assert_eq!(super::count_appointments(&app, &hvac).await, 0);
    let taken = anne
        .ask(ToolName::TakeMessage, json!({"message": "call me"}))
        .await;
    assert_eq!(
        taken["result"], "message_taken",
        "a message is nobody's but the business's"
    );
}

#[tokio::test]
async fn every_tool_survives_arguments_of_any_kind() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let nasty = json!("\u{1}'; drop table x;-- \u{feff} {{}} é".repeat(50));
    for name in ToolName::ALL {
        for args in [
            Value::Null,
            json!(7),
            json!(true),
            json!("not json"),
            json!(["a"]),
            json!({"slot": nasty, "start": nasty, "date": nasty, "customer_name": nasty, "message": nasty,
                   "topic": nasty, "confirmation_code": nasty, "kind": nasty, "reason": nasty}),
            json!({"slot": null, "start": 17, "date": {}, "customer_name": [], "message": 5, "topic": false}),
        ] {
            let answer = anne.ask(name, args.clone()).await;
            assert!(answer["result"].is_string(), "{name:?} {args}");
        }
    }
}
