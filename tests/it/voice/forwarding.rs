//! The owner's line forwards to us: the codes to dial, and how we learn that it worked.
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn an_owner_gets_codes_that_are_ready_to_dial() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let staff = app.staff(&hvac).await;
    let carriers = staff.get("/api/call-forwarding/carriers").await.expect(200);
    let carriers = carriers.json();
    assert_eq!(carriers["data"].as_array().unwrap().len(), 15);
    for named in [hvac.id.to_string(), "hvac".to_owned()] {
        let path = format!("/api/call-forwarding/setup/telus/{named}");
        let setup = staff.get(&path).await.expect(200).json();
        assert_eq!(setup["forward_to"], hvac.number);
        let no_answer = format!("*61*{}#", hvac.number);
        assert_eq!(setup["codes"]["no_answer"], no_answer);
        assert_eq!(setup["codes"]["no_answer_off"], "#61#");
        assert_eq!(setup["is_unsure"], true);
        assert!(setup["steps"].as_array().unwrap().len() >= 4);
    }
    let landline = staff
        .get("/api/call-forwarding/setup/landline/hvac")
        .await
        .expect(200)
        .json();
    let digits = hvac.number.trim_start_matches('+');
    assert_eq!(landline["codes"]["busy"], format!("*90{digits}"));
    assert!(landline["codes"]["unreachable"].is_null());
}

#[tokio::test]
async fn nobody_gets_the_codes_of_another_business_but_the_operator() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let other = app.subscriber("other").await;
    let path = format!("/api/call-forwarding/setup/att/{}", hvac.id);
    let answer = app.staff(&other).await.get(&path).await;
    answer.expect_problem(404, "not_found");
    app.operator().await.get(&path).await.expect(200);
    let answer = app
        .staff(&hvac)
        .await
        .get("/api/call-forwarding/setup/pigeon/hvac")
        .await;
    answer.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_test_call_needs_somebody_to_call() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let admin = app.admin(&hvac).await;
    let answer = admin.post("/api/call-forwarding/test", json!({})).await;
    answer.expect_problem(409, "conflict");
    let answer = admin.get("/api/call-forwarding/test").await;
    answer.expect_problem(404, "not_found");
    let staff = app.staff(&hvac).await;
    let answer = staff.post("/api/call-forwarding/test", json!({})).await;
    answer.expect_problem(403, "forbidden");
}
