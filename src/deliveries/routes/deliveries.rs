//! Deliveries: what was sent, what came of it, once more.
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::view::{self, DeliveryList, DeliveryView};
use crate::{
    app::AppState,
    deliveries::{
        model::{DeliveryStatus, Error},
        store::{self, Filter, Replayed},
    },
    identity::{Admin, Caller, Staff, audit::Entry},
    kernel::{
        db::TenantTx,
        ids::{DeliveryId, EndpointId},
    },
    web::{
        ApiError, Problem,
        extract::{Path, Query},
        paging,
    },
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_endpoint_deliveries))
        .routes(routes!(replay_delivery))
}

/// Which deliveries, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    pub status: Option<DeliveryStatus>,
    pub event_type: Option<String>,
    /// 50 unless said otherwise, 200 at most.
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// What was sent to an endpoint, the newest first.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks out", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path), DeliveryQuery),
    responses((status = 200, body = DeliveryList), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_endpoint_deliveries(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<EndpointId>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    if store::find_endpoint(&mut tx, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let listed = list(&mut tx, Some(id), query).await?;
    tx.end_reading();
    Ok(Json(listed))
}

/// Begins a delivery anew, whatever became of it.
#[utoipa::path(post, path = "/webhooks/deliveries/{id}/replay", tag = "webhooks out",
    security(("bearer" = ["ADMIN"])), params(("id" = Uuid, Path)),
    responses((status = 202, body = DeliveryView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn replay_delivery(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<DeliveryId>,
) -> Result<(StatusCode, Json<DeliveryView>), ApiError> {
    replay(&app, &admin, id).await
}

/// Shared with the older path.
pub async fn replay(
    app: &AppState,
    caller: &Caller,
    id: DeliveryId,
) -> Result<(StatusCode, Json<DeliveryView>), ApiError> {
    let mut tx = caller.begin(app).await?;
    let view = begin_anew(&mut tx, id).await?;
    let entry = Entry {
        action: "webhook.delivery_replayed",
        subject_kind: "webhook_delivery",
        subject: Some(id.0),
        changes: json!({}),
    };
    caller.audit(&mut tx, app, &entry).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Shared with the operator's path.
pub async fn begin_anew(tx: &mut TenantTx, id: DeliveryId) -> Result<DeliveryView, Error> {
    match store::replay_one(tx, id).await? {
        Replayed::Queued => view::one(tx, id).await,
        Replayed::NotFound => Err(Error::NotFound),
        Replayed::Expired => Err(Error::Expired),
        Replayed::Disabled => Err(Error::Disabled),
    }
}

/// Shared with the older path and the operator's.
pub async fn list(
    tx: &mut TenantTx,
    endpoint: Option<EndpointId>,
    query: DeliveryQuery,
) -> Result<DeliveryList, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let filter = Filter {
        endpoint,
        status: query.status,
        event_type: query.event_type,
        before: after.map(|cursor| DeliveryId(cursor.id)),
    };
    let rows = store::list_deliveries(tx, &filter, limit + 1).await?;
    Ok(view::page(tx, rows, limit).await?)
}
