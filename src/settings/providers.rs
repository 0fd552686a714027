//! A subscriber's own accounts at providers. Secrets go in and never come out.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::{App, AppState},
    identity::{Admin, Caller, Staff, audit::Entry},
    providers::vapi::auth::Scheme,
    tenancy::accounts::{self, Account, Change, Error, Provider, Saved, SecretChange, SecretShown},
    web::{
        ApiError, Member, Problem,
        extract::{Body, Path},
    },
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(
        show_provider_account,
        save_provider_account,
        delete_provider_account
    ))
}

/// An account, without its secrets. All null and not enabled when there is none: the platform's is used.
#[derive(Debug, Serialize, ToSchema)]
struct AccountView {
    provider: Provider,
    account_id: Option<String>,
    is_enabled: bool,
    api_key: Option<SecretView>,
    webhook_secret: Option<SecretView>,
    /// How Vapi signs; null: in one of the usual ways.
    #[schema(value_type = Option<Object>)]
    webhook_scheme: Option<Value>,
    /// Names this account in the paths that its provider is given, such as `/webhooks/vapi/{connection}`.
    connection: Option<Uuid>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

/// What is said of a secret that is set.
#[derive(Debug, Serialize, ToSchema)]
struct SecretView {
    /// Null of one that is short.
    last_four: Option<String>,
    set_at: DateTime<Utc>,
}

/// What is to change. A member that is missing stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SaveAccount {
    /// Twilio's `AC…`; at Retell and Vapi the id of the workspace or organisation. Needed the first time.
    account_id: Option<String>,
    is_enabled: Option<bool>,
    /// Twilio's auth token, Retell's or Vapi's API key. Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    api_key: SecretMember,
    /// What webhooks are signed with where that is not the API key; several are separated by commas. Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    webhook_secret: SecretMember,
    /// How Vapi signs, with the fields of its custom credentials (`mode`, `signatureHeader`, `payloadFormat` …). Null:
    /// with the secret in `X-Vapi-Secret`, as a bearer token, or with the HMAC that is its default.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    webhook_scheme: Member<Value>,
}

/// Missing, null, or a value: three different orders.
#[derive(Default)]
enum SecretMember {
    #[default]
    Missing,
    Null,
    Value(String),
}

impl<'de> Deserialize<'de> for SecretMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<String>::deserialize(deserializer)?;
        Ok(value.map_or(Self::Null, Self::Value))
    }
}

/// The subscriber's own account at this provider.
#[utoipa::path(get, path = "/settings/providers/{provider}", tag = "settings", security(("bearer" = ["STAFF"])),
    params(("provider" = Provider, Path, description = "in any case")),
    responses((status = 200, body = AccountView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn show_provider_account(
    State(app): State<AppState>,
    caller: Staff,
    Path(provider): Path<Provider>,
) -> Result<Json<AccountView>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let account = accounts::find(&mut tx, provider).await?;
    tx.commit().await?;
    Ok(Json(AccountView::of(provider, account)))
}

/// Makes the account or changes it. From the answer on its webhooks are proved by its own secret, and texts from the
/// subscriber's own numbers go out with it.
#[utoipa::path(put, path = "/settings/providers/{provider}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("provider" = Provider, Path, description = "in any case")), request_body = SaveAccount,
    responses((status = 200, body = AccountView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, description = "the account is somebody else's", body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem)))]
async fn save_provider_account(
    State(app): State<AppState>,
    caller: Admin,
    Path(provider): Path<Provider>,
    Body(request): Body<SaveAccount>,
) -> Result<Json<AccountView>, ApiError> {
    refuse_impersonation(&caller)?;
    let change = read(&app, provider, request)?;
    let mut tx = caller.begin(&app).await?;
    let now = app.clock.now();
    let saved = accounts::save(&mut tx, &app.keyring, provider, change, now).await?;
    if saved.is_new || !saved.changed.is_empty() {
        caller.audit(&mut tx, &app, &saved_entry(&saved)).await?;
    }
    tx.commit().await?;
    Ok(Json(AccountView::of(provider, Some(saved.account))))
}

/// Forgets the account and its secrets; the platform's is used from now on.
#[utoipa::path(delete, path = "/settings/providers/{provider}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("provider" = Provider, Path, description = "in any case")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn delete_provider_account(
    State(app): State<AppState>,
    caller: Admin,
    Path(provider): Path<Provider>,
) -> Result<StatusCode, ApiError> {
    refuse_impersonation(&caller)?;
    let mut tx = caller.begin(&app).await?;
    let deleted = accounts::delete(&mut tx, provider).await?;
    let account = deleted.ok_or_else(ApiError::not_found)?;
    caller
        .audit(
            &mut tx,
            &app,
            &entry("provider_account.deleted", &account, &[]),
        )
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who holds an account's secret can speak as the provider: that is for the business's own people.
fn refuse_impersonation(caller: &Caller) -> Result<(), ApiError> {
    match caller.impersonator {
        None => Ok(()),
        Some(_) => Err(ApiError::forbidden(
            "nobody else may set the secrets of a business",
        )),
    }
}

fn saved_entry(saved: &Saved) -> Entry {
    let action = if saved.is_new {
        "provider_account.created"
    } else {
        "provider_account.changed"
    };
    entry(action, &saved.account, &saved.changed)
}

/// Names of fields, never a value: the log is for ever.
fn entry(action: &'static str, account: &Account, changed: &[&'static str]) -> Entry {
    Entry {
        action,
        subject_kind: "provider_account",
        subject: Some(account.id),
        changes: json!({"provider": account.provider, "fields": changed}),
    }
}

fn read(app: &App, provider: Provider, request: SaveAccount) -> Result<Change, ApiError> {
    if let Some(account_id) = &request.account_id {
        check_account_id(provider, account_id)?;
        // Whoever had it could receive for the platform.
        let platforms = app.settings.twilio.account_sid.as_ref();
        if provider == Provider::Twilio && platforms == Some(account_id) {
            return Err(Error::Taken.into());
        }
    }
    Ok(Change {
        account_id: request.account_id,
        is_enabled: request.is_enabled,
        api_key: read_secret("api_key", request.api_key)?,
        webhook_secret: read_secret("webhook_secret", request.webhook_secret)?,
        webhook_scheme: read_scheme(provider, request.webhook_scheme)?,
    })
}

fn check_account_id(provider: Provider, id: &str) -> Result<(), ApiError> {
    let is_good = match provider {
        Provider::Twilio => id.strip_prefix("AC").is_some_and(|rest| {
            rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        }),
        Provider::Retell | Provider::Vapi => {
            (1..=128).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        }
    };
    is_good
        .then_some(())
        .ok_or_else(|| ApiError::invalid("account_id", "is not an account id of this provider"))
}

/// None: as it is. What is kept names every field, whatever Vapi's defaults become.
fn read_scheme(
    provider: Provider,
    member: Member<Value>,
) -> Result<Option<Option<Value>>, ApiError> {
    let given = match member {
        Member::Absent => return Ok(None),
        Member::Null => return Ok(Some(None)),
        Member::Value(value) => value,
    };
    if provider != Provider::Vapi {
        let message = "only Vapi lets its signature be chosen";
        return Err(ApiError::invalid("webhook_scheme", message));
    }
    let scheme: Scheme = serde_json::from_value(given)
        .map_err(|_| ApiError::invalid("webhook_scheme", "has a member that Vapi does not have"))?;
    scheme
        .check()
        .map_err(|message| ApiError::invalid("webhook_scheme", message))?;
    Ok(Some(serde_json::to_value(scheme).ok()))
}

/// A secret of a few letters could be guessed, and would open the subscriber's own door to everybody.
fn read_secret(field: &str, member: SecretMember) -> Result<SecretChange, ApiError> {
    match member {
        SecretMember::Missing => Ok(SecretChange::Keep),
        SecretMember::Null => Ok(SecretChange::Remove),
        SecretMember::Value(text) => {
            let text = text.trim();
            let is_one = |one: &str| {
                (16..=256).contains(&one.len()) && one.bytes().all(|b| b.is_ascii_graphic())
            };
            if text.split(',').map(str::trim).all(is_one) && text.len() <= 1024 {
                Ok(SecretChange::Set(SecretString::from(text.to_owned())))
            } else {
                let message = "must be 16 to 256 letters, digits and signs, without spaces";
                Err(ApiError::invalid(field, message))
            }
        }
    }
}

impl AccountView {
    fn of(provider: Provider, account: Option<Account>) -> Self {
        let Some(account) = account else {
            return Self {
                provider,
                account_id: None,
                is_enabled: false,
                api_key: None,
                webhook_secret: None,
                webhook_scheme: None,
                connection: None,
                created_at: None,
                updated_at: None,
            };
        };
        Self {
            provider,
            account_id: Some(account.account_id),
            is_enabled: account.is_enabled,
            api_key: account.api_key.map(SecretView::from),
            webhook_secret: account.webhook_secret.map(SecretView::from),
            webhook_scheme: account.webhook_scheme,
            connection: Some(account.id),
            created_at: Some(account.created_at),
            updated_at: Some(account.updated_at),
        }
    }
}

impl From<SecretShown> for SecretView {
    fn from(secret: SecretShown) -> Self {
        Self {
            last_four: secret.last_four,
            set_at: secret.set_at,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::AccountIdMissing => Self::invalid("account_id", "is missing"),
            Error::Taken => Self::client(
                StatusCode::CONFLICT,
                "conflict",
                "this account belongs to somebody else here",
            ),
            Error::Raced => Self::client(
                StatusCode::CONFLICT,
                "conflict",
                "the account was made by another request at the same time",
            ),
            Error::Unopened(error) => Self::Internal(error.into()),
            Error::Database(error) => error.into(),
        }
    }
}
