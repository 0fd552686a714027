//! What the hash of a row covers, and where a chain is broken.
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::kernel::ids::SubscriberId;

/// What comes before the first row.
pub(super) const BEGINNING: [u8; 32] = [0; 32];

/// Everything of a row that its hash covers.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub subscriber: SubscriberId,
    pub id: Uuid,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub impersonator: Option<Uuid>,
    pub action: String,
    pub subject_kind: Option<String>,
    pub subject: Option<Uuid>,
    pub changes: Value,
    pub ip_prefix: Option<String>,
    pub request_id: Option<String>,
}

impl Link {
    /// SHA-256 of the hash before and of the row in one way of writing it.
    pub(super) fn hash(&self, before: &[u8]) -> [u8; 32] {
        let row = json!([
            self.subscriber,
            self.id,
            self.seq,
            self.at.timestamp_micros(),
            self.actor_kind,
            self.actor,
            self.impersonator,
            self.action,
            self.subject_kind,
            self.subject,
            sorted(&self.changes),
            self.ip_prefix,
            self.request_id,
        ]);
        Sha256::new()
            .chain_update(before)
            .chain_update(row.to_string())
            .finalize()
            .into()
    }
}

/// PostgreSQL keeps the members of an object in an order of its own. An object becomes the list of its pairs, in the
/// order of their names, so that no two different values are written alike.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort();
            let pairs = names
                .into_iter()
                .map(|name| json!([name, sorted(&members[name])]));
            json!({"members": pairs.collect::<Vec<_>>()})
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        // It keeps numbers as decimals, and so forgets whether 100 was written 1e2.
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            json!({"number": format!("{}", number.as_f64().unwrap_or_default() + 0.0)})
        }
        other => other.clone(),
    }
}

/// Where a chain is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub subscriber_id: SubscriberId,
    /// The first row that is wrong or missing.
    pub seq: i64,
    pub what: &'static str,
}

/// What a verification found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub chains: u64,
    pub rows: u64,
    pub broken: Vec<Broken>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(changes: Value) -> Link {
        Link {
            subscriber: SubscriberId(Uuid::nil()),
            id: Uuid::nil(),
            seq: 1,
            at: DateTime::UNIX_EPOCH,
            actor_kind: "SYSTEM".to_owned(),
            actor: None,
            impersonator: None,
            action: "a.b".to_owned(),
            subject_kind: None,
            subject: None,
            changes,
            ip_prefix: None,
            request_id: None,
        }
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_members() {
        let one: Value = serde_json::from_str(r#"{"a": 1, "b": {"x": [1], "y": 2.0}}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b": {"y": 2.0, "x": [1]}, "a": 1}"#).unwrap();
        assert_eq!(link(one).hash(&BEGINNING), link(other).hash(&BEGINNING));
    }

    #[test]
    fn every_field_and_the_row_before_count() {
        let plain = link(json!({}));
        let hash = plain.hash(&BEGINNING);
        assert_ne!(hash, plain.hash(&[1; 32]));
        assert_ne!(hash, link(json!([])).hash(&BEGINNING));
        assert_ne!(hash, link(json!({"members": []})).hash(&BEGINNING));
        let others = [
            Link {
                seq: 2,
                ..plain.clone()
            },
            Link {
                actor: Some(Uuid::nil()),
                ..plain.clone()
            },
            Link {
                impersonator: Some(Uuid::nil()),
                ..plain.clone()
            },
            Link {
                action: "a.c".to_owned(),
                ..plain.clone()
            },
            Link {
                subject: Some(Uuid::nil()),
                ..plain.clone()
            },
            Link {
                ip_prefix: Some(String::new()),
                ..plain.clone()
            },
            Link {
                request_id: Some(String::new()),
                ..plain.clone()
            },
        ];
        for other in others {
            assert_ne!(hash, other.hash(&BEGINNING), "{other:?}");
        }
    }
}
