//! A call over Twilio: it greets, takes turns and ends, and the business sees what happened.
use serde_json::Value;

use super::CALLER;
use crate::support::{Caller, Subscriber, TestApp};

/// Outcome, handler, status and seconds of the only call.
pub async fn the_call(
    app: &TestApp,
    subscriber: &Subscriber,
) -> (String, Option<String>, String, Option<i32>) {
    let statement =
        "select coalesce(outcome_type, ''), handled_by, status, duration_seconds from interactions
                      where subscriber_id = $1 and channel = 'VOICE'";
    let mut rows = app.rows(subscriber, statement).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

/// Billed minutes and the reason of every usage record of a call.
pub async fn usage(app: &TestApp, subscriber: &Subscriber) -> Vec<(i32, Option<String>)> {
    let statement = "select billed_minutes, not_billed_reason from usage_records
                      where subscriber_id = $1 and usage_type = 'VOICE_CALL' order by revision";
    app.rows(subscriber, statement).await
}

/// The turns of the conversation, in their order.
async fn turns(app: &TestApp, subscriber: &Subscriber) -> Vec<(String, String)> {
    let statement =
        "select role, text from interaction_messages where subscriber_id = $1 order by position";
    app.rows(subscriber, statement).await
}

/// The details of lines of the black box of this kind.
pub async fn traces(app: &TestApp, subscriber: &Subscriber, kind: &'static str) -> Vec<Value> {
    let statement =
        "select kind, detail from black_box_events where subscriber_id = $1 order by at, id";
    let rows: Vec<(String, Value)> = app.rows(subscriber, statement).await;
    let found = rows.into_iter().filter(|(found, _)| found == kind);
    found.map(|(_, detail)| detail).collect()
}

#[tokio::test]
async fn a_call_is_greeted_takes_turns_and_ends() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .name("Demo HVAC")
        .service("Furnace repair", 60, 129)
        .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(call.does(), ["Gather"]);
    assert!(call.last().contains("Demo HVAC"), "{}", call.last());
    let gather = call.gather();
    assert_eq!(gather.attribute("input"), "dtmf speech");
    assert_eq!(gather.attribute("language"), "en-US");
    assert_eq!(gather.attribute("actionOnEmptyResult"), "true");
    assert!(gather.attribute("speechTimeout").parse::<u8>().is_ok());
    let hints = gather.attribute("hints");
    assert!(
        hints.contains("yes") && hints.contains("Furnace repair"),
        "{hints}"
    );
    call.says("what are your hours").await;
    assert!(call.last().contains("9"), "{}", call.last());
    call.says("no thank you, goodbye").await;
    assert_eq!(call.does(), ["Say", "Hangup"]);
    call.ends_after("61").await.expect(204);
    let expected = (
        "ANSWERED".to_owned(),
        Some("AI".to_owned()),
        "COMPLETED".to_owned(),
        Some(61),
    );
    assert_eq!(the_call(&app, &hvac).await, expected);
    assert_eq!(usage(&app, &hvac).await, [(2, None)]);
    let turns = turns(&app, &hvac).await;
    let roles: Vec<&str> = turns.iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(roles, ["AI", "CALLER", "AI", "CALLER", "AI"]);
    assert_eq!(turns[1].1, "what are your hours");
    for name in ["contact.created", "call.started", "call.ended"] {
        assert_eq!(app.count_events(&hvac, name).await, 1, "{name}");
    }
    assert_eq!(app.count_events(&hvac, "call.missed").await, 0);
    assert_eq!(traces(&app, &hvac, "call.turn").await.len(), 2);
}

#[tokio::test]
async fn a_message_is_taken_and_is_what_came_of_the_call() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("I want to leave a message").await;
    call.says("please call me back about the invoice").await;
    call.says("my name is Bob Tremblay").await;
    call.ends_after("40").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "MESSAGE_TAKEN");
    let leads = app
        .value::<String>(&hvac, "select summary from leads where subscriber_id = $1")
        .await;
    assert!(leads.contains("call me back about the invoice"), "{leads}");
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_changes_nothing() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    let greeting = call.document.clone();
    call.go("/voice/webhook/voice", &[("CallStatus", "ringing")])
        .await;
    assert_eq!(call.document, greeting);
    let action = call.gather().attribute("action").to_owned();
    let said = [
        ("CallStatus", "in-progress"),
        ("SpeechResult", "I want to leave a message"),
    ];
    call.go(&action, &said).await;
    let (answer, rows) = (call.document.clone(), app.row_counts().await);
    for _ in 0..3 {
        call.go(&action, &said).await;
        assert_eq!(call.document, answer);
    }
    assert_eq!(app.row_counts().await, rows);
    for _ in 0..3 {
        call.ends_after("30").await.expect(204);
    }
    assert_eq!(usage(&app, &hvac).await, [(1, None)]);
    assert_eq!(app.count_events(&hvac, "call.ended").await, 1);
}

#[tokio::test]
async fn a_turn_that_comes_twice_at_once_is_answered_once() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    let action = call.gather().attribute("action").to_owned();
    let told = [
        ("CallSid", call.sid.as_str()),
        ("From", CALLER),
        ("To", hvac.number.as_str()),
        ("SpeechResult", "I want to leave a message"),
    ];
    let answers = futures(&app, &action, &told).await;
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:#?}"
    );
    let count =
        "select count(*) from interaction_messages where subscriber_id = $1 and role = 'CALLER'";
    assert_eq!(app.value::<i64>(&hvac, count).await, 1);
}

async fn futures(app: &TestApp, action: &str, told: &[(&str, &str)]) -> Vec<String> {
    let post = || async { app.twilio_posts(action, told).await.expect(200).body };
    let (a, b, c, d) = tokio::join!(post(), post(), post(), post());
    vec![a, b, c, d]
}

#[tokio::test]
async fn two_processes_take_turns_in_one_call() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let other = app.replica().await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    let mut call = call.at(Some(&other));
    call.says("I want to leave a message").await;
    let mut call = call.at(None);
    call.says("please call me back about the invoice").await;
    let mut call = call.at(Some(&other));
    call.says("Bob").await;
    assert!(call.last().contains("passed"), "{}", call.last());
    call.ends_after("40").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "MESSAGE_TAKEN");
}

#[tokio::test]
async fn a_caller_is_answered_in_the_language_they_speak() {
    let app = TestApp::start().await;
    let roy = app.subscriber("roy").language("fr").await;
    let mut call = app.call_from(CALLER).calls(&roy.number).await;
    assert_eq!(call.gather().attribute("language"), "fr-CA");
    assert_eq!(call.gather().inner[0].attribute("language"), "fr-CA");
    call.says("hello, what are your hours please").await;
    assert_eq!(call.gather().attribute("language"), "en-US");
    assert_eq!(
        call.gather().inner[0].attribute("voice"),
        "Polly.Joanna-Neural"
    );
}

#[tokio::test]
async fn whoever_is_not_heard_is_asked_again_then_told_the_keys_then_gets_somebody_else() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.is_silent().await;
    assert!(call.last().contains("did not hear"), "{}", call.last());
    call.is_silent().await;
    assert!(call.last().contains("still cannot hear"), "{}", call.last());
    call.is_silent().await;
    assert!(call.last().contains("press 1"), "{}", call.last());
    assert_eq!(call.gather().attribute("numDigits"), "1");
    call.is_silent().await;
    assert_eq!(call.does(), ["Say", "Record"]);
    call.ends_after("30").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "ABANDONED");
}

#[tokio::test]
async fn keys_do_what_the_menu_said() {
    for (key, expected) in [("1", "Gather"), ("2", "Gather"), ("0", "Dial")] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").transfer_number("+12045550177").await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        for _ in 0..3 {
            call.is_silent().await;
        }
        call.keys(key).await;
        assert!(call.does().contains(&expected), "{key}: {}", call.document);
    }
}

#[tokio::test]
async fn bad_input_is_answered_with_words_and_leaves_a_reason() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    let endless = "hours ".repeat(700);
    for told in [
        vec![("SpeechResult", "mumble mumble"), ("Confidence", "0")],
        vec![("SpeechResult", endless.as_str()), ("Confidence", "0.5")],
        vec![
            ("SpeechResult", "</Say><Hangup/> & \u{8} \"x\""),
            ("Confidence", "nonsense"),
        ],
        vec![("Digits", "9999#*")],
    ] {
        call.answers(&told).await;
        assert!(!call.last().is_empty());
    }
    let traces = traces(&app, &hvac, "call.turn").await;
    assert_eq!(traces[0]["confidence"], "0");
    assert_eq!(traces[1]["is_cut"], true);
    assert_eq!(traces[3]["heard"], "DIGITS");
}

#[tokio::test]
async fn a_caller_without_a_number_is_answered_like_anybody() {
    for from in ["anonymous", "unknown", "Restricted", "", "12345"] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        let mut call = app.call_from(from).calls(&hvac.number).await;
        call.says("what are your hours").await;
        assert!(call.last().contains("9"), "{from}: {}", call.last());
        call.ends_after("20").await.expect(204);
        assert_eq!(the_call(&app, &hvac).await.0, "ANSWERED", "{from}");
        assert_eq!(app.outgoing(&hvac).await, []);
    }
}

#[tokio::test]
async fn a_turn_of_a_call_that_never_rang_here_begins_it() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").name("Demo HVAC").await;
    let mut call = app.call_from(CALLER).with("To", &hvac.number);
    let told = [("CallStatus", "in-progress"), ("SpeechResult", "hello")];
    call.go("/voice/gather?turn=2", &told).await;
    assert!(call.last().contains("Demo HVAC"), "{}", call.last());
    call.says("what are your hours").await;
    assert!(call.last().contains("9"), "{}", call.last());
}

#[tokio::test]
async fn what_comes_after_the_end_is_hung_up() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    let action = call.gather().attribute("action").to_owned();
    call.ends_after("20").await.expect(204);
    let rows = app.row_counts().await;
    call.go(&action, &[("SpeechResult", "are you there?")])
        .await;
    assert_eq!(call.does(), ["Hangup"]);
    for path in ["/voice/dial-done", "/voice/voicemail-done"] {
        call.go(path, &[("DialCallStatus", "no-answer")]).await;
        assert_eq!(call.does(), ["Hangup"], "{path}");
    }
    assert_eq!(usage(&app, &hvac).await.len(), 1);
    drop(rows);
}

#[tokio::test]
async fn statuses_in_any_order_end_a_call_once() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    // The end comes before the beginning could be written.
    let call = app.call_from(CALLER).with("To", &hvac.number);
    call.ends(&[("CallStatus", "in-progress")])
        .await
        .expect(204);
    call.ends_after("30").await.expect(204);
    call.ends(&[("CallStatus", "ringing")]).await.expect(204);
    call.ends_after("30").await.expect(204);
    let (_, _, status, seconds) = the_call(&app, &hvac).await;
    assert_eq!((status.as_str(), seconds), ("COMPLETED", Some(30)));
    assert_eq!(usage(&app, &hvac).await, [(0, Some("FALLBACK".to_owned()))]);
    let mut late = call;
    late.go("/voice/webhook/voice", &[("CallStatus", "ringing")])
        .await;
    assert_eq!(usage(&app, &hvac).await, [(0, Some("FALLBACK".to_owned()))]);
}

#[tokio::test]
async fn an_outbound_call_and_a_leg_that_we_rang_are_no_calls_of_their_own() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let leg = app
        .call_from(CALLER)
        .with("To", &hvac.number)
        .with("ParentCallSid", "CA1");
    leg.ends_after("30").await.expect(204);
    let placed = app
        .call_from(CALLER)
        .with("To", &hvac.number)
        .with("Direction", "outbound-api");
    placed.ends_after("30").await.expect(204);
    let count = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&hvac, count).await, 0);
}

#[tokio::test]
async fn a_number_that_is_nobodys_is_told_so_and_kept() {
    let app = TestApp::start().await;
    let call = app.call_from(CALLER).calls("+14319990000").await;
    assert_eq!(call.does(), ["Say", "Say", "Say", "Hangup"]);
    assert_eq!(
        app.kept().await,
        [("call.ring".to_owned(), "UNROUTED".to_owned())]
    );
}

#[tokio::test]
async fn on_a_shared_number_the_default_business_answers() {
    let app = TestApp::start().await;
    let demo = app.subscriber("demohvac").name("Demo HVAC").await;
    app.shared_number("+14316005505", Some(&demo)).await;
    let mut call = app.call_from(CALLER).calls("+14316005505").await;
    assert!(call.last().contains("Demo HVAC"), "{}", call.last());
    call.says("what are your hours").await;
    call.ends_after("20").await.expect(204);
    assert_eq!(the_call(&app, &demo).await.0, "ANSWERED");
}

#[tokio::test]
async fn the_one_url_of_a_number_tells_calls_from_texts() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call: Caller<'_> = app
        .call_from(CALLER)
        .calls_at(&hvac.number, "/webhooks/twilio")
        .await;
    assert_eq!(call.does(), ["Gather"]);
    call.go(
        "/api/webhooks/twilio",
        &[("SpeechResult", "what are your hours")],
    )
    .await;
    assert_eq!(call.does(), ["Gather"]);
    let ended = [
        ("From", CALLER),
        ("To", hvac.number.as_str()),
        ("CallSid", call.sid.as_str()),
        ("CallStatus", "completed"),
        ("CallDuration", "20"),
    ];
    app.twilio_posts("/webhooks/twilio", &ended)
        .await
        .expect(204);
    assert_eq!(the_call(&app, &hvac).await.2, "COMPLETED");
}

#[tokio::test]
async fn of_a_business_that_handles_health_data_no_word_is_kept() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    app.change(
        &clinic,
        "update subscribers set handles_health_data = true where id = $1",
    )
    .await;
    let mut call = app.call_from(CALLER).calls(&clinic.number).await;
    call.says("my knee hurts terribly since monday").await;
    call.says("I want to leave a message").await;
    call.says("it is the left knee").await;
    call.ends_after("40").await.expect(204);
    let words = "select count(*) from interaction_messages where subscriber_id = $1 and text <> ''";
    assert_eq!(app.value::<i64>(&clinic, words).await, 0);
    let plans = "select count(*) from twilio_calls where subscriber_id = $1 and plan is not null";
    assert_eq!(app.value::<i64>(&clinic, plans).await, 0);
    let raw = "select count(*) from inbound_events where subscriber_id = $1 and raw_body <> ''";
    assert_eq!(app.value::<i64>(&clinic, raw).await, 0);
}

#[tokio::test]
async fn whoever_is_not_heard_is_asked_the_same_question_again() {
    for (language, wish, message, sorry, still, name) in [
        (
            "en",
            "I want to leave a message",
            "please call me back about the invoice",
            "Sorry, I did not hear you.",
            "I still cannot hear you.",
            "your name",
        ),
        (
            "fr",
            "je veux laisser un message",
            "rappelez-moi au sujet de la facture",
            "Pardon, je ne vous ai pas entendu.",
            "Je ne vous entends toujours pas.",
            "votre nom",
        ),
        (
            "es",
            "quiero dejar un mensaje",
            "llámeme por la factura",
            "Perdón, no le he oído.",
            "Sigo sin oírle.",
            "nombre",
        ),
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").language(language).await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        call.says(wish).await;
        call.says(message).await;
        assert!(call.last().contains(name), "{}", call.last());
        for expected in [sorry, still] {
            call.is_silent().await;
            let said = call.last();
            assert!(said.starts_with(expected) && said.contains(name), "{said}");
        }
        call.says("Bob Tremblay").await;
        let leads = "select count(*) from leads where subscriber_id = $1";
        assert_eq!(
            app.value::<i64>(&hvac, leads).await,
            1,
            "{language}: {}",
            call.last()
        );
    }
}

#[tokio::test]
async fn a_call_that_lasts_too_long_goes_to_somebody_else_and_ends_on_no_question() {
    for (status, turn, phone, expected) in [
        ("ACTIVE", 80, Some("+12045550177"), "Dial"),
        ("ACTIVE", 80, None, "Record"),
        ("SUSPENDED", 12, None, "Record"),
    ] {
        let app = TestApp::start().await;
        let mut hvac = app.subscriber("hvac").status(status);
        if let Some(phone) = phone {
            hvac = hvac.transfer_number(phone);
        }
        let hvac = hvac.await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        let late = match turn {
            80 => "update twilio_calls set turn = 80 where subscriber_id = $1",
            _ => "update twilio_calls set turn = 12 where subscriber_id = $1",
        };
        app.change(&hvac, late).await;
        let said = [("SpeechResult", "what are your hours")];
        call.go(&format!("/voice/gather?turn={turn}"), &said).await;
        assert_eq!(call.does(), ["Say", expected], "{}", call.document);
        assert!(!call.last().contains('?'), "{}", call.last());
        let turns = turns(&app, &hvac).await;
        assert_eq!(turns.last().unwrap().1, "what are your hours");
        if expected == "Dial" {
            call.rings_in_vain("busy").await;
            assert_eq!(call.does(), ["Say", "Say", "Record"], "{}", call.document);
        }
    }
}
