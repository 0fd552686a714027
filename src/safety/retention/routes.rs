//! How long a business keeps what.
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::classes::{CLASSES, Whose, days_of};
use crate::{
    app::AppState,
    identity::{Owner, audit::Entry},
    safety::store::retention as store,
    web::{ApiError, Body, Problem},
};

/// How long one class of data is kept, and how long it may be.
#[derive(Debug, Serialize, ToSchema)]
struct RetentionView {
    /// `RAW_WEBHOOKS`, `RECORDINGS`, `TRANSCRIPTS`, `EVENTS`, `EXPORTS`…
    data_class: &'static str,
    days: i32,
    default_days: i32,
    least_days: i32,
    most_days: i32,
}

#[derive(Debug, Serialize, ToSchema)]
struct RetentionList {
    data: Vec<RetentionView>,
}

/// Classes that are not named go back to their default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetentionRequest {
    data: Vec<RetentionChoice>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetentionChoice {
    data_class: String,
    days: i32,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show_retention, change_retention))
}

fn view(chosen: &BTreeMap<String, i32>) -> RetentionList {
    let of_businesses = CLASSES
        .iter()
        .filter(|class| matches!(class.whose, Whose::Business(_)));
    let data = of_businesses.map(|class| RetentionView {
        data_class: class.name,
        days: days_of(class, chosen),
        default_days: class.days,
        least_days: class.least,
        most_days: class.most,
    });
    RetentionList {
        data: data.collect(),
    }
}

/// How long what is kept.
#[utoipa::path(get, path = "/settings/retention", tag = "safety", security(("bearer" = ["OWNER"])),
    responses((status = 200, body = RetentionList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_retention(
    State(app): State<AppState>,
    caller: Owner,
) -> Result<Json<RetentionList>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let chosen = store::list_settings(&mut tx).await?;
    tx.end_reading();
    Ok(Json(view(&chosen)))
}

/// Chooses how long what is kept. What is older goes with the next night.
#[utoipa::path(put, path = "/settings/retention", tag = "safety", security(("bearer" = ["OWNER"])),
    request_body = RetentionRequest,
    responses((status = 200, body = RetentionList), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn change_retention(
    State(app): State<AppState>,
    caller: Owner,
    Body(request): Body<RetentionRequest>,
) -> Result<Json<RetentionList>, ApiError> {
    let mut chosen = BTreeMap::new();
    for (place, choice) in request.data.iter().enumerate() {
        let name = choice.data_class.to_ascii_uppercase();
        let class = CLASSES.iter().find(|class| {
            class.name == name && !class.is_fixed() && matches!(class.whose, Whose::Business(_))
        });
        let Some(class) = class else {
            let field = format!("data[{place}].data_class");
            return Err(ApiError::invalid(&field, "is no class that can be chosen"));
        };
        if !(class.least..=class.most).contains(&choice.days) {
            let message = format!("must be {} to {} for {name}", class.least, class.most);
            return Err(ApiError::invalid(&format!("data[{place}].days"), message));
        }
        chosen.insert(name, choice.days);
    }
    let mut tx = caller.begin(&app).await?;
    let before = store::list_settings(&mut tx).await?;
    store::replace_settings(&mut tx, &chosen, app.clock.now()).await?;
    let entry = Entry {
        action: "retention.changed",
        subject_kind: "subscriber",
        subject: Some(caller.subscriber.0),
        changes: json!({"before": before, "after": chosen}),
    };
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    Ok(Json(view(&chosen)))
}
