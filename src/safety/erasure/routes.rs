//! The paths of erasures.
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{EraseContact, EraseSubscriber};
use crate::{
    app::{App, AppState},
    identity::{Admin, Operator, audit::Entry},
    jobs,
    kernel::{
        db::TenantTx,
        ids::{ContactId, SubscriberId},
        page::{Cursor, Page},
        text::Slug,
    },
    people::personal_data::{OnErasure, Subject, personal_data},
    safety::store::erasures::{self as store, Erasure, ErasureState},
    tenancy::directory::{self, Key},
    web::{ApiError, Once, Path, Problem, Query, paging},
};

/// Erasing asks for nothing but a body, so that no browser does it by mistake.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseRequest {}

/// The slug once more: erasing a business cannot be undone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseBusinessRequest {
    slug: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What is kept although somebody asked, and why.
#[derive(Debug, Serialize, ToSchema)]
struct Kept {
    what: String,
    why: &'static str,
}

/// What the providers have deleted.
#[derive(Debug, Serialize, ToSchema)]
struct AtProviders {
    pending: i64,
    done: i64,
    /// They did not, however often they were asked: an operator has an alert.
    given_up: i64,
}

/// The receipt of an erasure.
#[derive(Debug, Serialize, ToSchema)]
struct Receipt {
    id: Uuid,
    /// None: the whole business.
    contact_id: Option<Uuid>,
    /// `WANTED`, `AT_PROVIDERS` (gone here) or `DONE`.
    state: ErasureState,
    /// Rows changed or deleted, by table.
    counts: Value,
    kept: Vec<Kept>,
    providers: AtProviders,
    requested_at: DateTime<Utc>,
    completed_at: Option<DateTime<Utc>>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(erase_contact))
        .routes(routes!(list_erasures))
        .routes(routes!(show_erasure))
        .routes(routes!(erase_business))
        .routes(routes!(show_erasure_of_business))
}

impl From<Erasure> for Receipt {
    fn from(erasure: Erasure) -> Self {
        Self {
            kept: kept(erasure.contact_id.is_none()),
            id: erasure.id,
            contact_id: erasure.contact_id,
            state: erasure.state,
            counts: erasure.counts,
            providers: AtProviders {
                pending: erasure.pending,
                done: erasure.done,
                given_up: erasure.given_up,
            },
            requested_at: erasure.requested_at,
            completed_at: erasure.completed_at,
        }
    }
}

/// What the registry keeps, and what stands in no registry because it is nobody's words.
fn kept(is_business: bool) -> Vec<Kept> {
    let registered = personal_data().iter().filter_map(|column| {
        let why = match column.on_erasure {
            OnErasure::Keep(why) => why,
            OnErasure::KeepWhileServed(why) if !is_business => why,
            _ => return None,
        };
        (is_business || column.subject == Subject::Contact).then(|| Kept {
            what: format!("{}.{}", column.table, column.column),
            why,
        })
    });
    let always = [
        (
            "usage_records, ledger_entries",
            "money, as the law asks; by ids, which lead to nobody any more",
        ),
        (
            "audit_log",
            "who did what, by ids; a chain that cannot be changed",
        ),
        (
            "chats at Retell",
            "Retell offers no way to delete a chat: it forgets what was said, and keeps that there was one",
        ),
    ];
    let always = always.into_iter().map(|(what, why)| Kept {
        what: what.to_owned(),
        why,
    });
    registered.chain(always).collect()
}

async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Receipt, ApiError> {
    let found = store::list(tx, Some(id), None, 1).await?;
    let found = found.into_iter().next().ok_or_else(ApiError::not_found)?;
    Ok(found.into())
}

/// Erases a contact: name, numbers, texts, recordings, here and at the providers. Money stays, under a pseudonym.
#[utoipa::path(post, path = "/contacts/{id}/erase", tag = "safety", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = EraseRequest,
    responses((status = 202, body = Receipt), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn erase_contact(
    State(app): State<AppState>,
    caller: Admin,
    Path(contact): Path<Uuid>,
    request: Once<EraseRequest>,
) -> Result<Response, ApiError> {
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let contact = ContactId(contact);
    let erasure = store::insert(&mut tx, Some(contact), caller.user(), app.clock.now())
        .await?
        .ok_or_else(ApiError::not_found)?;
    let job = EraseContact {
        subscriber: caller.subscriber,
        erasure,
    };
    jobs::enqueue(&mut tx, &job);
    let receipt = find(&mut tx, erasure).await?;
    let answer = request
        .finish(&mut tx, StatusCode::ACCEPTED, &receipt)
        .await?;
    let entry = Entry {
        action: "contact.erasure_requested",
        subject_kind: "contact",
        subject: Some(contact.0),
        changes: json!({"erasure_id": erasure}),
    };
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The receipts of all erasures, the newest first.
#[utoipa::path(get, path = "/erasures", tag = "safety", security(("bearer" = ["ADMIN"])), params(Asked),
    responses((status = 200, body = Page<Receipt>), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_erasures(
    State(app): State<AppState>,
    caller: Admin,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Receipt>>, ApiError> {
    let (limit, after) = paging::page(asked.limit, asked.cursor)?;
    let mut tx = caller.begin(&app).await?;
    let rows = store::list(&mut tx, None, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.requested_at,
        id: row.id,
    });
    Ok(Json(page.map(Receipt::from)))
}

/// The receipt of one erasure.
#[utoipa::path(get, path = "/erasures/{id}", tag = "safety", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Receipt), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_erasure(
    State(app): State<AppState>,
    caller: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Receipt>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let receipt = find(&mut tx, id).await?;
    tx.end_reading();
    Ok(Json(receipt))
}

/// The business of a path: an id, or a slug as long as it has one.
async fn business_of(app: &App, text: &str) -> Result<SubscriberId, ApiError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let slug: Slug = text.parse().map_err(|_| ApiError::not_found())?;
    let found = directory::find(&app.db, &[Key::Slug(slug.as_str())]).await?;
    let entry = found.into_iter().flatten().next();
    entry
        .and_then(|entry| entry.subscriber)
        .ok_or_else(ApiError::not_found)
}

/// Closes a business and erases everything of it but ledger and audit log. Cannot be undone.
#[utoipa::path(post, path = "/admin/subscribers/{subscriber}/erase", tag = "safety",
    security(("bearer" = ["OPERATOR"])), params(("subscriber" = String, Path)), request_body = EraseBusinessRequest,
    responses((status = 202, body = Receipt), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn erase_business(
    State(app): State<AppState>,
    operator: Operator,
    Path(subscriber): Path<String>,
    request: Once<EraseBusinessRequest>,
) -> Result<Response, ApiError> {
    operator.require_fresh()?;
    let subscriber = business_of(&app, &subscriber).await?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let slug = store::find_slug(&mut tx)
        .await?
        .ok_or_else(ApiError::not_found)?;
    tx.end_reading();
    if slug != request.body.slug {
        return Err(ApiError::invalid(
            "slug",
            "must be the slug of the business that is to be erased",
        ));
    }
    let entry = Entry {
        action: "subscriber.erasure_requested",
        subject_kind: "subscriber",
        subject: Some(subscriber.0),
        changes: json!({}),
    };
    operator.begin(&app, &entry).await?.commit().await?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let erasure = store::insert(&mut tx, None, Some(operator.user), app.clock.now())
        .await?
        .ok_or_else(ApiError::not_found)?;
    let job = EraseSubscriber {
        subscriber,
        erasure,
    };
    jobs::enqueue(&mut tx, &job);
    let receipt = find(&mut tx, erasure).await?;
    let answer = request
        .finish(&mut tx, StatusCode::ACCEPTED, &receipt)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// The receipt of an erasure, for the operator: nobody of an erased business can sign in to it.
#[utoipa::path(get, path = "/admin/subscribers/{subscriber}/erasures/{id}", tag = "safety",
    security(("bearer" = ["OPERATOR"])), params(("subscriber" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Receipt), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_erasure_of_business(
    State(app): State<AppState>,
    operator: Operator,
    Path((subscriber, id)): Path<(String, Uuid)>,
) -> Result<Json<Receipt>, ApiError> {
    let subscriber = business_of(&app, &subscriber).await?;
    let entry = Entry {
        action: "erasure.read",
        subject_kind: "subscriber",
        subject: Some(subscriber.0),
        changes: json!({"erasure_id": id}),
    };
    operator.begin(&app, &entry).await?.commit().await?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let receipt = find(&mut tx, id).await?;
    tx.end_reading();
    Ok(Json(receipt))
}
