//! Everything that Twilio is known to send, one after the other, as it came.
use serde_json::Value;

use crate::support::TestApp;

/// Where the number's own settings would send it.
fn path_of(url: &str) -> String {
    let path = url.strip_prefix("https://app.example.com").unwrap();
    match path {
        "/webhooks/twilio/voice" => "/api/voice/webhook/voice".to_owned(),
        other => format!("/api{other}"),
    }
}

#[tokio::test]
async fn every_sample_of_twilios_is_answered_as_twilio_wants_it() {
    let app = TestApp::start().await;
    app.subscriber("hvac").number("+14315550100").await;
    let samples: Value =
        serde_json::from_str(include_str!("../../data/twilio/webhooks.json")).unwrap();
    let samples = samples["fixtures"].as_array().unwrap();
    assert_eq!(samples.len(), 18);
    for sample in samples {
        let name = &sample["name"];
        let mut form = app.twilio_form(&path_of(sample["url"].as_str().unwrap()));
        for field in sample["params"].as_array().unwrap() {
            let text = |place: usize| field[place].as_str().unwrap();
            form = form.also(text(0), text(1));
        }
        let answer = form.send().await;
        match sample["expects"].as_str().unwrap() {
            "204" => assert_eq!(answer.status.as_u16(), 204, "{name}: {}", answer.body),
            _ => {
                assert_eq!(answer.status.as_u16(), 200, "{name}: {}", answer.body);
                assert!(answer.body.contains("<Response"), "{name}: {}", answer.body);
            }
        }
    }
}
