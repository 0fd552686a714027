//! Audit, consent, errors, retention, exports, erasures.
mod audit;
mod consents;
mod erasure;
mod errors;
mod exports;
mod retention;

use serde_json::{Value, json};

use crate::support::{Answer, Subscriber, TestApp};

/// Who calls in the samples.
pub const CALLER: &str = "+15145550142";

/// A call of the samples, over and analyzed.
pub async fn call(app: &TestApp) {
    for sample in [
        include_str!("../../data/retell/call_ended.json"),
        include_str!("../../data/retell/call_analyzed.json"),
    ] {
        let event: Value = serde_json::from_str(sample).unwrap();
        app.retell_event(&event).send().await.expect(204);
    }
}

/// The business of the samples, which records calls in this way.
pub async fn boreale(app: &TestApp, recording: &'static str) -> Subscriber {
    let boreale = app.subscriber("boreale").older_id("tnt_01HBOREALE");
    let boreale = boreale.number("+14385550117").await;
    let statement = match recording {
        "OFF" => "update subscriber_profiles set recording_mode = 'OFF' where subscriber_id = $1",
        "CONSENT" => {
            "update subscriber_profiles set recording_mode = 'CONSENT' where subscriber_id = $1"
        }
        _ => "update subscriber_profiles set recording_mode = 'ANNOUNCED' where subscriber_id = $1",
    };
    app.change(&boreale, statement).await;
    boreale
}

/// The contact with the number of the samples.
pub async fn contact(app: &TestApp, subscriber: &Subscriber) -> String {
    app.value::<String>(
        subscriber,
        "select id::text from contacts where subscriber_id = $1 and phone = '+15145550142'",
    )
    .await
}

/// Every path of an admin's is closed to staff, to strangers, and hides what is another business's.
pub async fn assert_guarded(
    app: &TestApp,
    own: &Subscriber,
    other: &Subscriber,
    path: &str,
    body: Option<Value>,
) {
    async fn ask(client: &crate::support::Client<'_>, path: &str, body: &Option<Value>) -> Answer {
        match body {
            Some(body) => client.post(path, body.clone()).await,
            None => client.get(path).await,
        }
    }
    let stranger = app.stranger();
    ask(&stranger, path, &body)
        .await
        .expect_problem(401, "unauthenticated");
    let staff = app.staff(own).await;
    ask(&staff, path, &body)
        .await
        .expect_problem(403, "forbidden");
    let elsewhere = app.admin(other).await;
    ask(&elsewhere, path, &body)
        .await
        .expect_problem(404, "not_found");
}

pub fn nothing() -> Value {
    json!({})
}
