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

/// PostgreSQL keeps the members of an object in an order of its own.
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
