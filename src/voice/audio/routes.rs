//! `/voice/audio/{token}`: what Twilio plays. No header of ours comes with its request, so the link is all the proof.
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{link, store};
use crate::{
    app::AppState,
    kernel::db::TenantTx,
    web::{ApiError, Path, Problem},
};

/// What stands under a link of ours never changes.
const FOR_ALL: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// As long as it is there.
const FOR_ONE: HeaderValue = HeaderValue::from_static("private, max-age=300");

pub(in crate::voice) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(play_audio))
}

/// A sound that a TwiML document of ours names. For the carrier of the call alone, by a link that nobody can guess.
#[utoipa::path(get, path = "/voice/audio/{token}", tag = "voice", params(("token" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = [u8]), (status = 404, body = Problem),
              (status = 503, body = Problem)))]
async fn play_audio(
    State(app): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let (subscriber, id) = link::read(&app.keyring, &token).ok_or_else(ApiError::not_found)?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let found = store::find_audio(&mut tx, id, app.clock.now()).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    let caching = if found.is_personal { FOR_ONE } else { FOR_ALL };
    let content_type = HeaderValue::from_str(&found.content_type)
        .map_err(|error| ApiError::Internal(error.into()))?;
    let tag = HeaderValue::from_str(&format!("\"{id}\""))
        .map_err(|error| ApiError::Internal(error.into()))?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        // Said here, because an answer to HEAD has no body that could tell.
        (header::CONTENT_LENGTH, HeaderValue::from(found.audio.len())),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, caching),
    ];
    Ok((headers, Body::from(found.audio)).into_response())
}
