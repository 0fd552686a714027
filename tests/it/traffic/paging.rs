//! Pages, and lists as tables.
use std::collections::BTreeSet;

use super::{ids, plant};
use crate::support::{Answer, Subscriber, TestApp};

/// So many calls, a second apart, every third at the same moment as the one before.
async fn plant_many(app: &TestApp, subscriber: &Subscriber) {
    app.change(
        subscriber,
        "insert into interactions
             (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, external_id, status,
              day, started_at)
         select $1, gen_random_uuid(), 'VOICE', 'INBOUND', 'RETELL', 'RETELL', 'RETELL', 'old' || n, 'COMPLETED',
                '2026-11-20', timestamptz '2026-11-20T15:00:00Z' + make_interval(secs => n - (n % 3) / 2)
           from generate_series(1, 230) as n",
    )
    .await;
}

async fn add_newer(app: &TestApp, subscriber: &Subscriber) {
    app.change(
        subscriber,
        "insert into interactions
             (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, status, day, started_at)
         select $1, gen_random_uuid(), 'VOICE', 'INBOUND', 'RETELL', 'RETELL', 'RETELL', 'COMPLETED', '2026-11-21',
                timestamptz '2026-11-21T15:00:00Z'
           from generate_series(1, 7)",
    )
    .await;
}

fn next(answer: &Answer) -> Option<String> {
    answer.json()["next_cursor"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn pages_hold_every_row_once_while_rows_are_added() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    plant_many(&app, &hvac).await;
    let old = "select id::text from interactions where subscriber_id = $1 order by started_at desc, id desc";
    let old: Vec<(String,)> = app.rows(&hvac, old).await;
    let old: Vec<String> = old.into_iter().map(|(id,)| id).collect();
    let staff = app.staff(&hvac).await;
    for path in ["/api/dashboard/calls", "/api/interactions", "/api/inbox"] {
        let mut page = staff.get(path).await.expect(200);
        assert_eq!(ids(&page).len(), 50, "{path}");
        let mut seen = ids(&page);
        while let Some(cursor) = next(&page) {
            add_newer(&app, &hvac).await;
            page = staff
                .get(&format!("{path}?cursor={cursor}"))
                .await
                .expect(200);
            seen.extend(ids(&page));
        }
        // Those that were added for the list before come first.
        let newer = seen.len() - old.len();
        assert_eq!(seen[newer..], old, "{path}");
        assert!(seen[..newer].iter().all(|id| !old.contains(id)), "{path}");
    }
    let page = staff.get("/api/dashboard/calls?limit=100000").await;
    assert_eq!(ids(&page.expect(200)).len(), 200);
    let page = staff.get("/api/dashboard/calls?limit=0").await.expect(200);
    assert_eq!(ids(&page).len(), 1);
}

#[tokio::test]
async fn calls_are_a_table_as_well() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    plant(&app, &hvac).await;
    app.change(
        &hvac,
        "update interactions set summary = '=1+1, and \"more\"'
          where subscriber_id = $1 and external_id = 'booked'",
    )
    .await;
    let staff = app.staff(&hvac).await;
    let path = "/api/dashboard/calls?format=csv&phone=%2B15145550142&status=completed";
    let table = staff.get(path).await.expect(200);
    assert!(table.header("content-type").starts_with("text/csv"));
    assert!(table.header("content-disposition").contains("calls.csv"));
    let lines: Vec<&str> = table.body.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{}", table.body);
    assert!(lines[0].starts_with("id,external_call_id,provider,channel,direction,from_number"));
    assert!(lines[1].contains(",booked,RETELL,VOICE,INBOUND,+15145550142,+14315550100,"));
    assert!(
        lines[1].contains("\"'=1+1, and \"\"more\"\"\""),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains(",outgoing,RETELL,VOICE,OUTBOUND,"));
    let mut asked = staff.prepare(
        axum::http::Method::GET,
        "/api/dashboard/calls?limit=2",
        None,
    );
    let accept = "text/csv".parse().unwrap();
    asked.headers_mut().insert("accept", accept);
    let table = app.send(asked).await.expect(200);
    assert_eq!(table.body.lines().count(), 3);
    let cursor = table.header("x-next-cursor").to_owned();
    let rest = format!("/api/dashboard/calls?format=csv&cursor={cursor}");
    let rest = staff.get(&rest).await.expect(200);
    assert_eq!(rest.body.lines().count(), 4);
    let all: BTreeSet<&str> = table.body.lines().chain(rest.body.lines()).collect();
    assert_eq!(all.len(), 6, "a heading and five calls");
}
