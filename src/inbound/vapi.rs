//! A body that Vapi posted, proved and without the secrets that Vapi echoes.
//!
//! The platform's secret is tried first, in any of the usual ways; then those of the subscriber whom the path or the
//! unproved body names, in the way that its account says, or with the header that we ourselves put into the servers
//! that we name.
use axum::{
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use secrecy::SecretString;

use super::{
    Connected, Proof, connected,
    proved::{accounts_named, count, has_content_type, unproved},
    unproved::answer_vapi,
};
use crate::{
    app::AppState,
    kernel::phone::E164,
    providers::vapi::{
        self, Named,
        auth::{Scheme, Signed, prove},
    },
    tenancy::{
        accounts::{OwnAccount, Provider},
        directory::Key,
    },
    web::{ApiError, body},
};

const LIMIT: usize = 10 * 1024 * 1024;

/// A body that Vapi signed.
pub struct VapiBody {
    /// Without secrets.
    pub body: Bytes,
    pub proof: Proof,
    pub connected: Connected,
    /// The secret that proved it: what Vapi shall send to a server that the answer names.
    pub secret: SecretString,
}

impl FromRequest<AppState> for VapiBody {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let (mut parts, unread) = request.into_parts();
        let connected = connected(&mut parts).await;
        let OriginalUri(uri) = parts
            .extensions
            .get::<OriginalUri>()
            .cloned()
            .unwrap_or_else(|| OriginalUri(parts.uri.clone()));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", app.settings.public_url);
        let rejected = |error: ApiError| {
            count("vapi", "unknown", "rejected");
            error.into_response()
        };
        if !has_content_type(&parts.headers, "application/json") {
            // Whoever shows no proof at all hears nothing of types.
            return Err(rejected(match has_proof(&parts.headers) {
                true => ApiError::unsupported_media_type("application/json"),
                false => ApiError::invalid_signature(),
            }));
        }
        let raw = body::read(unread, LIMIT).await.map_err(rejected)?;
        let header = |name: &str| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned()).filter(|value| !value.is_empty())
        };
        let signed = Signed {
            method: parts.method.as_str(),
            url: &url,
            header: &header,
            body: &raw,
        };
        match prove_vapi(app, &signed, connected).await {
            Ok((proof, secret)) => Ok(Self {
                body: vapi::redacted(&raw).map_or(raw, Bytes::from),
                proof,
                connected,
                secret,
            }),
            Err(error) => {
                count("vapi", "unknown", "rejected");
                Err(answer_vapi(error, &raw))
            }
        }
    }
}

async fn prove_vapi(
    app: &AppState,
    signed: &Signed<'_>,
    connected: Connected,
) -> Result<(Proof, SecretString), ApiError> {
    let secrets = &app.settings.vapi.webhook_secrets;
    let now_ms = app.clock.now().timestamp_millis();
    if let Some(secret) = prove(&Scheme::usual(), secrets, signed, now_ms) {
        return Ok((Proof::Platform, secret.clone()));
    }
    let named = vapi::named(signed.body);
    for own in own_accounts(app, connected, &named).await? {
        let schemes = schemes_of(&own);
        if let Some(secret) = prove(&schemes, &own.webhook_secrets, signed, now_ms) {
            return Ok((Proof::Own(own.subscriber), secret.clone()));
        }
    }
    Err(unproved("Vapi", secrets.is_empty()))
}

async fn own_accounts(
    app: &AppState,
    connected: Connected,
    named: &Named,
) -> Result<Vec<OwnAccount>, ApiError> {
    let number = named.number.as_deref().and_then(E164::of_caller);
    let mut keys: Vec<Key<'_>> = connected.keys().into_iter().flatten().collect();
    keys.extend(named.number_id.as_deref().map(Key::VapiNumber));
    keys.extend(number.as_ref().map(Key::Number));
    keys.extend(named.assistant.as_deref().map(Key::VapiAgent));
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    accounts_named(app, Provider::Vapi, &keys).await
}

/// A scheme that cannot be read proves nothing, and says so in the log.
fn schemes_of(own: &OwnAccount) -> Vec<Scheme> {
    let Some(scheme) = &own.webhook_scheme else {
        return Scheme::usual().into();
    };
    match serde_json::from_value(scheme.clone()) {
        Ok(scheme) => vec![Scheme::plain_secret(), scheme],
        Err(error) => {
            tracing::error!(
                subscriber.id = %own.subscriber, provider = "vapi",
                "the scheme of a provider account cannot be read: {error}"
            );
            Vec::new()
        }
    }
}

fn has_proof(headers: &HeaderMap) -> bool {
    let usual = ["x-vapi-secret", "authorization", "x-signature"];
    usual.iter().any(|name| headers.contains_key(*name))
}
