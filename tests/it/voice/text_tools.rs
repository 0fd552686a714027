//! Retell's agent, which thinks for a text conversation of ours, wants a tool.
use serde_json::{Value, json};

use crate::support::{Subscriber, TestApp};

const ANNE: &str = "+15145550123";

async fn says(app: &TestApp, to: &Subscriber, words: &str) {
    let text = app.text_from(ANNE).to(&to.number).says(words);
    text.send().await.expect(200);
    app.run_jobs().await;
}

/// The agent asks in the chat of this number, which it was given when the chat was opened.
async fn ask(app: &TestApp, chat: usize, name: &str) -> Value {
    let chat = app.retell.chats().remove(chat);
    let call = json!({ "name": name, "args": { "message": "call me" }, "chat": {
        "chat_id": chat.id, "agent_id": "agent_1", "metadata": chat.request["metadata"],
    }});
    app.retell_event(&call).send().await.expect(200).json()
}

async fn conversing(app: &TestApp) -> Subscriber {
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    says(app, &hvac, "please tell the boss to call me").await;
    hvac
}

#[tokio::test]
async fn a_message_becomes_a_lead_of_the_text_conversation() {
    let app = TestApp::start().await;
    let hvac = conversing(&app).await;
    let first = ask(&app, 0, "take_message").await;
    assert_eq!(first["result"], "message_taken");
    assert_eq!(ask(&app, 0, "take_message").await, first, "once");
    let leads = "select l.summary, i.channel, l.contact_id = i.contact_id
                   from leads l join interactions i on i.subscriber_id = l.subscriber_id and i.id = l.interaction_id
                  where l.subscriber_id = $1";
    let leads: Vec<(String, String, bool)> = app.rows(&hvac, leads).await;
    assert_eq!(leads, [("call me".into(), "SMS".into(), true)]);
}

#[tokio::test]
async fn whoever_opts_out_in_words_is_texted_no_more() {
    let app = TestApp::start().await;
    let hvac = conversing(&app).await;
    assert_eq!(ask(&app, 0, "opt_out").await["result"], "opted_out");
    let phone = "select phone from opt_outs where subscriber_id = $1 and ended_at is null";
    assert_eq!(app.value::<String>(&hvac, phone).await, ANNE);
    let sent = app.twilio.texts().len();
    says(&app, &hvac, "hello?").await;
    assert_eq!(app.twilio.texts().len(), sent);
}

#[tokio::test]
async fn a_text_conversation_is_handed_to_a_person_without_a_number_to_transfer_to() {
    let app = TestApp::start().await;
    let hvac = conversing(&app).await;
    ask(&app, 0, "transfer_call").await;
    let asked = "select data ->> 'channel' from events where subscriber_id = $1 and type = 'handoff.requested'";
    assert_eq!(app.value::<String>(&hvac, asked).await, "SMS");
}

#[tokio::test]
async fn the_conversation_of_another_subscriber_is_not_reached_by_its_name() {
    let app = TestApp::start().await;
    let hvac = conversing(&app).await;
    let clinic = app.subscriber("clinic").await;
    let chat = app.retell.only_chat();
    let mut metadata = chat.request["metadata"].clone();
    metadata["subscriber_id"] = json!(clinic.id);
    let call = json!({ "name": "take_message", "args": { "message": "call me" }, "chat": {
        "chat_id": chat.id, "agent_id": "agent_1", "metadata": metadata,
    }});
    let answer = app.retell_event(&call).send().await.expect(200).json();
    assert_eq!(answer["result"], "unavailable");
    for subscriber in [&hvac, &clinic] {
        assert_eq!(app.count_events(subscriber, "lead.created").await, 0);
    }
}

/// The turn goes on at Retell after we have given up waiting for it.
#[tokio::test]
async fn once_the_built_in_brain_has_answered_the_slow_chat_has_no_effect_any_more() {
    let app = TestApp::impatient().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    app.retell.hang_next();
    says(&app, &hvac, "are you open today?").await;
    for name in ["take_message", "opt_out", "transfer_call"] {
        assert_eq!(ask(&app, 0, name).await["result"], "unavailable", "{name}");
    }
    assert_eq!(app.count_events(&hvac, "lead.created").await, 0);
    assert_eq!(app.count_events(&hvac, "contact.opted_out").await, 0);
    let fact = ask(&app, 0, "get_business_info").await;
    assert_ne!(fact["result"], "unavailable");
    says(&app, &hvac, "and tomorrow?").await;
    let heard: Vec<_> = app
        .retell
        .chats()
        .into_iter()
        .map(|chat| chat.heard)
        .collect();
    assert_eq!(heard, [vec![], vec!["and tomorrow?".to_owned()]]);
    assert_eq!(
        ask(&app, 1, "take_message").await["result"],
        "message_taken"
    );
}
