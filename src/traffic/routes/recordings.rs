//! Recordings, and the sound itself, which is passed on from the provider: where it lies there nobody learns.
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    identity::{Staff, access::unauthenticated, audit::Entry},
    kernel::{
        db::TenantTx,
        ids::{RecordingId, SubscriberId},
        page::{Page, PageQuery},
    },
    providers::recordings::Error,
    traffic::{
        links,
        store::recordings::{self as store, Recording, RecordingView},
    },
    web::{
        ApiError, Problem,
        extract::{Path, Query},
    },
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_recordings))
        .routes(routes!(show_recording))
        .routes(routes!(play))
        .routes(routes!(make_link))
}

/// Where the sound can be fetched for a while by who has the link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkView {
    /// A path of ours.
    url: String,
    expires_at: DateTime<Utc>,
}

/// The query of a signed link.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PlayQuery {
    /// Of `POST /call-recordings/{id}/link`; instead of a bearer token.
    token: Option<String>,
}

/// Recordings, the newest first.
#[utoipa::path(get, path = "/call-recordings", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<RecordingView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_recordings(
    State(app): State<AppState>,
    caller: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<RecordingView>>, ApiError> {
    let after = page.after()?;
    let mut tx = TenantTx::begin_list(&app.db, caller.subscriber).await?;
    let rows = store::list(&mut tx, after, page.limit()).await?;
    tx.end_reading();
    let page = Page::new(rows, page.limit(), Recording::cursor);
    Ok(Json(page.map(RecordingView::from)))
}

/// One recording; its sound is at `url`.
#[utoipa::path(get, path = "/call-recordings/{id}", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = RecordingView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_recording(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<RecordingId>,
) -> Result<Json<RecordingView>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let found = store::find(&mut tx, id).await?;
    tx.end_reading();
    Ok(Json(found.ok_or_else(ApiError::not_found)?.into()))
}

/// The sound of a recording, whole or a range of it. By bearer token, or by the token of a signed link, because a
/// player in a page can send no headers.
#[utoipa::path(get, path = "/call-recordings/{id}/audio", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path), PlayQuery, ("range" = Option<String>, Header)),
    responses((status = 200, content_type = "audio/wav", body = [u8]),
        (status = 206, content_type = "audio/wav", body = [u8]),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn play(
    State(app): State<AppState>,
    Path(id): Path<RecordingId>,
    Query(query): Query<PlayQuery>,
    staff: Result<Staff, ApiError>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let subscriber: SubscriberId = match &query.token {
        Some(token) => links::read(&app, token, id).map_err(|_| unauthenticated())?,
        None => staff?.subscriber,
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let source = store::find_source(&mut tx, id).await?;
    tx.end_reading();
    let source = source.ok_or_else(ApiError::not_found)?;
    let range = headers.get(header::RANGE);
    let sound = app.recordings.fetch(&source.provider_url, range).await;
    let mut sound = sound.map_err(|error| {
        // The error holds no URL.
        tracing::warn!(
            subscriber.id = %subscriber, provider = source.provider,
            "recording {id} cannot be played: {error}"
        );
        match error {
            Error::Gone | Error::UnknownHost => ApiError::not_found(),
            Error::TooLarge | Error::Unavailable(_) => ApiError::unavailable(),
        }
    })?;
    for (name, value) in [
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        sound.headers.insert(name, HeaderValue::from_static(value));
    }
    Ok((sound.status, sound.headers, sound.body).into_response())
}

/// A link to the sound that needs no header and is good for five minutes.
#[utoipa::path(post, path = "/call-recordings/{id}/link", tag = "traffic", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 201, body = LinkView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn make_link(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<RecordingId>,
) -> Result<(StatusCode, Json<LinkView>), ApiError> {
    let mut tx = caller.begin(&app).await?;
    let found = store::find(&mut tx, id).await?;
    let recording = found.ok_or_else(ApiError::not_found)?;
    let entry = Entry {
        action: "recording.linked",
        subject_kind: "recording",
        subject: Some(id.0),
        changes: json!({"interaction_id": recording.interaction}),
    };
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    let link = links::make(&app, caller.subscriber, id);
    let view = LinkView {
        url: format!("{}?token={}", store::path_of(id), link.token),
        expires_at: link.expires_at,
    };
    Ok((StatusCode::CREATED, Json(view)))
}
