//! Texts go out, and agents are asked, with the subscriber's own accounts where it has them.
use serde_json::json;

use super::{ANNE, OWN_KEY, OWN_SID, OWN_TOKEN, with_own_accounts};
use crate::{
    fakes::FakeTwilio,
    support::{RETELL_KEY, Subscriber, TestApp, minutes, seconds},
};

const SHARED: &str = "+14315550900";

async fn text(app: &TestApp, subscriber: &Subscriber, words: &str) {
    let text = app.text_from(ANNE).to(&subscriber.number).says(words);
    text.send().await.expect(200);
}

#[tokio::test]
async fn a_text_goes_out_with_the_subscribers_own_account_and_others_with_the_platforms() {
    let app = TestApp::start().await;
    let (hvac, spa) = (app.subscriber("hvac").await, app.subscriber("spa").await);
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "hello").await;
    text(&app, &spa, "hello").await;
    app.run_jobs().await;
    let mut by: Vec<_> = app
        .twilio
        .texts()
        .into_iter()
        .map(|text| (text.from, text.account))
        .collect();
    by.sort();
    let mut expected = [
        (hvac.number.clone(), OWN_SID.to_owned()),
        (spa.number.clone(), FakeTwilio::ACCOUNT.to_owned()),
    ];
    expected.sort();
    assert_eq!(by, expected);
}

#[tokio::test]
async fn its_status_still_arrives_signed_by_the_own_account() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "hello").await;
    app.run_jobs().await;
    let sid = app.twilio.only_text().sid;
    app.status_of(&sid, "delivered")
        .field("AccountSid", OWN_SID)
        .signed_by(OWN_TOKEN)
        .send()
        .await
        .expect(204);
    assert_eq!(app.only_outgoing(&hvac).await.status, "DELIVERED");
}

#[tokio::test]
async fn a_number_that_several_share_is_the_platforms() {
    let app = TestApp::start().await;
    app.shared_number(SHARED, None).await;
    let hvac = app.subscriber("hvac").on_shared_number(SHARED).await;
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "the hvac shop, are you open?").await;
    app.run_jobs().await;
    assert_eq!(app.twilio.only_text().account, FakeTwilio::ACCOUNT);
}

#[tokio::test]
async fn after_an_unknown_outcome_the_same_account_is_asked() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "hello").await;
    app.twilio.lose_answer_next();
    app.run_jobs().await;
    // Meanwhile the account is switched off: what was begun with it is asked of it all the same.
    let admin = app.admin(&hvac).await;
    let off = json!({ "is_enabled": false });
    let path = "/api/settings/providers/TWILIO";
    admin.put(path, off).await.expect(200);
    for _ in 0..5 {
        app.advance(minutes(1));
        app.run_jobs().await;
    }
    assert_eq!(app.twilio.only_text().account, OWN_SID);
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn a_text_whose_account_is_gone_before_its_outcome_is_known_is_not_sent_again() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "hello").await;
    app.twilio.lose_answer_next();
    app.run_jobs().await;
    let admin = app.admin(&hvac).await;
    admin
        .delete("/api/settings/providers/TWILIO")
        .await
        .expect(204);
    for _ in 0..5 {
        app.advance(minutes(1));
        app.run_jobs().await;
    }
    app.twilio.only_text();
    assert_eq!(app.only_outgoing(&hvac).await.status, "FAILED");
}

#[tokio::test]
async fn bad_credentials_of_an_own_account_are_that_subscribers_trouble() {
    let app = TestApp::start().await;
    let (hvac, spa) = (app.subscriber("hvac").await, app.subscriber("spa").await);
    with_own_accounts(&app, &hvac).await;
    app.twilio.knows_account(OWN_SID, "changed-at-twilio-since");
    text(&app, &hvac, "hello").await;
    app.run_jobs().await;
    assert_eq!(app.only_outgoing(&hvac).await.status, "FAILED");
    let alerts = "select kind, severity from ops_alerts where subscriber_id = $1";
    let alerts: Vec<(String, String)> = app.rows(&hvac, alerts).await;
    assert_eq!(alerts, [("texts.refused".to_owned(), "WARNING".to_owned())]);
    text(&app, &spa, "hello").await;
    app.run_jobs().await;
    assert_eq!(app.only_outgoing(&spa).await.status, "SENT");
}

#[tokio::test]
async fn an_own_account_that_is_throttled_holds_up_nobody_else() {
    let app = TestApp::start().await;
    let (hvac, spa) = (app.subscriber("hvac").await, app.subscriber("spa").await);
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "hello").await;
    for _ in 0..12 {
        app.twilio.limit_next(1);
        app.run_jobs().await;
        app.advance(seconds(2));
    }
    text(&app, &spa, "hello").await;
    app.run_jobs().await;
    assert_eq!(app.only_outgoing(&spa).await.status, "SENT");
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn the_chat_agent_is_asked_in_the_subscribers_own_workspace() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_hvac").await;
    let spa = app.subscriber("spa").chat_agent("agent_spa").await;
    with_own_accounts(&app, &hvac).await;
    for subscriber in [&hvac, &spa] {
        text(&app, subscriber, "hello").await;
        app.run_jobs().await;
    }
    let keys: Vec<_> = app
        .retell
        .chats()
        .into_iter()
        .map(|chat| chat.key)
        .collect();
    assert_eq!(keys, [OWN_KEY, RETELL_KEY]);
    assert_eq!(app.twilio.bodies(), ["Turn 1", "Turn 1"]);
}

#[tokio::test]
async fn an_agent_of_the_platforms_is_asked_in_the_platforms_workspace() {
    let app = TestApp::start().await;
    app.shared_agent("agent_master").await;
    let hvac = app.subscriber("hvac").chat_agent("agent_master").await;
    with_own_accounts(&app, &hvac).await;
    text(&app, &hvac, "hello").await;
    app.run_jobs().await;
    assert_eq!(app.retell.only_chat().key, RETELL_KEY);
}
