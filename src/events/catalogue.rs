//! Every event there is: its name and the JSON Schema of its `data`.
use serde_json::Value;
use utoipa::PartialSchema;

use super::data::{
    AppointmentFacts, CallFacts, ContactFacts, HandoffFacts, LeadFacts, MessageFacts, NumberFacts,
    SubscriptionFacts, TestFacts, UsageFacts,
};

macro_rules! catalogue {
    ($($variant:ident($data:ty) = $name:literal),* $(,)?) => {
        /// A fact, with what it says.
        #[derive(Clone, Debug)]
        pub enum Event {
            $($variant($data),)*
        }

        impl Event {
            /// The name by which others ask for it.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// What it says, as JSON.
            pub fn data(&self) -> Value {
                match self {
                    $(Self::$variant(data) => serde_json::to_value(data),)*
                }
                .expect("facts have text keys only")
            }
        }

        /// Name and JSON Schema of every event.
        pub fn types() -> Vec<(&'static str, Value)> {
            vec![$(
                ($name, serde_json::to_value(<$data>::schema()).expect("a schema is JSON")),
            )*]
        }
    };
}

catalogue! {
    CallStarted(CallFacts) = "call.started",
    CallEnded(CallFacts) = "call.ended",
    CallAnalyzed(CallFacts) = "call.analyzed",
    CallMissed(CallFacts) = "call.missed",
    MessageReceived(MessageFacts) = "message.received",
    MessageSent(MessageFacts) = "message.sent",
    MessageFailed(MessageFacts) = "message.failed",
    AppointmentBooked(AppointmentFacts) = "appointment.booked",
    AppointmentRescheduled(AppointmentFacts) = "appointment.rescheduled",
    AppointmentCancelled(AppointmentFacts) = "appointment.cancelled",
    LeadCreated(LeadFacts) = "lead.created",
    ContactCreated(ContactFacts) = "contact.created",
    ContactOptedOut(ContactFacts) = "contact.opted_out",
    UsageThresholdReached(UsageFacts) = "usage.threshold_reached",
    UsageLimitReached(UsageFacts) = "usage.limit_reached",
    SubscriptionUpdated(SubscriptionFacts) = "subscription.updated",
    NumberProvisioned(NumberFacts) = "number.provisioned",
    NumberReleased(NumberFacts) = "number.released",
    HandoffRequested(HandoffFacts) = "handoff.requested",
    WebhookTest(TestFacts) = "webhook.test",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_schema_that_requires_or_names_each_of_its_keys() {
        let data = Event::CallEnded(CallFacts::default()).data();
        let types = types();
        let (_, schema) = types
            .iter()
            .find(|(name, _)| *name == "call.ended")
            .unwrap();
        let properties = schema["properties"].as_object().unwrap();
        for key in data.as_object().unwrap().keys() {
            assert!(properties.contains_key(key), "{key}");
        }
        assert_eq!(types.len(), 20);
    }

    #[test]
    fn no_event_is_named_twice() {
        let mut names: Vec<_> = types().into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 20);
    }
}
