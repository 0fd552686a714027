//! Whoever says that they are Vapi must prove it; a subscriber's own secret acts for that subscriber alone.
use serde_json::{Value, json};

use super::{CALL, NUMBER_ID, OWN_SECRET, boreale, sample, with, with_own_account};
use crate::support::{PRODUCTION, TestApp, VAPI_SECRET, minutes};

#[tokio::test]
async fn a_message_is_believed_with_the_secret_a_bearer_token_or_a_signature() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let post = app.vapi_message(&sample!("status_update_ringing"));
    let bearer = format!("Bearer {VAPI_SECRET}");
    for proved in [
        post.clone(),
        post.clone().unproved().with_header("authorization", bearer),
        post.clone().signed_by(VAPI_SECRET),
    ] {
        proved.send().await.expect(200);
    }
}

#[tokio::test]
async fn what_is_not_proved_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let before = app.row_counts().await;
    for message in [
        sample!("status_update_ended"),
        sample!("assistant_request"),
        sample!("tool_calls_book_appointment"),
    ] {
        let post = app.vapi_message(&message);
        let stale = post.clone().signed_by(VAPI_SECRET);
        app.advance(minutes(6));
        for forged in [
            post.clone().unproved(),
            post.clone().with_secret("nope"),
            post.clone().with_secret(""),
            post.clone().signed_by("nope"),
            post.clone()
                .signed_by(VAPI_SECRET)
                .with_body("{\"message\": {\"type\": \"hang\"}}"),
            stale,
        ] {
            forged.send().await.expect_problem(401, "invalid_signature");
        }
    }
    assert_eq!(app.row_counts().await, before);
}

#[tokio::test]
async fn production_without_vapi_answers_503() {
    let unset = [("VAPI_API_KEY", ""), ("VAPI_WEBHOOK_SECRET", "")];
    let app = TestApp::with(&[&PRODUCTION[..], &unset].concat()).await;
    let answer = app.vapi_message(&sample!("assistant_request")).send().await;
    answer.expect_problem(503, "provider_not_configured");
}

#[tokio::test]
async fn whoever_forges_too_often_is_told_to_wait() {
    let app = TestApp::with(&[("LIMIT_FORGED_PER_MINUTE", "3")]).await;
    boreale(&app).await;
    let forged = app.vapi_message(&sample!("hang")).with_secret("nope");
    for _ in 0..3 {
        forged.send().await.expect(401);
    }
    forged.send().await.expect(429);
    // Vapi itself is never refused for how much it sends.
    app.vapi_message(&sample!("hang")).send().await.expect(200);
}

#[tokio::test]
async fn what_is_no_json_or_too_large_is_refused() {
    let app = TestApp::start().await;
    let post = app.vapi_message(&json!({}));
    post.clone().with_body("no json").send().await.expect(400);
    let huge = vec![b' '; 10 * 1024 * 1024 + 1];
    post.clone().with_body(huge).send().await.expect(413);
    // Well proved and of no kind: it would come again.
    post.send().await.expect(200);
}

#[tokio::test]
async fn an_own_account_proves_itself_in_the_way_that_it_says() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let scheme = json!({ "webhook_scheme": {
        "mode": "hmac", "algorithm": "sha512", "signatureHeader": "X-Boreale", "signaturePrefix": "v1=",
        "signatureEncoding": "base64", "payloadFormat": "{body}", "includeTimestamp": false,
    }});
    let connection = with_own_account(&app, &boreale, scheme).await;
    let message = sample!("status_update_in_progress");
    let post = app.vapi_message(&message).at_connection(&connection);
    let signature = {
        use base64::{Engine, prelude::BASE64_STANDARD};
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = Hmac::<sha2::Sha512>::new_from_slice(OWN_SECRET.as_bytes()).unwrap();
        mac.update(message.to_string().as_bytes());
        format!("v1={}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    };
    let signed = post.clone().unproved().with_header("x-boreale", signature);
    signed.send().await.expect(200);
    // What Vapi would do by default is not what the account says.
    let usual = post.clone().signed_by(OWN_SECRET).send().await;
    usual.expect_problem(401, "invalid_signature");
    let status = "select status from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&boreale, status).await, "OPEN");
}

#[tokio::test]
async fn a_scheme_that_proves_nothing_cannot_be_saved() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let admin = app.admin(&boreale).await;
    for (provider, scheme) in [
        ("VAPI", json!({ "payloadFormat": "{timestamp}" })),
        ("VAPI", json!({ "made_up": 1 })),
        ("VAPI", json!("hmac")),
        ("RETELL", json!({ "mode": "bearer" })),
    ] {
        let request = json!({ "account_id": "org_1", "webhook_scheme": scheme });
        let path = format!("/api/settings/providers/{provider}");
        admin.put(&path, request).await.expect(422);
    }
}

#[tokio::test]
async fn an_own_secret_acts_for_its_subscriber_and_for_nobody_else() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let spa = app.subscriber("spa").await;
    let connection = with_own_account(&app, &spa, json!({})).await;
    let calls = "select count(*) from interactions where subscriber_id = $1";
    let message = sample!("status_update_in_progress");
    // Boréale's number at SPA's own path: SPA may have written it.
    let forged = app.vapi_message(&message).with_secret(OWN_SECRET);
    forged
        .clone()
        .at_connection(&connection)
        .send()
        .await
        .expect(200);
    // Boréale's number at the path of all, and at Boréale's: SPA's secret is not even tried.
    forged.send().await.expect_problem(401, "invalid_signature");
    let at_boreale = forged.at_connection(boreale.id).send().await;
    at_boreale.expect_problem(401, "invalid_signature");
    for subscriber in [&boreale, &spa] {
        assert_eq!(app.value::<i64>(subscriber, calls).await, 0);
    }
    assert_eq!(
        app.kept().await,
        [("status-update".to_owned(), "UNROUTED".to_owned())]
    );
    // Its own number is its own.
    let own = with(message, "/message/phoneNumber/number", spa.number.as_str());
    let own = with(own, "/message/call/id", "another-call");
    let own = app.vapi_message(&own).with_secret(OWN_SECRET);
    own.at_connection(&connection).send().await.expect(200);
    assert_eq!(app.value::<i64>(&spa, calls).await, 1);
}

#[tokio::test]
async fn a_connection_says_whose_a_call_is_that_names_nobody() {
    let app = TestApp::start().await;
    let spa = app.subscriber("spa").await;
    let unnamed = super::without(sample!("status_update_in_progress"), "/message/phoneNumber");
    for path in [
        spa.id.to_string(),
        with_own_account(&app, &spa, json!({})).await,
    ] {
        let message = with(unnamed.clone(), "/message/call/id", path.as_str());
        app.vapi_message(&message)
            .at_connection(&path)
            .send()
            .await
            .expect(200);
    }
    let calls = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&spa, calls).await, 2);
    // One that names nobody is ignored, and the number decides.
    let boreale = boreale(&app).await;
    let message = sample!("status_update_in_progress");
    for path in ["nonsense", CALL] {
        app.vapi_message(&message)
            .at_connection(path)
            .send()
            .await
            .expect(200);
    }
    assert_eq!(app.value::<i64>(&boreale, calls).await, 1);
}

#[tokio::test]
async fn vapis_id_of_a_number_comes_before_the_number() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let spa = app.subscriber("spa").name("The Spa").await;
    app.vapi_number(NUMBER_ID, &spa).await;
    let answer = super::ask(&app, &sample!("assistant_request")).await;
    assert_eq!(answer["assistant"]["name"], "The Spa");
}

#[tokio::test]
async fn no_secret_that_vapi_echoes_is_kept_anywhere() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let echoing = |sample: Value| {
        let sample = with(
            sample,
            "/message/phoneNumber/twilioAuthToken",
            "s3cret-token",
        );
        let sample = with(sample, "/message/phoneNumber/serverUrlSecret", "s3cret-url");
        with(
            sample,
            "/message/assistant",
            json!({
                "server": { "secret": "s3cret-inline", "headers": { "X-Vapi-Secret": "s3cret-header" } },
                "model": { "tools": [{ "server": { "apiKey": "s3cret-key" } }] },
            }),
        )
    };
    for message in [
        echoing(sample!("status_update_in_progress")),
        echoing(sample!("end_of_call_report")),
        echoing(sample!("tool_calls_check_availability")),
        echoing(sample!("hang")),
        echoing(sample!("transfer_update")),
    ] {
        super::tell(&app, &message).await;
    }
    // One that is nobody's, and one that fails here.
    let strange = with(
        echoing(sample!("hang")),
        "/message/phoneNumber/number",
        "+14319990000",
    );
    super::tell(&app, &strange).await;
    let mut conn = app.database.superuser().await;
    let kept =
        "select coalesce(string_agg(convert_from(raw_body, 'UTF8'), ''), '') from inbound_events";
    let kept: String = sqlx::query_scalar(kept).fetch_one(&mut conn).await.unwrap();
    assert!(kept.contains("customer-ended-call"), "{kept}");
    assert!(!kept.contains("s3cret"), "{kept}");
    assert!(!kept.contains("phone-call.example.test/control"), "{kept}");
    for table in [
        "interactions",
        "interaction_messages",
        "tool_calls",
        "black_box_events",
        "jobs",
        "events",
    ] {
        let statement = format!("select coalesce(string_agg(t::text, ''), '') from {table} t");
        let statement = sqlx::AssertSqlSafe(statement);
        let rows: String = sqlx::query_scalar(statement)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        assert!(!rows.contains("s3cret"), "{table}");
    }
    let calls = "select count(*) from interactions where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&boreale, calls).await, 1);
}
