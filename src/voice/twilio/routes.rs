//! What Twilio asks while somebody waits on the line, and what it tells afterwards.
use axum::{
    extract::{Form as AnyForm, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    dial, end, fallback,
    guard::{self, Proved, xml},
    links::{Links, Query},
    owner, ring, turn, voicemail,
};
use crate::{
    app::AppState,
    inbound::{self, Kept, Received, TwilioForm, outcome_of},
    kernel::phone::E164,
    messaging,
    providers::twilio::{CallForm, Form},
    sms,
    tenancy::directory::Key,
    web::{ApiError, Path, Problem},
};

type Told = Result<TwilioForm, ApiError>;

/// The paths of calls over Twilio.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(incoming_call))
        .route("/webhooks/twilio/voice", post(incoming_call))
        .routes(routes!(forward_to_owner))
        .routes(routes!(gather_turn))
        .routes(routes!(dial_done))
        .routes(routes!(voicemail_done))
        .routes(routes!(whisper))
        .routes(routes!(voice_fallback, voice_fallback_read))
        // Nearer than the layer of all routes, which would answer with a problem: somebody waits here.
        .layer(CatchPanicLayer::custom(fallback::answer_panic))
        .routes(routes!(call_status))
        .routes(routes!(call_recording))
        .routes(routes!(twilio_any))
}

/// Answers a call that rings: TwiML, whatever is broken here.
#[utoipa::path(post, path = "/voice/webhook/voice", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn incoming_call(State(app): State<AppState>, told: Told) -> Response {
    match guard::proved(&app, told) {
        Ok(proved) => ring(&app, &proved, None).await,
        Err(answer) => *answer,
    }
}

/// The same for a number whose receptionist was switched off when Twilio was last told of it: the present state
/// decides. `subscriber` is whose number it is, by id or slug.
#[utoipa::path(post, path = "/voice/forward-to-owner/{subscriber}", tag = "providers",
    params(("subscriber" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn forward_to_owner(
    State(app): State<AppState>,
    Path(subscriber): Path<String>,
    told: Told,
) -> Response {
    match guard::proved(&app, told) {
        Ok(proved) => ring(&app, &proved, Some(owner::named(&subscriber))).await,
        Err(answer) => *answer,
    }
}

async fn ring(app: &AppState, proved: &Proved, named: Option<Key<'_>>) -> Response {
    let work = ring::answer(app, proved, named);
    guard::answer(app, "call.ring", &proved.call, work).await
}

/// What a caller said or keyed, and what is said back.
#[utoipa::path(post, path = "/voice/gather", tag = "providers", params(("turn" = Option<i32>, Query)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn gather_turn(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    told: Told,
) -> Response {
    let query = Query::read(query.as_deref());
    match guard::proved(&app, told) {
        Ok(proved) => {
            let work = turn::answer(&app, &proved, &query);
            guard::answer(&app, "call.turn", &proved.call, work).await
        }
        Err(answer) => *answer,
    }
}

/// What became of ringing somebody.
#[utoipa::path(post, path = "/voice/dial-done", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn dial_done(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    told: Told,
) -> Response {
    let query = Query::read(query.as_deref());
    match guard::proved(&app, told) {
        Ok(proved) => {
            let work = dial::done(&app, &proved, &query);
            guard::answer(&app, "call.dialled", &proved.call, work).await
        }
        Err(answer) => *answer,
    }
}

/// What was left after the tone.
#[utoipa::path(post, path = "/voice/voicemail-done", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn voicemail_done(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    told: Told,
) -> Response {
    let query = Query::read(query.as_deref());
    let proved = match guard::proved(&app, told) {
        Ok(proved) => proved,
        // They have spoken: a second tone would be one too many.
        Err(answer) if answer.status() == StatusCode::OK => {
            return xml(fallback::thanks()).into_response();
        }
        Err(answer) => return *answer,
    };
    let work = async {
        match voicemail::done(&app, &proved, &query).await {
            Ok(document) => Ok(document),
            Err(error) => {
                tracing::error!(
                    provider = "twilio",
                    "a voicemail waits for its callback: {error:#}"
                );
                Ok(fallback::thanks())
            }
        }
    };
    guard::answer(&app, "call.voicemail", &proved.call, work).await
}

/// What somebody of the business hears before they are put through, and presses.
#[utoipa::path(post, path = "/voice/whisper", tag = "providers", params(("call" = Option<uuid::Uuid>, Query)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn whisper(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    told: Told,
) -> Response {
    let query = Query::read(query.as_deref());
    match guard::proved(&app, told) {
        Ok(proved) => {
            let work = dial::whisper(&app, &proved, &query);
            guard::answer(&app, "call.whisper", &proved.call, work).await
        }
        Err(answer) => *answer,
    }
}

/// The number's fallback at Twilio: needs neither database nor brain nor signature, and tells nothing that it was not
/// told.
#[utoipa::path(post, path = "/voice/fallback", tag = "providers",
    request_body(content = Option<String>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml")))]
async fn voice_fallback(
    State(app): State<AppState>,
    form: Result<AnyForm<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> impl IntoResponse {
    let form: Form = match form {
        Ok(AnyForm(fields)) => fields.into_iter().collect(),
        Err(_) => Form::default(),
    };
    inbound::count("twilio", "call.fallback", "done");
    let number = |name: &str| form.get(name).ok().flatten().and_then(E164::of_caller);
    let links = Links::of(&app, None).between(number("From"), number("To"));
    xml(fallback::document(&links))
}

/// The same for whoever only looks, such as `doctor`, or a number whose fallback is asked by GET.
#[utoipa::path(get, path = "/voice/fallback", tag = "providers",
    responses((status = 200, description = "TwiML", content_type = "text/xml")))]
async fn voice_fallback_read(State(app): State<AppState>) -> impl IntoResponse {
    inbound::count("twilio", "call.fallback", "done");
    xml(fallback::document(&Links::of(&app, None)))
}

/// Follows a call to its end.
#[utoipa::path(post, path = "/webhooks/twilio/voice/status", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn call_status(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    proved: TwilioForm,
) -> Result<StatusCode, ApiError> {
    let query = Query::read(query.as_deref());
    let received = match read(proved) {
        Ok(proved) => end::follow(&app, &proved, &query, None).await,
        Err(error) => Err(error),
    };
    inbound::count("twilio", "call.status", outcome_of(&received));
    received.map(|_| StatusCode::NO_CONTENT)
}

/// A recording is there, or what was said in it.
#[utoipa::path(post, path = "/webhooks/twilio/recording", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn call_recording(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    proved: TwilioForm,
) -> Result<StatusCode, ApiError> {
    let query = Query::read(query.as_deref());
    let received = match read(proved) {
        Ok(proved) => voicemail::recorded(&app, &proved, &query, None).await,
        Err(error) => Err(error),
    };
    inbound::count("twilio", "call.recording", outcome_of(&received));
    received.map(|_| StatusCode::NO_CONTENT)
}

fn read(form: TwilioForm) -> Result<Proved, ApiError> {
    let call = CallForm::parse(&form.form);
    let call = call.map_err(|error| ApiError::malformed(error.to_string()))?;
    Ok(Proved {
        call,
        raw: form.raw,
        proof: form.proof,
    })
}

/// Receives an event that was proved before, when it first came: one whose handling failed by a fault of ours.
pub async fn receive_raw(app: &AppState, kept: &Kept) -> Result<Received, ApiError> {
    let form = Form::decode(&kept.raw_body);
    let form = form.map_err(|error| ApiError::malformed(error.to_string()))?;
    let call = CallForm::parse(&form);
    let proved = Proved {
        call: call.map_err(|error| ApiError::malformed(error.to_string()))?,
        raw: kept.raw_body.clone().into(),
        proof: kept.proof(),
    };
    let query = Query {
        subscriber: kept.subscriber,
        ..Query::default()
    };
    let since = Some(kept.received_at);
    match kept.kind.as_str() {
        "call.recording" => voicemail::recorded(app, &proved, &query, since).await,
        _ => end::follow(app, &proved, &query, since).await,
    }
}

/// Receives whatever a number of ours has this one URL for, told apart by its fields.
#[utoipa::path(post, path = "/webhooks/twilio", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "`<Response/>`, or what a call does next", content_type = "text/xml"),
        (status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn twilio_any(
    app: State<AppState>,
    query: RawQuery,
    proved: TwilioForm,
) -> Result<Response, ApiError> {
    let has = |name: &str| proved.form.iter().any(|(field, _)| field == name);
    let status = proved.form.get("CallStatus").ok().flatten();
    let is_over = matches!(
        status,
        Some("completed" | "busy" | "failed" | "no-answer" | "canceled")
    );
    if has("MessageStatus") {
        return Ok(messaging::text_status(app, query, proved)
            .await?
            .into_response());
    }
    if has("MessageSid") {
        return Ok(sms::twilio_sms(app, proved).await?.into_response());
    }
    if !has("CallSid") {
        return Err(ApiError::invalid("MessageSid", "is missing"));
    }
    if has("RecordingStatus") || CallForm::tells_transcription(&proved.form) {
        return Ok(call_recording(app, query, proved).await?.into_response());
    }
    if has("DialCallStatus") {
        return Ok(dial_done(app, query, Ok(proved)).await);
    }
    if has("RecordingUrl") && !has("CallDuration") {
        return Ok(voicemail_done(app, query, Ok(proved)).await);
    }
    if has("CallDuration") || has("CallbackSource") || is_over {
        return Ok(call_status(app, query, proved).await?.into_response());
    }
    if status == Some("ringing") || !(has("Digits") || has("SpeechResult")) {
        return Ok(incoming_call(app, Ok(proved)).await);
    }
    Ok(gather_turn(app, query, Ok(proved)).await)
}
