//! Changing and resetting a password.
use chrono::Duration;
use serde_json::json;

use super::{EMAIL, PASSWORD, login, mails, register, text};
use crate::support::TestApp;

const NEW: &str = "another sentence of five words";

fn token_of(mail: &str) -> String {
    let token = mail.split("token=").nth(1).unwrap();
    token.split_whitespace().next().unwrap().to_owned()
}

async fn ask_for_link(app: &TestApp) {
    let asked = app
        .stranger()
        .post("/api/auth/password/forgot", json!({"email": EMAIL}))
        .await;
    asked.expect(202);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let here = register(&app).await;
    let there = login(&app, PASSWORD).await.expect(200).json();
    let client = app.with_token(text(&here, "access_token"));
    let wrong = json!({"current_password": "x", "new_password": NEW});
    client
        .post("/api/auth/password/change", wrong)
        .await
        .expect_problem(401, "invalid_credentials");
    let weak = json!({"current_password": PASSWORD, "new_password": "12345678"});
    client
        .post("/api/auth/password/change", weak)
        .await
        .expect_problem(422, "invalid_request");
    let right = json!({"current_password": PASSWORD, "new_password": NEW});
    client
        .post("/api/auth/password/change", right)
        .await
        .expect(204);
    client.get("/api/me").await.expect(200);
    app.with_token(text(&there, "access_token"))
        .get("/api/me")
        .await
        .expect(401);
    login(&app, PASSWORD).await.expect(401);
    login(&app, NEW).await.expect(200);
}

#[tokio::test]
async fn guessing_the_present_password_is_guessing_at_the_door() {
    let app = TestApp::start().await;
    let here = register(&app).await;
    let client = app.with_token(text(&here, "access_token"));
    let wrong = json!({"current_password": "x", "new_password": NEW});
    for _ in 0..5 {
        client
            .post("/api/auth/password/change", wrong.clone())
            .await
            .expect(401);
    }
    client
        .post("/api/auth/password/change", wrong)
        .await
        .expect_problem(429, "too_many_attempts");
    login(&app, PASSWORD)
        .await
        .expect_problem(429, "too_many_attempts");
}

#[tokio::test]
async fn a_link_works_once_within_an_hour_and_ends_every_session() {
    let app = TestApp::start().await;
    let session = register(&app).await;
    ask_for_link(&app).await;
    let mail = mails(&app).await.pop().unwrap();
    assert_eq!(mail.to, EMAIL);
    let token = token_of(&mail.text);
    let weak = json!({"token": token, "new_password": "short"});
    app.stranger()
        .post("/api/auth/password/reset", weak)
        .await
        .expect_problem(422, "invalid_request");
    let reset = json!({"token": token, "new_password": NEW});
    app.stranger()
        .post("/api/auth/password/reset", reset.clone())
        .await
        .expect(204);
    app.stranger()
        .post("/api/auth/password/reset", reset)
        .await
        .expect_problem(422, "invalid_request");
    app.with_token(text(&session, "access_token"))
        .get("/api/me")
        .await
        .expect(401);
    login(&app, NEW).await.expect(200);
    ask_for_link(&app).await;
    let late = token_of(&mails(&app).await.pop().unwrap().text);
    app.advance(Duration::minutes(61));
    let reset = json!({"token": late, "new_password": PASSWORD});
    app.stranger()
        .post("/api/auth/password/reset", reset)
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn only_the_newest_link_works_and_a_mailbox_gets_three_an_hour() {
    let app = TestApp::start().await;
    register(&app).await;
    for _ in 0..5 {
        ask_for_link(&app).await;
    }
    let mails = mails(&app).await;
    assert_eq!(mails.len(), 3);
    let older = json!({"token": token_of(&mails[1].text), "new_password": NEW});
    app.stranger()
        .post("/api/auth/password/reset", older)
        .await
        .expect(422);
    let newest = json!({"token": token_of(&mails[2].text), "new_password": NEW});
    app.stranger()
        .post("/api/auth/password/reset", newest)
        .await
        .expect(204);
}

#[tokio::test]
async fn nobody_learns_by_asking_for_a_link_whether_there_is_an_account() {
    let app = TestApp::start().await;
    register(&app).await;
    let ask = async |email: &str| {
        let answer = app
            .stranger()
            .post("/api/auth/password/forgot", json!({"email": email}))
            .await;
        let mut names: Vec<String> = answer.headers.keys().map(|name| name.to_string()).collect();
        names.sort();
        (answer.status, answer.body, names)
    };
    assert_eq!(ask(EMAIL).await, ask("nobody@plomberie.example").await);
    app.run_jobs().await;
    assert_eq!(mails(&app).await.len(), 1);
}

#[tokio::test]
async fn the_secret_of_a_link_stands_nowhere_but_in_the_mail() {
    let app = TestApp::start().await;
    register(&app).await;
    ask_for_link(&app).await;
    let token = token_of(&mails(&app).await.pop().unwrap().text);
    let mut conn = app.database.superuser().await;
    for statement in [
        "select coalesce(string_agg(t::text, ' '), '') from outgoing_mails t",
        "select coalesce(string_agg(t::text, ' '), '') from reset_tokens t",
        "select coalesce(string_agg(t::text, ' '), '') from jobs t",
    ] {
        let all: String = sqlx::query_scalar(statement)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        assert!(!all.contains(&token), "{statement}");
        assert!(!all.contains(PASSWORD), "{statement}");
    }
}
