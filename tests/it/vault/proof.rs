//! What a subscriber's own secret proves acts for that subscriber and nobody else.
//!
//! HVAC has accounts of its own, and so can sign whatever it likes; everything here is forged with its secrets.
use serde_json::{Value, json};

use super::{ANNE, OWN_KEY, OWN_SID, OWN_TOKEN, with_own_accounts};
use crate::support::{RETELL_KEY, Subscriber, TWILIO_TOKEN, TestApp, Text, seconds};

const SHARED: &str = "+14315550900";
const TABLES_OF_EFFECTS: [&str; 8] = [
    "contacts",
    "interactions",
    "interaction_messages",
    "outgoing_messages",
    "opt_outs",
    "tool_calls",
    "leads",
    "events",
];

struct Scene {
    app: TestApp,
    hvac: Subscriber,
    spa: Subscriber,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        let spa = app.subscriber("spa").await;
        app.agent_of(&hvac, "agent_hvac").await;
        app.agent_of(&spa, "agent_spa").await;
        with_own_accounts(&app, &hvac).await;
        Self { app, hvac, spa }
    }

    /// A text that HVAC signed.
    fn forged_text(&self) -> Text<'_> {
        let text = self.app.text_from(ANNE).field("AccountSid", OWN_SID);
        text.signed_by(OWN_TOKEN)
    }

    async fn post(&self, event: &Value) -> crate::support::Answer {
        self.app.retell_event(event).signed_by(OWN_KEY).send().await
    }

    /// Nothing happened to anybody, and whatever came is kept as nobody's.
    async fn assert_without_effect(&self, kept: usize) {
        self.app.run_jobs().await;
        let all = self.app.kept().await;
        assert_eq!(all.len(), kept, "{all:?}");
        assert!(all.iter().all(|(_, state)| state == "UNROUTED"), "{all:?}");
        let mut conn = self.app.database.superuser().await;
        for table in TABLES_OF_EFFECTS {
            let statement = format!("select count(*) from {table}");
            let statement = sqlx::AssertSqlSafe(statement);
            let count: i64 = sqlx::query_scalar(statement)
                .fetch_one(&mut conn)
                .await
                .unwrap();
            assert_eq!(count, 0, "{table}");
        }
        assert_eq!(self.app.twilio.attempts(), 0);
        assert_eq!(self.app.alerts().await, []);
    }
}

fn call(to: &str, agent: &str) -> Value {
    json!({ "event": "call_ended", "call": {
        "call_id": "call_1", "agent_id": agent, "direction": "inbound", "from_number": ANNE, "to_number": to,
        "start_timestamp": 1_794_839_405_120_i64, "duration_ms": 20_000, "disconnection_reason": "user_hangup",
    }})
}

#[tokio::test]
async fn an_own_accounts_text_to_the_own_number_is_received_and_answered() {
    let scene = Scene::new().await;
    let text = scene.forged_text().to(&scene.hvac.number).says("hello");
    for _ in 0..2 {
        text.send().await.expect(200);
    }
    scene.app.run_jobs().await;
    scene.app.twilio.only_text();
    assert_eq!(
        scene.app.events(&scene.hvac).await[..2],
        ["contact.created", "message.received"]
    );
}

#[tokio::test]
async fn an_own_secret_says_nothing_of_another_subscribers_number() {
    let scene = Scene::new().await;
    for words in ["hello", "STOP", "START"] {
        let text = scene.forged_text().to(&scene.spa.number).says(words);
        text.send().await.expect(200);
    }
    scene.assert_without_effect(3).await;
}

#[tokio::test]
async fn an_own_secret_stops_nobody_on_a_number_that_several_share() {
    let scene = Scene::new().await;
    let app = &scene.app;
    app.shared_number(SHARED, Some(&scene.hvac)).await;
    let spa = app.subscriber("nails").on_shared_number(SHARED).await;
    let mine = app.subscriber("ducts").on_shared_number(SHARED).await;
    for (subscriber, words) in [(&spa, "the nails shop?"), (&mine, "the ducts shop?")] {
        let text = app.text_from(ANNE).to(&subscriber.number).says(words);
        text.send().await.expect(200);
    }
    app.run_jobs().await;
    let before = app.kept().await.len();
    for words in ["STOP", "hello", "the nails shop, please"] {
        scene
            .forged_text()
            .to(SHARED)
            .says(words)
            .send()
            .await
            .expect(200);
    }
    scene
        .forged_text()
        .to(SHARED)
        .field("OptOutType", "STOP")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    for subscriber in [&spa, &mine, &scene.hvac] {
        let statement = "select count(*) from opt_outs where subscriber_id = $1";
        assert_eq!(app.value::<i64>(subscriber, statement).await, 0);
    }
    let kept = app.kept().await;
    let unrouted = kept.iter().filter(|(_, state)| state == "UNROUTED").count();
    assert_eq!((kept.len(), unrouted), (before + 4, 4), "{kept:?}");
}

#[tokio::test]
async fn an_own_secret_says_nothing_of_anothers_texts() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let text = app.text_from(ANNE).to(&scene.spa.number).says("hello");
    text.send().await.expect(200);
    app.run_jobs().await;
    let sid = app.twilio.only_text().sid;
    // At the URL that names SPA's text, at the bare one, and at one that names HVAC and SPA's number.
    let forged = [
        app.status_of(&sid, "failed"),
        app.bare_status_of(&sid, &scene.spa.number, "failed"),
        app.bare_status_of(&sid, &scene.spa.number, "undelivered")
            .posted_to(&format!(
                "/api/webhooks/twilio/sms/status?subscriber={}",
                scene.hvac.id
            )),
        app.bare_status_of(&sid, &scene.hvac.number, "undelivered")
            .posted_to(&format!(
                "/api/webhooks/twilio/sms/status?subscriber={}",
                scene.spa.id
            )),
    ];
    for status in forged {
        let status = status.field("AccountSid", OWN_SID).signed_by(OWN_TOKEN);
        status.send().await.expect(204);
    }
    assert_eq!(app.only_outgoing(&scene.spa).await.status, "SENT");
    // The true one still counts.
    app.status_of(&sid, "delivered").send().await.expect(204);
    assert_eq!(app.only_outgoing(&scene.spa).await.status, "DELIVERED");
}

#[tokio::test]
async fn an_own_secret_cannot_take_the_key_of_anothers_event() {
    let scene = Scene::new().await;
    let app = &scene.app;
    // HVAC learns the id of a text and of a call of SPA's and posts them first, as its own.
    let text = app.text_from(ANNE).to(&scene.spa.number).says("hello");
    let stolen = text
        .clone()
        .to(&scene.hvac.number)
        .field("AccountSid", OWN_SID)
        .signed_by(OWN_TOKEN);
    stolen.send().await.expect(200);
    scene
        .post(&call(&scene.hvac.number, "agent_hvac"))
        .await
        .expect(204);
    text.send().await.expect(200);
    let true_call = app.retell_event(&call(&scene.spa.number, "agent_spa"));
    true_call.send().await.expect(204);
    let statement = "select count(*) from interactions where subscriber_id = $1";
    for subscriber in [&scene.hvac, &scene.spa] {
        assert_eq!(app.value::<i64>(subscriber, statement).await, 2);
    }
}

#[tokio::test]
async fn a_call_that_an_own_secret_proves_is_the_own_one_or_nobodys() {
    let scene = Scene::new().await;
    let (hvac, spa) = (&scene.hvac, &scene.spa);
    scene.app.shared_number(SHARED, Some(hvac)).await;
    scene.app.shared_agent("agent_gate").await;
    let named = |mut event: Value, id: String| {
        event["call"]["metadata"] = json!({ "subscriber_id": id });
        event["call"]["call_id"] = json!(format!("call_{id}"));
        event
    };
    let own = call(&hvac.number, "agent_hvac");
    let forged = [
        call(&spa.number, "agent_hvac"),
        call(SHARED, "agent_hvac"),
        named(own.clone(), spa.id.to_string()),
        named(own.clone(), "spa".to_owned()),
    ];
    let forged: Vec<Value> = forged
        .into_iter()
        .enumerate()
        .map(|(number, mut event)| {
            event["call"]["call_id"] = json!(format!("call_forged_{number}"));
            event
        })
        .collect();
    for event in &forged {
        scene.post(event).await.expect(204);
    }
    // HVAC's number with another's agent, in a call and in a chat that names nobody else.
    for (number, agent) in [(5, "agent_spa"), (6, "agent_gate")] {
        let mut event = call(&hvac.number, agent);
        event["call"]["call_id"] = json!(format!("call_forged_{number}"));
        scene.post(&event).await.expect(204);
    }
    scene.assert_without_effect(6).await;
    scene.post(&own).await.expect(204);
    assert_eq!(scene.app.count_events(hvac, "call.ended").await, 1);
}

#[tokio::test]
async fn what_names_another_subscriber_alone_is_not_even_believed() {
    let scene = Scene::new().await;
    // Whose secret is tried is that of whom it names, and SPA has none.
    let event = call(&scene.spa.number, "agent_spa");
    scene
        .post(&event)
        .await
        .expect_problem(401, "invalid_signature");
    let text = scene
        .app
        .text_from(ANNE)
        .to(&scene.hvac.number)
        .says("hello");
    // The platform's account with HVAC's token, and HVAC's account with somebody's.
    let as_platform = text.clone().signed_by(OWN_TOKEN);
    as_platform
        .send()
        .await
        .expect_problem(401, "invalid_signature");
    let with_other = text
        .field("AccountSid", OWN_SID)
        .signed_by("a-token-of-nobodys");
    with_other
        .send()
        .await
        .expect_problem(401, "invalid_signature");
    scene.assert_without_effect(0).await;
}

#[tokio::test]
async fn a_call_is_routed_by_an_own_secret_to_the_own_line_alone() {
    let scene = Scene::new().await;
    scene.app.shared_number(SHARED, Some(&scene.spa)).await;
    let ask = async |to: &str, agent: &str| {
        let question = json!({ "event": "call_inbound", "call_inbound": {
            "from_number": ANNE, "to_number": to, "agent_id": agent } });
        let post = scene.app.retell_inbound(&question).signed_by(OWN_KEY);
        post.send().await.expect(200).json()
    };
    for number in [scene.spa.number.as_str(), SHARED] {
        let answer = ask(number, "agent_hvac").await;
        assert_eq!(answer, json!({ "call_inbound": { "reject": true } }));
    }
    let answer = ask(&scene.hvac.number, "agent_hvac").await;
    let variables = &answer["call_inbound"]["dynamic_variables"];
    assert_eq!(variables["business_name"], "The hvac shop");
}

#[tokio::test]
async fn a_tool_is_run_by_an_own_secret_for_the_own_conversation_alone() {
    let scene = Scene::new().await;
    let app = &scene.app;
    // A call of SPA's is under way.
    let mut started = call(&scene.spa.number, "agent_spa");
    started["event"] = json!("call_started");
    app.retell_event(&started).send().await.expect(204);
    let tool = |to: &str, metadata: Value| {
        json!({ "name": "take_message", "args": { "message": "forged" }, "call": {
            "call_id": "call_1", "agent_id": "agent_hvac", "direction": "inbound", "from_number": ANNE,
            "to_number": to, "metadata": metadata } })
    };
    for forged in [
        tool(&scene.spa.number, json!({})),
        tool(&scene.hvac.number, json!({ "subscriber_id": scene.spa.id })),
    ] {
        let answer = scene.post(&forged).await.expect(200).json();
        assert_eq!(answer["result"], "unavailable", "{forged}");
        assert!(!answer.to_string().contains("spa shop"));
    }
    // HVAC's own in every sign, with the id of SPA's call: that is another call, of HVAC's.
    let own = tool(&scene.hvac.number, json!({}));
    let answer = scene.post(&own).await.expect(200).json();
    assert_eq!(answer["result"], "message_taken");
    let calls = "select count(*) from interactions where subscriber_id = $1";
    for subscriber in [&scene.spa, &scene.hvac] {
        assert_eq!(app.value::<i64>(subscriber, calls).await, 1);
    }
    for table in ["leads", "tool_calls"] {
        let statement = match table {
            "leads" => "select count(*) from leads where subscriber_id = $1",
            _ => "select count(*) from tool_calls where subscriber_id = $1",
        };
        assert_eq!(app.value::<i64>(&scene.spa, statement).await, 0, "{table}");
    }
}

#[tokio::test]
async fn an_own_workspace_without_money_is_no_alarm_for_everybody() {
    let scene = Scene::new().await;
    let mut event = call(&scene.hvac.number, "agent_hvac");
    event["call"]["disconnection_reason"] = json!("no_valid_payment");
    scene.post(&event).await.expect(204);
    let alerts = "select kind, severity from ops_alerts where subscriber_id = $1";
    let alerts: Vec<(String, String)> = scene.app.rows(&scene.hvac, alerts).await;
    assert_eq!(
        alerts,
        [("retell.out_of_money".to_owned(), "WARNING".to_owned())]
    );
}

#[tokio::test]
async fn what_is_taken_up_again_is_still_proved_by_whom_it_was() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let mut conn = app.database.superuser().await;
    sqlx::query("alter table usage_rollups rename to gone")
        .execute(&mut conn)
        .await
        .unwrap();
    let own = scene.forged_text().to(&scene.hvac.number).says("hello");
    own.send().await.expect(200);
    sqlx::query("alter table gone rename to usage_rollups")
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(app.kept().await, [("text".to_owned(), "FAILED".to_owned())]);
    // While it waits, the number becomes SPA's: what HVAC proved does not follow it there.
    let change =
        "update directory set subscriber_id = (select id from subscribers where slug = 'spa')
                   where kind = 'NUMBER' and key = $1";
    sqlx::query(change)
        .bind(&scene.hvac.number)
        .execute(&mut conn)
        .await
        .unwrap();
    app.advance(seconds(10));
    app.run_jobs().await;
    let statement = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&scene.spa, statement).await, 0);
    assert_eq!(
        app.kept().await,
        [("text".to_owned(), "UNROUTED".to_owned())]
    );
}

#[tokio::test]
async fn an_account_that_is_switched_off_or_gone_proves_nothing() {
    let scene = Scene::new().await;
    let admin = scene.app.admin(&scene.hvac).await;
    let path = "/api/settings/providers/TWILIO";
    let text = || scene.forged_text().to(&scene.hvac.number).says("hello");
    admin
        .put(path, json!({ "is_enabled": false }))
        .await
        .expect(200);
    text().send().await.expect_problem(401, "invalid_signature");
    admin
        .put(path, json!({ "is_enabled": true, "api_key": null }))
        .await
        .expect(200);
    text().send().await.expect_problem(401, "invalid_signature");
    admin.delete(path).await.expect(204);
    text().send().await.expect_problem(401, "invalid_signature");
    scene.assert_without_effect(0).await;
}

#[tokio::test]
async fn several_secrets_hold_while_one_replaces_another() {
    let scene = Scene::new().await;
    let admin = scene.app.admin(&scene.hvac).await;
    let both = json!({ "webhook_secret": "the-next-token-of-theirs, the-last-token-of-theirs" });
    let path = "/api/settings/providers/TWILIO";
    admin.put(path, both).await.expect(200);
    let text = || scene.forged_text().to(&scene.hvac.number).says("hello");
    for token in ["the-next-token-of-theirs", "the-last-token-of-theirs"] {
        text().signed_by(token).send().await.expect(200);
    }
    // Where secrets for webhooks are named, the key of the API is none.
    text().send().await.expect_problem(401, "invalid_signature");
}

#[tokio::test]
async fn without_the_platforms_secrets_an_own_account_still_works_and_the_rest_is_off() {
    let app = TestApp::with(&[("TWILIO_AUTH_TOKEN", ""), ("TWILIO_ACCOUNT_SID", "")]).await;
    let hvac = app.subscriber("hvac").await;
    with_own_accounts(&app, &hvac).await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    text.clone()
        .signed_by(TWILIO_TOKEN)
        .send()
        .await
        .expect_problem(503, "provider_not_configured");
    let own = text.field("AccountSid", OWN_SID).signed_by(OWN_TOKEN);
    own.send().await.expect(200);
    app.run_jobs().await;
    assert_eq!(app.twilio.only_text().account, OWN_SID);
}

#[tokio::test]
async fn the_platforms_secret_still_speaks_for_everybody() {
    let scene = Scene::new().await;
    let event = call(&scene.hvac.number, "agent_hvac");
    let post = scene.app.retell_event(&event).signed_by(RETELL_KEY);
    post.send().await.expect(204);
    assert_eq!(scene.app.count_events(&scene.hvac, "call.ended").await, 1);
}
