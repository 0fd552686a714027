//! Businesses and what is theirs: people, leads, texts.
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::looked_at;
use crate::{
    admin::{
        model::{AppointmentRow, LeadRow, MessageRow, SubscriberRow},
        store,
    },
    app::AppState,
    identity::{Operator, overview, overview::UserRow},
    kernel::page::{Cursor, Page},
    web::{ApiError, extract::Query, paging},
};

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// Looked for in address and name.
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Everybody who has an account.
#[utoipa::path(get, path = "/admin/users", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(UserQuery), responses((status = 200, body = Page<UserRow>)))]
pub async fn list_users(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<UserQuery>,
) -> Result<Json<Page<UserRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    // The act is written down; people are read by a role that sees them.
    let tx = operator.begin(&app, &looked_at("user", None)).await?;
    tx.commit().await?;
    let rows = overview::list_users(&app.db, query.q.as_deref(), after, limit).await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}

/// Which businesses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SubscriberQuery {
    /// Looked for in name and slug.
    q: Option<String>,
    status: Option<String>,
    plan: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Every business, with its plan and when it was last active.
#[utoipa::path(get, path = "/admin/subscribers", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(SubscriberQuery), responses((status = 200, body = Page<SubscriberRow>)))]
pub async fn list_subscribers(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<SubscriberQuery>,
) -> Result<Json<Page<SubscriberRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = operator.begin(&app, &looked_at("subscriber", None)).await?;
    let (text, status, plan) = (
        query.q.as_deref(),
        query.status.as_deref(),
        query.plan.as_deref(),
    );
    let rows = store::list_subscribers(&mut tx, text, status, plan, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}

/// Which leads, appointments or texts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnedQuery {
    /// Of one business alone.
    subscriber: Option<Uuid>,
    status: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Everybody's leads.
#[utoipa::path(get, path = "/admin/leads", tag = "operator", operation_id = "list_all_leads",
    security(("bearer" = ["OPERATOR"])), params(OwnedQuery), responses((status = 200, body = Page<LeadRow>)))]
pub async fn list_leads(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<OwnedQuery>,
) -> Result<Json<Page<LeadRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let entry = looked_at("lead", query.subscriber);
    let mut tx = operator.begin(&app, &entry).await?;
    let status = query.status.as_deref();
    let rows = store::list_leads(&mut tx, query.subscriber, status, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}

/// Everybody's appointments.
#[utoipa::path(get, path = "/admin/appointments", tag = "operator", operation_id = "list_all_appointments",
    security(("bearer" = ["OPERATOR"])), params(OwnedQuery),
    responses((status = 200, body = Page<AppointmentRow>)))]
pub async fn list_appointments(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<OwnedQuery>,
) -> Result<Json<Page<AppointmentRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let entry = looked_at("appointment", query.subscriber);
    let mut tx = operator.begin(&app, &entry).await?;
    let status = query.status.as_deref();
    let rows = store::list_appointments(&mut tx, query.subscriber, status, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}

/// Every text that was sent, or was to be.
#[utoipa::path(get, path = "/admin/messages", tag = "operator", operation_id = "list_all_messages",
    security(("bearer" = ["OPERATOR"])), params(OwnedQuery), responses((status = 200, body = Page<MessageRow>)))]
pub async fn list_messages(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<OwnedQuery>,
) -> Result<Json<Page<MessageRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let entry = looked_at("message", query.subscriber);
    let mut tx = operator.begin(&app, &entry).await?;
    let status = query.status.as_deref();
    let rows = store::list_messages(&mut tx, query.subscriber, status, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}
