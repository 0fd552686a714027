//! Texts, as the business's people see and write them.
use axum::{Json, extract::State, http::StatusCode, response::Response, routing::post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    model::ListedStatus,
    staff::{self, QueuedText, Words},
    store::{self, TextFilter, TextView},
};
use crate::{
    app::AppState,
    identity::Staff,
    kernel::{db::TenantTx, page::Page, phone::E164},
    traffic::{Direction, filter::number},
    web::{ApiError, Problem, extract::Query, idempotency::Once, paging},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_messages))
        .routes(routes!(send_message))
        .route("/messages/sms", post(send_message))
}

/// Which texts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessageQuery {
    #[param(inline)]
    direction: Option<Direction>,
    #[param(inline)]
    status: Option<ListedStatus>,
    /// The person's number.
    phone: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A text to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    #[schema(value_type = String, example = "+14315550100")]
    to: E164,
    body: Words,
}

/// Texts in and out, the newest first.
#[utoipa::path(get, path = "/messages", tag = "traffic", security(("bearer" = ["STAFF"])), params(MessageQuery),
    responses((status = 200, body = Page<TextView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_messages(
    State(app): State<AppState>,
    caller: Staff,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<TextView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let filter = TextFilter {
        direction: query.direction,
        status: query.status,
        phone: query.phone.as_deref().map(number),
        after,
    };
    // One person's texts are few: to find and sort them is quicker than to look for them among all.
    let mut tx = match filter.phone {
        Some(_) => caller.begin(&app).await?,
        None => TenantTx::begin_list(&app.db, caller.subscriber).await?,
    };
    let rows = store::list_texts(&mut tx, &filter, limit).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, TextView::cursor);
    Ok(Json(page))
}

/// Texts somebody. Whether the text goes out is decided when it is its turn: nobody is texted after an opt-out, and a
/// first word waits for the morning.
#[utoipa::path(post, path = "/messages/send", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("idempotency-key" = Option<String>, Header)), request_body = NewMessage,
    responses((status = 202, body = QueuedText), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn send_message(
    State(app): State<AppState>,
    caller: Staff,
    request: Once<NewMessage>,
) -> Result<Response, ApiError> {
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let NewMessage { to, body } = &request.body;
    let queued = staff::write(&mut tx, &caller, to, body, app.clock.now()).await?;
    let answer = request
        .finish(&mut tx, StatusCode::ACCEPTED, &queued)
        .await?;
    tx.commit().await?;
    Ok(answer)
}
