//! What a business sets: the routes over what `tenancy` holds. Owns no table.
//!
//! Promises: staff may look and admins change; a change is audited with the names of what changed and never with the
//! words; a channel names no number and no agent of somebody else's; of two who change different members at once
//! neither undoes the other.
mod business;
mod callers;
mod channel_rules;
mod channels;
mod clients;
mod holidays;
mod hours;
mod number_urls;
mod privacy;
mod providers;
mod questions;
mod receptionist_switch;
mod services;
mod speech;

pub use receptionist_switch::find_subscriber;
pub use speech::PrepareGreeting;

pub use number_urls::{PointNumber, Urls, point_number};

use serde::Serialize;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::{App, AppState},
    identity::{Caller, audit},
    kernel::db::TenantTx,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(business::router())
        .merge(channels::router())
        .merge(hours::router())
        .merge(holidays::router())
        .merge(services::router())
        .merge(questions::router())
        .merge(callers::router())
        .merge(providers::router())
        .merge(privacy::router())
        .merge(receptionist_switch::router())
        .merge(clients::router())
}

/// The names of the members that differ.
fn changed_members(before: &impl Serialize, after: &impl Serialize) -> Vec<String> {
    let members = |value: Result<Value, _>| match value {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let before = members(serde_json::to_value(before));
    let after = members(serde_json::to_value(after));
    let differs = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value));
    differs.map(|(name, _)| name.clone()).collect()
}

/// Writes into the audit log what happened to one thing of the business's, with the names of the members concerned.
async fn audit_change(
    tx: &mut TenantTx,
    app: &App,
    caller: &Caller,
    action: &'static str,
    subject: Option<uuid::Uuid>,
    fields: Vec<String>,
) -> sqlx::Result<()> {
    let subject_kind = action.split('.').next().unwrap_or_default();
    let entry = audit::Entry {
        action,
        subject_kind,
        subject,
        changes: serde_json::json!({ "fields": fields }),
    };
    caller.audit(tx, app, &entry).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changed_members;

    #[test]
    fn what_differs_is_named() {
        let changed = changed_members(
            &json!({"a": 1, "b": null, "c": "x"}),
            &json!({"a": 1, "b": 2, "c": "y"}),
        );
        assert_eq!(changed, ["b", "c"]);
    }
}
