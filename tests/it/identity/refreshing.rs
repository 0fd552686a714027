//! Refresh tokens: each works once.
use axum::http::Method;
use chrono::Duration;
use serde_json::{Value, json};

use super::{EMAIL, PASSWORD, audited, login, mails, register, text};
use crate::support::{Answer, TestApp};

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.stranger()
        .post("/api/auth/refresh", json!({"refresh_token": token}))
        .await
}

fn refresh_token(session: &Value) -> &str {
    text(session, "refresh_token")
}

#[tokio::test]
async fn a_refresh_token_is_used_up_and_replaced() {
    let app = TestApp::start().await;
    let first = register(&app).await;
    app.advance(Duration::hours(1));
    let second = refresh(&app, refresh_token(&first))
        .await
        .expect(200)
        .json();
    assert_ne!(refresh_token(&first), refresh_token(&second));
    app.with_token(text(&second, "access_token"))
        .get("/api/me")
        .await
        .expect(200);
    refresh(&app, refresh_token(&second)).await.expect(200);
    refresh(&app, "rr_refresh_made_up")
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_older_token_again_ends_the_session_and_its_person_hears_of_it() {
    let app = TestApp::start().await;
    let first = register(&app).await;
    let second = refresh(&app, refresh_token(&first))
        .await
        .expect(200)
        .json();
    app.advance(Duration::seconds(11));
    refresh(&app, refresh_token(&first))
        .await
        .expect_problem(401, "refresh_reused");
    refresh(&app, refresh_token(&second)).await.expect(401);
    let thief = app.with_token(text(&second, "access_token"));
    thief
        .get("/api/me")
        .await
        .expect_problem(401, "unauthenticated");
    assert!(
        audited(&app)
            .await
            .contains(&"session.reuse_detected".to_owned())
    );
    app.run_jobs().await;
    assert_eq!(mails(&app).await.len(), 1);
    // A third time there is nothing more to end or to tell.
    refresh(&app, refresh_token(&first))
        .await
        .expect_problem(401, "refresh_reused");
    app.run_jobs().await;
    assert_eq!(mails(&app).await.len(), 1);
}

#[tokio::test]
async fn two_tabs_with_one_token_go_on_and_only_one_gets_the_next() {
    let app = TestApp::start().await;
    let first = register(&app).await;
    let body = json!({"refresh_token": refresh_token(&first)});
    let requests = (0..6).map(|_| {
        app.stranger()
            .prepare(Method::POST, "/api/auth/refresh", Some(body.clone()))
    });
    let answers = app.send_at_once(requests.collect()).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
    let sessions: Vec<Value> = answers.iter().map(Answer::json).collect();
    let next: Vec<_> = sessions
        .iter()
        .filter(|session| !session["refresh_token"].is_null())
        .collect();
    assert_eq!(next.len(), 1);
    refresh(&app, refresh_token(next[0])).await.expect(200);
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_in_any_case_after_ninety_days() {
    let app = TestApp::start().await;
    let mut session = register(&app).await;
    let idle = login(&app, PASSWORD).await.expect(200).json();
    for _ in 0..6 {
        app.advance(Duration::days(13));
        session = refresh(&app, refresh_token(&session))
            .await
            .expect(200)
            .json();
    }
    refresh(&app, refresh_token(&idle))
        .await
        .expect_problem(401, "unauthenticated");
    app.advance(Duration::days(13));
    refresh(&app, refresh_token(&session))
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_cookie_holds_the_token_for_pages_of_the_same_site() {
    let app = TestApp::start().await;
    register(&app).await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "cookie": true});
    let answer = app
        .stranger()
        .post("/api/auth/login", body)
        .await
        .expect(200);
    assert!(answer.json()["refresh_token"].is_null());
    let cookie = answer.header("set-cookie").to_owned();
    for part in [
        "__Host-refresh=",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let mut request = app
        .stranger()
        .prepare(Method::POST, "/api/auth/refresh", None);
    request
        .headers_mut()
        .insert("cookie", pair.parse().unwrap());
    let refreshed = app.send(request).await.expect(200);
    assert_ne!(refreshed.header("set-cookie").split(';').next(), Some(pair));
    // A cookie opens nothing by itself.
    let mut request = app.stranger().prepare(Method::GET, "/api/me", None);
    request
        .headers_mut()
        .insert("cookie", pair.parse().unwrap());
    app.send(request)
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let app = TestApp::start().await;
    let here = register(&app).await;
    let there = login(&app, PASSWORD).await.expect(200).json();
    let third = login(&app, PASSWORD).await.expect(200).json();
    let client = app.with_token(text(&here, "access_token"));
    let list = client.get("/api/sessions").await.expect(200).json();
    let rows = list["data"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    let current: Vec<_> = rows
        .iter()
        .filter(|row| row["is_current"] == true)
        .collect();
    assert_eq!(current.len(), 1);
    // The newest first: the third sign-in.
    let newest = rows[0]["id"].as_str().unwrap();
    client
        .delete(&format!("/api/sessions/{newest}"))
        .await
        .expect(204);
    client
        .delete(&format!("/api/sessions/{newest}"))
        .await
        .expect_problem(404, "not_found");
    app.with_token(text(&third, "access_token"))
        .get("/api/me")
        .await
        .expect(401);
    app.with_token(text(&there, "access_token"))
        .get("/api/me")
        .await
        .expect(200);
    client.delete("/api/sessions").await.expect(204);
    app.with_token(text(&there, "access_token"))
        .get("/api/me")
        .await
        .expect(401);
    client.get("/api/me").await.expect(200);
    client.post("/api/auth/logout", json!({})).await.expect(204);
    client.get("/api/me").await.expect(401);
    refresh(&app, refresh_token(&here)).await.expect(401);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (owner, staff) = (app.owner(&shop).await, app.staff(&shop).await);
    owner
        .delete(&format!("/api/sessions/{}", staff.session))
        .await
        .expect_problem(404, "not_found");
    staff.get("/api/me").await.expect(200);
}
