//! Extractors: a handler cannot get a payload that was not proved.
use axum::{
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request},
    http::{HeaderMap, header},
};

use super::Received;
use crate::{
    app::AppState,
    kernel::metrics::METRICS,
    providers::{
        retell,
        twilio::{self, Form},
    },
    web::{ApiError, body},
};

/// Bodies of Twilio may hold long tokens and add-ons, those of Retell whole transcripts with word timings.
const TWILIO_LIMIT: usize = 1024 * 1024;
const RETELL_LIMIT: usize = 10 * 1024 * 1024;

/// A form that Twilio signed.
pub struct TwilioForm {
    pub form: Form,
    pub raw: Bytes,
}

/// A body that Retell signed.
pub struct RetellBody(pub Bytes);

/// Counts what became of a webhook: `done`, `duplicate`, `unrouted`, `rejected` or `failed`.
pub fn count(provider: &str, kind: &str, outcome: &str) {
    METRICS
        .inbound_events
        .with_label_values(&[provider, kind, outcome])
        .inc();
}

/// What became of a webhook, from what its handler came to.
pub fn outcome_of(handled: &Result<Received, ApiError>) -> &'static str {
    match handled {
        Ok(Received::Done) => "done",
        Ok(Received::Duplicate) => "duplicate",
        Ok(Received::Unrouted) => "unrouted",
        Ok(Received::Failed) => "failed",
        Err(ApiError::Client { status, .. }) if status.is_client_error() => "rejected",
        Err(_) => "failed",
    }
}

impl FromRequest<AppState> for TwilioForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        let proved = prove_twilio(request, app).await;
        proved.inspect_err(|_| count("twilio", "unknown", "rejected"))
    }
}

async fn prove_twilio(request: Request, app: &AppState) -> Result<TwilioForm, ApiError> {
    let settings = &app.settings.twilio;
    if settings.auth_tokens.is_empty() {
        return Err(ApiError::provider_not_configured("Twilio"));
    }
    let (parts, unread) = request.into_parts();
    let signature = header_text(&parts.headers, "x-twilio-signature");
    let signature = signature
        .ok_or_else(ApiError::invalid_signature)?
        .to_owned();
    if !has_content_type(&parts.headers, "application/x-www-form-urlencoded") {
        return Err(ApiError::unsupported_media_type(
            "application/x-www-form-urlencoded",
        ));
    }
    // What Twilio called and signed: our public URL with path and query as they came, never `Host`.
    let OriginalUri(uri) = parts
        .extensions
        .get::<OriginalUri>()
        .cloned()
        .unwrap_or(OriginalUri(parts.uri));
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", app.settings.public_url);
    let raw = body::read(unread, TWILIO_LIMIT).await?;
    let form = Form::decode(&raw).map_err(|error| ApiError::malformed(error.to_string()))?;
    if !twilio::signature::is_valid(&settings.auth_tokens, &url, &form, &signature) {
        return Err(ApiError::invalid_signature());
    }
    Ok(TwilioForm { form, raw })
}

impl FromRequest<AppState> for RetellBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        let proved = prove_retell(request, app).await;
        proved.inspect_err(|_| count("retell", "unknown", "rejected"))
    }
}

async fn prove_retell(request: Request, app: &AppState) -> Result<RetellBody, ApiError> {
    let secrets = &app.settings.retell.webhook_secrets;
    if secrets.is_empty() {
        return Err(ApiError::provider_not_configured("Retell"));
    }
    let (parts, unread) = request.into_parts();
    let signature = header_text(&parts.headers, "x-retell-signature");
    let signature = signature
        .ok_or_else(ApiError::invalid_signature)?
        .to_owned();
    if !has_content_type(&parts.headers, "application/json") {
        return Err(ApiError::unsupported_media_type("application/json"));
    }
    let raw = body::read(unread, RETELL_LIMIT).await?;
    retell::signature::check(
        secrets,
        &signature,
        &raw,
        app.clock.now().timestamp_millis(),
    )
    .map_err(|_| ApiError::invalid_signature())?;
    Ok(RetellBody(raw))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)?
        .to_str()
        .ok()
        .filter(|text| !text.is_empty())
}

fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    header_text(headers, header::CONTENT_TYPE.as_str()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(wanted)
    })
}
