//! The paths of the operator.
mod businesses;
mod machine;
mod webhooks;

use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use businesses::{
    __path_list_appointments, __path_list_leads, __path_list_messages, __path_list_subscribers,
    __path_list_users,
};
use businesses::{list_appointments, list_leads, list_messages, list_subscribers, list_users};
use machine::{
    __path_cancel_job, __path_list_jobs, __path_list_ops_alerts, __path_list_reconciliation_runs,
    __path_resolve_ops_alert, __path_retry_job, __path_trigger_reconciliation,
};
use machine::{
    cancel_job, list_jobs, list_ops_alerts, list_reconciliation_runs, resolve_ops_alert, retry_job,
    trigger_reconciliation,
};
use webhooks::{__path_list_webhook_queue, __path_replay_webhook};
use webhooks::{list_webhook_queue, replay_webhook};

use crate::{app::AppState, identity::audit::Entry};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_users))
        .routes(routes!(list_subscribers))
        .routes(routes!(list_leads))
        .routes(routes!(list_appointments))
        .routes(routes!(list_messages))
        .routes(routes!(list_webhook_queue))
        .routes(routes!(replay_webhook))
        .routes(routes!(list_jobs))
        .routes(routes!(retry_job))
        .routes(routes!(cancel_job))
        .routes(routes!(list_reconciliation_runs))
        .routes(routes!(trigger_reconciliation))
        .routes(routes!(list_ops_alerts))
        .routes(routes!(resolve_ops_alert))
}

/// Somebody looked at a list.
fn looked_at(what: &'static str, subscriber: Option<Uuid>) -> Entry {
    Entry {
        action: "operator.listed",
        subject_kind: what,
        subject: None,
        changes: json!({ "subscriber": subscriber }),
    }
}

/// Somebody did something to one thing.
fn did(action: &'static str, kind: &'static str, id: Uuid, changes: Value) -> Entry {
    Entry {
        action,
        subject_kind: kind,
        subject: Some(id),
        changes,
    }
}
