//! A page of the largest subscriber is read from an index that ends with it, whatever is asked for.
use rocket_reception::{
    kernel::{
        db::{TenantTx, Tx},
        page::Cursor,
    },
    tenancy::Channel,
    traffic::{Direction, Outcome, Status, filter::Filter, store::lists},
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::{Subscriber, TestApp, at};

/// Most rows are of one subscriber, whom a plan for everybody takes for one of two hundred.
async fn plant(app: &TestApp) -> Subscriber {
    let largest = app.subscriber("largest").await;
    app.change(
        &largest,
        "insert into interactions
             (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, external_id, counterpart,
              status, outcome_type, day, started_at, last_message_at, is_unread)
         select $1, gen_random_uuid(), case when n % 5 = 0 then 'SMS' else 'VOICE' end,
                case when n % 1000 = 1 then 'OUTBOUND' else 'INBOUND' end, 'RETELL', 'RETELL', 'RETELL', 'call' || n,
                '+1204555' || lpad((n % 5000)::text, 4, '0'), case when n % 1000 = 2 then 'FAILED' else 'COMPLETED' end,
                case when n % 1000 = 3 then 'BLOCKED' else 'ANSWERED' end,
                (timestamptz '2026-01-01T12:00Z' + n * interval '20 minutes')::date,
                timestamptz '2026-01-01T12:00Z' + n * interval '20 minutes',
                timestamptz '2026-01-01T12:00Z' + n * interval '20 minutes', n % 7 = 0
           from generate_series(1, 20000) as n",
    )
    .await;
    app.change(
        &largest,
        "insert into subscribers (id, slug, business_name)
         select gen_random_uuid(), 'small' || n, $1::text from generate_series(1, 200) as n",
    )
    .await;
    app.change(
        &largest,
        "insert into interactions
             (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, external_id, status, day,
              started_at)
         select s.id, gen_random_uuid(), 'VOICE', 'INBOUND', 'RETELL', 'RETELL', 'RETELL', 'call' || n, 'COMPLETED',
                '2026-11-01', timestamptz '2026-11-01T12:00Z'
           from subscribers s, generate_series(1, 5) as n where s.id <> $1",
    )
    .await;
    app.change(
        &largest,
        "insert into usage_records
             (subscriber_id, id, usage_type, source, interaction_id, day, period, occurred_at, billed_minutes, price,
              currency, charged_from, balance_before, balance_after, free_minutes_before, free_minutes_after, created_at)
         select subscriber_id, id, 'VOICE_CALL', external_id, id, day, day, started_at, 1, 0.25, 'CAD', 'BALANCE', 0, 0,
                0, 0, started_at
           from interactions where subscriber_id = $1",
    )
    .await;
    let mut superuser = app.database.superuser().await;
    sqlx::query("analyze")
        .execute(&mut superuser)
        .await
        .unwrap();
    largest
}

/// The values of the statement, in the order in which they are pushed.
fn values(subscriber: &Subscriber, filter: &Filter) -> Vec<String> {
    let mut values = vec![subscriber.id.to_string()];
    values.extend(filter.channel.map(|channel| channel.as_str().to_owned()));
    values.extend(filter.status.map(|status| status.as_str().to_owned()));
    values.extend(filter.outcome.map(|outcome| outcome.as_str().to_owned()));
    values.extend(filter.phone.clone());
    for (day, moment) in [
        (filter.from, filter.not_before()),
        (filter.to, filter.before()),
    ] {
        values.extend(day.map(|day| day.to_string()));
        values.extend(moment.map(|moment| moment.to_rfc3339()));
    }
    if let Some(after) = filter.after {
        values.extend([after.at.to_rfc3339(), after.id.to_string()]);
    }
    values.push("51".to_owned());
    values
}

/// The plan as every connection keeps it, and what it did.
async fn explain(app: &TestApp, subscriber: &Subscriber, sql: &str, values: &[String]) -> String {
    let mut tx = TenantTx::begin_list(&app.state.db, subscriber.id)
        .await
        .unwrap();
    let prepare = format!("prepare page as {sql}");
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(tx.conn())
        .await
        .unwrap();
    let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    let explain = format!(
        "explain (analyze, costs off, timing off, summary off) execute page ({})",
        values.join(", ")
    );
    let lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
        .persistent(false)
        .fetch_all(tx.conn())
        .await
        .unwrap();
    sqlx::raw_sql("deallocate page")
        .execute(tx.conn())
        .await
        .unwrap();
    lines.join("\n")
}

/// How many rows were read and thrown away.
fn thrown_away(plan: &str) -> i64 {
    let counts = plan.lines().filter_map(|line| {
        // By a filter of a scan or of a join.
        let (_, count) = line
            .trim()
            .strip_prefix("Rows Removed by ")?
            .split_once(": ")?;
        count.parse::<i64>().ok()
    });
    counts.sum()
}

#[track_caller]
fn assert_ends_with_its_page(plan: &str, most_thrown_away: i64) {
    for step in ["Seq Scan", "Sort", "Bitmap"] {
        assert!(!plan.contains(step), "{step}:\n{plan}");
    }
    assert!(plan.contains("Index Scan using interactions_"), "{plan}");
    assert!(thrown_away(plan) <= most_thrown_away, "{plan}");
}

#[tokio::test]
async fn every_filter_finds_its_page_by_an_index() {
    let app = TestApp::start().await;
    let largest = plant(&app).await;
    let calls = Filter {
        channel: Some(Channel::Voice),
        ..Filter::default()
    };
    let day = Some("2026-03-08".parse().unwrap());
    let filters = [
        (Filter::default(), 0),
        (calls.clone(), 0),
        (
            Filter {
                channel: Some(Channel::Chat),
                ..calls.clone()
            },
            0,
        ),
        (
            Filter {
                outcome: Some(Outcome::Blocked),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                outcome: Some(Outcome::Blocked),
                ..calls.clone()
            },
            20,
        ),
        (
            Filter {
                outcome: Some(Outcome::Booked),
                ..calls.clone()
            },
            0,
        ),
        (
            Filter {
                status: Some(Status::Failed),
                ..calls.clone()
            },
            20,
        ),
        (
            Filter {
                status: Some(Status::Open),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                status: Some(Status::Completed),
                ..calls.clone()
            },
            60,
        ),
        (
            Filter {
                direction: Some(Direction::Outbound),
                ..calls.clone()
            },
            20,
        ),
        (
            Filter {
                direction: Some(Direction::Inbound),
                ..calls.clone()
            },
            60,
        ),
        (
            Filter {
                phone: Some("+12045550042".to_owned()),
                ..calls.clone()
            },
            4,
        ),
        (
            Filter {
                phone: Some("nobody".to_owned()),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                from: day,
                to: day,
                ..calls.clone()
            },
            200,
        ),
        (
            Filter {
                to: day,
                ..calls.clone()
            },
            200,
        ),
        (
            Filter {
                after: Some(Cursor {
                    at: at("2026-05-01T00:00:00Z"),
                    id: Uuid::nil(),
                }),
                ..calls
            },
            0,
        ),
    ];
    for (filter, most_thrown_away) in filters {
        let sql = lists::page(largest.id, &filter, 50).into_sql();
        let plan = explain(&app, &largest, sql.as_str(), &values(&largest, &filter)).await;
        assert_ends_with_its_page(&plan, most_thrown_away);
    }
}

#[tokio::test]
async fn the_inbox_is_read_from_its_index() {
    let app = TestApp::start().await;
    let largest = plant(&app).await;
    for filter in [
        Filter::default(),
        Filter {
            after: Some(Cursor {
                at: at("2026-05-01T00:00:00Z"),
                id: Uuid::nil(),
            }),
            ..Filter::default()
        },
    ] {
        let sql = lists::inbox_page(largest.id, &filter, 50).into_sql();
        let plan = explain(&app, &largest, sql.as_str(), &values(&largest, &filter)).await;
        assert_ends_with_its_page(&plan, 0);
        assert!(plan.contains("using interactions_inbox"), "{plan}");
    }
}
