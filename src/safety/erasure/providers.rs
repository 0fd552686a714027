//! What providers are to delete: a row each, worked through by one job per provider and business, until it is done or
//! we gave up and said so.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    alerts::{self, Alert, Severity},
    app::{App, AppState},
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        config::AppEnv,
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
    },
    providers::{retell, twilio, vapi},
    safety::store::erasures::{self as store, Deletion, Provider, Thing},
    tenancy::accounts,
};

/// Attempts at one thing; with the waits between them they last some four days.
const MOST_ATTEMPTS: i32 = 12;
const FIRST_WAIT_S: i64 = 60;
const LONGEST_WAIT_S: i64 = 12 * 60 * 60;
const BATCH: i64 = 50;

macro_rules! deletion_jobs {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $provider:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize)]
        pub struct $name {
            pub subscriber: SubscriberId,
        }

        impl Job for $name {
            const KIND: &'static str = $kind;
            const LANE: Lane = Lane::Provider;
            const DEADLINE: Duration = Duration::from_secs(10 * 60);
            const PROVIDER: Option<&'static str> = Some($provider);

            fn subscriber(&self) -> Option<SubscriberId> {
                Some(self.subscriber)
            }

            fn dedupe_key(&self) -> Option<String> {
                Some(format!("{}:{}", Self::KIND, self.subscriber))
            }
        }
    )*};
}

deletion_jobs! {
    /// Has Retell delete what is due of a business.
    DeleteAtRetell, "safety.delete_at_retell", "retell";
    /// Has Twilio delete what is due of a business.
    DeleteAtTwilio, "safety.delete_at_twilio", "twilio";
    /// Has Vapi delete what is due of a business.
    DeleteAtVapi, "safety.delete_at_vapi", "vapi";
}

/// Orders a job for each provider of which something is wanted.
pub async fn order_deletions(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    for (provider, _) in store::list_waiting(tx).await? {
        match provider {
            Provider::Retell => jobs::enqueue(tx, &DeleteAtRetell { subscriber }),
            Provider::Twilio => jobs::enqueue(tx, &DeleteAtTwilio { subscriber }),
            Provider::Vapi => jobs::enqueue(tx, &DeleteAtVapi { subscriber }),
        }
    }
    Ok(())
}

pub async fn delete_at_retell(
    app: AppState,
    run: Run,
    job: DeleteAtRetell,
) -> Result<(), JobError> {
    work(&app, &run, job.subscriber, Provider::Retell).await
}

pub async fn delete_at_twilio(
    app: AppState,
    run: Run,
    job: DeleteAtTwilio,
) -> Result<(), JobError> {
    work(&app, &run, job.subscriber, Provider::Twilio).await
}

pub async fn delete_at_vapi(app: AppState, run: Run, job: DeleteAtVapi) -> Result<(), JobError> {
    work(&app, &run, job.subscriber, Provider::Vapi).await
}

/// How an attempt ended.
enum Attempt {
    /// It is gone, or never was.
    Gone,
    /// Not now.
    Later,
    /// It will not be.
    Never,
}

async fn work(
    app: &App,
    run: &Run,
    subscriber: SubscriberId,
    provider: Provider,
) -> Result<(), JobError> {
    let client = client_of(app, subscriber, provider).await?;
    loop {
        let now = app.clock.now();
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        let due = store::list_due(&mut tx, provider, now, BATCH).await?;
        tx.commit().await?;
        if due.is_empty() {
            return end(app, run, subscriber, provider).await;
        }
        for deletion in due {
            let attempt = delete(app, &client, &deletion).await;
            let mut tx = TenantTx::begin(&app.db, subscriber).await?;
            tell(&mut tx, &deletion, &attempt, now).await?;
            store::finish_at_providers(&mut tx, now).await?;
            tx.commit().await?;
        }
    }
}

/// Nothing is due: the job ends, or waits for what is due later.
async fn end(
    app: &App,
    run: &Run,
    subscriber: SubscriberId,
    provider: Provider,
) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let waiting = store::list_waiting(&mut tx).await?;
    match waiting.iter().find(|(other, _)| *other == provider) {
        Some((_, due_at)) => {
            let wait = (*due_at - app.clock.now()).to_std().unwrap_or_default();
            run.put_off(&mut tx, wait.max(Duration::from_secs(1)))
                .await?;
        }
        None => run.finish(&mut tx).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn tell(
    tx: &mut TenantTx,
    deletion: &Deletion,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let is_last = deletion.attempts + 1 >= MOST_ATTEMPTS;
    match attempt {
        Attempt::Gone => store::tell_attempt(tx, deletion.id, "DONE", now, now).await,
        Attempt::Later if !is_last => {
            let doubled = FIRST_WAIT_S << deletion.attempts.clamp(0, 20);
            let wait = chrono::Duration::seconds(doubled.min(LONGEST_WAIT_S));
            store::tell_attempt(tx, deletion.id, "PENDING", now + wait, now).await
        }
        Attempt::Later | Attempt::Never => {
            store::tell_attempt(tx, deletion.id, "GIVEN_UP", now, now).await?;
            let alert = Alert {
                subscriber: Some(tx.subscriber()),
                kind: "erasure.given_up",
                severity: Severity::Critical,
                detail: "a provider did not delete what was to be erased: see provider_deletions in state GIVEN_UP"
                    .to_owned(),
                cause: format!("erasure.given_up:{}", deletion.id),
            };
            alerts::raise(tx, &alert, now).await
        }
    }
}

/// Whom to ask: a business with an account of its own, there and nowhere else, because what it told us of came from
/// there; the others' things are the platform's.
enum Client {
    Retell(retell::Client),
    Twilio(twilio::Client),
    Vapi(vapi::Client),
    None,
}

async fn client_of(
    app: &App,
    subscriber: SubscriberId,
    provider: Provider,
) -> sqlx::Result<Client> {
    let whose = match provider {
        Provider::Retell => accounts::Provider::Retell,
        Provider::Twilio => accounts::Provider::Twilio,
        Provider::Vapi => accounts::Provider::Vapi,
    };
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let own = accounts::own_accounts(&mut tx, &app.keyring, whose, &[subscriber]).await?;
    tx.commit().await?;
    let own = own
        .into_iter()
        .find_map(|own| Some((own.account_id, own.api_key?)));
    let settings = &app.settings;
    Ok(match (provider, own) {
        (Provider::Retell, Some((_, key))) => Client::Retell(retell::Client::new(
            app.http.clone(),
            &settings.retell.api_base_url,
            key,
        )),
        (Provider::Twilio, Some((account, key))) => Client::Twilio(twilio::Client::new(
            app.http.clone(),
            &settings.twilio.api_base_url,
            &account,
            key,
        )),
        (Provider::Vapi, Some((_, key))) => Client::Vapi(vapi::Client::new(
            app.http.clone(),
            &settings.vapi.api_base_url,
            key,
        )),
        (Provider::Vapi, None) => app.vapi.clone().map_or(Client::None, Client::Vapi),
        (Provider::Retell, None) => app.retell.clone().map_or(Client::None, Client::Retell),
        (Provider::Twilio, None) => app.twilio.clone().map_or(Client::None, Client::Twilio),
    })
}

async fn delete(app: &App, client: &Client, deletion: &Deletion) -> Attempt {
    let id = &deletion.external_id;
    match (client, deletion.kind) {
        (Client::Retell(client), Thing::Chat) => of_retell(forgotten(client.forget_chat(id).await)),
        (Client::Retell(client), _) => of_retell(client.delete_call(id).await),
        (Client::Twilio(client), Thing::Call) => of_twilio(client.delete_call(id).await),
        (Client::Twilio(client), Thing::Message) => of_twilio(client.delete_message(id).await),
        (Client::Twilio(client), Thing::Recording) => of_twilio(client.delete_recording(id).await),
        (Client::Twilio(_), Thing::Chat) => Attempt::Gone,
        (Client::Vapi(client), _) => of_vapi(client.delete_call(id).await),
        (Client::None, _) => without_client(app),
    }
}

/// A chat that Retell does not know is as good as forgotten.
fn forgotten(result: Result<(), retell::Error>) -> Result<bool, retell::Error> {
    match result {
        Ok(()) => Ok(true),
        Err(retell::Error::Refused { status: 404 | 422 }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Without keys in development nothing was ever at a provider; in production somebody took the keys away.
fn without_client(app: &App) -> Attempt {
    match app.settings.env {
        AppEnv::Development => Attempt::Gone,
        AppEnv::Production => Attempt::Later,
    }
}

fn of_retell(result: Result<bool, retell::Error>) -> Attempt {
    match result {
        Ok(_) => Attempt::Gone,
        Err(error) => {
            tracing::warn!(%error, "retell did not delete a call");
            // Keys that are refused today may be right tomorrow; a call that it cannot delete stays so.
            match error {
                retell::Error::Refused { status: 400 } => Attempt::Never,
                _ => Attempt::Later,
            }
        }
    }
}

fn of_vapi(result: Result<bool, vapi::Error>) -> Attempt {
    match result {
        Ok(_) => Attempt::Gone,
        Err(error) => {
            tracing::warn!(%error, "vapi did not delete a call");
            Attempt::Later
        }
    }
}

fn of_twilio(result: Result<bool, twilio::Error>) -> Attempt {
    match result {
        Ok(_) => Attempt::Gone,
        Err(error) => {
            tracing::warn!(%error, "twilio did not delete what it was asked to");
            Attempt::Later
        }
    }
}
