//! `/client/rachel-status/{subscriber}`: whether the receptionist answers calls.
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit_change, number_urls};
use crate::{
    app::{App, AppState},
    identity::{AdminOrOperator, Reached, StaffOrOperator, audit::Entry},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164, text::Slug},
    tenancy::{
        ForwardingStatus,
        directory::{self, Key},
        store::switch::{self, Switch},
    },
    web::{ApiError, Body, Path, Problem},
};

/// Whether the receptionist answers calls, and on which number.
#[derive(Debug, Serialize, ToSchema)]
pub struct RachelStatus {
    pub subscriber_id: Uuid,
    pub business_name: String,
    pub rachel_enabled: bool,
    /// Whether the owner's own line forwards to us.
    pub forwarding_status: ForwardingStatus,
    #[schema(value_type = Option<String>)]
    pub owner_phone: Option<E164>,
    #[schema(value_type = Option<String>)]
    pub phone_number: Option<E164>,
    pub twilio_number_sid: Option<String>,
    pub custom_greeting: Option<String>,
}

/// On or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RachelSwitch {
    pub rachel_enabled: bool,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show_rachel_status, switch_rachel))
}

/// Whether the receptionist answers calls. `subscriber` is an id or a slug: the caller's own, or anybody's for an
/// operator.
#[utoipa::path(get, path = "/client/rachel-status/{subscriber}", tag = "settings",
    security(("bearer" = ["STAFF"])), params(("subscriber" = String, Path)),
    responses((status = 200, body = RachelStatus), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_rachel_status(
    State(app): State<AppState>,
    reach: StaffOrOperator,
    Path(named): Path<String>,
) -> Result<Json<RachelStatus>, ApiError> {
    let subscriber = find_subscriber(&app, &named).await?;
    if let Reached::AsOperator(operator) = reach.to(subscriber)? {
        let entry = act("receptionist.looked_at", subscriber, serde_json::json!({}));
        operator.begin(&app, &entry).await?.commit().await?;
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let found = switch::find_switch(&mut tx).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(RachelStatus::of(subscriber, found)))
}

/// Switches the receptionist on or off, at once: the next call is answered accordingly.
#[utoipa::path(put, path = "/client/rachel-status/{subscriber}", tag = "settings",
    security(("bearer" = ["ADMIN"])), params(("subscriber" = String, Path)), request_body = RachelSwitch,
    responses((status = 200, body = RachelStatus), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn switch_rachel(
    State(app): State<AppState>,
    reach: AdminOrOperator,
    Path(named): Path<String>,
    Body(wanted): Body<RachelSwitch>,
) -> Result<Json<RachelStatus>, ApiError> {
    let subscriber = find_subscriber(&app, &named).await?;
    let reached = reach.to(subscriber)?;
    let is_on = wanted.rachel_enabled;
    if let Reached::AsOperator(operator) = reached {
        let changes = serde_json::json!({ "rachel_enabled": is_on });
        let entry = act("receptionist.switched", subscriber, changes);
        operator.begin(&app, &entry).await?.commit().await?;
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let switched = switch::switch_voice(&mut tx, is_on, app.clock.now()).await?;
    let was_otherwise = switched.ok_or_else(ApiError::not_found)?;
    if was_otherwise {
        switch::note_forwarding(&mut tx, is_on).await?;
    }
    // Also when it was so already: Twilio may not have heard of it.
    number_urls::order(&mut tx, app.clock.now());
    let found = switch::find_switch(&mut tx).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    if let Reached::AsCaller(caller) = reached
        && was_otherwise
    {
        let fields = vec!["rachel_enabled".to_owned()];
        audit_change(&mut tx, &app, caller, "receptionist.switched", None, fields).await?;
    }
    tx.commit().await?;
    Ok(Json(RachelStatus::of(subscriber, found)))
}

/// An operator's act stands in the platform's log: the business's own names its own people.
fn act(action: &'static str, subscriber: SubscriberId, changes: serde_json::Value) -> Entry {
    Entry {
        action,
        subject_kind: "subscriber",
        subject: Some(subscriber.0),
        changes,
    }
}

/// Whom a path names, by id or slug.
pub async fn find_subscriber(app: &App, named: &str) -> Result<SubscriberId, ApiError> {
    let key = match (named.parse(), named.parse::<Slug>()) {
        (Ok(id), _) => Key::Subscriber(id),
        (Err(_), Ok(_)) => Key::Slug(named),
        (Err(_), Err(_)) => return Err(ApiError::not_found()),
    };
    let found = directory::find(&app.db, &[key]).await?;
    let found = found.into_iter().flatten().next();
    found
        .and_then(|entry| entry.subscriber)
        .ok_or_else(ApiError::not_found)
}

impl RachelStatus {
    fn of(subscriber: SubscriberId, row: Switch) -> Self {
        Self {
            subscriber_id: subscriber.0,
            business_name: row.business_name,
            rachel_enabled: row.is_on,
            forwarding_status: row.forwarding_status,
            owner_phone: row.owner_phone,
            phone_number: row.number,
            twilio_number_sid: row.twilio_number_sid,
            custom_greeting: row.custom_greeting,
        }
    }
}
