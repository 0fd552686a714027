//! The same under the older paths of the dashboard, and the one endpoint of its settings page.
use axum::{Json, extract::State, http::StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    deliveries::{self, DeliveryQuery},
    endpoints::entry,
    view::{DeliveryList, DeliveryView},
};
use crate::{
    app::AppState,
    deliveries::{model::Endpoint, service, signature::Secret, store},
    identity::{Admin, Staff},
    kernel::ids::DeliveryId,
    web::{
        ApiError, Problem,
        extract::{Body, Path, Query},
    },
};

/// What the statistics cover.
const DAYS: i64 = 30;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries))
        .routes(routes!(find_statistics))
        .routes(routes!(retry_delivery))
        .routes(routes!(update_webhook_setting))
}

/// How the deliveries of the last 30 days stand. Each of them is in one of the first four.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryStatistics {
    succeeded: i64,
    /// Failed at least once, and will be tried again.
    failed: i64,
    dead: i64,
    /// Not tried yet.
    pending: i64,
    /// Of those that were tried, from 0 to 1; 1 when none was.
    success_rate: f64,
    /// How long the slowest twentieth of the attempts took at least.
    p95_ms: Option<i64>,
}

/// Where the older settings page sends events.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WebhookSetting {
    /// Null or empty switches it off.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    outbound_webhook_url: Option<String>,
    outbound_webhook_secret: Option<String>,
}

/// The same, as it stands.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookSettingView {
    outbound_webhook_url: Option<String>,
    /// Only when it was made just now.
    outbound_webhook_secret: Option<String>,
    endpoint_id: Option<Uuid>,
    enabled: bool,
}

/// Everything that was sent, the newest first.
#[utoipa::path(get, path = "/dashboard/webhooks/deliveries", tag = "webhooks out",
    security(("bearer" = ["STAFF"])), params(DeliveryQuery),
    responses((status = 200, body = DeliveryList), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn list_deliveries(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let listed = deliveries::list(&mut tx, None, query).await?;
    tx.end_reading();
    Ok(Json(listed))
}

/// How deliveries went in the last 30 days.
#[utoipa::path(get, path = "/dashboard/webhooks/stats", tag = "webhooks out", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = DeliveryStatistics), (status = 401, body = Problem),
              (status = 403, body = Problem)))]
async fn find_statistics(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<DeliveryStatistics>, ApiError> {
    let since = app.clock.now() - chrono::Duration::days(DAYS);
    let mut tx = staff.begin(&app).await?;
    let sums = store::sum_up(&mut tx, since).await?;
    tx.end_reading();
    let tried = sums.succeeded + sums.failed + sums.dead;
    let success_rate = match tried {
        0 => 1.0,
        tried => sums.succeeded as f64 / tried as f64,
    };
    Ok(Json(DeliveryStatistics {
        succeeded: sums.succeeded,
        failed: sums.failed,
        dead: sums.dead,
        pending: sums.pending,
        success_rate,
        p95_ms: sums.p95_ms.map(|ms| ms.round() as i64),
    }))
}

/// Begins a delivery anew, whatever became of it.
#[utoipa::path(post, path = "/dashboard/webhooks/deliveries/{id}/retry", tag = "webhooks out",
    security(("bearer" = ["ADMIN"])), params(("id" = Uuid, Path)),
    responses((status = 202, body = DeliveryView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn retry_delivery(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<DeliveryId>,
) -> Result<(StatusCode, Json<DeliveryView>), ApiError> {
    deliveries::replay(&app, &admin, id).await
}

/// Says where events go in the older form. There is one such endpoint.
#[utoipa::path(put, path = "/dashboard/settings/webhook", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    request_body = WebhookSetting,
    responses((status = 200, body = WebhookSettingView), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn update_webhook_setting(
    State(app): State<AppState>,
    admin: Admin,
    Body(request): Body<WebhookSetting>,
) -> Result<Json<WebhookSettingView>, ApiError> {
    admin.refuse_impersonation()?;
    let url = request
        .outbound_webhook_url
        .filter(|url| !url.trim().is_empty());
    let secret = request
        .outbound_webhook_secret
        .filter(|secret| !secret.is_empty())
        .map(SecretString::from);
    service::check_url(&app, url.as_deref())
        .await
        .map_err(of_this_page)?;
    let mut tx = admin.begin(&app).await?;
    let (endpoint, made) = service::keep_from_settings(&app, &mut tx, url, secret)
        .await
        .map_err(of_this_page)?;
    if let Some(endpoint) = &endpoint {
        let changes = json!({"from": "settings"});
        admin
            .audit(
                &mut tx,
                &app,
                &entry("webhook.changed", endpoint.id, changes),
            )
            .await?;
    }
    tx.commit().await?;
    Ok(Json(WebhookSettingView::of(endpoint, made.as_ref())))
}

/// What is called `url` elsewhere has a longer name on this page.
fn of_this_page(error: crate::deliveries::model::Error) -> ApiError {
    use crate::deliveries::model::Error::Invalid;
    match error {
        Invalid {
            field: "url",
            message,
        } => ApiError::invalid("outbound_webhook_url", message),
        Invalid {
            field: "secret",
            message,
        } => ApiError::invalid("outbound_webhook_secret", message),
        other => other.into(),
    }
}

impl WebhookSettingView {
    fn of(endpoint: Option<Endpoint>, made: Option<&Secret>) -> Self {
        let kept = endpoint.as_ref().filter(|endpoint| endpoint.is_enabled);
        Self {
            outbound_webhook_url: kept.map(service::shown_url),
            outbound_webhook_secret: made.map(|secret| secret.text().expose_secret().to_owned()),
            endpoint_id: endpoint.as_ref().map(|endpoint| endpoint.id.0),
            enabled: kept.is_some(),
        }
    }
}
