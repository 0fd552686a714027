//! Dead jobs, reconciliation runs and alerts.
use serde_json::Value;
use uuid::Uuid;

use crate::support::{TestApp, execute};

#[tokio::test]
async fn a_dead_job_is_seen_and_runs_again_or_is_taken_out() {
    let mut app = TestApp::start().await;
    app.expect_dead_jobs();
    let operator = app.operator().await;
    let mut conn = app.database.superuser().await;
    execute(
        &mut conn,
        "insert into jobs (id, kind, lane, payload, state, run_at, attempts, max_attempts, last_error, created_at,
                           finished_at)
         select gen_random_uuid(), 'jobs.clear_expired', 'bulk', '{}', 'DEAD', now(), 3, 3, 'it broke', now(),
                now() - n * interval '1 second'
           from generate_series(1, 2) n",
    )
    .await;
    let jobs = operator
        .get("/api/admin/jobs?state=dead")
        .await
        .expect(200)
        .json();
    let jobs = jobs["data"].as_array().unwrap();
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0]["last_error"], "it broke");
    let path =
        |job: &Value, act: &str| format!("/api/admin/jobs/{}/{act}", job["id"].as_str().unwrap());
    operator
        .post(&path(&jobs[0], "retry"), Value::Null)
        .await
        .expect(202);
    operator
        .post(&path(&jobs[1], "cancel"), Value::Null)
        .await
        .expect(204);
    for (job, act) in [
        (&jobs[0], "retry"),
        (&jobs[1], "retry"),
        (&jobs[1], "cancel"),
    ] {
        operator
            .post(&path(job, act), Value::Null)
            .await
            .expect_problem(404, "not_found");
    }
    let left = operator.get("/api/admin/jobs").await.expect(200).json();
    assert_eq!(left["data"], Value::Array(Vec::new()));
    operator
        .get("/api/admin/jobs?state=DONE")
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn a_reconciliation_is_ordered_and_seen() {
    let app = TestApp::start().await;
    app.subscriber("hvac").await;
    let operator = app.operator().await;
    for _ in 0..2 {
        let trigger = operator
            .post("/api/admin/reconciliation-runs/trigger", Value::Null)
            .await;
        trigger.expect(202);
    }
    app.run_jobs().await;
    let runs = operator
        .get("/api/admin/reconciliation-runs")
        .await
        .expect(200)
        .json();
    let runs = runs["data"].as_array().unwrap();
    assert_eq!(runs.len(), 1, "ordered twice, it is one");
    assert_eq!(
        (&runs[0]["state"], &runs[0]["checked"]),
        (&"DONE".into(), &1.into())
    );
}

#[tokio::test]
async fn an_alert_is_seen_until_it_is_resolved() {
    let app = TestApp::start().await;
    let (hvac, operator) = (app.subscriber("hvac").await, app.operator().await);
    app.change(
        &hvac,
        "insert into ops_alerts (id, subscriber_id, kind, severity, detail, dedupe_key, created_at)
         values (gen_random_uuid(), $1, 'job.dead', 'WARNING', 'a job died', 'cause', now())",
    )
    .await;
    let list = async |query: &str| {
        let answer = operator
            .get(&format!("/api/admin/ops-alerts?{query}"))
            .await;
        answer.expect(200).json()["data"]
            .as_array()
            .unwrap()
            .clone()
    };
    let open = list("open=true").await;
    assert_eq!(open[0]["kind"], "job.dead");
    let id = open[0]["id"].as_str().unwrap();
    let resolve = async |query: String| {
        let path = format!("/api/admin/ops-alerts/{id}/resolve{query}");
        operator.post(&path, Value::Null).await
    };
    // Named beside another business, it is not there.
    resolve(format!("?subscriber={}", Uuid::now_v7()))
        .await
        .expect_problem(404, "not_found");
    resolve(format!("?subscriber={}", hvac.id))
        .await
        .expect(204);
    assert!(list("open=true").await.is_empty());
    assert_eq!(list("open=false").await.len(), 1);
}
