//! The black box: read by staff, written by tools of the business.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{EventsWriter, Staff},
    kernel::{
        ids::InteractionId,
        page::{Page, PageQuery},
    },
    traffic::{
        black_box::{self, Source},
        store::black_box::{self as store, TraceView},
    },
    web::{
        ApiError, Problem,
        extract::{Body, Path, Query},
    },
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(write_event))
        .routes(routes!(show_black_box))
}

/// Something that a tool of the business did in an interaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    interaction_id: Uuid,
    /// Letters, digits, dots, colons, dashes and underscores.
    #[schema(max_length = 64)]
    kind: String,
    /// At most 8 KiB of JSON. Keep secrets out of it.
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    detail: Value,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

/// The line that was written.
#[derive(Debug, Serialize, ToSchema)]
struct WrittenEvent {
    id: Uuid,
    interaction_id: Uuid,
    at: DateTime<Utc>,
    kind: String,
    source: String,
    #[schema(value_type = Object)]
    detail: Value,
}

/// Adds a line to the black box of an interaction. For tools of the business: a key needs the scope `events:write`.
#[utoipa::path(post, path = "/black-box/event", tag = "traffic", security(("bearer" = ["STAFF"])),
    request_body = NewEvent,
    responses((status = 201, body = WrittenEvent), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn write_event(
    State(app): State<AppState>,
    caller: EventsWriter,
    Body(event): Body<NewEvent>,
) -> Result<(StatusCode, Json<WrittenEvent>), ApiError> {
    black_box::check(&event.kind, &event.detail)?;
    let source = match caller.user() {
        Some(_) => Source::Staff,
        None => Source::External,
    };
    // What staff says of itself is written by what it does.
    if source == Source::Staff && event.kind == "note" {
        return Err(ApiError::invalid(
            "kind",
            "is written by POST /interactions/{id}/note",
        ));
    }
    let mut tx = caller.begin(&app).await?;
    let written = store::insert(
        &mut tx,
        InteractionId(event.interaction_id),
        source.as_str(),
        &event.kind,
        &event.detail,
        app.clock.now(),
    )
    .await
    .map_err(|error| match error {
        sqlx::Error::RowNotFound => ApiError::not_found(),
        error => error.into(),
    })?;
    tx.commit().await?;
    let written = WrittenEvent {
        id: written.id,
        interaction_id: event.interaction_id,
        at: written.at,
        kind: written.kind,
        source: written.source,
        detail: written.detail,
    };
    Ok((StatusCode::CREATED, Json(written)))
}

/// Everything that happened in an interaction, in its order.
#[utoipa::path(get, path = "/black-box/{interaction}", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("interaction" = Uuid, Path), ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<TraceView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_black_box(
    State(app): State<AppState>,
    caller: Staff,
    Path(interaction): Path<InteractionId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<TraceView>>, ApiError> {
    let after = page.after()?;
    let limit = page.limit();
    let mut tx = caller.begin(&app).await?;
    let traces = store::list(&mut tx, interaction, after, limit).await?;
    tx.end_reading();
    let traces = traces.ok_or_else(ApiError::not_found)?;
    let page = Page::new(traces, limit, TraceView::cursor);
    Ok(Json(page))
}
