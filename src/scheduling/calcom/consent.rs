//! A business lets us use its calendar: sent to Cal.com with a state that is good once, for ten minutes, for the session
//! that asked; back with a code.
use chrono::TimeDelta;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::{
    jobs::SetUp,
    model::Connection,
    store::{
        connections::{self, Person},
        consents::{self, Consent},
    },
    tokens,
};
use crate::{
    alerts,
    app::App,
    identity::{Role, audit, role_of},
    jobs,
    kernel::{
        db::TenantTx,
        ids::{SessionId, SubscriberId, UserId},
        random,
        text::sha256_hex,
    },
    providers::calcom::{self, SCOPES, SCOPES_WITHOUT_WEBHOOKS},
    tenancy::directory::{self, Entry, Key},
};

/// How long somebody may think about it.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);

/// 256 bits and a little.
const STATE_LENGTH: usize = 43;

/// Who asks, and for which business.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    pub subscriber: SubscriberId,
    pub user: UserId,
    pub session: SessionId,
}

/// What comes back in the address.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
    /// What this browser was marked with when it was sent there.
    pub mark: Option<String>,
}

/// Somebody is sent to Cal.com.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub url: String,
    /// By which the browser is known that comes back: what the state hashes to.
    pub mark: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Connected,
    /// Cal.com does not know all that we asked for: the person is sent there again, with less.
    AskAgain(Begun),
    Failed(Failure),
}

/// Why a calendar is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No state of ours, or used, or too old.
    State,
    /// Whoever asked has signed out, or is no admin any more.
    Session,
    /// The person said no.
    Denied,
    /// Cal.com said something else than yes or no.
    Refused,
    /// The code is used or too old.
    Code,
    /// The calendar is connected to another business.
    Taken,
    /// Cal.com cannot be asked at the moment.
    Unavailable,
}

impl Failure {
    /// As it stands in the address of the dashboard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Session => "session",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Code => "code",
            Self::Taken => "taken",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Where Cal.com sends the person back to: registered there to the letter.
pub fn redirect_uri(app: &App) -> String {
    format!("{}/api/calcom/callback", app.settings.public_url)
}

/// The page on which the person says yes.
pub async fn begin(
    app: &App,
    client: &calcom::Client,
    asker: Asker,
    wants_webhooks: bool,
) -> anyhow::Result<Begun> {
    let now = app.clock.now();
    let state = random::base62(STATE_LENGTH);
    let hash = hash_of(&state);
    let id = Uuid::now_v7();
    let consent = Consent {
        user: asker.user,
        session: asker.session,
        wants_webhooks,
        expires_at: now + LIFE,
    };
    let mut tx = TenantTx::begin(&app.db, asker.subscriber).await?;
    for gone in consents::insert(&mut tx, id, &hash, &consent, now).await? {
        directory::give_up(&mut tx, &Key::CalcomState(&gone)).await?;
    }
    directory::claim(&mut tx, &Key::CalcomState(&hash), id).await?;
    tx.commit().await?;
    let scopes = if wants_webhooks {
        SCOPES
    } else {
        SCOPES_WITHOUT_WEBHOOKS
    };
    let url = client.authorize_url(&redirect_uri(app), &state, scopes);
    let url = url.ok_or_else(|| anyhow::anyhow!("CALCOM_APP_BASE_URL is no address"))?;
    Ok(Begun { url, mark: hash })
}

/// Takes what the person brought back.
pub async fn finish(
    app: &App,
    client: &calcom::Client,
    answer: &Answer,
) -> anyhow::Result<Outcome> {
    let state = answer.state.as_deref().unwrap_or_default();
    let Some((asker, consent)) = take(app, state).await? else {
        return Ok(Outcome::Failed(Failure::State));
    };
    // Whoever was sent the address by somebody else would connect a calendar to a business that is not theirs.
    if is_dashboard_here(app) && answer.mark != Some(hash_of(state)) {
        return Ok(Outcome::Failed(Failure::Session));
    }
    let role = role_of(app, (asker.user, asker.session), asker.subscriber).await?;
    if !role.is_some_and(|role| role.includes(Role::Admin)) {
        return Ok(Outcome::Failed(Failure::Session));
    }
    match (answer.error.as_deref(), answer.code.as_deref()) {
        (Some("invalid_scope" | "invalid_request"), _) if consent.wants_webhooks => {
            let begun = begin(app, client, asker, false).await?;
            Ok(Outcome::AskAgain(begun))
        }
        (Some("access_denied"), _) => Ok(Outcome::Failed(Failure::Denied)),
        (Some(_), _) => Ok(Outcome::Failed(Failure::Refused)),
        (None, Some(code)) if !code.is_empty() => connect(app, client, asker, code).await,
        (None, _) => Ok(Outcome::Failed(Failure::Code)),
    }
}

/// Whether the browser of a dashboard keeps what we mark it with. One of another site may not.
fn is_dashboard_here(app: &App) -> bool {
    let settings = &app.settings;
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
    let dashboard = settings.frontend_url.as_deref();
    settings.network.cors_origins.is_empty()
        && dashboard.is_none_or(|url| origin(url) == origin(&settings.public_url))
}

/// The state is spent whatever comes of it.
async fn take(app: &App, state: &str) -> anyhow::Result<Option<(Asker, Consent)>> {
    let hash = hash_of(state);
    let key = Key::CalcomState(&hash);
    let found = directory::find(&app.db, std::slice::from_ref(&key)).await?;
    let entry = found.into_iter().flatten().next();
    let Some(Entry {
        subscriber: Some(subscriber),
        target: Some(id),
    }) = entry
    else {
        return Ok(None);
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let consent = consents::take(&mut tx, id).await?;
    directory::give_up(&mut tx, &key).await?;
    tx.commit().await?;
    let now = app.clock.now();
    let consent = consent.filter(|consent| consent.expires_at > now);
    Ok(consent.map(|consent| {
        let asker = Asker {
            subscriber,
            user: consent.user,
            session: consent.session,
        };
        (asker, consent)
    }))
}

async fn connect(
    app: &App,
    client: &calcom::Client,
    asker: Asker,
    code: &str,
) -> anyhow::Result<Outcome> {
    let granted = async {
        let tokens = client.exchange_code(code, &redirect_uri(app)).await?;
        let me = client.me(&tokens.access).await?;
        Ok((tokens, me))
    };
    let (granted, me) = match granted.await {
        Ok(granted) => granted,
        Err(calcom::Error::Reconnect) => return Ok(Outcome::Failed(Failure::Code)),
        Err(error) => {
            tracing::warn!(provider = "calcom", "a calendar was not connected: {error}");
            let failure = if error.is_transient() {
                Failure::Unavailable
            } else {
                Failure::Refused
            };
            return Ok(Outcome::Failed(failure));
        }
    };
    let (subscriber, now) = (asker.subscriber, app.clock.now());
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let before = connections::lock(&mut tx).await?;
    let id = before
        .as_ref()
        .map_or_else(Uuid::now_v7, |before| before.id);
    // A refresh for one business would sign the other one out, so a calendar is one business's.
    if !directory::claim(&mut tx, &Key::CalcomUser(me.id), id).await? {
        return Ok(Outcome::Failed(Failure::Taken));
    }
    if let Some(before) = before
        .as_ref()
        .filter(|before| before.calcom_user_id != me.id)
    {
        leave_person(&mut tx, before).await?;
    }
    directory::claim(&mut tx, &Key::CalcomConnection(id), id).await?;
    let person = Person {
        user_id: me.id,
        username: me.username,
        email: me.email,
    };
    let sealed = tokens::seal(app, subscriber, &id, &granted, now);
    connections::connect(&mut tx, id, &person, &sealed, now).await?;
    alerts::resolve(&mut tx, &format!("calcom.reconnect:{subscriber}"), now).await?;
    jobs::enqueue(&mut tx, &SetUp { subscriber });
    let entry = audit::Entry {
        action: "calendar.connected",
        subject_kind: "calendar",
        subject: Some(id),
        changes: json!({ "provider": "CALCOM" }),
    };
    audit::record(
        &mut tx,
        subscriber,
        audit::Who::of_user(asker.user),
        &entry,
        now,
    )
    .await?;
    tx.commit().await?;
    tracing::info!(subscriber.id = %subscriber, provider = "calcom", "a calendar was connected");
    Ok(Outcome::Connected)
}

/// Another person's calendar takes the place of this one's.
async fn leave_person(tx: &mut TenantTx, before: &Connection) -> sqlx::Result<()> {
    directory::give_up(tx, &Key::CalcomUser(before.calcom_user_id)).await?;
    connections::clear_event_types(tx).await
}

fn hash_of(state: &str) -> String {
    sha256_hex(state)
}
