//! Calls at Vapi: who takes them, what their assistants may do, what is left of them.
mod answering;
mod ends;
mod news;
mod order;
mod proof;
mod tools;

use serde_json::{Value, json};

use super::{boreale, with, without};
use crate::support::{Answer, Subscriber, TestApp, specs};

/// The call of the samples.
const CALL: &str = "0191f3c2-7b1e-7000-8a4d-5a1f0c9e77b1";
/// Vapi's id of the number that it came in on.
const NUMBER_ID: &str = "9285f1a8-b62f-4ff0-89ab-bdaa8f298d15";
const ASSISTANT: &str = "15867747-f6fd-42b3-a353-63687fecc2b4";

/// A sample of what Vapi sends.
macro_rules! sample {
    ($name:literal) => {
        crate::voice::parse(include_str!(concat!("../../../data/vapi/", $name, ".json")))
    };
}
use sample;

/// Asks, and hears an answer.
async fn ask(app: &TestApp, message: &Value) -> Value {
    let answer = app.vapi_message(message).send().await.expect(200).json();
    let schema = match message["message"]["type"].as_str() {
        Some("assistant-request") => "ServerMessageResponseAssistantRequest",
        Some("tool-calls") => "ServerMessageResponseToolCalls",
        Some("transfer-destination-request") => "ServerMessageResponseTransferDestinationRequest",
        _ => return answer,
    };
    assert_eq!(specs::check_answer("vapi", schema, &answer), Ok(()));
    answer
}

async fn tell(app: &TestApp, message: &Value) -> Answer {
    app.vapi_message(message).send().await.expect(200)
}

/// An assistant of Vapi's takes the subscriber's calls.
async fn with_assistant(app: &TestApp, subscriber: &Subscriber) {
    app.change(
        subscriber,
        "update subscriber_channels
            set ai_provider = 'VAPI', provider_agent_id = '15867747-f6fd-42b3-a353-63687fecc2b4'
          where subscriber_id = $1 and channel = 'VOICE'",
    )
    .await;
}

/// Gives the subscriber an organisation of its own at Vapi, as its admin would; gives its connection.
async fn with_own_account(app: &TestApp, subscriber: &Subscriber, more: Value) -> String {
    let mut request = json!({
        "account_id": "org-of-their-own", "api_key": OWN_KEY, "webhook_secret": OWN_SECRET,
    });
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    let admin = app.admin(subscriber).await;
    let saved = admin.put("/api/settings/providers/VAPI", request).await;
    app.vapi.knows_key(OWN_KEY);
    let saved = saved.expect(200).json();
    saved["connection"].as_str().unwrap().to_owned()
}

const OWN_KEY: &str = "own-vapi-key-of-the-subscriber";
const OWN_SECRET: &str = "own-vapi-secret-of-the-subscriber";
