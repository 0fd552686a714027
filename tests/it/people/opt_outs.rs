//! `/opt-outs`.
use serde_json::json;
use uuid::Uuid;

use super::{ANNE, BEN, id_of, touch};
use crate::support::TestApp;

#[tokio::test]
async fn whoever_is_opted_out_by_hand_is_not_texted() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let known = touch(&app, &shop, ANNE).await.contact;
    let made = staff
        .post("/api/opt-outs", json!({"phone": ANNE}))
        .await
        .expect(201)
        .json();
    assert_eq!(made["source"], "STAFF");
    assert_eq!(made["phone"], ANNE);
    // Again it is the same, and no second event.
    let again = staff
        .post("/api/opt-outs", json!({"phone": ANNE}))
        .await
        .expect(200)
        .json();
    assert_eq!(again, made);
    assert_eq!(app.count_events(&shop, "contact.opted_out").await, 1);
    let whose: String = app
        .value(&shop, "select data ->> 'contact_id' from events where subscriber_id = $1 and type = 'contact.opted_out'")
        .await;
    assert_eq!(whose, known.to_string());
    assert!(touch(&app, &shop, ANNE).await.is_opted_out);
    app.text_from(ANNE)
        .to(&shop.number)
        .says("what are your hours?")
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert!(
        app.outgoing(&shop)
            .await
            .iter()
            .all(|text| text.status == "SUPPRESSED")
    );
    let listed = staff.get("/api/opt-outs").await.expect(200).json();
    assert_eq!(listed["data"], json!([made]));
    staff
        .post("/api/opt-outs", json!({"phone": "204"}))
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn opting_in_again_needs_a_reason_that_is_kept_as_the_proof() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (staff, admin) = (app.staff(&shop).await, app.admin(&shop).await);
    let made = staff
        .post("/api/opt-outs", json!({"phone": BEN}))
        .await
        .expect(201)
        .json();
    let path = format!("/api/opt-outs/{}", id_of(&made));
    let end = async |client: &crate::support::Client<'_>, body| {
        client
            .request(axum::http::Method::DELETE, &path, Some(body))
            .await
    };
    let proof = json!({"reason": "signed form of 2026-11-20", "channel": "paper"});
    end(&staff, proof.clone())
        .await
        .expect_problem(403, "forbidden");
    for wrong in [
        json!({}),
        json!({"reason": ""}),
        json!({"reason": "ok"}),
        json!({"reason": "a good one", "channel": "FAX"}),
    ] {
        end(&admin, wrong)
            .await
            .expect_problem(422, "invalid_request");
    }
    assert!(touch(&app, &shop, BEN).await.is_opted_out);
    end(&admin, proof.clone()).await.expect(204);
    assert!(!touch(&app, &shop, BEN).await.is_opted_out);
    end(&admin, proof).await.expect_problem(404, "not_found");
    let consents: Vec<(String, String, bool, String)> = app
        .rows(
            &shop,
            "select purpose, channel, is_granted, proof from consent_logs where subscriber_id = $1",
        )
        .await;
    let expected = (
        "MARKETING_TEXTS",
        "PAPER",
        true,
        "signed form of 2026-11-20",
    );
    let (purpose, channel, is_granted, reason) = &consents[0];
    assert_eq!(
        (
            purpose.as_str(),
            channel.as_str(),
            *is_granted,
            reason.as_str()
        ),
        expected
    );
    assert_eq!(consents.len(), 1);
    let log: Vec<(String, String)> = app
        .rows(
            &shop,
            "select action, changes::text from audit_log where subscriber_id = $1 order by seq",
        )
        .await;
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["opt_out.created", "opt_out.ended"]);
    assert!(!format!("{log:?}").contains("signed form"));
    assert_eq!(staff.get("/api/opt-outs").await.json()["data"], json!([]));
}

#[tokio::test]
async fn another_businesss_opt_out_is_not_there() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let theirs = app
        .staff(&other)
        .await
        .post("/api/opt-outs", json!({"phone": ANNE}))
        .await;
    let theirs = id_of(&theirs.expect(201).json());
    let admin = app.admin(&shop).await;
    for id in [theirs, Uuid::now_v7().to_string()] {
        let path = format!("/api/opt-outs/{id}");
        let body = json!({"reason": "signed form of 2026-11-20"});
        let answer = admin
            .request(axum::http::Method::DELETE, &path, Some(body))
            .await;
        answer.expect_problem(404, "not_found");
    }
    assert!(touch(&app, &other, ANNE).await.is_opted_out);
}
