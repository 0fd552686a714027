//! What a business says of the data that it handles.
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    identity::{Owner, Staff, audit::Entry},
    tenancy::privacy,
    web::{ApiError, Problem, extract::Body},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show_privacy, save_privacy))
}

/// What the business handles.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Privacy {
    /// No transcript, recording or text of anybody is kept, and the providers are told the same. What stands already
    /// is emptied for good.
    handles_health_data: bool,
}

/// Whether the business handles health data.
#[utoipa::path(get, path = "/settings/privacy", tag = "settings", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Privacy), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_privacy(
    State(app): State<AppState>,
    caller: Staff,
) -> Result<Json<Privacy>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let handles_health_data = !privacy::keeps_words(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Privacy {
        handles_health_data,
    }))
}

/// Says whether the business handles health data. Turning it on empties what stands already, and nothing brings it back.
#[utoipa::path(put, path = "/settings/privacy", tag = "settings", security(("bearer" = ["OWNER"])),
    request_body = Privacy,
    responses((status = 200, body = Privacy), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem)))]
async fn save_privacy(
    State(app): State<AppState>,
    caller: Owner,
    Body(request): Body<Privacy>,
) -> Result<Json<Privacy>, ApiError> {
    caller.refuse_impersonation()?;
    let mut tx = caller.begin(&app).await?;
    let is_on = request.handles_health_data;
    if privacy::set_handles_health_data(&mut tx, is_on).await? {
        let entry = Entry {
            action: "privacy.changed",
            subject_kind: "subscriber",
            subject: Some(caller.subscriber.0),
            changes: json!({ "handles_health_data": is_on }),
        };
        caller.audit(&mut tx, &app, &entry).await?;
    }
    tx.commit().await?;
    Ok(Json(request))
}
