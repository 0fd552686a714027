//! A subscriber's own provider accounts: who may see and change them, and that no secret ever comes out.
use rocket_reception::tenancy::{accounts::Provider, directory};
use serde_json::{Value, json};

use super::{OWN_KEY, OWN_SID, OWN_TOKEN};
use crate::{
    fakes::FakeTwilio,
    support::{TestApp, minutes},
};

const TWILIO: &str = "/api/settings/providers/TWILIO";
const RETELL: &str = "/api/settings/providers/retell";

async fn whose(app: &TestApp, sid: &str) -> Option<rocket_reception::kernel::ids::SubscriberId> {
    let keys = [directory::Key::Account(Provider::Twilio, sid)];
    let found = directory::find(&app.state.db, &keys).await.unwrap();
    found.into_iter().flatten().next()?.subscriber
}

#[tokio::test]
async fn an_account_is_made_shown_and_changed_and_its_secrets_never_come_out() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&hvac).await, app.staff(&hvac).await);
    let none = staff.get(TWILIO).await.expect(200).json();
    assert_eq!(
        none,
        json!({ "provider": "TWILIO", "account_id": null, "is_enabled": false, "api_key": null,
                "webhook_secret": null, "webhook_scheme": null, "connection": null, "created_at": null, "updated_at": null })
    );
    let request = json!({ "account_id": OWN_SID, "api_key": OWN_TOKEN });
    let made = admin.put(TWILIO, request).await.expect(200);
    let now = serde_json::to_value(app.clock.now()).unwrap();
    let key = json!({ "last_four": "iber", "set_at": now });
    assert_eq!(made.json()["api_key"], key);
    assert_eq!(made.json()["is_enabled"], true);
    assert_eq!(whose(&app, OWN_SID).await, Some(hvac.id));
    app.advance(minutes(5));
    let change = json!({ "webhook_secret": "another-secret-of-theirs" });
    let changed = admin.put(TWILIO, change).await.expect(200);
    assert_eq!(changed.json()["api_key"], key, "what is missing stays");
    assert_eq!(changed.json()["webhook_secret"]["last_four"], "eirs");
    let removed = admin.put(TWILIO, json!({ "api_key": null, "is_enabled": false }));
    let removed = removed.await.expect(200).json();
    assert_eq!(removed["api_key"], Value::Null, "null removes");
    assert_eq!(removed["is_enabled"], false);
    let shown = staff.get(TWILIO).await.expect(200);
    assert_eq!(shown.json(), removed);
    for answer in [made, changed, shown] {
        assert!(!answer.body.contains(OWN_TOKEN) && !answer.body.contains("another-secret"));
    }
}

#[tokio::test]
async fn what_is_stored_is_sealed_to_its_place_and_the_log_names_fields_alone() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let admin = app.admin(&hvac).await;
    let request = json!({ "account_id": "workspace_1", "api_key": OWN_KEY, "webhook_secret": "one-secret-of-theirs, two-secrets-of-theirs" });
    admin.put(RETELL, request).await.expect(200);
    // The same again without a change is no entry.
    admin.put(RETELL, json!({})).await.expect(200);
    let statement = "select api_key_sealed || ' ' || webhook_secret_sealed from provider_accounts where subscriber_id = $1";
    let sealed: String = app.value(&hvac, statement).await;
    assert!(sealed.starts_with("v1.test.") && !sealed.contains("theirs"));
    let log = "select action, changes::text from audit_log where subscriber_id = $1";
    let log: Vec<(String, String)> = app.rows(&hvac, log).await;
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(log[0].0, "provider_account.created");
    let changes: Value = serde_json::from_str(&log[0].1).unwrap();
    assert_eq!(
        changes,
        json!({ "provider": "RETELL", "fields": ["account_id", "api_key", "webhook_secret"] })
    );
}

#[tokio::test]
async fn nobody_can_have_an_account_that_somebody_else_has() {
    let app = TestApp::start().await;
    let (hvac, spa) = (app.subscriber("hvac").await, app.subscriber("spa").await);
    let (ours, theirs) = (app.admin(&hvac).await, app.admin(&spa).await);
    let request = json!({ "account_id": OWN_SID, "api_key": OWN_TOKEN });
    ours.put(TWILIO, request.clone()).await.expect(200);
    theirs
        .put(TWILIO, request.clone())
        .await
        .expect_problem(409, "conflict");
    let platforms = json!({ "account_id": FakeTwilio::ACCOUNT, "api_key": OWN_TOKEN });
    theirs
        .put(TWILIO, platforms)
        .await
        .expect_problem(409, "conflict");
    assert_eq!(theirs.get(TWILIO).await.json()["account_id"], Value::Null);
    assert_eq!(whose(&app, OWN_SID).await, Some(hvac.id));
    // Whoever gives it up, by another id or altogether, leaves it to others.
    let other = "AC0000000000000000000000000000000b";
    let request_other = json!({ "account_id": other });
    ours.put(TWILIO, request_other).await.expect(200);
    assert_eq!(whose(&app, OWN_SID).await, None);
    theirs.put(TWILIO, request).await.expect(200);
    theirs.delete(TWILIO).await.expect(204);
    assert_eq!(whose(&app, OWN_SID).await, None);
    theirs.delete(TWILIO).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn two_that_claim_an_account_at_once_do_not_both_have_it() {
    let app = TestApp::start().await;
    let (hvac, spa) = (app.subscriber("hvac").await, app.subscriber("spa").await);
    let (ours, theirs) = (app.admin(&hvac).await, app.admin(&spa).await);
    let request = json!({ "account_id": OWN_SID, "api_key": OWN_TOKEN });
    let (first, second) = tokio::join!(
        ours.put(TWILIO, request.clone()),
        theirs.put(TWILIO, request)
    );
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn only_an_admin_changes_an_account_and_staff_may_look() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let staff = app.staff(&hvac).await;
    let request = || json!({ "account_id": OWN_SID });
    staff
        .put(TWILIO, request())
        .await
        .expect_problem(403, "forbidden");
    staff.delete(TWILIO).await.expect_problem(403, "forbidden");
    let reader = app.api_key(&hvac, &["read"]).await;
    reader.get(TWILIO).await.expect(200);
    reader.put(TWILIO, request()).await.expect(403);
    let nobody = app.stranger();
    nobody
        .get(TWILIO)
        .await
        .expect_problem(401, "unauthenticated");
    nobody.put(TWILIO, request()).await.expect(401);
    nobody.delete(TWILIO).await.expect(401);
    let owner = app.owner(&hvac).await;
    owner.put(TWILIO, request()).await.expect(200);
}

#[tokio::test]
async fn what_is_no_account_is_refused_by_its_member() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let admin = app.admin(&hvac).await;
    for (request, field) in [
        (json!({ "api_key": OWN_TOKEN }), "account_id"),
        (json!({ "account_id": "AC1" }), "account_id"),
        (
            json!({ "account_id": OWN_SID, "api_key": "short" }),
            "api_key",
        ),
        (
            json!({ "account_id": OWN_SID, "webhook_secret": "a-secret-that-is-long, b" }),
            "webhook_secret",
        ),
        (json!({ "account_id": OWN_SID, "token": "x" }), "token"),
        (json!({ "account_id": OWN_SID, "api_key": 7 }), "api_key"),
    ] {
        let answer = admin.put(TWILIO, request.clone()).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{request}");
    }
    admin
        .put("/api/settings/providers/acme", json!({}))
        .await
        .expect_problem(404, "not_found");
}
