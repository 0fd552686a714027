//! `/call-forwarding`: which code to dial, and whether it worked.
use std::collections::BTreeMap;

use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    carriers::{self, Carrier},
    store::{self, TestCall, TestState},
    test_call::{
        __path_test_answered, __path_test_status, LASTS, PlaceTestCall, test_answered, test_status,
    },
};
use crate::{
    app::AppState,
    identity::{Admin, Reached, Staff, StaffOrOperator, audit::Entry},
    jobs,
    kernel::{db::TenantTx, phone::E164},
    settings,
    tenancy::{self, Channel, store::switch},
    web::{ApiError, Problem, extract::Path, idempotency::Once},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_carriers))
        .routes(routes!(show_setup))
        .routes(routes!(start_test, show_test))
        .routes(routes!(test_answered))
        .routes(routes!(test_status))
}

/// The carriers whose codes are known.
#[derive(Debug, Serialize, ToSchema)]
struct Carriers {
    data: Vec<CarrierView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CarrierView {
    key: &'static str,
    label: &'static str,
    country: &'static str,
    /// `GSM` codes are dialled on a mobile, `STAR` codes like a number.
    kind: &'static str,
}

/// How this business's line is forwarded at a carrier.
#[derive(Debug, Serialize, ToSchema)]
struct SetupView {
    carrier: CarrierView,
    /// The number as it is typed into the codes.
    forward_to: String,
    /// What to dial, by kind of forwarding; null where the carrier has no code.
    codes: BTreeMap<&'static str, Option<String>>,
    /// How well the codes are supported.
    confidence: &'static str,
    /// True where the sources disagree or are hearsay: test before relying on it.
    is_unsure: bool,
    note: Option<&'static str>,
    steps: Vec<String>,
}

/// A test needs nothing said.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTest {}

/// A test call, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct TestView {
    id: Uuid,
    #[schema(value_type = String)]
    owner_phone: E164,
    #[schema(value_type = String)]
    phone_number: E164,
    /// CALLING and RINGING go on; FORWARDED is the wanted end.
    state: TestState,
    /// What happened, and what to do about it.
    message: &'static str,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// The carriers whose codes are known.
#[utoipa::path(get, path = "/call-forwarding/carriers", tag = "forwarding", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Carriers), (status = "4XX", body = Problem)))]
async fn list_carriers(_caller: Staff) -> Json<Carriers> {
    Json(Carriers {
        data: carriers::all().iter().map(CarrierView::of).collect(),
    })
}

/// What to dial at a carrier so that calls reach this business's number. `subscriber` is an id or a slug: the caller's
/// own, or anybody's for an operator.
#[utoipa::path(get, path = "/call-forwarding/setup/{carrier}/{subscriber}", tag = "forwarding",
    security(("bearer" = ["STAFF"])), params(("carrier" = String, Path), ("subscriber" = String, Path)),
    responses((status = 200, body = SetupView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_setup(
    State(app): State<AppState>,
    reach: StaffOrOperator,
    Path((carrier, named)): Path<(String, String)>,
) -> Result<Json<SetupView>, ApiError> {
    let subscriber = settings::find_subscriber(&app, &named).await?;
    if let Reached::AsOperator(operator) = reach.to(subscriber)? {
        let entry = Entry {
            action: "forwarding.looked_at",
            subject_kind: "subscriber",
            subject: Some(subscriber.0),
            changes: serde_json::json!({}),
        };
        operator.begin(&app, &entry).await?.commit().await?;
    }
    let carrier = carriers::find(&carrier).ok_or_else(ApiError::not_found)?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let found = switch::find_switch(&mut tx).await?;
    let line = tenancy::find_line(&mut tx, Channel::Voice).await?;
    tx.end_reading();
    let number = found.and_then(|found| found.number).ok_or_else(no_number)?;
    let language = line.map(|line| line.language).unwrap_or_default();
    Ok(Json(SetupView {
        forward_to: carrier.typed(&number),
        codes: carrier.codes(&number),
        confidence: &carrier.confidence,
        is_unsure: carrier.is_unsure(),
        note: carrier.note.as_deref(),
        steps: carrier.steps(&number, language),
        carrier: CarrierView::of(carrier),
    }))
}

/// Calls the owner's phone from this business's number, and sees whether the carrier brings the call back to us. Let it
/// ring; ask again after half a minute what happened.
#[utoipa::path(post, path = "/call-forwarding/test", tag = "forwarding", security(("bearer" = ["ADMIN"])),
    params(("idempotency-key" = Option<String>, Header)), request_body = NewTest,
    responses((status = 202, body = TestView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn start_test(
    State(app): State<AppState>,
    caller: Admin,
    request: Once<NewTest>,
) -> Result<Response, ApiError> {
    if app.twilio.is_none() {
        return Err(ApiError::provider_not_configured("Twilio"));
    }
    let now = app.clock.now();
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let found = switch::find_switch(&mut tx).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let number = found.number.ok_or_else(no_number)?;
    let owner_phone = found.owner_phone.filter(|phone| *phone != number);
    let test = TestCall {
        id: Uuid::now_v7(),
        owner_phone: owner_phone
            .ok_or_else(|| conflict("the owner's phone is not known: set owner_phone first"))?,
        number,
        state: TestState::Calling,
        started_at: now,
        ended_at: None,
    };
    if !store::begin(&mut tx, &test, now - LASTS).await? {
        return Err(conflict("a test call is under way"));
    }
    let job = PlaceTestCall {
        subscriber: caller.subscriber,
        test: test.id,
    };
    jobs::enqueue(&mut tx, &job);
    let view = TestView::of(test);
    let answer = request.finish(&mut tx, StatusCode::ACCEPTED, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What became of the last test call; 404 when there was none.
#[utoipa::path(get, path = "/call-forwarding/test", tag = "forwarding", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = TestView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_test(State(app): State<AppState>, caller: Staff) -> Result<Json<TestView>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let found = store::find_last(&mut tx).await?;
    tx.end_reading();
    let mut test = found.ok_or_else(ApiError::not_found)?;
    // Nothing was heard of it any more.
    if test.ended_at.is_none() && test.started_at + LASTS < app.clock.now() {
        test.state = TestState::NoForwarding;
        test.ended_at = Some(test.started_at + LASTS);
    }
    Ok(Json(TestView::of(test)))
}

fn no_number() -> ApiError {
    conflict("this business has no number yet")
}

fn conflict(detail: &str) -> ApiError {
    ApiError::client(StatusCode::CONFLICT, "conflict", detail)
}

impl CarrierView {
    fn of(carrier: &'static Carrier) -> Self {
        Self {
            key: &carrier.key,
            label: &carrier.label,
            country: &carrier.country,
            kind: carrier.kind.as_str(),
        }
    }
}

impl TestView {
    fn of(test: TestCall) -> Self {
        let message = match test.state {
            TestState::Calling => "The call is about to be placed.",
            TestState::Ringing => "Your phone is ringing. Let it ring.",
            TestState::Forwarded => "The call came back to us: your line forwards.",
            TestState::PickedUp => {
                "Somebody, or a voicemail, picked up before the call was forwarded. Let it ring; if nobody picked up, \
                 your voicemail answers first and has to be switched off."
            }
            TestState::NoForwarding => {
                "Nobody answered and the call was not forwarded. Dial the code again and wait for the confirmation."
            }
            TestState::Busy => {
                "Your line was busy, and busy calls are not forwarded. Try again, or dial the busy code."
            }
            TestState::Failed => "The call could not be placed. Check the owner's phone number.",
        };
        Self {
            id: test.id,
            owner_phone: test.owner_phone,
            phone_number: test.number,
            state: test.state,
            message,
            started_at: test.started_at,
            ended_at: test.ended_at,
        }
    }
}
