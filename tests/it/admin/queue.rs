//! Webhooks that were kept, and how an operator takes them up again.
use serde_json::Value;

use crate::support::{Client, TestApp, execute, minutes, seconds};

const ANNE: &str = "+15145550123";
const QUEUE: &str = "/api/admin/webhook-queue";
const BREAK: &str = "alter table usage_rollups rename to elsewhere";
const MEND: &str = "alter table elsewhere rename to usage_rollups";

async fn queue(operator: &Client<'_>, query: &str) -> Vec<Value> {
    let answer = operator.get(&format!("{QUEUE}{query}")).await.expect(200);
    answer.json()["data"].as_array().unwrap().clone()
}

async fn replay(operator: &Client<'_>, row: &Value) -> u16 {
    let id = row["id"].as_str().unwrap();
    let of = row["subscriber_id"]
        .as_str()
        .map(|id| format!("?subscriber={id}"));
    let path = format!("{QUEUE}/{id}/replay{}", of.unwrap_or_default());
    operator.post(&path, Value::Null).await.status.as_u16()
}

#[tokio::test]
async fn what_belonged_to_nobody_is_taken_up_once_somebody_has_the_number() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let text = app.text_from(ANNE).to("+14315550000").says("hello");
    text.send().await.expect(200);
    let kept = queue(&operator, "").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (&kept[0]["state"], &kept[0]["kind"]),
        (&"UNROUTED".into(), &"text".into())
    );
    assert!(
        kept[0].get("raw_body").is_none(),
        "bodies are somebody's words"
    );
    // Too early: it is nobody's as before.
    assert_eq!(replay(&operator, &kept[0]).await, 202);
    app.run_jobs().await;
    assert_eq!(queue(&operator, "?state=unrouted").await.len(), 1);
    let hvac = app.subscriber("hvac").number("+14315550000").await;
    assert_eq!(replay(&operator, &kept[0]).await, 202);
    app.run_jobs().await;
    assert!(queue(&operator, "").await.is_empty());
    assert_eq!(app.count_events(&hvac, "message.received").await, 1);
    // It took effect: neither the operator nor Twilio makes it happen again.
    assert_eq!(replay(&operator, &kept[0]).await, 404);
    text.send().await.expect(200);
    assert_eq!(app.count_events(&hvac, "message.received").await, 1);
}

#[tokio::test]
async fn what_failed_for_good_is_shown_with_its_dead_job_and_taken_up_once_it_is_mended() {
    let mut app = TestApp::start().await;
    app.expect_dead_jobs();
    let (hvac, operator) = (app.subscriber("hvac").await, app.operator().await);
    let mut conn = app.database.superuser().await;
    execute(&mut conn, BREAK).await;
    let text = app.text_from(ANNE).to(&hvac.number).says("hello");
    text.send().await.expect(200);
    for _ in 0..20 {
        app.advance(minutes(12 * 60));
        app.run_jobs().await;
    }
    let answer = operator.get(QUEUE).await.expect(200).json();
    assert_eq!(answer["data"][0]["state"], "FAILED");
    assert_eq!(answer["data"][0]["subscriber_id"], hvac.id.to_string());
    assert_eq!(answer["dead_jobs"][0]["kind"], "inbound.reprocess");
    // Named beside another business, it is not there.
    let id = answer["data"][0]["id"].as_str().unwrap();
    let other = app.subscriber("plumber").await;
    let path = format!("{QUEUE}/{id}/replay?subscriber={}", other.id);
    operator
        .post(&path, Value::Null)
        .await
        .expect_problem(404, "not_found");
    execute(&mut conn, MEND).await;
    assert_eq!(replay(&operator, &answer["data"][0]).await, 202);
    app.run_jobs().await;
    assert!(queue(&operator, "").await.is_empty());
    assert_eq!(app.count_events(&hvac, "message.received").await, 1);
}

#[tokio::test]
async fn what_waits_for_its_turn_is_shown_and_keeps_it() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "1")]).await;
    let (hvac, operator) = (app.subscriber("hvac").await, app.operator().await);
    for from in [ANNE, "+15145550124"] {
        app.text_from(from)
            .to(&hvac.number)
            .says("hello")
            .send()
            .await
            .expect(200);
    }
    let waiting = queue(&operator, &format!("?state=WAITING&subscriber={}", hvac.id)).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(replay(&operator, &waiting[0]).await, 202);
    app.run_jobs().await;
    assert_eq!(queue(&operator, "?state=WAITING").await.len(), 1);
    app.advance(seconds(61));
    app.run_jobs().await;
    assert!(queue(&operator, "").await.is_empty());
    assert_eq!(app.count_events(&hvac, "message.received").await, 2);
}

#[tokio::test]
async fn what_nothing_takes_up_says_so() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    app.bare_status_of("SM1", "+14315550000", "delivered")
        .send()
        .await
        .expect(204);
    let kept = queue(&operator, "").await;
    assert_eq!(replay(&operator, &kept[0]).await, 409);
}
