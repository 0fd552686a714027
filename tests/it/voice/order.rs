//! Retell sends in order and does not wait: whatever arrives first, twice or late, the call ends up the same.
use std::collections::BTreeMap;

use serde_json::Value;

use super::{boreale, sample, tell, with};
use crate::support::{Subscriber, TestApp};

const CALL: &str = "call_5b0e1f7a2c9d4e63a8b7c6d5e4f";

/// Everything that is kept of each call, by its id; what differs from call to call by its nature is left out.
const CALLS: &str = "
    select i.external_id, replace((
        (to_jsonb(i) - array['id', 'subscriber_id', 'contact_id', 'created_at', 'updated_at'])
        || jsonb_build_object(
            'has_contact', i.contact_id is not null,
            'turns', (select jsonb_agg(jsonb_build_array(m.role, m.text, m.position, m.created_at) order by m.position)
                        from interaction_messages m where m.subscriber_id = $1 and m.interaction_id = i.id),
            'recordings', (select jsonb_agg(jsonb_build_array(r.kind, r.provider_url, r.duration_seconds, r.created_at)
                                            order by r.kind)
                             from recordings r where r.subscriber_id = $1 and r.interaction_id = i.id),
            'usage', (select jsonb_build_array(u.billed_minutes, u.duration_seconds, u.price, u.cost, u.occurred_at)
                        from usage_records u where u.subscriber_id = $1 and u.interaction_id = i.id
                       order by u.revision desc limit 1),
            'charged', (select sum(e.amount)
                          from ledger_entries e
                          join usage_records u on u.subscriber_id = $1 and u.id = e.usage_record_id
                         where e.subscriber_id = $1 and u.interaction_id = i.id),
            'events', (select jsonb_agg(x.type order by x.type)
                         from events x where x.subscriber_id = $1 and x.data ->> 'interaction_id' = i.id::text)
        ))::text, i.external_id, 'this call')::jsonb
      from interactions i where i.subscriber_id = $1";

/// The sums of all days.
const SUMS: &str = "
    select jsonb_build_object(
        'interactions', sum(interactions), 'answered', sum(answered), 'missed', sum(missed),
        'transferred', sum(transferred), 'booked', sum(booked), 'ai_handled', sum(ai_handled),
        'duration_s', sum(duration_s), 'billed_minutes', sum(billed_minutes), 'cost', sum(cost))
      from usage_rollups where subscriber_id = $1";

/// A call in which an appointment is booked.
fn booking() -> Vec<Value> {
    vec![
        sample!("call_started"),
        sample!("transcript_updated"),
        sample!("call_ended"),
        sample!("call_analyzed"),
    ]
}

/// A call that is put through to a person.
fn transfer() -> Vec<Value> {
    let transferred = |event| with(event, "/call/disconnection_reason", "call_transfer");
    vec![
        sample!("call_started"),
        sample!("transfer_started"),
        sample!("transfer_bridged"),
        transferred(sample!("call_ended")),
        sample!("transfer_ended"),
        transferred(sample!("call_analyzed")),
    ]
}

/// The same event of another call.
fn of_call(event: &Value, call: &str) -> Value {
    super::parse(&event.to_string().replace(CALL, call))
}

pub async fn calls(app: &TestApp, subscriber: &Subscriber) -> BTreeMap<String, Value> {
    app.rows::<(String, Value)>(subscriber, CALLS)
        .await
        .into_iter()
        .collect()
}

/// Tells each of the stories as another call, and expects every call to end up as the first, which is told in order.
async fn expect_the_same(stories: Vec<Vec<Value>>) {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "100000")]).await;
    let boreale = boreale(&app).await;
    for (number, story) in stories.iter().enumerate() {
        for event in story {
            tell(&app, &of_call(event, &format!("call_{number:04}"))).await;
        }
        if number == 0 {
            continue;
        }
        let kept = calls(&app, &boreale).await;
        let order: Vec<_> = story.iter().map(|event| &event["event"]).collect();
        assert_eq!(
            kept[&format!("call_{number:04}")],
            kept["call_0000"],
            "{order:?}"
        );
    }
    let sums: Value = app.value(&boreale, SUMS).await;
    let count = stories.len() as u64;
    assert_eq!(sums["interactions"], count);
    assert_eq!(sums["ai_handled"], count);
    assert_eq!(sums["billed_minutes"], 2 * count);
    assert_eq!(sums["duration_s"], 94 * count);
    assert_eq!(sums["answered"], count);
    assert_eq!(sums["booked"], count);
    assert_eq!(sums["transferred"], 0);
}

pub fn permutations(events: &[Value]) -> Vec<Vec<Value>> {
    if events.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in events.iter().enumerate() {
        let mut rest = events.to_vec();
        rest.remove(place);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

/// Numbers that look random and are the same in every run (xorshift).
pub struct Dice(pub u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// Each event one to three times, in any order.
    pub fn shuffled(&mut self, events: &[Value]) -> Vec<Value> {
        let mut story = Vec::new();
        for event in events {
            for _ in 0..=self.below(3) {
                story.insert(self.below(story.len() + 1), event.clone());
            }
        }
        story
    }
}

#[tokio::test]
async fn a_booking_ends_up_the_same_in_each_of_its_orders() {
    expect_the_same(permutations(&booking())).await;
}

#[tokio::test]
async fn a_booking_ends_up_the_same_when_events_come_several_times() {
    let mut dice = Dice(20_261_121);
    let mut stories = vec![booking()];
    stories.extend((0..25).map(|_| dice.shuffled(&booking())));
    expect_the_same(stories).await;
}

#[tokio::test]
async fn a_call_that_is_put_through_ends_up_the_same_in_any_order() {
    let mut dice = Dice(4_711);
    let mut stories = vec![transfer()];
    stories.extend((0..25).map(|_| dice.shuffled(&transfer())));
    expect_the_same(stories).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_events_of_a_call_at_once_end_up_the_same() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "100000")]).await;
    let boreale = boreale(&app).await;
    for event in booking() {
        tell(&app, &of_call(&event, "call_0000")).await;
    }
    for round in 1..10 {
        let call = format!("call_{round:04}");
        let events = booking().into_iter().cycle().take(12);
        let posts = events.map(|event| app.retell_event(&of_call(&event, &call)).request());
        for answer in app.send_at_once(posts.collect()).await {
            answer.expect(204);
        }
        let kept = calls(&app, &boreale).await;
        assert_eq!(kept[&call], kept["call_0000"], "{call}");
    }
    let sums: Value = app.value(&boreale, SUMS).await;
    assert_eq!(
        (&sums["interactions"], &sums["billed_minutes"]),
        (&10.into(), &20.into())
    );
}

#[tokio::test]
async fn a_late_start_does_not_open_a_call_again() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "100000")]).await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_analyzed")).await;
    tell(&app, &sample!("call_started")).await;
    let status = "select status from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&boreale, status).await, "COMPLETED");
}

#[tokio::test]
async fn a_shorter_transcript_that_comes_late_takes_nothing_away() {
    let app = TestApp::with(&[("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "100000")]).await;
    let boreale = boreale(&app).await;
    tell(&app, &sample!("call_ended")).await;
    let before = calls(&app, &boreale).await;
    tell(&app, &sample!("transcript_updated")).await;
    assert_eq!(calls(&app, &boreale).await, before);
}
