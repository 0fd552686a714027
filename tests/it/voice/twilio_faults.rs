//! No dead line: whatever is broken here, whoever called hears words, and never an error.
use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, header},
};

use super::{
    CALLER,
    twilio::{the_call, usage},
};
use crate::support::{PRODUCTION, Subscriber, TestApp, twiml};

const OWNER: &str = "+12045550177";

async fn run(app: &TestApp, statement: &'static str) {
    let mut conn = app.database.superuser().await;
    sqlx::raw_sql(statement).execute(&mut conn).await.unwrap();
}

/// The last rung: words in three languages, and a tone.
#[track_caller]
fn is_last_rung(verbs: &[twiml::Verb]) {
    let names: Vec<&str> = verbs.iter().map(|verb| verb.name.as_str()).collect();
    assert_eq!(names, ["Say", "Say", "Say", "Record"], "{verbs:#?}");
    let languages: Vec<&str> = verbs[..3]
        .iter()
        .map(|verb| verb.attribute("language"))
        .collect();
    assert_eq!(languages, ["en-US", "fr-CA", "es-US"]);
    for verb in verbs {
        let said = verb.text.to_lowercase();
        for word in ["error", "erreur", "wrong", "technical", "problem"] {
            assert!(!said.contains(word), "{said}");
        }
    }
}

#[tokio::test]
async fn with_the_database_gone_a_call_ends_in_a_tone_and_is_recovered() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.lose_database().await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    is_last_rung(&call.verbs);
    let (sid, record) = (call.sid.clone(), call.verb("Record").clone());
    let mut call = call;
    call.leaves_a_message("11").await;
    assert_eq!(call.does(), ["Say", "Say", "Say", "Hangup"]);
    let url = call.recording().1;
    drop(call);
    // Twilio keeps the sound, and tells of it when we are back.
    let app = app.regain_database().await;
    let told = [
        ("CallSid", sid.as_str()),
        ("RecordingSid", "RE1"),
        ("RecordingUrl", url.as_str()),
        ("RecordingStatus", "completed"),
        ("RecordingDuration", "11"),
        ("RecordingSource", "RecordVerb"),
    ];
    let callback = record.attribute("recordingStatusCallback");
    assert!(callback.contains("#rc=3&rp=ct,rt,5xx"), "{callback}");
    app.twilio_posts(callback, &told).await.expect(204);
    let ended = [
        ("CallSid", sid.as_str()),
        ("From", CALLER),
        ("To", hvac.number.as_str()),
        ("CallStatus", "completed"),
        ("CallDuration", "30"),
    ];
    app.twilio_posts("/webhooks/twilio/voice/status", &ended)
        .await
        .expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "VOICEMAIL");
    assert_eq!(usage(&app, &hvac).await, [(0, Some("FALLBACK".to_owned()))]);
    let from = app
        .value::<String>(
            &hvac,
            "select from_number from interactions where subscriber_id = $1",
        )
        .await;
    assert_eq!(from, CALLER);
    let sound = "select count(*) from recordings where subscriber_id = $1 and kind = 'VOICEMAIL'";
    assert_eq!(app.value::<i64>(&hvac, sound).await, 1);
    let leads = "select count(*) from leads where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&hvac, leads).await, 1);
}

#[tokio::test]
async fn with_the_database_gone_in_the_middle_of_a_call_it_goes_on_to_a_tone() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    let mut rung = app.call_from("+15145550143").calls(&hvac.number).await;
    rung.says("can I talk to a person please").await;
    app.lose_database().await;
    call.says("what are your hours").await;
    is_last_rung(&call.verbs);
    rung.rings_in_vain("no-answer").await;
    is_last_rung(&rung.verbs);
    call.go("/webhooks/twilio/voice", &[("CallStatus", "ringing")])
        .await;
    is_last_rung(&call.verbs);
}

#[tokio::test]
async fn with_the_database_gone_a_person_who_presses_1_is_still_put_through() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    app.lose_database().await;
    call.is_put_through("40").await;
    assert_eq!(call.does(), ["Hangup"], "they have spoken");
}

#[tokio::test]
async fn a_message_after_the_last_rung_ends_the_call_that_was_under_way() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    run(&app, "alter table twilio_calls rename to broken").await;
    call.says("what are your hours").await;
    is_last_rung(&call.verbs);
    run(&app, "alter table broken rename to twilio_calls").await;
    let callback = call.verb("Record").attribute("recordingStatusCallback");
    let callback = callback.to_owned();
    call.leaves_a_message("9").await;
    assert_eq!(call.does(), ["Say", "Hangup"]);
    assert!(call.last().contains("get back to you"), "{}", call.last());
    let thanks = call.document.clone();
    call.recording_is_done(&callback, "RecordVerb")
        .await
        .expect(204);
    call.go("/voice/voicemail-done", &[]).await;
    assert_eq!(call.document, thanks);
    call.ends_after("40").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "VOICEMAIL");
    assert_eq!(kept(&app, &hvac).await, (1, 1));
}

/// How many recordings and leads there are.
async fn kept(app: &TestApp, hvac: &Subscriber) -> (i64, i64) {
    let sound = "select count(*) from recordings where subscriber_id = $1 and kind = 'VOICEMAIL'";
    let leads = "select count(*) from leads where subscriber_id = $1";
    (app.value(hvac, sound).await, app.value(hvac, leads).await)
}

#[tokio::test]
async fn a_turn_in_whose_way_somebody_was_for_a_moment_is_taken_once_more() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for code in ["55P03", "40001", "40P01"] {
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        let in_the_way = format!(
            "create sequence tries;
             create function in_the_way() returns trigger language plpgsql security definer as $$
             begin
                 if nextval('tries') = 1 then raise exception 'busy' using errcode = '{code}'; end if;
                 return new;
             end $$;
             create trigger in_the_way before insert on interaction_messages
                for each row execute function in_the_way()"
        );
        let mut conn = app.database.superuser().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(in_the_way))
            .execute(&mut conn)
            .await
            .unwrap();
        call.says("what are your hours").await;
        assert_eq!(call.does(), ["Gather"], "{code}: {}", call.document);
        assert!(call.last().contains('9'), "{code}: {}", call.last());
        run(
            &app,
            "drop function in_the_way cascade; drop sequence tries",
        )
        .await;
    }
}

#[tokio::test]
async fn one_message_after_the_last_rung_is_one_lead_with_its_words() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).with("To", &hvac.number);
    call.go("/voice/fallback", &[("CallStatus", "ringing")])
        .await;
    is_last_rung(&call.verbs);
    let record = call.verb("Record").clone();
    let callback = record.attribute("recordingStatusCallback");
    call.leaves_a_message("11").await;
    call.recording_is_done(callback, "RecordVerb")
        .await
        .expect(204);
    let (sid, url) = call.recording();
    let told = [
        ("CallSid", call.sid.as_str()),
        ("RecordingSid", &sid),
        ("RecordingUrl", &url),
        ("TranscriptionSid", "TR1"),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "My furnace makes a noise."),
    ];
    let callback = record.attribute("transcribeCallback");
    for _ in 0..2 {
        app.twilio_posts(callback, &told).await.expect(204);
    }
    call.ends_after("40").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "VOICEMAIL");
    assert_eq!(kept(&app, &hvac).await, (1, 1));
    let words = "select string_agg(text, '|') from interaction_messages where subscriber_id = $1";
    let words: String = app.value(&hvac, words).await;
    assert_eq!(words, "My furnace makes a noise.");
    assert_eq!(usage(&app, &hvac).await, [(0, Some("FALLBACK".to_owned()))]);
}

#[tokio::test]
async fn a_standing_document_rings_nobody_whose_line_is_known_to_lead_back() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
    let rings = async || {
        let documents = rocket_reception::voice::standing_documents(&app.state).await;
        let file = format!("{}.xml", hvac.id);
        let documents = documents.unwrap();
        let own = documents.iter().find(|document| document.file == file);
        own.unwrap().document.contains("<Dial")
    };
    assert!(rings().await);
    let active =
        "update subscriber_profiles set forwarding_status = 'ACTIVE' where subscriber_id = $1";
    app.change(&hvac, active).await;
    assert!(!rings().await);
    // The line that leads back is another one than the one that is rung.
    let owner =
        "update subscriber_profiles set owner_phone = '+12045550188' where subscriber_id = $1";
    app.change(&hvac, owner).await;
    assert!(rings().await);
}

#[tokio::test]
async fn a_broken_table_is_no_reason_for_silence() {
    for table in [
        "twilio_calls",
        "interaction_messages",
        "tool_calls",
        "dialogue_states",
        "business_hours",
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        let rename = format!("alter table {table} rename to broken");
        let mut conn = app.database.superuser().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(rename))
            .execute(&mut conn)
            .await
            .unwrap();
        call.says("what are your hours").await;
        assert!(!call.last().is_empty(), "{table}: {}", call.document);
        let fresh = app.call_from("+15145550143").calls(&hvac.number).await;
        assert!(!fresh.last().is_empty(), "{table}: {}", fresh.document);
    }
}

#[tokio::test]
async fn a_tool_that_fails_costs_its_answer_and_not_the_call() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    run(&app, "alter table tool_calls rename to broken").await;
    call.says("what are your hours").await;
    assert_eq!(call.does(), ["Gather"], "{}", call.document);
    run(&app, "alter table broken rename to tool_calls").await;
    call.says("what are your hours").await;
    assert!(call.last().contains("9"), "{}", call.last());
}

#[tokio::test]
async fn a_row_that_somebody_holds_is_not_waited_for() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    let mut other = app.database.superuser().await;
    sqlx::raw_sql("begin; lock table twilio_calls in access exclusive mode")
        .execute(&mut other)
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    call.says("what are your hours").await;
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "{:?}",
        begun.elapsed()
    );
    is_last_rung(&call.verbs);
}

#[tokio::test]
async fn with_an_empty_wallet_a_caller_is_answered() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").plan("FREE").await;
    let statement =
        "insert into usage_periods (subscriber_id, id, starts_on, included_minutes, used_minutes,
                                                included_texts, used_texts)
                     values ($1, gen_random_uuid(), '2026-11-01', 100, 100, 0, 0)";
    app.change(&hvac, statement).await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    assert!(
        call.last().contains("tell me your message"),
        "{}",
        call.last()
    );
}

#[tokio::test]
async fn switched_off_with_nobody_to_ring_there_is_a_tone() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").voice_off().await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(call.does(), ["Say", "Record"]);
    call.leaves_a_message("9").await;
    assert_eq!(call.does(), ["Say", "Hangup"]);
    call.ends_after("40").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "VOICEMAIL");
    assert_eq!(
        usage(&app, &hvac).await,
        [(0, Some("FORWARDED".to_owned()))]
    );
}

#[tokio::test]
async fn the_fallback_needs_neither_database_nor_signature() {
    let app = TestApp::with(
        &[
            &PRODUCTION[..],
            &[("TWILIO_AUTH_TOKEN", ""), ("TWILIO_ACCOUNT_SID", "")],
        ]
        .concat(),
    )
    .await;
    app.lose_database().await;
    for (path, content_type, body) in [
        (
            "/voice/fallback",
            "application/x-www-form-urlencoded",
            "From=%2B15145550142&To=%2B14315550100&CallSid=CA1&ErrorCode=11200",
        ),
        (
            "/api/voice/fallback",
            "application/x-www-form-urlencoded",
            "",
        ),
        ("/voice/fallback", "application/json", "{}"),
        (
            "/voice/fallback",
            "application/x-www-form-urlencoded",
            "%zz=%",
        ),
    ] {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .unwrap();
        let answer = app.send(request).await.expect(200);
        is_last_rung(&twiml::read(&answer.body));
    }
    let request = Request::post("/voice/fallback")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("From=%2B15145550142&To=%2B14315550100"))
        .unwrap();
    let answer = app.send(request).await;
    assert!(answer.body.contains("from=15145550142"), "{}", answer.body);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_so_that_twilio_asks_the_fallback() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let told = [
        ("CallSid", "CA1"),
        ("From", CALLER),
        ("To", hvac.number.as_str()),
        ("CallStatus", "ringing"),
    ];
    for path in [
        "/voice/webhook/voice",
        "/voice/gather?turn=1",
        "/voice/dial-done",
        "/voice/voicemail-done",
        "/voice/whisper",
        "/webhooks/twilio/voice/status",
        "/webhooks/twilio/recording",
    ] {
        let answer = app.twilio_signs("another-token", path, &told).await;
        answer.expect_problem(401, "invalid_signature");
    }
    assert_eq!(app.row_counts().await["interactions"], 0);
}

#[tokio::test]
async fn what_happens_after_a_call_is_done_once_we_can() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("what are your hours").await;
    run(&app, "alter table usage_records rename to broken").await;
    call.ends_after("30").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.2, "OPEN");
    run(&app, "alter table broken rename to usage_records").await;
    app.advance(crate::support::seconds(10));
    app.run_jobs().await;
    assert_eq!(the_call(&app, &hvac).await.2, "COMPLETED");
    assert_eq!(usage(&app, &hvac).await, [(1, None)]);
}

#[tokio::test]
async fn the_doctor_asks_the_fallback_whether_it_answers() {
    use rocket_reception::doctor::{self, State};

    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .name("Plomberie & Fils")
        .transfer_number(OWNER)
        .await;
    assert_eq!(doctor::voice_fallback(&app.state).await.state, State::Off);
    // The documents, on another host.
    let documents = rocket_reception::voice::standing_documents(&app.state)
        .await
        .unwrap();
    let file = |name: &str| {
        let found = documents.iter().find(|document| document.file == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {documents:#?}"))
            .document
            .clone()
    };
    let own = file(&format!("{}.xml", hvac.id));
    let verbs = twiml::read(&own);
    let names: Vec<&str> = verbs.iter().map(|verb| verb.name.as_str()).collect();
    assert_eq!(names, ["Say", "Dial", "Say", "Say", "Say", "Record"]);
    assert!(
        own.contains("Plomberie &amp; Fils") && own.contains(OWNER),
        "{own}"
    );
    assert_eq!(
        twiml::read(&file(verbs[5].attribute("action")))
            .pop()
            .unwrap()
            .name,
        "Hangup"
    );
    let host = axum::Router::new()
        .route(
            "/good/{file}",
            axum::routing::get(async move || own.clone()),
        )
        .route(
            "/bad/{file}",
            axum::routing::get(async || "<html>moved</html>"),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, host).await });
    for (path, state) in [
        ("good", State::Ok),
        ("bad", State::Fail),
        ("nowhere", State::Fail),
    ] {
        let url = format!("http://localhost:{port}/{path}/{{subscriber}}.xml");
        let app = TestApp::with(&[("VOICE_FALLBACK_URL", &url)]).await;
        app.subscriber("hvac").await;
        let check = doctor::voice_fallback(&app.state).await;
        assert_eq!(check.state, state, "{path}: {}", check.detail);
    }
}
