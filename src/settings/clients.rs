//! `/client/list`: all businesses, for the operator.
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{Operator, audit::Entry},
    kernel::{
        page::{Cursor, Page},
        phone::E164,
    },
    tenancy::{SubscriberStatus, store::switch},
    web::{ApiError, Problem, Query, paging},
};

/// Which page of the list of all businesses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClientsQuery {
    pub status: Option<SubscriberStatus>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A business in the operator's list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientView {
    pub subscriber_id: Uuid,
    pub slug: String,
    pub business_name: String,
    pub status: SubscriberStatus,
    pub plan: String,
    pub rachel_enabled: bool,
    #[schema(value_type = Option<String>)]
    pub phone_number: Option<E164>,
    pub created_at: DateTime<Utc>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_clients))
}

/// All businesses, the newest first.
#[utoipa::path(get, path = "/client/list", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(ClientsQuery),
    responses((status = 200, body = Page<ClientView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_clients(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<ClientsQuery>,
) -> Result<Json<Page<ClientView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let entry = Entry {
        action: "subscribers.listed",
        subject_kind: "subscribers",
        subject: None,
        changes: serde_json::json!({}),
    };
    let mut tx = operator.begin(&app, &entry).await?;
    let rows = switch::list_all(&mut tx, query.status, after, limit + 1).await?;
    tx.commit().await?;
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id.0,
    });
    Ok(Json(page.map(|row| ClientView {
        subscriber_id: row.id.0,
        slug: row.slug,
        business_name: row.business_name,
        status: row.status,
        plan: row.plan,
        rachel_enabled: row.is_on,
        phone_number: row.number,
        created_at: row.created_at,
    })))
}
