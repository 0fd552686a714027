//! Many at once: one gets the slot, the others something else, and nobody an error.
use std::{collections::BTreeMap, future::poll_fn, task::Poll};

use rocket_reception::receptionist::tools::ToolName;
use serde_json::json;

use super::{ANNE, Talk, count_appointments};
use crate::support::TestApp;

/// Waits for all of them at once.
async fn join_all<T>(all: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    poll_fn(|context| {
        waiting.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(value) => {
                done.push(value);
                false
            }
            Poll::Pending => true,
        });
        if waiting.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_want_one_slot_one_gets_it_and_the_others_hear_of_others() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday at 10 am").await;
    let answers = join_all((0..20).map(|_| anne.book(&slot))).await;
    let mut results = BTreeMap::<&str, usize>::new();
    for answer in &answers {
        *results
            .entry(answer["result"].as_str().unwrap())
            .or_default() += 1;
        if answer["result"] == "slot_taken" {
            assert!(
                !answer["alternatives"].as_array().unwrap().is_empty(),
                "{answer}"
            );
        }
    }
    assert_eq!(results, BTreeMap::from([("booked", 1), ("slot_taken", 19)]));
    assert_eq!(count_appointments(&app, &hvac).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_copies_of_a_booking_book_once_and_hear_the_same() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday at 10 am").await;
    let args = json!({"slot": slot["slot"], "customer_name": "Anne"});
    let copies = (0..20).map(|_| anne.ask_as("same", ToolName::BookAppointment, args.clone()));
    let mut answers = join_all(copies).await;
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(answers[0]["result"], "booked");
    assert_eq!(app.count_events(&hvac, "appointment.booked").await, 1);
}
