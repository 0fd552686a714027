//! The paths of the consent log.
use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{Staff, audit::Entry},
    kernel::ids::ContactId,
    people::consents::{self, Consent, ConsentChannel, NewConsent, Purpose},
    web::{ApiError, Once, Problem, Query, client},
};

/// What is written down of a consent at most.
const LONGEST: usize = 500;

/// A consent that somebody gave or withdrew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentRequest {
    contact_id: Uuid,
    purpose: Purpose,
    /// `false` withdraws.
    granted: bool,
    /// Which wording was shown or read out.
    text_version: String,
    channel: ConsentChannel,
    /// Where it can be seen: a message, a form, a call.
    proof: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    contact_id: Uuid,
}

/// What a contact agreed to and withdrew, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct ConsentList {
    data: Vec<Consent>,
    next_cursor: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_consents, record_consent))
}

/// Writes down what a contact agreed to or withdrew. The newest of a purpose counts.
#[utoipa::path(post, path = "/consents", tag = "safety", security(("bearer" = ["STAFF"])),
    request_body = ConsentRequest,
    responses((status = 201, body = Consent), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
async fn record_consent(
    State(app): State<AppState>,
    caller: Staff,
    request: Once<ConsentRequest>,
) -> Result<Response, ApiError> {
    let body = &request.body;
    if body.text_version.trim().is_empty() || body.text_version.len() > LONGEST {
        return Err(ApiError::invalid(
            "text_version",
            "must be 1 to 500 characters",
        ));
    }
    if body
        .proof
        .as_ref()
        .is_some_and(|proof| proof.len() > LONGEST)
    {
        return Err(ApiError::invalid("proof", "must be 500 characters at most"));
    }
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let contact = ContactId(body.contact_id);
    let consent = NewConsent {
        contact,
        purpose: body.purpose,
        granted: body.granted,
        text_version: body.text_version.clone(),
        channel: body.channel,
        proof: body.proof.clone(),
        ip_prefix: caller.address.map(client::prefix),
    };
    let id = consents::record_consent(&mut tx, &consent, app.clock.now())
        .await?
        .ok_or_else(ApiError::not_found)?;
    let all = consents::list_consents(&mut tx, contact).await?;
    let written = all.into_iter().find(|consent| consent.id == id);
    let answer = request
        .finish(&mut tx, StatusCode::CREATED, &written)
        .await?;
    let entry = Entry {
        action: "consent.recorded",
        subject_kind: "contact",
        subject: Some(body.contact_id),
        changes: json!({"consent_id": id, "purpose": body.purpose, "granted": body.granted}),
    };
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What a contact agreed to and withdrew.
#[utoipa::path(get, path = "/consents", tag = "safety", security(("bearer" = ["STAFF"])), params(Asked),
    responses((status = 200, body = ConsentList), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_consents(
    State(app): State<AppState>,
    caller: Staff,
    Query(asked): Query<Asked>,
) -> Result<Json<ConsentList>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let contact = ContactId(asked.contact_id);
    if !consents::has_contact(&mut tx, contact).await? {
        return Err(ApiError::not_found());
    }
    let data = consents::list_consents(&mut tx, contact).await?;
    tx.end_reading();
    Ok(Json(ConsentList {
        data,
        next_cursor: None,
    }))
}
