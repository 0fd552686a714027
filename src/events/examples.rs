//! One event of each kind, as a receiver may get it: for whoever builds one, and shown beside the schemas.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    AppointmentFacts, CallFacts, ContactFacts, Event, HandoffFacts, LeadFacts, MessageFacts,
    NumberFacts, SubscriptionFacts, TestFacts, UsageFacts,
};
use crate::kernel::phone::E164;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0199_aaaa_bbbb_7000_8000_0000_0000_0000 + number)
}

fn at(minute: u32) -> DateTime<Utc> {
    let text = format!("2026-11-20T15:{minute:02}:00Z");
    text.parse().expect("a time")
}

fn phone(last: u8) -> E164 {
    let text = format!("+1514555012{last}");
    text.parse().expect("a number")
}

fn call(status: &str, outcome: Option<&str>) -> CallFacts {
    let is_over = outcome.is_some();
    CallFacts {
        interaction_id: id(1),
        external_call_id: Some("call_0001".to_owned()),
        direction: "INBOUND".to_owned(),
        from: Some(phone(3)),
        to: Some(phone(4)),
        status: status.to_owned(),
        outcome_type: outcome.map(str::to_owned),
        started_at: Some(at(0)),
        ended_at: is_over.then(|| at(3)),
        duration_seconds: is_over.then_some(180),
        ai_handled: true,
        transcript: is_over.then(|| "Caller: I would like to book a visit.".to_owned()),
        summary: is_over.then(|| "The caller booked a visit for Tuesday.".to_owned()),
        sentiment: is_over.then(|| "Positive".to_owned()),
    }
}

fn message(direction: &str, status: &str, error_code: Option<i32>) -> MessageFacts {
    MessageFacts {
        interaction_id: id(1),
        message_id: id(2),
        channel: "SMS".to_owned(),
        direction: direction.to_owned(),
        from: Some(phone(3)),
        to: Some(phone(4)),
        text: "Are you open tomorrow?".to_owned(),
        status: status.to_owned(),
        segments: Some(1),
        error_code,
    }
}

fn appointment(status: &str) -> AppointmentFacts {
    AppointmentFacts {
        appointment_id: id(3),
        interaction_id: Some(id(1)),
        contact_id: Some(id(4)),
        status: status.to_owned(),
        starts_at: at(30),
        ends_at: at(59),
        timezone: "America/Toronto".to_owned(),
        service: Some("Furnace repair".to_owned()),
    }
}

fn usage(used: i32) -> UsageFacts {
    UsageFacts {
        usage_type: "VOICE_CALL".to_owned(),
        used,
        included: 100,
        percent: used,
    }
}

fn number() -> NumberFacts {
    NumberFacts {
        phone_number: phone(4),
        provider: "TWILIO".to_owned(),
    }
}

fn contact(source: &str) -> ContactFacts {
    ContactFacts {
        contact_id: Some(id(4)),
        phone: Some(phone(3)),
        source: source.to_owned(),
    }
}

/// In the order of the catalogue.
pub fn examples() -> Vec<Event> {
    vec![
        Event::CallStarted(call("OPEN", None)),
        Event::CallEnded(call("COMPLETED", Some("BOOKED"))),
        Event::CallAnalyzed(call("COMPLETED", Some("BOOKED"))),
        Event::CallMissed(call("COMPLETED", Some("MISSED"))),
        Event::MessageReceived(message("INBOUND", "RECEIVED", None)),
        Event::MessageSent(message("OUTBOUND", "SENT", None)),
        Event::MessageFailed(message("OUTBOUND", "FAILED", Some(30003))),
        Event::AppointmentBooked(appointment("CONFIRMED")),
        Event::AppointmentRescheduled(appointment("CONFIRMED")),
        Event::AppointmentCancelled(appointment("CANCELLED")),
        Event::LeadCreated(LeadFacts {
            lead_id: id(5),
            interaction_id: Some(id(1)),
            contact_id: Some(id(4)),
            category: "REPAIR".to_owned(),
            urgency: "NORMAL".to_owned(),
            summary: "The furnace makes a noise.".to_owned(),
        }),
        Event::ContactCreated(contact("CALL")),
        Event::ContactOptedOut(contact("SMS")),
        Event::UsageThresholdReached(usage(80)),
        Event::UsageLimitReached(usage(100)),
        Event::SubscriptionUpdated(SubscriptionFacts {
            plan: "PRO".to_owned(),
            status: "ACTIVE".to_owned(),
        }),
        Event::NumberProvisioned(number()),
        Event::NumberReleased(number()),
        Event::HandoffRequested(HandoffFacts {
            interaction_id: id(1),
            channel: "SMS".to_owned(),
            reason: Some("The caller asked for a person.".to_owned()),
        }),
        Event::WebhookTest(TestFacts {
            message: "this is a test".to_owned(),
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::{super::catalogue, *};

    #[test]
    fn every_kind_has_an_example_that_fits_its_schema() {
        let types = catalogue::types();
        let examples = examples();
        assert_eq!(types.len(), examples.len());
        for ((name, schema), example) in types.iter().zip(&examples) {
            assert_eq!(*name, example.kind());
            let data = example.data();
            let data = data.as_object().unwrap();
            let properties = schema["properties"].as_object().unwrap();
            let keys: Vec<&String> = data.keys().collect();
            let described: Vec<&String> = properties.keys().collect();
            assert_eq!(
                keys, described,
                "{name}: every key is there, and is described"
            );
            for required in schema["required"].as_array().unwrap() {
                let value = &data[required.as_str().unwrap()];
                assert!(!value.is_null(), "{name}: {required} is required");
            }
            for (key, value) in data {
                let types = properties[key]["type"].to_string();
                let is_right = match value {
                    serde_json::Value::Null => types.contains("null"),
                    serde_json::Value::String(_) => types.contains("string"),
                    serde_json::Value::Number(_) => types.contains("integer"),
                    serde_json::Value::Bool(_) => types.contains("boolean"),
                    _ => false,
                };
                assert!(is_right, "{name}.{key}: {value} is no {types}");
            }
        }
    }
}
