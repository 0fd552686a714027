//! Vapi's messages of one call come concurrently, twice and in any order: the call ends up the same.
use serde_json::Value;

use super::{CALL, boreale, sample, tell, with};
use crate::{
    support::TestApp,
    voice::order::{Dice, calls, permutations},
};

/// A call in which an appointment is booked.
fn booking() -> Vec<Value> {
    vec![
        sample!("status_update_ringing"),
        sample!("status_update_in_progress"),
        sample!("status_update_ended"),
        sample!("end_of_call_report"),
    ]
}

/// A call that is put through to a person.
fn transfer() -> Vec<Value> {
    let transferred = |message: Value| {
        let message = with(message, "/message/endedReason", "assistant-forwarded-call");
        with(
            message,
            "/message/call/endedReason",
            "assistant-forwarded-call",
        )
    };
    vec![
        sample!("status_update_ringing"),
        sample!("status_update_in_progress"),
        sample!("status_update_forwarding"),
        sample!("transfer_update"),
        transferred(sample!("status_update_ended")),
        transferred(sample!("end_of_call_report")),
    ]
}

/// The same message of another call.
fn of_call(message: &Value, call: &str) -> Value {
    super::super::parse(&message.to_string().replace(CALL, call))
}

async fn patient() -> TestApp {
    TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "100000")]).await
}

async fn expect_the_same(stories: Vec<Vec<Value>>) {
    let app = patient().await;
    let boreale = boreale(&app).await;
    for (number, story) in stories.iter().enumerate() {
        let call = format!("call-{number:04}");
        for message in story {
            tell(&app, &of_call(message, &call)).await;
        }
        let kept = calls(&app, &boreale).await;
        let order: Vec<_> = story
            .iter()
            .map(|message| {
                format!(
                    "{} {}",
                    message["message"]["type"], message["message"]["status"]
                )
            })
            .collect();
        assert_eq!(kept[&call], kept["call-0000"], "{order:?}");
    }
    let sums = "select sum(interactions)::bigint, sum(billed_minutes)::bigint from usage_rollups where subscriber_id = $1";
    let sums: Vec<(i64, i64)> = app.rows(&boreale, sums).await;
    let count = stories.len() as i64;
    assert_eq!(sums, [(count, 2 * count)]);
}

#[tokio::test]
async fn a_booking_ends_up_the_same_in_each_of_its_orders() {
    expect_the_same(permutations(&booking())).await;
}

#[tokio::test]
async fn a_booking_ends_up_the_same_when_messages_come_several_times() {
    let mut dice = Dice(20_261_121);
    let mut stories = vec![booking()];
    stories.extend((0..25).map(|_| dice.shuffled(&booking())));
    expect_the_same(stories).await;
}

#[tokio::test]
async fn a_call_that_is_put_through_ends_up_the_same_in_any_order() {
    let mut dice = Dice(4_711);
    let mut stories = vec![transfer()];
    stories.extend((0..25).map(|_| dice.shuffled(&transfer())));
    expect_the_same(stories).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_messages_of_a_call_at_once_end_up_the_same() {
    let app = patient().await;
    let boreale = boreale(&app).await;
    for message in booking() {
        tell(&app, &of_call(&message, "call-0000")).await;
    }
    for round in 1..8 {
        let call = format!("call-{round:04}");
        let messages = booking().into_iter().cycle().take(12);
        let posts = messages.map(|message| app.vapi_message(&of_call(&message, &call)).request());
        for answer in app.send_at_once(posts.collect()).await {
            answer.expect(200);
        }
        let kept = calls(&app, &boreale).await;
        assert_eq!(kept[&call], kept["call-0000"], "{call}");
    }
}

#[tokio::test]
async fn a_late_status_does_not_open_a_call_again() {
    let app = patient().await;
    let boreale = boreale(&app).await;
    for message in booking().iter().rev() {
        tell(&app, message).await;
    }
    let status = "select status from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&boreale, status).await, "COMPLETED");
}
