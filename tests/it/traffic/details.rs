//! One conversation with everything in it.
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ANNE, only_interaction, says};
use crate::support::{Subscriber, TestApp};

fn sample(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The call of the samples, from its first ring to its analysis.
pub async fn called(app: &TestApp) -> Subscriber {
    let boreale = app.subscriber("boreale").number("+14385550117");
    let boreale = boreale
        .older_id("tnt_01HBOREALE")
        .zone("America/Montreal")
        .await;
    app.change(
        &boreale,
        "update subscriber_profiles set recording_mode = 'ANNOUNCED' where subscriber_id = $1",
    )
    .await;
    for event in [
        include_str!("../../data/retell/call_started.json"),
        include_str!("../../data/retell/call_ended.json"),
        include_str!("../../data/retell/call_analyzed.json"),
    ] {
        app.retell_event(&sample(event)).send().await.expect(204);
    }
    boreale
}

const LISTED: [&str; 27] = [
    "id",
    "external_call_id",
    "provider",
    "channel",
    "direction",
    "transport_provider",
    "ai_provider",
    "from_number",
    "to_number",
    "contact_id",
    "status",
    "outcome_type",
    "ai_handled",
    "started_at",
    "ended_at",
    "duration_seconds",
    "billed_minutes",
    "provider_cost_cents",
    "price",
    "currency",
    "summary",
    "sentiment",
    "mode",
    "assigned_user_id",
    "is_ai_paused",
    "is_unread",
    "last_activity_at",
];

#[tokio::test]
async fn a_call_is_shown_with_what_was_said_done_recorded_and_charged() {
    let app = TestApp::start().await;
    let boreale = called(&app).await;
    let staff = app.staff(&boreale).await;
    let list = staff.get("/api/dashboard/calls").await.expect(200).json();
    let row = list["data"][0].as_object().unwrap().clone();
    assert_eq!(row.len(), LISTED.len(), "{row:?}");
    for member in LISTED {
        assert!(row.contains_key(member), "{member}");
    }
    assert_eq!(row["external_call_id"], "call_5b0e1f7a2c9d4e63a8b7c6d5e4f");
    assert_eq!(row["ai_handled"], true);
    assert_eq!(
        (&row["billed_minutes"], &row["duration_seconds"]),
        (&json!(2), &json!(94))
    );
    assert_eq!(row["provider_cost_cents"], "14.68");
    let charged: Decimal = app
        .value(&boreale, "select price from usage_records where subscriber_id = $1 order by revision desc limit 1")
        .await;
    let price: Decimal = row["price"].as_str().unwrap().parse().unwrap();
    assert_eq!((price, &row["currency"]), (charged, &json!("CAD")));

    let id = row["id"].as_str().unwrap();
    let call = staff
        .get(&format!("/api/dashboard/calls/{id}"))
        .await
        .expect(200);
    assert!(!call.body.contains("recordings.example"), "{}", call.body);
    let call = call.json();
    for (member, value) in &row {
        assert_eq!(&call[member], value, "{member}");
    }
    let transcript = call["transcript"].as_str().unwrap();
    let said = call["messages"].as_array().unwrap();
    let speaks = |turn: &&Value| turn["role"] == "AI" || turn["role"] == "CALLER";
    assert_eq!(
        transcript.lines().count(),
        said.iter().filter(speaks).count()
    );
    assert!(transcript.starts_with("Agent: "), "{transcript}");
    assert!(
        said.iter()
            .all(|turn| turn["status"].is_null() && turn["text"].is_string())
    );
    let recordings = call["recordings"].as_array().unwrap();
    assert_eq!(recordings.len(), 2);
    for recording in recordings {
        let path = format!(
            "/api/call-recordings/{}/audio",
            recording["id"].as_str().unwrap()
        );
        assert_eq!(recording["url"], path);
        assert_eq!(recording["duration_seconds"], 94);
    }
    assert_eq!(
        (&call["tool_calls"], &call["notes"]),
        (&json!([]), &json!([]))
    );
    let again = staff.get(&format!("/interactions/{id}")).await.expect(200);
    assert_eq!(again.json(), call);
}

#[tokio::test]
async fn a_corrected_charge_counts_as_it_stands_and_not_twice() {
    let app = TestApp::start().await;
    let boreale = called(&app).await;
    let mut longer = sample(include_str!("../../data/retell/call_analyzed.json"));
    longer["call"]["duration_ms"] = json!(200_000);
    longer["call"]["end_timestamp"] =
        json!(longer["call"]["end_timestamp"].as_i64().unwrap() + 106_000);
    longer["event_timestamp"] = json!(longer["event_timestamp"].as_i64().unwrap_or(1) + 1);
    app.retell_event(&longer).send().await.expect(204);
    let records: i64 = app
        .value(
            &boreale,
            "select count(*) from usage_records where subscriber_id = $1",
        )
        .await;
    let call = app
        .staff(&boreale)
        .await
        .get("/dashboard/calls")
        .await
        .json();
    let minutes: i32 = app
        .value(
            &boreale,
            "select billed_minutes from usage_records where subscriber_id = $1 order by revision desc limit 1",
        )
        .await;
    assert_eq!(call["data"][0]["billed_minutes"], minutes);
    assert!(
        records > 1 || minutes == 2,
        "the correction was not made: {records} {minutes}"
    );
}

#[tokio::test]
async fn a_text_conversation_says_how_each_text_fares() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, ANNE, &hvac, "are you open today?").await;
    let id = only_interaction(&app, &hvac).await;
    let staff = app.staff(&hvac).await;
    let shown = staff
        .get(&format!("/api/interactions/{id}"))
        .await
        .expect(200)
        .json();
    let turns: Vec<(&str, &str)> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| {
            (
                turn["role"].as_str().unwrap(),
                turn["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(turns, [("CALLER", "RECEIVED"), ("AI", "SENT")]);
    let transcript = shown["transcript"].as_str().unwrap();
    assert!(transcript.starts_with("User: are you open today?\nAgent: "));
    staff
        .get(&format!("/api/dashboard/calls/{id}"))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_conversation_of_another_subscriber_is_not_there() {
    let app = TestApp::start().await;
    let (hvac, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    says(&app, ANNE, &hvac, "hello").await;
    let id = only_interaction(&app, &hvac).await;
    let stranger = app.owner(&other).await;
    for path in [
        "/api/interactions",
        "/api/dashboard/calls",
        "/api/black-box",
    ] {
        for id in [id, Uuid::now_v7()] {
            let answer = stranger.get(&format!("{path}/{id}")).await;
            answer.expect_problem(404, "not_found");
        }
        let answer = stranger.get(&format!("{path}/nonsense")).await;
        answer.expect_problem(404, "not_found");
        let answer = app.stranger().get(&format!("{path}/{id}")).await;
        answer.expect_problem(401, "unauthenticated");
    }
}
