//! What dashboards show is what happened.
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::busy::{Dice, month};
use crate::support::{Client, Subscriber, TestApp, at, hours};

/// What happened, counted from the rows themselves: by day and channel.
const RAW: &str = "
    with days as (
      select day, channel from interactions where subscriber_id = $1
      union select i.day, 'SMS' from outgoing_messages o
        join interactions i on i.subscriber_id = $1 and i.id = o.interaction_id
       where o.subscriber_id = $1 and o.sent_at is not null
      union select day, case usage_type when 'VOICE_CALL' then 'VOICE' else 'SMS' end from usage_records
       where subscriber_id = $1
    )
    select jsonb_build_object(
      'date', d.day, 'channel', d.channel,
      'total_calls', (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                         and i.channel = d.channel),
      'answered', (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                      and i.channel = d.channel and status <> 'OPEN'
                      and outcome_type not in ('MISSED', 'ABANDONED', 'BLOCKED', 'FAILED', 'OTHER')),
      'missed', (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                    and i.channel = d.channel and outcome_type = 'MISSED'),
      'transferred', (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                         and i.channel = d.channel and outcome_type = 'TRANSFERRED'),
      'booked', (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                    and i.channel = d.channel and outcome_type = 'BOOKED'),
      'ai_handled', (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                        and i.channel = d.channel and handled_by = 'AI'),
      'average_duration_seconds', (select coalesce(floor(sum(duration_seconds)::numeric / nullif(count(*), 0)), 0)
                                     from interactions i
                                    where i.subscriber_id = $1 and i.day = d.day and i.channel = d.channel),
      'billed_minutes', (select coalesce(sum(u.billed_minutes), 0) from latest u
                          where u.day = d.day and u.channel = d.channel),
      'segments', (select coalesce(sum(u.segments), 0) from latest u where u.day = d.day and u.channel = d.channel),
      'provider_cost_cents', (select trim_scale(coalesce(sum(u.cost), 0) * 100)::text from latest u
                               where u.day = d.day and u.channel = d.channel),
      'price', (select trim_scale(coalesce(sum(u.price), 0))::text from latest u
                 where u.day = d.day and u.channel = d.channel),
      'currency', 'CAD',
      'messages_in', (select count(*) from interaction_messages m
                        join interactions i on i.subscriber_id = $1 and i.id = m.interaction_id
                       where m.subscriber_id = $1 and m.role = 'CALLER' and m.position is null
                         and i.day = d.day and i.channel = d.channel),
      'messages_out', (select count(*) from outgoing_messages o
                         join interactions i on i.subscriber_id = $1 and i.id = o.interaction_id
                        where o.subscriber_id = $1 and o.sent_at is not null and i.day = d.day
                          and d.channel = 'SMS'),
      'by_outcome', (select jsonb_object_agg(o.outcome,
                              (select count(*) from interactions i where i.subscriber_id = $1 and i.day = d.day
                                  and i.channel = d.channel and i.outcome_type = o.outcome))
                       from unnest(array['BOOKED', 'RESCHEDULED', 'CANCELLED', 'TRANSFERRED', 'MESSAGE_TAKEN',
                                         'ANSWERED', 'VOICEMAIL', 'MISSED', 'ABANDONED', 'BLOCKED', 'FAILED',
                                         'OTHER']) as o (outcome)))
      from days d order by d.day, d.channel";

/// The usage that stands: of each source its last revision.
const LATEST: &str = "
    create view latest as
    select distinct on (subscriber_id, source) subscriber_id, day,
           case usage_type when 'VOICE_CALL' then 'VOICE' else 'SMS' end as channel,
           billed_minutes, segments, cost, price
      from usage_records order by subscriber_id, source, revision desc";

async fn raw(app: &TestApp, shop: &Subscriber) -> Vec<Value> {
    let mut conn = app.database.superuser().await;
    sqlx::query(LATEST).execute(&mut conn).await.unwrap();
    let rows = sqlx::query_scalar(RAW).bind(shop.id).fetch_all(&mut conn);
    let rows = rows.await.unwrap();
    sqlx::query("drop view latest")
        .execute(&mut conn)
        .await
        .unwrap();
    rows
}

/// The sum of a member over rows, as a number.
fn sum<'a>(rows: impl IntoIterator<Item = &'a Value>, member: &str) -> Decimal {
    let values = rows.into_iter().map(|row| match &row[member] {
        Value::String(text) => text.parse().unwrap(),
        value => Decimal::from(value.as_i64().unwrap()),
    });
    values.sum()
}

fn number(value: &Value) -> Decimal {
    sum([&json!({ "it": value })], "it")
}

async fn get(client: &Client<'_>, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

#[tokio::test]
async fn every_figure_is_what_the_rows_come_to_after_a_busy_month() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    month(&app, &shop, &mut Dice(20_261_121)).await;
    let owner = app.owner(&shop).await;
    let raw = raw(&app, &shop).await;
    assert!(raw.len() > 40, "a busy month: {} rows", raw.len());

    let found = get(&owner, "/api/dashboard/metrics?days=60").await;
    let found = found["data"].as_array().unwrap();
    assert_eq!(found.len(), raw.len());
    for (found, raw) in found.iter().zip(&raw) {
        assert_eq!(found, raw);
    }
    // The month was varied enough to mean something.
    let calls: Vec<&Value> = raw.iter().filter(|row| row["channel"] == "VOICE").collect();
    for (outcome, _) in raw[0]["by_outcome"].as_object().unwrap() {
        let count = calls
            .iter()
            .map(|row| row["by_outcome"][outcome].as_i64().unwrap())
            .sum::<i64>();
        assert!(count > 0 || outcome == "OTHER", "no call ended {outcome}");
    }

    let all = get(&owner, "/api/dashboard/metrics/aggregated?days=60").await;
    let of_calls = get(&owner, "/api/dashboard/calls/metrics?days=60").await;
    for member in [
        "total_calls",
        "answered",
        "missed",
        "transferred",
        "booked",
        "ai_handled",
        "billed_minutes",
        "provider_cost_cents",
        "price",
    ] {
        assert_eq!(number(&all[member]), sum(&raw, member), "{member}");
        let calls = calls.iter().copied();
        assert_eq!(number(&of_calls[member]), sum(calls, member), "{member}");
    }
    for member in ["messages_in", "messages_out", "segments"] {
        assert!(sum(&raw, member) > Decimal::ZERO, "{member}");
        assert_eq!(number(&all[member]), sum(&raw, member), "{member}");
    }
    assert!(all["date"].is_null() && all["channel"].is_null());
    let seconds: i64 = app
        .value(
            &shop,
            "select sum(duration_seconds) / count(*) from interactions
              where subscriber_id = $1 and channel = 'VOICE'",
        )
        .await;
    assert_eq!(of_calls["average_duration_seconds"], seconds);
    assert_eq!(
        get(
            &owner,
            "/api/dashboard/metrics/aggregated?days=60&channel=sms"
        )
        .await["total_calls"],
        i64::try_from(sum(
            raw.iter().filter(|row| row["channel"] == "SMS"),
            "total_calls"
        ))
        .unwrap()
    );
}

#[tokio::test]
async fn the_first_look_agrees_with_the_rows_too() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    month(&app, &shop, &mut Dice(7)).await;
    let owner = app.owner(&shop).await;
    let stats = get(&owner, "/api/dashboard/stats").await;
    assert_eq!(get(&owner, "/api/dashboard-stats").await, stats);
    let raw = raw(&app, &shop).await;
    // In Paris it is the same day.
    let in_month = |month: &'static str| {
        let rows = raw.iter();
        rows.filter(move |row| row["date"].as_str().unwrap().starts_with(month))
    };
    let calls = |month| in_month(month).filter(|row| row["channel"] == "VOICE");
    let today = calls("2026-11-21");
    assert_eq!(number(&stats["calls_today"]), sum(today, "total_calls"));
    assert!(number(&stats["calls_today"]) > Decimal::ZERO);
    for (member, figure) in [
        ("calls_month", "total_calls"),
        ("answered", "answered"),
        ("missed", "missed"),
    ] {
        assert_eq!(
            number(&stats[member]),
            sum(calls("2026-11"), figure),
            "{member}"
        );
    }
    assert_eq!(number(&stats["booked"]), sum(in_month("2026-11"), "booked"));
    assert_eq!(
        number(&stats["messages_month"]),
        sum(in_month("2026-11"), "messages_in") + sum(in_month("2026-11"), "messages_out")
    );
    let (used, balance): (i32, Decimal) = app
        .rows(
            &shop,
            "select p.used_minutes, a.balance from usage_periods p
               join credit_accounts a on a.subscriber_id = $1
              where p.subscriber_id = $1 and p.starts_on = '2026-11-01'",
        )
        .await
        .remove(0);
    assert_eq!(stats["minutes_used"], used);
    assert_eq!(stats["minutes_included"], 500);
    assert_eq!(number(&stats["balance"]), balance);
    assert_eq!(
        (&stats["currency"], &stats["appointments_today"]),
        (&json!("CAD"), &json!(0))
    );

    let enhanced = get(&owner, "/api/dashboard/stats-enhanced").await;
    for (member, value) in stats.as_object().unwrap() {
        assert_eq!(&enhanced[member], value, "{member}");
    }
    let until = |row: &&Value| row["date"].as_str().unwrap() <= "2026-10-21";
    assert_eq!(
        number(&enhanced["previous"]["calls_month"]),
        sum(calls("2026-10").filter(until), "total_calls")
    );
    assert_eq!(
        enhanced["by_day"].as_array().unwrap().len(),
        in_month("2026-11").count()
    );
}

#[tokio::test]
async fn analytics_agree_with_the_rows() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    month(&app, &shop, &mut Dice(99)).await;
    let owner = app.owner(&shop).await;
    let analytics = get(&owner, "/api/analytics?from=2026-11-03&to=2026-11-20").await;
    assert_eq!(analytics["timezone"], "Europe/Paris");
    let raw = raw(&app, &shop).await;
    let within = |from: &'static str, to: &'static str| {
        let rows = raw.iter();
        rows.filter(move |row| (from..=to).contains(&row["date"].as_str().unwrap()))
    };
    let (range, before) = (
        || within("2026-11-03", "2026-11-20"),
        || within("2026-10-16", "2026-11-02"),
    );
    for member in ["total_calls", "booked", "price", "messages_in"] {
        assert_eq!(number(&analytics["totals"][member]), sum(range(), member));
        assert_eq!(
            number(&analytics["previous"][member]),
            sum(before(), member)
        );
        let by_day = analytics["by_day"].as_array().unwrap();
        assert_eq!(by_day.len(), 18);
        for row in by_day {
            let of_day = range().filter(|raw| raw["date"] == row["date"]);
            assert_eq!(number(&row[member]), sum(of_day, member));
        }
        for row in analytics["by_channel"].as_array().unwrap() {
            let of_channel = range().filter(|raw| raw["channel"] == row["channel"]);
            assert_eq!(number(&row[member]), sum(of_channel, member));
        }
    }
    let by_hour: Vec<(i32, i64)> = app
        .rows(
            &shop,
            "select extract(hour from started_at at time zone 'Europe/Paris')::int, count(*) from interactions
              where subscriber_id = $1 and day between '2026-11-03' and '2026-11-20' group by 1",
        )
        .await;
    let hours = analytics["by_hour"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    for hour in hours {
        let counted = by_hour.iter().find(|(of, _)| hour["hour"] == *of);
        assert_eq!(hour["interactions"], counted.map_or(0, |(_, count)| *count));
    }
    let languages: Vec<(Option<String>, i64)> = app
        .rows(
            &shop,
            "select language, count(*) from interactions
              where subscriber_id = $1 and day between '2026-11-03' and '2026-11-20' group by 1",
        )
        .await;
    let found = analytics["by_language"].as_array().unwrap();
    assert_eq!(found.len(), languages.len());
    for row in found {
        let counted = languages
            .iter()
            .find(|(of, _)| row["language"] == json!(of));
        assert_eq!(row["interactions"], counted.unwrap().1);
    }
    for (path, field) in [
        ("/api/analytics?from=2026-01-01&to=2026-06-01", "from"),
        ("/api/analytics?days=93", "days"),
        ("/api/dashboard/metrics?days=367", "days"),
        (
            "/api/dashboard/metrics?from=2026-02-02&to=2026-02-01",
            "from",
        ),
        ("/api/dashboard/metrics?nonsense=1", "nonsense"),
    ] {
        let problem = owner.get(path).await.expect_problem(422, "invalid_request");
        assert_eq!(problem.json()["errors"][0]["field"], field, "{path}");
    }
}

#[tokio::test]
async fn hours_and_languages_are_read_from_the_index_alone() {
    let app = TestApp::start().await;
    let mut conn = app.database.superuser().await;
    for statement in [
        "set session_replication_role = replica",
        "insert into interactions (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, day,
                                   started_at)
         select case n % 10 when 0 then '00000000-0000-4000-8000-000000000001'::uuid else gen_random_uuid() end,
                gen_random_uuid(), 'VOICE', 'INBOUND', 'RETELL', 'RETELL', 'RETELL', '2026-01-01'::date + n % 300,
                '2026-01-01'::timestamptz + n % 300 * interval '1 day'
           from generate_series(1, 30000) n",
        // Whether it can be done is asked, not whether it pays before autovacuum came by.
        "set enable_seqscan = off",
        "set enable_bitmapscan = off",
    ] {
        sqlx::query(statement).execute(&mut conn).await.unwrap();
    }
    let plan: Vec<String> = sqlx::query_scalar(
        "explain select extract(hour from started_at at time zone 'UTC')::int, channel, language, count(*)
           from interactions
          where subscriber_id = '00000000-0000-4000-8000-000000000001' and day between '2026-03-01' and '2026-03-30'
          group by 1, 2, 3",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(
        plan.contains("Index Only Scan using interactions_day"),
        "{plan}"
    );
}

#[tokio::test]
async fn new_leads_are_those_of_the_month_that_nobody_took_up() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    for (status, created_at) in [
        ("NEW", "2026-11-20"),
        ("NEW", "2026-11-01T06:00:00Z"),
        // In Winnipeg it was October.
        ("NEW", "2026-11-01T04:59:59Z"),
        ("CONTACTED", "2026-11-20"),
    ] {
        let mut conn = app.database.superuser().await;
        sqlx::query(
            "insert into leads (subscriber_id, id, summary, status, created_at)
             values ($1, gen_random_uuid(), 'a request', $2, $3::timestamptz)",
        )
        .bind(shop.id)
        .bind(status)
        .bind(created_at)
        .execute(&mut conn)
        .await
        .unwrap();
    }
    let owner = app.owner(&shop).await;
    assert_eq!(get(&owner, "/api/dashboard/stats").await["new_leads"], 2);
}

#[tokio::test]
async fn today_is_the_subscribers_own_day() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let mut conn = app.database.superuser().await;
    sqlx::query(
        "insert into usage_rollups (subscriber_id, id, day, channel, interactions)
         values ($1, gen_random_uuid(), '2026-11-30', 'VOICE', 3), ($1, gen_random_uuid(), '2026-12-01', 'VOICE', 5)",
    )
    .bind(shop.id)
    .execute(&mut conn)
    .await
    .unwrap();
    app.advance(at("2026-12-01T05:30:00Z") - app.clock.now());
    let owner = app.owner(&shop).await;
    // In Winnipeg it is half past eleven in the evening of the last of November.
    let stats = get(&owner, "/api/dashboard/stats").await;
    assert_eq!(
        (&stats["calls_today"], &stats["calls_month"]),
        (&json!(3), &json!(3))
    );
    app.advance(hours(1));
    let stats = get(&owner, "/api/dashboard/stats").await;
    assert_eq!(
        (&stats["calls_today"], &stats["calls_month"]),
        (&json!(5), &json!(5))
    );
}

#[tokio::test]
async fn figures_are_for_the_people_of_the_business_and_show_nothing_of_anothers() {
    let app = TestApp::start().await;
    let (shop, other) = (app.subscriber("hvac").await, app.subscriber("other").await);
    month(&app, &other, &mut Dice(5)).await;
    let staff = app.staff(&shop).await;
    for path in [
        "/api/dashboard/stats",
        "/api/dashboard-stats",
        "/api/dashboard/stats-enhanced",
        "/api/dashboard/calls/metrics",
        "/api/dashboard/metrics",
        "/api/dashboard/metrics/aggregated",
        "/api/analytics",
        "/api/billing/usage",
        "/api/billing/ledger",
        "/api/credits/balance",
        "/api/subscription-status",
    ] {
        let body = get(&staff, path).await;
        assert_eq!(sums_in(&body), 0, "{path}: {body}");
        // Without the prefix it is the same.
        let older = path.strip_prefix("/api").unwrap();
        assert_eq!(get(&staff, older).await, body);
        let stranger = app.stranger();
        stranger
            .get(path)
            .await
            .expect_problem(401, "unauthenticated");
        let operator = app.operator().await;
        operator.get(path).await.expect_problem(403, "forbidden");
        let teller = app.api_key(&shop, &["events:write"]).await;
        teller.get(path).await.expect_problem(403, "forbidden");
        app.api_key(&shop, &["read"])
            .await
            .get(path)
            .await
            .expect(200);
    }
}

/// Every count of something that happened, added up wherever it stands.
fn sums_in(body: &Value) -> i64 {
    const COUNTS: [&str; 8] = [
        "total_calls",
        "calls_month",
        "messages_month",
        "interactions",
        "used_minutes",
        "minutes_used",
        "total_minutes_used",
        "billed_minutes",
    ];
    match body {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value.as_i64() {
                Some(count) if COUNTS.contains(&name.as_str()) => count,
                _ => sums_in(value),
            })
            .sum(),
        Value::Array(rows) => rows.iter().map(sums_in).sum(),
        _ => 0,
    }
}
