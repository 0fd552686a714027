//! Consent: written down, the newest counts, and no recording is kept without it.
use serde_json::json;

use super::{CALLER, boreale, call, contact};
use crate::support::{Subscriber, TestApp, hours};

async fn recordings(app: &TestApp, shop: &Subscriber) -> i64 {
    app.value::<i64>(
        shop,
        "select count(*) from recordings where subscriber_id = $1",
    )
    .await
}

/// What calls for the caller's contact before there is a call.
async fn with_contact(app: &TestApp, shop: &Subscriber) -> String {
    app.change(
        shop,
        "insert into contacts (subscriber_id, id, phone, source) values ($1, gen_random_uuid(), '+15145550142', 'WEB')",
    )
    .await;
    contact(app, shop).await
}

#[tokio::test]
async fn staff_write_down_a_consent_and_its_withdrawal_and_the_newest_counts() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "CONSENT").await;
    let id = with_contact(&app, &shop).await;
    let staff = app.staff(&shop).await;
    for granted in [true, false] {
        let consent = json!({
            "contact_id": id, "purpose": "recording", "granted": granted, "text_version": "2026-11", "channel": "PAPER",
            "proof": "form 7",
        });
        let written = staff
            .post("/api/consents", consent)
            .await
            .expect(201)
            .json();
        assert_eq!(written["is_current"], true);
    }
    let list = staff
        .get(&format!("/api/consents?contact_id={id}"))
        .await
        .expect(200)
        .json();
    let told: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["granted"].as_bool(), row["is_current"].as_bool()))
        .collect();
    assert_eq!(told, [(Some(false), Some(true)), (Some(true), Some(false))]);
}

#[tokio::test]
async fn a_contact_of_another_business_is_not_found() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "CONSENT").await;
    let other = app.subscriber("hvac").await;
    let id = with_contact(&app, &shop).await;
    let stranger = app.staff(&other).await;
    let consent = json!({
        "contact_id": id, "purpose": "REMINDERS", "granted": true, "text_version": "1", "channel": "WEB",
    });
    stranger
        .post("/api/consents", consent.clone())
        .await
        .expect_problem(404, "not_found");
    stranger
        .get(&format!("/api/consents?contact_id={id}"))
        .await
        .expect_problem(404, "not_found");
    app.stranger()
        .post("/api/consents", consent.clone())
        .await
        .expect_problem(401, "unauthenticated");
    let reader = app.api_key(&shop, &["read"]).await;
    reader
        .post("/api/consents", consent)
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn an_announced_recording_is_kept_with_the_call_as_proof_once() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "ANNOUNCED").await;
    call(&app).await;
    assert_eq!(recordings(&app, &shop).await, 2);
    let id = contact(&app, &shop).await;
    let list = app
        .staff(&shop)
        .await
        .get(&format!("/api/consents?contact_id={id}"))
        .await
        .json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    assert!(
        list["data"][0]["proof"]
            .as_str()
            .unwrap()
            .starts_with("RETELL call_")
    );
}

#[tokio::test]
async fn where_recording_is_off_none_is_kept_here_and_a_day_later_none_at_the_provider() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "OFF").await;
    call(&app).await;
    assert_eq!(recordings(&app, &shop).await, 0);
    app.run_jobs().await;
    assert!(app.retell.deleted().is_empty());
    app.advance(hours(36));
    app.run_schedules().await;
    assert_eq!(app.retell.deleted().len(), 1);
}

#[tokio::test]
async fn where_consent_is_asked_for_only_the_newest_word_of_the_caller_keeps_a_recording() {
    for (words, kept) in [
        (&[][..], 0),
        (&[true][..], 2),
        (&[true, false][..], 0),
        (&[false, true][..], 2),
    ] {
        let app = TestApp::start().await;
        let shop = boreale(&app, "CONSENT").await;
        let id = with_contact(&app, &shop).await;
        let staff = app.staff(&shop).await;
        for granted in words {
            let consent = json!({
                "contact_id": id, "purpose": "RECORDING", "granted": granted, "text_version": "1", "channel": "VOICE",
            });
            staff.post("/api/consents", consent).await.expect(201);
        }
        call(&app).await;
        assert_eq!(recordings(&app, &shop).await, kept, "{words:?} of {CALLER}");
    }
}

#[tokio::test]
async fn whoever_withdrew_is_not_recorded_by_an_announcement() {
    let app = TestApp::start().await;
    let shop = boreale(&app, "ANNOUNCED").await;
    let id = with_contact(&app, &shop).await;
    let staff = app.staff(&shop).await;
    let consent = json!({
        "contact_id": id, "purpose": "RECORDING", "granted": false, "text_version": "1", "channel": "EMAIL",
    });
    staff.post("/api/consents", consent).await.expect(201);
    call(&app).await;
    assert_eq!(recordings(&app, &shop).await, 0);
}
