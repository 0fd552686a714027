//! A call rings: who takes it, and with which words.
use std::time::{Duration, Instant};

use rocket_reception::receptionist::tools::ToolName;
use serde_json::{Value, json};

use super::{ASSISTANT, OWN_SECRET, ask, boreale, sample, with, with_assistant, with_own_account};
use crate::{
    support::{PUBLIC_URL, Subscriber, TestApp, VAPI_SECRET},
    voice::CALLER,
};

const OWNER: &str = "+15145550199";

fn call_to(subscriber: &Subscriber) -> Value {
    let number = subscriber.number.as_str();
    with(
        sample!("assistant_request"),
        "/message/phoneNumber/number",
        number,
    )
}

#[tokio::test]
async fn the_assistant_that_the_channel_names_gets_what_it_must_know_of_the_business() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    with_assistant(&app, &boreale).await;
    for request in [
        sample!("assistant_request"),
        sample!("assistant_request_iso_timestamp"),
    ] {
        let answer = ask(&app, &request).await;
        assert_eq!(answer["assistantId"], ASSISTANT);
        let overrides = &answer["assistantOverrides"];
        let variables = overrides["variableValues"].as_object().unwrap();
        assert_eq!(variables["business_name"], "Plomberie Boréale");
        assert_eq!(variables["service_state"], "ACTIVE");
        assert_eq!(variables["caller_number"], CALLER);
        assert!(variables.values().all(Value::is_string), "{variables:?}");
        assert_eq!(
            overrides["metadata"],
            json!({ "subscriber_id": boreale.id })
        );
        let messages = overrides["serverMessages"].as_array().unwrap();
        for needed in ["status-update", "end-of-call-report", "tool-calls", "hang"] {
            assert!(messages.contains(&json!(needed)), "{needed}");
        }
        let server = &overrides["server"];
        assert_eq!(
            server["url"],
            format!("{PUBLIC_URL}/webhooks/vapi/{}", boreale.id)
        );
        assert_eq!(server["headers"]["x-vapi-secret"], VAPI_SECRET);
        assert!(answer.get("assistant").is_none() && answer.get("error").is_none());
    }
}

#[tokio::test]
async fn the_server_that_an_answer_names_is_one_that_vapi_can_call_back() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let connection = with_own_account(&app, &boreale, json!({})).await;
    let request = app
        .vapi_message(&sample!("assistant_request"))
        .with_secret(OWN_SECRET);
    let answer = request
        .at_connection(&connection)
        .send()
        .await
        .expect(200)
        .json();
    let server = &answer["assistant"]["server"];
    // The platform's secret is not for a subscriber's own organisation.
    assert_eq!(server["headers"]["x-vapi-secret"], OWN_SECRET);
    let url = server["url"].as_str().unwrap();
    let path = url
        .strip_prefix(&format!("{PUBLIC_URL}/webhooks/vapi/"))
        .unwrap();
    let back = app.vapi_message(&sample!("status_update_in_progress"));
    back.with_secret(OWN_SECRET)
        .at_connection(path)
        .send()
        .await
        .expect(200);
    let calls = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, calls).await, 1);
}

#[tokio::test]
async fn without_an_assistant_of_its_own_a_business_gets_one_made_for_the_call() {
    let app = TestApp::start().await;
    let boreale = app
        .subscriber("boreale")
        .name("Plomberie Boréale")
        .language("fr")
        .zone("America/Montreal")
        .transfer_number(OWNER)
        .await;
    let answer = ask(&app, &call_to(&boreale)).await;
    let assistant = &answer["assistant"];
    assert!(answer.get("assistantId").is_none());
    let first = assistant["firstMessage"].as_str().unwrap();
    assert!(
        first.contains("Plomberie Boréale") && first.starts_with("Bonjour"),
        "{first}"
    );
    let prompt = assistant["model"]["messages"][0]["content"]
        .as_str()
        .unwrap();
    for fact in [
        "Plomberie Boréale",
        "Saturday 2026-11-21 11:00 in America/Montreal",
        "closed now",
        "Mon 2026-11-23 09:00-17:00",
        "French",
    ] {
        assert!(prompt.contains(fact), "{fact}: {prompt}");
    }
    let tools = assistant["model"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    for name in ToolName::ALL {
        assert!(names.contains(&name.as_str()), "{name:?}");
    }
    let transfer = tools
        .iter()
        .find(|tool| tool["function"]["name"] == "transfer_call");
    assert_eq!(transfer.unwrap()["type"], "transferCall");
    assert_eq!(assistant["transcriber"]["language"], "fr-CA");
    assert_eq!(assistant["voice"]["voiceId"], "fr-CA-SylvieNeural");
    assert_eq!(
        assistant["metadata"]["subscriber_id"],
        boreale.id.to_string()
    );
    assert_eq!(assistant["artifactPlan"]["recordingEnabled"], false);
}

#[tokio::test]
async fn a_voice_and_a_greeting_of_the_businesss_own_are_used() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.change(
        &hvac,
        "update subscriber_profiles set voice_id = 'voice_1', custom_greeting = 'Howdy!' where subscriber_id = $1",
    )
    .await;
    let assistant = ask(&app, &call_to(&hvac)).await["assistant"].clone();
    assert_eq!(assistant["voice"]["voiceId"], "voice_1");
    assert_eq!(assistant["firstMessage"], "Howdy!");
    with_assistant(&app, &hvac).await;
    let answer = ask(&app, &call_to(&hvac)).await;
    assert_eq!(answer["assistantOverrides"]["firstMessage"], "Howdy!");
}

#[tokio::test]
async fn a_call_is_recorded_only_where_that_is_announced() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for (mode, text, is_recorded) in [
        ("OFF", "null", false),
        ("CONSENT", "null", false),
        ("ANNOUNCED", "null", true),
        ("ANNOUNCED", "'We listen in.'", true),
    ] {
        let statement = format!(
            "update subscriber_profiles set recording_mode = '{mode}', recording_consent_text = {text}
              where subscriber_id = $1"
        );
        let mut conn = app.database.superuser().await;
        let changed = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(hvac.id);
        changed.execute(&mut conn).await.unwrap();
        let assistant = ask(&app, &call_to(&hvac)).await["assistant"].clone();
        assert_eq!(
            assistant["artifactPlan"]["recordingEnabled"], is_recorded,
            "{mode}"
        );
        let first = assistant["firstMessage"].as_str().unwrap();
        assert_eq!(
            first.starts_with("This call is recorded.") || first.starts_with("We listen in."),
            is_recorded,
            "{first}"
        );
    }
    app.change(
        &hvac,
        "update subscribers set handles_health_data = true where id = $1",
    )
    .await;
    let plan = ask(&app, &call_to(&hvac)).await["assistant"]["artifactPlan"].clone();
    assert_eq!(plan["recordingEnabled"], false);
    assert_eq!(plan["transcriptPlan"]["enabled"], false);
}

#[tokio::test]
async fn a_number_that_is_nobodys_and_a_caller_who_is_blocked_hear_a_sentence() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").language("fr").blocks(CALLER).await;
    let answer = ask(&app, &call_to(&hvac)).await;
    let sentence = answer["error"].as_str().unwrap();
    assert!(sentence.starts_with("Désolé"), "{sentence}");
    assert_eq!(answer.as_object().unwrap().len(), 1);
    for number in ["+14319990000", "sip:somebody@example.com", ""] {
        let request = with(
            sample!("assistant_request"),
            "/message/phoneNumber/number",
            number,
        );
        let answer = ask(&app, &request).await;
        assert!(
            answer["error"].as_str().unwrap().contains("not in service"),
            "{number}"
        );
    }
    let bare = json!({ "message": { "type": "assistant-request" } });
    assert!(ask(&app, &bare).await["error"].is_string());
}

#[tokio::test]
async fn a_receptionist_that_is_off_and_a_business_that_is_suspended_put_callers_through() {
    let app = TestApp::start().await;
    let off = app
        .subscriber("off")
        .voice_off()
        .transfer_number(OWNER)
        .await;
    let suspended = app
        .subscriber("suspended")
        .status("SUSPENDED")
        .transfer_number(OWNER)
        .await;
    for subscriber in [&off, &suspended] {
        let answer = ask(&app, &call_to(subscriber)).await;
        assert_eq!(answer["destination"]["type"], "number");
        assert_eq!(answer["destination"]["number"], OWNER);
        assert!(
            !answer["destination"]["message"]
                .as_str()
                .unwrap()
                .is_empty()
        );
        assert_eq!(answer.as_object().unwrap().len(), 1);
        // Never in a circle: the owner who calls is not put through to himself.
        let of_owner = with(call_to(subscriber), "/message/customer/number", OWNER);
        assert!(ask(&app, &of_owner).await["assistant"].is_object());
    }
}

#[tokio::test]
async fn where_there_is_nobody_to_put_callers_through_to_a_short_message_is_taken() {
    let app = TestApp::start().await;
    let off = app.subscriber("off").voice_off().await;
    let suspended = app.subscriber("suspended").status("SUSPENDED").await;
    for subscriber in [&off, &suspended] {
        let assistant = ask(&app, &call_to(subscriber)).await["assistant"].clone();
        assert_eq!(assistant["maxDurationSeconds"], 120);
        let prompt = assistant["model"]["messages"][0]["content"]
            .as_str()
            .unwrap();
        assert!(prompt.contains("only take a message"), "{prompt}");
        with_assistant(&app, subscriber).await;
        let overrides = ask(&app, &call_to(subscriber)).await["assistantOverrides"].clone();
        assert_eq!(overrides["variableValues"]["service_state"], "MESSAGE_ONLY");
        assert_eq!(overrides["maxDurationSeconds"], 120);
    }
}

#[tokio::test]
async fn while_the_database_is_away_a_caller_hears_a_sentence() {
    let app = TestApp::start().await;
    boreale(&app).await;
    app.lose_database().await;
    let answer = ask(&app, &sample!("assistant_request")).await;
    assert!(
        answer["error"].as_str().unwrap().contains("call again"),
        "{answer}"
    );
    // Also when nobody can be asked whose secret it was.
    let own = app
        .vapi_message(&sample!("assistant_request"))
        .with_secret(OWN_SECRET);
    let answer = own.send().await.expect(200).json();
    assert!(answer["error"].is_string());
}

#[tokio::test]
async fn a_database_that_hangs_does_not_keep_a_caller_waiting() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let mut conn = app.database.superuser().await;
    let mut lock = sqlx::Connection::begin(&mut conn).await.unwrap();
    let statement = "lock table subscriber_profiles in access exclusive mode";
    sqlx::query(statement).execute(&mut *lock).await.unwrap();
    let begun = Instant::now();
    let answer = ask(&app, &sample!("assistant_request")).await;
    assert!(answer["error"].is_string(), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let begun = Instant::now();
    let answer = ask(&app, &sample!("tool_calls_two")).await;
    assert_eq!(answer["results"].as_array().unwrap().len(), 2);
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_question_changes_nothing_however_often_it_comes() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let before = app.row_counts().await;
    let question = app.vapi_message(&sample!("assistant_request"));
    let first = question.send().await.expect(200).body;
    for answer in question.send_at_once(20).await {
        assert_eq!(answer.expect(200).body, first);
    }
    assert_eq!(app.row_counts().await, before);
}

#[tokio::test]
async fn an_assistant_is_told_to_whom_it_puts_a_caller_through() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let request = sample!("transfer_destination_request");
    let nobody = ask(&app, &request).await;
    assert!(nobody["error"].is_string(), "{nobody}");
    app.change(
        &boreale,
        "update subscriber_profiles set transfer_number = '+15145550199' where subscriber_id = $1",
    )
    .await;
    let answer = ask(&app, &request).await;
    assert_eq!(answer["destination"]["number"], OWNER);
    assert_eq!(answer["message"]["type"], "request-start");
    assert_eq!(ask(&app, &request).await, answer);
    assert_eq!(app.count_events(&boreale, "handoff.requested").await, 1);
    let strange = with(request, "/message/phoneNumber/number", "+14319990000");
    assert!(ask(&app, &strange).await["error"].is_string());
}

#[tokio::test]
async fn a_call_that_rang_staff_in_vain_and_comes_back_is_taken() {
    let app = TestApp::start().await;
    let shop = app
        .subscriber("shop")
        .voice_mode("STAFF_FIRST")
        .transfer_number(OWNER)
        .await;
    let question = call_to(&shop);
    let first = ask(&app, &question).await;
    assert_eq!(first["destination"]["number"], OWNER);
    assert_eq!(ask(&app, &question).await, first, "asked again");
    let back = ask(&app, &with(question, "/message/call/id", "another")).await;
    assert!(back["destination"].is_null(), "{back}");
    assert!(back["assistant"].is_object(), "{back}");
}
