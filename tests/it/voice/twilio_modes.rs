//! Who answers: by mode, hours, standing, and who calls.
use super::{
    CALLER,
    twilio::{the_call, traces, usage},
};
use crate::support::{TestApp, at};

const OWNER: &str = "+12045550177";
/// Tuesday, eleven in Winnipeg.
const OPEN: &str = "2026-11-24T17:00:00Z";

#[tokio::test]
async fn the_mode_says_who_answers_and_the_hours_when() {
    for (mode, when_closed, when_open) in [
        ("FULL", "Gather", "Gather"),
        ("APPROVE_FIRST_REPLY", "Gather", "Gather"),
        ("AFTER_HOURS", "Gather", "Dial"),
        ("STAFF_FIRST", "Dial", "Dial"),
        ("SHADOW", "Dial", "Dial"),
        ("OFF", "Dial", "Dial"),
    ] {
        let app = TestApp::start().await;
        let hvac = app
            .subscriber("hvac")
            .transfer_number(OWNER)
            .voice_mode(mode)
            .await;
        let call = app.call_from(CALLER).calls(&hvac.number).await;
        assert!(
            call.does().contains(&when_closed),
            "{mode}: {}",
            call.document
        );
        call.ends_after("5").await.expect(204);
        app.advance(at(OPEN) - app.clock.now());
        let call = app.call_from(CALLER).calls(&hvac.number).await;
        assert!(
            call.does().contains(&when_open),
            "{mode}: {}",
            call.document
        );
        let told = traces(&app, &hvac, "call.answered_by").await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1]["mode"], mode);
    }
}

#[tokio::test]
async fn staff_first_and_then_the_receptionist() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_mode("STAFF_FIRST")
        .await;
    app.change(
        &hvac,
        "update subscriber_profiles set staff_ring_seconds = 8 where subscriber_id = $1",
    )
    .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(call.verb("Dial").attribute("timeout"), "8");
    call.rings_in_vain("no-answer").await;
    assert_eq!(call.does(), ["Gather"]);
    call.says("what are your hours").await;
    call.ends_after("40").await.expect(204);
    let (outcome, handled_by, _, _) = the_call(&app, &hvac).await;
    assert_eq!(
        (outcome.as_str(), handled_by.as_deref()),
        ("ANSWERED", Some("AI"))
    );
    assert_eq!(usage(&app, &hvac).await, [(1, None)]);
}

#[tokio::test]
async fn staff_that_answers_first_is_who_handled_the_call() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_mode("STAFF_FIRST")
        .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.is_put_through("90").await;
    call.ends_after("100").await.expect(204);
    let (outcome, handled_by, _, _) = the_call(&app, &hvac).await;
    assert_eq!(
        (outcome.as_str(), handled_by.as_deref()),
        ("ANSWERED", Some("HUMAN"))
    );
}

#[tokio::test]
async fn a_closed_business_says_what_its_callers_get() {
    for (chosen, verb) in [
        ("ANSWER", "Gather"),
        ("MESSAGE_ONLY", "Gather"),
        ("VOICEMAIL", "Record"),
        ("FORWARD", "Dial"),
    ] {
        for (column, holiday) in [("after_hours", false), ("on_holidays", true)] {
            let app = TestApp::start().await;
            let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
            let setting = serde_json::json!({ column: chosen });
            app.admin(&hvac)
                .await
                .put("/api/settings", setting)
                .await
                .expect(200);
            if holiday {
                app.advance(at(OPEN) - app.clock.now());
                let statement = "insert into holidays (subscriber_id, id, date, name)
                                 values ($1, gen_random_uuid(), '2026-11-24', 'Founders Day')";
                app.change(&hvac, statement).await;
            }
            let call = app.call_from(CALLER).calls(&hvac.number).await;
            assert!(
                call.does().contains(&verb),
                "{column} {chosen}: {}",
                call.document
            );
            let says_message = call.last().contains("tell me your message");
            assert_eq!(says_message, chosen == "MESSAGE_ONLY", "{column} {chosen}");
        }
    }
}

#[tokio::test]
async fn a_business_that_cannot_pay_takes_a_short_message_and_turns_nobody_away() {
    for status in ["SUSPENDED", "CLOSED"] {
        let app = TestApp::start().await;
        let hvac = app
            .subscriber("hvac")
            .transfer_number(OWNER)
            .status(status)
            .await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        assert!(
            call.last().contains("tell me your message"),
            "{}",
            call.last()
        );
        call.says("can I talk to a person please").await;
        assert_eq!(
            call.dialled().text,
            OWNER,
            "its own people are no service of ours"
        );
        call.rings_in_vain("no-answer").await;
        call.says("please call me back about the invoice").await;
        call.says("Bob").await;
        assert_eq!(call.does(), ["Say", "Hangup"], "it is kept short");
        call.ends_after("30").await.expect(204);
        assert_eq!(the_call(&app, &hvac).await.0, "MESSAGE_TAKEN");
    }
}

#[tokio::test]
async fn a_blocked_caller_is_rejected_and_costs_nothing() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").blocks(CALLER).await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(call.does(), ["Reject"]);
    call.ends(&[("CallStatus", "busy")]).await.expect(204);
    let (outcome, _, status, _) = the_call(&app, &hvac).await;
    assert_eq!(
        (outcome.as_str(), status.as_str()),
        ("BLOCKED", "COMPLETED")
    );
    assert_eq!(usage(&app, &hvac).await, [(0, Some("SPAM".to_owned()))]);
    assert_eq!(app.outgoing(&hvac).await, []);
}

#[tokio::test]
async fn a_number_that_the_carriers_call_false_is_turned_away_unless_it_is_known() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for stir in [
        "TN-Validation-Failed-A",
        "TN-Validation-Failed",
        "TN-Validation-Failed-C-Diverted",
    ] {
        let call = app
            .call_from(CALLER)
            .with("StirVerstat", stir)
            .calls(&hvac.number)
            .await;
        assert_eq!(call.does(), ["Say", "Hangup"], "{stir}");
        call.ends_after("21").await.expect(204);
    }
    let spam = vec![(0, Some("SPAM".to_owned())); 3];
    assert_eq!(usage(&app, &hvac).await, spam);
    assert_eq!(app.outgoing(&hvac).await, []);
    for stir in [
        "TN-Validation-Passed-C",
        "No-TN-Validation",
        "TN-Validation-Passed-A-Diverted",
    ] {
        let call = app
            .call_from(CALLER)
            .with("StirVerstat", stir)
            .calls(&hvac.number)
            .await;
        assert_eq!(call.does(), ["Gather"], "{stir}");
    }
    app.change(
        &hvac,
        "update contacts set first_name = 'Anne' where subscriber_id = $1",
    )
    .await;
    let known = app
        .call_from(CALLER)
        .with("StirVerstat", "TN-Validation-Failed-B")
        .calls(&hvac.number)
        .await;
    assert_eq!(known.does(), ["Gather"]);
}

#[tokio::test]
async fn who_calls_in_vain_is_texted_back_once_an_hour() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .name("Demo HVAC")
        .transfer_number(OWNER)
        .voice_off()
        .await;
    let missed = async || {
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        call.rings_in_vain("no-answer").await;
        call.ends_after("30").await.expect(204);
        call.ends_after("30").await.expect(204);
        app.run_jobs().await;
    };
    missed().await;
    let text = app.twilio.only_text();
    assert_eq!(
        (text.to.as_str(), text.from.as_str()),
        (CALLER, hvac.number.as_str())
    );
    assert!(text.body.contains("Demo HVAC"), "{}", text.body);
    missed().await;
    assert_eq!(app.twilio.texts().len(), 1);
    app.advance(crate::support::minutes(61));
    missed().await;
    assert_eq!(app.twilio.texts().len(), 2);
    let told = traces(&app, &hvac, "call.text_back").await;
    let because: Vec<&str> = told
        .iter()
        .map(|told| told["because"].as_str().unwrap())
        .collect();
    assert_eq!(because, ["QUEUED", "TEXTED_WITHIN_THE_HOUR", "QUEUED"]);
}

#[tokio::test]
async fn nobody_is_texted_back_who_wants_no_texts_or_where_there_are_none() {
    for statement in [
        "insert into opt_outs (subscriber_id, id, phone, started_at, source)
         values ($1, gen_random_uuid(), '+15145550142', '2026-11-01T00:00:00Z', 'KEYWORD')",
        "update subscriber_profiles set is_sms_enabled = false where subscriber_id = $1",
        "update subscriber_channels set is_enabled = false where subscriber_id = $1 and channel = 'SMS'",
    ] {
        let app = TestApp::start().await;
        let hvac = app
            .subscriber("hvac")
            .transfer_number(OWNER)
            .voice_off()
            .await;
        app.change(&hvac, statement).await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        call.rings_in_vain("no-answer").await;
        call.ends_after("30").await.expect(204);
        app.run_jobs().await;
        assert_eq!(app.twilio.texts().len(), 0, "{statement}");
    }
}

#[tokio::test]
async fn the_settings_of_calls_are_shown_and_checked() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let client = app.admin(&hvac).await;
    let shown = client.get("/api/settings").await.expect(200).json();
    assert_eq!(shown["after_hours"], "ANSWER");
    assert_eq!(shown["staff_ring_seconds"], 12);
    let changed = serde_json::json!({ "after_hours": "VOICEMAIL", "on_holidays": "forward", "staff_ring_seconds": 7 });
    let shown = client
        .put("/api/settings", changed)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&shown["after_hours"], &shown["on_holidays"]),
        (&"VOICEMAIL".into(), &"FORWARD".into())
    );
    for wrong in [
        serde_json::json!({ "staff_ring_seconds": 30 }),
        serde_json::json!({ "after_hours": "SING" }),
    ] {
        let answer = client.put("/api/settings", wrong).await;
        assert!(
            matches!(answer.status.as_u16(), 400 | 422),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_business_that_cannot_pay_still_has_its_own_people_rung_first() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_mode("STAFF_FIRST")
        .status("SUSPENDED")
        .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(call.dialled().text, OWNER);
    call.rings_in_vain("no-answer").await;
    assert!(
        call.last().contains("tell me your message"),
        "{}",
        call.last()
    );
    call.says("please call me back about the invoice").await;
    call.says("Bob").await;
    assert_eq!(call.does(), ["Say", "Hangup"], "it is kept short");
}

#[tokio::test]
async fn where_only_messages_are_taken_nobody_is_rung_whoever_asks() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
    let setting = serde_json::json!({ "after_hours": "MESSAGE_ONLY" });
    let admin = app.admin(&hvac).await;
    admin.put("/api/settings", setting).await.expect(200);
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    assert_eq!(call.does(), ["Gather"], "{}", call.document);
}

#[tokio::test]
async fn of_a_call_that_a_person_took_over_and_cannot_be_rung_for_a_message_is_taken() {
    for (language, wish, nobody, message, name) in [
        (
            "en",
            "I need a repair tomorrow at three",
            "Nobody is free",
            "my furnace is cold",
            "Bob",
        ),
        (
            "fr",
            "il me faut une réparation demain à trois heures",
            "Personne n'est libre",
            "ma fournaise est froide",
            "Robert",
        ),
        (
            "es",
            "necesito una reparación mañana a las tres",
            "Nadie puede atender",
            "mi caldera está fría",
            "Roberto",
        ),
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").language(language).await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        let take_over = "update interactions set is_ai_paused = true where subscriber_id = $1";
        app.change(&hvac, take_over).await;
        call.says(wish).await;
        assert!(call.last().contains(nobody), "{language}: {}", call.last());
        assert!(
            call.last().contains("mess") || call.last().contains("mensaje"),
            "{}",
            call.last()
        );
        call.says(message).await;
        call.says(name).await;
        let lead = "select summary from leads where subscriber_id = $1";
        let lead: String = app.value(&hvac, lead).await;
        assert!(lead.contains(message), "{language}: {lead}");
    }
}
