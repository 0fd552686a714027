//! Conversations as the business's people see them, and what they do in them.
mod black_box;
mod details;
mod lists;
mod paging;
mod plans;
mod recordings;
mod staff;
mod takeover;
mod texts;

use serde_json::Value;
use uuid::Uuid;

use crate::support::{Answer, Subscriber, TestApp};

const ANNE: &str = "+15145550142";
const BORIS: &str = "+12045550188";

/// Somebody texts the business, and gets an answer.
async fn says(app: &TestApp, from: &str, to: &Subscriber, words: &str) {
    let text = app.text_from(from).to(&to.number).says(words);
    text.send().await.expect(200);
    app.run_jobs().await;
}

/// The only conversation.
async fn only_interaction(app: &TestApp, subscriber: &Subscriber) -> Uuid {
    let statement = "select id from interactions where subscriber_id = $1";
    app.value(subscriber, statement).await
}

/// The ids of a page.
fn ids(answer: &Answer) -> Vec<String> {
    each(answer, "id")
}

/// One member of every row of a page.
fn each(answer: &Answer, member: &str) -> Vec<String> {
    let page: Value = answer.json();
    let rows = page["data"].as_array().expect("a page");
    rows.iter()
        .map(|row| row[member].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Conversations of every kind: `external_id` says of which. All of this year's November, in Winnipeg.
async fn plant(app: &TestApp, subscriber: &Subscriber) {
    app.change(
        subscriber,
        "insert into interactions
             (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, external_id,
              from_number, to_number, counterpart, status, outcome_type, handled_by, day, started_at, ended_at,
              last_message_at, duration_seconds, is_unread)
         select $1, gen_random_uuid(), channel, direction, 'TWILIO', 'RETELL', 'RETELL', name,
                case direction when 'INBOUND' then person else '+14315550100' end,
                case direction when 'INBOUND' then '+14315550100' else person end, person,
                status, outcome, 'AI', day::date, at::timestamptz, at::timestamptz + interval '1 minute',
                at::timestamptz + interval '1 minute', 60, is_unread
           from (values
             ('booked',   'VOICE', 'INBOUND',  '+15145550142', 'COMPLETED', 'BOOKED',   '2026-11-20', '2026-11-20T15:00Z', true),
             ('missed',   'VOICE', 'INBOUND',  '+12045550188', 'COMPLETED', 'MISSED',   '2026-11-20', '2026-11-21T03:00Z', false),
             ('outgoing', 'VOICE', 'OUTBOUND', '+15145550142', 'COMPLETED', 'ANSWERED', '2026-11-19', '2026-11-19T15:00Z', false),
             ('failed',   'VOICE', 'INBOUND',  '+12045550188', 'FAILED',    'FAILED',   '2026-11-18', '2026-11-18T15:00Z', true),
             ('ringing',  'VOICE', 'INBOUND',  '+15145550142', 'OPEN',      null,       '2026-11-21', '2026-11-21T15:59Z', true),
             ('texted',   'SMS',   'INBOUND',  '+15145550142', 'OPEN',      null,       '2026-11-21', '2026-11-21T12:00Z', false),
             ('chatted',  'CHAT',  'INBOUND',  null,           'COMPLETED', 'ANSWERED', '2026-11-01', '2026-11-01T12:00Z', true)
           ) as row (name, channel, direction, person, status, outcome, day, at, is_unread)",
    )
    .await;
}
