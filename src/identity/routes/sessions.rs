//! A person's own sessions, and an operator's acting as somebody.
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{
        Myself, Operator, SignedIn,
        audit::{self, Entry, Who},
        session::{self, Client, SessionView},
        sign_in::record_of,
        store::{
            people,
            sessions::{self, End, Impersonation},
        },
    },
    kernel::{
        db::IdentityTx,
        ids::{SessionId, UserId},
    },
    web::{ApiError, Body, Path, Problem},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions, revoke_other_sessions))
        .routes(routes!(revoke_session))
        .routes(routes!(start_impersonation))
        .routes(routes!(end_impersonation))
}

/// One place where a person is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionRow {
    pub id: Uuid,
    /// What the program calls itself.
    pub device: Option<String>,
    /// The network, not the address.
    pub ip_prefix: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub is_current: bool,
}

/// All of a person's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    pub data: Vec<SessionRow>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpersonationRequest {
    user_id: Uuid,
    /// Why; it stands in the audit log.
    reason: String,
    /// Id or slug of the business, for somebody who has several.
    subscriber: Option<String>,
    /// Whether more than looking is needed.
    #[serde(default)]
    write: bool,
}

/// Where the person is signed in.
#[utoipa::path(get, path = "/sessions", tag = "sign-in", security(("bearer" = [])),
    responses((status = 200, body = SessionList), (status = 401, body = Problem)))]
async fn list_sessions(
    State(app): State<AppState>,
    person: SignedIn,
) -> Result<Json<SessionList>, ApiError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let rows = sessions::list(&mut tx, person.user, app.clock.now()).await?;
    tx.commit().await?;
    let rows = rows.into_iter().map(|row| SessionRow {
        id: row.id.0,
        device: row.device,
        ip_prefix: row.ip_prefix,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        is_current: row.id == person.session,
    });
    Ok(Json(SessionList {
        data: rows.collect(),
    }))
}

/// Ends one session of the person.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "sign-in", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn revoke_session(
    State(app): State<AppState>,
    person: Myself,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    if !sessions::end(&mut tx, person.user, SessionId(id), End::Revoked, now).await? {
        return Err(ApiError::not_found());
    }
    record_of(
        &mut tx,
        &person,
        "session.revoked",
        json!({"session_id": id}),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of the person but this one.
#[utoipa::path(delete, path = "/sessions", tag = "sign-in", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem)))]
async fn revoke_other_sessions(
    State(app): State<AppState>,
    person: Myself,
) -> Result<StatusCode, ApiError> {
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    let ended = sessions::end_others(
        &mut tx,
        person.user,
        Some(person.session),
        End::Revoked,
        now,
    )
    .await?;
    record_of(
        &mut tx,
        &person,
        "session.others_revoked",
        json!({"ended": ended}),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An operator acts as somebody, for half an hour. Looks only, unless asked for more; every request is in the audit
/// log under both names.
#[utoipa::path(post, path = "/admin/impersonation/start", tag = "operator", request_body = ImpersonationRequest,
    security(("bearer" = ["OPERATOR"])),
    responses((status = 200, body = SessionView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
async fn start_impersonation(
    State(app): State<AppState>,
    operator: Operator,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    Body(request): Body<ImpersonationRequest>,
) -> Result<Json<SessionView>, ApiError> {
    operator.require_fresh()?;
    let reason = request.reason.trim();
    if !(5..=500).contains(&reason.chars().count()) {
        return Err(ApiError::invalid(
            "reason",
            "must say why, in 5 to 500 characters",
        ));
    }
    let (user, now) = (UserId(request.user_id), app.clock.now());
    let client = Client::of(&app, &headers, &extensions);
    let mut tx = IdentityTx::begin(&app.db).await?;
    let found = people::find_user(&mut tx, user)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if found.is_operator {
        return Err(ApiError::forbidden("nobody acts as an operator"));
    }
    let memberships = people::list_memberships(&mut tx, user).await?;
    let here = session::chosen(&memberships, request.subscriber.as_deref())?;
    let here = here.ok_or_else(ApiError::not_found)?.subscriber.id;
    let act = Impersonation {
        operator: operator.user,
        reason,
        can_write: request.write,
    };
    let begun = session::begin_impersonation(&mut tx, user, Some(here), act, &client, now).await?;
    let entry = Entry {
        action: "impersonation.started",
        subject_kind: "user",
        subject: Some(user.0),
        changes: json!({"session_id": begun.id, "reason": reason, "can_write": request.write}),
    };
    let view = session::view(&app, &mut tx, begun, now).await?;
    // In the business's log, which its owner sees, and in the platform's: the nil chain first, as everywhere.
    for chain in [audit::PLATFORM, here] {
        audit::record(&mut tx, chain, Who::operator(&operator), &entry, now).await?;
    }
    tx.commit().await?;
    Ok(Json(view))
}

/// Ends the impersonation whose token this is; with an operator's own token, all of that operator's.
#[utoipa::path(post, path = "/admin/impersonation/end", tag = "operator", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn end_impersonation(
    State(app): State<AppState>,
    person: SignedIn,
) -> Result<StatusCode, ApiError> {
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    match person.impersonator {
        Some(_) => {
            sessions::end(&mut tx, person.user, person.session, End::Logout, now).await?;
        }
        None if person.is_operator => {
            sessions::end_impersonations(&mut tx, person.user, now).await?;
        }
        None => return Err(ApiError::forbidden("nobody is acted for here")),
    }
    record_of(&mut tx, &person, "impersonation.ended", json!({}), now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
