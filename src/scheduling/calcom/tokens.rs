//! A token that is good for a while yet. Taking the next one revokes the one before, so one at a time does it, whatever
//! replica it is in; both tokens are written in one statement, in the place of the pair that was given for them.
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::{
    model::{Connection, ConnectionState},
    store::connections::{self, SealedTokens},
};
use crate::{
    alerts::{self, Alert, Severity},
    app::App,
    jobs::{JobError, lease::Lease},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx, sealed::SEALED},
        ids::SubscriberId,
        secrets::Place,
    },
    mail::{Notice, TellOwner},
    providers::calcom::{self, Tokens},
};

/// A token with less left than this is not used any more: a call may take a while.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Longer than a request for tokens may take.
const LEASE: Duration = Duration::from_secs(30);

/// How soon somebody asks again who found another at it.
const ASK_AGAIN_IN: Duration = Duration::from_millis(300);

/// What is needed to ask something of a subscriber's calendar.
#[derive(Clone)]
pub struct Access {
    pub connection: Connection,
    pub client: calcom::Client,
    pub token: SecretString,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum NoAccess {
    /// There is no calendar, or not any more, or we are no application of Cal.com's.
    #[error("no calendar is connected")]
    NotConnected,
    #[error("somebody must connect the calendar again")]
    Reconnect,
    #[error("somebody else is taking the next token")]
    Busy,
    #[error(transparent)]
    Provider(calcom::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for NoAccess {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl NoAccess {
    /// What a job makes of it. None: there is nothing to do.
    pub fn into_job_error(self) -> Option<JobError> {
        match self {
            Self::NotConnected | Self::Reconnect => None,
            Self::Busy => Some(JobError::Snooze(ASK_AGAIN_IN)),
            Self::Provider(calcom::Error::RateLimited {
                retry_after: Some(wait),
            }) => {
                let error = anyhow::anyhow!("cal.com is rate limiting us");
                Some(JobError::RetryAfter(error, wait))
            }
            Self::Provider(error) => Some(JobError::Retry(error.into())),
            Self::Internal(error) => Some(JobError::Retry(error)),
        }
    }
}

/// Where a secret of the connection stands.
pub fn place(subscriber: SubscriberId, connection: &uuid::Uuid, column: &'static str) -> Place {
    let known = SEALED
        .iter()
        .find(|known| known.table == "calendar_connections" && known.column == column);
    let known = known.expect("the registry knows every sealed column of a connection");
    known.place(Some(subscriber), *connection)
}

/// Both tokens, sealed.
pub fn seal(
    app: &App,
    subscriber: SubscriberId,
    connection: &uuid::Uuid,
    tokens: &Tokens,
    now: DateTime<Utc>,
) -> SealedTokens {
    let sealed = |column, secret| {
        app.keyring
            .seal(&place(subscriber, connection, column), secret)
    };
    let life = TimeDelta::from_std(tokens.expires_in).unwrap_or(TimeDelta::minutes(30));
    SealedTokens {
        access: sealed("access_token_sealed", &tokens.access),
        refresh: sealed("refresh_token_sealed", &tokens.refresh),
        expires_at: now + life,
    }
}

/// The subscriber's calendar with a token that is good for five minutes at least.
pub async fn access(app: &App, subscriber: SubscriberId) -> Result<Access, NoAccess> {
    let Some(client) = app.calcom.clone() else {
        return Err(NoAccess::NotConnected);
    };
    let connection = read(app, subscriber).await?;
    if !is_stale(&connection, app.clock.now()) {
        return open(app, subscriber, client, connection);
    }
    refresh(app, subscriber, client, &connection.id).await
}

/// Says that Cal.com refuses this token before its time.
pub async fn refuse(app: &App, subscriber: SubscriberId, access: &Access) -> sqlx::Result<()> {
    let Some(refused) = &access.connection.access_token_sealed else {
        return Ok(());
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    connections::expire_token(&mut tx, refused, app.clock.now()).await?;
    tx.commit().await
}

async fn read(app: &App, subscriber: SubscriberId) -> Result<Connection, NoAccess> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let found = connections::find(&mut tx).await?;
    tx.end_reading();
    let connection = found.ok_or(NoAccess::NotConnected)?;
    match connection.state {
        ConnectionState::Active => Ok(connection),
        ConnectionState::Reconnect => Err(NoAccess::Reconnect),
        // What we made there is taken away with the last token.
        ConnectionState::Disconnected => Err(NoAccess::NotConnected),
    }
}

fn is_stale(connection: &Connection, now: DateTime<Utc>) -> bool {
    connection
        .expires_at
        .is_none_or(|until| until < now + MARGIN)
}

fn open(
    app: &App,
    subscriber: SubscriberId,
    client: calcom::Client,
    connection: Connection,
) -> Result<Access, NoAccess> {
    let place = place(subscriber, &connection.id, "access_token_sealed");
    let sealed = connection.access_token_sealed.as_deref();
    let token = app.keyring.open(&place, sealed.unwrap_or_default());
    Ok(Access {
        token: token.map_err(anyhow::Error::from)?,
        client,
        connection,
    })
}

async fn refresh(
    app: &App,
    subscriber: SubscriberId,
    client: calcom::Client,
    id: &uuid::Uuid,
) -> Result<Access, NoAccess> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let lease = Lease::take(&mut tx, format!("calcom:token:{id}"), LEASE).await?;
    tx.commit().await?;
    let lease = lease.ok_or(NoAccess::Busy)?;
    let refreshed = refresh_alone(app, subscriber, client).await;
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    lease.give_back(&mut tx).await?;
    tx.commit().await?;
    refreshed
}

async fn refresh_alone(
    app: &App,
    subscriber: SubscriberId,
    client: calcom::Client,
) -> Result<Access, NoAccess> {
    // Whoever had the lease before may have done it.
    let connection = read(app, subscriber).await?;
    let now = app.clock.now();
    let fresh_enough = TimeDelta::minutes(25);
    if connection
        .expires_at
        .is_some_and(|until| until > now + fresh_enough)
    {
        return open(app, subscriber, client, connection);
    }
    let spent = connection
        .refresh_token_sealed
        .as_deref()
        .unwrap_or_default();
    let opened = app.keyring.open(
        &place(subscriber, &connection.id, "refresh_token_sealed"),
        spent,
    );
    let opened = opened.map_err(anyhow::Error::from)?;
    match client.refresh(&opened).await {
        Ok(tokens) => {
            let now = app.clock.now();
            let sealed = seal(app, subscriber, &connection.id, &tokens, now);
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            connections::set_tokens(&mut tx, spent, &sealed, now).await?;
            tx.commit().await?;
            let connection = read(app, subscriber).await?;
            open(app, subscriber, client, connection)
        }
        Err(calcom::Error::Reconnect) => {
            give_up(app, subscriber, spent).await?;
            Err(NoAccess::Reconnect)
        }
        Err(error) => Err(NoAccess::Provider(error)),
    }
}

/// The permission is gone: said to the owner and the operator, once.
async fn give_up(app: &App, subscriber: SubscriberId, dead_refresh: &str) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    if connections::set_reconnect(&mut tx, dead_refresh, now).await? {
        TellOwner::order(&mut tx, subscriber, Notice::CalendarGone);
        let alert = Alert {
            subscriber: Some(subscriber),
            kind: "calcom.reconnect",
            severity: Severity::Warning,
            detail: "a calendar at Cal.com must be connected again".to_owned(),
            cause: format!("calcom.reconnect:{subscriber}"),
        };
        alerts::raise(&mut tx, &alert, now).await?;
        tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "a calendar must be connected again");
    }
    tx.commit().await
}
