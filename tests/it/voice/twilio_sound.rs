//! What is recorded of a call: never before the caller was told, or agreed; and what is left after a tone.
use super::{
    CALLER,
    twilio::{the_call, traces},
};
use crate::support::{PUBLIC_URL, Subscriber, TestApp};

const OWNER: &str = "+12045550177";

async fn records(app: &TestApp, mode: &str) -> Subscriber {
    let hvac = app.subscriber("hvac").transfer_number(OWNER).await;
    let setting = serde_json::json!({ "recording_mode": mode });
    app.admin(&hvac)
        .await
        .put("/api/settings", setting)
        .await
        .expect(200);
    hvac
}

async fn kinds(app: &TestApp, hvac: &Subscriber) -> Vec<String> {
    let statement = "select kind from recordings where subscriber_id = $1";
    let rows: Vec<(String,)> = app.rows(hvac, statement).await;
    rows.into_iter().map(|(kind,)| kind).collect()
}

#[tokio::test]
async fn a_call_is_recorded_only_after_it_was_announced() {
    let app = TestApp::start().await;
    let hvac = records(&app, "ANNOUNCED").await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    assert!(
        call.last().starts_with("This call is recorded."),
        "{}",
        call.last()
    );
    app.run_jobs().await;
    let started = app.twilio.recorded();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].0, call.sid);
    let callback = started[0].1.clone();
    call.recording_is_done(&callback, "StartCallRecordingAPI")
        .await
        .expect(204);
    call.recording_is_done(&callback, "StartCallRecordingAPI")
        .await
        .expect(204);
    assert_eq!(kinds(&app, &hvac).await, ["MULTI_CHANNEL"]);
    let consents =
        "select count(*) from consent_logs where subscriber_id = $1 and purpose = 'RECORDING'";
    assert_eq!(app.value::<i64>(&hvac, consents).await, 1);
}

#[tokio::test]
async fn a_call_is_recorded_only_if_the_caller_agrees() {
    for (answer, is_recorded) in [
        ("1", true),
        ("yes please", true),
        ("2", false),
        ("no", false),
        ("I need a plumber", false),
    ] {
        let app = TestApp::start().await;
        let hvac = records(&app, "CONSENT").await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        assert!(call.last().contains("May we record"), "{}", call.last());
        app.run_jobs().await;
        assert_eq!(app.twilio.recorded().len(), 0, "not before they agreed");
        if answer.len() == 1 {
            call.keys(answer).await;
        } else {
            call.says(answer).await;
        }
        assert!(call.last().contains("hvac"), "{}", call.last());
        app.run_jobs().await;
        assert_eq!(
            app.twilio.recorded().len(),
            usize::from(is_recorded),
            "{answer}"
        );
        call.ends_after("20").await.expect(204);
        // Who has answered is not asked again.
        let again = app.call_from(CALLER).calls(&hvac.number).await;
        let is_asked = again.last().contains("May we record");
        assert_eq!(
            is_asked,
            answer == "I need a plumber",
            "{answer}: {}",
            again.last()
        );
    }
}

#[tokio::test]
async fn silence_is_no_consent_and_an_unknown_caller_is_not_asked() {
    let app = TestApp::start().await;
    let hvac = records(&app, "CONSENT").await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.is_silent().await;
    assert!(call.last().contains("hvac"), "{}", call.last());
    let anonymous = app.call_from("anonymous").calls(&hvac.number).await;
    assert!(
        !anonymous.last().contains("May we record"),
        "{}",
        anonymous.last()
    );
    app.run_jobs().await;
    assert_eq!(app.twilio.recorded().len(), 0);
}

#[tokio::test]
async fn without_the_wish_to_record_nothing_is() {
    let app = TestApp::start().await;
    let hvac = records(&app, "OFF").await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    assert!(!call.last().contains("record"), "{}", call.last());
    app.run_jobs().await;
    assert_eq!(app.twilio.recorded().len(), 0);
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_goes_on() {
    let app = TestApp::start().await;
    let hvac = records(&app, "ANNOUNCED").await;
    app.twilio.refuse_recordings(404, 20404);
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    app.run_jobs().await;
    call.says("what are your hours").await;
    assert!(call.last().contains("9"), "{}", call.last());
    let told = traces(&app, &hvac, "voice.start_recording").await;
    assert_eq!(told[0]["state"], "REFUSED");
}

#[tokio::test]
async fn what_is_left_after_the_tone_is_kept_with_a_lead_once() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_off()
        .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.rings_in_vain("busy").await;
    let record = call.verb("Record").clone();
    assert_eq!(record.attribute("transcribe"), "true");
    call.leaves_a_message("12").await;
    assert_eq!(call.does(), ["Say", "Hangup"]);
    let callback = record.attribute("recordingStatusCallback");
    call.recording_is_done(callback, "RecordVerb")
        .await
        .expect(204);
    let (sid, url) = call.recording();
    let told = [
        ("CallSid", call.sid.as_str()),
        ("RecordingSid", &sid),
        ("RecordingUrl", &url),
        ("TranscriptionText", "Hello, my furnace makes a noise."),
        ("TranscriptionStatus", "completed"),
    ];
    for _ in 0..2 {
        app.twilio_posts(callback, &told).await.expect(204);
    }
    call.ends_after("40").await.expect(204);
    app.run_jobs().await;
    assert_eq!(the_call(&app, &hvac).await.0, "VOICEMAIL");
    assert_eq!(kinds(&app, &hvac).await, ["VOICEMAIL"]);
    let lead: String = app
        .value(&hvac, "select summary from leads where subscriber_id = $1")
        .await;
    assert_eq!(lead, "Voicemail of 12 s");
    let words: String = app
        .value(
            &hvac,
            "select text from interaction_messages where subscriber_id = $1 and role = 'CALLER'",
        )
        .await;
    assert_eq!(words, "Hello, my furnace makes a noise.");
    assert_eq!(app.twilio.texts().len(), 0, "somebody has their message");
}

#[tokio::test]
async fn who_says_nothing_after_the_tone_is_texted_back() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").voice_off().await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.leaves_a_message("0").await;
    assert_eq!(call.does(), ["Say", "Hangup"]);
    call.ends_after("20").await.expect(204);
    app.run_jobs().await;
    assert_eq!(the_call(&app, &hvac).await.0, "MISSED");
    assert_eq!(app.twilio.texts().len(), 1);
}

#[tokio::test]
async fn of_health_data_there_is_no_tone_but_a_message_without_words() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").voice_off().await;
    app.change(
        &clinic,
        "update subscribers set handles_health_data = true where id = $1",
    )
    .await;
    let mut call = app.call_from(CALLER).calls(&clinic.number).await;
    assert_eq!(call.does(), ["Gather"]);
    call.says("it is about the results of my knee").await;
    call.says("Bob").await;
    call.ends_after("30").await.expect(204);
    let lead: String = app
        .value(
            &clinic,
            "select summary from leads where subscriber_id = $1",
        )
        .await;
    assert!(!lead.contains("knee"), "{lead}");
    let from_outside = format!("{PUBLIC_URL}/webhooks/twilio/recording");
    call.recording_is_done(&from_outside, "RecordVerb")
        .await
        .expect(204);
    assert_eq!(kinds(&app, &clinic).await.len(), 0);
}

#[tokio::test]
async fn a_voicemail_whose_words_nobody_could_make_out_stays_one() {
    for mode in ["OFF", "ANNOUNCED", "CONSENT"] {
        let app = TestApp::start().await;
        let hvac = records(&app, mode).await;
        app.change(&hvac, "update subscriber_channels set is_enabled = false where subscriber_id = $1 and channel = 'VOICE'")
            .await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        call.rings_in_vain("busy").await;
        let record = call.verb("Record").clone();
        call.leaves_a_message("12").await;
        let (sid, url) = call.recording();
        let told = [
            ("CallSid", call.sid.as_str()),
            ("RecordingSid", &sid),
            ("RecordingUrl", &url),
            ("TranscriptionSid", "TR1"),
            ("TranscriptionStatus", "failed"),
        ];
        for path in [record.attribute("transcribeCallback"), "/webhooks/twilio"] {
            app.twilio_posts(path, &told).await.expect(204);
        }
        // Who made it is not said.
        call.recording_is_done(record.attribute("recordingStatusCallback"), "")
            .await
            .expect(204);
        assert_eq!(kinds(&app, &hvac).await, ["VOICEMAIL"], "{mode}");
        for table in ["provider_deletions", "consent_logs"] {
            let counts = app.row_counts().await;
            assert_eq!(counts.get(table), None, "{mode} {table}");
        }
        let leads = "select count(*) from leads where subscriber_id = $1";
        assert_eq!(app.value::<i64>(&hvac, leads).await, 1, "{mode}");
    }
}

#[tokio::test]
async fn of_a_recording_that_nobody_agreed_to_the_sound_itself_is_deleted() {
    let app = TestApp::start().await;
    let hvac = records(&app, "OFF").await;
    let call = app.call_from(CALLER).calls(&hvac.number).await;
    call.recording_is_done("/webhooks/twilio/recording", "StartCallRecordingAPI")
        .await
        .expect(204);
    assert_eq!(kinds(&app, &hvac).await, [] as [String; 0]);
    let ordered = "select kind, external_id from provider_deletions where subscriber_id = $1";
    let ordered: Vec<(String, String)> = app.rows(&hvac, ordered).await;
    assert_eq!(ordered, [("RECORDING".to_owned(), call.recording().0)]);
}
