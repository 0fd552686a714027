//! A month in which much happens, told by the providers' own webhooks.
use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Subscriber, TestApp};

/// Numbers that look random and are the same in every run (xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// How calls end, and what an analysis may make of it.
const REASONS: [&str; 8] = [
    "agent_hangup",
    "agent_hangup",
    "user_hangup",
    "call_transfer",
    "voicemail_reached",
    "dial_no_answer",
    "error_llm_websocket_open",
    "scam_detected",
];
const OUTCOMES: [&str; 6] = [
    "booked",
    "rescheduled",
    "cancelled",
    "message_taken",
    "none",
    "none",
];

/// Calls that end, are told late or twice, and are corrected; texts that are answered. Ends at the present.
pub async fn month(app: &TestApp, shop: &Subscriber, dice: &mut Dice) {
    let end = app.clock.now();
    app.advance(Duration::days(-36));
    for step in 0..150_u64 {
        // The last steps stay within the last hours, so that something happened today.
        let minutes = if step < 140 { 366 } else { 60 };
        app.advance(Duration::minutes(minutes));
        if dice.below(3) > 0 {
            call(app, shop, dice, step).await;
        } else {
            text(app, shop, dice).await;
        }
        if step == 75 {
            // From here on a day begins elsewhere; days that were stay as they are.
            app.change(
                shop,
                "update subscriber_profiles set timezone = 'Europe/Paris' where subscriber_id = $1",
            )
            .await;
        }
        if step % 30 == 0 {
            app.run_schedules().await;
        }
    }
    assert_eq!(app.clock.now(), end);
}

/// One call, by up to four webhooks.
async fn call(app: &TestApp, shop: &Subscriber, dice: &mut Dice, number: u64) {
    let reason = REASONS[usize::try_from(dice.below(8)).unwrap()];
    let length_ms = i64::try_from(dice.below(400_000)).unwrap();
    // Some are told hours after they were, so that they belong to a day that is over.
    let began = app.clock.now() - Duration::hours(i64::try_from(dice.below(30)).unwrap());
    let began_ms = began.timestamp_millis();
    let mut call = json!({
        "call_type": "phone_call", "call_id": format!("call_{number}"), "direction": "inbound",
        "from_number": format!("+1514555{:04}", dice.below(20)), "to_number": shop.number,
        "agent_id": "agent_of_nobody", "call_status": "ongoing", "start_timestamp": began_ms,
        "metadata": {"subscriber_id": shop.id.to_string()},
    });
    let started = event("call_started", &call, began_ms);
    let is_late = dice.below(4) == 0;
    if !is_late {
        tell(app, &started).await;
    }
    call["call_status"] = json!("ended");
    call["end_timestamp"] = json!(began_ms + length_ms);
    call["duration_ms"] = json!(length_ms);
    call["disconnection_reason"] = json!(reason);
    let ended = event("call_ended", &call, began_ms + length_ms);
    tell(app, &ended).await;
    if is_late {
        tell(app, &started).await;
    }
    if dice.below(5) == 0 {
        tell(app, &ended).await;
    }
    if dice.below(3) > 0 {
        // A correction: it was longer than was said, it cost something, and something came of it.
        let longer_ms = length_ms + i64::try_from(dice.below(3) * 60_000).unwrap();
        call["end_timestamp"] = json!(began_ms + longer_ms);
        call["duration_ms"] = json!(longer_ms);
        call["call_cost"] = json!({"combined_cost": dice.below(5_000) as f64 / 100.0});
        let outcome = OUTCOMES[usize::try_from(dice.below(6)).unwrap()];
        call["call_analysis"] = json!({
            "call_summary": "A call.", "in_voicemail": false, "user_sentiment": "Neutral", "call_successful": true,
            "custom_analysis_data": {"outcome": outcome},
        });
        tell(
            app,
            &event("call_analyzed", &call, began_ms + longer_ms + 5_000),
        )
        .await;
    }
}

fn event(name: &str, call: &Value, at_ms: i64) -> Value {
    json!({"event": name, "event_timestamp": at_ms, "call": call})
}

async fn tell(app: &TestApp, event: &Value) {
    app.retell_event(event).send().await.expect(204);
}

async fn text(app: &TestApp, shop: &Subscriber, dice: &mut Dice) {
    let from = format!("+1514555{:04}", dice.below(6));
    let words = ["Are you open today?", "What does it cost?", "Bonjour"];
    let words = words[usize::try_from(dice.below(3)).unwrap()];
    let text = app.text_from(&from).to(&shop.number).says(words);
    text.send().await.expect(200);
    if dice.below(4) > 0 {
        app.run_jobs().await;
    }
}
