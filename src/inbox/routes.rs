//! The inbox, and what is done with one conversation.
use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    billing::{self, Totals},
    identity::{Staff, audit::Entry},
    kernel::{
        db::TenantTx,
        ids::{InteractionId, UserId},
        page::Page,
    },
    messaging::staff::{self, QueuedText, Words},
    tenancy::{Channel, privacy},
    traffic::{
        self, Source, Status,
        filter::InteractionQuery,
        store::{
            black_box,
            details::NoteView,
            lists::{self, InteractionView},
            staff as conversations,
        },
    },
    web::{
        ApiError, Problem,
        extract::{Body, Path, Query},
        idempotency::Once,
    },
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_inbox))
        .routes(routes!(mark_read))
        .routes(routes!(write_note))
        .routes(routes!(assign))
        .routes(routes!(close))
        .routes(routes!(reply))
}

/// Words for the person, or for colleagues.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWords {
    text: Words,
}

/// Whose it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    /// Somebody who works for the business; null for nobody.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    user_id: Option<Uuid>,
}

/// Conversations that are open or unread, the newest activity first.
#[utoipa::path(get, path = "/inbox", tag = "inbox", security(("bearer" = ["STAFF"])), params(InteractionQuery),
    responses((status = 200, body = Page<InteractionView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_inbox(
    State(app): State<AppState>,
    caller: Staff,
    Query(query): Query<InteractionQuery>,
) -> Result<Json<Page<InteractionView>>, ApiError> {
    let (filter, limit) = query.read()?;
    let mut tx = TenantTx::begin_list(&app.db, caller.subscriber).await?;
    let rows = lists::list_inbox(&mut tx, &filter, limit).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, InteractionView::cursor_by_activity);
    Ok(Json(page))
}

/// Somebody has seen it.
#[utoipa::path(post, path = "/interactions/{id}/read", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn mark_read(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = caller.begin(&app).await?;
    if !conversations::mark_read(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes something for colleagues; the person never sees it.
#[utoipa::path(post, path = "/interactions/{id}/note", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = NewWords,
    responses((status = 201, body = NoteView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn write_note(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
    Body(note): Body<NewWords>,
) -> Result<(StatusCode, Json<NoteView>), ApiError> {
    let user = caller.user();
    let detail = json!({"user_id": user, "text": note.text.as_str()});
    let mut tx = caller.begin(&app).await?;
    if !privacy::keeps_words(&mut tx).await? {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "this business handles health data: what people write is not kept",
        ));
    }
    let source = Source::Staff.as_str();
    let written = black_box::insert(&mut tx, id, source, "note", &detail, app.clock.now()).await;
    let written = written.map_err(|error| match error {
        sqlx::Error::RowNotFound => ApiError::not_found(),
        error => error.into(),
    })?;
    tx.commit().await?;
    let note = NoteView {
        id: written.id,
        user_id: user.map(|user| user.0),
        text: note.text.as_str().to_owned(),
        created_at: written.at,
    };
    Ok((StatusCode::CREATED, Json(note)))
}

/// Gives the conversation to somebody of the business; as long as it is somebody's, the receptionist sends no replies.
#[utoipa::path(post, path = "/interactions/{id}/assign", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = Assignment,
    responses((status = 200, body = InteractionView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn assign(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
    Body(assignment): Body<Assignment>,
) -> Result<Json<InteractionView>, ApiError> {
    let user = assignment.user_id.map(UserId);
    let mut tx = caller.begin(&app).await?;
    if !conversations::assign(&mut tx, id, user).await? {
        return Err(ApiError::not_found());
    }
    if let Some(user) = user
        && !conversations::is_member(&mut tx, user).await?
    {
        return Err(ApiError::invalid("user_id", "is nobody of this business"));
    }
    let detail = json!({"user_id": caller.user(), "assigned_user_id": user});
    traffic::trace(
        &mut tx,
        id,
        Source::Staff,
        "assigned",
        detail,
        app.clock.now(),
    );
    let view = find(&mut tx, id).await?;
    let entry = Entry {
        action: "interaction.assigned",
        subject_kind: "interaction",
        subject: Some(id.0),
        changes: json!({"assigned_user_id": user}),
    };
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Ends the conversation: it leaves the inbox, and nothing in it waits for an answer. A call ends when somebody hangs
/// up, so one that goes on is left as it is.
#[utoipa::path(post, path = "/interactions/{id}/close", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = InteractionView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn close(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
) -> Result<Json<InteractionView>, ApiError> {
    let now = app.clock.now();
    let mut tx = caller.begin(&app).await?;
    let before = conversations::lock_closing(&mut tx, id).await?;
    let before = before.ok_or_else(ApiError::not_found)?;
    if before.status != Status::Open {
        conversations::mark_read(&mut tx, id).await?;
    } else if before.channel == Channel::Voice {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "the call is still going on",
        ));
    } else {
        let (outcome, change) = conversations::close(&mut tx, id, &before, now).await?;
        let totals = Totals {
            day: before.day,
            channel: before.channel,
            change,
            messages_in: 0,
            messages_out: 0,
        };
        billing::record(&mut tx, None, &totals, now).await?;
        let detail = json!({"user_id": caller.user(), "outcome_type": outcome});
        traffic::trace(&mut tx, id, Source::Staff, "closed", detail, now);
    }
    let view = find(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Texts the person: in the open text conversation with them, or in a new one. So a missed call is answered as well.
#[utoipa::path(post, path = "/interactions/{id}/reply", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path), ("idempotency-key" = Option<String>, Header)), request_body = NewWords,
    responses((status = 202, body = QueuedText), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn reply(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
    request: Once<NewWords>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let conversation = traffic::find_conversation(&mut tx, id).await?;
    let conversation = conversation.ok_or_else(ApiError::not_found)?;
    let Some(person) = conversation.counterpart else {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "nobody knows the person's number",
        ));
    };
    let queued = staff::write(&mut tx, &caller, &person, &request.body.text, now).await?;
    conversations::mark_read(&mut tx, id).await?;
    let answer = request
        .finish(&mut tx, StatusCode::ACCEPTED, &queued)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

async fn find(tx: &mut TenantTx, id: InteractionId) -> Result<InteractionView, ApiError> {
    let found = lists::find(tx, id.0).await?;
    found.ok_or_else(ApiError::not_found)
}
