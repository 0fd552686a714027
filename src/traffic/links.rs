//! Links to one recording that need no header: signed, for five minutes.
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    kernel::{
        ids::{RecordingId, SubscriberId},
        signing::BadToken,
    },
};

/// Long enough to begin to listen; what has begun goes on.
pub const LIFETIME: Duration = Duration::minutes(5);

/// No access token is for this audience, and no link for theirs.
const AUDIENCE: &str = "rocket-reception-recording";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    sub: RecordingId,
    subscriber: SubscriberId,
}

/// A token and its end.
#[derive(Debug)]
pub struct Link {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

pub fn make(app: &App, subscriber: SubscriberId, recording: RecordingId) -> Link {
    let expires_at = app.clock.now() + LIFETIME;
    let token = app.signing.sign(&Claims {
        iss: app.settings.public_url.clone(),
        aud: AUDIENCE.to_owned(),
        exp: expires_at.timestamp(),
        sub: recording,
        subscriber,
    });
    Link { token, expires_at }
}

/// Whose recording may be heard with this token, if it is for this one.
pub fn read(app: &App, token: &str, recording: RecordingId) -> Result<SubscriberId, BadToken> {
    let now_s = app.clock.now().timestamp();
    let issuer = &app.settings.public_url;
    let claims: Claims = app.signing.verify(token, issuer, AUDIENCE, now_s)?;
    if claims.sub == recording {
        Ok(claims.subscriber)
    } else {
        Err(BadToken)
    }
}
