//! Endpoints: who wants which events where.
use std::{collections::BTreeMap, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::view::{EndpointList, EndpointView};
use crate::{
    app::AppState,
    deliveries::{
        model::{Error, Format, Schedule},
        replay::{self, Since},
        service::{self, Wish},
        store,
    },
    identity::{Admin, Staff, audit::Entry},
    kernel::ids::EndpointId,
    web::{
        ApiError, Problem,
        extract::{Body, Path},
        limits::{self, Bucket},
    },
};

/// Tries of endpoints, of one subscriber in a minute.
const TRIES: u32 = 20;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_endpoints, create_endpoint))
        .routes(routes!(find_endpoint, update_endpoint, delete_endpoint))
        .routes(routes!(rotate_secret))
        .routes(routes!(try_endpoint))
        .routes(routes!(replay_endpoint))
}

/// An endpoint to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEndpoint {
    /// `https`, unless the service runs where `http` is allowed. User and password in it become `Authorization: Basic`.
    url: String,
    /// Names of `/event-types`, beginnings such as `call.*`, or `*`.
    events: Vec<String>,
    description: Option<String>,
    enabled: Option<bool>,
    /// A secret of your own; one is made when it is left out.
    secret: Option<String>,
    /// Headers of your own.
    headers: Option<BTreeMap<String, String>>,
    format: Option<Format>,
    schedule: Option<Schedule>,
    /// 5 to 30; 15 when it is left out.
    timeout_seconds: Option<i32>,
    /// Fewer deliveries in a second than the service allows.
    max_per_second: Option<i32>,
}

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndpointChanges {
    url: Option<String>,
    events: Option<Vec<String>>,
    description: Option<String>,
    enabled: Option<bool>,
    /// The secret before signs along for a day.
    secret: Option<String>,
    /// All of them; a value of `***` stays what it was.
    headers: Option<BTreeMap<String, String>>,
    format: Option<Format>,
    schedule: Option<Schedule>,
    timeout_seconds: Option<i32>,
    max_per_second: Option<i32>,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "id")]
    #[schema(ignore)]
    _id: IgnoredAny,
    #[serde(default, rename = "created_at")]
    #[schema(ignore)]
    _created_at: IgnoredAny,
    #[serde(default, rename = "disabled_at")]
    #[schema(ignore)]
    _disabled_at: IgnoredAny,
    #[serde(default, rename = "disabled_because")]
    #[schema(ignore)]
    _disabled_because: IgnoredAny,
    #[serde(default, rename = "warnings")]
    #[schema(ignore)]
    _warnings: IgnoredAny,
}

/// How long the secrets before sign along.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// 0 to 168; 24 when it is left out.
    overlap_hours: Option<i64>,
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
struct TestResult {
    /// Whether the answer was a success.
    delivered: bool,
    status: Option<u16>,
    latency_ms: u64,
    body: Option<String>,
    /// A class such as `timeout` or `blocked_address`.
    #[schema(value_type = Option<String>)]
    error: Option<&'static str>,
}

/// From when on to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayRange {
    /// Within the last 14 days.
    since: DateTime<Utc>,
}

/// What was ordered.
#[derive(Serialize, ToSchema)]
pub struct Queued {
    /// How many deliveries begin anew; 10,000 at most.
    pub queued: i64,
}

/// The endpoints, the oldest first.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks out", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = EndpointList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_endpoints(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<EndpointList>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let endpoints = store::list_endpoints(&mut tx).await?;
    tx.end_reading();
    let views = endpoints
        .into_iter()
        .map(|endpoint| EndpointView::of(&app, staff.subscriber, endpoint, None));
    Ok(Json(EndpointList {
        data: views.collect::<Result<_, Error>>()?,
        next_cursor: None,
    }))
}

/// Makes an endpoint. Its secret is in this answer and in no other.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    request_body = NewEndpoint,
    responses((status = 201, body = EndpointView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_endpoint(
    State(app): State<AppState>,
    admin: Admin,
    Body(request): Body<NewEndpoint>,
) -> Result<(StatusCode, Json<EndpointView>), ApiError> {
    admin.refuse_impersonation()?;
    let wish = Wish::from(request);
    service::check_url(&app, wish.url.as_deref()).await?;
    let mut tx = admin.begin(&app).await?;
    let (endpoint, secret) = service::create(&app, &mut tx, wish, false).await?;
    let id = endpoint.id;
    let view = EndpointView::of(&app, admin.subscriber, endpoint, Some(&secret))?;
    admin
        .audit(&mut tx, &app, &entry("webhook.created", id, json!({})))
        .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// One endpoint.
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks out", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = EndpointView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn find_endpoint(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<EndpointId>,
) -> Result<Json<EndpointView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let found = store::find_endpoint(&mut tx, id).await?;
    tx.end_reading();
    let endpoint = found.ok_or(Error::NotFound)?;
    Ok(Json(EndpointView::of(
        &app,
        staff.subscriber,
        endpoint,
        None,
    )?))
}

/// Changes an endpoint.
#[utoipa::path(put, path = "/webhooks/{id}", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = EndpointChanges,
    responses((status = 200, body = EndpointView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_endpoint(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<EndpointId>,
    Body(request): Body<EndpointChanges>,
) -> Result<Json<EndpointView>, ApiError> {
    admin.refuse_impersonation()?;
    let changed = request.changed();
    let wish = Wish::from(request);
    service::check_url(&app, wish.url.as_deref()).await?;
    let mut tx = admin.begin(&app).await?;
    let endpoint = service::update(&app, &mut tx, id, wish).await?;
    let view = EndpointView::of(&app, admin.subscriber, endpoint, None)?;
    let changes = json!({"fields": changed});
    admin
        .audit(&mut tx, &app, &entry("webhook.changed", id, changes))
        .await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Deletes an endpoint with everything that was sent there.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn delete_endpoint(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<EndpointId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    if !store::delete_endpoint(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    admin
        .audit(&mut tx, &app, &entry("webhook.deleted", id, json!({})))
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new secret, which is in this answer and in no other. Those before it, two at most, sign along for the overlap.
#[utoipa::path(post, path = "/webhooks/{id}/rotate-secret", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = Option<Rotation>,
    responses((status = 200, body = EndpointView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn rotate_secret(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<EndpointId>,
    rotation: OptionalBody<Rotation>,
) -> Result<Json<EndpointView>, ApiError> {
    admin.refuse_impersonation()?;
    let overlap_hours = rotation.0.and_then(|rotation| rotation.overlap_hours);
    let mut tx = admin.begin(&app).await?;
    let (endpoint, secret) = service::rotate(&app, &mut tx, id, overlap_hours).await?;
    let view = EndpointView::of(&app, admin.subscriber, endpoint, Some(&secret))?;
    let changes = json!({"overlap_hours": overlap_hours});
    admin
        .audit(&mut tx, &app, &entry("webhook.secret_rotated", id, changes))
        .await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Sends a `webhook.test` at once and says what came of it. Nothing of it is kept.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TestResult), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn try_endpoint(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<EndpointId>,
) -> Result<Json<TestResult>, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let address = service::address_of(&app, &mut tx, id).await?;
    let bucket = Bucket::new(TRIES, Duration::from_secs(60));
    let key = format!("webhook_test:{}", admin.subscriber);
    let taken = limits::take(&mut tx, &key, bucket, 1).await?;
    tx.commit().await?;
    limits::note_or_refuse("webhook_test", bucket, taken)?;
    let tried = service::try_out(&app, admin.subscriber, &address).await;
    Ok(Json(TestResult {
        delivered: tried.error.is_none(),
        status: tried.status,
        latency_ms: tried.latency_ms,
        body: tried.body,
        error: tried.error,
    }))
}

/// Begins everything anew that failed since a time.
#[utoipa::path(post, path = "/webhooks/{id}/replay", tag = "webhooks out", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = ReplayRange,
    responses((status = 202, body = Queued), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn replay_endpoint(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<EndpointId>,
    Body(range): Body<ReplayRange>,
) -> Result<(StatusCode, Json<Queued>), ApiError> {
    let mut tx = admin.begin(&app).await?;
    let wish = Since {
        since: range.since,
        with_succeeded: false,
    };
    let queued = replay::order(&mut tx, id, wish, app.clock.now()).await?;
    let changes = json!({"since": range.since, "queued": queued});
    admin
        .audit(&mut tx, &app, &entry("webhook.replayed", id, changes))
        .await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { queued })))
}

/// A row of the audit log about an endpoint.
pub fn entry(action: &'static str, endpoint: EndpointId, changes: Value) -> Entry {
    Entry {
        action,
        subject_kind: "webhook",
        subject: Some(endpoint.0),
        changes,
    }
}

/// A JSON body that may be left out.
struct OptionalBody<T>(Option<T>);

impl<T: serde::de::DeserializeOwned> axum::extract::FromRequest<AppState> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(
        request: axum::extract::Request,
        app: &AppState,
    ) -> Result<Self, ApiError> {
        use axum::body::HttpBody;
        if request.body().is_end_stream() {
            return Ok(Self(None));
        }
        let Body(body) = Body::<T>::from_request(request, app).await?;
        Ok(Self(Some(body)))
    }
}

impl From<NewEndpoint> for Wish {
    fn from(request: NewEndpoint) -> Self {
        Self {
            url: Some(request.url),
            events: Some(request.events),
            description: request.description,
            enabled: request.enabled,
            secret: request.secret.map(SecretString::from),
            headers: request.headers,
            format: request.format,
            schedule: request.schedule,
            timeout_seconds: request.timeout_seconds,
            max_per_second: request.max_per_second,
        }
    }
}

impl From<EndpointChanges> for Wish {
    fn from(request: EndpointChanges) -> Self {
        Self {
            url: request.url,
            events: request.events,
            description: request.description,
            enabled: request.enabled,
            secret: request.secret.map(SecretString::from),
            headers: request.headers,
            format: request.format,
            schedule: request.schedule,
            timeout_seconds: request.timeout_seconds,
            max_per_second: request.max_per_second,
        }
    }
}

impl EndpointChanges {
    /// The members that are there, by name: for the audit log.
    fn changed(&self) -> Vec<&'static str> {
        let members = [
            ("url", self.url.is_some()),
            ("events", self.events.is_some()),
            ("description", self.description.is_some()),
            ("enabled", self.enabled.is_some()),
            ("secret", self.secret.is_some()),
            ("headers", self.headers.is_some()),
            ("format", self.format.is_some()),
            ("schedule", self.schedule.is_some()),
            ("timeout_seconds", self.timeout_seconds.is_some()),
            ("max_per_second", self.max_per_second.is_some()),
        ];
        let there = members.into_iter().filter(|(_, is_there)| *is_there);
        there.map(|(name, _)| name).collect()
    }
}
