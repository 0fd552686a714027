//! What fails by a fault of ours is kept, acknowledged, and taken up again until it works.
use sqlx::Executor;

use crate::support::{TestApp, seconds};

const ANNE: &str = "+15145550123";

#[tokio::test]
async fn an_event_that_fails_by_our_fault_is_acknowledged_and_taken_up_until_it_works() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut superuser = app.database.superuser().await;
    superuser
        .execute("alter table interactions rename to away")
        .await
        .unwrap();
    let text = app.text_from(ANNE).to(&hvac.number).says("Hello");
    text.send().await.expect(200);
    let state = "select state from inbound_events where subscriber_id = $1";
    assert_eq!(app.value::<String>(&hvac, state).await, "FAILED");

    app.advance(seconds(5));
    app.run_jobs().await;
    assert_eq!(
        app.value::<String>(&hvac, state).await,
        "FAILED",
        "the fault is still there"
    );

    superuser
        .execute("alter table away rename to interactions")
        .await
        .unwrap();
    app.advance(seconds(60));
    app.run_jobs().await;
    assert_eq!(app.value::<String>(&hvac, state).await, "DONE");
    let turns =
        "select count(*) from interaction_messages where subscriber_id = $1 and role = 'CALLER'";
    assert_eq!(app.value::<i64>(&hvac, turns).await, 1);
    assert_eq!(app.twilio.texts().len(), 1, "and it is answered");

    text.send().await.expect(200);
    assert_eq!(
        app.value::<i64>(&hvac, turns).await,
        1,
        "sent again, it changes nothing"
    );
}
