//! Lists of conversations, and one of them with everything in it.
use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    identity::{Caller, Staff},
    kernel::{db::TenantTx, ids::InteractionId, page::Page},
    tenancy::Channel,
    traffic::{
        filter::{Filter, InteractionQuery},
        model::Role,
        store::{
            details::{self, NoteView, ToolCallView, TurnView},
            lists::{self, InteractionView},
            recordings::{self, RecordingView},
        },
    },
    web::{
        ApiError, Problem, csv,
        extract::{Path, Query},
    },
};

use super::table;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_interactions))
        .routes(routes!(show_interaction))
        .routes(routes!(list_calls))
        .routes(routes!(show_call))
}

/// A conversation with everything in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InteractionDetail {
    #[serde(flatten)]
    pub interaction: InteractionView,
    /// What was said, a line for each turn; null when nothing was.
    pub transcript: Option<String>,
    /// The turns; of a very long conversation the newest thousand.
    pub messages: Vec<TurnView>,
    pub tool_calls: Vec<ToolCallView>,
    pub recordings: Vec<RecordingView>,
    /// What staff wrote for each other; the person never sees it.
    pub notes: Vec<NoteView>,
}

/// Conversations on every channel, the newest first.
#[utoipa::path(get, path = "/interactions", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(InteractionQuery),
    responses((status = 200, content((Page<InteractionView> = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_interactions(
    State(app): State<AppState>,
    caller: Staff,
    Query(query): Query<InteractionQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (filter, limit) = query.read()?;
    let wanted = Wanted {
        filter: &filter,
        limit,
        table: csv::is_wanted(query.format, &headers)
            .then(|| (csv::limit(query.limit), "interactions")),
    };
    answer(&app, &caller, &wanted).await
}

/// A conversation with its turns, tools, recordings and notes.
#[utoipa::path(get, path = "/interactions/{id}", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = InteractionDetail), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_interaction(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
) -> Result<Json<InteractionDetail>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let detail = read(&mut tx, id, None).await?;
    tx.end_reading();
    Ok(Json(detail))
}

/// Calls, the newest first.
#[utoipa::path(get, path = "/dashboard/calls", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(InteractionQuery),
    responses((status = 200, content((Page<InteractionView> = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_calls(
    State(app): State<AppState>,
    caller: Staff,
    Query(query): Query<InteractionQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (filter, limit) = calls_of(&query)?;
    let wanted = Wanted {
        filter: &filter,
        limit,
        table: csv::is_wanted(query.format, &headers).then(|| (csv::limit(query.limit), "calls")),
    };
    answer(&app, &caller, &wanted).await
}

/// A call with its turns, tools, recordings and notes.
#[utoipa::path(get, path = "/dashboard/calls/{id}", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = InteractionDetail), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_call(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
) -> Result<Json<InteractionDetail>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let detail = read(&mut tx, id, Some(Channel::Voice)).await?;
    tx.end_reading();
    Ok(Json(detail))
}

fn calls_of(query: &InteractionQuery) -> Result<(Filter, i64), ApiError> {
    if query
        .channel
        .is_some_and(|channel| channel != Channel::Voice)
    {
        return Err(ApiError::invalid("channel", "calls are VOICE"));
    }
    let (filter, limit) = query.read()?;
    let filter = Filter {
        channel: Some(Channel::Voice),
        ..filter
    };
    Ok((filter, limit))
}

/// What a list is asked for.
struct Wanted<'a> {
    filter: &'a Filter,
    limit: i64,
    /// As a table of so many rows and this name.
    table: Option<(i64, &'static str)>,
}

async fn answer(
    app: &AppState,
    caller: &Caller,
    wanted: &Wanted<'_>,
) -> Result<Response, ApiError> {
    let limit = wanted.table.map_or(wanted.limit, |(rows, _)| rows);
    let mut tx = TenantTx::begin_list(&app.read_db, caller.subscriber).await?;
    let rows = lists::list(&mut tx, wanted.filter, limit).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, InteractionView::cursor);
    match wanted.table {
        Some((_, name)) => table::of(&page, name),
        None => Ok(Json(page).into_response()),
    }
}

async fn read(
    tx: &mut TenantTx,
    id: InteractionId,
    only: Option<Channel>,
) -> Result<InteractionDetail, ApiError> {
    let found = lists::find(tx, id.0).await?;
    let interaction = found
        .filter(|found| only.is_none_or(|channel| found.channel == channel))
        .ok_or_else(ApiError::not_found)?;
    let messages = details::list_turns(tx, id).await?;
    let tool_calls = details::list_tool_calls(tx, id).await?;
    let recordings = recordings::list_of(tx, id).await?;
    let notes = details::list_notes(tx, id).await?;
    Ok(InteractionDetail {
        transcript: transcript(&messages),
        interaction,
        messages,
        tool_calls,
        recordings: recordings.into_iter().map(RecordingView::from).collect(),
        notes,
    })
}

/// As the older clients know it.
fn transcript(turns: &[TurnView]) -> Option<String> {
    let lines: Vec<String> = turns
        .iter()
        .filter_map(|turn| {
            let speaker = match turn.role {
                Role::Ai => "Agent",
                Role::Caller => "User",
                Role::Staff => "Staff",
                Role::System | Role::Tool => return None,
            };
            Some(format!("{speaker}: {}", turn.text))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
