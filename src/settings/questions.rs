//! `/questions`: what is often asked and what to answer; `/questions/gaps`: what was asked and had no answer.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::audit_change;
use crate::{
    app::AppState,
    identity::{Admin, Staff},
    kernel::{
        db::OnConstraint,
        page::{Cursor, Page},
    },
    tenancy::{
        model::GapStatus,
        store::questions::{self, Gap, Question},
    },
    web::{
        ApiError, Body, Checks, Path, Problem, Query,
        paging::{self, ListQuery},
    },
};

/// A question with the answer that the receptionist gives.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    pub id: Uuid,
    pub question: String,
    pub answer: String,
}

/// A question with its answer, as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionInput {
    pub question: String,
    pub answer: String,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "id")]
    #[schema(ignore)]
    _id: IgnoredAny,
}

/// What somebody asked, and got no answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapView {
    pub id: Uuid,
    pub question: String,
    pub interaction_id: Option<Uuid>,
    pub status: GapStatus,
    pub created_at: DateTime<Utc>,
}

/// Which gaps: the open ones unless said otherwise.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GapsQuery {
    pub status: Option<GapStatus>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_questions, create_question))
        .routes(routes!(update_question, delete_question))
        .routes(routes!(list_gaps))
        .routes(routes!(close_gap))
}

/// The questions, in the order in which they were added.
#[utoipa::path(get, path = "/questions", tag = "settings", security(("bearer" = ["STAFF"])), params(ListQuery),
    responses((status = 200, body = Page<QuestionView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_questions(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<QuestionView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let after = after.map(|cursor| cursor.id);
    let mut tx = staff.begin(&app).await?;
    let rows = questions::list_questions(&mut tx, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: DateTime::<Utc>::UNIX_EPOCH,
        id: row.id,
    });
    Ok(Json(page.map(QuestionView::of)))
}

/// Adds a question with its answer.
#[utoipa::path(post, path = "/questions", tag = "settings", security(("bearer" = ["ADMIN"])),
    request_body = QuestionInput,
    responses((status = 201, body = QuestionView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_question(
    State(app): State<AppState>,
    admin: Admin,
    Body(input): Body<QuestionInput>,
) -> Result<(StatusCode, Json<QuestionView>), ApiError> {
    let question = input.read(Uuid::now_v7())?;
    let mut tx = admin.begin(&app).await?;
    let written = questions::insert_question(&mut tx, &question, app.clock.now()).await;
    written.on_constraint("questions_subscriber_question_key", taken())?;
    let subject = Some(question.id);
    audit_change(
        &mut tx,
        &app,
        &admin,
        "question.created",
        subject,
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(QuestionView::of(question))))
}

/// Puts another question and answer in the place of this one.
#[utoipa::path(put, path = "/questions/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = QuestionInput,
    responses((status = 200, body = QuestionView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_question(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
    Body(input): Body<QuestionInput>,
) -> Result<Json<QuestionView>, ApiError> {
    let question = input.read(id)?;
    let mut tx = admin.begin(&app).await?;
    let written = questions::update_question(&mut tx, &question, app.clock.now()).await;
    if !written.on_constraint("questions_subscriber_question_key", taken())? {
        return Err(ApiError::not_found());
    }
    audit_change(
        &mut tx,
        &app,
        &admin,
        "question.updated",
        Some(id),
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(Json(QuestionView::of(question)))
}

/// Takes a question away.
#[utoipa::path(delete, path = "/questions/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn delete_question(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    if !questions::delete_question(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    audit_change(
        &mut tx,
        &app,
        &admin,
        "question.deleted",
        Some(id),
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was asked and had no answer, the newest first.
#[utoipa::path(get, path = "/questions/gaps", tag = "settings", security(("bearer" = ["STAFF"])), params(GapsQuery),
    responses((status = 200, body = Page<GapView>), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn list_gaps(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<GapsQuery>,
) -> Result<Json<Page<GapView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let status = query.status.unwrap_or(GapStatus::Open);
    let mut tx = staff.begin(&app).await?;
    let rows = questions::list_gaps(&mut tx, status, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    });
    Ok(Json(page.map(GapView::of)))
}

/// Closes a gap: it was answered, or needs no answer. Again changes nothing.
#[utoipa::path(post, path = "/questions/gaps/{id}/close", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = GapView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn close_gap(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<GapView>, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let closed = questions::close_gap(&mut tx, id, app.clock.now()).await?;
    let closed = closed.ok_or_else(ApiError::not_found)?;
    let fields = vec!["status".to_owned()];
    audit_change(&mut tx, &app, &admin, "gap.closed", Some(id), fields).await?;
    tx.commit().await?;
    Ok(Json(GapView::of(closed)))
}

fn taken() -> ApiError {
    ApiError::client(
        StatusCode::CONFLICT,
        "conflict",
        "this question is there already",
    )
}

impl QuestionInput {
    fn read(self, id: Uuid) -> Result<Question, ApiError> {
        let mut checks = Checks::default();
        let question = checks.words("question", &self.question, 500);
        let question = checks.required("question", question);
        let answer = checks.words("answer", &self.answer, 2000);
        let answer = checks.required("answer", answer);
        checks.finish()?;
        Ok(Question {
            id,
            question: question.unwrap_or_default(),
            answer: answer.unwrap_or_default(),
        })
    }
}

impl QuestionView {
    fn of(row: Question) -> Self {
        Self {
            id: row.id,
            question: row.question,
            answer: row.answer,
        }
    }
}

impl GapView {
    fn of(row: Gap) -> Self {
        Self {
            id: row.id,
            question: row.question,
            interaction_id: row.interaction_id,
            status: row.status,
            created_at: row.created_at,
        }
    }
}
