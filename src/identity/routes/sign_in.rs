//! The paths under `/auth`.
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    identity::{
        Myself, SignedIn, access,
        session::{self, Client, SessionView},
        sign_in::{self, NewAccount},
    },
    kernel::{area_codes, email::Email, language::Language, phone::E164},
    tenancy::founding::NewBusiness,
    web::{ApiError, Body, Problem},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(log_in))
        .routes(routes!(refresh_session))
        .routes(routes!(switch_subscriber))
        .routes(routes!(log_out))
        .routes(routes!(change_password))
        .routes(routes!(forget_password))
        .routes(routes!(reset_password))
}

/// A person and a business. Members that are not known are ignored: older clients send some.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RegisterRequest {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
    business_name: Option<String>,
    #[serde(default)]
    terms_accepted: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    business_phone: Option<String>,
    /// The person's own, where it is another one.
    phone_number: Option<String>,
    business_type: Option<String>,
    website_url: Option<String>,
    business_description: Option<String>,
    /// As the client has them; kept for the steps that follow.
    business_hours: Option<Value>,
    services: Option<Value>,
    /// Three digits; says the zone where none is given.
    area_code: Option<AreaCode>,
    timezone: Option<String>,
    language: Option<String>,
    consent_version: Option<String>,
    referral_code: Option<String>,
}

/// Older clients send a number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum AreaCode {
    Number(u16),
    Text(String),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
    /// Id or slug of the business, for somebody who has several.
    subscriber: Option<String>,
    /// Puts the refresh token into a cookie alone.
    #[serde(default)]
    cookie: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// Else the cookie.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchRequest {
    /// Id or slug of the business.
    subscriber: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(value_type = String)]
    current_password: SecretString,
    #[schema(value_type = String)]
    new_password: SecretString,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotRequest {
    email: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// The one in the link that was mailed.
    #[schema(value_type = String)]
    token: SecretString,
    #[schema(value_type = String)]
    new_password: SecretString,
}

/// Makes an account with a business, and signs in.
#[utoipa::path(post, path = "/auth/register", tag = "sign-in", request_body = RegisterRequest,
    responses((status = 201, body = SessionView), (status = 409, body = Problem), (status = 422, body = Problem),
              (status = 429, body = Problem)))]
async fn register(
    State(app): State<AppState>,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    Body(request): Body<RegisterRequest>,
) -> Result<(StatusCode, Json<SessionView>), ApiError> {
    let client = Client::of(&app, &headers, &extensions);
    let account = request.account(&app.settings.consent_version)?;
    let view = sign_in::register(&app, &account, &client).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Signs in with e-mail address and password.
#[utoipa::path(post, path = "/auth/login", tag = "sign-in", request_body = LoginRequest,
    responses((status = 200, body = SessionView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 429, body = Problem)))]
async fn log_in(
    State(app): State<AppState>,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    Body(request): Body<LoginRequest>,
) -> Result<Response, ApiError> {
    let client = Client::of(&app, &headers, &extensions);
    let wanted = request.subscriber.as_deref();
    let view = sign_in::sign_in(&app, &request.email, request.password, wanted, &client).await?;
    Ok(if request.cookie {
        view.with_cookie()
    } else {
        Json(view).into_response()
    })
}

/// Goes on with a session; the refresh token is used up and replaced.
#[utoipa::path(post, path = "/auth/refresh", tag = "sign-in", request_body = RefreshRequest,
    responses((status = 200, body = SessionView), (status = 401, body = Problem)))]
async fn refresh_session(
    State(app): State<AppState>,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    Body(request): Body<RefreshRequest>,
) -> Result<Response, ApiError> {
    use secrecy::ExposeSecret;
    let client = Client::of(&app, &headers, &extensions);
    if let Some(token) = request.refresh_token {
        let view = sign_in::refresh(&app, token.expose_secret(), &client).await?;
        return Ok(Json(view).into_response());
    }
    let token = session::cookie_of(&headers).ok_or_else(access::unauthenticated)?;
    let view = sign_in::refresh(&app, &token, &client).await?;
    Ok(view.with_cookie())
}

/// Goes to another business of the same person; the refresh token stays.
#[utoipa::path(post, path = "/auth/switch", tag = "sign-in", request_body = SwitchRequest,
    security(("bearer" = [])),
    responses((status = 200, body = SessionView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn switch_subscriber(
    State(app): State<AppState>,
    person: Myself,
    Body(request): Body<SwitchRequest>,
) -> Result<Json<SessionView>, ApiError> {
    let view = sign_in::switch(&app, &person, &request.subscriber).await?;
    Ok(Json(view))
}

/// Ends the session.
#[utoipa::path(post, path = "/auth/logout", tag = "sign-in", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem)))]
async fn log_out(State(app): State<AppState>, person: SignedIn) -> Result<Response, ApiError> {
    sign_in::sign_out(&app, &person).await?;
    let cookie = [(header::SET_COOKIE, session::clear_cookie())];
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// Sets another password, and ends the person's other sessions.
#[utoipa::path(post, path = "/auth/password/change", tag = "sign-in", request_body = PasswordChange,
    security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn change_password(
    State(app): State<AppState>,
    person: Myself,
    Body(request): Body<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let (current, new) = (request.current_password, request.new_password);
    sign_in::change_password(&app, &person, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mails a link that sets a new password, if there is such an account. The answer does not tell.
#[utoipa::path(post, path = "/auth/password/forgot", tag = "sign-in", request_body = ForgotRequest,
    responses((status = 202), (status = 422, body = Problem)))]
async fn forget_password(
    State(app): State<AppState>,
    Body(request): Body<ForgotRequest>,
) -> Result<StatusCode, ApiError> {
    sign_in::forget_password(&app, &request.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password by a mailed link; ends every session and every lock of the account.
#[utoipa::path(post, path = "/auth/password/reset", tag = "sign-in", request_body = ResetRequest,
    responses((status = 204), (status = 422, body = Problem)))]
async fn reset_password(
    State(app): State<AppState>,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    Body(request): Body<ResetRequest>,
) -> Result<StatusCode, ApiError> {
    use secrecy::ExposeSecret;
    let client = Client::of(&app, &headers, &extensions);
    let token = request.token.expose_secret();
    sign_in::reset_password(&app, token, request.new_password, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl RegisterRequest {
    fn account(self, consent_version: &str) -> Result<NewAccount, ApiError> {
        let unprocessable =
            |code, detail: &str| ApiError::client(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        if !self.terms_accepted {
            return Err(unprocessable(
                "consent_required",
                "terms_accepted must be true",
            ));
        }
        let email: Email = self
            .email
            .parse()
            .map_err(|_| ApiError::invalid("email", "must be an e-mail address"))?;
        let business_name = text("business_name", self.business_name, 200)?;
        let business_name = business_name
            .ok_or_else(|| unprocessable("business_name_required", "business_name is missing"))?;
        let area_code = self.area_code.map(|code| match code {
            AreaCode::Number(number) => number.to_string(),
            AreaCode::Text(text) => text.trim().to_owned(),
        });
        let area_code = area_code.filter(|code| !code.is_empty());
        if let Some(code) = &area_code
            && !(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(ApiError::invalid("area_code", "must be three digits"));
        }
        let zone_of_code = area_code.as_deref().and_then(area_codes::zone);
        let timezone = match self.timezone.filter(|zone| !zone.is_empty()) {
            Some(zone) => zone.parse().map_err(|_| {
                ApiError::invalid("timezone", "must be a zone such as America/Toronto")
            })?,
            None => zone_of_code.unwrap_or(chrono_tz::America::Toronto),
        };
        let language = match self.language.filter(|language| !language.is_empty()) {
            Some(language) => language
                .parse::<Language>()
                .map_err(|wrong| ApiError::invalid("language", wrong))?,
            None => Language::default(),
        };
        let first_name = text("first_name", self.first_name, 100)?;
        let last_name = text("last_name", self.last_name, 100)?;
        let names: Vec<&str> = [&first_name, &last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let owner_name = Some(names.join(" ")).filter(|name| !name.is_empty());
        let phone_number = phone("phone_number", self.phone_number)?;
        Ok(NewAccount {
            business: NewBusiness {
                business_name,
                business_type: text("business_type", self.business_type, 100)?,
                website_url: text("website_url", self.website_url, 500)?.map(|typed| {
                    // As people write it; the settings want an address.
                    match typed.contains("://") {
                        true => typed,
                        false => format!("https://{typed}"),
                    }
                }),
                business_description: text(
                    "business_description",
                    self.business_description,
                    4_000,
                )?,
                business_phone: phone("business_phone", self.business_phone)?,
                owner_name,
                owner_email: email.as_str().to_owned(),
                area_code,
                timezone,
                language,
            },
            email,
            password: self.password,
            first_name,
            last_name,
            phone_number: phone_number.map(String::from),
            business_hours: self.business_hours,
            services: self.services,
            referral_code: text("referral_code", self.referral_code, 100)?,
            consent_version: text("consent_version", self.consent_version, 50)?
                .unwrap_or_else(|| consent_version.to_owned()),
        })
    }
}

/// Trimmed and not too long; nothing where it is empty.
fn text(field: &str, value: Option<String>, longest: usize) -> Result<Option<String>, ApiError> {
    let value = value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty());
    match value {
        Some(value) if value.chars().count() > longest => Err(ApiError::invalid(
            field,
            format!("must have at most {longest} characters"),
        )),
        value => Ok(value),
    }
}

/// As people write numbers in North America, or E.164.
fn phone(field: &str, value: Option<String>) -> Result<Option<E164>, ApiError> {
    let Some(written) = text(field, value, 40)? else {
        return Ok(None);
    };
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let number = match (written.starts_with('+'), digits.len()) {
        (true, _) => format!("+{digits}"),
        (false, 10) => format!("+1{digits}"),
        (false, _) => format!("+{digits}"),
    };
    let number = number
        .parse()
        .map_err(|_| ApiError::invalid(field, "must be a phone number"))?;
    Ok(Some(number))
}
