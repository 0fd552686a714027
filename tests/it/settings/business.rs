//! `/settings`.
use serde_json::{Value, json};

use super::audited;
use crate::support::{Answer, TestApp};

fn fields_of(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["field"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_member_of_the_settings_is_kept_as_it_was_put() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let wanted = json!({
        "business_name": "Northern Air", "business_phone": "+14315550111", "business_type": "HVAC",
        "industry": "trades", "website_url": "https://northern.example/", "business_description": "Heat\nand cold",
        "owner_name": "Zoë", "owner_phone": "+14315550112", "owner_email": "Zoe@Northern.example",
        "timezone": "America/Vancouver", "language": "FR-ca", "custom_greeting": "Bonjour", "agent_tone": "calm",
        "voice_id": "voice_1", "transfer_number": "+14315550113", "standard_fee": "$149", "emergency_fee": "249.50",
        "schedule_summary": "Weekdays", "business_address": "12 Main Street, Winnipeg", "cal_com_url": "https://cal.com/northern", "appointment_duration": 45,
        "booking_enabled": false, "sms_notifications": false, "recording_mode": "announced"
    });
    admin.put("/api/settings", wanted.clone()).await.expect(200);
    let mut expected = wanted;
    expected["owner_email"] = json!("zoe@northern.example");
    expected["language"] = json!("fr");
    expected["recording_mode"] = json!("ANNOUNCED");
    for path in ["/api/settings", "/settings", "/api/dashboard/settings"] {
        let shown = app.staff(&shop).await.get(path).await.expect(200).json();
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&shown[name], value, "{name} at {path}");
        }
        assert_eq!(shown["slug"], "hvac");
    }
    let name: String = app
        .value(&shop, "select business_name from subscribers where id = $1")
        .await;
    assert_eq!(name, "Northern Air");
}

#[tokio::test]
async fn what_is_left_out_stays_and_null_clears() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let before = admin.get("/api/settings").await.expect(200).json();
    assert_eq!(before["standard_fee"], "$129");
    assert_eq!(before["appointment_duration"], 30);
    let after = admin
        .put(
            "/api/settings",
            json!({"standard_fee": null, "owner_name": " "}),
        )
        .await
        .expect(200)
        .json();
    let mut expected = before;
    expected["standard_fee"] = Value::Null;
    assert_eq!(after, expected);
    assert_eq!(
        audited(&app, &shop).await,
        [(
            "settings.updated".to_owned(),
            r#"["standard_fee"]"#.to_owned()
        )]
    );
}

#[tokio::test]
async fn what_changes_nothing_is_not_audited() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    admin
        .put("/api/settings", json!({"standard_fee": "$129"}))
        .await
        .expect(200);
    admin.put("/api/settings", json!({})).await.expect(200);
    assert_eq!(audited(&app, &shop).await, []);
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once_and_nothing_is_written() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let before = admin.get("/api/settings").await.json();
    let wrong = json!({
        "business_name": "", "business_phone": "431-555-0100", "website_url": "http://plain.example",
        "business_description": "x".repeat(4001), "owner_email": "nobody", "timezone": "Mars/Olympus",
        "language": "de", "custom_greeting": "a\u{0}b", "agent_tone": null, "transfer_number": "911",
        "standard_fee": "-5", "cal_com_url": "https://user:secret@cal.com/x", "appointment_duration": 0,
        "booking_enabled": null, "owner_name": "Zoë"
    });
    let answer = admin
        .put("/api/settings", wrong)
        .await
        .expect_problem(422, "invalid_request");
    assert_eq!(
        fields_of(&answer),
        [
            "business_name",
            "business_phone",
            "website_url",
            "business_description",
            "owner_email",
            "timezone",
            "language",
            "custom_greeting",
            "agent_tone",
            "transfer_number",
            "standard_fee",
            "cal_com_url",
            "appointment_duration",
            "booking_enabled"
        ]
    );
    assert!(!answer.body.contains("secret"));
    assert_eq!(admin.get("/api/settings").await.json(), before);
    for wrong in [
        json!({"owner": "x"}),
        json!({"recording_mode": "SECRET"}),
        json!({"timezone": 5}),
    ] {
        admin
            .put("/api/settings", wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_change_different_members_at_once_neither_undoes_the_other() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let wishes = [
        json!({"owner_name": "Zoë"}),
        json!({"standard_fee": "$99"}),
        json!({"schedule_summary": "Nights"}),
        json!({"business_type": "HVAC"}),
    ];
    let requests = wishes
        .iter()
        .map(|wish| admin.prepare(axum::http::Method::PUT, "/api/settings", Some(wish.clone())))
        .collect();
    for answer in app.send_at_once(requests).await {
        answer.expect(200);
    }
    let shown = admin.get("/api/settings").await.json();
    for wish in &wishes {
        for (name, value) in wish.as_object().unwrap() {
            assert_eq!(&shown[name], value);
        }
    }
    assert_eq!(audited(&app, &shop).await.len(), 4);
}

#[tokio::test]
async fn a_change_reaches_nobody_else() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let before = app.owner(&other).await.get("/api/settings").await.json();
    let admin = app.admin(&shop).await;
    admin
        .put(
            "/api/settings",
            json!({"business_name": "Canary", "owner_name": "Canary"}),
        )
        .await
        .expect(200);
    let after = app.owner(&other).await.get("/api/settings").await.json();
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_was_shown_may_be_sent_back() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let admin = app.admin(&shop).await;
    let shown = admin.get("/api/settings").await.expect(200).json();
    let saved = admin.put("/api/settings", shown.clone()).await.expect(200);
    assert_eq!(saved.json(), shown);
}
