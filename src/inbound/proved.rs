//! Extractors: a handler cannot get a payload that was not proved, nor without hearing by whose secret.
//!
//! A subscriber may have an account of its own at a provider, whose webhooks its own secret signs. Which secret to try
//! is asked in this order: the platform's, in memory; then, when they do not fit, the secrets of the subscriber whom
//! the unproved body or the path names (Twilio: its account; Retell and Vapi: agent, numbers or connection). An own account's webhook is thereby
//! checked with its own secret and never accepted for want of one, and the order changes no outcome: a body fits
//! one secret, and nobody can make the platform's account or its secrets their own. But it decides what a request
//! costs. What the platform's secret signed, nearly everything, asks the database nothing, and what no secret signed
//! one row of the directory.
use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, OriginalUri, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use super::{Connected, Proof, Received, connected, unproved::answer_retell};
use crate::{
    app::AppState,
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
        metrics::METRICS,
        phone::E164,
    },
    providers::{
        retell::{self, signature::SignatureError},
        twilio::{self, Form},
    },
    tenancy::{
        accounts::{self, OwnAccount, Provider},
        directory::{self, Key},
    },
    web::{ApiError, body},
};

/// Bodies of Twilio may hold long tokens and add-ons, those of Retell whole transcripts with word timings.
const TWILIO_LIMIT: usize = 1024 * 1024;
const RETELL_LIMIT: usize = 10 * 1024 * 1024;
/// Whoever is behind a body may wait on the line, and his answer takes the database's time as well.
const LOOKUP: Duration = Duration::from_secs(2);

/// A form that Twilio signed.
pub struct TwilioForm {
    pub form: Form,
    pub raw: Bytes,
    pub proof: Proof,
}

/// A body that Retell signed.
pub struct RetellBody {
    pub body: Bytes,
    pub proof: Proof,
    pub connected: Connected,
}

/// Counts what became of a webhook: `done`, `duplicate`, `unrouted`, `waiting`, `rejected` or `failed`.
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
        Ok(Received::Waiting) => "waiting",
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
    let unproved = || unproved("Twilio", settings.auth_tokens.is_empty());
    let (parts, unread) = request.into_parts();
    let signature = header_text(&parts.headers, "x-twilio-signature");
    let signature = signature.ok_or_else(unproved)?.to_owned();
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
    let is_platforms = twilio::signature::is_valid(&settings.auth_tokens, &url, &form, &signature);
    let proof = if is_platforms {
        Proof::Platform
    } else {
        let own = own_twilio(app, &form, &url, &signature).await?;
        own.ok_or_else(unproved)?
    };
    Ok(TwilioForm { form, raw, proof })
}

/// The subscriber whose own account the form names, if that account's secret signed it.
async fn own_twilio(
    app: &AppState,
    form: &Form,
    url: &str,
    signature: &str,
) -> Result<Option<Proof>, ApiError> {
    let Some(account_sid) = form.get("AccountSid").ok().flatten() else {
        return Ok(None);
    };
    // The platform's secrets were tried: what names its account and does not fit them is forged.
    if app.settings.twilio.account_sid.as_deref() == Some(account_sid) {
        return Ok(None);
    }
    let keys = [Key::Account(Provider::Twilio, account_sid)];
    let accounts = accounts_named(app, Provider::Twilio, &keys).await?;
    let own = accounts.iter().find(|own| {
        own.account_id == account_sid
            && twilio::signature::is_valid(&own.webhook_secrets, url, form, signature)
    });
    Ok(own.map(|own| Proof::Own(own.subscriber)))
}

/// The accounts of those whom the directory knows by these keys. A database that hangs is one that is away.
pub(super) async fn accounts_named(
    app: &AppState,
    provider: Provider,
    keys: &[Key<'_>],
) -> Result<Vec<OwnAccount>, ApiError> {
    let found = tokio::time::timeout(LOOKUP, find_accounts(app, provider, keys)).await;
    found.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()))
}

async fn find_accounts(
    app: &AppState,
    provider: Provider,
    keys: &[Key<'_>],
) -> Result<Vec<OwnAccount>, ApiError> {
    let found = directory::find(&app.db, keys).await?;
    let mut named: Vec<SubscriberId> = Vec::new();
    for subscriber in found
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.subscriber)
    {
        if !named.contains(&subscriber) {
            named.push(subscriber);
        }
    }
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    let accounts = accounts::own_accounts(&mut tx, &app.keyring, provider, &named).await?;
    tx.commit().await?;
    Ok(accounts)
}

/// What somebody is told whose request fits no secret. Without any of the platform's it may be us who lack it.
pub(super) fn unproved(provider: &str, is_off: bool) -> ApiError {
    if is_off {
        ApiError::provider_not_configured(provider)
    } else {
        ApiError::invalid_signature()
    }
}

impl FromRequest<AppState> for RetellBody {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let rejected = || count("retell", "unknown", "rejected");
        let (mut parts, unread) = request.into_parts();
        let connected = connected(&mut parts).await;
        let read = read_retell(app, &parts.headers, unread).await;
        let (signature, body) = read.map_err(|error| {
            rejected();
            error.into_response()
        })?;
        match prove_retell(app, &body, connected, &signature).await {
            Ok(proof) => Ok(Self {
                body,
                proof,
                connected,
            }),
            Err(error) => {
                rejected();
                Err(answer_retell(error, &body))
            }
        }
    }
}

async fn read_retell(
    app: &AppState,
    headers: &HeaderMap,
    unread: Body,
) -> Result<(String, Bytes), ApiError> {
    let is_off = app.settings.retell.webhook_secrets.is_empty();
    let signature = header_text(headers, "x-retell-signature");
    let signature = signature.ok_or_else(|| unproved("Retell", is_off))?;
    if !has_content_type(headers, "application/json") {
        return Err(ApiError::unsupported_media_type("application/json"));
    }
    let body = body::read(unread, RETELL_LIMIT).await?;
    Ok((signature.to_owned(), body))
}

async fn prove_retell(
    app: &AppState,
    body: &[u8],
    connected: Connected,
    signature: &str,
) -> Result<Proof, ApiError> {
    let secrets = &app.settings.retell.webhook_secrets;
    let now_ms = app.clock.now().timestamp_millis();
    let own = match retell::signature::check(secrets, signature, body, now_ms) {
        Ok(()) => return Ok(Proof::Platform),
        Err(SignatureError::Mismatch) => {
            own_retell(app, body, connected, signature, now_ms).await?
        }
        Err(SignatureError::Malformed | SignatureError::Stale) => None,
    };
    own.ok_or_else(|| unproved("Retell", secrets.is_empty()))
}

/// The subscriber whose agent or number the body or the path names, if their own account's secret signed it.
async fn own_retell(
    app: &AppState,
    body: &[u8],
    connected: Connected,
    signature: &str,
    now_ms: i64,
) -> Result<Option<Proof>, ApiError> {
    let named = retell::named(body);
    let numbers: Vec<E164> = named
        .numbers
        .iter()
        .filter_map(|number| E164::of_caller(number))
        .collect();
    let mut keys: Vec<Key<'_>> = connected.keys().into_iter().flatten().collect();
    keys.extend(named.agent.iter().map(|id| Key::RetellAgent(id)));
    keys.extend(numbers.iter().map(Key::Number));
    if keys.is_empty() {
        return Ok(None);
    }
    let accounts = accounts_named(app, Provider::Retell, &keys).await?;
    let own = accounts.iter().find(|own| {
        retell::signature::check(&own.webhook_secrets, signature, body, now_ms).is_ok()
    });
    Ok(own.map(|own| Proof::Own(own.subscriber)))
}

pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)?
        .to_str()
        .ok()
        .filter(|text| !text.is_empty())
}

pub(super) fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    header_text(headers, header::CONTENT_TYPE.as_str()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(wanted)
    })
}
