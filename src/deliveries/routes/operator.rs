//! What an operator may do for a subscriber: look, and send again, also what arrived.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    deliveries::{DeliveryQuery, begin_anew, list},
    endpoints::Queued,
    view::{DeliveryList, DeliveryView},
};
use crate::{
    app::AppState,
    deliveries::{
        model::DeliveryStatus,
        replay::{self, Since},
    },
    identity::{Operator, audit::Entry},
    kernel::{
        db::TenantTx,
        ids::{DeliveryId, EndpointId, SubscriberId},
    },
    web::{
        ApiError, Problem,
        extract::{Body, Path, Query},
    },
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries_as_operator))
        .routes(routes!(replay_delivery_as_operator))
        .routes(routes!(replay_endpoint_as_operator))
}

/// Whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Whose {
    #[param(value_type = Uuid)]
    subscriber: SubscriberId,
}

/// Whose deliveries, and which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OperatorQuery {
    #[param(value_type = Uuid)]
    subscriber: SubscriberId,
    status: Option<DeliveryStatus>,
    event_type: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// From when on, and whether also what arrived.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OperatorReplay {
    /// Within the last 14 days.
    since: DateTime<Utc>,
    include_succeeded: Option<bool>,
}

/// A subscriber's deliveries, the newest first.
#[utoipa::path(get, path = "/admin/webhooks/deliveries", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(OperatorQuery),
    responses((status = 200, body = DeliveryList), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn list_deliveries_as_operator(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<OperatorQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let subscriber = query.subscriber;
    let what = entry("webhook.deliveries_listed", subscriber.0, json!({}));
    operator.begin(&app, &what).await?.commit().await?;
    let query = DeliveryQuery {
        status: query.status,
        event_type: query.event_type,
        limit: query.limit,
        cursor: query.cursor,
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let listed = list(&mut tx, None, query).await?;
    tx.end_reading();
    Ok(Json(listed))
}

/// Begins a subscriber's delivery anew.
#[utoipa::path(post, path = "/admin/webhooks/deliveries/{id}/replay", tag = "operator",
    security(("bearer" = ["OPERATOR"])), params(("id" = Uuid, Path), Whose),
    responses((status = 202, body = DeliveryView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn replay_delivery_as_operator(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<DeliveryId>,
    Query(whose): Query<Whose>,
) -> Result<(StatusCode, Json<DeliveryView>), ApiError> {
    let changes = json!({"subscriber": whose.subscriber});
    let what = entry("webhook.delivery_replayed", id.0, changes);
    operator.begin(&app, &what).await?.commit().await?;
    let mut tx = TenantTx::begin(&app.db, whose.subscriber).await?;
    let view = begin_anew(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Begins everything of a subscriber's endpoint anew that failed since a time, or everything.
#[utoipa::path(post, path = "/admin/webhooks/{id}/replay", tag = "operator",
    security(("bearer" = ["OPERATOR"])), params(("id" = Uuid, Path), Whose), request_body = OperatorReplay,
    responses((status = 202, body = Queued), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn replay_endpoint_as_operator(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<EndpointId>,
    Query(whose): Query<Whose>,
    Body(request): Body<OperatorReplay>,
) -> Result<(StatusCode, Json<Queued>), ApiError> {
    let with_succeeded = request.include_succeeded.unwrap_or(false);
    let changes = json!({
        "subscriber": whose.subscriber, "since": request.since, "include_succeeded": with_succeeded,
    });
    let what = entry("webhook.replayed", id.0, changes);
    operator.begin(&app, &what).await?.commit().await?;
    let mut tx = TenantTx::begin(&app.db, whose.subscriber).await?;
    let wish = Since {
        since: request.since,
        with_succeeded,
    };
    let queued = replay::order(&mut tx, id, wish, app.clock.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { queued })))
}

fn entry(action: &'static str, subject: Uuid, changes: Value) -> Entry {
    Entry {
        action,
        subject_kind: "webhook",
        subject: Some(subject),
        changes,
    }
}
