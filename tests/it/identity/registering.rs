//! A person and a business that begin.
use serde_json::{Value, json};

use super::{EMAIL, PASSWORD, audited, login, register, registration, text};
use crate::support::TestApp;

#[tokio::test]
async fn whoever_registers_has_a_business_with_its_channels_and_is_signed_in() {
    let app = TestApp::start().await;
    let session = register(&app).await;
    assert_eq!(session["success"], true);
    assert_eq!(session["token"], session["access_token"]);
    assert_eq!(session["role"], "OWNER");
    assert_eq!(session["subscriber"]["slug"], "plomberie-boreale");
    assert_eq!(session["expires_in"], 600);
    let me = app
        .with_token(text(&session, "access_token"))
        .get("/api/me")
        .await;
    assert_eq!(me.expect(200).json()["user"]["email"], EMAIL);
    let mut conn = app.database.superuser().await;
    let channels: Vec<(String, bool)> =
        sqlx::query_as("select channel, is_enabled from subscriber_channels order by channel")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    let channels: Vec<_> = channels
        .iter()
        .map(|(name, is_on)| (name.as_str(), *is_on))
        .collect();
    assert_eq!(
        channels,
        [
            ("CHAT", true),
            ("EMAIL", false),
            ("SMS", false),
            ("VOICE", true)
        ]
    );
    let (zone, email): (String, String) =
        sqlx::query_as("select timezone, owner_email from subscriber_profiles")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!((zone.as_str(), email.as_str()), ("America/Toronto", EMAIL));
    let (purpose, version): (String, String) =
        sqlx::query_as("select purpose, text_version from consent_logs")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!((purpose.as_str(), version.as_str()), ("TERMS", "2026-11"));
    assert_eq!(audited(&app).await, ["subscriber.registered"]);
}

#[tokio::test]
async fn what_only_later_steps_use_is_kept() {
    let app = TestApp::start().await;
    let mut body = registration();
    body["area_code"] = json!(604);
    body["language"] = json!("fr-CA");
    body["business_phone"] = json!("(604) 555-0100");
    body["services"] = json!([{"name": "Débouchage"}]);
    body["business_hours"] = json!({"mon": "9-17"});
    body["referral_code"] = json!("FRIEND");
    body["something_of_an_older_client"] = json!(1);
    app.stranger()
        .post("/auth/register", body)
        .await
        .expect(201);
    let mut conn = app.database.superuser().await;
    let profile: (String, String, String, String) = sqlx::query_as(
        "select timezone, language, area_code, business_phone from subscriber_profiles",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let expected = ["America/Vancouver", "fr", "604", "+16045550100"].map(str::to_owned);
    assert_eq!(<[String; 4]>::from(profile), expected);
    let kept: (Value, Value, String) =
        sqlx::query_as("select services, business_hours, referral_code from registrations")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!(
        kept,
        (
            json!([{"name": "Débouchage"}]),
            json!({"mon": "9-17"}),
            "FRIEND".to_owned()
        )
    );
}

#[tokio::test]
async fn an_address_registers_once_and_two_businesses_may_have_one_name() {
    let app = TestApp::start().await;
    register(&app).await;
    let again = app
        .stranger()
        .post("/api/auth/register", registration())
        .await;
    again.expect_problem(409, "email_taken");
    let mut other = registration();
    other["email"] = json!("other@plomberie.example");
    let session = app
        .stranger()
        .post("/api/auth/register", other)
        .await
        .expect(201)
        .json();
    let slug = session["subscriber"]["slug"].as_str().unwrap();
    assert!(slug.starts_with("plomberie-boreale-"), "{slug}");
}

#[tokio::test]
async fn of_many_registrations_with_one_address_at_once_one_makes_a_business() {
    let app = TestApp::with(&[("LIMIT_REGISTRATIONS_PER_HOUR", "100")]).await;
    let requests = (0..6).map(|_| {
        app.stranger().prepare(
            axum::http::Method::POST,
            "/api/auth/register",
            Some(registration()),
        )
    });
    let answers = app.send_at_once(requests.collect()).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let taken = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, taken), (1, 5));
    let mut conn = app.database.superuser().await;
    let businesses: i64 = sqlx::query_scalar("select count(*) from subscribers")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(businesses, 1);
    login(&app, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_and_makes_nothing() {
    let app = TestApp::with(&[("LIMIT_REGISTRATIONS_PER_HOUR", "100")]).await;
    let cases = [
        ("terms_accepted", json!(false), "consent_required", ""),
        ("business_name", json!("  "), "business_name_required", ""),
        ("email", json!("nobody"), "invalid_request", "email"),
        ("password", json!("short"), "invalid_request", "password"),
        (
            "password",
            json!("password1"),
            "invalid_request",
            "password",
        ),
        (
            "password",
            json!("PlomberieBoréale1"),
            "invalid_request",
            "password",
        ),
        ("area_code", json!("12"), "invalid_request", "area_code"),
        (
            "timezone",
            json!("Mars/Olympus"),
            "invalid_request",
            "timezone",
        ),
        ("language", json!("de"), "invalid_request", "language"),
        (
            "business_phone",
            json!("12"),
            "invalid_request",
            "business_phone",
        ),
    ];
    for (member, value, code, field) in cases {
        let mut body = registration();
        body[member] = value;
        let answer = app.stranger().post("/api/auth/register", body).await;
        let problem = answer.expect_problem(422, code).json();
        if !field.is_empty() {
            assert_eq!(problem["errors"][0]["field"], field);
        }
    }
    let mut conn = app.database.superuser().await;
    let people: i64 = sqlx::query_scalar("select count(*) from users")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(people, 0);
}

#[tokio::test]
async fn ten_register_in_an_hour_from_one_address() {
    let app = TestApp::with(&[("LIMIT_REGISTRATIONS_PER_HOUR", "2")]).await;
    for number in 0..3 {
        let mut body = registration();
        body["email"] = json!(format!("{number}@plomberie.example"));
        let answer = app.stranger().post("/api/auth/register", body).await;
        if number < 2 {
            answer.expect(201);
        } else {
            let refused = answer.expect_problem(429, "rate_limited");
            assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 1800);
        }
    }
}
