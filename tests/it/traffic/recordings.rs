//! The sound of a call: who may hear it, and who learns where it lies.
use axum::http::Method;
use serde_json::json;
use uuid::Uuid;

use super::details::called;
use crate::{
    fakes::FakeTwilio,
    support::{Answer, Client, Subscriber, TestApp, minutes, seconds},
};

/// A call of which the provider kept the sound.
async fn recorded(app: &TestApp) -> (Subscriber, String) {
    let boreale = called(app).await;
    lies_at(
        app,
        &boreale,
        &format!("{}/recordings/1.wav", app.retell.base_url),
    )
    .await;
    let id: Uuid = app
        .value(
            &boreale,
            "select id from recordings where subscriber_id = $1 and kind = 'MIXED'",
        )
        .await;
    (boreale, format!("/api/call-recordings/{id}"))
}

async fn lies_at(app: &TestApp, subscriber: &Subscriber, url: &str) {
    let mut conn = app.database.superuser().await;
    sqlx::query(
        "update recordings set provider_url = $2 where subscriber_id = $1 and kind = 'MIXED'",
    )
    .bind(subscriber.id)
    .bind(url)
    .execute(&mut conn)
    .await
    .unwrap();
}

async fn range(app: &TestApp, client: &Client<'_>, path: &str, range: &str) -> Answer {
    let mut request = client.prepare(Method::GET, path, None);
    request
        .headers_mut()
        .insert("range", range.parse().unwrap());
    app.send(request).await
}

/// A link that somebody of the business made.
async fn link(client: &Client<'_>, recording: &str) -> String {
    let link = client.post(&format!("{recording}/link"), json!({})).await;
    link.expect(201).json()["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn recordings_are_listed_without_where_they_lie() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let page = staff.get("/api/call-recordings").await.expect(200);
    let one = staff.get(&path).await.expect(200);
    let link = staff
        .post(&format!("{path}/link"), json!({}))
        .await
        .expect(201);
    for answer in [&page, &one, &link] {
        assert!(!answer.body.contains("http"), "{}", answer.body);
        assert!(!answer.body.contains(".wav"), "{}", answer.body);
    }
    let (page, one) = (page.json(), one.json());
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    assert!(page["data"].as_array().unwrap().contains(&one));
    assert_eq!(one["url"], format!("{path}/audio"));
    assert_eq!(
        (&one["kind"], &one["duration_seconds"]),
        (&json!("MIXED"), &json!(94))
    );
    let first = staff
        .get("/call-recordings?limit=1")
        .await
        .expect(200)
        .json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = staff
        .get(&format!("/call-recordings?limit=1&cursor={cursor}"))
        .await;
    let second = second.expect(200).json();
    assert!(second["next_cursor"].is_null());
    assert_ne!(first["data"][0]["id"], second["data"][0]["id"]);
}

#[tokio::test]
async fn staff_hears_the_sound_whole_or_a_range_of_it() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let audio = format!("{path}/audio");
    let whole = staff.get(&audio).await.expect(200);
    assert_eq!(whole.body, "sound of a call");
    assert_eq!(whole.header("content-type"), "audio/wav");
    assert_eq!(whole.header("cache-control"), "private, no-store");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    let part = range(&app, &staff, &audio, "bytes=0-4").await.expect(206);
    assert_eq!(part.body, "sound");
    assert_eq!(part.header("content-range"), "bytes 0-4/15");
    let heard = app.retell.recordings_asked_for();
    assert_eq!(heard.len(), 2);
    // Whose key opens the API opens nothing here, and the listener's token is none of the provider's business.
    assert!(heard.iter().all(|asked| asked.authorization.is_none()));
    assert_eq!(heard[1].range.as_deref(), Some("bytes=0-4"));
}

#[tokio::test]
async fn a_link_needs_no_header_for_five_minutes() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let url = link(&staff, &path).await;
    assert!(url.starts_with(&format!("{path}/audio?token=")), "{url}");
    let listener = app.stranger();
    assert_eq!(listener.get(&url).await.expect(200).body, "sound of a call");
    assert_eq!(
        range(&app, &listener, &url, "bytes=-4")
            .await
            .expect(206)
            .body,
        "call"
    );
    app.advance(minutes(5) - seconds(1));
    listener.get(&url).await.expect(200);
    app.advance(seconds(10));
    listener
        .get(&url)
        .await
        .expect_problem(401, "unauthenticated");
    let audited: i64 = app
        .value(
            &boreale,
            "select count(*) from audit_log where subscriber_id = $1 and action = 'recording.linked'",
        )
        .await;
    assert_eq!(audited, 1);
}

#[tokio::test]
async fn a_link_opens_one_recording_and_nothing_else() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let url = link(&staff, &path).await;
    let (_, token) = url.split_once("token=").unwrap();
    let listener = app.stranger();
    let other: Uuid = app
        .value(
            &boreale,
            "select id from recordings where subscriber_id = $1 and kind = 'MULTI_CHANNEL'",
        )
        .await;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = head.split_once('.').unwrap();
    let access = staff.prepare(Method::GET, "/", None);
    let access = access.headers()["authorization"].to_str().unwrap();
    let access = access.strip_prefix("Bearer ").unwrap();
    for forged in [
        format!("/api/call-recordings/{other}/audio?token={token}"),
        format!("{path}/audio?token={head}.e30.{signature}"),
        format!("{path}/audio?token={token}x"),
        format!("{path}/audio?token=x"),
        format!("{path}/audio?token={access}"),
        format!("{path}/audio"),
    ] {
        listener
            .get(&forged)
            .await
            .expect_problem(401, "unauthenticated");
    }
    // A wrong link is wrong, whoever holds it.
    staff
        .get(&format!("{path}/audio?token=x"))
        .await
        .expect_problem(401, "unauthenticated");
    let bearer = app.with_token(token);
    bearer
        .get("/api/call-recordings")
        .await
        .expect_problem(401, "unauthenticated");
    assert_eq!(app.retell.recordings_asked_for().len(), 0);
}

#[tokio::test]
async fn the_sound_of_another_subscriber_is_not_there() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let other = app.subscriber("other").await;
    let stranger = app.owner(&other).await;
    for path in [
        path.clone(),
        format!("{path}/audio"),
        format!("/api/call-recordings/{}", Uuid::now_v7()),
    ] {
        stranger.get(&path).await.expect_problem(404, "not_found");
    }
    let answer = stranger.post(&format!("{path}/link"), json!({})).await;
    answer.expect_problem(404, "not_found");
    let shown = stranger
        .get("/api/call-recordings")
        .await
        .expect(200)
        .json();
    assert_eq!(shown["data"], json!([]));
    for path in [
        "/api/call-recordings".to_owned(),
        path.clone(),
        format!("{path}/audio"),
    ] {
        app.stranger()
            .get(&path)
            .await
            .expect_problem(401, "unauthenticated");
        let key = app.api_key(&boreale, &["events:write"]).await;
        key.get(&path).await.expect_problem(403, "forbidden");
    }
    let reads = app.api_key(&boreale, &["read"]).await;
    reads.get(&format!("{path}/audio")).await.expect(200);
    let answer = reads.post(&format!("{path}/link"), json!({})).await;
    answer.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn only_where_recordings_are_kept_is_asked() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let elsewhere = app.twilio.base_url.replace("127.0.0.1", "localhost");
    for url in [
        "https://recordings.example.test/1.wav".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        format!("{elsewhere}/1.wav"),
        "nonsense".to_owned(),
    ] {
        lies_at(&app, &boreale, &url).await;
        let answer = staff.get(&format!("{path}/audio")).await;
        answer.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_the_provider_does_not_give_is_a_problem_that_says_nothing_of_it() {
    let app = TestApp::impatient().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let audio = format!("{path}/audio");
    for (name, status, code) in [
        ("404", 404, "not_found"),
        ("403", 404, "not_found"),
        ("500", 503, "unavailable"),
        ("302", 503, "unavailable"),
        ("hang", 503, "unavailable"),
        ("huge", 503, "unavailable"),
    ] {
        let url = format!("{}/recordings/{name}", app.retell.base_url);
        lies_at(&app, &boreale, &url).await;
        let answer = staff.get(&audio).await.expect_problem(status, code);
        assert!(!answer.body.contains("recordings/"), "{}", answer.body);
    }
    // Whatever it calls itself, it is played and never shown as a page.
    let url = format!("{}/recordings/page", app.retell.base_url);
    lies_at(&app, &boreale, &url).await;
    let answer = staff.get(&audio).await.expect(200);
    assert_eq!(answer.header("content-type"), "audio/wav");
}

#[tokio::test]
async fn credentials_go_to_their_own_provider_alone() {
    let app = TestApp::start().await;
    let (boreale, path) = recorded(&app).await;
    let staff = app.staff(&boreale).await;
    let account = format!(
        "{}/2010-04-01/Accounts/{}",
        app.twilio.base_url,
        FakeTwilio::ACCOUNT
    );
    lies_at(
        &app,
        &boreale,
        &format!("{account}/Recordings/RE0123456789abcdef0123456789abcdef.mp3"),
    )
    .await;
    let heard = staff.get(&format!("{path}/audio")).await.expect(200);
    assert_eq!(heard.body, "sound at twilio");
    assert_eq!(heard.header("content-type"), "audio/mpeg");
    // Retell was asked for nothing, and would have got nothing: see the test of staff.
    assert_eq!(app.retell.recordings_asked_for().len(), 0);
}
