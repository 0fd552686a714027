//! `/calcom/…`: a business connects its calendar, sees how that stands, chooses what is booked there, and leaves.
use std::fmt::Write;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    consent::{self, Asker, Begun, Failure, Outcome},
    jobs::TearDown,
    model::{Connection, ConnectionState, EventTypeChoice, Link, SyncState},
    store::{bookings, connections},
    tokens::{self, Access, NoAccess},
};
use crate::{
    app::{App, AppState},
    identity::{Admin, SignedIn, Staff, audit},
    jobs,
    kernel::ids::SubscriberId,
    providers::calcom::{self, EventType},
    tenancy::{
        directory::{self, Key},
        store::services::{self, Service},
    },
    web::{ApiError, Body, Problem, Query, cookies},
};

/// Of this host alone, and only over TLS.
const COOKIE: &str = "__Host-calcom";

/// How much of what is wrong is shown.
const MOST_TROUBLE: i64 = 100;

/// More services than a business has.
const MOST_SERVICES: i64 = 500;

/// Where to go to say yes.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorizeUrl {
    /// Good for ten minutes, once, for whoever asked.
    pub url: String,
}

/// What Cal.com adds to the address of whoever comes back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
}

/// How a calendar stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarStatus {
    pub is_connected: bool,
    /// Null: there never was one.
    pub state: Option<ConnectionState>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub connected_at: Option<DateTime<Utc>>,
    /// What is booked where a service names nothing else.
    pub event_type: Option<ChosenEventType>,
    /// Whether Cal.com tells us of bookings at once; if not, they are asked for every ten minutes.
    pub has_webhook: bool,
    pub last_polled_at: Option<DateTime<Utc>>,
    pub trouble: Vec<CalendarTrouble>,
}

/// What is booked at Cal.com.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChosenEventType {
    pub id: i64,
    pub title: Option<String>,
    pub length_minutes: Option<i32>,
}

/// An appointment and a booking that do not agree.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarTrouble {
    pub id: Uuid,
    pub appointment_id: Option<Uuid>,
    pub booking_uid: Option<String>,
    /// CONFLICT: not free there. UNPLACED: not free here. FAILED: Cal.com does not take it.
    pub state: SyncState,
    pub problem: Option<String>,
    pub starts_at: Option<DateTime<Utc>>,
}

/// What the business offers at Cal.com.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventTypes {
    pub data: Vec<EventTypeView>,
}

/// One kind of appointment there.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventTypeView {
    pub id: i64,
    pub title: String,
    pub slug: String,
    pub length_minutes: i32,
    /// What a booking may say instead; empty where there is only the one length.
    pub length_options: Vec<i32>,
    pub is_hidden: bool,
    pub is_default: bool,
    /// The services for which this was chosen.
    pub service_ids: Vec<Uuid>,
    /// The services that are booked as this and take longer: their time after it looks free at Cal.com.
    pub too_short_for_service_ids: Vec<Uuid>,
}

/// What is booked for a service, or, without one, for everything that names nothing else.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseEventType {
    #[serde(default)]
    pub service_id: Option<Uuid>,
    /// Null: nothing of its own.
    pub event_type_id: Option<i64>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(calcom_authorize))
        .routes(routes!(calcom_authorize_url))
        .routes(routes!(calcom_callback))
        .routes(routes!(show_calcom_status))
        .routes(routes!(disconnect_calcom))
        .routes(routes!(list_calcom_event_types, choose_calcom_event_type))
}

/// Sends an admin to Cal.com to say that we may use the calendar.
#[utoipa::path(get, path = "/calcom/authorize", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    responses((status = 303, description = "to Cal.com"), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
async fn calcom_authorize(
    State(app): State<AppState>,
    admin: Admin,
    person: SignedIn,
) -> Result<Response, ApiError> {
    let begun = begin(&app, &admin, &person).await?;
    Ok(sent_there(&begun))
}

/// The same, for a page that goes there itself.
#[utoipa::path(get, path = "/calcom/authorize-url", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    responses((status = 200, body = AuthorizeUrl), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
async fn calcom_authorize_url(
    State(app): State<AppState>,
    admin: Admin,
    person: SignedIn,
) -> Result<Response, ApiError> {
    let begun = begin(&app, &admin, &person).await?;
    let cookie = marked(&begun.mark);
    Ok((cookie, Json(AuthorizeUrl { url: begun.url })).into_response())
}

fn sent_there(begun: &Begun) -> Response {
    (marked(&begun.mark), Redirect::to(&begun.url)).into_response()
}

/// The cookie by which the browser is known that comes back.
fn marked(mark: &str) -> [(HeaderName, HeaderValue); 1] {
    let age = consent::LIFE.num_seconds();
    let text = format!("{COOKIE}={mark}; Path=/; Max-Age={age}; HttpOnly; Secure; SameSite=Lax");
    let value = HeaderValue::from_str(&text).expect("a hash is letters and digits");
    [(header::SET_COOKIE, value)]
}

async fn begin(app: &App, admin: &Admin, person: &SignedIn) -> Result<Begun, ApiError> {
    admin.refuse_impersonation()?;
    let asker = Asker {
        subscriber: admin.subscriber,
        user: person.user,
        session: person.session,
    };
    let begun = consent::begin(app, client(app)?, asker, true).await;
    begun.map_err(ApiError::Internal)
}

fn client(app: &App) -> Result<&calcom::Client, ApiError> {
    let client = app.calcom.as_ref();
    client.ok_or_else(|| ApiError::provider_not_configured("Cal.com"))
}

/// Where Cal.com sends the person back to. Who it is stands in the state: a browser that comes from another site shows no
/// token, only the cookie that it got when it was sent there.
#[utoipa::path(get, path = "/calcom/callback", tag = "scheduling", params(CallbackQuery),
    responses((status = 200, content_type = "text/html", description = "connected, where no dashboard is known"),
              (status = 303, description = "to the dashboard, with `calcom=connected` or `calcom_error=…`"),
              (status = 400, content_type = "text/html", description = "not connected, where no dashboard is known"),
              (status = 503, body = Problem)))]
async fn calcom_callback(
    State(app): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, ApiError> {
    let client = client(&app)?;
    let answer = consent::Answer {
        code: query.code,
        state: query.state,
        error: query.error,
        mark: cookies::find(&headers, COOKIE).map(str::to_owned),
    };
    let outcome = consent::finish(&app, client, &answer).await;
    Ok(match outcome.map_err(ApiError::Internal)? {
        Outcome::AskAgain(begun) => sent_there(&begun),
        Outcome::Connected => page(&app, None),
        Outcome::Failed(failure) => page(&app, Some(failure)),
    })
}

/// Back to the dashboard, or a few words where there is none.
fn page(app: &App, failure: Option<Failure>) -> Response {
    let dashboard = app.settings.frontend_url.as_deref().map(Url::parse);
    if let Some(Ok(mut url)) = dashboard {
        match failure {
            None => url.query_pairs_mut().append_pair("calcom", "connected"),
            Some(failure) => url
                .query_pairs_mut()
                .append_pair("calcom_error", failure.as_str()),
        };
        return Redirect::to(url.as_str()).into_response();
    }
    let (status, words) = match failure {
        None => (
            StatusCode::OK,
            "Your calendar is connected. You can close this page.",
        ),
        Some(failure) => (StatusCode::BAD_REQUEST, words(failure)),
    };
    let mut html = String::from("<!doctype html><meta charset=utf-8><title>Cal.com</title>");
    // Constants of ours: nothing of the request stands in them.
    let _infallible = write!(html, "<p>{words}</p>");
    (status, Html(html)).into_response()
}

fn words(failure: Failure) -> &'static str {
    match failure {
        Failure::State => {
            "This link was used before, or is older than ten minutes. Begin again from your settings."
        }
        Failure::Session => {
            "Sign in as an admin of the business, and begin again from your settings."
        }
        Failure::Denied => "You did not allow it: nothing was connected.",
        Failure::Refused => "Cal.com refused: nothing was connected. Begin again, or tell us.",
        Failure::Code => {
            "Cal.com's answer was used before or came too late. Begin again from your settings."
        }
        Failure::Taken => {
            "This calendar is connected to another business here. Disconnect it there first."
        }
        Failure::Unavailable => {
            "Cal.com cannot be reached at the moment. Begin again in a few minutes."
        }
    }
}

/// Whether a calendar is connected, what is booked in it, and what does not agree.
#[utoipa::path(get, path = "/calcom/status", tag = "scheduling", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = CalendarStatus), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_calcom_status(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<CalendarStatus>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let connection = connections::find(&mut tx).await?;
    let now = app.clock.now();
    let trouble = bookings::list_trouble(&mut tx, now, MOST_TROUBLE).await?;
    tx.end_reading();
    Ok(Json(CalendarStatus::of(connection, trouble)))
}

impl CalendarStatus {
    fn of(connection: Option<Connection>, trouble: Vec<Link>) -> Self {
        let state = connection.as_ref().map(|connection| connection.state);
        let connection = connection.filter(|one| one.state != ConnectionState::Disconnected);
        let event_type = connection.as_ref().and_then(|connection| {
            Some(ChosenEventType {
                id: connection.event_type_id?,
                title: connection.event_type_title.clone(),
                length_minutes: connection.event_type_minutes,
            })
        });
        Self {
            is_connected: state == Some(ConnectionState::Active),
            state,
            event_type,
            has_webhook: connection
                .as_ref()
                .is_some_and(|one| one.webhook_id.is_some()),
            connected_at: connection.as_ref().map(|one| one.connected_at),
            last_polled_at: connection.as_ref().and_then(|one| one.polled_until),
            username: connection.as_ref().and_then(|one| one.username.clone()),
            email: connection.and_then(|one| one.email),
            trouble: trouble.into_iter().map(CalendarTrouble::of).collect(),
        }
    }
}

impl CalendarTrouble {
    fn of(link: Link) -> Self {
        Self {
            id: link.id,
            appointment_id: link.appointment.map(|id| id.0),
            booking_uid: link.uid,
            state: link.sync_state,
            problem: link.problem,
            starts_at: link.wanted_start.or(link.starts_at),
        }
    }
}

/// Leaves the calendar: what we made there is taken away, bookings stay where they are.
#[utoipa::path(post, path = "/calcom/disconnect", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    responses((status = 200, body = CalendarStatus), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn disconnect_calcom(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<Json<CalendarStatus>, ApiError> {
    let now = app.clock.now();
    let mut tx = admin.begin(&app).await?;
    let connection = connections::lock(&mut tx).await?;
    let connection = connection.ok_or_else(ApiError::not_found)?;
    if connection.state != ConnectionState::Disconnected {
        connections::set_disconnected(&mut tx, now).await?;
        directory::give_up(&mut tx, &Key::CalcomUser(connection.calcom_user_id)).await?;
        directory::give_up(&mut tx, &Key::CalcomConnection(connection.id)).await?;
        let subscriber = admin.subscriber;
        jobs::enqueue(&mut tx, &TearDown { subscriber });
        audit(
            &mut tx,
            &app,
            &admin,
            "calendar.disconnected",
            connection.id,
        )
        .await?;
    }
    let after = connections::find(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(CalendarStatus::of(after, Vec::new())))
}

/// What the business offers at Cal.com, and what of it is booked for which service.
#[utoipa::path(get, path = "/calcom/event-types", tag = "scheduling", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = EventTypes), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 503, body = Problem)))]
async fn list_calcom_event_types(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<EventTypes>, ApiError> {
    let offered = offered(&app, staff.subscriber).await?;
    view(&app, &staff, offered).await
}

/// Chooses what is booked at Cal.com for a service, or for everything that names nothing else.
#[utoipa::path(put, path = "/calcom/event-types", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    request_body = ChooseEventType,
    responses((status = 200, body = EventTypes), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
              (status = 503, body = Problem)))]
async fn choose_calcom_event_type(
    State(app): State<AppState>,
    admin: Admin,
    Body(request): Body<ChooseEventType>,
) -> Result<Json<EventTypes>, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let service = match request.service_id {
        Some(service) => {
            let found = services::find_service(&mut tx, service).await?;
            Some(found.ok_or_else(ApiError::not_found)?)
        }
        None => None,
    };
    tx.end_reading();
    let offered = offered(&app, admin.subscriber).await?;
    let choice = match request.event_type_id {
        None => None,
        Some(id) => {
            let found = offered.iter().find(|one| one.id == id);
            let found = found.ok_or_else(|| {
                ApiError::invalid("event_type_id", "is none of the calendar's event types")
            })?;
            Some(choice_of(found))
        }
    };
    if let (Some(service), Some(choice)) = (&service, &choice)
        && choice.is_too_short_for(service.duration_minutes)
    {
        let detail = "is shorter than the service, and offers no such length to choose";
        return Err(ApiError::invalid("event_type_id", detail));
    }
    let now = app.clock.now();
    let mut tx = admin.begin(&app).await?;
    let connection = connections::lock(&mut tx).await?;
    let connection = connection.ok_or_else(ApiError::not_found)?;
    match (request.service_id, &choice) {
        (None, choice) => {
            connections::set_default_event_type(&mut tx, choice.as_ref(), now).await?;
        }
        (Some(service), Some(choice)) => {
            connections::set_event_type_of(&mut tx, service, choice, now).await?;
        }
        (Some(service), None) => connections::clear_event_type_of(&mut tx, service).await?,
    }
    audit(&mut tx, &app, &admin, "calendar.changed", connection.id).await?;
    tx.commit().await?;
    view(&app, &admin, offered).await
}

async fn view(
    app: &App,
    caller: &crate::identity::Caller,
    offered: Vec<EventType>,
) -> Result<Json<EventTypes>, ApiError> {
    let mut tx = caller.begin(app).await?;
    let connection = connections::find(&mut tx).await?;
    let chosen = connections::list_event_types(&mut tx).await?;
    let services = services::list_services(&mut tx, None, Some(true), MOST_SERVICES).await?;
    tx.end_reading();
    let default = connection.and_then(|connection| connection.event_type_id);
    let chosen_for = |service: Uuid| chosen.iter().find(|(one, _)| *one == service);
    let booked_as = |service: Uuid| chosen_for(service).map_or(default, |(_, id)| Some(*id));
    let data = offered.into_iter().map(|one| {
        let choice = choice_of(&one);
        let is_too_short = |service: &&Service| {
            booked_as(service.id) == Some(one.id)
                && choice.is_too_short_for(service.duration_minutes)
        };
        EventTypeView {
            is_default: default == Some(one.id),
            service_ids: chosen
                .iter()
                .filter(|(_, id)| *id == one.id)
                .map(|(service, _)| *service)
                .collect(),
            too_short_for_service_ids: services
                .iter()
                .filter(is_too_short)
                .map(|service| service.id)
                .collect(),
            id: one.id,
            title: one.title,
            slug: one.slug,
            length_minutes: one.length_minutes,
            length_options: one.length_options,
            is_hidden: one.hidden,
        }
    });
    Ok(Json(EventTypes {
        data: data.collect(),
    }))
}

pub(super) fn choice_of(offered: &EventType) -> EventTypeChoice {
    EventTypeChoice {
        id: offered.id,
        title: Some(offered.title.clone()),
        minutes: Some(offered.length_minutes).filter(|minutes| *minutes > 0),
        lengths: offered.length_options.clone(),
    }
}

/// Asked of Cal.com; once more where it refuses a token before its time.
async fn offered(app: &App, subscriber: SubscriberId) -> Result<Vec<EventType>, ApiError> {
    client(app)?;
    for _ in 0..2 {
        let Access {
            connection,
            client,
            token,
        } = tokens::access(app, subscriber).await?;
        match client
            .event_types(&token, connection.username.as_deref())
            .await
        {
            Ok(offered) => return Ok(offered),
            Err(calcom::Error::TokenRefused) => {
                let refused = Access {
                    connection,
                    client,
                    token,
                };
                tokens::refuse(app, subscriber, &refused).await?;
            }
            Err(error) => return Err(NoAccess::Provider(error).into()),
        }
    }
    Err(ApiError::unavailable())
}

async fn audit(
    tx: &mut crate::kernel::db::TenantTx,
    app: &App,
    caller: &crate::identity::Caller,
    action: &'static str,
    connection: Uuid,
) -> sqlx::Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "calendar",
        subject: Some(connection),
        changes: json!({ "provider": "CALCOM" }),
    };
    caller.audit(tx, app, &entry).await
}

impl From<NoAccess> for ApiError {
    fn from(error: NoAccess) -> Self {
        let conflict = |detail: &str| Self::client(StatusCode::CONFLICT, "conflict", detail);
        match error {
            NoAccess::NotConnected => conflict("no calendar is connected"),
            NoAccess::Reconnect => conflict("the calendar must be connected again"),
            NoAccess::Busy => Self::unavailable(),
            NoAccess::Provider(error) => {
                tracing::warn!(
                    provider = "calcom",
                    "a calendar could not be asked: {error}"
                );
                Self::unavailable()
            }
            NoAccess::Internal(error) => Self::Internal(error),
        }
    }
}
