//! Signing in, and who is kept out.
use chrono::Duration;
use serde_json::json;

use super::{EMAIL, PASSWORD, audited, login, login_from, mails, register, text};
use crate::support::TestApp;

#[tokio::test]
async fn the_right_password_signs_in_and_is_in_the_log() {
    let app = TestApp::start().await;
    register(&app).await;
    let session = login(&app, PASSWORD).await.expect(200).json();
    assert_eq!(session["user"]["email"], EMAIL);
    let me = app
        .with_token(text(&session, "access_token"))
        .get("/api/me")
        .await;
    me.expect(200);
    assert_eq!(
        audited(&app).await,
        ["subscriber.registered", "session.started"]
    );
    let shouted = json!({"email": " MARIE@plomberie.EXAMPLE ", "password": PASSWORD});
    app.stranger()
        .post("/api/auth/login", shouted)
        .await
        .expect(200);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let app = TestApp::start().await;
    register(&app).await;
    let wrong = login(&app, "not the password")
        .await
        .expect_problem(401, "invalid_credentials");
    let body = json!({"email": "nobody@plomberie.example", "password": "not the password"});
    let unknown = app.stranger().post("/api/auth/login", body).await;
    let unknown = unknown.expect_problem(401, "invalid_credentials");
    let without_id = |answer: &crate::support::Answer| {
        let mut problem = answer.json();
        problem["request_id"].take();
        problem
    };
    assert_eq!(without_id(&wrong), without_id(&unknown));
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits_and_each_lock_is_longer() {
    let app = TestApp::start().await;
    register(&app).await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        for _ in 0..5 {
            login(&app, "not the password")
                .await
                .expect_problem(401, "invalid_credentials");
        }
        let locked = login(&app, PASSWORD)
            .await
            .expect_problem(429, "too_many_attempts");
        let wait: i64 = locked.header("retry-after").parse().unwrap();
        waits.push(wait / 60);
        app.advance(Duration::seconds(wait - 1));
        login(&app, PASSWORD)
            .await
            .expect_problem(429, "too_many_attempts");
        app.advance(Duration::seconds(2));
    }
    assert_eq!(waits, [15, 30, 60, 60]);
    login(&app, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_success_clears_the_count_and_an_unknown_address_is_locked_as_well() {
    let app = TestApp::start().await;
    register(&app).await;
    for _ in 0..3 {
        for _ in 0..4 {
            login(&app, "not the password").await.expect(401);
        }
        login(&app, PASSWORD).await.expect(200);
    }
    let nobody = json!({"email": "nobody@plomberie.example", "password": "x"});
    for _ in 0..5 {
        app.stranger()
            .post("/api/auth/login", nobody.clone())
            .await
            .expect(401);
    }
    let locked = app.stranger().post("/api/auth/login", nobody).await;
    locked.expect_problem(429, "too_many_attempts");
}

#[tokio::test]
async fn twenty_failures_from_one_address_shut_it_out_and_no_other() {
    let app = TestApp::with(&[("TRUSTED_PROXY_HOPS", "1")]).await;
    register(&app).await;
    for number in 0..20 {
        let email = format!("{number}@plomberie.example");
        login_from(&app, "203.0.113.7", &email, "guess")
            .await
            .expect(401);
    }
    let locked = login_from(&app, "203.0.113.7", EMAIL, PASSWORD).await;
    locked.expect_problem(429, "too_many_attempts");
    login_from(&app, "203.0.113.8", EMAIL, PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn many_guesses_at_once_are_answered_no_more_than_five_times() {
    let app = TestApp::start().await;
    register(&app).await;
    let guess = json!({"email": EMAIL, "password": "not the password"});
    let requests = (0..16).map(|_| {
        app.stranger().prepare(
            axum::http::Method::POST,
            "/api/auth/login",
            Some(guess.clone()),
        )
    });
    let answers = app.send_at_once(requests.collect()).await;
    let answered = answers.iter().filter(|answer| answer.status == 401).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((answered, refused), (5, 11));
}

#[tokio::test]
async fn a_mailed_link_ends_a_lock() {
    let app = TestApp::start().await;
    register(&app).await;
    for _ in 0..5 {
        login(&app, "not the password").await.expect(401);
    }
    login(&app, PASSWORD).await.expect(429);
    app.stranger()
        .post("/api/auth/password/forgot", json!({"email": EMAIL}))
        .await
        .expect(202);
    app.run_jobs().await;
    let mail = mails(&app).await.pop().unwrap();
    let token = mail
        .text
        .split("token=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let new = json!({"token": token, "new_password": "another sentence of five words"});
    app.stranger()
        .post("/api/auth/password/reset", new)
        .await
        .expect(204);
    login(&app, "another sentence of five words")
        .await
        .expect(200);
}

#[tokio::test]
async fn somebody_of_several_businesses_chooses_one_and_goes_to_another() {
    let app = TestApp::start().await;
    let session = register(&app).await;
    let other = app.subscriber("hvac").await;
    let mut conn = app.database.superuser().await;
    sqlx::query(
        "insert into memberships (id, subscriber_id, user_id, role, created_at)
                 values (gen_random_uuid(), $1, $2::uuid, 'STAFF', now() + interval '1 year')",
    )
    .bind(other.id)
    .bind(session["user"]["id"].as_str().unwrap())
    .execute(&mut conn)
    .await
    .unwrap();
    let there = json!({"email": EMAIL, "password": PASSWORD, "subscriber": "hvac"});
    let there = app
        .stranger()
        .post("/api/auth/login", there)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (text(&there["subscriber"], "slug"), text(&there, "role")),
        ("hvac", "STAFF")
    );
    let here = login(&app, PASSWORD).await.expect(200).json();
    assert_eq!(text(&here["subscriber"], "slug"), "plomberie-boreale");
    let client = app.with_token(text(&here, "access_token"));
    let switched = client
        .post("/api/auth/switch", json!({"subscriber": other.id}))
        .await
        .expect(200)
        .json();
    assert_eq!(text(&switched["subscriber"], "slug"), "hvac");
    let client = app.with_token(text(&switched, "access_token"));
    assert_eq!(client.get("/api/me").await.json()["role"], "STAFF");
    let stranger = app.subscriber("somebody-elses").await;
    let refused = client
        .post("/api/auth/switch", json!({"subscriber": stranger.id}))
        .await;
    refused.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_membership_that_ended_and_an_account_that_was_disabled_count_at_once() {
    let app = TestApp::start().await;
    let session = register(&app).await;
    let client = app.with_token(text(&session, "access_token"));
    client.get("/api/me").await.expect(200);
    let mut conn = app.database.superuser().await;
    sqlx::query("delete from memberships")
        .execute(&mut conn)
        .await
        .unwrap();
    client
        .get("/api/me")
        .await
        .expect_problem(401, "unauthenticated");
    sqlx::query("update users set disabled_at = now()")
        .execute(&mut conn)
        .await
        .unwrap();
    login(&app, PASSWORD)
        .await
        .expect_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn a_null_character_is_the_callers_mistake_and_no_fault() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let odd = json!({"email": "\u{0}@x.example", "password": "x"});
    app.stranger()
        .post("/api/auth/login", odd)
        .await
        .expect_problem(422, "invalid_request");
    let owner = app.owner(&shop).await;
    let odd = json!({"name": "a\u{0}b", "scopes": ["read"]});
    owner
        .post("/api/api-keys", odd)
        .await
        .expect_problem(422, "invalid_request");
    for path in [
        "/api/interactions?phone=%00",
        "/api/interactions?from=-9999-01-01&to=-9999-01-02",
        "/api/audit-log?action=%00",
    ] {
        owner.get(path).await.expect(422);
    }
}
