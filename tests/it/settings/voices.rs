//! The voice in the settings: looked up when it is chosen, and heard in the greeting.
use serde_json::json;

use crate::{
    fakes::FakeElevenLabs,
    support::{ELEVENLABS_KEY, TestApp},
};

const KEY: (&str, &str) = ("ELEVENLABS_API_KEY", ELEVENLABS_KEY);

#[tokio::test]
async fn a_voice_that_does_not_exist_is_refused_with_all_else_that_is_wrong() {
    let app = TestApp::with(&[KEY]).await;
    let shop = app.subscriber("northern").await;
    let admin = app.admin(&shop).await;
    let wrong = json!({"voice_id": "nobody", "timezone": "Mars/Olympus"});
    let answer = admin.put("/api/settings", wrong).await;
    let problem = answer.expect_problem(422, "invalid_request").json();
    let errors = problem["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["timezone", "voice_id"]);
    let shown = admin.get("/api/settings").await.expect(200).json();
    assert_eq!(shown["voice_id"], json!(null));

    app.elevenlabs.knows_voice("anne");
    let saved = admin.put("/api/settings", json!({"voice_id": " anne "}));
    assert_eq!(saved.await.expect(200).json()["voice_id"], "anne");
    // The same again, by somebody who sends back what was shown, and none at all: nothing to ask.
    for same in [json!({"voice_id": "anne"}), json!({"voice_id": null})] {
        admin.put("/api/settings", same).await.expect(200);
    }
    assert_eq!(app.elevenlabs.looked_for(), ["nobody", "anne"]);
}

#[tokio::test]
async fn who_cannot_say_whether_there_is_a_voice_keeps_nobody_from_saving() {
    for (status, name) in [
        (401, "missing_permissions"),
        (503, ""),
        (429, "system_busy"),
    ] {
        let app = TestApp::with(&[KEY]).await;
        let shop = app.subscriber("northern").await;
        let admin = app.admin(&shop).await;
        app.elevenlabs.tells_of_no_voice(status, name);
        let chosen = json!({"voice_id": "anne"});
        admin.put("/api/settings", chosen).await.expect(200);
        app.elevenlabs.knows_voice("anne");
        app.run_jobs().await;
    }
}

#[tokio::test]
async fn a_greeting_is_spoken_before_anybody_calls() {
    let app = TestApp::with(&[KEY]).await;
    let shop = app.subscriber("northern").language("fr").await;
    let admin = app.admin(&shop).await;
    let put = async |settings| admin.put("/api/settings", settings).await.expect(200);
    put(json!({"custom_greeting": "Bonjour, ici Air du Nord."})).await;
    app.run_jobs().await;
    let words = app.elevenlabs.spoken().remove(0);
    assert_eq!(words.text, "Bonjour, ici Air du Nord.");
    assert_eq!(
        (words.language.as_str(), words.voice.as_str()),
        ("fr", FakeElevenLabs::RACHEL)
    );

    // What is not heard in it changes nothing; another voice does, and so does a greeting of ours with their name.
    put(json!({"owner_name": "Anne"})).await;
    app.run_jobs().await;
    assert_eq!(app.elevenlabs.asked(), 1);
    app.elevenlabs.knows_voice("anne");
    put(json!({"voice_id": "anne"})).await;
    app.run_jobs().await;
    assert_eq!(app.elevenlabs.spoken()[1].voice, "anne");
    put(json!({"custom_greeting": null, "business_name": "Air du Nord"})).await;
    app.run_jobs().await;
    assert!(app.elevenlabs.texts()[2].contains("Air du Nord"));
    // Back to what there was: it is still there.
    put(json!({"custom_greeting": "Bonjour, ici Air du Nord."})).await;
    app.run_jobs().await;
    assert_eq!(app.elevenlabs.asked(), 3);
}

#[tokio::test]
async fn a_greeting_that_others_speak_is_not_spoken_by_us() {
    let app = TestApp::with(&[KEY]).await;
    let shop = app.subscriber("northern").await;
    let statement = "update subscriber_channels set transport_provider = 'RETELL'
                      where subscriber_id = $1 and channel = 'VOICE'";
    app.change(&shop, statement).await;
    let admin = app.admin(&shop).await;
    let greeting = json!({"custom_greeting": "Hello."});
    admin.put("/api/settings", greeting).await.expect(200);
    app.run_jobs().await;
    assert_eq!(app.elevenlabs.asked(), 0);
}

#[tokio::test]
async fn an_outage_delays_the_greeting_and_does_not_lose_it() {
    let app = TestApp::with(&[KEY]).await;
    let shop = app.subscriber("northern").await;
    let admin = app.admin(&shop).await;
    app.elevenlabs.refuse_next(500, "");
    app.elevenlabs.refuse_next(500, "");
    let greeting = json!({"custom_greeting": "Hello."});
    admin.put("/api/settings", greeting).await.expect(200);
    app.run_jobs().await;
    assert_eq!(app.elevenlabs.texts(), Vec::<String>::new());
    app.advance(chrono::Duration::minutes(5));
    app.run_jobs().await;
    assert_eq!(app.elevenlabs.texts(), ["Hello."]);
}
