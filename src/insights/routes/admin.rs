//! What the operator sees of everybody's health.
use axum::{Json, extract::State};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    alerts,
    app::AppState,
    identity::{Operator, audit::Entry},
    insights::store::{self, ChurnAlert, HealthScore},
    kernel::{
        ids::SubscriberId,
        page::{Cursor, Page},
    },
    web::{ApiError, Path, Problem, Query, paging},
};

/// Whose scores.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HealthQuery {
    /// At most 200; 50 if nothing is said.
    limit: Option<i64>,
    cursor: Option<String>,
    /// The history of this one; without it the latest score of everybody, the worst first.
    subscriber: Option<Uuid>,
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertQuery {
    /// At most 200; 50 if nothing is said.
    limit: Option<i64>,
    cursor: Option<String>,
    subscriber: Option<Uuid>,
    /// Only those that are open, or only those that are not.
    open: Option<bool>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_health_scores))
        .routes(routes!(list_churn_alerts))
        .routes(routes!(resolve_churn_alert))
}

/// How healthy everybody is, the worst first; or how one subscriber has been, for up to 90 days.
#[utoipa::path(get, path = "/admin/health-scores", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(HealthQuery),
    responses((status = 200, body = inline(Page<HealthScore>)), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_health_scores(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<HealthQuery>,
) -> Result<Json<Page<HealthScore>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let looked = looked_at("health_scores.listed", query.subscriber);
    let mut tx = operator.begin(&app, &looked).await?;
    let page = match query.subscriber {
        Some(subscriber) => {
            let subscriber = SubscriberId(subscriber);
            let rows = store::list_history(&mut tx, subscriber, after, limit + 1).await?;
            Page::new(rows, limit, |row| Cursor {
                at: row.scored_at,
                id: row.id,
            })
        }
        None => {
            // A cursor has room for a time and an id; here the time stands for the score.
            let after = after.map(|cursor| (score_in(&cursor), cursor.id));
            let rows = store::list_worst(&mut tx, after, limit + 1).await?;
            Page::new(rows, limit, |row| Cursor {
                at: DateTime::from_timestamp_micros(row.score.into()).unwrap_or_default(),
                id: row.subscriber_id,
            })
        }
    };
    tx.commit().await?;
    Ok(Json(page))
}

/// Who may be about to leave, the newest first.
#[utoipa::path(get, path = "/admin/churn-alerts", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(AlertQuery),
    responses((status = 200, body = inline(Page<ChurnAlert>)), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_churn_alerts(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<AlertQuery>,
) -> Result<Json<Page<ChurnAlert>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let looked = looked_at("churn_alerts.listed", query.subscriber);
    let mut tx = operator.begin(&app, &looked).await?;
    let subscriber = query.subscriber.map(SubscriberId);
    let rows = store::list_alerts(&mut tx, subscriber, query.open, after, limit + 1).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.opened_at,
        id: row.id,
    })))
}

/// Ends an alert by hand. If its cause holds at the next look, another one is opened.
#[utoipa::path(post, path = "/admin/churn-alerts/{id}/resolve", tag = "operator",
    security(("bearer" = ["OPERATOR"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = ChurnAlert), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn resolve_churn_alert(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<Uuid>,
) -> Result<Json<ChurnAlert>, ApiError> {
    let act = Entry {
        action: "churn_alert.resolved",
        subject_kind: "churn_alert",
        subject: Some(id),
        changes: json!({}),
    };
    let now = app.clock.now();
    let mut tx = operator.begin(&app, &act).await?;
    let alert = store::resolve_alert(&mut tx, id, operator.user, now).await?;
    let alert = alert.ok_or_else(ApiError::not_found)?;
    let key = alert.cause.key(SubscriberId(alert.subscriber_id));
    alerts::resolve(&mut tx, &key, now).await?;
    tx.commit().await?;
    Ok(Json(alert))
}

fn score_in(cursor: &Cursor) -> i32 {
    i32::try_from(cursor.at.timestamp_micros()).unwrap_or(i32::MAX)
}

fn looked_at(action: &'static str, subscriber: Option<Uuid>) -> Entry {
    Entry {
        action,
        subject_kind: "subscriber",
        subject: subscriber,
        changes: json!({}),
    }
}
