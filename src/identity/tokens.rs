//! Access tokens: what they claim, for how long.
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    app::App,
    kernel::{
        ids::{SessionId, SubscriberId, UserId},
        signing::BadToken,
    },
};

/// How long an access token is good for; who has a refresh token gets the next one.
pub const LIFETIME: Duration = Duration::minutes(10);
/// Those of an impersonation are not refreshed.
pub const IMPERSONATION: Duration = Duration::minutes(30);

const AUDIENCE: &str = "rocket-reception-api";
const KIND: &str = "access";

/// What a token says. Whether it still may is asked of the session with every request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    typ: String,
    jti: Uuid,
    iat: i64,
    exp: i64,
    pub sub: UserId,
    pub sid: SessionId,
    pub subscriber: Option<SubscriberId>,
    /// For whoever reads the token; we ask the membership.
    pub role: String,
    /// The operator who acts as the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<UserId>,
}

/// Whom a token is for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub user: UserId,
    pub session: SessionId,
    pub subscriber: Option<SubscriberId>,
    pub role: &'a str,
    pub impersonator: Option<UserId>,
}

/// Signs a token for the subject.
pub fn issue(app: &App, subject: &Subject<'_>, lifetime: Duration, now: DateTime<Utc>) -> String {
    app.signing.sign(&Claims {
        iss: app.settings.public_url.clone(),
        aud: AUDIENCE.to_owned(),
        typ: KIND.to_owned(),
        jti: Uuid::now_v7(),
        iat: now.timestamp(),
        exp: (now + lifetime).timestamp(),
        sub: subject.user,
        sid: subject.session,
        subscriber: subject.subscriber,
        role: subject.role.to_owned(),
        act: subject.impersonator,
    })
}

/// What the token claims, if it is one of ours and of today.
pub fn read(app: &App, token: &str, now: DateTime<Utc>) -> Result<Claims, BadToken> {
    let issuer = &app.settings.public_url;
    let claims: Claims = app
        .signing
        .verify(token, issuer, AUDIENCE, now.timestamp())?;
    if claims.typ == KIND {
        Ok(claims)
    } else {
        Err(BadToken)
    }
}
