//! `/channels`.
use rocket_reception::tenancy::directory::{self, Key};
use serde_json::json;

use super::audited;
use crate::support::{Subscriber, TestApp};

/// The subscriber holds this number.
async fn hold(app: &TestApp, shop: &Subscriber, number: &str) {
    let statement = "insert into phone_numbers (id, subscriber_id, e164, provider, provider_id)
                     values (gen_random_uuid(), $1, '+14315559000', 'TWILIO', 'PN1')";
    app.change(shop, statement).await;
    assert_eq!(number, "+14315559000");
}

#[tokio::test]
async fn the_channels_are_listed_and_changed_in_any_case() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let channels = app
        .staff(&shop)
        .await
        .get("/api/channels")
        .await
        .expect(200)
        .json();
    let names: Vec<&str> = channels["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|channel| channel["channel"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["VOICE", "SMS", "CHAT"]);
    assert_eq!(channels["data"][0]["transport_provider"], "TWILIO");
    let changed = admin
        .put(
            "/api/channels/voice",
            json!({"mode": "after_hours", "ai_provider": "llm"}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(changed["mode"], "AFTER_HOURS");
    assert_eq!(changed["ai_provider"], "LLM");
    assert_eq!(changed["is_enabled"], true);
    assert_eq!(
        audited(&app, &shop).await,
        [(
            "channel.updated".to_owned(),
            r#"["ai_provider", "mode"]"#.to_owned()
        )]
    );
    // What was answered can be put again.
    admin.put("/api/channels/VOICE", changed).await.expect(200);
    assert_eq!(audited(&app, &shop).await.len(), 1);
    // One that was never made is made.
    let email = admin
        .put(
            "/api/channels/EMAIL",
            json!({"provider_inbox_id": "inbox_1"}),
        )
        .await;
    assert_eq!(email.expect(200).json()["is_enabled"], false);
    admin
        .put("/api/channels/FAX", json!({}))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn providers_that_cannot_serve_a_channel_together_are_refused() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    for (channel, wrong) in [
        ("VOICE", json!({"transport_provider": "WEB"})),
        ("VOICE", json!({"transport_provider": "VAPI"})),
        (
            "SMS",
            json!({"transport_provider": "RETELL", "ai_provider": "RETELL"}),
        ),
        ("SMS", json!({"ai_provider": "VAPI"})),
        ("CHAT", json!({"transport_provider": "TWILIO"})),
        ("CHAT", json!({"channel": "VOICE"})),
    ] {
        admin
            .put(&format!("/api/channels/{channel}"), wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
    assert_eq!(audited(&app, &shop).await, []);
}

#[tokio::test]
async fn a_channel_stands_on_an_own_or_a_shared_number_only() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let admin = app.admin(&shop).await;
    let put = async |number: &str| {
        let wish = json!({"provider_number_e164": number});
        admin.put("/api/channels/VOICE", wish).await
    };
    for number in [other.number.as_str(), "+14315559000", "nobody"] {
        let answer = put(number).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.json()["errors"][0]["field"], "provider_number_e164");
    }
    app.shared_number("+14316005505", None).await;
    put("+14316005505").await.expect(200);
    hold(&app, &shop, "+14315559000").await;
    put("+14315559000").await.expect(200);
    // Whoever calls it now means this business.
    let number = "+14315559000".parse().unwrap();
    let found = directory::find(&app.state.db, &[Key::Number(&number)])
        .await
        .unwrap();
    assert_eq!(found[0].clone().unwrap().subscriber, Some(shop.id));
    // A number that the business gave back is no longer its own.
    app.change(
        &shop,
        "update phone_numbers set state = 'RELEASED' where subscriber_id = $1",
    )
    .await;
    admin
        .put("/api/channels/VOICE", json!({"provider_number_e164": null}))
        .await
        .expect(200);
    let other_admin = app.admin(&other).await;
    other_admin
        .put(
            "/api/channels/VOICE",
            json!({"provider_number_e164": "+14315559000"}),
        )
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn an_agent_is_the_businesss_own_or_the_platforms() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    app.agent_of(&shop, "agent_own").await;
    app.agent_of(&other, "agent_foreign").await;
    app.shared_agent("agent_shared").await;
    let admin = app.admin(&shop).await;
    let put = async |agent: &str| {
        let wish = json!({"ai_provider": "RETELL", "provider_agent_id": agent});
        admin.put("/api/channels/VOICE", wish).await
    };
    for agent in ["agent_foreign", "agent_unknown"] {
        let answer = put(agent).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.json()["errors"][0]["field"], "provider_agent_id");
    }
    put("agent_own").await.expect(200);
    put("agent_shared").await.expect(200);
    // It does not go along to somebody else who thinks.
    let changed = admin
        .put("/api/channels/VOICE", json!({"ai_provider": "BUILTIN"}))
        .await
        .expect(200)
        .json();
    assert!(changed["provider_agent_id"].is_null());
}

#[tokio::test]
async fn a_version_that_was_pinned_goes_with_its_agent() {
    let app = TestApp::start().await;
    let shop = app
        .subscriber("hvac")
        .voice_agent("agent_old", Some("7"))
        .await;
    app.agent_of(&shop, "agent_new").await;
    let admin = app.admin(&shop).await;
    let version = "select provider_agent_version from subscriber_channels
                    where subscriber_id = $1 and channel = 'VOICE'";
    admin
        .put("/api/channels/VOICE", json!({"mode": "SHADOW"}))
        .await
        .expect(200);
    assert_eq!(
        app.value::<Option<String>>(&shop, version).await.as_deref(),
        Some("7")
    );
    admin
        .put(
            "/api/channels/VOICE",
            json!({"provider_agent_id": "agent_new"}),
        )
        .await
        .expect(200);
    assert_eq!(app.value::<Option<String>>(&shop, version).await, None);
}

#[tokio::test]
async fn texts_are_switched_on_only_where_the_plan_has_them() {
    let app = TestApp::start().await;
    let free = app.subscriber("free").plan("FREE").sms_off().await;
    let paid = app.subscriber("paid").plan("CORE").sms_off().await;
    let answer = app
        .admin(&free)
        .await
        .put("/api/channels/SMS", json!({"is_enabled": true}))
        .await
        .expect_problem(422, "subscription_required");
    assert_eq!(answer.json()["errors"][0]["field"], "is_enabled");
    let admin = app.admin(&paid).await;
    admin
        .put("/api/channels/SMS", json!({"is_enabled": true}))
        .await
        .expect(200);
    app.change(
        &paid,
        "update subscriptions set status = 'CANCELLED' where subscriber_id = $1",
    )
    .await;
    admin
        .put("/api/channels/SMS", json!({"is_enabled": false}))
        .await
        .expect(200);
    admin
        .put("/api/channels/SMS", json!({"is_enabled": true}))
        .await
        .expect_problem(422, "subscription_required");
}
