//! Texts, as the business's people see and write them.
use axum::{Json, extract::State, http::StatusCode, response::Response, routing::post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    appointments::{self, Refused, Untold},
    model::ListedStatus,
    staff::{self, QueuedText, Words},
    store::{self, TextFilter, TextView},
};
use crate::{
    app::AppState,
    identity::Staff,
    kernel::{db::TenantTx, ids::AppointmentId, page::Page, phone::E164},
    traffic::{Direction, filter::number},
    web::{ApiError, Problem, extract::Query, idempotency::Once, paging},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_messages))
        .routes(routes!(send_message))
        .routes(routes!(confirm_appointment))
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

/// Whose appointment is to be confirmed by text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    #[schema(value_type = Uuid)]
    appointment_id: AppointmentId,
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

/// Texts the person who has the appointment when and by which code, once more. Whether the text goes out is decided when
/// it is its turn: nobody is texted after an opt-out.
#[utoipa::path(post, path = "/messages/appointment-confirmation", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("idempotency-key" = Option<String>, Header)), request_body = Confirmation,
    responses((status = 202, body = QueuedText), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn confirm_appointment(
    State(app): State<AppState>,
    caller: Staff,
    request: Once<Confirmation>,
) -> Result<Response, ApiError> {
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let id = request.body.appointment_id;
    let told = appointments::confirm(&mut tx, &app, id, app.clock.now()).await?;
    let answer = request
        .finish(&mut tx, StatusCode::ACCEPTED, &told.view())
        .await?;
    tx.commit().await?;
    Ok(answer)
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let conflict = |detail| Self::client(StatusCode::CONFLICT, "conflict", detail);
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::Traffic(error) => error.into(),
            Refused::Untold(why) => conflict(match why {
                Untold::Outdated => "this appointment is over or was cancelled",
                Untold::NoPhone => "this appointment has no phone number",
                Untold::TextsOff => "texts about appointments are off in the settings",
                Untold::NoNumber => "this business sends no texts",
                Untold::OptedOut => "this person wants no texts",
                Untold::Unreachable => "this number takes no texts",
            }),
        }
    }
}
