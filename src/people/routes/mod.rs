//! The paths of people: contacts, customers, leads, opt-outs.
mod contacts;
mod customers;
mod leads;
mod opt_outs;

use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::{
    app::{App, AppState},
    identity::{Actor, Caller, audit::Entry},
    kernel::db::TenantTx,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(contacts::router())
        .merge(customers::router())
        .merge(leads::router())
        .merge(opt_outs::router())
}

/// Who added it, as it is kept beside what was added.
fn source_of(caller: &Caller) -> &'static str {
    match caller.actor {
        Actor::User(_) => "MANUAL",
        Actor::ApiKey(_) => "API",
    }
}

/// Writes what was done to one row into the audit log: ids and names of members, nobody's words.
async fn audit(
    tx: &mut TenantTx,
    app: &App,
    caller: &Caller,
    action: &'static str,
    subject: Uuid,
    changes: Value,
) -> sqlx::Result<()> {
    let entry = Entry {
        action,
        subject_kind: action.split('.').next().unwrap_or_default(),
        subject: Some(subject),
        changes,
    };
    caller.audit(tx, app, &entry).await
}

/// `changes` that only names members.
fn fields(names: &[&str]) -> Value {
    json!({ "fields": names })
}
