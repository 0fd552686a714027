//! Who answers a text, with what, and what happens when the one who should cannot.
use rocket_reception::jobs::Outcome;

use crate::support::{Subscriber, TestApp, hours, minutes, seconds};

const ANNE: &str = "+15145550123";

async fn texts(app: &TestApp, to: &Subscriber, words: &str) {
    app.text_from(ANNE)
        .to(&to.number)
        .says(words)
        .send()
        .await
        .expect(200);
}

async fn says(app: &TestApp, to: &Subscriber, words: &str) {
    texts(app, to, words).await;
    app.run_jobs().await;
}

/// What the built-in receptionist says first.
fn is_built_in(reply: &str) -> bool {
    reply.contains("Rachel from The hvac shop here.")
}

#[tokio::test]
async fn a_channel_of_retell_has_one_chat_per_conversation() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    says(&app, &hvac, "hello").await;
    says(&app, &hvac, "are you open?").await;
    let chat = app.retell.only_chat();
    assert_eq!(chat.heard, ["hello", "are you open?"]);
    assert_eq!(app.twilio.bodies(), ["Turn 1", "Turn 2"]);
    assert_eq!(chat.request["agent_id"], "agent_1");
    assert_eq!(
        chat.request["metadata"]["subscriber_id"],
        hvac.id.to_string()
    );
    let variables = &chat.request["retell_llm_dynamic_variables"];
    assert_eq!(variables["business_name"], "The hvac shop");
    assert!(
        variables
            .as_object()
            .unwrap()
            .values()
            .all(|value| value.is_string())
    );
}

#[tokio::test]
async fn all_that_the_agent_says_in_a_turn_is_one_text() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    app.retell.says_next(&["One moment.", "We open at nine."]);
    says(&app, &hvac, "when do you open?").await;
    assert_eq!(app.twilio.bodies(), ["One moment.\nWe open at nine."]);
}

#[tokio::test]
async fn a_chat_that_closed_is_opened_again_once() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    says(&app, &hvac, "hello").await;
    app.retell.close_chats();
    says(&app, &hvac, "are you there?").await;
    says(&app, &hvac, "good").await;
    let heard: Vec<_> = app
        .retell
        .chats()
        .into_iter()
        .map(|chat| chat.heard)
        .collect();
    assert_eq!(heard, [vec!["hello"], vec!["are you there?", "good"]]);
    assert_eq!(app.twilio.bodies(), ["Turn 1", "Turn 1", "Turn 2"]);
}

#[tokio::test]
async fn a_brain_that_fails_is_replaced_for_that_turn_and_keeps_its_chat() {
    for status in [429, 500, 401, 402] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
        app.retell.fail_next(status);
        says(&app, &hvac, "are you open today?").await;
        assert!(is_built_in(&app.twilio.only_text().body), "{status}");
        says(&app, &hvac, "and tomorrow?").await;
        assert_eq!(app.twilio.bodies()[1], "Turn 1", "{status}");
        assert_eq!(app.retell.only_chat().heard, ["and tomorrow?"], "{status}");
    }
}

#[tokio::test]
async fn a_brain_that_hangs_is_replaced_at_its_deadline() {
    let app = TestApp::impatient().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    app.retell.hang_next();
    says(&app, &hvac, "are you open today?").await;
    assert!(is_built_in(&app.twilio.only_text().body));
}

#[tokio::test]
async fn a_brain_with_nothing_to_say_is_replaced_for_that_turn() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    app.retell.says_next(&[]);
    says(&app, &hvac, "are you open today?").await;
    assert!(is_built_in(&app.twilio.only_text().body));
}

#[tokio::test]
async fn without_a_key_for_retell_the_built_in_receptionist_answers() {
    let app = TestApp::with(&[("RETELL_API_KEY", "")]).await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    says(&app, &hvac, "are you open today?").await;
    assert!(is_built_in(&app.twilio.only_text().body));
    assert!(app.retell.chats().is_empty());
}

#[tokio::test]
async fn texts_that_come_while_a_reply_is_written_are_answered_together() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let hold = app.retell.hold_next();
    texts(&app, &hvac, "hello").await;
    let replying = app.run_jobs_meanwhile();
    hold.arrived().await;
    texts(&app, &hvac, "my furnace is cold").await;
    texts(&app, &hvac, "can you come today?").await;
    hold.release();
    replying.await.unwrap();
    app.run_jobs().await;
    let heard = app.retell.only_chat().heard;
    assert_eq!(heard, ["hello", "my furnace is cold\ncan you come today?"]);
    assert_eq!(app.twilio.bodies(), ["Turn 1", "Turn 2"]);
}

#[tokio::test]
async fn a_chat_has_one_completion_at_a_time() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let hold = app.retell.hold_next();
    texts(&app, &hvac, "hello").await;
    let replying = app.run_jobs_meanwhile();
    hold.arrived().await;
    texts(&app, &hvac, "are you there?").await;
    let meanwhile = app.run_jobs().await;
    let outcomes: Vec<_> = meanwhile.iter().map(|ran| ran.outcome).collect();
    assert_eq!(outcomes, [Outcome::PutOff]);
    hold.release();
    replying.await.unwrap();
    app.advance(seconds(1));
    app.run_jobs().await;
    assert_eq!(app.retell.only_chat().heard, ["hello", "are you there?"]);
}

#[tokio::test]
async fn three_texts_in_a_row_get_one_answer() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    for words in ["hello", "are you there", "??"] {
        texts(&app, &hvac, words).await;
    }
    app.run_jobs().await;
    assert_eq!(app.retell.only_chat().heard, ["hello\nare you there\n??"]);
    assert_eq!(app.twilio.bodies(), ["Turn 1"]);
}

#[tokio::test]
async fn the_built_in_receptionist_knows_services_and_prices() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .service("Furnace tune-up", 60, 149)
        .await;
    says(&app, &hvac, "how much is a furnace tune-up?").await;
    let reply = app.twilio.only_text().body;
    assert!(reply.contains("149"), "{reply}");
}

#[tokio::test]
async fn it_takes_a_message_in_the_persons_language() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    says(&app, &clinic, "Bonjour, je voudrais laisser un message").await;
    says(&app, &clinic, "Rappelez-moi demain matin pour mon dossier").await;
    says(&app, &clinic, "Geneviève Côté").await;
    let summary = "select summary from leads where subscriber_id = $1";
    let summary: String = app.value(&clinic, summary).await;
    assert!(summary.contains("Rappelez-moi demain matin"), "{summary}");
    let language = "select language from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&clinic, language).await, "fr");
}

#[tokio::test]
async fn asking_for_a_person_hands_the_conversation_over() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "I want to talk to a human").await;
    assert_eq!(app.count_events(&hvac, "handoff.requested").await, 1);
    assert!(
        app.twilio
            .only_text()
            .body
            .contains("asked someone at The hvac shop")
    );
}

#[tokio::test]
async fn a_conversation_that_staff_took_over_is_left_to_them() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "hello").await;
    app.change(
        &hvac,
        "update interactions set is_ai_paused = true where subscriber_id = $1",
    )
    .await;
    says(&app, &hvac, "are you open?").await;
    app.twilio.only_text();
}

async fn pause(app: &TestApp, subscriber: &Subscriber, is_paused: bool) {
    let statement = if is_paused {
        "update interactions set is_ai_paused = true where subscriber_id = $1"
    } else {
        "update interactions set is_ai_paused = false where subscriber_id = $1"
    };
    app.change(subscriber, statement).await;
}

#[tokio::test]
async fn a_conversation_given_back_is_answered_from_there_on() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    says(&app, &hvac, "hello").await;
    pause(&app, &hvac, true).await;
    says(&app, &hvac, "is the boss there?").await;
    pause(&app, &hvac, false).await;
    says(&app, &hvac, "thanks").await;
    assert_eq!(app.retell.only_chat().heard, ["hello", "thanks"]);
}

#[tokio::test]
async fn what_was_left_to_staff_by_day_is_not_answered_at_night() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .sms_mode("AFTER_HOURS")
        .chat_agent("agent_1")
        .await;
    app.advance(hours(48));
    says(&app, &hvac, "by day").await;
    app.advance(hours(12));
    says(&app, &hvac, "by night").await;
    assert_eq!(app.retell.only_chat().heard, ["by night"]);
}

#[tokio::test]
async fn a_conversation_that_is_left_to_staff_ends_like_any_other_and_stays_unread() {
    for (mode, is_paused) in [("OFF", false), ("FULL", true)] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").sms_mode(mode).await;
        texts(&app, &hvac, "hello").await;
        pause(&app, &hvac, is_paused).await;
        app.run_jobs().await;
        app.advance(hours(30));
        app.run_schedules().await;
        let ended = "select status, is_unread from interactions where subscriber_id = $1";
        let ended: Vec<(String, bool)> = app.rows(&hvac, ended).await;
        assert_eq!(ended, [("COMPLETED".to_owned(), true)], "{mode}");
    }
}

#[tokio::test]
async fn two_robots_stop_answering_each_other_after_five_replies_in_ten_minutes() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for turn in 0..8 {
        says(&app, &hvac, &format!("beep {turn}")).await;
        app.advance(seconds(20));
    }
    assert_eq!(app.twilio.texts().len(), 5);
    let refused = app.outgoing(&hvac).await;
    assert!(
        refused[5..]
            .iter()
            .all(|text| text.reason.as_deref() == Some("TOO_MANY"))
    );
    app.advance(minutes(10));
    says(&app, &hvac, "are you open?").await;
    assert_eq!(app.twilio.texts().len(), 6, "a person is answered again");
}

#[tokio::test]
async fn a_suspended_subscriber_records_and_does_not_text() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").status("SUSPENDED").await;
    says(&app, &hvac, "hello").await;
    assert!(app.twilio.texts().is_empty());
    assert_eq!(app.count_events(&hvac, "message.received").await, 1);
}

#[tokio::test]
async fn a_worker_that_dies_over_a_reply_leaves_it_to_the_next_one() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
    let hold = app.retell.hold_next();
    texts(&app, &hvac, "hello").await;
    let replying = app.run_jobs_meanwhile();
    hold.arrived().await;
    replying.abort();
    replying.await.unwrap_err();
    app.advance(hours(1));
    app.run_jobs().await;
    assert_eq!(app.twilio.texts().len(), 1);
}
