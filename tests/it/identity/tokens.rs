//! Which tokens open the door.
use chrono::Duration;
use rocket_reception::identity::tokens::{self, Subject};

use crate::support::TestApp;

#[tokio::test]
async fn somebody_who_is_signed_in_sees_who_she_is() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let me = owner.get("/api/me").await.expect(200).json();
    assert_eq!(me["user"]["id"], owner.user.to_string());
    assert_eq!(me["subscriber"]["slug"], "hvac");
    assert_eq!(me["role"], "OWNER");
    assert_eq!(me["memberships"][0]["role"], "OWNER");
    assert!(me["impersonator"].is_null());
    let operator = app.operator().await.get("/me").await.expect(200).json();
    assert_eq!(operator["role"], "OPERATOR");
    assert!(operator["subscriber"].is_null());
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_or_with_one_that_is_not_ours() {
    let app = TestApp::start().await;
    app.stranger()
        .get("/api/me")
        .await
        .expect_problem(401, "unauthenticated");
    for token in ["", "x", "a.b.c", "rr_live_x"] {
        let client = app.with_token(token);
        client
            .get("/api/me")
            .await
            .expect_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let owner = app.owner(&shop).await;
    let subject = Subject {
        user: owner.user,
        session: owner.session,
        subscriber: Some(shop.id),
        role: "OWNER",
        impersonator: None,
    };
    let token = tokens::issue(&app.state, &subject, tokens::LIFETIME, app.clock.now());
    let client = app.with_token(&token);
    client.get("/api/me").await.expect(200);
    app.advance(tokens::LIFETIME + Duration::seconds(6));
    client
        .get("/api/me")
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_is_no_person() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let key = app.api_key(&shop, &["read", "write", "admin"]).await;
    key.get("/api/me").await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn the_public_keys_are_there_for_everybody_to_see() {
    let app = TestApp::start().await;
    let keys = app
        .stranger()
        .get("/api/.well-known/jwks.json")
        .await
        .expect(200)
        .json();
    assert_eq!(keys["keys"][0]["kty"], "OKP");
    assert!(keys["keys"][0].get("d").is_none());
}
