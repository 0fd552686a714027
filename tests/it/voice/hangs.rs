//! The database hangs while nobody knows yet whose secret signed: whoever waits on the line hears words all the same.
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::Connection;

use super::{boreale, parse, sample, with};
use crate::support::{Answer, TestApp};

const OWN_KEY: &str = "own-retell-key-of-the-subscriber";
const OWN_SECRET: &str = "own-vapi-secret-of-the-subscriber";

/// A statement may take fifteen seconds, and a caller not.
const SOON: Duration = Duration::from_secs(5);

async fn in_time(asked: impl Future<Output = Answer>) -> Value {
    let begun = Instant::now();
    let answer = asked.await.expect(200).json();
    assert!(begun.elapsed() < SOON, "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_own_secret_signed_is_answered_in_time() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let admin = app.admin(&boreale).await;
    for (provider, account) in [
        ("RETELL", json!({ "account_id": "w", "api_key": OWN_KEY })),
        (
            "VAPI",
            json!({ "account_id": "o", "api_key": "own-key-of-theirs-at-vapi", "webhook_secret": OWN_SECRET }),
        ),
    ] {
        let path = format!("/api/settings/providers/{provider}");
        admin.put(&path, account).await.expect(200);
    }
    let mut conn = app.database.superuser().await;
    let mut lock = conn.begin().await.unwrap();
    let statement = "lock table provider_accounts in access exclusive mode";
    sqlx::query(statement).execute(&mut *lock).await.unwrap();

    let inbound = |question: Value| {
        let post = app.retell_inbound(&question).signed_by(OWN_KEY);
        async move { in_time(post.send()).await }
    };
    assert_eq!(
        inbound(sample!("call_inbound")).await,
        json!({ "call_inbound": {} })
    );
    assert_eq!(
        inbound(sample!("chat_inbound_sms")).await,
        json!({ "chat_inbound": {} })
    );
    let tool = sample!("function_book_appointment");
    let path = format!("/api/webhooks/retell/tools/{}/opt_out", boreale.id).leak();
    for post in [
        app.retell_event(&tool),
        app.retell_event(&json!({ "topic": "hours" }))
            .posted_to(path),
    ] {
        let answer = in_time(post.signed_by(OWN_KEY).send()).await;
        assert_eq!(answer["result"], "unavailable", "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("message"));
    }

    let message = |message: &str| app.vapi_message(&parse(message)).with_secret(OWN_SECRET);
    for awaited in [
        include_str!("../../data/vapi/assistant_request.json"),
        include_str!("../../data/vapi/transfer_destination_request.json"),
    ] {
        let answer = in_time(message(awaited).send()).await;
        assert!(answer["error"].is_string(), "{answer}");
    }
    let two = include_str!("../../data/vapi/tool_calls_two.json");
    let answer = in_time(message(two).send()).await;
    let wanted = &parse(two)["message"]["toolCallList"];
    for place in 0..2 {
        let result = &answer["results"][place];
        assert_eq!(result["toolCallId"], wanted[place]["id"], "{answer}");
        assert!(result["result"].as_str().unwrap().contains("unavailable"));
    }

    // News are asked for again.
    let post = app.retell_event(&sample!("call_ended")).signed_by(OWN_KEY);
    post.send().await.expect_problem(503, "unavailable");
    let news = include_str!("../../data/vapi/status_update_ended.json");
    message(news)
        .send()
        .await
        .expect_problem(503, "unavailable");
    // And a stranger hears no more than before.
    let odd = with(sample!("call_ended"), "/call", json!({}));
    let post = app.retell_event(&odd).signed_by("nobody's");
    post.send().await.expect_problem(401, "invalid_signature");
}
