//! What is done at Cal.com beside bookings of ours: the webhook made and taken away, bookings asked for, tokens kept.
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    free::{self, Wish},
    model::{ConnectionState, EventTypeChoice},
    news::{self, News, Told},
    routes::choice_of,
    store::{bookings, connections},
    sync::SyncAppointment,
    tokens::{self, Access, NoAccess},
};
use crate::{
    app::{App, AppState},
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
        random,
    },
    providers::calcom::{self, Booking, NewWebhook, Since},
    scheduling::Error,
    tenancy::store::{booking as rules, services},
};

/// A poll looks so far behind the last one: clocks differ, and what was being written then was not listed.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// How far back the first poll looks: bookings that were made before somebody connected.
const FIRST_LOOK: TimeDelta = TimeDelta::days(90);

/// A calendar with more changes than this between two polls goes on at the next one.
const MOST_PAGES: usize = 20;

const MOST_UNPLACED: i64 = 50;

/// The next poll orders what is left.
const MOST_BEHIND: i64 = 200;

/// For more services than this nothing is asked in advance.
const MOST_SERVICES: i64 = 100;

/// Tokens die after 30 days; those that nobody has used for so long are renewed.
const IDLE: TimeDelta = TimeDelta::days(6);

macro_rules! job_of_subscriber {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize)]
        pub struct $name {
            pub subscriber: SubscriberId,
        }

        impl Job for $name {
            const KIND: &'static str = $kind;
            const LANE: Lane = Lane::Provider;

            fn subscriber(&self) -> Option<SubscriberId> {
                Some(self.subscriber)
            }

            fn dedupe_key(&self) -> Option<String> {
                Some(format!("{}:{}", Self::KIND, self.subscriber))
            }
        }
    };
}

macro_rules! job_of_everybody {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize)]
        pub struct $name {}

        impl Job for $name {
            const KIND: &'static str = $kind;
            const LANE: Lane = Lane::Bulk;

            fn subscriber(&self) -> Option<SubscriberId> {
                None
            }

            fn dedupe_key(&self) -> Option<String> {
                Some(Self::KIND.to_owned())
            }
        }
    };
}

job_of_subscriber!(
    /// Makes the webhook, chooses what is booked, and asks for the bookings that are there.
    SetUp, "scheduling.set_up_calcom"
);
job_of_subscriber!(
    /// Takes the webhook away and forgets the tokens.
    TearDown, "scheduling.tear_down_calcom"
);
job_of_subscriber!(
    /// Asks for the bookings that were changed since the last time.
    Poll, "scheduling.poll_calcom"
);
job_of_subscriber!(
    /// Renews tokens that nobody uses.
    KeepTokens, "scheduling.keep_calcom_tokens"
);
job_of_everybody!(
    /// Orders a poll of every calendar.
    PollEverybody, "scheduling.poll_calcoms"
);
job_of_everybody!(
    /// Orders the tokens renewed that nobody uses.
    KeepEverybodysTokens, "scheduling.keep_calcoms_tokens"
);

/// Asks for one booking.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchBooking {
    pub subscriber: SubscriberId,
    pub uid: String,
}

impl Job for FetchBooking {
    const KIND: &'static str = "scheduling.fetch_calcom_booking";
    const LANE: Lane = Lane::Provider;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}:{}", Self::KIND, self.subscriber, self.uid))
    }
}

/// The access, or the end of the job.
macro_rules! access_or_end {
    ($app:expr, $subscriber:expr) => {
        match tokens::access($app, $subscriber).await {
            Ok(access) => access,
            Err(error) => return error.into_job_error().map_or(Ok(()), Err),
        }
    };
}

/// What a failed request means for the job.
async fn failed(
    app: &App,
    subscriber: SubscriberId,
    access: &Access,
    error: calcom::Error,
) -> JobError {
    if let calcom::Error::TokenRefused = error
        && let Err(error) = tokens::refuse(app, subscriber, access).await
    {
        return error.into();
    }
    NoAccess::Provider(error)
        .into_job_error()
        .unwrap_or(JobError::Snooze(Duration::from_secs(60)))
}

pub async fn set_up(app: AppState, _run: Run, job: SetUp) -> Result<(), JobError> {
    let subscriber = job.subscriber;
    let access = access_or_end!(&app, subscriber);
    if access.connection.event_type_id.is_none() {
        choose(&app, subscriber, &access).await?;
    }
    if access.connection.webhook_id.is_none() {
        make_webhook(&app, subscriber, &access).await?;
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    jobs::enqueue(&mut tx, &Poll { subscriber });
    tx.commit().await?;
    Ok(())
}

/// Until somebody chooses: the first that is as long as the business's appointments or longer, else the first.
async fn choose(app: &App, subscriber: SubscriberId, access: &Access) -> Result<(), JobError> {
    let name = access.connection.username.as_deref();
    let offered = match access.client.event_types(&access.token, name).await {
        Ok(offered) => offered,
        Err(error) => return Err(failed(app, subscriber, access, error).await),
    };
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let rules = rules::find_booking_rules(&mut tx).await?;
    let usual = rules.map(|rules| rules.duration_minutes);
    let shown: Vec<_> = offered
        .iter()
        .filter(|one| !one.hidden)
        .map(choice_of)
        .collect();
    let fits = |one: &&EventTypeChoice| {
        usual.is_some_and(|usual| one.minutes == Some(usual) || one.lengths.contains(&usual))
    };
    let is_enough =
        |one: &&EventTypeChoice| usual.is_some_and(|usual| !one.is_too_short_for(usual));
    let fitting = shown.iter().find(fits);
    let fitting = fitting.or_else(|| shown.iter().find(is_enough));
    let current = connections::lock(&mut tx).await?;
    let is_open = current.is_some_and(|current| current.event_type_id.is_none());
    if let (true, Some(choice)) = (is_open, fitting.or(shown.first())) {
        connections::set_default_event_type(&mut tx, Some(choice), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The secret is written first, and kept when this is tried again: of a request whose answer was lost there may be a
/// webhook, and two with one secret tell the same twice, which is the same as once.
async fn make_webhook(
    app: &App,
    subscriber: SubscriberId,
    access: &Access,
) -> Result<(), JobError> {
    let id = access.connection.id;
    let place = tokens::place(subscriber, &id, "webhook_secret_sealed");
    let secret = match &access.connection.webhook_secret_sealed {
        Some(sealed) => app.keyring.open(&place, sealed)?,
        None => {
            let secret = SecretString::from(format!("calsec_{}", random::base62(43)));
            let sealed = app.keyring.seal(&place, &secret);
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            connections::set_webhook_secret(&mut tx, &sealed).await?;
            tx.commit().await?;
            secret
        }
    };
    let url = format!("{}/api/webhooks/calcom/{id}", app.settings.public_url);
    let new = NewWebhook {
        url: &url,
        secret: &secret,
    };
    match access.client.create_webhook(&access.token, &new).await {
        Ok(webhook) => {
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            connections::set_webhook_id(&mut tx, &webhook).await?;
            tx.commit().await?;
            Ok(())
        }
        // Without the permission for it: bookings are polled.
        Err(calcom::Error::Refused { .. } | calcom::Error::NotFound) => {
            tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "no webhook was made: bookings are polled");
            Ok(())
        }
        Err(error) => Err(failed(app, subscriber, access, error).await),
    }
}

pub async fn tear_down(app: AppState, run: Run, job: TearDown) -> Result<(), JobError> {
    let subscriber = job.subscriber;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let connection = connections::find(&mut tx).await?;
    tx.end_reading();
    let is_left = |state| state == ConnectionState::Disconnected;
    let Some(connection) = connection.filter(|connection| is_left(connection.state)) else {
        // It was connected again.
        return Ok(());
    };
    let is_last = run.attempt() >= TearDown::MAX_ATTEMPTS;
    if let (Some(client), Some(webhook), Some(sealed)) = (
        &app.calcom,
        &connection.webhook_id,
        &connection.access_token_sealed,
    ) {
        let place = tokens::place(subscriber, &connection.id, "access_token_sealed");
        let token = app.keyring.open(&place, sealed)?;
        match client.delete_webhook(&token, webhook).await {
            Ok(_) => {}
            // A token that ran out: what the webhook sends is believed no more, and that has to do.
            Err(calcom::Error::TokenRefused | calcom::Error::Refused { .. }) => {
                tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "a webhook was left behind");
            }
            Err(error) if is_last => {
                tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "a webhook was left behind: {error}");
            }
            Err(error) => return Err(JobError::Retry(error.into())),
        }
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    connections::forget_secrets(&mut tx).await?;
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn poll_everybody(app: AppState, run: Run, _job: PollEverybody) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    if app.calcom.is_some() {
        for subscriber in connections::list_active(&mut tx).await? {
            jobs::enqueue(&mut tx, &Poll { subscriber });
        }
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn poll(app: AppState, _run: Run, job: Poll) -> Result<(), JobError> {
    let subscriber = job.subscriber;
    let access = access_or_end!(&app, subscriber);
    let began = app.clock.now();
    let known = access.connection.polled_until;
    let since = known.map_or(began - FIRST_LOOK, |known| known - OVERLAP);
    let mut until = began;
    let mut skip = 0;
    for page in 1.. {
        let found = access
            .client
            .bookings(&access.token, Since::Updated(since), skip)
            .await;
        let found = match found {
            Ok(found) => found,
            Err(error) => return Err(failed(&app, subscriber, &access, error).await),
        };
        let latest = found.bookings.last().and_then(|booking| booking.updated_at);
        for booking in found.bookings {
            apply_found(&app, subscriber, booking, known.is_none()).await?;
        }
        match found.next {
            Some(next) if page < MOST_PAGES => skip = next,
            Some(_) => {
                // They come by the time of their change: the next poll goes on from here.
                until = latest.unwrap_or(since);
                break;
            }
            None => break,
        }
    }
    retry_unplaced(&app, subscriber, &access).await?;
    renew_event_types(&app, subscriber, &access).await?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    connections::set_polled(&mut tx, until).await?;
    catch_up(&mut tx, &access, began).await?;
    let services = services::list_services(&mut tx, None, Some(true), MOST_SERVICES).await?;
    tx.commit().await?;
    if known.is_some() {
        // Whoever is on the telephone next finds what is free there, and does not wait for it.
        let of_services = services.into_iter().map(|service| Some(service.id));
        for service in std::iter::once(None).chain(of_services) {
            let wish = Wish::of_service(service);
            free::freshen(&app, subscriber, &wish, (began, began)).await;
        }
    }
    Ok(())
}

/// What is not there yet is ordered again: it was booked before the calendar was connected, or while it could not be
/// asked.
async fn catch_up(tx: &mut TenantTx, access: &Access, now: DateTime<Utc>) -> sqlx::Result<()> {
    let is_booked_there = access.connection.event_type_id.is_some()
        || !connections::list_event_types(tx).await?.is_empty();
    if !is_booked_there {
        return Ok(());
    }
    let subscriber = tx.subscriber();
    for (appointment, sequence) in bookings::list_behind(tx, now, MOST_BEHIND).await? {
        let job = SyncAppointment {
            subscriber,
            appointment,
            sequence,
        };
        jobs::enqueue(tx, &job);
    }
    Ok(())
}

/// How long an event type is may be changed there at any time.
async fn renew_event_types(
    app: &App,
    subscriber: SubscriberId,
    access: &Access,
) -> Result<(), JobError> {
    let name = access.connection.username.as_deref();
    let offered = match access.client.event_types(&access.token, name).await {
        Ok(offered) => offered,
        Err(error) => {
            tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "event types are not known: {error}");
            return Ok(());
        }
    };
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    for one in &offered {
        connections::renew_event_type(&mut tx, &choice_of(one), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Each in a transaction of its own: one that fails holds up no other. The first poll passes over what is past.
async fn apply_found(
    app: &App,
    subscriber: SubscriberId,
    booking: Booking,
    is_first: bool,
) -> Result<(), JobError> {
    let now = app.clock.now();
    if is_first && booking.end.is_none_or(|end| end <= now) {
        return Ok(());
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let news = News::Booking(Box::new(booking), Told::Standing);
    match news::apply(&mut tx, &news, now).await {
        Ok(_) => tx.commit().await?,
        Err(Error::Database(error)) => return Err(error.into()),
        Err(error) => {
            tracing::error!(subscriber.id = %subscriber, provider = "calcom", "a booking was not followed: {error}");
        }
    }
    Ok(())
}

/// There may be room by now for what had none.
async fn retry_unplaced(
    app: &App,
    subscriber: SubscriberId,
    access: &Access,
) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let uids = bookings::list_unplaced(&mut tx, app.clock.now(), MOST_UNPLACED).await?;
    tx.end_reading();
    for uid in uids {
        match access.client.find_booking(&access.token, &uid).await {
            Ok(booking) => apply_found(app, subscriber, booking, false).await?,
            Err(calcom::Error::NotFound) => {}
            Err(error) => return Err(failed(app, subscriber, access, error).await),
        }
    }
    Ok(())
}

pub async fn fetch_booking(app: AppState, _run: Run, job: FetchBooking) -> Result<(), JobError> {
    let subscriber = job.subscriber;
    let access = access_or_end!(&app, subscriber);
    match access.client.find_booking(&access.token, &job.uid).await {
        Ok(booking) => apply_found(&app, subscriber, booking, false).await,
        // Nobody's: there is nothing to follow.
        Err(calcom::Error::NotFound | calcom::Error::Refused { .. }) => Ok(()),
        Err(error) => Err(failed(&app, subscriber, &access, error).await),
    }
}

pub async fn keep_everybodys_tokens(
    app: AppState,
    run: Run,
    _job: KeepEverybodysTokens,
) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    if app.calcom.is_some() {
        let idle = connections::list_idle(&mut tx, app.clock.now() - IDLE).await?;
        for subscriber in idle {
            jobs::enqueue(&mut tx, &KeepTokens { subscriber });
        }
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn keep_tokens(app: AppState, _run: Run, job: KeepTokens) -> Result<(), JobError> {
    match tokens::access(&app, job.subscriber).await {
        Ok(_) => Ok(()),
        Err(error) => error.into_job_error().map_or(Ok(()), Err),
    }
}
