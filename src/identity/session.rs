//! Sessions: how one begins, goes on with a new token each time, and ends.
use std::net::IpAddr;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{
    model::Role,
    routes::{SubscriberView, UserView},
    store::{
        people::{self, Membership},
        sessions::{self, Impersonation, NewSession},
    },
    tokens::{self, Subject},
};
use crate::{
    app::App,
    kernel::{
        db::IdentityTx,
        ids::{SessionId, SubscriberId, UserId},
        random,
    },
    web::{ApiError, client, cookies},
};

/// A session that nobody uses ends, and so does the busiest one.
const IDLE: Duration = Duration::days(14);
const ABSOLUTE: Duration = Duration::days(90);

/// The cookie of a dashboard on the same site. `__Host-`: of this host alone, and only over TLS.
pub const COOKIE: &str = "__Host-refresh";

/// Who asks, as far as a session remembers it.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub device: Option<String>,
}

impl Client {
    pub fn of(app: &App, headers: &HeaderMap, extensions: &axum::http::Extensions) -> Self {
        let hops = app.settings.network.trusted_proxy_hops;
        let device = headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        Self {
            address: client::address(headers, extensions, hops),
            device: device.map(|device| device.chars().take(200).collect()),
        }
    }
}

/// What somebody gets who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    pub success: bool,
    /// The older name of `access_token`.
    pub token: String,
    pub access_token: String,
    /// Null where the cookie has it, where the session goes on with the one it has, and while somebody is acted for.
    pub refresh_token: Option<String>,
    pub token_type: &'static str,
    /// In seconds, of the access token.
    pub expires_in: i64,
    pub user: UserView,
    pub subscriber: Option<SubscriberView>,
    pub role: Option<&'static str>,
}

/// A session with the token that was just made for it.
#[derive(Clone, Debug)]
pub struct Begun {
    pub id: SessionId,
    pub user: UserId,
    pub subscriber: Option<SubscriberId>,
    pub refresh_token: Option<String>,
    pub impersonator: Option<UserId>,
}

/// SHA-256: a fast hash is right for what is random.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A refresh token: 256 random bits and more.
pub fn new_token() -> String {
    format!("rr_refresh_{}", random::base62(44))
}

/// How long a token that was just given may rest.
pub fn idle_until(now: DateTime<Utc>) -> DateTime<Utc> {
    now + IDLE
}

/// Begins a session of this person.
pub async fn begin(
    tx: &mut IdentityTx,
    user: UserId,
    subscriber: Option<SubscriberId>,
    client: &Client,
    now: DateTime<Utc>,
) -> sqlx::Result<Begun> {
    let (id, token) = (SessionId::new(), new_token());
    let prefix = client.address.map(client::prefix);
    let new = NewSession {
        id,
        user,
        subscriber,
        token_hash: Some(&hash(&token)),
        impersonation: None,
        device: client.device.as_deref(),
        ip_prefix: prefix.as_deref(),
        idle_until: idle_until(now),
        expires_at: now + ABSOLUTE,
    };
    sessions::insert(tx, &new, now).await?;
    Ok(Begun {
        id,
        user,
        subscriber,
        refresh_token: Some(token),
        impersonator: None,
    })
}

/// Begins a session in which an operator acts as the person.
pub async fn begin_impersonation(
    tx: &mut IdentityTx,
    user: UserId,
    subscriber: Option<SubscriberId>,
    act: Impersonation<'_>,
    client: &Client,
    now: DateTime<Utc>,
) -> sqlx::Result<Begun> {
    let id = SessionId::new();
    let prefix = client.address.map(client::prefix);
    let new = NewSession {
        id,
        user,
        subscriber,
        token_hash: None,
        impersonation: Some(act),
        device: client.device.as_deref(),
        ip_prefix: prefix.as_deref(),
        idle_until: now + tokens::IMPERSONATION,
        expires_at: now + tokens::IMPERSONATION,
    };
    sessions::insert(tx, &new, now).await?;
    Ok(Begun {
        id,
        user,
        subscriber,
        refresh_token: None,
        impersonator: Some(act.operator),
    })
}

/// The membership that is meant: by id or slug, else the oldest. None is right for an operator without any.
pub fn chosen<'a>(
    memberships: &'a [Membership],
    wanted: Option<&str>,
) -> Result<Option<&'a Membership>, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(memberships.first());
    };
    let is_meant = |membership: &&Membership| {
        membership.subscriber.slug.eq_ignore_ascii_case(wanted)
            || Some(membership.subscriber.id) == wanted.parse().ok()
    };
    let found = memberships.iter().find(is_meant);
    found.map(Some).ok_or_else(ApiError::not_found)
}

/// The answer to a sign-in.
pub async fn view(
    app: &App,
    tx: &mut IdentityTx,
    begun: Begun,
    now: DateTime<Utc>,
) -> Result<SessionView, ApiError> {
    let user = people::find_user(tx, begun.user).await?;
    let user = user.ok_or_else(super::access::unauthenticated)?;
    let memberships = people::list_memberships(tx, begun.user).await?;
    let here = memberships
        .iter()
        .find(|membership| Some(membership.subscriber.id) == begun.subscriber);
    let role = match here {
        Some(membership) => Some(membership.role.as_str()),
        None => user.is_operator.then_some("OPERATOR"),
    };
    let subject = Subject {
        user: begun.user,
        session: begun.id,
        subscriber: here.map(|membership| membership.subscriber.id),
        role: role.unwrap_or(Role::Staff.as_str()),
        impersonator: begun.impersonator,
    };
    let lifetime = match begun.impersonator {
        Some(_) => tokens::IMPERSONATION,
        None => tokens::LIFETIME,
    };
    let token = tokens::issue(app, &subject, lifetime, now);
    Ok(SessionView {
        success: true,
        token: token.clone(),
        access_token: token,
        refresh_token: begun.refresh_token,
        token_type: "Bearer",
        expires_in: lifetime.num_seconds(),
        subscriber: here.map(|membership| (&membership.subscriber).into()),
        role,
        user: user.into(),
    })
}

impl SessionView {
    /// The refresh token goes into the cookie, and is not in the body.
    pub fn with_cookie(mut self) -> Response {
        let cookie = self
            .refresh_token
            .take()
            .map(|token| set_cookie(&token, IDLE));
        let mut response = Json(self).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// A cookie that is gone at once.
pub fn clear_cookie() -> HeaderValue {
    set_cookie("", Duration::zero())
}

fn set_cookie(token: &str, lifetime: Duration) -> HeaderValue {
    let age = lifetime.num_seconds();
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::from_str(&text).expect("a token is letters, digits and _")
}

/// The token in the cookie.
pub fn cookie_of(headers: &HeaderMap) -> Option<String> {
    cookies::find(headers, COOKIE).map(str::to_owned)
}
