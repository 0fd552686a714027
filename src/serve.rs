//! `reception serve`: the whole product in one process, until it is told to stop.
use std::{net::Ipv4Addr, time::Instant};

use anyhow::{Context, bail};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    app::{App, AppState},
    billing,
    commands::{FOREIGN_KEYS, say},
    database::Database,
    kernel::{
        clock::Clock,
        config::{AppEnv, Settings},
        db::{
            login_bypasses_policies,
            sealed::{self, KeyCheck},
        },
    },
    safety,
    seeding::{self, owner},
    server, worker,
};

/// How an ordinary login is made, for somebody who logs in as a superuser.
const ORDINARY_LOGIN: &str = "\
make an ordinary one:
  create role reception login password '…';
  grant reception_app to reception_identity;
  grant reception_app, reception_identity to reception;
  alter database … owner to reception;";

/// Starts everything, serves until a signal, and stops in order: no new requests, then no new jobs, then the database.
pub async fn serve(settings: Settings) -> anyhow::Result<()> {
    let begun = Instant::now();
    for name in &settings.ignored {
        tracing::warn!("{name} is set and not used any more");
    }
    let address = (Ipv4Addr::UNSPECIFIED, settings.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on port {} (PORT)", settings.port))?;
    let clock = Clock::System;
    let database = Database::open(&settings, clock.clone()).await?;
    check_login(&database, &settings).await?;
    check_currency(&database, &settings).await?;
    check_keys(&database, &settings).await?;
    if database.is_embedded() && settings.env == AppEnv::Development {
        seeding::seed_everything(&database.db, &settings, clock.now())
            .await
            .context("seed the demo")?;
    }
    let app = App::new(database.db.clone(), clock, settings)?;
    worker::start(&app);
    let port = listener.local_addr().context("read the port")?.port();
    say_where(&app, &database, port, begun);
    stop_on_signal(&app)?;
    server::serve(app.clone(), listener).await?;
    app.tasks.stop();
    app.tasks.finished().await;
    safety::error_log::write_down(&app).await;
    app.read_db.pool().close().await;
    tracing::info!("stopped");
    database.close().await
}

/// Policies do not bind a superuser: a forgotten subscriber would show everybody's rows.
async fn check_login(database: &Database, settings: &Settings) -> anyhow::Result<()> {
    if !login_bypasses_policies(database.db.pool()).await? {
        return Ok(());
    }
    if settings.env == AppEnv::Production {
        bail!("DATABASE_URL logs in as a superuser or with BYPASSRLS: {ORDINARY_LOGIN}");
    }
    tracing::warn!("the database login is bound by no policy; {ORDINARY_LOGIN}");
    Ok(())
}

/// With other keys than those that sealed the secrets every use of one would fail, and new ones would be sealed with a
/// key that somebody may throw away: nobody starts with them.
async fn check_keys(database: &Database, settings: &Settings) -> anyhow::Result<()> {
    let keyring = settings.keys.encryption.as_ref();
    let keyring = keyring.context("ENCRYPTION_KEY is not set")?;
    let found = sealed::check_or_make_keys(&database.db, keyring)
        .await
        .context("read the check value of the keys: has `reception migrate` been run?")?;
    if found == KeyCheck::Foreign {
        bail!("{FOREIGN_KEYS}");
    }
    Ok(())
}

/// Prices are numbers of one currency; a setting alone does not convert them.
async fn check_currency(database: &Database, settings: &Settings) -> anyhow::Result<()> {
    let currency = &settings.billing_currency;
    let other = billing::find_other_currency(database.db.pool(), currency)
        .await
        .context("read the plans: has `reception migrate` been run?")?;
    if let Some(other) = other {
        bail!(
            "BILLING_CURRENCY is {currency}, but plans are priced in {other}: change the table plans first"
        );
    }
    Ok(())
}

/// What somebody who has just typed `cargo run` wants to know.
fn say_where(app: &AppState, database: &Database, port: u16, begun: Instant) {
    let settings = &app.settings;
    let local = format!("http://localhost:{port}");
    let (version, seconds) = (env!("CARGO_PKG_VERSION"), begun.elapsed().as_secs_f64());
    say(&format!(
        "Rocket Reception {version} is up in {seconds:.1} s on {local}"
    ));
    say(&format!("  health      {local}/health/detailed"));
    say(&format!("  API         {local}/docs"));
    say(&format!("  database    {}", database.describe()));
    let limits: Vec<_> = settings
        .limits
        .list()
        .into_iter()
        .map(|(name, limit)| format!("{name}={limit}"))
        .collect();
    tracing::info!("limits: {}", limits.join(" "));
    if settings.env == AppEnv::Development {
        say(&format!(
            "  sign in     {} / {}",
            owner::EMAIL,
            owner::PASSWORD
        ));
        say("  try it      cargo run -- simulate sms --body 'Are you open tomorrow?'");
        say("              cargo run -- simulate call --via retell");
    }
}

fn stop_on_signal(app: &AppState) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let tasks = app.tasks.clone();
    app.tasks.spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("interrupted: stopping"),
            _ = terminate.recv() => tracing::info!("told to stop"),
            () = tasks.stopping() => {}
        }
        tasks.stop();
    });
    Ok(())
}
