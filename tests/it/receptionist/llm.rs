//! A language model as the brain: what it is told, what it may do, and who answers when it cannot.
use serde_json::{Value, json};

use super::{count_appointments, says};
use crate::fakes::FakeLlm;
use crate::support::{Subscriber, TestApp};

async fn shop(app: &TestApp) -> Subscriber {
    app.subscriber("hvac")
        .service("Tune-up", 60, 149)
        .llm()
        .await
}

fn is_built_in(reply: &str) -> bool {
    reply.contains("Rachel from The hvac shop here.")
}

#[tokio::test]
async fn it_is_told_who_it_is_what_day_it_is_and_what_was_said() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.says_next("Hello! How can I help?");
    assert_eq!(says(&app, &hvac, "hello").await, "Hello! How can I help?");
    app.change(
        &hvac,
        "update contacts set first_name = 'Anne', last_name = 'Roy' where subscriber_id = $1",
    )
    .await;
    says(&app, &hvac, "are you open?").await;
    let request = llm.asked().remove(1);
    assert_eq!(request["model"], "model-of-the-tests");
    assert_eq!(request["tools"].as_array().unwrap().len(), 11);
    assert_eq!(request["tools"][0]["function"]["name"], "get_business_info");
    let messages = llm.last_messages();
    let system = messages[0]["content"].as_str().unwrap();
    for fact in [
        "The hvac shop",
        "Saturday 2026-11-21",
        "America/Winnipeg",
        "Mon 2026-11-23 09:00-17:00",
        "Tune-up",
        "Anne Roy",
    ] {
        assert!(system.contains(fact), "{fact}: {system}");
    }
    let said: Vec<(&str, &str)> = messages[1..]
        .iter()
        .map(|message| {
            (
                message["role"].as_str().unwrap(),
                message["content"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("user", "hello"),
        ("assistant", "Hello! How can I help?"),
        ("user", "are you open?"),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn it_books_by_its_tools_and_gets_their_answers() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.calls_next(&[
        ("list_services", json!({})),
        (
            "check_calendar_availability",
            json!({"date": "tuesday", "service": "tune-up"}),
        ),
    ]);
    llm.says_next("I have nine o'clock on Tuesday. Shall I book it?");
    says(&app, &hvac, "can i come tuesday").await;
    let answers = llm.tool_answers();
    assert_eq!(answers[0]["result"], "ok");
    let slot = answers[1]["slots"][0]["slot"].clone();
    llm.calls_next(&[(
        "book_appointment",
        json!({"slot": slot, "customer_name": "Anne"}),
    )]);
    llm.calls_next(&[(
        "book_appointment",
        json!({"slot": slot, "customer_name": "Anne"}),
    )]);
    llm.says_next("All booked!");
    assert_eq!(says(&app, &hvac, "yes, I am Anne").await, "All booked!");
    let answers = llm.tool_answers();
    assert_eq!(answers[0]["result"], "booked");
    assert_eq!(
        answers[0], answers[1],
        "the same call in one turn is done once"
    );
    assert_eq!(count_appointments(&app, &hvac).await, 1);
}

#[tokio::test]
async fn what_it_asks_wrongly_it_is_told_and_may_ask_again() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.calls_next(&[
        ("book_appointment", json!("{\"slot\": ")),
        ("launch_rocket", json!({})),
        (
            "book_appointment",
            json!({"slot": "made up", "customer_name": "Anne"}),
        ),
        ("take_message", json!({})),
    ]);
    llm.says_next("Sorry, which day?");
    assert_eq!(says(&app, &hvac, "book me").await, "Sorry, which day?");
    let results: Vec<Value> = llm
        .tool_answers()
        .iter()
        .map(|answer| answer["result"].clone())
        .collect();
    assert_eq!(results, ["invalid"; 4]);
}

#[tokio::test]
async fn when_it_fails_or_talks_nonsense_the_built_in_receptionist_answers_that_turn() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    let long = json!({"choices": [{"message": {"content": "a ".repeat(2000)}}]}).to_string();
    let bodies = [
        "",
        "not json",
        "{}",
        "{\"choices\": []}",
        "{\"choices\": [{\"message\": {\"content\": \"\"}}]}",
        &long,
        "{\"choices\": [{\"message\": {\"content\": \"{\\\"name\\\": \\\"book_appointment\\\"}\"}}]}",
    ];
    let clinic = async |slug: &str| app.subscriber(slug).llm().await;
    for (at, body) in bodies.iter().enumerate() {
        let shop = clinic(&format!("shop{at}")).await;
        llm.answers_next(body);
        let reply = says(&app, &shop, "are you open today?").await;
        assert!(reply.contains("Rachel from"), "{body:?}: {reply}");
    }
    for status in [400, 401, 429, 500, 503] {
        let shop = clinic(&format!("status{status}")).await;
        llm.fail_next(status);
        let reply = says(&app, &shop, "are you open today?").await;
        assert!(reply.contains("Rachel from"), "{status}: {reply}");
    }
    llm.fail_next(500);
    assert!(is_built_in(&says(&app, &hvac, "are you open today?").await));
    llm.says_next("Back again.");
    assert_eq!(says(&app, &hvac, "and tomorrow?").await, "Back again.");
}

#[tokio::test]
async fn when_it_hangs_the_built_in_receptionist_answers_in_time() {
    let llm = FakeLlm::start().await;
    let app = TestApp::impatient_with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.hang_next();
    assert!(is_built_in(&says(&app, &hvac, "are you open today?").await));
}

#[tokio::test]
async fn tools_without_end_are_stopped() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.calls_always("list_services", json!({}));
    assert!(is_built_in(&says(&app, &hvac, "what do you do").await));
    assert_eq!(llm.asked().len(), 6);
    assert!(
        llm.asked()[5].get("tools").is_none(),
        "at last it may only speak"
    );
}

#[tokio::test]
async fn what_it_did_before_it_failed_is_told_all_the_same() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.calls_next(&[(
        "book_appointment",
        json!({"start": "2026-11-24T10:00", "customer_name": "Anne"}),
    )]);
    llm.fail_next(500);
    let reply = says(&app, &hvac, "book me tuesday at ten, I am Anne").await;
    assert!(
        reply.starts_with("You are booked for Tuesday, November 24 at 10 a.m."),
        "{reply}"
    );
    assert_eq!(count_appointments(&app, &hvac).await, 1);
}

#[tokio::test]
async fn an_opt_out_is_confirmed_in_our_words_whatever_it_would_say() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    llm.calls_next(&[("opt_out", json!({}))]);
    llm.says_next("But wait, we have offers!");
    let reply = says(&app, &hvac, "leave me alone").await;
    assert!(
        reply.starts_with("The hvac shop: you are unsubscribed"),
        "{reply}"
    );
    assert_eq!(llm.asked().len(), 1);
}

#[tokio::test]
async fn the_words_of_patients_are_not_given_away() {
    let llm = FakeLlm::start().await;
    let app = TestApp::with(&llm.settings()).await;
    let hvac = shop(&app).await;
    app.change(
        &hvac,
        "update subscribers set handles_health_data = true where id = $1",
    )
    .await;
    // What is said is not kept, so it is looked for where it arrives.
    says(&app, &hvac, "are you open today?").await;
    assert!(is_built_in(&app.twilio.only_text().body));
    assert!(llm.asked().is_empty());
}

#[tokio::test]
async fn without_a_model_the_built_in_receptionist_answers() {
    let app = TestApp::start().await;
    let hvac = shop(&app).await;
    assert!(is_built_in(&says(&app, &hvac, "are you open today?").await));
}
