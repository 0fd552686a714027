//! The timeline of an interaction.
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ANNE, details::called, each, only_interaction, says};
use crate::support::TestApp;

/// Source and kind of every line, in their order.
async fn lines(app: &TestApp, subscriber: &crate::support::Subscriber) -> Vec<(String, String)> {
    let id = only_interaction(app, subscriber).await;
    let staff = app.staff(subscriber).await;
    let shown = staff
        .get(&format!("/api/black-box/{id}?limit=200"))
        .await
        .expect(200);
    let sources = each(&shown, "source");
    sources.into_iter().zip(each(&shown, "kind")).collect()
}

fn line(source: &str, kind: &str) -> (String, String) {
    (source.to_owned(), kind.to_owned())
}

#[tokio::test]
async fn a_call_tells_what_the_provider_said_and_what_was_made_of_it() {
    let app = TestApp::start().await;
    let boreale = called(&app).await;
    let expected = [
        line("PROVIDER", "retell.call_started"),
        line("PROVIDER", "retell.call_ended"),
        line("DECISION", "outcome"),
        line("PROVIDER", "retell.call_analyzed"),
        line("DECISION", "outcome"),
    ];
    let found = lines(&app, &boreale).await;
    for wanted in &expected {
        assert!(found.contains(wanted), "{wanted:?}: {found:#?}");
    }
    let details: Vec<(Value,)> = app
        .rows(
            &boreale,
            "select detail from black_box_events where subscriber_id = $1 and kind = 'outcome' order by id",
        )
        .await;
    let (last,) = details.last().unwrap();
    assert_eq!(last["outcome_type"], "BOOKED");
    // The same event again changes nothing, and so is no line.
    let again = include_str!("../../data/retell/call_ended.json");
    let again: Value = serde_json::from_str(again).unwrap();
    app.retell_event(&again).send().await.expect(204);
    assert_eq!(lines(&app, &boreale).await, found);
}

#[tokio::test]
async fn a_text_tells_how_it_was_answered_and_why_another_was_not() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, ANNE, &hvac, "are you open today?").await;
    let sid = app.twilio.only_text().sid;
    app.status_of(&sid, "delivered").send().await.expect(204);
    let expected = [
        line("PROVIDER", "twilio.text_received"),
        line("TOOL_CALL", "get_business_info"),
        line("JOB", "sms.reply_to_text"),
        line("DECISION", "text.sent"),
        line("PROVIDER", "text.accepted"),
        line("PROVIDER", "text.status"),
    ];
    assert_eq!(lines(&app, &hvac).await, expected);
    // Queued before the word, decided after it.
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("and on Monday?")
        .send()
        .await;
    app.text_from(ANNE)
        .to(&hvac.number)
        .says("STOP")
        .send()
        .await;
    app.run_jobs().await;
    let all = lines(&app, &hvac).await;
    assert!(all.contains(&line("DECISION", "no_answer")), "{all:#?}");
    assert!(
        all.contains(&line("DECISION", "text.suppressed")),
        "{all:#?}"
    );
    let words: i64 = app
        .value(
            &hvac,
            "select count(*) from black_box_events
              where subscriber_id = $1 and (detail::text like '%Monday%' or detail::text like '%open today%')",
        )
        .await;
    assert_eq!(words, 0, "nobody's words");
}

#[tokio::test]
async fn a_tool_of_the_brain_is_a_line() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").service("Repair", 60, 120).await;
    says(&app, ANNE, &hvac, "what does a repair cost?").await;
    let all = lines(&app, &hvac).await;
    let tools: i64 = app
        .value(
            &hvac,
            "select count(*) from tool_calls where subscriber_id = $1",
        )
        .await;
    let told = all
        .iter()
        .filter(|(source, _)| source == "TOOL_CALL")
        .count();
    assert_eq!(told as i64, tools, "{all:#?}");
}

#[tokio::test]
async fn a_conversation_that_fell_silent_says_what_ended_it() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, ANNE, &hvac, "hello").await;
    app.advance(crate::support::hours(25));
    app.run_schedules().await;
    let all = lines(&app, &hvac).await;
    assert_eq!(
        all.last(),
        Some(&line("JOB", "sms.close_idle_texts")),
        "{all:#?}"
    );
}

#[tokio::test]
async fn tools_of_the_business_add_lines() {
    let app = TestApp::start().await;
    let (hvac, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let event = json!({"interaction_id": id, "kind": "crm.ticket_opened", "detail": {"ticket": 7}});
    let n8n = app.api_key(&hvac, &["events:write"]).await;
    let written = n8n
        .post("/api/black-box/event", event.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&written["source"], &written["kind"], &written["detail"]),
        (
            &json!("EXTERNAL"),
            &json!("crm.ticket_opened"),
            &json!({"ticket": 7})
        )
    );
    assert_eq!(written["interaction_id"], id.to_string());
    let staff = app.staff(&hvac).await;
    let written = staff
        .post("/black-box/event", event.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(written["source"], "STAFF");
    let all = lines(&app, &hvac).await;
    assert!(
        all.contains(&line("EXTERNAL", "crm.ticket_opened")),
        "{all:#?}"
    );
    // It can write and not read.
    n8n.get(&format!("/api/black-box/{id}"))
        .await
        .expect_problem(403, "forbidden");
    let reader = app.api_key(&hvac, &["read"]).await;
    reader
        .post("/api/black-box/event", event.clone())
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .post("/api/black-box/event", event.clone())
        .await
        .expect_problem(401, "unauthenticated");
    let others = app.api_key(&other, &["events:write"]).await;
    others
        .post("/api/black-box/event", event)
        .await
        .expect_problem(404, "not_found");
    for wrong in [
        json!({"interaction_id": id, "kind": "two words"}),
        json!({"interaction_id": id, "kind": "note", "detail": {"text": "forged"}, "source": "STAFF"}),
        json!({"interaction_id": id, "kind": "crm", "detail": "text"}),
        json!({"interaction_id": id, "kind": "crm", "detail": {"text": "x".repeat(9000)}}),
        json!({"interaction_id": "nonsense", "kind": "crm"}),
        json!({"kind": "crm"}),
    ] {
        let answer = n8n.post("/api/black-box/event", wrong).await;
        answer.expect_problem(422, "invalid_request");
    }
    let unknown = json!({"interaction_id": Uuid::now_v7(), "kind": "crm"});
    n8n.post("/api/black-box/event", unknown)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_long_timeline_has_pages_in_its_order() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let whole = staff.get(&format!("/api/black-box/{id}")).await.expect(200);
    let mut seen = Vec::new();
    let mut path = format!("/api/black-box/{id}?limit=2");
    loop {
        let page = staff.get(&path).await.expect(200);
        seen.extend(each(&page, "id"));
        match page.json()["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/black-box/{id}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, each(&whole, "id"));
    assert!(seen.len() >= 4, "{}", whole.body);
}
