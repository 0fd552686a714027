//! Webhooks that did not come to their end, and how they are taken up again.
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{did, looked_at, machine::Of};
use crate::{
    admin::{
        model::{JobRow, WebhookQueue},
        store,
    },
    app::AppState,
    identity::Operator,
    inbound::{self, Replay},
    jobs,
    kernel::{
        ids::SubscriberId,
        page::{Cursor, Page},
        text::text_enum,
    },
    web::{
        ApiError, Problem,
        extract::{Path, Query},
        paging,
    },
};

/// So many dead jobs are shown beside the webhooks.
const DEAD_JOBS: i64 = 50;

text_enum! {
    /// How a webhook stands that was kept.
    QueueState { Unrouted, Failed, Waiting }
}

/// Which webhooks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    #[param(inline)]
    state: Option<QueueState>,
    subscriber: Option<Uuid>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Webhooks that belong to nobody, that failed by a fault of ours or that wait for their turn, and the newest jobs
/// that died. Bodies are not shown.
#[utoipa::path(get, path = "/admin/webhook-queue", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(QueueQuery), responses((status = 200, body = WebhookQueue)))]
pub async fn list_webhook_queue(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<QueueQuery>,
) -> Result<Json<WebhookQueue>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let state = query.state.map(|state| match state {
        QueueState::Unrouted => "UNROUTED",
        QueueState::Failed => "FAILED",
        QueueState::Waiting => "WAITING",
    });
    let entry = looked_at("inbound_event", query.subscriber);
    let mut tx = operator.begin(&app, &entry).await?;
    let kept = store::list_kept(&mut tx, state, query.subscriber, after, limit).await?;
    let dead = jobs::store::list_dead(&mut tx, None, DEAD_JOBS).await?;
    tx.commit().await?;
    let listed = Page::new(kept, limit, |row| Cursor {
        at: row.received_at,
        id: row.id,
    });
    Ok(Json(WebhookQueue {
        data: listed.data,
        next_cursor: listed.next_cursor,
        dead_jobs: dead.into_iter().map(JobRow::from).collect(),
    }))
}

/// Takes a webhook up again that was kept, by the road on which it came: once a number has its business, or a fault
/// of ours is mended. It takes effect once.
#[utoipa::path(post, path = "/admin/webhook-queue/{id}/replay", tag = "operator",
    security(("bearer" = ["OPERATOR"])), params(("id" = Uuid, Path), Of),
    responses((status = 202), (status = 409, body = Problem)))]
pub async fn replay_webhook(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, ApiError> {
    let changes = json!({ "subscriber": of.subscriber });
    let entry = did("inbound_event.replayed", "inbound_event", id, changes);
    let mut tx = operator.begin(&app, &entry).await?;
    let replay = inbound::replay(&mut tx, id, of.subscriber.map(SubscriberId)).await?;
    tx.commit().await?;
    match replay {
        Replay::Ordered => Ok(StatusCode::ACCEPTED),
        Replay::NotKept => Err(ApiError::not_found()),
        Replay::Nobodys => Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "nothing takes up events of this kind",
        )),
    }
}
