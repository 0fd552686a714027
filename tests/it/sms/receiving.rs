//! A text comes in: once, whoever it is from and whatever is in it.
use crate::support::{TWILIO_TOKEN, TestApp, hours};

const ANNE: &str = "+15145550123";

#[tokio::test]
async fn a_text_is_answered_recorded_and_charged() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").name("Demo HVAC").await;
    let text = app
        .text_from(ANNE)
        .to(&hvac.number)
        .says("Are you open today?");
    let answer = text.send().await.expect(200);
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert!(answer.body.ends_with("<Response/>"), "{}", answer.body);
    assert_eq!(
        app.twilio.texts().len(),
        0,
        "the webhook does not wait for the reply"
    );
    app.run_jobs().await;
    let reply = app.twilio.only_text();
    assert_eq!(
        (reply.from, reply.to),
        (hvac.number.clone(), ANNE.to_owned())
    );
    assert!(
        reply.body.starts_with("Rachel from Demo HVAC here."),
        "{}",
        reply.body
    );
    assert!(reply.body.contains("closed"), "{}", reply.body);
    assert_eq!(
        app.events(&hvac).await,
        ["contact.created", "message.received", "message.sent"]
    );
}
