//! The body of a delivery, in the form that its endpoint asked for.
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::kernel::ids::{EventId, SubscriberId};

use super::{
    model::Format,
    signature::{self, Secret},
};

/// The version of what we send. Members may come to it; a change that breaks receivers is a new one.
pub const API_VERSION: &str = "2026-11-01";
/// Receivers refuse large bodies, each at its own size; this one all take.
const LARGEST: usize = 256 * 1024;
/// A text of a body that is too large and may be left out: whoever wants it asks for it by id.
const LONG_TEXT: usize = 1024;
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An event, as it is sent.
#[derive(Clone, Debug)]
pub struct Message {
    pub event: EventId,
    pub kind: String,
    pub subscriber: SubscriberId,
    pub occurred_at: DateTime<Utc>,
    pub data: Value,
}

#[derive(Serialize)]
struct Standard<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: &'a str,
    timestamp: &'a str,
    subscriber_id: Uuid,
    api_version: &'a str,
    data: &'a Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Legacy<'a> {
    event_id: &'a str,
    event_type: &'a str,
    timestamp: &'a str,
    data: LegacyData<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LegacyData<'a> {
    Call(LegacyCall<'a>),
    Other(&'a Value),
}

/// What the older system told of a call, in its order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LegacyCall<'a> {
    direction: Option<String>,
    from: &'a Value,
    to: &'a Value,
    status: Option<String>,
    duration: &'a Value,
    ai_handled: &'a Value,
    transcript: &'a Value,
    outcome: &'a Value,
}

impl Message {
    /// `webhook-id`: the event's id, spelled as a ULID. The same at every attempt and replay, so a receiver can tell
    /// what it has already.
    pub fn id(&self) -> String {
        format!("msg_{}", ulid(self.event.0))
    }

    /// The bytes to send. The secret is for the signature within the older form.
    pub fn body(&self, format: Format, secret: &Secret) -> Vec<u8> {
        let whole = self.written(format, secret, &self.data);
        if whole.len() <= LARGEST {
            return whole;
        }
        self.written(format, secret, &shortened(&self.data))
    }

    /// The body in the form STANDARD, to look at.
    pub fn example(&self) -> Value {
        let id = self.id();
        let timestamp = self
            .occurred_at
            .to_rfc3339_opts(SecondsFormat::Millis, true);
        json!({
            "type": self.kind, "id": id, "timestamp": timestamp, "subscriber_id": self.subscriber,
            "api_version": API_VERSION, "data": self.data,
        })
    }

    fn written(&self, format: Format, secret: &Secret, data: &Value) -> Vec<u8> {
        let id = self.id();
        let timestamp = self
            .occurred_at
            .to_rfc3339_opts(SecondsFormat::Millis, true);
        let is_call = self.kind.starts_with("call.");
        match format {
            Format::Standard => to_bytes(&Standard {
                kind: &self.kind,
                id: &id,
                timestamp: &timestamp,
                subscriber_id: self.subscriber.0,
                api_version: API_VERSION,
                data,
            }),
            Format::Legacy => {
                let unsigned = to_bytes(&Legacy {
                    event_id: &id,
                    event_type: if self.kind == "call.ended" {
                        "call.call-ended"
                    } else {
                        &self.kind
                    },
                    timestamp: &timestamp,
                    data: if is_call {
                        LegacyData::Call(LegacyCall::of(data))
                    } else {
                        LegacyData::Other(data)
                    },
                });
                signed_within(unsigned, secret)
            }
        }
    }
}

impl<'a> LegacyCall<'a> {
    fn of(data: &'a Value) -> Self {
        let lower = |name: &str| data[name].as_str().map(str::to_lowercase);
        Self {
            direction: lower("direction"),
            from: &data["from"],
            to: &data["to"],
            status: lower("status"),
            duration: &data["duration_seconds"],
            ai_handled: &data["ai_handled"],
            transcript: &data["transcript"],
            outcome: &data["outcome_type"],
        }
    }
}

/// Puts the signature of the body in as its last member.
fn signed_within(mut body: Vec<u8>, secret: &Secret) -> Vec<u8> {
    let signature = signature::of_bytes(secret, &body);
    body.pop();
    body.extend(format!(r#","signature":"{signature}"}}"#).into_bytes());
    body
}

/// Without the long texts.
fn shortened(data: &Value) -> Value {
    match data {
        Value::String(text) if text.len() > LONG_TEXT => Value::Null,
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), shortened(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.iter().map(shortened).collect()),
        other => other.clone(),
    }
}

fn to_bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("keys are texts")
}

/// 128 bits as 26 characters that nobody mistakes for one another.
fn ulid(id: Uuid) -> String {
    let bits = id.as_u128();
    (0..26)
        .rev()
        .map(|place| char::from(CROCKFORD[(bits >> (5 * place)) as usize & 31]))
        .collect()
}

/// The JSON Schema of a whole body in the form STANDARD, around that of its `data`.
pub fn schema(kind: &str, data: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["type", "id", "timestamp", "subscriber_id", "api_version", "data"],
        "properties": {
            "type": {"const": kind},
            "id": {"type": "string", "pattern": "^msg_[0-9A-HJKMNP-TV-Z]{26}$"},
            "timestamp": {"type": "string", "format": "date-time"},
            "subscriber_id": {"type": "string", "format": "uuid"},
            "api_version": {"const": API_VERSION},
            "data": data,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, data: Value) -> Message {
        Message {
            event: EventId("0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001".parse().unwrap()),
            kind: kind.to_owned(),
            subscriber: SubscriberId("0199aaaa-0000-7000-8000-000000000001".parse().unwrap()),
            occurred_at: "2026-11-20T12:00:00.123456Z".parse().unwrap(),
            data,
        }
    }

    fn call() -> Value {
        json!({"direction": "INBOUND", "from": "+15145551234", "to": "+15145555678", "status": "COMPLETED",
               "duration_seconds": 180, "ai_handled": true, "transcript": "Bonjour", "outcome_type": "BOOKED"})
    }

    fn secret() -> Secret {
        Secret::import("your-secret").unwrap()
    }

    fn text(body: Vec<u8>) -> String {
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn a_body_has_every_member_in_its_place_and_no_spaces() {
        let body =
            message("lead.created", json!({"lead_id": null})).body(Format::Standard, &secret());
        assert_eq!(
            text(body),
            r#"{"type":"lead.created","id":"msg_01K6NANEXVFK68VQFEXVZZY001","timestamp":"2026-11-20T12:00:00.123Z","subscriber_id":"0199aaaa-0000-7000-8000-000000000001","api_version":"2026-11-01","data":{"lead_id":null}}"#
        );
    }

    #[test]
    fn an_id_is_spelled_in_26_characters_in_the_order_of_time() {
        assert_eq!(ulid(Uuid::nil()), "0".repeat(26));
        assert_eq!(ulid(Uuid::max()), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
        assert!(ulid(first) < ulid(second));
    }

    #[test]
    fn the_older_form_is_that_of_the_vector() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/data/standard_webhooks.json")).unwrap();
        let vector = &vectors["legacy_body_signature"];
        let secret = Secret::stored(vector["key"].as_str().unwrap().to_owned().into());
        let unsigned = vector["unsigned_bytes_B"].as_str().unwrap();
        let body = signed_within(unsigned.as_bytes().to_vec(), &secret);
        assert_eq!(text(body.clone()), vector["final_body"].as_str().unwrap());
        assert_eq!(
            signature::of_bytes(&secret, &body),
            vector["x_signature_256_over_final_body"].as_str().unwrap()
        );
        // And ours has the same members in the same order.
        let ours = text(message("call.ended", call()).body(Format::Legacy, &secret));
        let expected = r#""eventType":"call.call-ended","timestamp":"2026-11-20T12:00:00.123Z","data":{"direction":"inbound","from":"+15145551234","to":"+15145555678","status":"completed","duration":180,"aiHandled":true,"transcript":"Bonjour","outcome":"BOOKED"},"signature":"sha256="#;
        assert!(ours.contains(expected), "{ours}");
        assert!(ours.starts_with(r#"{"eventId":"msg_"#), "{ours}");
    }

    #[test]
    fn what_is_too_large_goes_without_its_long_texts() {
        let mut data = call();
        data["transcript"] = "x".repeat(LARGEST).into();
        for format in [Format::Standard, Format::Legacy] {
            let body = message("call.ended", data.clone()).body(format, &secret());
            assert!(body.len() < LARGEST);
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert!(body["data"]["transcript"].is_null());
            assert_eq!(body["data"]["from"], "+15145551234");
        }
    }
}
